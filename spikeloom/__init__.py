"""Spikeloom: from embeddings to spikes, memories and proven Verilog."""

from __future__ import annotations

__all__: list[str] = []
