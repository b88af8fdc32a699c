"""Theta-gamma buffer: a short list of items in order, one to each gamma cycle within a theta cycle.

At theta 7 Hz and gamma 40 Hz five gamma cycles fit: item p of the list fires in slot p of every theta cycle, so order
is phase. As one vector the list is ``sum_p permute^p(item_p)``, and an item is read by undoing its place.
Sources: Lisman & Idiart, *Storage of 7 +- 2 short-term memories in oscillatory subcycles*, Science 267 (1995); Lisman &
Jensen, *The theta-gamma neural code*, Neuron 77 (2013).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole, whole_numbers
from neuro.errors import InvalidInput
from neuro.vsa.checks import Phasors, check_phasors
from neuro.vsa.fhrr import FHRR


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

    def spike_times(self, cycles: int) -> npt.NDArray[np.float64]:
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

    def _take(self, order: Iterable[Any]) -> None:
        fresh = ThetaGammaBuffer(self.items, theta=self.theta, gamma=self.gamma)
        for item in order:
            fresh.push(item)
        self._order = fresh.order
