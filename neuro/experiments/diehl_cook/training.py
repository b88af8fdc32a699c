"""Training: images, as firing rates, in random order, in runs of the simulator that hand on what was learned."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.circuit.circuit import Circuit
from neuro.experiments.diehl_cook.circuit import (
    NEURONS,
    SYNAPSES,
    LearnedWeights,
    Phase,
    image_ticks,
    network,
    untrained,
)
from neuro.experiments.diehl_cook.data import Images
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.progress import Advance
from neuro.simulators import simulate
from neuro.spikes import Recording, Spikes

NOBODY = -1
"""Stands for a neuron where fewer fired than were to be read."""


def input_rates(images: Images, settings: DiehlCookSettings) -> FloatArray:
    """The rate of each input neuron in Hz, shape (images, pixels); a neuron fires once a tick at most.

    ``rate y / |y|`` with y = intensity ** contrast: every image has the same length as a vector, so that thin and fat
    digits drive the neurons alike. An empty image has no rates.
    """
    y = images.pixels.reshape(len(images), -1).astype(np.float64) ** settings.contrast
    length = np.linalg.norm(y, axis=1, keepdims=True)
    rates: FloatArray = settings.rate * y / np.maximum(length, 1e-9)
    return rates


@dataclass(frozen=True, slots=True, eq=False)
class Training:
    """What training gave.

    Args:
        learned: weights, thresholds and learning rates at the end.
        wins: spikes of each neuron over the last epoch, shape (neurons,).
        spikes_per_image: of the excitatory neurons, over the whole training.
        input_spikes_per_image: of the input neurons, over the whole training.
    """

    learned: LearnedWeights
    wins: IntArray
    spikes_per_image: float
    input_spikes_per_image: float


def train(images: Images, settings: DiehlCookSettings, advance: Advance) -> Training:
    """Show the images ``epochs`` times, each time in another order; labels are not looked at."""
    order_generator, spike_generator, weight_generator = _generators(settings.seed)
    pixels = images.pixels[0].size
    learned = untrained(pixels, settings, weight_generator)
    whole = settings.epochs * len(images)
    done, fired, arrived = 0, 0, 0
    wins = np.zeros(settings.neurons, np.int64)
    for _ in range(settings.epochs):
        wins[:] = 0
        order = order_generator.permutation(len(images))
        for start in range(0, len(order), settings.segment):
            rows = order[start : start + settings.segment]
            circuit, recording = _run(
                images.picked(rows), learned, settings, Phase(True, 1, done / whole), spike_generator
            )
            learned = _handed_on(circuit, recording)
            wins += recording.spikes[NEURONS].counts()
            fired += len(recording.spikes[NEURONS])
            arrived += len(recording.spikes["pixels"])
            done += len(rows)
            advance(done)
    return Training(learned, wins, fired / max(whole, 1), arrived / max(whole, 1))


def respond(
    images: Images,
    learned: LearnedWeights,
    settings: DiehlCookSettings,
    generator: np.random.Generator,
    advance: Advance,
) -> IntArray:
    """The first neurons that fire for each image, with weights and thresholds frozen.

    Returns:
        neurons in the order of their spikes, shape (images, reads); ``NOBODY`` where no more fired.
    """
    phase = Phase(False, settings.reads)
    period = image_ticks(settings, phase)
    answers = []
    for start in range(0, len(images), settings.segment):
        shown = images.picked(np.arange(start, min(start + settings.segment, len(images))))
        _, recording = _run(shown, learned, settings, phase, generator)
        answers.append(first_to_fire(recording.spikes[NEURONS], len(shown), period, settings.reads))
        advance(start + len(shown))
    return np.concatenate([np.zeros((0, settings.reads), np.int64), *answers])


def first_to_fire(spikes: Spikes, images: int, period: int, reads: int) -> IntArray:
    """The first ``reads`` neurons to fire in each presentation of ``period`` ticks, shape (images, reads)."""
    image = spikes.ticks // period
    place = np.arange(image.size) - np.searchsorted(image, image)
    kept = place < reads
    answers = np.full((images, reads), NOBODY, np.int64)
    answers[image[kept], place[kept]] = spikes.indices[kept]
    return answers


def _generators(seed: int) -> list[np.random.Generator]:
    """Independent generators: of the order, of the spikes, of the first weights."""
    return [np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(3)]


def _run(
    images: Images, learned: LearnedWeights, settings: DiehlCookSettings, phase: Phase, generator: np.random.Generator
) -> tuple[Circuit, Recording]:
    seed = int(generator.integers(2**31))
    circuit = network(input_rates(images, settings), learned, settings, phase, seed)
    return circuit, simulate(circuit, len(images) * image_ticks(settings, phase))


def _handed_on(circuit: Circuit, recording: Recording) -> LearnedWeights:
    """What the next run starts from."""
    sizes = circuit.size_of("pixels"), circuit.size_of(NEURONS)
    return LearnedWeights(
        recording.final[SYNAPSES, "w"].reshape(sizes).copy(),
        recording.final[NEURONS, "theta"].copy(),
        recording.final[NEURONS, "rate"].copy(),
    )
