"""Connections: which neuron reaches which, in CSR form."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from types import ModuleType

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray, Value
from neuro.checks import frozen_integers, frozen_targets, is_number, is_whole
from neuro.counter_hash import stream_seed
from neuro.errors import CircuitError

_MOST = (1 << 31) - 1


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
        if not is_whole(self.targets, 0):
            raise CircuitError(f"targets is {self.targets!r}; a whole number of neurons >= 0 is allowed")
        if row_start.ndim != 1 or row_start.size < 1:
            raise CircuitError(f"row_start has shape {row_start.shape}; a vector that is not empty is allowed")
        column = frozen_targets(self.column, "column", int(self.targets))
        if row_start[0] != 0 or row_start[-1] != column.size or np.any(np.diff(row_start) < 0):
            raise CircuitError(f"row_start must ascend from 0 to the number of synapses, {column.size}")
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
        _check_fit(self, sources, targets, first_source, first_target)
        counts = np.zeros(sources, dtype=np.int64)
        counts[first_source : first_source + self.sources] = np.diff(np.asarray(self.row_start))
        row_start = np.concatenate([[0], np.cumsum(counts)])
        return Connections(row_start, np.asarray(self.column) + first_target, targets)

    @classmethod
    def random(cls, sources: int, targets: int, probability: float, *, seed: int) -> Connections:
        """Each pair of a source and a target with the same probability, once at most.

        Args:
            sources, targets: numbers of neurons.
            probability: of a pair, 0 to 1.
            seed: of the draw.

        Raises:
            CircuitError: a probability outside 0 to 1, no whole numbers of neurons, or more synapses than memory.

        >>> Connections.random(2, 3, 1.0, seed=1).column.tolist()
        [0, 1, 2, 0, 1, 2]
        """
        _check_sizes(sources, targets, seed)
        _check_share("probability", probability)
        _check_room(sources * targets * probability)
        if probability == 0:
            return cls(np.zeros(sources + 1, np.int64), np.zeros(0, np.int32), targets)
        return _counted(
            sources,
            targets,
            lambda at, column: _kernels().random_pairs(_stream(seed), probability, targets, at, column),
        )

    @classmethod
    def fixed_in_degree(cls, sources: int, targets: int, degree: int, *, seed: int) -> Connections:
        """As many different sources for each target, all equally likely.

        Args:
            sources, targets: numbers of neurons.
            degree: sources of each target, 0 to ``sources``.
            seed: of the draw.

        Raises:
            CircuitError: a degree above the number of sources, no whole numbers, or more synapses than memory.
        """
        _check_sizes(sources, targets, seed)
        if not is_whole(degree, 0, sources):
            raise CircuitError(f"degree is {degree!r}; a whole number from 0 to the {sources} sources is allowed")
        _check_room(targets * degree)
        return _counted_and_placed(
            sources, targets, lambda at, column: _kernels().distinct_sources(_stream(seed), degree, at, targets, column)
        )

    @classmethod
    def fixed_total(cls, sources: int, targets: int, total: int, *, seed: int) -> Connections:
        """So many synapses, the source and the target of each drawn with replacement: a pair may occur again.

        Args:
            sources, targets: numbers of neurons.
            total: number of synapses.
            seed: of the draw.

        Raises:
            CircuitError: no whole numbers, synapses between no neurons, or more synapses than memory.
        """
        _check_sizes(sources, targets, seed)
        if not is_whole(total, 0) or (total and not sources * targets):
            raise CircuitError(
                f"total is {total!r} of {sources} sources and {targets} targets; a whole number >= 0 is allowed, and 0 "
                "without neurons"
            )
        _check_room(total)
        return _counted_and_placed(
            sources, targets, lambda at, column: _kernels().drawn_pairs(_stream(seed), total, at, targets, column)
        )

    @classmethod
    def by_distance(
        cls,
        source_positions: npt.ArrayLike,
        target_positions: npt.ArrayLike,
        peak: float,
        width: float,
        *,
        period: float | None = None,
        seed: int,
    ) -> Connections:
        """Each pair with probability peak exp(-d^2 / (2 width^2)) at distance d.

        Args:
            source_positions, target_positions: shape (neurons, dimensions), in the same unit as ``width``.
            peak: probability at distance 0, 0 to 1.
            width: standard deviation of the profile, above 0.
            period: length after which every dimension begins again (a ring, a torus); None for open ends.
            seed: of the draw.

        Raises:
            CircuitError: positions of another shape, a peak outside 0 to 1, a width or period not above 0.
        """
        ends = [np.asarray(positions, dtype=np.float64) for positions in (source_positions, target_positions)]
        if any(end.ndim != 2 or not np.isfinite(end).all() for end in ends) or ends[0].shape[1] != ends[1].shape[1]:
            raise CircuitError(
                f"positions have shapes {ends[0].shape} and {ends[1].shape}; finite numbers of shape (neurons, "
                "dimensions), as many dimensions for both, are allowed"
            )
        _check_share("peak", peak)
        for name, value in (("width", width), ("period", 1.0 if period is None else period)):
            if not is_number(value) or value <= 0:
                raise CircuitError(f"{name} is {value!r}; a number above 0 is allowed")
        sources, targets = len(ends[0]), len(ends[1])
        _check_sizes(sources, targets, seed)
        periods = np.full(ends[0].shape[1], 0.0 if period is None else float(period))
        return _counted(
            sources,
            targets,
            lambda at, column: _kernels().near_pairs(_stream(seed), peak, width, *ends, periods, at, column),
        )

    @classmethod
    def joined(cls, blocks: Sequence[tuple[Connections, int, int]], sources: int, targets: int) -> Connections:
        """Several connections between parts of two populations as one; within a source in the order of the blocks.

        Args:
            blocks: (connections, first source, first target) of each.
            sources, targets: sizes of the whole populations.

        Raises:
            CircuitError: a block that does not fit.

        >>> one = Connections.one_to_one(1)
        >>> Connections.joined([(one, 0, 1), (one, 1, 0)], 2, 2).column.tolist()
        [1, 0]
        """
        row_start = np.zeros(sources + 1, np.int64)
        for part, first_source, first_target in blocks:
            _check_fit(part, sources, targets, first_source, first_target)
            row_start[first_source + 1 : first_source + part.sources + 1] += np.diff(np.asarray(part.row_start))
        np.cumsum(row_start, out=row_start)
        _check_room(int(row_start[-1]))
        at, column = row_start.copy(), np.empty(int(row_start[-1]), np.int32)
        for part, first_source, first_target in blocks:
            _kernels().merge_rows(
                np.asarray(part.row_start), np.asarray(part.column), first_target, at[first_source:], column
            )
        column.setflags(write=False)
        return cls(row_start, column, targets)

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


_Walk = Callable[[IntArray, npt.NDArray[np.int32]], None]
"""Counts or places synapses: ``column`` is empty while it counts."""

_BYTES = 16
"""What a synapse may take while a network is built and run: its target twice, and a weight."""


def _kernels() -> ModuleType:
    # Compiled functions take long to import, and few circuits need these.
    from neuro.circuit import _kernels

    return _kernels


def _stream(seed: int) -> np.uint64:
    return np.uint64(stream_seed(seed, "connections") << 32 | stream_seed(seed, "pairs"))


def _counted(sources: int, targets: int, walk: _Walk) -> Connections:
    """Connections that a walk counts, and then fills in, row by row."""
    row_start = np.zeros(sources + 1, np.int64)
    walk(row_start, np.zeros(0, np.int32))
    _check_room(int(row_start[-1]))
    column = np.empty(int(row_start[-1]), np.int32)
    walk(row_start, column)
    column.setflags(write=False)
    return Connections(row_start, column, targets)


def _counted_and_placed(sources: int, targets: int, walk: _Walk) -> Connections:
    """Connections that a walk counts, and then places, in any order of the sources."""
    row_start = np.zeros(sources + 1, np.int64)
    walk(row_start, np.zeros(0, np.int32))
    np.cumsum(row_start, out=row_start)
    column = np.empty(int(row_start[-1]), np.int32)
    if column.size:
        walk(row_start.copy(), column)
        _kernels().sort_rows(row_start, column)
    column.setflags(write=False)
    return Connections(row_start, column, targets)


def _check_sizes(sources: int, targets: int, seed: int) -> None:
    for name, value in (("sources", sources), ("targets", targets), ("seed", seed)):
        if not is_whole(value, 0, _MOST):
            raise CircuitError(f"{name} is {value!r}; a whole number from 0 to {_MOST} is allowed")


def _check_share(name: str, value: float) -> None:
    if not is_number(value) or not 0 <= value <= 1:
        raise CircuitError(f"{name} is {value!r}; a number from 0 to 1 is allowed")


def _check_room(synapses: float) -> None:
    """Raise CircuitError where so many synapses do not fit into the memory that is free."""
    needed = int(synapses) * _BYTES
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    whole = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    if needed > whole:
        raise CircuitError(
            f"{int(synapses):,} synapses need about {needed:,} bytes; this machine has {whole:,} ({free:,} free): "
            "make fewer"
        )


def _check_fit(part: Connections, sources: int, targets: int, first_source: int, first_target: int) -> None:
    for name, first, size, whole in (
        ("first_source", first_source, part.sources, sources),
        ("first_target", first_target, part.targets, targets),
    ):
        if not 0 <= first <= whole - size:
            raise CircuitError(f"{name} is {first}: {size} neurons from there do not fit into {whole}")


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
