"""Learned against random codes: what STDP, winner-take-all and homeostasis each do to codes that feed a memory.

Five encoders of the same number of units and of active units see the same vectors:

* ``random projection``: :class:`neuro.encoders.KWTAEncoder`, which learns nothing but the mean;
* ``learned``: :func:`neuro.encoders.train_encoder`, and the same without STDP, without competition while it learns, and
  without homeostasis.

They are fitted to four fifths of the vectors. The held-out fifth, which neither they nor their settings have seen,
is stored in a Hebbian memory and recalled by itself and by noisy copies; it is labelled by its nearest neighbours among
the codes of the first part, and by a read-out learned on them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from time import process_time
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole
from neuro.encoders import EncoderTraining, KWTAEncoder, LearnedEncoder, overlap, train_encoder
from neuro.encoders.base import similarity_correlation
from neuro.experiments.experiment import Experiment, Result, Row
from neuro.memories import HebbianMemory, LabelReadout
from neuro.progress import QuietStages, Stages

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CodeEncoder = KWTAEncoder | LearnedEncoder

RANDOM, LEARNED = "random projection", "learned"
DIGITS, CLUSTERS = "digits", "clusters"


@dataclass(frozen=True, slots=True)
class StudySettings:
    """All that the study can be told.

    Args:
        units, active: of every encoder.
        training: of the learned encoder; its three switches are turned off one at a time.
        noise: length of the noise in a cue, in units of the typical length of a centred vector, one for each column.
        neighbours: how many vote for a label.
        vectors: of each data set, at most; the fifth part of them is held out.
        clusters, spread: of the random vectors, with centres of variance 1 in each of 64 dimensions around which the
            vectors scatter with this standard deviation.
    """

    units: int = 256
    active: int = 16
    training: EncoderTraining = field(default_factory=EncoderTraining)
    noise: tuple[float, ...] = (0.3, 0.6)
    neighbours: int = 5
    vectors: int = 1797
    clusters: int = 30
    spread: float = 1.5


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Vectors with labels: those to learn from and those held out."""

    vectors: FloatArray
    labels: IntArray
    held: FloatArray
    held_labels: IntArray


@dataclass(frozen=True, slots=True)
class StudyRow:
    """One encoder on one data set.

    Args:
        data, encoder: their names.
        exact: share of the stored items that their own code recalls as the first.
        noisy: the same for noisy cues, one number a level of noise.
        neighbours: share of held-out labels that the nearest codes name.
        labels: share of held-out labels that the read-out names.
        entropy: of how often each unit is active, 1 where all are equally often.
        dead: units that are active for no held-out vector.
        gini: of how often each unit is active, 0 where all are equally often, towards 1 where few do all.
        similarity: correlation of the cosine of two codes with that of the centred vectors.
        seconds: processor time of making the encoder.
    """

    data: str
    encoder: str
    exact: float
    noisy: tuple[float, ...]
    neighbours: float
    labels: float
    entropy: float
    dead: int
    gini: float
    similarity: float
    seconds: float


@dataclass(frozen=True, slots=True)
class StudyResult:
    """What one run gave: a row for each encoder on each data set."""

    seed: int
    settings: StudySettings
    rows: tuple[StudyRow, ...]

    def row(self, data: str, encoder: str) -> StudyRow:
        """The row of an encoder on a data set; KeyError names those there are."""
        for row in self.rows:
            if (row.data, row.encoder) == (data, encoder):
                return row
        raise KeyError(f"no row ({data!r}, {encoder!r}); there are {[(row.data, row.encoder) for row in self.rows]}")


def run_learned_encoder(
    seed: int = 0, stages: Stages | None = None, settings: StudySettings | None = None
) -> StudyResult:
    """Run the study once.

    Args:
        seed: of the split, the random vectors, the encoders, the memory and the noise.
        stages: told of each encoder.
        settings: see :class:`StudySettings`.

    Raises:
        InvalidInput: the seed or a setting is out of range.
    """
    check_whole("seed", seed, 0, (1 << 31) - 1)
    chosen = StudySettings() if settings is None else settings
    stages = QuietStages() if stages is None else stages
    rows = []
    for data, samples in ((DIGITS, _digits(seed, chosen)), (CLUSTERS, _clusters(seed, chosen))):
        for encoder, make in makers(chosen, seed).items():
            with stages.stage(f"{data}: {encoder}"):
                began = process_time()
                made = make(samples.vectors)
                rows.append(measured(data, encoder, made, samples, chosen, seed, process_time() - began))
    return StudyResult(seed, chosen, tuple(rows))


def makers(settings: StudySettings, seed: int) -> Mapping[str, Callable[[FloatArray], CodeEncoder]]:
    """Encoder name -> what makes it from vectors."""

    def random_projection(vectors: FloatArray) -> CodeEncoder:
        return KWTAEncoder.centred_on(vectors, units=settings.units, active=settings.active, seed=seed)

    def learned(training: EncoderTraining) -> Callable[[FloatArray], CodeEncoder]:
        return lambda vectors: train_encoder(vectors, settings.units, settings.active, training, seed)

    full = settings.training
    return MappingProxyType(
        {
            RANDOM: random_projection,
            LEARNED: learned(full),
            "without STDP": learned(replace(full, plasticity=False)),
            "without competition": learned(replace(full, competition=False)),
            "without homeostasis": learned(replace(full, homeostasis=False)),
        }
    )


def measured(
    data: str,
    name: str,
    encoder: CodeEncoder,
    samples: Samples,
    settings: StudySettings,
    seed: int,
    seconds: float,
) -> StudyRow:
    """All measures of one encoder."""
    known, held = encoder.encode(samples.vectors), encoder.encode(samples.held)
    usage = np.bincount(held.ravel(), minlength=encoder.units)
    centred = samples.held - samples.vectors.mean(axis=0)
    exact, *noisy = recalled(encoder, samples, (0.0, *settings.noise), seed)
    return StudyRow(
        data,
        name,
        exact,
        tuple(noisy),
        _right(_by_neighbours(known, samples.labels, held, encoder.units, settings.neighbours), samples.held_labels),
        _right(_by_readout(known, samples.labels, held, encoder.units, seed), samples.held_labels),
        usage_entropy(usage),
        int(np.sum(usage == 0)),
        gini(usage),
        similarity_correlation(centred, encoder.features(held)),
        seconds,
    )


def recalled(encoder: CodeEncoder, samples: Samples, noise: tuple[float, ...], seed: int) -> list[float]:
    """Share of the held-out vectors, stored in a memory, that cues of each level of noise recall as the first."""
    memory = HebbianMemory(encoder.units, seed=seed)
    stored = memory.store(encoder.encode(samples.held))
    centred = samples.vectors - samples.vectors.mean(axis=0)
    entry = np.sqrt(np.mean(centred**2))
    random = np.random.default_rng((seed, 2))
    shares = []
    for level in noise:
        cues = samples.held + level * entry * random.standard_normal(samples.held.shape)
        shares.append(_right(memory.recall(encoder.encode(cues)).indices[:, 0], stored))
    return shares


def usage_entropy(usage: IntArray) -> float:
    """``-sum p log p / log units`` of how often each unit is active: 1 where all are equally often, 0 for one alone."""
    shares = usage[usage > 0] / usage.sum()
    return float(-np.sum(shares * np.log(shares)) / np.log(max(usage.size, 2))) + 0.0


def gini(usage: IntArray) -> float:
    """The Gini coefficient, half the mean difference of two units over the mean: 0 even, (n - 1)/n for one alone.

    >>> gini(np.array([3, 3, 3])), gini(np.array([0, 0, 0, 8]))
    (0.0, 0.75)
    """
    ordered = np.sort(usage).astype(np.float64)
    rank = np.arange(1, ordered.size + 1)
    return float(np.sum((2 * rank - ordered.size - 1) * ordered) / (ordered.size * ordered.sum()))


def plot_study(result: StudyResult, data: str = DIGITS, *, axes: Axes | None = None) -> Axes:
    """The measures that lie between 0 and 1 as bars, one series an encoder.

    Args:
        result: of :func:`run_learned_encoder`.
        data: which data set.
        axes: where to draw; a new, wide figure by default.
    """
    from neuro.analysis.plots import new_axes, plot_bars

    values: dict[str, dict[str, float]] = {}
    for row in result.rows:
        if row.data == data:
            noisy = {
                f"recall, noise {level:g}": share for level, share in zip(result.settings.noise, row.noisy, strict=True)
            }
            values[row.encoder] = {
                "recall": row.exact,
                **noisy,
                "kNN label": row.neighbours,
                "read-out label": row.labels,
                "similarity r": row.similarity,
                "usage Gini": row.gini,
            }
    drawn = plot_bars(values, f"held-out {data}", digits=2, axes=new_axes(12.0, 4.0) if axes is None else axes)
    drawn.set_ylim(0.0, 1.08)
    return drawn


def _right(given: IntArray, wanted: IntArray) -> float:
    return float(np.mean(given == wanted))


def _by_neighbours(known: IntArray, labels: IntArray, held: IntArray, units: int, neighbours: int) -> IntArray:
    """The label that most of the codes with the largest overlap have; ties to the earlier code, the lower label."""
    nearest = stable_top_k(overlap(held, known, units), neighbours)
    return np.array([np.bincount(votes).argmax() for votes in labels[nearest]], dtype=np.int64)


def _by_readout(known: IntArray, labels: IntArray, held: IntArray, units: int, seed: int) -> IntArray:
    """The label that a read-out names, learned on a memory of the known codes."""
    memory = HebbianMemory(units, seed=seed)
    memory.store(known)
    return LabelReadout.learn(memory, known, labels, seed=seed).classify(memory, held)


def _digits(seed: int, settings: StudySettings) -> Samples:
    from sklearn.datasets import load_digits

    bunch = load_digits()
    return _split(bunch.data.astype(np.float64), bunch.target.astype(np.int64), seed, settings)


def _clusters(seed: int, settings: StudySettings) -> Samples:
    random = np.random.default_rng((seed, 3))
    centres = random.standard_normal((settings.clusters, 64))
    labels = random.integers(0, settings.clusters, settings.vectors)
    vectors = centres[labels] + settings.spread * random.standard_normal((settings.vectors, 64))
    return _split(vectors, labels, seed, settings)


def _split(vectors: FloatArray, labels: IntArray, seed: int, settings: StudySettings) -> Samples:
    order = np.random.default_rng((seed, 4)).permutation(len(vectors))[: settings.vectors]
    held = len(order) // 5
    return Samples(vectors[order[held:]], labels[order[held:]], vectors[order[:held]], labels[order[:held]])


def _run(seed: int, stages: Stages) -> Result:
    result = run_learned_encoder(seed, stages)
    rows = []
    for part in result.rows:
        where = f"{part.data}-{part.encoder}".replace(" ", "-")
        rows += [
            Row(f"{where}-recall", 100 * part.exact, "%", note="exact cues, through a Hebbian memory"),
            Row(
                f"{where}-recall-noisiest",
                100 * part.noisy[-1],
                "%",
                note=f"cues with noise of {result.settings.noise[-1]:g} standard deviations",
            ),
            Row(f"{where}-label-accuracy", 100 * part.labels, "%", note="held-out vectors, read out from the codes"),
            Row(f"{where}-usage-entropy", part.entropy, note="1: all units are used equally often"),
            Row(f"{where}-dead-units", part.dead, note="active for no held-out vector"),
            Row(f"{where}-similarity", part.similarity, note="correlation of code cosine with cosine"),
        ]
    return Result(rows, (seed,), {name: partial(plot_study, result, name) for name in (DIGITS, CLUSTERS)})


LEARNED_ENCODER = Experiment(
    "learned_encoder",
    "codes learned by STDP against a random projection, each part of the learning switched off in turn",
    "this project",
    _run,
)
"""A study without thresholds: what each part of learning does to recall, labels and the use of the units."""
