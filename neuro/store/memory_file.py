"""Memories on disk: a snapshot of their state."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TypeVar

from neuro.errors import InvalidInput
from neuro.memories.memory import Memory
from neuro.store.snapshot import load_snapshot, save_snapshot

M = TypeVar("M", bound=Memory)


def save_memory(folder: str | os.PathLike[str], memory: Memory) -> None:
    """Write a memory; an earlier, unchanged snapshot of the same kind of memory is replaced.

    Raises:
        InvalidInput: a folder that can't be written or holds something else; a memory whose class has no ``kind``.
    """
    save_snapshot(Path(folder), _kind_of(type(memory)), memory.state())


def load_memory(folder: str | os.PathLike[str], kind: type[M]) -> M:
    """The memory that :func:`save_memory` wrote.

    Args:
        folder: where it lies.
        kind: its class, e.g. ``HebbianMemory``.

    Raises:
        InvalidInput: no snapshot of such a memory, or a damaged one.
    """
    arrays, _ = load_snapshot(Path(folder), _kind_of(kind))
    return kind.from_state(arrays)


def _kind_of(memory: type[Memory]) -> str:
    kind = getattr(memory, "kind", None)
    if not isinstance(kind, str):
        raise InvalidInput(
            f"{memory.__name__} has no kind, the name that files call it by; give the class one: kind = 'memory.mine'"
        )
    return kind
