"""Fourier holographic reduced representations: symbols as vectors of unit phasors.

    bind: a * b    unbind: c * conj(b)    bundle: sum    permute: rotate the places    similarity: Re <a, b> / D

A phase is a spike time in a cycle: the phasor exp(i phi) fires when a rotating hand, released at angle phi, passes 0.
Sources: Plate, *Holographic Reduced Representations* (1995, 2003); Frady & Sommer, PNAS 116 (2019).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import ComplexArray, FloatingArray, IntArray, Phasors
from neuro.checks import check_whole, holds_whole, is_real
from neuro.encoders.stimulus import as_batch
from neuro.errors import InvalidInput

_UNIT_TOLERANCE = 1e-3
_SHORTEST = 1e-30


def check_phasors(vectors: npt.ArrayLike, dimensions: int, what: str = "vectors") -> Phasors:
    """Complex vectors as a batch (n, dimensions); one vector (dimensions,) becomes a batch of one.

    Raises:
        InvalidInput: no complex numbers, not one or two dimensions, empty, another width, NaN or infinite.
    """
    given = np.asarray(vectors)
    if not np.issubdtype(given.dtype, np.complexfloating):
        raise InvalidInput(f"{what} have dtype {given.dtype}; complex numbers are allowed: use FHRR.from_phases")
    rows = as_batch(given, dimensions, what, f"{dimensions} are allowed")
    if not np.all(np.isfinite(rows)):
        raise InvalidInput(f"{what} hold NaN or infinity; only finite numbers are allowed")
    return rows


def check_unit_phasors(
    vectors: npt.ArrayLike, dimensions: int, what: str = "cues", *, silent: bool = False
) -> ComplexArray:
    """As :func:`check_phasors`, complex64 and each entry of length 1, or 0 if ``silent`` ones are allowed.

    Raises:
        InvalidInput: as :func:`check_phasors`; another dtype; an entry of another length.
    """
    given = np.asarray(vectors)
    if given.dtype != np.complex64:
        raise InvalidInput(f"{what} have dtype {given.dtype}; complex64 is allowed: use .astype(np.complex64)")
    rows = check_phasors(given, dimensions, what)
    lengths = np.abs(rows)
    if np.any((np.abs(lengths - 1) > _UNIT_TOLERANCE) & ~(silent & (lengths == 0))):
        kinds = (
            "of other lengths than 1 and 0 (silent); normalise them"
            if silent
            else ("that are no unit phasors; normalise them with FHRR.normalise")
        )
        raise InvalidInput(f"{what} hold entries {kinds}")
    return np.asarray(rows, dtype=np.complex64)


@dataclass(frozen=True, slots=True)
class FHRR:
    """The algebra of phasor vectors of one length.

    Args:
        dimensions: D, 1 to 2**24.

    Raises:
        InvalidInput: a value outside its range.

    >>> algebra = FHRR(1024)
    >>> role, filler = algebra.random(2, seed=0)
    >>> round(float(algebra.similarity(algebra.unbind(algebra.bind(role, filler), role), filler)), 3)
    1.0
    """

    dimensions: int

    def __post_init__(self) -> None:
        check_whole("dimensions", self.dimensions, 1, 1 << 24)

    def random(self, items: int, *, seed: int, slots: int | None = None) -> ComplexArray:
        """Random unit phasors, (items, dimensions).

        Args:
            items: how many.
            seed: of the draw.
            slots: phases are multiples of 2 pi / slots; None: any phase.

        Raises:
            InvalidInput: a number out of range.
        """
        check_whole("items", items, 1, 1 << 24)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        draw = np.random.default_rng(seed)
        shape = (items, self.dimensions)
        if slots is None:
            return self.from_phases(draw.random(shape, dtype=np.float32) * np.float32(2 * np.pi))
        check_whole("slots", slots, 2, 1 << 16)
        return self.from_phases(draw.integers(0, slots, shape) * (2 * np.pi / slots))

    def from_phases(self, phases: npt.ArrayLike) -> ComplexArray:
        """``exp(i phases)``, radians, same shape.

        Raises:
            InvalidInput: another width, no real numbers, NaN or infinity.
        """
        given = np.asarray(phases)
        fits = given.ndim > 0 and given.shape[-1] == self.dimensions and is_real(given)
        if not fits or not np.all(np.isfinite(given)):
            raise InvalidInput(
                f"phases have shape {given.shape}, dtype {given.dtype}; finite real numbers (..., {self.dimensions}) "
                "are allowed"
            )
        return np.asarray(np.exp(1j * given), dtype=np.complex64)

    def bind(self, left: npt.ArrayLike, right: npt.ArrayLike) -> Phasors:
        """``left * right``, place by place: unlike either, undone by :meth:`unbind`. (n, D) or (D,) each.

        Raises:
            InvalidInput: batches of which neither is one vector, of different lengths.
        """
        first, second = self._pair(left, right)
        return self._shaped(first * second, left, right)

    def unbind(self, bound: npt.ArrayLike, key: npt.ArrayLike) -> Phasors:
        """``bound * conj(key)``: what was bound to the key, with noise from whatever else was bundled.

        Raises:
            InvalidInput: as :meth:`bind`.
        """
        first, second = self._pair(bound, key)
        return self._shaped(first * np.conj(second), bound, key)

    def bundle(self, vectors: npt.ArrayLike) -> Phasors:
        """The sum of the rows, (n, D) -> (D,): like each of them."""
        return np.asarray(self._rows(vectors).sum(axis=0))

    def permute(self, vectors: npt.ArrayLike, places: int = 1) -> Phasors:
        """Rotated by so many places: marks an order. ``permute(v, -n)`` undoes ``permute(v, n)``.

        Raises:
            InvalidInput: places that are no whole number.
        """
        check_whole("places", places, -(1 << 62), 1 << 62)
        return self._shaped(np.roll(self._rows(vectors), places, axis=-1), vectors)

    def normalise(self, vectors: npt.ArrayLike) -> Phasors:
        """Each entry brought to length 1; an entry of length 0 becomes 1."""
        rows = self._rows(vectors)
        lengths = np.abs(rows)
        safe = np.where(lengths > _SHORTEST, rows, 1)
        return self._shaped(safe / np.abs(safe), vectors)

    def similarity(self, left: npt.ArrayLike, right: npt.ArrayLike) -> FloatingArray:
        """``Re <left, right> / D``: of (D,) and (D,) a number, (); of (n, D) and (m, D) an (n, m) table."""
        table: FloatingArray = np.real(self._rows(left) @ np.conj(self._rows(right)).T) / self.dimensions
        table = table[0] if np.ndim(left) == 1 else table
        return np.asarray(table[..., 0] if np.ndim(right) == 1 else table)

    def clean_up(self, vectors: npt.ArrayLike, codebook: npt.ArrayLike) -> IntArray:
        """The row of the codebook that each vector is most like, (D,) -> () or (n, D) -> (n,); ties to the first."""
        table = np.atleast_2d(self.similarity(vectors, self._rows(codebook)))
        return np.asarray(table.argmax(axis=-1)).reshape(np.shape(vectors)[:-1])

    def to_spike_times(self, vectors: npt.ArrayLike, slots: int) -> IntArray:
        """The slot of the cycle in which each entry fires, 0 .. slots - 1: ``-phase`` in cycles, rounded.

        An entry of length 0 fires in slot 0; lengths are lost.
        """
        check_whole("slots", slots, 2, 1 << 16)
        late = -np.angle(self._rows(vectors)) * (slots / (2 * np.pi))
        times = np.floor(late + 0.5).astype(np.int64) % slots
        return np.asarray(times[0] if np.ndim(vectors) == 1 else times)

    def from_spike_times(self, times: npt.ArrayLike, slots: int) -> ComplexArray:
        """The unit phasors that fire in these slots of a cycle.

        Raises:
            InvalidInput: times that are no whole numbers from 0 to slots - 1.
        """
        check_whole("slots", slots, 2, 1 << 16)
        given = np.asarray(times)
        if not holds_whole(times) or (given.size and (given.min() < 0 or given.max() >= slots)):
            raise InvalidInput(f"spike times must be whole numbers from 0 to {slots - 1}, one slot each")
        return self.from_phases(-given * (2 * np.pi / slots))

    def _pair(self, left: npt.ArrayLike, right: npt.ArrayLike) -> tuple[Phasors, Phasors]:
        first, second = self._rows(left), self._rows(right)
        if len(first) != len(second) and 1 not in (len(first), len(second)):
            raise InvalidInput(f"{len(first)} and {len(second)} vectors make no pairs; give as many, or one")
        return first, second

    def _rows(self, vectors: npt.ArrayLike) -> Phasors:
        return check_phasors(vectors, self.dimensions)

    @staticmethod
    def _shaped(rows: Phasors, *given: npt.ArrayLike) -> Phasors:
        return rows[0] if all(np.ndim(vectors) == 1 for vectors in given) else rows
