"""Spikeloom behind the interfaces of other libraries: :mod:`spikeloom.adapters.langchain`."""

from __future__ import annotations

__all__: list[str] = []
