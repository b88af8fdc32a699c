"""Checks of numbers that several encoders and memories take."""

from __future__ import annotations

from typing import Any

from neuro.checks import is_whole
from neuro.errors import InvalidInput


def check_whole(name: str, value: Any, lowest: int, highest: int) -> None:
    """Raise InvalidInput unless ``value`` is a whole number from ``lowest`` to ``highest``."""
    if not is_whole(value, lowest) or value > highest:
        raise InvalidInput(f"{name} is {value!r}; a whole number from {lowest} to {highest} is allowed")
