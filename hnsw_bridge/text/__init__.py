"""The text memory: texts in, answers out, in one folder; :mod:`hnsw_bridge` offers its names."""

from __future__ import annotations

__all__: list[str] = []
