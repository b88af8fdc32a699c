"""k-winners-take-all encoder: an embedding becomes the k of n units that its projection drives most.

    x -> x - mean -> sparse random projection -> current levels on a grid -> LIF race -> the first k to fire

Sources: Dasgupta, Stevens & Navlakha, *A neural algorithm for a fundamental computing problem*, Science 358
(2017); the mean is taken off since a common component gives all cues the same active units and so
correlates the codes that a memory must tell apart.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, SpikeSource
from neuro.encoders.base import CodeReport, measure_code
from neuro.encoders.codes import Codes, binary, check_codes
from neuro.encoders.projection_weights import check_weights, draw_entries
from neuro.encoders.race import Race
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.stimulus import LARGEST, check_vectors
from neuro.errors import InvalidInput

_NO_DIRECTION = 1e-12
"""A decoded direction shorter than this is the rounding error of a sum that cancels."""


@dataclass(frozen=True, slots=True, eq=False)
class KWTAEncoder:
    """Embedding (dimensions,) -> indices of the ``active`` units with the largest currents.

    Unit u sums ``nonzeros`` randomly chosen entries of the centred embedding, each with weight +1 or -1 (or
    +1 only): ``y_u = sum_j s_uj (x - mean)_i(u,j)``. Its current level is
    ``floor(max(y_u, 0) / max(y) * (2**current_bits - 1) + 1/2)``: silent below zero, divided by the
    strongest drive, so neither the embedding's length nor its range matters. The ``active`` highest levels
    win, ties to the lower index. A vector equal to the mean gives the first units.

    Args:
        dimensions: of an embedding, 1 to 32,767.
        units: n.
        active: k, at most n.
        nonzeros: inputs of a unit, at most ``dimensions``; 8 to 16 lose nothing against a dense projection.
        signed: weights +1 and -1 (better wherever the mean is taken off), or +1 only (the fly's own).
        current_bits: bits of a current level, 4 to 16.
        leak_ticks: membrane time constant of the spiking version in ticks
            (:class:`neuro.encoders.race.Race`).
        mean: shape (dimensions,), taken off each embedding; zero if None. See :meth:`centred_on`.
        radius: typical length of a centred embedding; scales what :meth:`decode` gives back.
        seed: of the projection.
        weights: whole numbers in place of the signs, shape (units, nonzeros), 16 bits at most: what training
            (:mod:`neuro.training`) found for the same entries of x. ``y_u = sum_j w_uj (x - mean)_i(u,j)``.

    Raises:
        InvalidInput: a value outside these ranges, a mean of another shape or with NaN, weights of another shape.
    """

    dimensions: int
    units: int = 4096
    active: int = 128
    nonzeros: int = 8
    signed: bool = True
    current_bits: int = 8
    leak_ticks: int = 8
    mean: npt.ArrayLike | None = None
    radius: float = 1.0
    seed: int = 0
    weights: npt.ArrayLike | None = None
    _entries: npt.NDArray[np.uint16] = field(init=False, repr=False)
    _weights: FloatArray | None = field(init=False, repr=False)
    _race: Race = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = (
            ("dimensions", self.dimensions, 1, 32_767),
            ("units", self.units, 1, 1 << 24),
            ("active", self.active, 1, self.units),
            ("nonzeros", self.nonzeros, 1, self.dimensions),
            ("seed", self.seed, 0, (1 << 63) - 1),
        )
        for name, value, lowest, highest in limits:
            check_whole(name, value, lowest, highest)
        if not (np.isfinite(self.radius) and self.radius > 0):
            raise InvalidInput(f"radius is {self.radius!r}; a number above 0 is allowed")
        mean = np.zeros(self.dimensions) if self.mean is None else np.array(self.mean, dtype=np.float64)
        if mean.shape != (self.dimensions,) or not np.all(np.abs(mean) < LARGEST):
            raise InvalidInput(f"mean has shape {mean.shape}; finite numbers of shape ({self.dimensions},) are allowed")
        mean.setflags(write=False)
        object.__setattr__(self, "mean", mean)
        object.__setattr__(self, "_race", Race(self.current_bits, self.leak_ticks))
        entries = draw_entries(self.dimensions, self.units, self.nonzeros, signed=self.signed, seed=self.seed)
        if self.weights is not None:
            # Weights bring their sign along, so they stand for entries of x alone.
            entries %= self.dimensions
            object.__setattr__(self, "weights", check_weights(self.weights, entries.shape))
        entries.setflags(write=False)
        object.__setattr__(self, "_entries", entries)
        object.__setattr__(
            self, "_weights", None if self.weights is None else self.projection_weights.astype(np.float64)
        )

    @classmethod
    def centred_on(cls, embeddings: npt.ArrayLike, **options: Any) -> Self:
        """An encoder whose mean and radius (root mean square) are those of ``embeddings`` (batch,
        dimensions).

        Args:
            embeddings: the data to encode later, or a sample of it.
            options: any other argument of the class.

        Raises:
            InvalidInput: as the class; embeddings that are empty, not floats or not finite.
        """
        rows = check_vectors(embeddings, what="embeddings")
        mean = rows.mean(axis=0)
        radius = float(np.sqrt(np.mean(np.sum((rows - mean) ** 2, axis=1))))
        return cls(rows.shape[1], mean=mean, radius=radius or 1.0, **options)

    @property
    def inputs(self) -> IntArray:
        """Which entries of an embedding each unit reads, shape (units, nonzeros)."""
        return self._entries.astype(np.int64) % self.dimensions

    @property
    def projection_weights(self) -> IntArray:
        """The whole-number weight of each entry that a unit reads, (units, nonzeros); +1 and -1 if none were given."""
        if self.weights is not None:
            return np.asarray(self.weights, dtype=np.int64)
        return np.where(self._entries < self.dimensions, 1, -1)

    @property
    def presentation_ticks(self) -> int:
        """The fewest ticks of a presentation in :meth:`circuit`."""
        return self._race.ticks

    @property
    def ticks(self) -> int:
        """Length of one presentation: :attr:`presentation_ticks`."""
        return self._race.ticks

    @property
    def neurons(self) -> int:
        """How many neurons carry the code: ``units``."""
        return self.units

    @property
    def potential_step(self) -> float:
        """The coarsest step of v, in volts, with which an integer version of :meth:`circuit` keeps levels
        apart.
        """
        return self._race.potential_step

    def encode(self, embeddings: npt.ArrayLike) -> Codes:
        """The winners of each embedding, ascending: (dimensions,) -> (k,), (batch, dimensions) -> (batch, k).

        Raises:
            InvalidInput: wrong dimension or dtype, empty, NaN or infinity.
        """
        from neuro.encoders._kernels import encode_batch

        mirrored = self._mirrored(embeddings)
        winners = np.empty((len(mirrored), self.active), dtype=np.int64)
        encode_batch(self._entries, self._weights, mirrored, (1 << self.current_bits) - 1, winners)
        return winners[0] if np.ndim(embeddings) == 1 else winners

    def levels(self, embeddings: npt.ArrayLike) -> npt.NDArray[np.int32]:
        """The current level of each unit, (dimensions,) -> (units,) or (batch, dimensions) -> (batch, units).

        Raises:
            InvalidInput: as :meth:`encode`.
        """
        from neuro.encoders._kernels import levels_of_batch

        mirrored = self._mirrored(embeddings)
        levels = np.empty((len(mirrored), self.units), dtype=np.int32)
        levels_of_batch(self._entries, self._weights, mirrored, (1 << self.current_bits) - 1, levels)
        return levels[0] if np.ndim(embeddings) == 1 else levels

    def circuit(
        self, embeddings: npt.ArrayLike, *, presentation_ticks: int | None = None, name: str = "encoder"
    ) -> Circuit:
        """The same code by spikes: LIF neurons race, the first k to fire in a presentation win.

        Its winners (:func:`neuro.encoders.codes.codes_from_spikes`) equal :meth:`encode` on every simulator.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions); one presentation each.
            presentation_ticks: length of a presentation, at least (and by default)
                :attr:`presentation_ticks`.
            name: of the population.

        Raises:
            InvalidInput: as :meth:`encode`; a presentation too short.
        """
        levels = np.atleast_2d(self.levels(embeddings))
        return self._race.circuit(levels, self.active, presentation_ticks=presentation_ticks, name=name, seed=self.seed)

    def stimulus(self, embeddings: npt.ArrayLike, name: str = "encoder") -> SpikeSource:
        """The spikes that :meth:`circuit` fires, as a spike source: each winner in the tick in which it wins.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions); presentations of :attr:`ticks` ticks each.
            name: of the source.

        Raises:
            InvalidInput: as :meth:`encode`; a name that a circuit refuses.
        """
        levels, winners = np.atleast_2d(self.levels(embeddings)), np.atleast_2d(self.encode(embeddings))
        ticks = self._race.first_ticks(np.take_along_axis(levels, winners, axis=1))
        items = np.repeat(np.arange(len(winners)), self.active)
        return SpikeCode(items, ticks.ravel(), winners.ravel(), len(winners), self.ticks, self.units).source(name)

    def features(self, codes: npt.ArrayLike) -> FloatArray:
        """1 for a unit in the code, 0 for another, (batch, units): the cosine of two codes is their overlap / k.

        Raises:
            InvalidInput: codes that are no sets of units.
        """
        return binary(check_codes(codes, self.units), self.units).astype(np.float64)

    def report(self, embeddings: npt.ArrayLike) -> CodeReport:
        """Round trip, cost and similarity: see :func:`neuro.encoders.base.measure_code`.

        Raises:
            InvalidInput: as :meth:`encode`; fewer than three embeddings, or a zero one.
        """
        return measure_code(self, embeddings)

    def projection(self, units: npt.ArrayLike) -> FloatArray:
        """Rows of the projection matrix: the weights of some units, shape of ``units`` + (dimensions,)."""
        inputs, weights = self.inputs[np.asarray(units)], self.projection_weights[np.asarray(units)]
        rows = np.zeros((*inputs.shape[:-1], self.dimensions))
        np.put_along_axis(rows, inputs, weights.astype(np.float64), axis=-1)
        return rows

    def decode(self, codes: npt.ArrayLike) -> FloatArray:
        """Embeddings back from codes, (k,) -> (dimensions,) or (batch, k) -> (batch, dimensions).

        The direction that drives all winners alike, by ridge regression through their rows P of the
        projection, ``P' (P P' + r/2)^-1 1``, r the mean square of a row (``nonzeros`` without weights),
        stretched to ``radius`` and moved by ``mean``. The length of an embedding is not in its code. Where
        the winners name no direction, as when each unit sums all dimensions without signs, the mean comes back.

        Raises:
            InvalidInput: codes that are not k distinct units each.
        """
        rows = check_codes(codes, self.units)
        if rows.shape[1] != self.active:
            raise InvalidInput(f"codes have {rows.shape[1]} active units; this encoder makes {self.active}")
        weights = self.projection_weights.astype(np.float64)
        ridge = np.mean(np.sum(weights**2, axis=1)) / 2 * np.eye(self.active)
        decoded = np.empty((len(rows), self.dimensions))
        for item, winners in enumerate(rows):
            P = self.projection(winners)
            # P P' from the few nonzero entries of its rows, a tenth of the time of the dense product.
            gram = np.einsum("ut,utv->uv", weights[winners], P.T[self._entries[winners] % self.dimensions])
            if not self.signed and self.weights is None:
                # Every row holds the same positive share of (1, ..., 1), which says nothing about the embedding.
                P -= self.nonzeros / self.dimensions
                gram -= self.nonzeros**2 / self.dimensions
            decoded[item] = np.linalg.solve(gram + ridge, np.ones(self.active)) @ P
        norms = np.linalg.norm(decoded, axis=1, keepdims=True)
        decoded *= np.divide(self.radius, norms, out=np.zeros_like(norms), where=norms > _NO_DIRECTION)
        decoded += np.asarray(self.mean)
        return decoded[0] if np.ndim(codes) == 1 else decoded

    def _mirrored(self, embeddings: npt.ArrayLike) -> FloatArray:
        centred = check_vectors(embeddings, self.dimensions, "embeddings") - np.asarray(self.mean)
        return np.concatenate([centred, -centred], axis=1)
