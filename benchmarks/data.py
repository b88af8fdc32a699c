"""Where the checkout and the shared data lie."""

from __future__ import annotations

import os
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
"""The checkout."""


def data_folder() -> Path:
    """The shared data: ``$SPIKELOOM_DATA``, default ``../shared/data`` from the checkout's root."""
    return Path(os.environ.get("SPIKELOOM_DATA") or ROOT.parent / "shared" / "data")
