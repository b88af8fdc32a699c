"""Networks of Brian2 as circuits, and circuits as networks of Brian2."""

from __future__ import annotations

__all__: list[str] = []
