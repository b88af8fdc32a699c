"""What the rows of bench ``learning`` share: the data, and codes that learned, each made once and only if asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import Any, TypeVar

import numpy as np
from sklearn.cluster import MiniBatchKMeans
from sklearn.datasets import load_digits

from benchmarks.data import data_folder
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.encoders import InputNormalisation, LearnedEncoder, ReadBy
from neuro.encoders.codes import binary
from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.training import EncoderState, EncoderTraining

Kept = TypeVar("Kept")

SEEDS = (1, 2, 3)
"""Of what is reported. Settings were chosen on parts of the training data, with other seeds."""

UNITS, DIGIT_UNITS = 1024, 256
SYNAPSES = 32
"""Weights of a unit of the sparse form."""

WORDS, SPARSE_WORDS, MNIST, DIGITS = "words", "words sparse", "mnist", "digits"
"""Names of the data."""

LEARNED, EXEMPLARS, RANDOM, KMEANS, FLY = "learned", "exemplars", "random projection", "k-means", "FlyHash"
PEERS = (LEARNED, EXEMPLARS, RANDOM, KMEANS, FLY)

DENSE = EncoderTraining()
SPARSE = EncoderTraining.sparse(SYNAPSES)
ABLATIONS: Mapping[str, EncoderTraining] = MappingProxyType(
    {
        "random start frozen": replace(DENSE, imprinting=False, plasticity=False),
        "imprinted then frozen": replace(DENSE, plasticity=False),
        "homeostasis off": replace(DENSE, homeostasis=False),
        "winners at random": replace(DENSE, competition=False),
    }
)
DIGITS_TRAINING = EncoderTraining(passes=10, theta_step=0.01, gain_first=0.02, whitening=0.29)
"""Chosen on a fifth of each split's training digits, held back: 5-NN and recall from damaged codes both pass there."""
MNIST_TRAINING = EncoderTraining(passes=6, threshold=1.0, whitening=0.0, theta_step=0.05)

_BLOCK = 2_000
_SAMPLE = 8_000
"""Vectors by which codes are calibrated."""

_NONZEROS, _FLY_SHARE = 16, 0.1
"""Entries that a unit of the random projection reads; share of them that one of FlyHash adds up."""


@dataclass(frozen=True, slots=True, eq=False)
class Task:
    """Vectors to learn from and others to measure on.

    Args:
        train, test: (n, dimensions) each.
        train_labels, test_labels: of vectors with classes, else empty.
        settings: of the training.
        units: of every code.
    """

    train: FloatArray
    test: FloatArray
    train_labels: IntArray
    test_labels: IntArray
    settings: EncoderTraining
    units: int


class LearningLab:
    """The data and the learned codes, each part read or made once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self.seconds: dict[str, float] = {}
        self._kept: dict[str, Any] = {}

    def keep(self, name: str, make: Callable[[], Kept]) -> Kept:
        """What ``make`` gives, made once."""
        if name not in self._kept:
            with self.stages.stage(name):
                self._kept[name] = make()
        kept: Kept = self._kept[name]
        return kept

    @cached_property
    def nouns(self) -> tuple[FloatArray, FloatArray]:
        """Embeddings of glosses and of entries."""
        path = data_folder() / "text" / "wordnet_nouns.npz"
        try:
            with np.load(path, allow_pickle=False) as arrays:
                return arrays["gloss"].astype(np.float64), arrays["entry"].astype(np.float64)
        except (OSError, KeyError, ValueError) as error:
            raise InvalidInput(f"{path} can't be read ({error}); set SPIKELOOM_DATA to the shared data") from None

    @cached_property
    def order(self) -> IntArray:
        """The nouns in the order of the split: 4,000 to measure on, 20,000 to learn from, the rest never seen."""
        return np.random.default_rng(0).permutation(len(self.nouns[1]))

    @cached_property
    def words(self) -> Task:
        """20,000 entries to learn from, 4,000 others to measure on."""
        entries = self.nouns[1][self.order]
        none = np.zeros(0, np.int64)
        return Task(entries[4_000:24_000], entries[:4_000], none, none, DENSE, UNITS)

    @cached_property
    def sparse_words(self) -> Task:
        """The same for the sparse form."""
        return replace(self.words, settings=SPARSE)

    @cached_property
    def glosses(self) -> FloatArray:
        """Glosses of the first 1,000 of the entries that are measured on."""
        return self.nouns[0][self.order[:1_000]]

    @cached_property
    def unseen(self) -> tuple[FloatArray, FloatArray]:
        """Glosses and entries of the 5,438 nouns that no learning sees."""
        rows = np.concatenate([self.order[:4_000], self.order[24_000:]])
        return self.nouns[0][rows], self.nouns[1][rows]

    @cached_property
    def neighbours(self) -> IntArray:
        """Of each of the first 1,000 entries measured on, the ten nearest others by cosine after centring."""
        centred = self.words.test - self.words.train.mean(axis=0)
        rows = centred / np.linalg.norm(centred, axis=1, keepdims=True)
        cosines = rows[:1_000] @ rows.T
        np.fill_diagonal(cosines, -np.inf)
        return np.argsort(-cosines, axis=1)[:, :10]

    @cached_property
    def mnist(self) -> Task:
        """8,000 images to learn from and 1,000 to measure on, both from the training images."""
        with np.load(data_folder() / "mnist.npz", allow_pickle=False) as arrays:
            images, labels = arrays["x_train"], arrays["y_train"].astype(np.int64)
        rows = np.random.default_rng(0).permutation(len(images))[:9_000]
        vectors, names = images[rows].reshape(len(rows), -1) / 255.0, labels[rows]
        return Task(vectors[:8_000], vectors[8_000:], names[:8_000], names[8_000:], MNIST_TRAINING, UNITS)

    def digits(self, split: int) -> Task:
        """1,437 digits to learn from and 360 to measure on, drawn by the split's number."""
        bunch = load_digits()
        rows = np.random.default_rng(split).permutation(len(bunch.data))
        vectors, names = bunch.data[rows].astype(np.float64), bunch.target[rows].astype(np.int64)
        return Task(vectors[:1_437], vectors[1_437:], names[:1_437], names[1_437:], DIGITS_TRAINING, DIGIT_UNITS)

    def state(self, name: str, task: Task, seed: int, settings: EncoderTraining | None = None) -> EncoderState:
        """A finished training, by the name of its data and of what is special about it."""
        title = f"Learn {name}, {task.units} units, seed {seed}"

        def make() -> EncoderState:
            state = EncoderState.start(task.train, task.units, task.settings if settings is None else settings, seed)
            levels = state.levels(task.train)
            state.advanced(levels, 1)  # compiles
            began = time.perf_counter()
            while state.done < state.total:
                state = state.advanced(levels, _BLOCK)
            self.seconds[title] = time.perf_counter() - began
            return state

        return self.keep(title, make)

    def taken(self, name: str, task: Task, seed: int) -> float:
        """Seconds that a training took."""
        self.state(name, task, seed)
        return self.seconds[f"Learn {name}, {task.units} units, seed {seed}"]

    def encoder(self, name: str, task: Task, peer: str, seed: int) -> LearnedEncoder:
        """A code of a task: learned, or one of its peers with the same normalisation, bits and thresholds."""
        title = f"Make {name}, {peer}, {task.units} units, seed {seed}"
        return self.keep(title, lambda: self._made(name, task, peer, seed))

    def codes(
        self, name: str, task: Task, peer: str, seed: int, active: int, reading: ReadBy = ReadBy.CURRENTS
    ) -> tuple[BoolArray, ...]:
        """Truth values of the units for what is measured on, by a calibrated code; of words, for glosses as well."""

        def make() -> tuple[BoolArray, ...]:
            encoder = self.encoder(name, task, peer, seed)
            ready = encoder.calibrated(task.train[:_SAMPLE], active=active, reading=reading)
            shown = [task.test, self.glosses] if name.startswith(WORDS) else [task.train, task.test]
            return tuple(dense(ready, vectors) for vectors in shown)

        return self.keep(f"Encode {name}, {peer}, seed {seed}, {active} by {reading.value}", make)

    def _made(self, name: str, task: Task, peer: str, seed: int) -> LearnedEncoder:
        if peer == LEARNED:
            return self.state(name, task, seed).freeze(task.train, 1)
        if peer in ABLATIONS:
            return self.state(f"{name}, {peer}", task, seed, ABLATIONS[peer]).freeze(task.train, 1)
        front = InputNormalisation.fit(task.train, task.settings.whitening)
        sample = task.train[:_SAMPLE]
        encoder = LearnedEncoder.from_rows(
            _ROWS[peer](front.directions(task.train), task.units, seed), front, 1, sample, reading=ReadBy.CURRENTS
        )
        synapses = task.settings.synapses
        return encoder if synapses is None else encoder.sparse(synapses, sample)


def dense(encoder: LearnedEncoder, vectors: FloatArray) -> BoolArray:
    """The codes of vectors as truth values of each unit, (n, units)."""
    return np.asarray(binary(np.atleast_2d(encoder.encode(vectors)), encoder.units), dtype=bool)


def overlaps(cues: BoolArray, items: BoolArray) -> Float32Array:
    """Units that cues and items share, (cues, items)."""
    return np.asarray(cues.astype(np.float32) @ items.astype(np.float32).T)


def shuffled(scores: Float32Array, seed: int = 5) -> Float32Array:
    """Whole-number scores whose ties are broken at random."""
    return np.asarray(scores + 0.5 * np.random.default_rng(seed).random(scores.shape, dtype=np.float32))


def _exemplars(directions: FloatArray, units: int, seed: int) -> FloatArray:
    return directions[np.random.default_rng(seed).choice(len(directions), units, replace=False)]


def _random(directions: FloatArray, units: int, seed: int) -> FloatArray:
    random, rows = np.random.default_rng(seed), np.zeros((units, directions.shape[1]))
    for row in rows:
        row[random.choice(row.size, min(_NONZEROS, row.size), replace=False)] = random.choice(
            [-1.0, 1.0], min(_NONZEROS, row.size)
        )
    return rows


def _fly(directions: FloatArray, units: int, seed: int) -> FloatArray:
    random, rows = np.random.default_rng(seed), np.zeros((units, directions.shape[1]))
    for row in rows:
        row[random.choice(row.size, max(1, round(_FLY_SHARE * row.size)), replace=False)] = 1.0
    return rows


def _kmeans(directions: FloatArray, units: int, seed: int) -> FloatArray:
    found = MiniBatchKMeans(units, batch_size=2048, n_init=1, max_iter=40, random_state=seed).fit(directions)
    return np.asarray(found.cluster_centers_, dtype=np.float64)


_ROWS: Mapping[str, Callable[[FloatArray, int, int], FloatArray]] = MappingProxyType(
    {EXEMPLARS: _exemplars, RANDOM: _random, KMEANS: _kmeans, FLY: _fly}
)
