"""The grid: memories by code and by how much else is stored, with cues that are noisy in two ways.

A task stores the same 300 nouns, among more and more others, and asks for them by their glosses and by blurred copies.
Each memory is a column: a function of the task. :data:`COLUMNS` lists them; another is one more line there.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
import numpy.typing as npt

from benchmarks.form import Measured, Row, checked
from benchmarks.memory.data import ACTIVE, NONZEROS, UNITS, Floats, Ints, MemoryLab
from neuro.encoders import KWTAEncoder
from neuro.memories import HebbianMemory, HippocampalMemory, Memory, ModernHopfield

SEED, PROBES = 0, 300
CODES = ((4_096, 20), (16_384, 20), (16_384, 50), (16_384, 100), (16_384, 200), (16_384, 256))
"""Units and active units."""
BACKGROUNDS = (0, 100, 500, 1_000, 5_000, 20_000)
"""How many others are stored beside the nouns that are asked for."""
KINDS = ("gloss", "blurred")

Shares = dict[str, list[float]]
"""Kind of cue -> R@1 at each background."""


@dataclass(frozen=True)
class GridTask:
    """One code of the grid.

    Args:
        units, active: of the code.
        stored: embeddings; the first of them are asked for, the others are background.
        cues: kind -> embeddings, (items asked for, dimensions).
        backgrounds: how many others are stored, ascending.
    """

    units: int
    active: int
    stored: Floats
    cues: Mapping[str, Floats]
    backgrounds: Sequence[int] = BACKGROUNDS

    @cached_property
    def encoder(self) -> KWTAEncoder:
        """Centred on what is stored."""
        options = {"units": self.units, "active": self.active, "nonzeros": NONZEROS, "seed": SEED}
        return KWTAEncoder.centred_on(self.stored, **options)

    @cached_property
    def plain_encoder(self) -> KWTAEncoder:
        """The same, not centred."""
        return KWTAEncoder(self.stored.shape[1], units=self.units, active=self.active, nonzeros=NONZEROS, seed=SEED)

    def each_background(self) -> list[tuple[int, int]]:
        """From which item to which each background adds to the one before; the first brings the probes."""
        probes = len(next(iter(self.cues.values())))
        ends = [probes + background for background in self.backgrounds]
        return list(zip([0, *ends[:-1]], ends, strict=True))


Column = Callable[[GridTask], Shares]


def cosine(task: GridTask) -> Shares:
    """Exact search over the embeddings."""
    shares: Shares = {}
    for kind, vectors in task.cues.items():
        cosines = vectors @ task.stored.T
        shares[kind] = [_right(cosines[:, :end].argmax(axis=1)) for _, end in task.each_background()]
    return shares


def willshaw(task: GridTask) -> Shares:
    """1-bit weights from centred codes to random pointers."""
    codes, cues = task.encoder.encode(task.stored), {k: task.encoder.encode(v) for k, v in task.cues.items()}
    memory = HebbianMemory(task.units, pointer_units=16_384, pointer_active=8)
    shares: Shares = {kind: [] for kind in cues}
    for begin, end in task.each_background():
        if end > begin:
            memory.store(codes[begin:end])
        for kind, cue in cues.items():
            shares[kind].append(_right(memory.recall(cue).indices[:, 0]))
    return shares


def flat_hebbian(task: GridTask) -> Shares:
    """Counts in one flat matrix W = sum c c' over codes that are not centred; ``s = W c`` ranked by ``s' c_a``.

    W itself would take a gigabyte: with C the codes as rows, ``C W c = C C' (C c)`` needs none.
    """
    from scipy.sparse import csr_matrix

    def binary(codes: Ints) -> csr_matrix:
        starts = np.arange(len(codes) + 1) * task.active
        return csr_matrix((np.ones(codes.size, np.float32), codes.ravel(), starts), (len(codes), task.units))

    codes = binary(task.plain_encoder.encode(task.stored))
    cues = {kind: binary(task.plain_encoder.encode(vectors)) for kind, vectors in task.cues.items()}
    shares: Shares = {kind: [] for kind in cues}
    for _, end in task.each_background():
        stored = codes[:end]
        for kind, cue in cues.items():
            overlap = (cue @ stored.T).toarray()
            settled = stored.T @ overlap.T
            shares[kind].append(_right(np.asarray(stored @ settled).argmax(axis=0)))
    return shares


def _by_embedding(memory: Memory, task: GridTask) -> Shares:
    """Memories of embeddings know nothing of the code: they are the same line in every panel."""
    shares: Shares = {kind: [] for kind in task.cues}
    for begin, end in task.each_background():
        if end > begin:
            memory.store(task.stored[begin:end])
        for kind, vectors in task.cues.items():
            shares[kind].append(_right(memory.recall(vectors).indices[:, 0]))
    return shares


def modern_hopfield(task: GridTask) -> Shares:
    """Softmax attention over the embeddings."""
    return _by_embedding(ModernHopfield(task.stored.shape[1]), task)


def hippocampal(task: GridTask) -> Shares:
    """One cue a memory, exact neighbours."""
    return _by_embedding(HippocampalMemory(task.stored.shape[1]), task)


COLUMNS: Mapping[str, Column] = MappingProxyType(
    {
        "flat Hebbian W": flat_hebbian,
        "Willshaw": willshaw,
        "ModernHopfield": modern_hopfield,
        "HippocampalMemory": hippocampal,
        "exact cosine": cosine,
    }
)


@dataclass(frozen=True, slots=True)
class Grid:
    """R@1 by memory, code and kind of cue, at each background."""

    cells: Mapping[tuple[str, tuple[int, int], str], Sequence[float]]

    def mean(self, memory: str, code: tuple[int, int]) -> float:
        """Over all backgrounds and kinds of cue."""
        return float(np.mean([self.cells[memory, code, kind] for kind in KINDS]))


def measure_grid(lab: MemoryLab, columns: Mapping[str, Column] = COLUMNS) -> Grid:
    """All cells."""
    pool = lab.pool(SEED, PROBES + max(BACKGROUNDS), PROBES)
    others = np.setdiff1d(np.arange(len(pool.stored)), pool.asked)
    stored = pool.stored[np.concatenate([pool.asked, others])]
    cues = {kind: pool.cues[kind] for kind in KINDS}
    cells: dict[tuple[str, tuple[int, int], str], Sequence[float]] = {}
    with lab.stages.stage("Grid of memories", len(CODES) * len(columns)) as advance:
        for place, (units, active) in enumerate(CODES):
            task = GridTask(units, active, stored, cues)
            for number, (name, column) in enumerate(columns.items()):
                cells |= {(name, (units, active), kind): shares for kind, shares in column(task).items()}
                advance(place * len(columns) + number + 1)
    return Grid(cells)


def grid_row(lab: MemoryLab) -> Measured:
    """By how much the best code of the Willshaw memory beats the documented one: 0 where they are the same."""
    grid = measure_grid(lab)
    means = {code: grid.mean("Willshaw", code) for code in CODES}
    best = max(means, key=lambda code: means[code])
    equal = checked(len(grid.cells) == len(COLUMNS) * len(CODES) * len(KINDS), f"{len(grid.cells)} cells were measured")
    samples = {
        f"{name}, {code[0]}/{code[1]}, {kind}": list(shares) for (name, code, kind), shares in grid.cells.items()
    }
    documented = means[UNITS, ACTIVE]
    note = (
        f"{PROBES} nouns among {', '.join(f'{b:,}' for b in BACKGROUNDS)} others; mean R@1 of Willshaw at "
        f"{UNITS}/{ACTIVE} {documented:.3f}, best {best[0]}/{best[1]}; flat W {grid.mean('flat Hebbian W', best):.3f}"
    )
    return Measured(means[best] - documented, "", equal, samples, "cosine", grid.mean("exact cosine", best), note)


GRID_ROWS: Mapping[str, Row] = MappingProxyType({"grid-documented-code-below-best": grid_row})


def _right(found: npt.NDArray[np.integer]) -> float:
    return float(np.mean(found == np.arange(len(found))))
