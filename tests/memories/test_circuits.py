"""The recall circuit: the label read from spikes is the label of the matrix path, and it is a good one."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import pytest
from sklearn.datasets import load_digits
from sklearn.model_selection import train_test_split
from sklearn.neighbors import KNeighborsClassifier

from neuro.encoders import KWTAEncoder, codes_from_spikes
from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, LabelReadout, classify, label_from_spikes, recall_circuit, recall_ticks
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate
from neuro.spikes import Recording, Spikes


@dataclass(frozen=True)
class Digits:
    """Digits, split, encoded, stored and named."""

    train: np.ndarray
    held_out: np.ndarray
    train_labels: np.ndarray
    labels: np.ndarray
    encoder: KWTAEncoder
    memory: HebbianMemory
    readout: LabelReadout

    @property
    def accuracy(self) -> float:
        named = classify(self.encoder, self.memory, self.readout, self.held_out)
        return float(np.mean(named == self.labels))


def split(seed: int) -> list[np.ndarray]:
    data = load_digits()
    parts = train_test_split(data.data, data.target, test_size=360, stratify=data.target, random_state=seed)
    return list(parts)


def full(seed: int) -> Digits:
    train, held_out, train_labels, labels = split(seed)
    encoder = KWTAEncoder.centred_on(train, seed=seed)
    memory = HebbianMemory(encoder.units, seed=seed)
    memory.store(encoder.encode(train))
    readout = LabelReadout.learn(memory, encoder.encode(train), train_labels, seed=seed)
    return Digits(train, held_out, train_labels, labels, encoder, memory, readout)


@cache
def small(seed: int = 0) -> Digits:
    """522 neurons and 19,000 synapses: what fits a small chip. 300 digits stored, all used to learn the
    votes."""
    train, held_out, train_labels, labels = split(seed)
    encoder = KWTAEncoder.centred_on(train, units=256, active=32, seed=seed)
    memory = HebbianMemory(256, pointer_units=256, pointer_active=2, seed=seed)
    memory.store(encoder.encode(train[:300]))
    readout = LabelReadout.learn(memory, encoder.encode(train), train_labels, winners=32, seed=seed)
    return Digits(train, held_out, train_labels, labels, encoder, memory, readout)


@pytest.mark.parametrize("seed", range(5))
def test_held_out_digits_are_named_almost_as_well_as_by_their_neighbours(seed: int) -> None:
    digits = full(seed)
    neighbours = KNeighborsClassifier(3).fit(digits.train, digits.train_labels)
    assert digits.accuracy >= neighbours.score(digits.held_out, digits.labels) - 0.02


def test_the_small_circuit_still_names_nine_in_ten() -> None:
    assert np.mean([small(seed).accuracy for seed in range(3)]) > 0.91


def test_the_small_circuit_is_small() -> None:
    digits = small()
    circuit = recall_circuit(digits.encoder, digits.memory, digits.readout, digits.held_out[:1])
    assert sum(population.size for population in circuit.populations) == 522
    assert sum(projection.connections.synapses for projection in circuit.projections) < 20_000


@pytest.mark.parametrize(
    "on",
    [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long), Brian2Reference()],
    ids=["Compiled", "FixedPoint", "Brian2Reference"],
)
def test_spikes_say_what_the_matrices_say(on: Simulator) -> None:
    digits = small()
    shown = np.vstack([digits.held_out[:20], digits.train[:8], [digits.encoder.mean], np.ones((1, 64))])
    circuit = recall_circuit(digits.encoder, digits.memory, digits.readout, shown)
    ticks = recall_ticks(digits.encoder)
    run = simulate(circuit, ticks * len(shown), on=on)
    codes = digits.encoder.encode(shown)
    np.testing.assert_array_equal(codes_from_spikes(run, ticks), codes)
    pointers = digits.readout.pointers(digits.memory, codes)
    np.testing.assert_array_equal(codes_from_spikes(run, ticks, "pointers"), pointers)
    named = classify(digits.encoder, digits.memory, digits.readout, shown)
    np.testing.assert_array_equal(label_from_spikes(run, digits.encoder, digits.readout), named)


def test_the_label_depends_on_the_memory() -> None:
    # A read-out that ignored the memory's spikes would name these as before.
    digits = small()
    other = HebbianMemory(256, pointer_units=256, pointer_active=2, seed=1)
    other.store(digits.encoder.encode(digits.train[:300]))
    named = classify(digits.encoder, other, digits.readout, digits.held_out)
    assert np.mean(named == digits.labels) < 0.3


def test_one_embedding_has_one_label() -> None:
    digits = small()
    label = classify(digits.encoder, digits.memory, digits.readout, digits.held_out[0])
    assert label.shape == ()
    circuit = recall_circuit(digits.encoder, digits.memory, digits.readout, digits.held_out[0])
    run = simulate(circuit, recall_ticks(digits.encoder))
    np.testing.assert_array_equal(label_from_spikes(run, digits.encoder, digits.readout), [label])


def test_parts_of_other_sizes_are_refused() -> None:
    digits = small()
    shown = digits.held_out[:1]
    other = KWTAEncoder(64, units=200, active=32)
    with pytest.raises(InvalidInput, match="the encoder has 200 units, the memory takes cues of 256"):
        recall_circuit(other, digits.memory, digits.readout, shown)
    with pytest.raises(InvalidInput, match="the encoder has 200 units, the memory takes cues of 256"):
        classify(other, digits.memory, digits.readout, shown)
    larger = HebbianMemory(256, pointer_units=300)
    with pytest.raises(InvalidInput, match="the read-out has 256 pointer units, the memory 300"):
        recall_circuit(digits.encoder, larger, digits.readout, shown)
    empty = HebbianMemory(256, pointer_units=256)
    with pytest.raises(InvalidInput, match="an empty memory would name nothing"):
        recall_circuit(digits.encoder, empty, digits.readout, shown)
    with pytest.raises(InvalidInput, match="embeddings have 3 dimensions; this encoder takes 64"):
        recall_circuit(digits.encoder, digits.memory, digits.readout, np.zeros((1, 3)))


def test_two_labels_are_no_answer() -> None:
    digits = small()
    spikes = Spikes(np.array([2, 2]), np.array([0, 1]), 10)
    run = Recording(0.001, recall_ticks(digits.encoder), {"labels": spikes})
    with pytest.raises(InvalidInput, match="2 labels fired in each presentation; one is allowed"):
        label_from_spikes(run, digits.encoder, digits.readout)
