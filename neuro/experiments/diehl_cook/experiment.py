"""The experiment: learn without labels, then give the neurons their classes, then name held-out digits.

Diehl & Cook as experiments of the catalogue: one an amount of neurons, the median of three seeds.
"""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from time import process_time

import numpy as np

from neuro.arrays import IntArray
from neuro.experiments.diehl_cook.circuit import LearnedWeights
from neuro.experiments.diehl_cook.data import Images, load_digit_split
from neuro.experiments.diehl_cook.plots import plot_confusion, plot_receptive_fields
from neuro.experiments.diehl_cook.readout import DiehlCookResult, confusion, learn_readout
from neuro.experiments.diehl_cook.settings import DiehlCookSettings, mnist_settings
from neuro.experiments.diehl_cook.training import respond, train
from neuro.experiments.experiment import Bar, Experiment, Published, Result, Row, at_least, at_most
from neuro.progress import Advance, QuietStages, Stages

_LABELLING, _VALIDATION, _TESTING = range(1, 4)


def run_diehl_cook(
    settings: DiehlCookSettings, progress: Stages | None = None, *, test: bool = True
) -> DiehlCookResult:
    """Run the experiment once.

    Args:
        settings: all that it can be told.
        progress: told of the stages and how far each is.
        test: read the test images; False while settings are chosen, which look at the validation images only.
    """
    began = process_time()
    stages = QuietStages() if progress is None else progress
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
    times = dict(stages.seconds), process_time() - began
    return DiehlCookResult(settings, (height, width), training, readout, validation, tested, first, table, *times)


def accuracy_of(named: IntArray, labels: IntArray) -> float:
    """The share of images that were named rightly."""
    return float(np.mean(named == labels)) if labels.size else 0.0


def _answers(
    images: Images, learned: LearnedWeights, settings: DiehlCookSettings, part: int, advance: Advance
) -> IntArray:
    generator = np.random.default_rng((settings.seed, part))
    return respond(images, learned, settings, generator, advance)


_PAPER = "Diehl & Cook, Front. Comput. Neurosci. 9:99 (2015)"
_SEEDS = 3


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
    return Result(
        [
            _accuracy(results, at_least(task.accuracy), task.published),
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


def _accuracy(results: list[DiehlCookResult], bar: Bar, published: float | None) -> Row:
    shares = [100 * result.accuracy for result in results if result.accuracy is not None]
    return Row(
        "test-accuracy",
        statistics.median(shares),
        "%",
        bar,
        None if published is None else Published(published, _PAPER),
        {"accuracy in %": shares},
        "median of three seeds; neurons named by training images only, the test images read once",
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
