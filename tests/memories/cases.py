"""The memories that the shared tests face: how to make each, with which cues."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from typing import Any

import numpy as np

from neuro.memories import (
    Activation,
    HebbianMemory,
    HippocampalMemory,
    LinearMemory,
    Memory,
    ModernHopfield,
    PalimpsestMemory,
    PseudoInverseMemory,
    Similarity,
    SwarmMemory,
)

DIMENSIONS = 32
"""Of the float32 cues, and units of the codes."""


@dataclass(frozen=True)
class MemoryCase:
    """One kind of memory.

    Args:
        name: of the test.
        make: an empty memory; the argument tells apart memories that can't be merged.
        cues: (items, seed) -> that many cues, all different.
        bad_cues: cues that it refuses, with the message.
        merges: whether it has ``merge``.
    """

    name: str
    make: Callable[[int], Memory]
    cues: Callable[[int, int], np.ndarray]
    bad_cues: tuple[tuple[Any, str], ...]
    merges: bool = False


def random_codes(items: int, seed: int) -> np.ndarray:
    """Sparse codes: 4 of 32 units."""
    random = np.random.default_rng(seed)
    return np.array([np.sort(random.permutation(DIMENSIONS)[:4]) for _ in range(items)])


def random_vectors(items: int, seed: int) -> np.ndarray:
    """Unit float32 vectors."""
    vectors = np.random.default_rng(seed).normal(size=(items, DIMENSIONS)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True))


BAD_CODES = (
    (np.array([0.5]), "dtype is float64"),
    (np.array([DIMENSIONS]), "0 to 31 are allowed"),
    (np.array([3, 3]), "names a unit twice"),
    (np.empty((0, 4), dtype=int), "shape is"),
)
BAD_VECTORS = (
    (np.zeros(DIMENSIONS), "dtype float64"),
    (np.zeros(DIMENSIONS, np.float32), "is zero and has no direction"),
    (np.full(DIMENSIONS, np.nan, np.float32), "NaN or infinity"),
    (np.ones(DIMENSIONS + 1, np.float32), "33 dimensions; this memory takes 32"),
    (np.empty((0, DIMENSIONS), np.float32), "not empty"),
)

REPLICAS = count()
"""Each swarm memory that the suite makes learns under a number of its own, as memories to be merged must."""

MEMORIES = (
    MemoryCase(
        "hebbian",
        lambda seed: HebbianMemory(DIMENSIONS, pointer_units=512, pointer_active=8, seed=seed),
        random_codes,
        BAD_CODES,
        merges=True,
    ),
    MemoryCase("hippocampal", lambda _: HippocampalMemory(DIMENSIONS), random_vectors, BAD_VECTORS),
    MemoryCase(
        "linear",
        lambda seed: LinearMemory(DIMENSIONS, pointer_units=512, pointer_active=8, seed=seed),
        random_codes,
        BAD_CODES,
    ),
    MemoryCase(
        "pseudo_inverse",
        lambda seed: PseudoInverseMemory(DIMENSIONS, pointer_units=128, pointer_active=8, seed=seed, ridge=0.1),
        random_codes,
        BAD_CODES,
    ),
    MemoryCase(
        "palimpsest",
        lambda seed: PalimpsestMemory(DIMENSIONS, pointer_units=512, pointer_active=8, seed=seed, lifetime=100),
        random_codes,
        BAD_CODES,
    ),
    MemoryCase(
        "swarm",
        lambda seed: SwarmMemory(DIMENSIONS + seed, replica=next(REPLICAS)),
        random_codes,
        BAD_CODES,
        merges=True,
    ),
    MemoryCase("modern_hopfield", lambda _: ModernHopfield(DIMENSIONS), random_vectors, BAD_VECTORS),
    MemoryCase(
        "modern_hopfield_sparse",
        lambda _: ModernHopfield(DIMENSIONS, beta=4.0, similarity=Similarity.DOT, activation=Activation.SPARSEMAX),
        random_vectors,
        BAD_VECTORS,
    ),
)
