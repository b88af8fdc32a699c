"""The experiments from the literature: one file or folder each beside this one, and one line here."""

from __future__ import annotations

from neuro.errors import InvalidInput
from neuro.experiments.brunel import BRUNEL
from neuro.experiments.diehl_cook.experiment import DIGITS_100, MNIST_100, MNIST_400, MNIST_1600
from neuro.experiments.experiment import Experiment
from neuro.experiments.homeostasis import HOMEOSTASIS
from neuro.experiments.lif_fi import LIF_FI
from neuro.experiments.masquelier import MASQUELIER
from neuro.experiments.ping import PING
from neuro.experiments.potjans_diesmann import MICROCIRCUIT, MICROCIRCUIT_WHOLE
from neuro.experiments.song_abbott import SONG_ABBOTT
from neuro.experiments.vogels_abbott_cuba import VOGELS_ABBOTT_CUBA

EXPERIMENTS: tuple[Experiment, ...] = (
    LIF_FI,
    SONG_ABBOTT,
    BRUNEL,
    VOGELS_ABBOTT_CUBA,
    PING,
    MASQUELIER,
    HOMEOSTASIS,
    DIGITS_100,
    MNIST_100,
    MNIST_400,
    MNIST_1600,
    MICROCIRCUIT,
    MICROCIRCUIT_WHOLE,
)


def find_experiment(name: str) -> Experiment:
    """The experiment of that name.

    Raises:
        InvalidInput: there is none; names those that there are.
    """
    for experiment in EXPERIMENTS:
        if experiment.name == name:
            return experiment
    raise InvalidInput(f"there is no experiment {name!r}; there are {', '.join(part.name for part in EXPERIMENTS)}")
