"""Theta-gamma buffer: a short list of items in order, one to each gamma cycle within a theta cycle, and its circuit.

At theta 7 Hz and gamma 40 Hz five gamma cycles fit: item p of the list fires in slot p of every theta cycle, so order
is phase. As one vector the list is ``sum_p permute^p(item_p)``, and an item is read by undoing its place. In spikes a
cell keeps its item by the after-depolarisation of its own last spike:

    tau_a da/dt = p - a,   tau_a dp/dt = -p         after a spike a = 0, p = 1: a ramp that peaks after tau_a
    tau_h dh/dt = q - h,   tau_h dq/dt = -q         every spike adds 1 to q of all cells: gamma, by inhibition
    fires where  height cos(2 pi theta (t - t_peak)) + ramp a - inhibition h > 1

At each peak of theta the cell that fired first has the highest ramp, fires, and holds the others back for a gamma
cycle; then comes the second, and so on: the order repeats itself in every theta cycle, without any synapse between the
cells but the common inhibition. A cell that never fired has no ramp, and theta alone is below the threshold. The
balance is narrow: of 192 settings of theta, ramp and inhibition tried, two kept all of four lists.

Sources: Lisman & Idiart, *Storage of 7 +- 2 short-term memories in oscillatory subcycles*, Science 267 (1995); Jensen,
Idiart & Lisman, Learning & Memory 3 (1996); Lisman & Jensen, *The theta-gamma neural code*, Neuron 77 (2013).
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Phasors
from neuro.checks import check_whole, whole_numbers
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.memories.vsa.fhrr import FHRR, check_phasors
from neuro.models.base import NeuronModel
from neuro.models.static import static_synapse
from neuro.spikes import Recording

_DT = 5e-4
_PEAK = 0.475
"""Of theta's drive, in cycles after the list's first slot."""

_EARLY = 30
"""Ticks by which the first cell may be ahead of its slot."""

_CUE = 4.0
"""What a cue adds: enough to fire whatever else holds."""

_CELL = NeuronModel(
    equations="""
    da/dt = (p - a) / tau_a : 1
    dp/dt = -p / tau_a : 1
    dh/dt = (q - h) / tau_h : 1
    dq/dt = -q / tau_h : 1
    I : 1
    cue : 1
    tau_a : second (constant)
    tau_h : second (constant)
    ramp : 1 (constant)
    inhibition : 1 (constant)
    """,
    threshold="I + cue + ramp*a - inhibition*h > 1",
    reset="a = 0; p = 1; cue = 0",
    parameters={"tau_a": 0.2, "tau_h": 5e-3, "ramp": 3.0, "inhibition": 1.5},
)


class ThetaGammaBuffer:
    """An ordered list of distinct items, each a whole number from 0 to ``items - 1``.

    Args:
        items: how many there are to choose from.
        theta: hertz, of the cycle that repeats the list.
        gamma: hertz, of the cycles within; at least theta.

    Raises:
        InvalidInput: frequencies that are not above 0 or of which gamma is the lower.

    >>> buffer = ThetaGammaBuffer(10)
    >>> for item in (7, 2, 5):
    ...     buffer.push(item)
    >>> buffer.capacity, buffer.order, (buffer.spike_times(1)[0] * 1000).tolist()
    (5, (7, 2, 5), [0.0, 25.0, 50.0])
    """

    def __init__(self, items: int, *, theta: float = 7.0, gamma: float = 40.0) -> None:
        check_whole("items", items, 1, 1 << 24)
        if not (np.isfinite(theta) and np.isfinite(gamma) and 0 < theta <= gamma):
            raise InvalidInput(f"theta is {theta!r} Hz, gamma {gamma!r} Hz; 0 < theta <= gamma is allowed")
        self.items, self.theta, self.gamma = int(items), float(theta), float(gamma)
        self._order: tuple[int, ...] = ()

    def __len__(self) -> int:
        return len(self._order)

    @property
    def capacity(self) -> int:
        """Gamma cycles in a theta cycle."""
        return int(self.gamma / self.theta + 1e-9)

    @property
    def order(self) -> tuple[int, ...]:
        """The items, first one first."""
        return self._order

    def push(self, item: int) -> None:
        """Add an item at the end.

        Raises:
            InvalidInput: the item is out of range or in the list already, or the list is full.
        """
        check_whole("item", item, 0, self.items - 1)
        if item in self._order:
            raise InvalidInput(f"item {item} is in the list already, at place {self._order.index(item)}")
        if len(self) >= self.capacity:
            raise InvalidInput(
                f"the list is full: {self.capacity} gamma cycles fit into a theta cycle; pop one or slow theta down"
            )
        self._order = (*self._order, int(item))

    def pop(self) -> int:
        """Take the first item out; the others move up.

        Raises:
            InvalidInput: the list is empty.
        """
        if not self._order:
            raise InvalidInput("the list is empty; push something first")
        first, self._order = self._order[0], self._order[1:]
        return first

    def spike_times(self, cycles: int) -> FloatArray:
        """When each item fires, seconds, (cycles, items in the list)."""
        check_whole("cycles", cycles, 1, 1 << 24)
        return np.arange(cycles)[:, None] / self.theta + np.arange(len(self))[None, :] / self.gamma

    def from_spike_times(self, times: npt.ArrayLike, items: npt.ArrayLike) -> None:
        """Take over the list that fires in the first theta cycle of a spike train.

        Args:
            times: seconds, (spikes,), counted from the start of a theta cycle.
            items: which item fires, (spikes,).

        Raises:
            InvalidInput: shapes that differ, times that are not finite, an item that fires twice in the cycle, more
                items than fit.
        """
        when, who = np.asarray(times, dtype=np.float64), whole_numbers(items, "items")
        if when.shape != who.shape or when.ndim != 1:
            raise InvalidInput(
                f"times have shape {when.shape}, items {who.shape}; two vectors of one length are allowed"
            )
        if not np.all(np.isfinite(when)):
            raise InvalidInput("times hold NaN or infinity; finite seconds are allowed")
        first = (when >= 0) & (when < 1 / self.theta)
        ordered = who[first][np.argsort(when[first], kind="stable")]
        self._take(ordered.tolist())

    def encode(self, codebook: npt.ArrayLike) -> Phasors:
        """The list as one vector, ``sum_p permute^p(codebook[item_p])``, (dimensions,).

        Raises:
            InvalidInput: an empty list; a codebook that has not one row for each item.
        """
        rows, algebra = self._codebook(codebook)
        if not self._order:
            raise InvalidInput("an empty list has no vector; push something first")
        return algebra.bundle(np.array([algebra.permute(rows[item], place) for place, item in enumerate(self._order)]))

    def decode(self, vector: npt.ArrayLike, codebook: npt.ArrayLike, length: int) -> None:
        """Take over the list of ``length`` items that a vector of :meth:`encode` holds.

        Raises:
            InvalidInput: a codebook or vector that does not fit, a length beyond the capacity.
        """
        check_whole("length", length, 0, self.capacity)
        rows, algebra = self._codebook(codebook)
        self._take([int(algebra.clean_up(algebra.permute(vector, -place), rows)) for place in range(length)])

    def _codebook(self, codebook: npt.ArrayLike) -> tuple[Phasors, FHRR]:
        width = np.shape(codebook)[-1] if np.ndim(codebook) == 2 else 0
        rows = check_phasors(codebook, width, "the codebook")
        if len(rows) != self.items:
            raise InvalidInput(f"the codebook has {len(rows)} rows; one for each of {self.items} items is allowed")
        return rows, FHRR(width)

    def _take(self, order: Iterable[int]) -> None:
        fresh = ThetaGammaBuffer(self.items, theta=self.theta, gamma=self.gamma)
        for item in order:
            fresh.push(item)
        self._order = fresh.order


def theta_gamma_circuit(buffer: ThetaGammaBuffer, cycles: int, *, height: float = 0.2) -> Circuit:
    """The population ``cells``, one for each item; the list is cued once, in the first theta cycle.

    Args:
        buffer: whose list.
        cycles: of theta, for which the drive lasts.
        height: of theta's drive; the threshold is 1.

    Raises:
        InvalidInput: an empty list.
    """
    check_whole("cycles", cycles, 1, 100_000)
    if not len(buffer):
        raise InvalidInput("a circuit of an empty list would stay silent; push something first")
    ticks = theta_gamma_ticks(buffer, cycles)
    phase = 2 * np.pi * (buffer.theta * _DT * np.arange(ticks) - _PEAK)
    drive = np.repeat((height * np.cos(phase))[:, None], buffer.items, axis=1)
    cues = np.rint(buffer.spike_times(1)[0] / _DT).astype(np.int64)
    everybody = Connections.all_to_all(buffer.items, buffer.items)
    return Circuit(
        _DT,
        [Population("cells", buffer.items, _CELL, winners=Winners(1))],
        [
            Projection(
                "cueing", "cue", "cells", static_synapse("cue", "1"), Connections.one_to_one(buffer.items), {"w": _CUE}
            ),
            Projection("inhibition", "cells", "cells", static_synapse("q", "1"), everybody, {"w": 1.0}),
        ],
        [SpikeSource("cue", buffer.items, cues, np.array(buffer.order)), CurrentInput("cells", "I", drive)],
    )


def theta_gamma_ticks(buffer: ThetaGammaBuffer, cycles: int) -> int:
    """Ticks of so many theta cycles; InvalidInput for no whole number of them."""
    check_whole("cycles", cycles, 0, 1 << 24)
    return int(np.rint(cycles / buffer.theta / _DT))


def orders(recording: Recording, buffer: ThetaGammaBuffer, cycles: int) -> list[tuple[int, ...]]:
    """The items in the order in which they fire, in each theta cycle; InvalidInput for no whole number of them."""
    check_whole("cycles", cycles, 0, 1 << 24)
    spikes = recording.spikes["cells"]
    edges = [max(0, theta_gamma_ticks(buffer, 1) * cycle - _EARLY) for cycle in range(cycles + 1)]
    parts = [spikes.between(start, stop) for start, stop in pairwise(edges)]
    return [tuple(part.indices[np.argsort(part.ticks, kind="stable")].tolist()) for part in parts]
