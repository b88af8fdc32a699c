"""The item circuit: the neuron that fires is the item that the matrices name."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.encoders import KWTAEncoder, codes_from_spikes, top_units
from neuro.errors import InvalidInput
from neuro.memories import (
    HebbianMemory,
    item_by_winners,
    item_circuit,
    item_from_spikes,
    recall_ticks,
    synaptic_operations,
)
from neuro.simulators import Compiled, FixedPoint, Simulator, simulate

ITEMS, WINNERS = 60, 40


def parts() -> tuple[KWTAEncoder, HebbianMemory, np.ndarray]:
    vectors = np.random.default_rng(3).standard_normal((ITEMS, 24))
    encoder = KWTAEncoder.centred_on(vectors, units=200, active=20)
    memory = HebbianMemory(200, pointer_units=128, pointer_active=6)
    memory.store(encoder.encode(vectors), indices=np.arange(ITEMS) * 3 + 1)
    return encoder, memory, vectors


@pytest.mark.parametrize(
    "on", [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long)], ids=["Compiled", "FixedPoint"]
)
def test_spikes_name_the_item_that_the_matrices_name(on: Simulator) -> None:
    encoder, memory, vectors = parts()
    memory.forget([7])
    shown = vectors + 0.8 * np.random.default_rng(4).standard_normal(vectors.shape)
    circuit = item_circuit(encoder, memory, shown, winners=WINNERS)
    ticks = recall_ticks(encoder)
    run = simulate(circuit, ticks * ITEMS, on=on)
    codes = encoder.encode(shown)
    pointers = top_units(memory.activity(codes), WINNERS)
    np.testing.assert_array_equal(codes_from_spikes(run, ticks, "pointers"), pointers)
    named = item_from_spikes(run, encoder, memory)
    np.testing.assert_array_equal(named, item_by_winners(memory, codes, winners=WINNERS))
    assert len(np.unique(named)) > ITEMS / 3
    operations = synaptic_operations(circuit, run)
    reached = memory.weights.sum(axis=1)[codes].sum()
    assert operations["memory_weights"] == reached
    assert operations["gate_weights"] == ITEMS * memory.pointer_units
    assert operations["item_gate_weights"] == ITEMS * len(memory)
    per_unit = np.bincount(memory.pointers(memory.indices).ravel(), minlength=memory.pointer_units)
    assert operations["item_weights"] == per_unit[pointers].sum()


def test_stored_items_are_named_as_recall_names_them() -> None:
    encoder, memory, vectors = parts()
    codes = encoder.encode(vectors)
    np.testing.assert_array_equal(item_by_winners(memory, codes, winners=6), memory.recall(codes).indices[:, 0])
    assert item_by_winners(memory, codes[5], winners=6) == 16


def test_the_item_that_fires_depends_on_the_weights() -> None:
    encoder, memory, vectors = parts()
    other = HebbianMemory(200, pointer_units=128, pointer_active=6, seed=1)
    other.store(encoder.encode(vectors))
    state = memory.state() | {"weights": other.state()["weights"]}
    named = item_by_winners(HebbianMemory.from_state(state), encoder.encode(vectors), winners=6)
    assert np.mean(named == memory.indices) < 0.2


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"encoder": KWTAEncoder(24, units=100, active=20)}, "the encoder has 100 units, the memory takes cues of 200"),
        ({"memory": HebbianMemory(200)}, "an empty memory would name nothing"),
        ({"winners": 0}, "winners is 0; a whole number from 1 to 128"),
    ],
)
def test_what_does_not_fit_is_refused(wrong: dict[str, Any], message: str) -> None:
    encoder, memory, vectors = parts()
    given = {"encoder": encoder, "memory": memory, "embeddings": vectors, "winners": 6} | wrong
    with pytest.raises(InvalidInput, match=message):
        item_circuit(**given)
