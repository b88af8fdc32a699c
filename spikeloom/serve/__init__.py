"""A text memory for other programs: :mod:`spikeloom.serve.mcp_server`."""

from __future__ import annotations

__all__: list[str] = []
