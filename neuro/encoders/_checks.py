"""Checks of numbers that several encoders and memories take."""

from __future__ import annotations

from typing import Any

import numpy as np

from neuro.errors import InvalidInput


def check_whole(name: str, value: Any, lowest: int, highest: int) -> None:
    """Raise InvalidInput unless ``value`` is a whole number from ``lowest`` to ``highest``."""
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    if not whole or not lowest <= value <= highest:
        raise InvalidInput(f"{name} is {value!r}; a whole number from {lowest} to {highest} is allowed")
