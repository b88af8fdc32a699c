"""The command ``spikeloom``."""

from __future__ import annotations

from spikeloom.cli.app import main

__all__ = ["main"]
