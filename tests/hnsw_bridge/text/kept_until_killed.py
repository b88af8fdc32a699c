"""A process that writes records and says what was kept, until it is killed; see test_records.py."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from hnsw_bridge.text.records import NewRecord, open_records


def main(path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    store = open_records(path, "test", np.ones(8, dtype=np.float32))
    living: list[int] = [record.id for record in store.records()]
    while True:
        choice = random.random()
        if choice < 0.7 or len(living) < 5:
            count = int(random.integers(1, 4))
            texts = [
                f"batch of {count}: {random.integers(1 << 40)} " + "x" * int(random.integers(3000))
                for _ in range(count)
            ]
            ids = store.put(
                [NewRecord(text) for text in texts], random.random((count, 8), dtype=np.float32), [None] * count
            )
            living += ids.tolist()
            said = [f"{number} {text.split()[3]}" for number, text in zip(ids.tolist(), texts, strict=True)]
        elif choice < 0.85:
            number, word = living[int(random.integers(len(living)))], str(random.integers(1 << 40))
            store.put([NewRecord(f"changed it to: {word}")], random.random((1, 8), dtype=np.float32), [number])
            said = [f"{number} {word}"]
        else:
            number = living.pop(int(random.integers(len(living))))
            store.forget([number])
            said = [f"{number} -"]
        sys.stdout.write("".join(f"{line}\n" for line in said))
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
