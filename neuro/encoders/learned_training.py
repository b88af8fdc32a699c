"""Training of the learned encoder: embeddings shown one after the other, in runs that hand on what was learned."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit
from neuro.encoders.base import check_setting
from neuro.encoders.learned import LearnedEncoder
from neuro.encoders.learned_channels import Channels
from neuro.encoders.learned_circuit import MATCH, LearnedState, LearningSettings, UnitConstants, learning_circuit
from neuro.encoders.regular_rate import RegularRateEncoder
from neuro.encoders.stimulus import check_vectors
from neuro.simulators import Simulator, simulate
from neuro.spikes import Progress, Recording


@dataclass(frozen=True, slots=True)
class EncoderTraining:
    """How an encoder is trained.

    Args:
        epochs: how often all vectors are shown, each time in another order.
        winners: units that win, and so learn, in a presentation of the training; None: a quarter of k, at least one.
            With all k, the winners of a vector go on winning together and learn the same.
        rate, final_rate: of the STDP, at the start and at the end of the training, between them a geometric
            fall; shares of the way from a weight to the trace, 0 to 1.
        theta_step, final_theta_step: rise of a winner's threshold, in units of the drive of a perfect match, likewise.
        window: ticks of input in a presentation.
        peak: spikes of a channel at full scale, 1 to ``window``.
        tau: of membrane and trace, seconds.
        rest: ticks between presentations, in which the traces fade.
        weight_bits: of a frozen weight, 2 to 16.
        dt: length of a tick in seconds.
        plasticity, competition, homeostasis: switched off one by one they show what each is for.

    Raises:
        InvalidInput: a value outside its range.
    """

    epochs: int = 5
    winners: int | None = None
    rate: float = 0.1
    final_rate: float = 0.01
    theta_step: float = 0.02
    final_theta_step: float = 0.002
    window: int = 32
    peak: int = 16
    tau: float = 32e-3
    rest: int = 96
    weight_bits: int = 8
    dt: float = 1e-3
    plasticity: bool = True
    competition: bool = True
    homeostasis: bool = True

    def __post_init__(self) -> None:
        check_whole("epochs", self.epochs, 1, 1 << 20)
        if self.winners is not None:
            check_whole("winners", self.winners, 1, 1 << 24)
        check_whole("window", self.window, 1, 1 << 16)
        check_whole("peak", self.peak, 1, self.window)
        check_whole("rest", self.rest, 0, 1 << 16)
        check_whole("weight_bits", self.weight_bits, 2, 16)
        for name in ("rate", "final_rate", "theta_step", "final_theta_step"):
            check_setting(name, getattr(self, name), 1e-9, 1.0)
        for name in ("tau", "dt"):
            check_setting(name, getattr(self, name), 1e-9, 1e3)

    @property
    def presentation_ticks(self) -> int:
        """Ticks of one presentation: the window, the winners' tick and the rest."""
        return self.window + 1 + self.rest

    @property
    def decay(self) -> float:
        """What a tick leaves of a trace."""
        return math.exp(-self.dt / self.tau)

    def learning(self, units: int, active: int, done: float) -> LearningSettings:
        """How units learn when ``done`` (0 to 1) of the training is over."""
        winners = max(1, active // 4) if self.winners is None else self.winners
        step = MATCH * self.theta_step * (self.final_theta_step / self.theta_step) ** done
        return LearningSettings(
            rate=self.rate * (self.final_rate / self.rate) ** done if self.plasticity else 0.0,
            theta_step=step if self.homeostasis else 0.0,
            winners=winners if self.competition else None,
            share=winners / units,
        )


def train_encoder(
    vectors: npt.ArrayLike,
    units: int,
    k: int,
    settings: EncoderTraining | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    on: Simulator | None = None,
) -> LearnedEncoder:
    """Learn an encoder from vectors, without labels: winner-take-all with STDP and homeostatic thresholds.

    The first weights are random, which is all the noise that is needed: units that start differently win different
    vectors. Nothing else is random but the order of the vectors.

    Args:
        vectors: shape (n, dimensions), float32 or float64.
        units: how many compete.
        k: how many are active in a code.
        settings: of the training.
        seed: of the first weights and of the order.
        progress: called after each epoch with the number of presentations done; False from it ends the training.
        on: the simulator, ``Compiled()`` by default.

    Raises:
        InvalidInput: vectors that are empty, not finite or all alike; numbers out of range.

    >>> vectors = np.random.default_rng(0).standard_normal((40, 6))
    >>> encoder = train_encoder(vectors, units=12, k=3, settings=EncoderTraining(epochs=2))
    >>> encoder.encode(vectors).shape
    (40, 3)
    """
    chosen = EncoderTraining() if settings is None else settings
    rows, done = check_vectors(vectors), 0
    state = EncoderState.start(rows, units, k, chosen, seed)
    orders = np.random.default_rng((seed, 1))
    while done < chosen.epochs:
        circuit = state.circuit(rows[orders.permutation(len(rows))], done / max(chosen.epochs - 1, 1))
        recording = simulate(circuit, len(rows) * chosen.presentation_ticks, on)
        state = state.after(recording)
        done += 1
        if progress is not None and progress(done * len(rows)) is False:
            break
    return state.freeze()


@dataclass(frozen=True, slots=True, eq=False)
class EncoderState:
    """A learned encoder in training.

    Args:
        channels: the input side.
        learned: weights and thresholds in volts.
        active: k of the code.
        gain: volts of weight for each unit of trace.
        settings: of the training.
        seed: of the training.
    """

    channels: Channels
    learned: LearnedState
    active: int
    gain: float
    settings: EncoderTraining
    seed: int

    @classmethod
    def start(cls, vectors: npt.ArrayLike, units: int, k: int, settings: EncoderTraining, seed: int) -> Self:
        """Where training starts: channels that fit the vectors, random weights, thresholds alike.

        A weight is drawn evenly from 0 to twice the mean of what the vectors would teach.

        Raises:
            InvalidInput: as :func:`train_encoder`.
        """
        for name, value, lowest, highest in (
            ("units", units, 1, 1 << 24),
            ("k", k, 1, units),
            ("seed", seed, 0, 1 << 62),
        ):
            check_whole(name, value, lowest, highest)
        if settings.winners is not None:
            check_whole("winners", settings.winners, 1, units)
        channels = Channels.fit(vectors, window=settings.window, peak=settings.peak)
        traces = channels.traces(channels.spikes(vectors), settings.decay)
        gain = MATCH / float(np.mean(np.sum(traces**2, axis=1)))
        top = min(2.0 * float(traces.mean()), channels.trace_max(settings.decay))
        weights = gain * np.random.default_rng((seed, 0)).uniform(0.0, top, (channels.neurons, units))
        return cls(channels, LearnedState(weights, np.zeros(units)), k, gain, settings, seed)

    @property
    def constants(self) -> UnitConstants:
        """What all units share."""
        chosen, front = self.settings, self.channels
        trace_max = front.trace_max(chosen.decay)
        return UnitConstants(chosen.window, chosen.rest, chosen.dt, chosen.tau, self.gain, trace_max, front.dimensions)

    def after(self, recording: Recording) -> EncoderState:
        """The state at the end of a run of :meth:`circuit`."""
        weights = recording.final["synapses", "w"].reshape(self.learned.weights.shape)
        return replace(self, learned=LearnedState(weights, recording.final["units", "theta"]))

    def circuit(self, vectors: npt.ArrayLike, done: float = 0.0) -> Circuit:
        """The circuit of one epoch: vectors (n, dimensions) in the order given, from a state on.

        A presentation takes ``settings.presentation_ticks``. ``done`` (0 to 1) is how much of the training is over.
        """
        learning = self.settings.learning(self.learned.theta.size, self.active, done)
        code = self.channels.spikes(vectors)
        return learning_circuit(code, self.learned, self.constants, learning, seed=self.seed)

    def freeze(self) -> LearnedEncoder:
        """The encoder as it stands: weights and thresholds as whole numbers, without plasticity, homeostasis and leak.

        A channel's trace is ``c`` times its number of spikes, c by least squares over all numbers that can be;
        the largest weight times c becomes ``2**weight_bits - 1`` steps.
        """
        chosen, learned = self.settings, self.learned
        number = np.arange(1, chosen.peak + 1)
        ladder = RegularRateEncoder(chosen.peak, ticks=chosen.window, peak=chosen.peak).encode(number / chosen.peak)
        traces = ladder.total(chosen.decay ** (chosen.window - ladder.ticks))[0, 0::2]
        per_spike = float(traces @ number / (number @ number))
        step = float(learned.weights.max()) * per_spike / ((1 << chosen.weight_bits) - 1) or MATCH
        weights = np.floor(learned.weights * per_spike / step + 0.5).astype(np.int64)
        theta = np.floor(learned.theta / step + 0.5).astype(np.int64)
        return LearnedEncoder(self.channels, weights, theta, self.active, chosen.dt, self.seed)
