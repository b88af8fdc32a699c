"""The command ``spikeloom``: one file a command."""

from __future__ import annotations

from neuro.cli.app import main

__all__ = ["main"]
