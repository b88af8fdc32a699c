"""What the swarm memory's rows share: load curves, overlapping patterns, the words of a Chinese dictionary."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path

import numpy as np

from neuro.errors import InvalidInput
from neuro.memories import RhoRule, SwarmMemory, SwarmParameters

SEED = 0
WORDS, ASKED = 20_000, 1_000


@dataclass(frozen=True)
class Load:
    """How well half of a pattern brings the other half, at one load."""

    patterns: int
    edges: int
    completed: float


def random_patterns(items: int, nodes: int, active: int, seed: int) -> np.ndarray:
    """Uniform random sets."""
    random = np.random.default_rng(seed)
    return np.array([np.sort(random.choice(nodes, active, replace=False)) for _ in range(items)])


def load_curve(
    nodes: int, active: int, loads: Sequence[int], parameters: SwarmParameters | None = None, seed: int = SEED
) -> list[Load]:
    """One memory, filled further and further; at each load 200 of all its patterns are asked by their first half.

    The missing half counts by the share that stands among the ``active`` most active elements.
    """
    how = SwarmParameters(lifetime=1e9) if parameters is None else parameters
    memory, codes = SwarmMemory(nodes, parameters=how), random_patterns(max(loads), nodes, active, seed)
    random, found = np.random.default_rng(seed + 1), []
    for before, load in zip((0, *loads[:-1]), loads, strict=True):
        memory.store(codes[before:load])
        asked = codes[random.choice(load, min(load, 200), replace=False)]
        cues = np.array([random.permutation(code)[: active // 2] for code in asked])
        rows = memory.complete(cues, active).elements
        missing = [np.setdiff1d(code, cue) for code, cue in zip(asked, cues, strict=True)]
        share = [np.isin(gone, row).mean() for gone, row in zip(missing, rows, strict=True)]
        found.append(Load(load, memory.edges, float(np.mean(share))))
    return found


def failure(curve: Sequence[Load], least: float = 0.9) -> tuple[float, float]:
    """Patterns and edges at which completion falls to ``least``, by interpolation."""
    for left, right in pairwise(curve):
        if left.completed >= least > right.completed:
            part = (left.completed - least) / (left.completed - right.completed)
            return (
                left.patterns + part * (right.patterns - left.patterns),
                left.edges + part * (right.edges - left.edges),
            )
    raise InvalidInput(f"completion does not fall through {least} within the loads given; give a wider range")


@cache
def overlapping(rule: RhoRule, beta: float = 0.15) -> tuple[SwarmMemory, np.ndarray]:
    """400 patterns of 12 out of 400 nodes, in families that share 6 elements, and those patterns."""
    random, families = np.random.default_rng(SEED), []
    for _ in range(40):
        nodes = random.permutation(400)
        families += [np.sort([*nodes[:6], *random.choice(nodes[6:], 6, replace=False)]) for _ in range(10)]
    codes = np.array(families)
    memory = SwarmMemory(400, parameters=SwarmParameters(rho_rule=rule, beta=beta))
    memory.store(codes)
    return memory, codes


@dataclass(frozen=True, eq=False)
class Words:
    """The most frequent words of three to eight different characters as sets of characters, each set once."""

    characters: int
    sets: Sequence[np.ndarray]
    memory: SwarmMemory
    asked: Sequence[tuple[int, np.ndarray, int]]
    """(row of the word, its other characters, the character left out)."""

    def counts(self) -> tuple[np.ndarray, np.ndarray]:
        """How many words hold a pair of characters, and how many hold each."""
        held = self.binary()
        pairs = held.T @ held
        alone = np.diag(pairs).copy()
        np.fill_diagonal(pairs, 0)
        return pairs, alone

    def binary(self) -> np.ndarray:
        """Words by characters, 0 and 1."""
        held = np.zeros((len(self.sets), self.characters), dtype=np.float32)
        for row, word in enumerate(self.sets):
            held[row, word] = 1
        return held


@cache
def words() -> Words:
    """Read from the dictionary file of the installed package, which is not imported."""
    found = find_spec("jieba")
    if found is None or found.origin is None:
        raise InvalidInput("the dictionary is not installed; pip install 'spikeloom[bench]'")
    lines = Path(found.origin).with_name("dict.txt").read_text(encoding="utf-8").splitlines()
    entries = [(int(parts[1]), parts[0]) for parts in (line.split() for line in lines)]
    fits = [(-often, word) for often, word in entries if 3 <= len(word) == len(set(word)) <= 8 and _chinese(word)]
    chosen = sorted({"".join(sorted(word)) for _, word in sorted(fits)[:WORDS]})
    number = {character: place for place, character in enumerate(sorted(set("".join(chosen))))}
    sets = sorted((np.sort([number[c] for c in word]) for word in chosen), key=lambda word: (len(word), *word))
    memory = SwarmMemory(len(number))
    for word in sets:
        memory.store(word)
    random = np.random.default_rng(SEED)
    asked = []
    for row in random.choice(len(sets), ASKED, replace=False).tolist():
        place = int(random.integers(len(sets[row])))
        asked.append((row, np.delete(sets[row], place), int(sets[row][place])))
    return Words(len(number), sets, memory, asked)


def _chinese(word: str) -> bool:
    return all("\u4e00" <= character <= "\u9fff" for character in word)
