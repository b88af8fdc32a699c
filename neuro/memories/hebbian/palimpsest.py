"""Palimpsest: a Hebbian memory that forgets by age, so that it never fills up.

Each insert first clears synapses drawn at random, ``n m / lifetime`` draws, then sets its own as
:class:`neuro.memories.HebbianMemory` does. With the gain ``f = k p / (n m)`` and the loss ``q = 1 / lifetime`` of an
insert, the share of set bits settles at ``d = f / (f + q)``, and a bit of an item of age t is set with probability

    d + (1 - d) exp(-(f + q) t)

so new items are recalled, old ones fade, and the memory stays the same however many items have gone through it.

Sources: Nadal, Toulouse, Changeux & Dehaene, *Networks of formal neurons and memory palimpsests*, Europhys. Lett. 1
(1986); Amit & Fusi, *Learning in neural networks with material synapses*, Neural Computation 6 (1994).
"""

from __future__ import annotations

from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatArray
from neuro.checks import check_whole
from neuro.encoders.codes import Codes
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.bit_matrix import BitMatrix
from neuro.memories.hebbian.pointer_memory import PointerMemory, state_shape

_NODES = 64
"""Of the Gauss-Hermite rule over an item's own score."""

_AGES = 100
"""Of the items that compete with it."""


class PalimpsestMemory(PointerMemory):
    """Hetero-associative memory with 1-bit weights that age.

    What it holds depends on the order of inserts, so it can't be merged.

    Args:
        units: n, units of a cue code.
        pointer_units: m. The weights take ``n m / 8`` bytes.
        pointer_active: p.
        seed: of the pointer codes and of the synapses that are cleared.
        lifetime: inserts after which 1/e of an item's bits are left, at most ``n m``.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.palimpsest"

    def __init__(
        self, units: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0, lifetime: int = 10_000
    ) -> None:
        super().__init__(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        check_whole("lifetime", lifetime, 1, self.units * self.pointer_units)
        self.lifetime = int(lifetime)
        self._clock = 0
        self._synapses = BitMatrix(self.units, self.pointer_units)

    @property
    def weights(self) -> npt.NDArray[np.bool_]:
        """The 1-bit weights as truth values, (units, pointer_units)."""
        return self._synapses.dense()

    @property
    def density(self) -> float:
        """The share of synapses that are set."""
        return self._synapses.density()

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (units, pointer_units, pointer_active, seed), ``indices``,
        ``ageing`` (lifetime, inserts so far), ``weights``.
        """
        return self._shape() | {
            "ageing": np.array([self.lifetime, self._clock], dtype=np.int64),
            "weights": self._synapses.words.copy(),
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, an index stands twice, a bit is
                set beyond the last pointer unit, fewer inserts than items.
        """
        shape = state_shape(state)
        lifetime, clock = (int(value) for value in state_array(state, "ageing", np.int64, (2,)))
        words = state_array(state, "weights", np.uint64, (shape["units"], -(-shape["pointer_units"] // 64)))
        memory = cls(**shape, lifetime=lifetime)
        memory._restore_items(state)
        if clock < len(memory):
            raise InvalidInput(f"state: ageing counts {clock} inserts, but {len(memory)} items are stored")
        memory._synapses, memory._clock = BitMatrix.from_words(words, memory.pointer_units), clock
        return memory

    def _learn(self, codes: Codes, pointers: AnyArray) -> None:
        draws = round(self.units * self.pointer_units / self.lifetime)
        self._synapses.imprint_ageing(codes, pointers, draws, self.seed, self._clock)
        self._clock += len(codes)

    def _sums(self, codes: Codes) -> npt.NDArray[np.int32]:
        return self._synapses.sums(codes)


def steady_state_density(active: int, units: int, pointer_active: int, pointer_units: int, lifetime: int) -> float:
    """``d = f / (f + q)``: the share of set bits after many more inserts than ``lifetime``."""
    gain = active * pointer_active / (units * pointer_units)
    return gain / (gain + 1.0 / lifetime)


def expected_recall(
    ages: npt.ArrayLike, items: int, active: int, units: int, pointer_active: int, pointer_units: int, lifetime: int
) -> FloatArray:
    """The share of exact cues that a palimpsest of random codes in its steady state answers right, by age in inserts.

    Scores as normal variables. With P(t) the survival of a bit, an item's own has mean ``k p P(t)``; that of another
    item of age a which shares h units with the cue, h from a Poisson distribution of mean k^2 / n, has mean
    ``p (h P(a) + (k - h) d)``. Its variance is ``p (k d (1 - d) + k^2 V)``, where V is how much the density differs
    between pointer units, since some serve more items: shot noise of rate p/m, pulses of height k/n that decay.

    Args:
        ages: inserts since each item was stored, shape (ages,).
        items: that compete, of ages 0 to items - 1.
        active: k.
        units: n.
        pointer_active: p.
        pointer_units: m.
        lifetime: of :class:`PalimpsestMemory`.
    """
    from scipy.special import ndtr
    from scipy.stats import poisson

    density = steady_state_density(active, units, pointer_active, pointer_units, lifetime)
    rate = active * pointer_active / (units * pointer_units) + 1.0 / lifetime

    def survival(age: FloatArray) -> FloatArray:
        return np.asarray(density + (1.0 - density) * np.exp(-rate * age))

    uneven = (active / units * (1.0 - density)) ** 2 * pointer_active / pointer_units / (2.0 * rate)
    other = np.sqrt(pointer_active * (active * density * (1.0 - density) + active**2 * uneven))
    left = survival(np.asarray(ages, dtype=np.float64))
    own = np.sqrt(pointer_active * (active * left * (1.0 - left) + (active * (1.0 - left)) ** 2 * uneven))
    nodes, weights = np.polynomial.hermite_e.hermegauss(_NODES)
    score = active * pointer_active * left[:, None] + own[:, None] * nodes
    shared = np.arange(min(active, poisson.ppf(1 - 1e-9, active**2 / units)) + 1)
    chance = poisson.pmf(shared, active**2 / units)
    means = shared * survival(np.arange(_AGES)[:, None] * items / _AGES) + (active - shared) * density
    # The item wins where every other one stays below its score.
    wins = np.zeros_like(score)
    for mean in pointer_active * means:
        below = ndtr((score[..., None] - mean) / other) @ chance
        wins += items / _AGES * np.log(np.maximum(below, np.finfo(np.float64).tiny))
    return np.asarray(np.exp(wins) @ (weights / weights.sum()), dtype=np.float64)
