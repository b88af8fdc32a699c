"""A process of row ``writer-and-readers``: FOLDER SECONDS 0 writes, FOLDER SECONDS 1 reads; it says what it did.

What is written follows from the number of the write alone, so a reader knows the texts after each of them, and an
answer that brings up everything must be the texts after one of them, no earlier one than that of the answer before.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from hnsw_bridge import TextMemory
from hnsw_bridge.text.folder import is_memory

_SEED, _LEAST, _MOST = 7, 20, 60
_AHEAD = 20_000
"""Writes that a reader looks ahead for the one that explains an answer."""


class Letters:
    """Counts of letters: an embedder without a model."""

    name = "letters"

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        """Shape (texts, 64)."""
        rows = np.full((len(texts), 64), 1e-3, dtype=np.float32)
        for row, text in enumerate(texts):
            np.add.at(rows[row], np.frombuffer(text.encode(), np.uint8) % 64, 1.0)
        return rows


def planned() -> Iterator[tuple[str, int, str]]:
    """What each write does: add, update or forget; the id; the text."""
    random = np.random.default_rng(_SEED)
    living, born, number = list[int](), 0, 0
    while True:
        number += 1
        text = f"Entry {number} tells of {random.integers(1 << 40):x} and {random.integers(1 << 40):x}."
        choice = random.random()
        if len(living) < _LEAST or (choice < 0.5 and len(living) < _MOST):
            born += 1
            living.append(born)
            yield "add", born, text
        elif choice < 0.75:
            yield "update", living[int(random.integers(len(living)))], text
        else:
            yield "forget", living.pop(int(random.integers(len(living)))), ""


def after_each() -> Iterator[frozenset[tuple[int, str]]]:
    """The records after no write, one write, two writes, ..."""
    known: dict[int, str] = {}
    yield frozenset()
    for what, number, text in planned():
        if what == "forget":
            del known[number]
        else:
            known[number] = text
        yield frozenset(known.items())


def write(folder: Path, seconds: float) -> Mapping[str, int]:
    """Write for so long."""
    end, writes = time.monotonic() + seconds, 0
    with TextMemory(folder, Letters()) as memory:
        for what, number, text in planned():
            if what == "add":
                memory.add(text)
            elif what == "update":
                memory.update(number, text)
            else:
                memory.forget(number)
            writes += 1
            if writes % 50 == 0:
                memory.ask("Entry", 5, min_score=-1.0)
            if time.monotonic() > end:
                break
    return {"writes": writes}


def read(folder: Path, seconds: float) -> Mapping[str, int]:
    """Ask for so long, and count the answers that no number of writes explains."""
    end, states = time.monotonic() + seconds, after_each()
    now, answers, wrong, changes = next(states), 0, 0, 0
    while not is_memory(folder):
        time.sleep(0.01)
    with TextMemory(folder, Letters(), read_only=True) as memory:
        while time.monotonic() < end:
            found = memory.ask("Entry tells of", 10 * _MOST, min_score=-1.0)
            said = frozenset((answer.id, answer.text) for answer in found.answers)
            answers += 1
            passed = 0
            while said != now and passed < _AHEAD:
                now, passed = next(states), passed + 1
            wrong += said != now
            changes += passed
            if said != now:
                break
    return {"answers": answers, "wrong": wrong, "changes": changes}


if __name__ == "__main__":
    where, length = Path(sys.argv[1]), float(sys.argv[2])
    sys.stdout.write(json.dumps(dict(write(where, length) if sys.argv[3] == "0" else read(where, length))))
