"""Training of the learned encoder: embeddings shown one after the other to units that compete, learn and adapt.

    vectors -> directions -> on/off spikes -> competitive learning (neuro.encoders.competitive_learning) -> frozen code

What learns sees half-whitened directions, which whoever sends the currents computes; the sparse form folds the
whitening into its weights and needs none. Training goes on in blocks that hand on what was learned, so that it can be
watched, stopped, kept and resumed.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray, IntArray, stable_top_k
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit
from neuro.encoders.base import check_setting
from neuro.encoders.competitive_learning import (
    WEIGHT_STEP,
    LearningRule,
    LearningState,
    learn,
    learning_circuit,
    learning_ticks,
)
from neuro.encoders.input_normalisation import InputNormalisation
from neuro.encoders.learned import LearnedEncoder, ReadBy
from neuro.encoders.on_off_channels import OnOffChannels
from neuro.encoders.stimulus import check_vectors
from neuro.errors import InvalidInput
from neuro.simulators import Simulator, simulate
from neuro.spikes import Progress
from neuro.storage import check_snapshot_folder, load_snapshot, save_snapshot

_CHECKPOINT = "training.encoder"
_BLOCK = 2_000
"""Presentations between two reports of progress, and two checkpoints."""

_START = 1.5
"""Spread of the first weights, in units of what imprinting leaves in a synapse, in the mean."""

_SAMPLE = 8_000
"""Vectors by which thresholds of the frozen code are calibrated, at most."""


@dataclass(frozen=True, slots=True)
class EncoderTraining:
    """How an encoder is trained.

    Args:
        passes: how often all vectors are shown, each time in another order.
        gain_first, gain_last: of the STDP, from a unit's second win on and, if it wins its even share, in the end;
            between them it falls by a factor a win. Shares of the way from a weight to the trace, 0 to 1.
        theta_step: rise of a winner's threshold, in units of a match: the sum that a vector gives, in the mean, to the
            unit that it was imprinted on.
        threshold: sum at which a unit wins before the window ends, in the same units.
        window: ticks of input in a presentation.
        spikes: of all channels in a window while learning, about.
        reading: how the frozen code is read; :meth:`neuro.encoders.LearnedEncoder.calibrated` changes it later.
        read_spikes: the same when the frozen code is read by spikes.
        whitening: power of the whitening of directions, 0 (none) to 1/2; 1/4 takes half of their correlation away.
        synapses: weights that a unit keeps in the end (the sparse form); None: all.
        weight_bits: of a frozen weight, 2 to 16.
        dt: length of a tick in seconds.
        imprinting: whether a unit's first win teaches it all that it won.
        plasticity: whether later wins teach it anything.
        homeostasis: whether thresholds follow the wins.
        competition: whether the unit that matches best wins; otherwise one drawn at random does.

    Raises:
        InvalidInput: a value outside its range.
    """

    passes: int = 3
    gain_first: float = 0.05
    gain_last: float = 0.005
    theta_step: float = 0.0035
    threshold: float = 0.5
    window: int = 16
    spikes: float = 180.0
    reading: ReadBy = ReadBy.SPIKES
    read_spikes: float = 400.0
    whitening: float = 0.25
    synapses: int | None = None
    weight_bits: int = 8
    dt: float = 1e-3
    imprinting: bool = True
    plasticity: bool = True
    homeostasis: bool = True
    competition: bool = True

    def __post_init__(self) -> None:
        check_whole("passes", self.passes, 1, 1 << 20)
        check_whole("weight_bits", self.weight_bits, 2, 16)
        if self.synapses is not None:
            check_whole("synapses", self.synapses, 1, 1 << 20)
        for name in ("gain_first", "gain_last", "theta_step"):
            check_setting(name, getattr(self, name), 1e-9, 1.0)
        if not isinstance(self.reading, ReadBy):
            raise InvalidInput(f"reading is {self.reading!r}; one of {', '.join(map(str, ReadBy))} is allowed")
        for name in ("imprinting", "plasticity", "homeostasis", "competition"):
            if not isinstance(getattr(self, name), bool):
                raise InvalidInput(f"{name} is {getattr(self, name)!r}; True or False is allowed")
        if self.gain_last > self.gain_first:
            raise InvalidInput(
                f"gain_last is {self.gain_last:g}, gain_first {self.gain_first:g}; gains fall, give a smaller gain_last"
            )
        check_setting("threshold", self.threshold, 1e-3, 1e3)
        check_setting("whitening", self.whitening, 0.0, 0.5)
        check_setting("dt", self.dt, 1e-9, 1e3)
        OnOffChannels(self.window, self.spikes)
        OnOffChannels(self.window, self.read_spikes)

    @classmethod
    def sparse(cls, synapses: int = 32) -> Self:
        """For silicon: few weights a unit, from faster learning, whose larger weights say more when cut."""
        return cls(gain_first=0.1, gain_last=0.01, theta_step=0.005, synapses=synapses)

    @property
    def channels(self) -> OnOffChannels:
        """The input while learning."""
        return OnOffChannels(self.window, self.spikes)

    def rule(self, match: float, vectors: int, units: int) -> LearningRule:
        """The numbers of the rule, for a match of so many volts, so many vectors and units."""
        rise = self.theta_step * match if self.homeostasis else 0.0
        first, last = (self.gain_first, self.gain_last) if self.plasticity else (0.0, 0.0)
        wins = max(1.0, self.passes * vectors / units)
        decay = (self.gain_last / self.gain_first) ** (1.0 / wins)
        return LearningRule(self.threshold * match, rise, rise / units, first, last, decay)


@dataclass(frozen=True, slots=True, eq=False)
class EncoderState:
    """A learned encoder in training.

    Args:
        normalisation: what comes before the channels.
        learned: weights, thresholds and gains.
        settings: of the training.
        match: volts of the sum that a vector gives, in the mean, to the unit that it was imprinted on.
        vectors: how many there are to learn from.
        seed: of the first weights and of every order.
        done: presentations so far.
        connected: which synapses there are, shape of the weights; None: all.
    """

    normalisation: InputNormalisation
    learned: LearningState
    settings: EncoderTraining
    match: float
    vectors: int
    seed: int
    done: int = 0
    connected: BoolArray | None = None

    @classmethod
    def start(cls, vectors: npt.ArrayLike, units: int, settings: EncoderTraining, seed: int) -> Self:
        """Where training starts: a normalisation that fits the vectors, random weights, thresholds alike.

        Raises:
            InvalidInput: as :func:`train_encoder`.
        """
        check_whole("units", units, 1, 1 << 24)
        check_whole("seed", seed, 0, 1 << 62)
        rows = check_vectors(vectors)
        if len(rows) < units:
            raise InvalidInput(
                f"{len(rows)} vectors for {units} units; each unit starts as one vector, so give at least as many "
                "vectors, or fewer units"
            )
        front = InputNormalisation.fit(rows, settings.whitening)
        if settings.synapses is not None:
            check_whole("synapses", settings.synapses, 1, front.dimensions)
        levels = settings.channels.levels(front.directions(rows))
        distinct = len({row.tobytes() for row in levels})
        if distinct < units:
            raise InvalidInput(
                f"{len(rows)} vectors have {distinct} distinct directions from their mean, for {units} units; give "
                f"vectors that differ more, or at most {distinct} units"
            )
        counts = settings.channels.counts(levels)
        match = WEIGHT_STEP * float(np.mean(np.sum(counts**2, axis=1)))
        # Above what imprinting leaves in the mean: units that never won stand before those that did.
        size, scale = (2 * front.dimensions, units), _START * WEIGHT_STEP * float(np.abs(counts).mean()) / 2.0
        weights = scale * np.abs(np.random.default_rng((seed, 0)).standard_normal(size))
        gain = np.full(units, 1.0 if settings.imprinting else settings.gain_first * settings.plasticity)
        return cls(front, LearningState(weights, np.zeros(units), gain), settings, match, len(rows), seed)

    @property
    def rule(self) -> LearningRule:
        """The numbers of the rule."""
        return self.settings.rule(self.match, self.vectors, self.learned.units)

    @property
    def total(self) -> int:
        """Presentations of the whole training."""
        return self.settings.passes * self.vectors

    def levels(self, vectors: npt.ArrayLike) -> IntArray:
        """The channels' drives for vectors (n, dimensions)."""
        return self.settings.channels.levels(self.normalisation.directions(vectors))

    def circuit(self, vectors: npt.ArrayLike) -> Circuit:
        """Units that go on learning from vectors (n, dimensions), in the order given: on chip, or in any simulator.

        A presentation takes :func:`neuro.encoders.competitive_learning.learning_ticks`;
        :meth:`neuro.encoders.competitive_learning.LearningState.after` reads a run.
        """
        learned, settings = self.learned, self.settings
        shown, there = self.levels(vectors), self.connected
        return learning_circuit(
            settings.channels, shown, learned, self.rule, settings.dt, connected=there, seed=self.seed
        )

    def sparse(self, synapses: int) -> EncoderState:
        """The same units with few synapses, that go on learning on what they keep: for silicon.

        The whitening is folded into the weights, so the channels take centred directions from here on; of a unit's
        weights the largest stay, each as one synapse from the on or from the off channel of its entry.

        Raises:
            InvalidInput: synapses out of range.
        """
        check_whole("synapses", synapses, 1, self.normalisation.dimensions)
        rows = self.normalisation.folded(self.learned.prototypes())
        kept = np.zeros(rows.shape, dtype=bool)
        np.put_along_axis(kept, stable_top_k(np.abs(rows), synapses), True, axis=1)
        rows = np.where(kept, rows, 0.0)
        # Weights as large as the trace of one spike that is sure to come.
        rows *= WEIGHT_STEP / float(np.abs(rows[kept]).mean())
        weights = np.stack([np.maximum(rows, 0.0), np.maximum(-rows, 0.0)], axis=-1).reshape(len(rows), -1).T.copy()
        learned = LearningState(weights, np.zeros(len(rows)), np.full(len(rows), self.settings.gain_last))
        match = float(np.mean(np.sum(weights**2, axis=0))) / WEIGHT_STEP
        plain = replace(self.normalisation, whitening=None)
        return replace(self, normalisation=plain, learned=learned, match=match, connected=weights > 0.0)

    def advanced(self, levels: IntArray, presentations: int, on: Simulator | None = None) -> EncoderState:
        """The state some presentations later, never beyond the end of a pass.

        Args:
            levels: drives of all vectors, of :meth:`levels`.
            presentations: how many, at most.
            on: the simulator that runs the circuit; None: the kernel that knows the rule.
        """
        turn, since = divmod(self.done, self.vectors)
        order = np.random.default_rng((self.seed, 1, turn)).permutation(self.vectors)
        shown = levels[order[since : since + presentations]]
        teacher = None if self.settings.competition else self._drawn(turn)[since : since + presentations]
        channels = self.settings.channels
        if on is None:
            there = self.connected
            learned, _, _ = learn(channels, shown, self.learned, self.rule, connected=there, teacher=teacher)
        else:
            circuit = learning_circuit(
                channels,
                shown,
                self.learned,
                self.rule,
                self.settings.dt,
                connected=self.connected,
                teacher=teacher,
                seed=self.seed,
            )
            learned = self.learned.after(simulate(circuit, len(shown) * learning_ticks(channels), on), self.connected)
        return replace(self, learned=learned, done=self.done + len(shown))

    def freeze(self, vectors: npt.ArrayLike, k: int) -> LearnedEncoder:
        """The encoder as it stands: whole-number weights, thresholds under which units are used evenly by k winners.

        Args:
            vectors: to calibrate the thresholds by; of many, a part is drawn.
            k: active units of a code.

        Raises:
            InvalidInput: vectors of another dimension or scale; k out of range.
        """
        rows = check_vectors(vectors, self.normalisation.dimensions)
        check_whole("k", k, 1, self.learned.units)
        if len(rows) > _SAMPLE:
            rows = rows[np.sort(np.random.default_rng((self.seed, 3)).choice(len(rows), _SAMPLE, replace=False))]
        settings = self.settings
        encoder = LearnedEncoder.from_rows(
            self.learned.prototypes(),
            self.normalisation,
            k,
            rows,
            weight_bits=settings.weight_bits,
            reading=settings.reading,
            channels=OnOffChannels(settings.window, settings.read_spikes),
        )
        encoder = replace(encoder, dt=settings.dt, seed=self.seed)
        if settings.synapses is None or self.connected is not None:
            return encoder
        return encoder.sparse(settings.synapses, rows)

    def save(self, folder: Path, digest: str) -> None:
        """Keep the state, whole or not at all; ``digest`` names settings and data.

        Raises:
            InvalidInput: the folder holds something else.
        """
        learned = self.learned
        arrays = {"weights": learned.weights, "theta": learned.theta, "gain": learned.gain}
        save_snapshot(folder, _CHECKPOINT, arrays, {"training": digest, "done": self.done})

    def resumed(self, folder: Path, digest: str) -> EncoderState:
        """This state as a checkpoint left it.

        Raises:
            InvalidInput: no checkpoint, a damaged one, or one of other settings or data.
        """
        arrays, about = load_snapshot(folder, _CHECKPOINT)
        if about.get("training") != digest:
            raise InvalidInput(
                f"the checkpoint {folder} is of other vectors or settings; resume with the same, or give another folder"
            )
        learned = LearningState(*(np.asarray(arrays[name]) for name in ("weights", "theta", "gain")))
        return replace(self, learned=learned, done=int(about["done"]))

    def digest(self, levels: IntArray) -> str:
        """Names settings, seed and data: SHA-256, in hexadecimal."""
        told = repr((sorted(asdict(self.settings).items()), self.learned.units, self.vectors, self.seed))
        return hashlib.sha256(told.encode() + np.ascontiguousarray(levels, dtype="<i8").tobytes()).hexdigest()

    def _drawn(self, turn: int) -> IntArray:
        return np.random.default_rng((self.seed, 2, turn)).integers(0, self.learned.units, self.vectors)


def train_encoder(
    vectors: npt.ArrayLike,
    units: int,
    k: int,
    settings: EncoderTraining | None = None,
    seed: int = 0,
    progress: Progress | None = None,
    *,
    checkpoint: Path | str | None = None,
    resume: bool = False,
) -> LearnedEncoder:
    """Learn an encoder from vectors, without labels: winner-take-all with STDP and homeostatic thresholds, by spikes.

    Args:
        vectors: shape (n, dimensions), float32 or float64, at least as many as units.
        units: how many compete.
        k: how many are active in a code.
        settings: of the training.
        seed: of the first weights and of the order.
        progress: called with the number of presentations done; False from it ends the training.
        checkpoint: folder that holds the state every 2,000 presentations, and where training ended.
        resume: go on from the checkpoint; the result is that of an uninterrupted training, bit for bit.

    Raises:
        InvalidInput: vectors that are empty, not finite, all alike or fewer than units; numbers out of range; a
            checkpoint of something else.

    >>> vectors = np.random.default_rng(0).standard_normal((40, 6))
    >>> encoder = train_encoder(vectors, units=12, k=3)
    >>> encoder.encode(vectors).shape
    (40, 3)
    """
    state = EncoderState.start(vectors, units, EncoderTraining() if settings is None else settings, seed)
    check_whole("k", k, 1, units)
    levels, folder = state.levels(vectors), None if checkpoint is None else Path(checkpoint)
    digest = state.digest(levels)
    if resume:
        if folder is None:
            raise InvalidInput("resume needs the checkpoint to go on from; give its folder")
        state = state.resumed(folder, digest)
    elif folder is not None:
        check_snapshot_folder(folder, _CHECKPOINT)
        _check_not_lost(folder, digest, state.total)
    while state.done < state.total:
        state = state.advanced(levels, _BLOCK)
        if folder is not None:
            state.save(folder, digest)
        if progress is not None and progress(state.done) is False:
            break
    return state.freeze(np.asarray(vectors), k)


def _check_not_lost(folder: Path, digest: str, total: int) -> None:
    """Raise InvalidInput where a training that begins anew would write over one of something else, or a part of one."""
    if not (folder.is_dir() and any(folder.iterdir())):
        return
    _, about = load_snapshot(folder, _CHECKPOINT)
    if about.get("training") != digest or about.get("done") != total:
        raise InvalidInput(
            f"the checkpoint {folder} is of another training, or of one that was broken off; go on with resume=True, "
            "give another folder, or remove it"
        )
