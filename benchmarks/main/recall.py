"""Encode, store, recall under noise, and name what was held out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.main.settings import Digits, DigitsSettings, MemorySettings
from neuro.arrays import IntArray
from neuro.encoders import KWTAEncoder, code_cosine_correlation, overlap, replace_units
from neuro.memories import HebbianMemory, LabelReadout, label_from_spikes, recall_circuit, recall_ticks
from neuro.progress import Advance
from neuro.simulators import simulate
from neuro.spikes import Recording
from spikeloom.demo.targets import probed

BASELINE_NEIGHBOURS = 3


@dataclass(frozen=True, slots=True, eq=False)
class DemoCodes:
    """The digits as spike codes.

    Args:
        encoder: made them.
        stored, held_out: shape (digits, k).
        correlation: of code overlap with cosine, see :func:`neuro.encoders.code_cosine_correlation`.
    """

    encoder: KWTAEncoder
    stored: IntArray
    held_out: IntArray
    correlation: float


@dataclass(frozen=True, slots=True, eq=False)
class RecallOutcome:
    """What the memory gives back.

    Args:
        memory: holds the stored digits.
        readout: names the digit that pointer units stand for.
        at_1: noise -> share of stored digits that a damaged cue recalls.
        exact_at_1: the same by an exact search for the stored code with the largest overlap.
    """

    memory: HebbianMemory
    readout: LabelReadout
    at_1: Mapping[float, float]
    exact_at_1: Mapping[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Naming:
    """The held-out digits, named by spikes.

    Args:
        recording: of the recall circuit.
        ticks: of one presentation.
        labels: shape (digits,), read from the spikes of population ``labels``.
        accuracy: share that is right.
        knn_accuracy: the same for nearest neighbours on the images.
    """

    recording: Recording
    ticks: int
    labels: IntArray
    accuracy: float
    knn_accuracy: float


def encode(stored: Digits, held_out: Digits, settings: MemorySettings, seed: int) -> DemoCodes:
    """Spike codes of all digits; the encoder is centred on the stored ones."""
    encoder = KWTAEncoder.centred_on(stored.embeddings, units=settings.units, active=settings.active, seed=seed)
    codes = encoder.encode(stored.embeddings)
    centred = stored.embeddings - np.asarray(encoder.mean)
    correlation = code_cosine_correlation(centred, codes, settings.units)
    return DemoCodes(encoder, codes, encoder.encode(held_out.embeddings), correlation)


def fill_memory(
    codes: DemoCodes, labels: IntArray, settings: MemorySettings, seed: int
) -> tuple[HebbianMemory, LabelReadout]:
    """A memory that holds the stored codes, and its read-out."""
    memory = HebbianMemory(
        settings.units,
        pointer_units=settings.pointer_units,
        pointer_active=settings.pointer_active,
        seed=seed,
    )
    memory.store(codes.stored)
    readout = LabelReadout.learn(memory, codes.stored, labels, winners=settings.winners, seed=seed)
    return memory, readout


def recall_under_noise(codes: DemoCodes, stored: Digits, settings: DigitsSettings, advance: Advance) -> RecallOutcome:
    """Store the digits and recall each of them from cues with more and more units replaced."""
    memory, readout = fill_memory(codes, stored.labels, settings.memory, settings.seed)
    units, mine = settings.memory.units, np.arange(len(stored))
    found: dict[float, float] = {}
    exact: dict[float, float] = {}
    for number, noise in enumerate(settings.noise):
        cues = replace_units(codes.stored, units, noise, seed=settings.seed + 1 + number)
        found[noise] = float(np.mean(memory.recall(cues).indices[:, 0] == mine))
        exact[noise] = float(np.mean(overlap(cues, codes.stored, units).argmax(axis=1) == mine))
        advance(number + 1)
    return RecallOutcome(memory, readout, found, exact)


def name_held_out(
    codes: DemoCodes, recall: RecallOutcome, stored: Digits, held_out: Digits, advance: Advance
) -> Naming:
    """Name each held-out digit by the spikes of the recall circuit."""
    from sklearn.neighbors import KNeighborsClassifier

    ticks = recall_ticks(codes.encoder)
    circuit = recall_circuit(codes.encoder, recall.memory, recall.readout, held_out.embeddings)
    # Probed as the smaller circuit for silicon is, so that both share one compiled kernel.
    recording = simulate(probed(circuit, ticks * len(held_out)), ticks * len(held_out), progress=advance)
    labels = label_from_spikes(recording, codes.encoder, recall.readout)
    neighbours = KNeighborsClassifier(min(BASELINE_NEIGHBOURS, len(stored)))
    neighbours.fit(stored.embeddings, stored.labels)
    baseline = float(neighbours.score(held_out.embeddings, held_out.labels))
    return Naming(recording, ticks, labels, float(np.mean(labels == held_out.labels)), baseline)
