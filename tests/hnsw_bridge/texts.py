"""Texts and a small embedder for the tests of memories: hashed character n-grams, the same in every process."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from hnsw_bridge.text.records import NewRecord


class HashedNgrams:
    """Counts of character 3-grams, hashed into 64 signed sums."""

    def __init__(self, name: str = "ngrams-64", dimension: int = 64, shift: int = 0) -> None:
        self.name, self.dimension, self.shift = name, dimension, shift

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in enumerate(texts):
            plain = f"  {text.lower()} "
            for start in range(len(plain) - 2):
                digest = hashlib.blake2b(plain[start : start + 3].encode(), digest_size=4).digest()
                value = int.from_bytes(digest, "little") + self.shift
                rows[row, value % self.dimension] += 1.0 if value >> 16 & 1 else -1.0
            rows[row, 0] += 1e-3
        return rows


def titled(title: str, text: str, **more: object) -> NewRecord:
    return NewRecord(text, metadata={"title": title, **more})


PEOPLE = [
    titled("Mira Solberg", "Mira Solberg is a glass blower who learned her craft in the town of Harnosund."),
    titled("Harnosund", "The river through this harbour town is called the Ljungan; its bridge was built in 1911."),
    titled("Tomas Reyes", "Tomas Reyes bakes rye bread and keeps bees on the roof of his shop in Pellworth."),
    titled("Pellworth", "A market place with a clock tower stands in the middle of the village."),
    titled("Clockmaking", "Springs and wheels drive the hands; oil keeps them from wearing out."),
    titled("Beekeeping", "A hive needs flowers nearby, water, and shade in the hottest weeks of summer."),
    titled("Glass", "Sand, soda and lime melt at a great heat and are blown through an iron pipe."),
    titled("Bread", "Flour and water ferment over night; the oven is heated before dawn."),
]
