"""Learned encoder: an embedding becomes the k units that learned inputs most like it.

    x -> x - mean -> length 1 -> on and off spikes at regular rates -> learned weights -> the k largest sums win

The weights and thresholds come from :func:`neuro.encoders.train_encoder`, by STDP and homeostasis without labels, and
stand still here. One presentation of the circuit, ``window`` = W, in ticks from its start:

* 0 .. W-1: channel j fires n_j spikes; the units, without leak, add up ``sum_j w_ju n_j``.
* W-1: the gate lifts all units over their threshold, which no input reaches without it.
* W: the k units with the largest margin ``sum_j w_ju n_j - theta_u`` fire together, ties to the lower index.

Weights and thresholds are whole numbers of one dyadic unit of potential, so sums are exact and the winners the same on
every simulator. The units that learn do leak, but regular spikes leave traces in proportion to their number.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.encoders.base import CodeReport, measure_code
from neuro.encoders.codes import Codes, binary, check_codes
from neuro.encoders.learned_channels import Channels
from neuro.encoders.spike_code import SpikeCode
from neuro.errors import InvalidInput
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse

_UNIT = 2.0**-20
"""Volts of one step of weight: 0.95 uV, a power of two, so that sums are exact."""

_LARGEST = 1 << 40
"""Sums stay below this, so that float64 holds them exactly with room to spare."""

_NO_DIRECTION = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class LearnedEncoder:
    """Embedding (dimensions,) -> indices of the ``active`` units that win; nothing in it changes any more.

    The arrays are kept read-only.

    Args:
        channels: the input side.
        weights: whole numbers >= 0, shape (2 dimensions, units): on and off channel of each dimension in turn.
        theta: whole numbers, what each unit's sum has to give away, shape (units,).
        active: k, 1 to units.
        dt: length of a tick of the circuit in seconds.
        seed: of the training, and of circuits.

    Raises:
        InvalidInput: shapes that do not fit, numbers that are not whole or out of range.
    """

    channels: Channels
    weights: npt.ArrayLike
    theta: npt.ArrayLike
    active: int
    dt: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        weights, theta = np.array(self.weights), np.array(self.theta)
        if weights.ndim != 2 or weights.shape[0] != self.channels.neurons or weights.shape[1] == 0:
            raise InvalidInput(
                f"weights have shape {weights.shape}; ({self.channels.neurons}, units) is allowed, on and off of each "
                "dimension"
            )
        if theta.shape != weights.shape[1:]:
            raise InvalidInput(f"theta has shape {theta.shape}; one number for each of {weights.shape[1]} units")
        object.__setattr__(self, "weights", _whole("weights", weights, 0))
        object.__setattr__(self, "theta", _whole("theta", theta, 1 - _LARGEST))
        check_whole("active", self.active, 1, theta.size)
        check_whole("seed", self.seed, 0, (1 << 63) - 1)
        if self.drive_max >= _LARGEST:
            raise InvalidInput(f"sums reach {self.drive_max}; below {_LARGEST} is allowed: give smaller weights")

    @property
    def dimensions(self) -> int:
        """Of an embedding."""
        return self.channels.dimensions

    @property
    def units(self) -> int:
        """How many units compete."""
        return int(np.asarray(self.theta).size)

    @property
    def neurons(self) -> int:
        """How many neurons carry the code: ``units``."""
        return self.units

    @property
    def presentation_ticks(self) -> int:
        """The fewest ticks of a presentation in :meth:`circuit`: the window and the winners' tick."""
        return self.channels.window + 1

    @property
    def ticks(self) -> int:
        """Length of one presentation: :attr:`presentation_ticks`."""
        return self.presentation_ticks

    @property
    def drive_max(self) -> int:
        """A sum that no embedding exceeds: of each dimension the heavier channel, at full scale."""
        weights = np.asarray(self.weights)
        return int(np.maximum(weights[0::2], weights[1::2]).sum(axis=0).max()) * self.channels.peak

    def encode(self, embeddings: npt.ArrayLike) -> Codes:
        """The winners of each embedding, ascending: (dimensions,) -> (k,), (batch, dimensions) -> (batch, k).

        Raises:
            InvalidInput: wrong dimension or dtype, empty, NaN or infinity.
        """
        order = stable_top_k(np.atleast_2d(self.margins(embeddings)))
        winners = np.sort(order[:, : self.active], axis=1).astype(np.int64)
        return winners[0] if np.ndim(embeddings) == 1 else winners

    def margins(self, embeddings: npt.ArrayLike) -> IntArray:
        """``sum_j w_ju n_j - theta_u`` of each unit, (units,) or (batch, units).

        Raises:
            InvalidInput: as :meth:`encode`.
        """
        counts = self.channels.spikes(embeddings).counts().astype(np.float64)
        # Whole numbers far below 2**53: the float product is exact, and much faster than the integer one.
        sums = np.rint(counts @ np.asarray(self.weights, dtype=np.float64)).astype(np.int64)
        margins = sums - np.asarray(self.theta)
        return np.asarray(margins[0] if np.ndim(embeddings) == 1 else margins)

    def circuit(
        self, embeddings: npt.ArrayLike, *, presentation_ticks: int | None = None, name: str = "encoder"
    ) -> Circuit:
        """The same code by spikes, from the input on.

        Its winners (:func:`neuro.encoders.codes_from_spikes`) equal :meth:`encode` on every simulator.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions); one presentation each.
            presentation_ticks: length of a presentation, at least (and by default) :attr:`presentation_ticks`.
            name: of the population; the sources are ``NAME_input`` and ``NAME_gate``.

        Raises:
            InvalidInput: as :meth:`encode`; a presentation too short.
        """
        length = self.presentation_ticks if presentation_ticks is None else presentation_ticks
        check_whole("presentation_ticks", length, self.presentation_ticks, 1 << 31)
        code = self.channels.spikes(embeddings)
        starts = np.arange(code.presentations) * length
        return Circuit(
            self.dt,
            [self._population(name)],
            self._projections(name),
            [
                SpikeSource(f"{name}_input", code.size, code.items * length + code.ticks, code.indices),
                SpikeSource(f"{name}_gate", 1, starts + self.channels.window - 1, np.zeros(starts.size, np.int64)),
            ],
            restarts=[Restart(name, starts, ("v",))],
            seed=self.seed,
        )

    def stimulus(self, embeddings: npt.ArrayLike, name: str = "encoder") -> SpikeSource:
        """The spikes that :meth:`circuit` fires, as a spike source: the winners, in the last tick of a presentation.

        Raises:
            InvalidInput: as :meth:`encode`; a name that a circuit refuses.
        """
        winners = np.atleast_2d(self.encode(embeddings))
        items = np.repeat(np.arange(len(winners)), self.active)
        ticks = np.full(items.size, self.ticks - 1)
        return SpikeCode(items, ticks, winners.ravel(), len(winners), self.ticks, self.units).source(name)

    def features(self, codes: npt.ArrayLike) -> FloatArray:
        """1 for a unit in the code, 0 for another, (batch, units): the cosine of two codes is their overlap / k.

        Raises:
            InvalidInput: codes that are no sets of units.
        """
        return binary(check_codes(codes, self.units), self.units).astype(np.float64)

    def prototypes(self) -> FloatArray:
        """What each unit learned: on less off weights, shape (units, dimensions)."""
        weights = np.asarray(self.weights, dtype=np.float64)
        return np.asarray((weights[0::2] - weights[1::2]).T)

    def decode(self, codes: npt.ArrayLike) -> FloatArray:
        """Embeddings back from codes, (k,) -> (dimensions,) or (batch, k) -> (batch, dimensions).

        The mean direction of what the winners learned, stretched to the channels' radius and moved by their mean.

        Raises:
            InvalidInput: codes that are not k distinct units each.
        """
        rows = check_codes(codes, self.units)
        if rows.shape[1] != self.active:
            raise InvalidInput(f"codes have {rows.shape[1]} active units; this encoder makes {self.active}")
        decoded = np.asarray(self.features(rows) @ self.prototypes())
        lengths = np.linalg.norm(decoded, axis=1, keepdims=True)
        decoded *= np.divide(self.channels.radius, lengths, out=np.zeros_like(lengths), where=lengths > _NO_DIRECTION)
        decoded += np.asarray(self.channels.mean)
        return decoded[0] if np.ndim(codes) == 1 else decoded

    def report(self, embeddings: npt.ArrayLike) -> CodeReport:
        """Round trip, cost and similarity: see :func:`neuro.encoders.base.measure_code`.

        Raises:
            InvalidInput: as :meth:`encode`; fewer than three embeddings, or a zero one.
        """
        return measure_code(self, embeddings)

    def _population(self, name: str) -> Population:
        theta = np.asarray(self.theta)
        threshold = (self.drive_max + theta - theta.min()) * _UNIT
        parameters = {"v_threshold": threshold, "v_reset": 0.0}
        return Population(name, self.units, INTEGRATE_AND_FIRE, parameters, winners=Winners(max_winners=self.active))

    def _projections(self, name: str) -> list[Projection]:
        weights, theta = np.asarray(self.weights), np.asarray(self.theta)
        onto_v = static_synapse("v", "volt")
        used = weights > 0
        kick = (self.drive_max + int(theta.max() - theta.min()) + 1) * _UNIT
        return [
            Projection(
                f"{name}_weights",
                f"{name}_input",
                name,
                onto_v,
                Connections.from_dense(used),
                {"w": weights[used] * _UNIT},
            ),
            Projection(
                f"{name}_lift", f"{name}_gate", name, onto_v, Connections.all_to_all(1, self.units), {"w": kick}
            ),
        ]


def _whole(name: str, given: AnyArray, lowest: int) -> IntArray:
    """A read-only int64 copy of whole numbers from ``lowest`` on; InvalidInput for any other."""
    if not np.issubdtype(given.dtype, np.integer) or given.min() < lowest or given.max() >= _LARGEST:
        raise InvalidInput(
            f"{name} have dtype {given.dtype}, {given.min()} to {given.max()}; "
            f"whole numbers from {lowest} to {_LARGEST - 1} are allowed"
        )
    kept = given.astype(np.int64)
    kept.setflags(write=False)
    return kept
