"""Learn without labels, then give the neurons their classes, then name held-out digits: once, and over three seeds."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.experiments.diehl_cook.circuit import LearnedWeights
from neuro.experiments.diehl_cook.data import Images, load_digit_split
from neuro.experiments.diehl_cook.readout import Readout, accuracy_of, confusion, learn_readout
from neuro.experiments.diehl_cook.settings import DiehlCookSettings, mnist_settings
from neuro.experiments.diehl_cook.training import Training, respond, train
from neuro.experiments.experiment import Experiment, Published, Result, Row, at_least, at_most
from neuro.progress import Advance, QuietStages, Stages

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_PAPER = "Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015)"
_SEEDS = 3
_LABELLING, _VALIDATION, _TESTING = range(1, 4)
_GAP = 1


@dataclass(frozen=True, slots=True, eq=False)
class DiehlCookResult:
    """What one run gave.

    Args:
        settings: what was asked for.
        shape: height and width of an image.
        training: weights, thresholds, wins.
        readout: what each neuron stands for.
        validation_accuracy: share of the validation images that are named rightly.
        accuracy: the same of the test images, looked at once; None where only settings were to be chosen.
        first_spike_accuracy: of the test images by the class of the first neuron alone; None like ``accuracy``.
        confusion: shape (10, 10), true class by named class, of the test images (else of the validation images).
        cpu_seconds: of one core, for all of it.
    """

    settings: DiehlCookSettings
    shape: tuple[int, int]
    training: Training
    readout: Readout
    validation_accuracy: float
    accuracy: float | None
    first_spike_accuracy: float | None
    confusion: IntArray
    cpu_seconds: float


def run_diehl_cook(settings: DiehlCookSettings, stages: Stages | None = None, *, test: bool = True) -> DiehlCookResult:
    """Run the experiment once.

    Args:
        settings: all that it can be told.
        stages: told when each part starts and how far it is.
        test: read the test images; False while settings are chosen, which look at the validation images only.
    """
    began = process_time()
    stages = QuietStages() if stages is None else stages
    with stages.stage("Read the digits"):
        split = load_digit_split(settings)
    with stages.stage("Learn", settings.epochs * len(split.training)) as advance:
        training = train(split.training, settings, advance)
    labelled = split.training.first(settings.labelled)
    with stages.stage("Give neurons their classes", len(labelled)) as advance:
        answers = _answers(labelled, training.learned, settings, _LABELLING, advance)
        readout = learn_readout(answers, labelled.labels, settings.neurons, settings.discount)
    with stages.stage("Name the validation images", len(split.validation)) as advance:
        answers = _answers(split.validation, training.learned, settings, _VALIDATION, advance)
        named = readout.name(answers)
        table = confusion(split.validation.labels, named)
    validation = accuracy_of(named, split.validation.labels)
    tested, first = None, None
    if test:
        with stages.stage("Name the test images", len(split.testing)) as advance:
            answers = _answers(split.testing, training.learned, settings, _TESTING, advance)
            named = readout.name(answers)
            table = confusion(split.testing.labels, named)
        tested = accuracy_of(named, split.testing.labels)
        first = accuracy_of(readout.name_by_first(answers), split.testing.labels)
    height, width = split.training.pixels.shape[1:]
    shape, took = (height, width), process_time() - began
    return DiehlCookResult(settings, shape, training, readout, validation, tested, first, table, took)


def _answers(
    images: Images, learned: LearnedWeights, settings: DiehlCookSettings, part: int, advance: Advance
) -> IntArray:
    generator = np.random.default_rng((settings.seed, part))
    return respond(images, learned, settings, generator, advance)


def mosaic(fields: FloatArray) -> FloatArray:
    """Small images of shape (fields, height, width) as tiles of one nearly square image, with gaps of NaN."""
    count, height, width = fields.shape
    columns = int(np.ceil(np.sqrt(count)))
    rows = -(-count // columns)
    whole = np.full((rows * (height + _GAP) - _GAP, columns * (width + _GAP) - _GAP), np.nan)
    for place, field in enumerate(fields):
        top, left = place // columns * (height + _GAP), place % columns * (width + _GAP)
        whole[top : top + height, left : left + width] = field
    return whole


def plot_receptive_fields(result: DiehlCookResult) -> Axes:
    """The weights onto each neuron as a small image, ordered by the neurons' classes, each scaled to its largest.

    Raises:
        ToolError: matplotlib is not installed.
    """
    from neuro.analysis.plots import new_axes

    weights = result.training.learned.w.T
    order = np.argsort(result.readout.classes, kind="stable")
    fields = weights[order] / np.maximum(weights[order].max(axis=1, keepdims=True), 1e-12)
    axes = new_axes(6.4, 6.4)
    axes.imshow(mosaic(fields.reshape(-1, *result.shape)), cmap="gray_r", vmin=0, vmax=1, interpolation="nearest")
    axes.set_axis_off()
    return axes


def plot_confusion(result: DiehlCookResult) -> Axes:
    """How often each digit (rows) was named as each (columns): shade by share of the row, with the numbers.

    Raises:
        ToolError: matplotlib is not installed.
    """
    from neuro.analysis.plots import new_axes

    table = result.confusion
    share = table / np.maximum(table.sum(axis=1, keepdims=True), 1)
    axes = new_axes(5.6, 5.6)
    axes.imshow(share, cmap="Blues", vmin=0, vmax=1)
    for true, named in np.argwhere(table).tolist():
        shade = "white" if share[true, named] > 0.5 else "black"
        axes.text(named, true, f"{table[true, named]}", ha="center", va="center", fontsize=8, color=shade)
    axes.set_xticks(range(len(table)))
    axes.set_yticks(range(len(table)))
    axes.set_xlabel("named as")
    axes.set_ylabel("digit")
    return axes


@dataclass(frozen=True, slots=True)
class Task:
    """What is run and what it has to reach; ``minutes`` of one core, ``published`` in per cent."""

    settings: Callable[[int], DiehlCookSettings]
    accuracy: float
    minutes: float
    published: float | None = None


def run_task(task: Task, seed: int, stages: Stages) -> Result:
    """Three seeds from ``seed`` on; each reads the test images once."""
    seeds = tuple(range(seed, seed + _SEEDS))
    results = [run_diehl_cook(task.settings(each), stages) for each in seeds]
    shares = [100 * result.accuracy for result in results if result.accuracy is not None]
    return Result(
        [
            Row(
                "test-accuracy",
                statistics.median(shares),
                "%",
                at_least(task.accuracy),
                None if task.published is None else Published(task.published, _PAPER),
                {"accuracy in %": shares},
                "median of three seeds; neurons named by training images only, the test images read once",
            ),
            Row(
                "validation-accuracy",
                100 * statistics.median(result.validation_accuracy for result in results),
                "%",
                note="the images on which the settings were chosen",
            ),
            Row(
                "minutes-of-one-core",
                statistics.median(result.cpu_seconds for result in results) / 60,
                "min",
                at_most(task.minutes),
                samples={"minutes": [result.cpu_seconds / 60 for result in results]},
                note="processor time of one seed: learning, naming the neurons, all images named",
            ),
            Row(
                "spikes-per-image",
                statistics.median(result.training.spikes_per_image for result in results),
                note="of the neurons, while learning",
            ),
        ],
        seeds,
        {
            "receptive_fields": partial(plot_receptive_fields, results[0]),
            "confusion": partial(plot_confusion, results[0]),
        },
    )


def _mnist(neurons: int, accuracy: float, minutes: float, published: float) -> Experiment:
    task = Task(lambda seed: mnist_settings(neurons, seed), accuracy, minutes, published)
    return Experiment(
        f"mnist_{neurons}",
        f"MNIST without labels: {neurons:,} neurons, STDP, winner-take-all, homeostasis",
        _PAPER,
        partial(run_task, task),
    )


DIGITS_100 = Experiment(
    "digits_100",
    "scikit-learn's digits without labels: 100 neurons, STDP, winner-take-all, homeostasis",
    _PAPER,
    partial(run_task, Task(lambda seed: DiehlCookSettings(seed=seed), 85.0, 1.0)),
)
MNIST_100 = _mnist(100, 83.0, 15.0, 82.9)
MNIST_400 = _mnist(400, 88.0, 15.0, 87.0)
MNIST_1600 = _mnist(1600, 92.0, 120.0, 91.9)
"""MNIST is read from ``$SPIKELOOM_DATA``."""
