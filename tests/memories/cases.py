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
from neuro.memories.vsa import FHRR, HolographicMemory, ThresholdPhasorAssociativeMemory

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


PHASORS = 1024
"""Dimensions of the phasor cues: enough for the suite's items not to warn."""

NEURONS = 200


def random_phasors(items: int, seed: int) -> np.ndarray:
    """Unit phasors."""
    return FHRR(PHASORS).random(items, seed=seed)


def sparse_phasors(items: int, seed: int) -> np.ndarray:
    """Unit phasors in 20 of 200 places, 0 elsewhere."""
    random = np.random.default_rng(seed)
    patterns = np.zeros((items, NEURONS), dtype=np.complex64)
    for pattern in patterns:
        pattern[random.permutation(NEURONS)[:20]] = np.exp(2j * np.pi * random.random(20))
    return patterns


BAD_PHASORS = (
    (np.ones(PHASORS), "dtype float64; complex64"),
    (np.zeros(PHASORS, np.complex64), "no unit phasors"),
    (np.full(PHASORS, np.nan, np.complex64), "NaN or infinity"),
    (np.ones(PHASORS + 1, np.complex64), "1025 dimensions; 1024 are allowed"),
    (np.empty((0, PHASORS), np.complex64), "not empty"),
)
BAD_SPARSE_PHASORS = (
    (np.ones(NEURONS), "dtype float64; complex64"),
    (np.zeros(NEURONS, np.complex64), "0 active units; 1 to 20"),
    (np.ones(NEURONS, np.complex64), "200 active units; 1 to 20"),
    (np.full(NEURONS, 0.5, np.complex64), "other lengths than 1 and 0"),
    (np.full(NEURONS, np.nan, np.complex64), "NaN or infinity"),
    (np.ones(NEURONS + 1, np.complex64), "201 dimensions; 200 are allowed"),
)
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
    MemoryCase("holographic", lambda seed: HolographicMemory(PHASORS, seed=seed), random_phasors, BAD_PHASORS),
    MemoryCase(
        "threshold phasor",
        lambda _seed: ThresholdPhasorAssociativeMemory(NEURONS, 20),
        sparse_phasors,
        BAD_SPARSE_PHASORS,
    ),
)
