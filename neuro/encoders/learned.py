"""Learned encoder: an embedding becomes the k units whose weights, learned from such embeddings, match it best.

    x -> direction (InputNormalisation) -> currents, or spikes of on/off channels -> weights -> the k largest margins

The weights come from :func:`neuro.training.train_encoder`, by STDP and homeostasis without labels; they stand still
here. Weights and thresholds are whole numbers, so margins are exact and the winners the same on every simulator. A code
is read in one of two ways:

* ``ReadBy.CURRENTS``: the margins ``sum_j w_ju I_j - theta_u`` of constant currents I become levels, and LIF units
  race (:class:`neuro.encoders.race.Race`): the first k to fire win.
* ``ReadBy.SPIKES``: channels fire regular spikes (:class:`neuro.encoders.on_off_channels.OnOffChannels`), n_j of them
  in a window, and units without leak add up ``sum_j w_ju n_j``. A gate then lifts them all over threshold, and the k
  with the largest margin fire first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.encoders.base import CodeReport, check_setting, measure_code, unit_rows
from neuro.encoders.codes import Codes, binary, check_codes, top_units
from neuro.encoders.input_normalisation import InputNormalisation
from neuro.encoders.on_off_channels import OnOffChannels
from neuro.encoders.race import Race
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.stimulus import check_vectors
from neuro.errors import InvalidInput
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse

_UNIT = 2.0**-20
"""Volts of one step of weight: 0.95 uV, a power of two, so that sums are exact."""

_LARGEST = 1 << 40
"""Sums stay below this, so that float64 holds them exactly with room to spare."""

_CURRENT_STEPS = 1 << 12
"""Steps of a current of 1, the largest that a direction can have."""

_ROUNDS, _RATE = 60, 0.4
"""Of :meth:`LearnedEncoder.calibrated`: rounds over the sample, and step in units of the drives' standard deviation."""

_NO_DIRECTION = 1e-12


class ReadBy(Enum):
    """How a learned code is read."""

    CURRENTS = "currents"
    SPIKES = "spikes"


@dataclass(frozen=True, slots=True, eq=False)
class LearnedEncoder:
    """Embedding (dimensions,) -> indices of the ``active`` units that win; nothing in it changes any more.

    The arrays are kept read-only.

    Args:
        normalisation: what comes before the weights.
        weights: whole numbers, shape (dimensions, units); where one is 0 there is no synapse.
        theta: whole numbers, what each unit's sum has to give away, shape (units,): see :meth:`calibrated`.
        active: k, 1 to units.
        reading: by currents or by spikes.
        channels: of the reading by spikes.
        current_bits: bits of a level of the reading by currents, 4 to 16.
        dt: length of a tick of the circuit in seconds.
        seed: of circuits.

    Raises:
        InvalidInput: shapes that do not fit, numbers that are not whole or out of range.
    """

    normalisation: InputNormalisation
    weights: npt.ArrayLike
    theta: npt.ArrayLike
    active: int
    reading: ReadBy = ReadBy.SPIKES
    channels: OnOffChannels = field(default_factory=OnOffChannels)
    current_bits: int = 12
    dt: float = 1e-3
    seed: int = 0

    def __post_init__(self) -> None:
        weights, theta = np.array(self.weights), np.array(self.theta)
        dimensions = self.normalisation.dimensions
        if weights.ndim != 2 or weights.shape[0] != dimensions or weights.shape[1] == 0:
            raise InvalidInput(f"weights have shape {weights.shape}; ({dimensions}, units) is allowed")
        if theta.shape != weights.shape[1:]:
            raise InvalidInput(f"theta has shape {theta.shape}; one number for each of {weights.shape[1]} units")
        object.__setattr__(self, "weights", _whole("weights", weights))
        object.__setattr__(self, "theta", _whole("theta", theta))
        if not isinstance(self.reading, ReadBy):
            raise InvalidInput(f"reading is {self.reading!r}; one of {', '.join(map(str, ReadBy))} is allowed")
        check_whole("active", self.active, 1, theta.size)
        check_whole("seed", self.seed, 0, (1 << 63) - 1)
        check_setting("dt", self.dt, 1e-9, 1e3)
        Race(self.current_bits)
        if self.drive_max >= _LARGEST:
            raise InvalidInput(f"sums reach {self.drive_max}; below {_LARGEST} is allowed: give smaller weights")

    @classmethod
    def from_rows(
        cls,
        rows: npt.ArrayLike,
        normalisation: InputNormalisation,
        active: int,
        sample: npt.ArrayLike,
        *,
        weight_bits: int = 8,
        reading: ReadBy = ReadBy.SPIKES,
        channels: OnOffChannels | None = None,
    ) -> Self:
        """An encoder whose units match rows (units, dimensions) of directions, each stretched to length 1.

        Args:
            rows: what the units look for; learned, or training vectors taken as they are.
            normalisation: what comes before.
            active: k.
            sample: embeddings by which the thresholds are calibrated.
            weight_bits: of the largest weight, its sign among them, 2 to 16.
            reading, channels: as in the class.

        Raises:
            InvalidInput: as the class; rows that are no finite matrix.
        """
        check_whole("weight_bits", weight_bits, 2, 16)
        units = unit_rows(check_vectors(rows, normalisation.dimensions, "rows"))
        scale = ((1 << (weight_bits - 1)) - 1) / (float(np.abs(units).max()) or 1.0)
        weights = np.floor(units.T * scale + 0.5).astype(np.int64)
        chosen = OnOffChannels() if channels is None else channels
        return cls(normalisation, weights, np.zeros(len(units), np.int64), active, reading, chosen).calibrated(sample)

    @property
    def dimensions(self) -> int:
        """Of an embedding."""
        return self.normalisation.dimensions

    @property
    def units(self) -> int:
        """How many units compete."""
        return int(np.asarray(self.theta).size)

    @property
    def neurons(self) -> int:
        """How many neurons carry the code: ``units``."""
        return self.units

    @property
    def synapses(self) -> int:
        """The most weights that a unit has; by spikes each stands twice, for the on and for the off channel."""
        return int(np.count_nonzero(self.weights, axis=0).max())

    @property
    def presentation_ticks(self) -> int:
        """The fewest ticks of a presentation in :meth:`circuit`."""
        return self._race.ticks if self.reading is ReadBy.CURRENTS else self.channels.window + 1

    @property
    def ticks(self) -> int:
        """Length of one presentation: :attr:`presentation_ticks`."""
        return self.presentation_ticks

    @property
    def drive_max(self) -> int:
        """A sum that no embedding exceeds."""
        sizes = np.abs(np.asarray(self.weights))
        if self.reading is ReadBy.CURRENTS:
            return _CURRENT_STEPS * int(sizes.sum(axis=0).max())
        by_spikes = (int(self.channels.spikes) + self.dimensions + 1) * int(sizes.max())
        return min(self.channels.window * int(sizes.sum(axis=0).max()), by_spikes)

    @property
    def digest(self) -> str:
        """SHA-256 of weights and thresholds, in hexadecimal: names what was learned."""
        parts = (np.ascontiguousarray(array, dtype="<i8").tobytes() for array in (self.weights, self.theta))
        return hashlib.sha256(b"".join(parts)).hexdigest()

    def encode(self, embeddings: npt.ArrayLike) -> Codes:
        """The winners of each embedding, ascending: (dimensions,) -> (k,), (batch, dimensions) -> (batch, k).

        Raises:
            InvalidInput: wrong dimension or dtype, empty, NaN or infinity, another scale than what was fitted.
        """
        margins = np.atleast_2d(self.margins(embeddings))
        if self.reading is ReadBy.CURRENTS:
            winners = top_units(_levels(margins, self.current_bits), self.active)
        else:
            winners = np.sort(stable_top_k(margins, self.active), axis=1).astype(np.int64)
        return winners[0] if np.ndim(embeddings) == 1 else winners

    def drives(self, embeddings: npt.ArrayLike) -> IntArray:
        """``sum_j w_ju I_j`` by currents or ``sum_j w_ju n_j`` by spikes, (units,) or (batch, units).

        Raises:
            InvalidInput: as :meth:`encode`.
        """
        directions = self.normalisation.directions(embeddings)
        if self.reading is ReadBy.CURRENTS:
            inputs = np.floor(directions * _CURRENT_STEPS + 0.5)
        else:
            inputs = self.channels.counts(self.channels.levels(directions)).astype(np.float64)
        # Whole numbers far below 2**53: the float product is exact, and much faster than the integer one.
        sums = np.rint(inputs @ np.asarray(self.weights, dtype=np.float64)).astype(np.int64)
        return np.asarray(sums[0] if np.ndim(embeddings) == 1 else sums)

    def margins(self, embeddings: npt.ArrayLike) -> IntArray:
        """:meth:`drives` less the thresholds, (units,) or (batch, units).

        Raises:
            InvalidInput: as :meth:`encode`.
        """
        return np.asarray(self.drives(embeddings) - np.asarray(self.theta))

    def calibrated(self, sample: npt.ArrayLike, *, active: int | None = None, reading: ReadBy | None = None) -> Self:
        """The same weights with thresholds under which all units win about equally often on a sample.

        Homeostasis alone: round by round each threshold rises with its unit's use beyond the mean and falls below it.

        Args:
            sample: embeddings (n, dimensions); some thousand are enough.
            active: another k.
            reading: another way to read.

        Raises:
            InvalidInput: as :meth:`encode` and the class.
        """
        from neuro.encoders._learning_kernels import even_thresholds

        bare = replace(
            self,
            theta=np.zeros(self.units, np.int64),
            active=self.active if active is None else active,
            reading=self.reading if reading is None else reading,
        )
        drives = np.atleast_2d(bare.drives(sample)).astype(np.float64)
        rate = _RATE * (float(drives.std()) or 1.0)
        theta = even_thresholds(drives, bare.active, _ROUNDS, rate)
        return replace(bare, theta=np.floor(theta + 0.5).astype(np.int64))

    def sparse(self, synapses: int, sample: npt.ArrayLike) -> Self:
        """The same units with their largest weights alone, for silicon: whitening is folded into the weights first.

        Args:
            synapses: weights that a unit keeps, 1 to dimensions.
            sample: embeddings by which the thresholds are calibrated anew.

        Raises:
            InvalidInput: as :meth:`calibrated`.
        """
        check_whole("synapses", synapses, 1, self.dimensions)
        rows = self.normalisation.folded(self.prototypes())
        kept = stable_top_k(np.abs(rows), synapses)
        cut = np.zeros_like(rows)
        np.put_along_axis(cut, kept, np.take_along_axis(rows, kept, axis=1), axis=1)
        plain = replace(self.normalisation, whitening=None)
        bits = int(np.abs(np.asarray(self.weights)).max()).bit_length() + 1
        encoder = type(self).from_rows(
            cut,
            plain,
            self.active,
            sample,
            weight_bits=min(max(bits, 2), 16),
            reading=self.reading,
            channels=self.channels,
        )
        return replace(encoder, dt=self.dt, seed=self.seed)

    def circuit(
        self, embeddings: npt.ArrayLike, *, presentation_ticks: int | None = None, name: str = "encoder"
    ) -> Circuit:
        """The same code by spikes, from the currents on.

        Its winners (:func:`neuro.encoders.codes_from_spikes`) equal :meth:`encode` on every simulator. Read by spikes,
        the channels are the population ``NAME_channels``, the gate the source ``NAME_gate``.

        Args:
            embeddings: shape (dimensions,) or (batch, dimensions); one presentation each.
            presentation_ticks: length of a presentation, at least (and by default) :attr:`presentation_ticks`.
            name: of the population.

        Raises:
            InvalidInput: as :meth:`encode`; a presentation too short.
        """
        length = self.presentation_ticks if presentation_ticks is None else presentation_ticks
        check_whole("presentation_ticks", length, self.presentation_ticks, 1 << 31)
        if self.reading is ReadBy.CURRENTS:
            margins = _levels(np.atleast_2d(self.margins(embeddings)), self.current_bits)
            return self._race.circuit(margins, self.active, presentation_ticks=length, name=name, seed=self.seed)
        levels = self.channels.levels(self.normalisation.directions(embeddings))
        starts = np.arange(len(levels)) * length
        return Circuit(
            self.dt,
            [self.channels.population(self.dimensions, self.dt, f"{name}_channels"), self._population(name)],
            self._projections(name),
            [
                self.channels.stimulus(levels, f"{name}_channels", length),
                SpikeSource(f"{name}_gate", 1, starts + self.channels.window - 1, np.zeros(starts.size, np.int64)),
            ],
            restarts=[Restart(f"{name}_channels", starts, ("phase",)), Restart(name, starts, ("v",))],
            seed=self.seed,
        )

    def stimulus(self, embeddings: npt.ArrayLike, name: str = "encoder") -> SpikeSource:
        """The spikes that :meth:`circuit` fires, as a spike source.

        Raises:
            InvalidInput: as :meth:`encode`; a name that a circuit refuses.
        """
        winners = np.atleast_2d(self.encode(embeddings))
        items = np.repeat(np.arange(len(winners)), self.active)
        if self.reading is ReadBy.CURRENTS:
            levels = _levels(np.atleast_2d(self.margins(embeddings)), self.current_bits)
            ticks = self._race.first_ticks(np.take_along_axis(levels, winners, axis=1)).ravel()
        else:
            ticks = np.full(items.size, self.ticks - 1)
        return SpikeCode(items, ticks, winners.ravel(), len(winners), self.ticks, self.units).source(name)

    def features(self, codes: npt.ArrayLike) -> FloatArray:
        """1 for a unit in the code, 0 for another, (batch, units): the cosine of two codes is their overlap / k.

        Raises:
            InvalidInput: codes that are no sets of units.
        """
        return binary(check_codes(codes, self.units), self.units).astype(np.float64)

    def prototypes(self) -> FloatArray:
        """What each unit looks for, in the space of directions, shape (units, dimensions)."""
        return np.asarray(self.weights, dtype=np.float64).T.copy()

    def decode(self, codes: npt.ArrayLike) -> FloatArray:
        """Embeddings back from codes, (k,) -> (dimensions,) or (batch, k) -> (batch, dimensions).

        The mean direction of what the winners look for, whitening undone, stretched to the typical length of a centred
        embedding and moved by the mean.

        Raises:
            InvalidInput: codes that are not k distinct units each.
        """
        rows = check_codes(codes, self.units)
        if rows.shape[1] != self.active:
            raise InvalidInput(f"codes have {rows.shape[1]} active units; this encoder makes {self.active}")
        decoded = np.asarray(self.features(rows) @ self.prototypes())
        if self.normalisation.whitening is not None:
            decoded = np.linalg.solve(np.asarray(self.normalisation.whitening), decoded.T).T
        lengths = np.linalg.norm(decoded, axis=1, keepdims=True)
        radius = self.normalisation.radius
        decoded *= np.divide(radius, lengths, out=np.zeros_like(lengths), where=lengths > _NO_DIRECTION)
        decoded += np.asarray(self.normalisation.mean)
        return decoded[0] if np.ndim(codes) == 1 else decoded

    def report(self, embeddings: npt.ArrayLike) -> CodeReport:
        """Round trip, cost and similarity: see :func:`neuro.encoders.base.measure_code`.

        Raises:
            InvalidInput: as :meth:`encode`; fewer than three embeddings, or a zero one.
        """
        return measure_code(self, embeddings)

    def state(self) -> dict[str, AnyArray]:
        """All of the encoder as arrays, for a file."""
        front = self.normalisation
        arrays: dict[str, AnyArray] = {
            "mean": np.asarray(front.mean),
            "lengths": np.array([front.radius, front.shortest, front.longest]),
            "weights": np.asarray(self.weights),
            "theta": np.asarray(self.theta),
            "whole": np.array([self.active, self.channels.window, self.current_bits, self.seed], dtype=np.int64),
            "reals": np.array([self.channels.spikes, self.dt]),
            "reading": np.array(self.reading.value),
        }
        return arrays if front.whitening is None else {**arrays, "whitening": np.asarray(front.whitening)}

    @classmethod
    def from_state(cls, arrays: Mapping[str, AnyArray]) -> Self:
        """The encoder that :meth:`state` gave.

        Raises:
            InvalidInput: arrays that are missing or do not fit.
        """
        try:
            radius, shortest, longest = (float(value) for value in arrays["lengths"])
            active, window, bits, seed = (int(value) for value in arrays["whole"])
            spikes, dt = (float(value) for value in arrays["reals"])
            front = InputNormalisation(arrays["mean"], arrays.get("whitening"), radius, shortest, longest)
            reading = ReadBy(str(arrays["reading"]))
            return cls(
                front,
                arrays["weights"],
                arrays["theta"],
                active,
                reading,
                OnOffChannels(window, spikes),
                bits,
                dt,
                seed,
            )
        except (KeyError, TypeError, ValueError) as error:
            raise InvalidInput(f"the arrays are no learned encoder ({error}); save it again") from None

    @property
    def _race(self) -> Race:
        return Race(self.current_bits, dt=self.dt)

    def _population(self, name: str) -> Population:
        theta = np.asarray(self.theta)
        threshold = (self.drive_max + theta - theta.min()) * _UNIT
        parameters = {"v_threshold": threshold, "v_reset": 0.0}
        return Population(name, self.units, INTEGRATE_AND_FIRE, parameters, winners=Winners(max_winners=self.active))

    def _projections(self, name: str) -> list[Projection]:
        weights, theta = np.asarray(self.weights), np.asarray(self.theta)
        onto_v = static_synapse("v", "volt")
        signed = np.stack([weights, -weights], axis=1).reshape(2 * self.dimensions, self.units)
        used = signed != 0
        kick = (2 * self.drive_max + int(theta.max() - theta.min()) + 1) * _UNIT
        return [
            Projection(
                f"{name}_weights",
                f"{name}_channels",
                name,
                onto_v,
                Connections.from_dense(used),
                {"w": signed[used] * _UNIT},
            ),
            Projection(
                f"{name}_lift", f"{name}_gate", name, onto_v, Connections.all_to_all(1, self.units), {"w": kick}
            ),
        ]


def _levels(margins: IntArray, bits: int) -> npt.NDArray[np.int32]:
    """Levels of a race that keep the order of margins (n, units): from 0 for a row's lowest to 2**bits - 1."""
    above = (margins - margins.min(axis=1, keepdims=True)).astype(np.float64)
    top = np.maximum(above.max(axis=1, keepdims=True), 1.0)
    levels: npt.NDArray[np.int32] = np.floor(above / top * ((1 << bits) - 1) + 0.5).astype(np.int32)
    return levels


def _whole(name: str, given: AnyArray) -> IntArray:
    """A read-only int64 copy of whole numbers; InvalidInput for any other."""
    if not np.issubdtype(given.dtype, np.integer) or np.abs(given).max() >= _LARGEST:
        raise InvalidInput(
            f"{name} have dtype {given.dtype}, {given.min()} to {given.max()}; whole numbers from {1 - _LARGEST} to "
            f"{_LARGEST - 1} are allowed"
        )
    kept = given.astype(np.int64)
    kept.setflags(write=False)
    return kept
