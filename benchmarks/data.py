"""Where the checkout and the shared data lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


EXAMPLES_VARIABLE = "SPIKELOOM_BRIAN2_EXAMPLES"
"""Names the folder ``examples`` of Brian2's repository."""


def examples_folder() -> Path | None:
    """Brian2's published examples: ``$SPIKELOOM_BRIAN2_EXAMPLES``; None where it is not set."""
    given = os.environ.get(EXAMPLES_VARIABLE)
    return Path(given).resolve() if given else None


def data_folder() -> Path:
    """The shared data: ``$SPIKELOOM_DATA``, default ``../shared/data`` from the checkout's root."""
    return Path(os.environ.get("SPIKELOOM_DATA") or ROOT.parent / "shared" / "data")
