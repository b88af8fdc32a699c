"""The command ``spikeloom``: one file a command."""

from __future__ import annotations

from spikeloom.cli.app import main

__all__ = [
    "main",
]
