"""Connections: which neuron reaches which, in CSR form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray, Value
from neuro.checks import frozen_integers, is_whole
from neuro.errors import CircuitError


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """Which source neuron reaches which target neuron: CSR rows, canonical order (source, then synapse).

    Args:
        row_start: shape (sources + 1,), ascending from 0.
        column: shape (synapses,), target neuron of each synapse; a pair may occur more than once.
        targets: number of target neurons.
    """

    row_start: npt.ArrayLike
    column: npt.ArrayLike
    targets: int

    def __post_init__(self) -> None:
        row_start = frozen_integers(self.row_start, "row_start")
        column = frozen_integers(self.column, "column")
        if not is_whole(self.targets, 0):
            raise CircuitError(f"targets is {self.targets!r}; a whole number of neurons >= 0 is allowed")
        if row_start.ndim != 1 or row_start.size < 1 or column.ndim != 1:
            raise CircuitError(
                f"row_start {row_start.shape} and column {column.shape} must be vectors, row_start not empty"
            )
        if row_start[0] != 0 or row_start[-1] != column.size or np.any(np.diff(row_start) < 0):
            raise CircuitError(f"row_start must ascend from 0 to the number of synapses, {column.size}")
        if column.size and (column.min() < 0 or column.max() >= self.targets):
            raise CircuitError(
                f"column holds {column.min()} to {column.max()}; target neurons 0 to {self.targets - 1} are allowed"
            )
        object.__setattr__(self, "row_start", row_start)
        object.__setattr__(self, "column", column)

    @property
    def sources(self) -> int:
        """Number of source neurons."""
        return int(np.asarray(self.row_start).size - 1)

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return int(np.asarray(self.column).size)

    def pre(self) -> IntArray:
        """Source neuron of each synapse, shape (synapses,)."""
        return np.repeat(np.arange(self.sources, dtype=np.int64), np.diff(np.asarray(self.row_start)))

    def within(self, sources: int, targets: int, first_source: int = 0, first_target: int = 0) -> Connections:
        """The same connections between subgroups of larger populations.

        Args:
            sources, targets: sizes of the whole populations.
            first_source, first_target: where the subgroups start in them.

        >>> Connections.one_to_one(2).within(5, 4, first_source=3, first_target=1).pre().tolist()
        [3, 4]
        """
        for name, first, size, whole in (
            ("first_source", first_source, self.sources, sources),
            ("first_target", first_target, self.targets, targets),
        ):
            if not 0 <= first <= whole - size:
                raise CircuitError(f"{name} is {first}: {size} neurons from there do not fit into {whole}")
        counts = np.zeros(sources, dtype=np.int64)
        counts[first_source : first_source + self.sources] = np.diff(np.asarray(self.row_start))
        row_start = np.concatenate([[0], np.cumsum(counts)])
        return Connections(row_start, np.asarray(self.column) + first_target, targets)

    @classmethod
    def from_pairs(cls, pre: npt.ArrayLike, post: npt.ArrayLike, sources: int, targets: int) -> Connections:
        """Connections from a list of (pre, post) pairs that is already ordered by ``pre``."""
        pre_array, post_array = frozen_integers(pre, "pre"), frozen_integers(post, "post")
        if pre_array.shape != post_array.shape or pre_array.ndim != 1:
            raise CircuitError(
                f"pre has shape {pre_array.shape}, post {post_array.shape}; two vectors of one length are allowed"
            )
        if pre_array.size and (pre_array.min() < 0 or pre_array.max() >= sources):
            raise CircuitError(
                f"pre holds {pre_array.min()} to {pre_array.max()}; sources 0 to {sources - 1} are allowed"
            )
        if np.any(np.diff(pre_array) < 0):
            raise CircuitError(
                "pairs must be ordered by pre; sort them (and their weights) with a stable argsort first"
            )
        row_start = np.zeros(sources + 1, dtype=np.int64)
        np.cumsum(np.bincount(pre_array, minlength=sources), out=row_start[1:])
        return cls(row_start, post_array, targets)

    @classmethod
    def from_dense(cls, mask: npt.ArrayLike) -> Connections:
        """One synapse per true entry of a (sources, targets) mask; ``weights[mask]`` is in the same order.

        >>> connections = Connections.from_dense([[True, False], [True, True]])
        >>> connections.pre().tolist(), connections.column.tolist()
        ([0, 1, 1], [0, 0, 1])
        """
        dense = np.asarray(mask, dtype=bool)
        if dense.ndim != 2:
            raise CircuitError(f"the mask has shape {dense.shape}; (sources, targets) is allowed")
        pre, post = np.nonzero(dense)
        return cls.from_pairs(pre, post, dense.shape[0], dense.shape[1])

    @classmethod
    def all_to_all(cls, sources: int, targets: int) -> Connections:
        """Every source to every target, row by row."""
        return cls.from_dense(np.ones((sources, targets), dtype=bool))

    @classmethod
    def one_to_one(cls, size: int) -> Connections:
        """Neuron i to neuron i."""
        return cls(np.arange(size + 1), np.arange(size), size)


def gaussian_delays(mean: Value, deviation: Value, synapses: int, dt: Value, *, seed: int) -> FloatArray:
    """Delays of normal distribution, rounded to whole ticks, none below 0; seconds, shape (synapses,).

    Args:
        mean, deviation: of the distribution, seconds or Brian2 quantities.
        synapses: how many.
        dt: the circuit's tick.
        seed: of the draw.

    Raises:
        CircuitError: a negative or infinite mean or deviation, or a dt that is no positive time.
    """
    middle, width, tick = (float(np.asarray(value)) for value in (mean, deviation, dt))
    if not (np.isfinite(middle) and np.isfinite(width) and middle >= 0 and width >= 0 and tick > 0):
        raise CircuitError(f"delays of mean {mean}, deviation {deviation} and dt {dt}; finite times >= 0 are allowed")
    drawn = np.random.default_rng(seed).normal(middle, width, synapses)
    return np.asarray(np.maximum(np.rint(drawn / tick), 0.0) * tick)
