"""Where the synapses of a projection lie in a kernel's memory: by source, delay and synapse.

A spike is delivered when it arrives, so the synapses of one source and one delay lie side by side: they are streamed,
and what they write is one row of neurons, not one a delay. Arrivals are visited longest delay first and, within a
delay, by source: the order of sums stays (emission tick, source, synapse).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, IntArray
from neuro.compiler.ir import ProjectionProgram
from neuro.simulators.compiled.drawn import DrawnProjection, delay_range

_NARROW = 1 << 16
_CHUNK = 1 << 20
_NO_GROUPS = np.zeros(0, np.uint8)


def narrow_numbers(below: int) -> np.dtype[np.unsignedinteger]:
    """The type of numbers below a bound, as narrow as can be: synapses are streamed, and caches are small.

    Unsigned, so that the kernel need not ask whether they are negative.
    """
    return np.dtype(np.uint16 if below <= _NARROW else np.uint32 if below <= 1 << 32 else np.uint64)


@dataclass(frozen=True, slots=True, eq=False)
class Arrangement:
    """The synapses of a projection onto targets ``first <= i < stop``, by source, delay (longest first), synapse.

    Args:
        projection: whose synapses.
        first, stop: the targets.
        delays: the distinct delays in ticks, longest first.
        group: which of them each synapse has, in the canonical order; empty where there is one.
        rows: where the synapses of each source and delay begin, shape (sources * delays + 1,).
    """

    projection: ProjectionProgram
    first: int
    stop: int
    delays: IntArray
    group: AnyArray
    rows: npt.NDArray[np.uint64]

    @classmethod
    def of(cls, projection: ProjectionProgram, first: int, stop: int) -> Arrangement:
        """Sort a projection's synapses by delay."""
        from neuro.simulators.compiled import _layout_kernels as kernels

        delays, group = _delay_groups(projection)
        sources = projection.row_start.size - 1
        rows = np.zeros(sources * delays.size + 1, np.uint64)
        kernels.count_rows(projection.row_start, projection.column, group, np.array([first, stop]), rows)
        return cls(projection, first, stop, delays, group, rows)

    @property
    def synapses(self) -> int:
        """How many synapses end at these targets."""
        return int(self.rows[-1])

    @property
    def canonical(self) -> bool:
        """Whether the synapses lie as the projection has them."""
        return not self.group.size and self.synapses == self.projection.synapses

    def columns(self) -> AnyArray:
        """The target of each synapse, counted from ``first``."""
        from neuro.simulators.compiled import _layout_kernels as kernels

        out = np.empty(self.synapses, narrow_numbers(self.stop - self.first))
        if self.canonical and not self.first:
            out[:] = self.projection.column
        else:
            kernels.place_columns(*self._walk(), out)
        return out

    def sources(self) -> AnyArray:
        """The source of each synapse."""
        count = self.projection.row_start.size - 1
        each = np.diff(self.rows[:: self.delays.size].astype(np.int64))
        return np.repeat(np.arange(count, dtype=narrow_numbers(count)), each)

    def values(self, given: AnyArray, dtype: npt.DTypeLike) -> AnyArray:
        """One number a synapse, given in the projection's order, as a new array in this order."""
        from neuro.simulators.compiled import _layout_kernels as kernels

        if self.canonical or given.strides == (0,):
            return np.array(np.broadcast_to(given[:1], (self.synapses,)) if given.strides == (0,) else given, dtype)
        out = np.empty(self.synapses, dtype)
        kernels.place_values(*self._walk(), np.ascontiguousarray(given), out)
        return out

    def state(self, name: str, dtype: npt.DTypeLike) -> AnyArray:
        """The start values of a state, in this order."""
        part = self.projection
        if not isinstance(part, DrawnProjection) or name not in part.drawn:
            return self.values(part.state(name).initial, dtype)
        from neuro.simulators.compiled import _layout_kernels as kernels

        values, out = part.drawn[name], np.empty(self.synapses, dtype)
        if self.canonical:
            values.fill(out)
        else:
            kernels.place_draws(*self._walk(), values.draw.code, values.stream, out)
        if values.draw.step > 0:
            out *= values.draw.step
        return out

    def numbers(self) -> AnyArray | slice:
        """The projection's number of each synapse; all of them where the order is the same."""
        from neuro.simulators.compiled import _layout_kernels as kernels

        if self.canonical:
            return slice(None)
        out = np.empty(self.synapses, narrow_numbers(self.projection.synapses))
        kernels.place_numbers(*self._walk(), out)
        return out

    def places(self) -> AnyArray:
        """Where each synapse lies, in the projection's order; for the arrangement of all targets."""
        numbers = self.numbers()
        dtype = narrow_numbers(self.projection.synapses)
        if isinstance(numbers, slice):
            return np.arange(self.synapses, dtype=dtype)
        places = np.empty(self.synapses, dtype)
        places[numbers] = np.arange(self.synapses, dtype=dtype)
        return places

    def incoming(self) -> tuple[AnyArray, AnyArray, AnyArray]:
        """The synapses onto each target in the projection's order: where they begin, their places, their sources.

        The sources lie beside the places, so that only the weight itself is looked up at random.
        """
        from neuro.simulators.compiled import _layout_kernels as kernels

        post_rows = np.zeros(self.stop - self.first + 1, np.uint64)
        places = np.empty(self.synapses, np.uint32 if self.synapses <= 1 << 32 else np.uint64)
        sources = np.empty(self.synapses, narrow_numbers(self.projection.row_start.size - 1))
        kernels.index_incoming(*self._walk(), post_rows, places, sources)
        return post_rows, places, sources

    def _walk(self) -> tuple[AnyArray, AnyArray, AnyArray, AnyArray, AnyArray]:
        part = self.projection
        return part.row_start, part.column, self.group, np.array([self.first, self.stop]), self.rows


def _delay_groups(projection: ProjectionProgram) -> tuple[IntArray, AnyArray]:
    """The distinct delays, longest first, and which of them each synapse has."""
    ticks, each = projection.delay, 1
    if isinstance(projection, DrawnProjection) and projection.drawn_delay is not None:
        each, most = projection.drawn_ticks, delay_range(projection)[1]
        steps = np.empty(projection.synapses, narrow_delays(most // each + 1))
        ticks = projection.drawn_delay.fill(steps)
    if not ticks.ndim or not ticks.size:
        return np.array([0 if ticks.ndim else ticks], np.int64), _NO_GROUPS
    used = np.zeros(int(ticks.max()) + 1, np.int64)
    for part in _chunks(ticks):
        used += np.bincount(part, minlength=used.size)
    delays = np.flatnonzero(used)[::-1].astype(np.int64)
    number = np.zeros(used.size, narrow_delays(delays.size))
    number[delays] = np.arange(delays.size)
    group = np.empty(ticks.size, number.dtype) if ticks.dtype != number.dtype or ticks is projection.delay else ticks
    for part, into in zip(_chunks(ticks), _chunks(group), strict=True):
        into[:] = number[part]
    return delays * each, group


def _chunks(values: AnyArray) -> Iterator[AnyArray]:
    """Views of a vector that temporary copies may be made of."""
    return (values[start : start + _CHUNK] for start in range(0, values.size, _CHUNK))


def narrow_delays(count: int) -> np.dtype[np.unsignedinteger]:
    """The type of the number of a delay among that many."""
    return np.dtype(np.uint8) if count <= 1 << 8 else narrow_numbers(count)
