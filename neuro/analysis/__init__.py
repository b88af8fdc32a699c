"""Analysis: statistics of spike trains, plots, diagnostics of sparse codes."""

from __future__ import annotations

__all__: list[str] = []
