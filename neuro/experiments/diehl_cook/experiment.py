"""The experiment: learn without labels, then give the neurons their classes, then name held-out digits."""

from __future__ import annotations

from time import process_time

import numpy as np

from neuro.experiments.diehl_cook.circuit import Learned
from neuro.experiments.diehl_cook.data import Images, Ints, load_split
from neuro.experiments.diehl_cook.readout import confusion, learn_readout
from neuro.experiments.diehl_cook.result import DiehlCookResult
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.experiments.diehl_cook.training import respond, train
from neuro.experiments.stages import Advance, QuietStages, Stages

_LABELLING, _VALIDATION, _TESTING = range(1, 4)


def run(settings: DiehlCookSettings, progress: Stages | None = None, *, test: bool = True) -> DiehlCookResult:
    """Run the experiment once.

    Args:
        settings: all that it can be told.
        progress: told of the stages and how far each is.
        test: read the test images; False while settings are chosen, which look at the validation images only.
    """
    began = process_time()
    stages = QuietStages() if progress is None else progress
    with stages.stage("Read the digits"):
        split = load_split(settings)
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


def accuracy_of(named: Ints, labels: Ints) -> float:
    """The share of images that were named rightly."""
    return float(np.mean(named == labels)) if labels.size else 0.0


def _answers(images: Images, learned: Learned, settings: DiehlCookSettings, part: int, advance: Advance) -> Ints:
    generator = np.random.default_rng((settings.seed, part))
    return respond(images, learned, settings, generator, advance)
