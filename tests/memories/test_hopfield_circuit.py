"""The Hopfield circuit: its winner is the matrices', its spikes follow the attention, on every simulator that can."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories import (
    Activation,
    HopfieldReading,
    ModernHopfield,
    Similarity,
    hopfield_circuit,
    synaptic_operations,
)
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate
from tests.memories.cases import random_vectors


def filled(similarity: Similarity = Similarity.COSINE, beta: float = 6.0) -> tuple[ModernHopfield, np.ndarray]:
    memory = ModernHopfield(32, beta=beta, similarity=similarity)
    memory.store(random_vectors(20, 1), indices=np.arange(20) + 50)
    return memory, random_vectors(24, 2)


@pytest.mark.parametrize(
    "on",
    [Compiled(), pytest.param(FixedPoint(), marks=pytest.mark.long), Brian2Reference()],
    ids=lambda on: type(on).__name__,
)
def test_the_winner_is_that_of_the_matrices(on: Simulator) -> None:
    memory, cues = filled()
    reading = HopfieldReading()
    run = simulate(hopfield_circuit(memory, cues, reading), reading.ticks * len(cues), on=on)
    np.testing.assert_array_equal(reading.winners(run, memory), memory.recall(cues).indices[:, 0])


@pytest.mark.parametrize(
    "similarity", [Similarity.COSINE, pytest.param(Similarity.DOT, marks=pytest.mark.long)], ids=str
)
def test_shares_of_spikes_tend_to_the_attention(similarity: Similarity) -> None:
    memory, cues = filled(similarity)
    reading = HopfieldReading(bits=10, samples=4000)
    run = simulate(hopfield_circuit(memory, 2 * cues[:4], reading), reading.ticks * 4)
    expected = memory.recall(2 * cues[:4])
    np.testing.assert_array_equal(reading.winners(run, memory), expected.indices[:, 0])
    weights = expected.retrieval.attention.astype(np.float64)
    found = reading.attention(run, memory)
    # Chi-squared of 19 degrees of freedom: mean 19, standard deviation 6.2.
    assert np.max(4000 * np.sum((found - weights) ** 2 / weights, axis=1)) < 19 + 5 * 6.2
    assert np.max(weights) > 3 * np.min(weights), "the case must prefer something"


def test_brian2_draws_the_same_spikes() -> None:
    memory, cues = filled()
    reading = HopfieldReading(bits=8, samples=40)
    circuit = hopfield_circuit(memory, cues[:3], reading, seed=5)
    mine, brian2 = (simulate(circuit, 3 * reading.ticks, on=on) for on in (Compiled(), Brian2Reference()))
    assert mine.mismatches(brian2) == 0
    assert len(mine.spikes["hidden"]) == 3 * 41
    other = simulate(hopfield_circuit(memory, cues[:3], reading, seed=6), 3 * reading.ticks)
    assert other.mismatches(mine) > 0


def test_every_bit_that_is_set_reaches_every_hidden_neuron() -> None:
    memory = ModernHopfield(2, beta=1.0)
    memory.store(np.array([[3, 4], [4, -3]], np.float32))
    reading = HopfieldReading(bits=4)
    circuit = hopfield_circuit(memory, np.array([1, -1], np.float32), reading)
    run = simulate(circuit, reading.ticks)
    assert reading.winners(run, memory).tolist() == [1]
    # Both components are 15, four bits, onto two neurons; the gate reaches both.
    assert sum(synaptic_operations(circuit, run).values()) == 2 * 4 * 2 + 2


def test_what_does_not_fit_is_refused() -> None:
    memory, cues = filled()
    with pytest.raises(InvalidInput, match="circuit of an empty memory"):
        hopfield_circuit(ModernHopfield(32), cues)
    sparse = ModernHopfield(32, beta=1.0, activation=Activation.SPARSEMAX)
    sparse.store(cues)
    with pytest.raises(InvalidInput, match="samples follow softmax"):
        hopfield_circuit(sparse, cues, HopfieldReading(samples=3))
    with pytest.raises(InvalidInput, match="bits is 1"):
        HopfieldReading(bits=1)
    with pytest.raises(InvalidInput, match="3 dimensions"):
        hopfield_circuit(memory, np.ones(3, np.float32))
    reading = HopfieldReading(bits=4)
    run = simulate(hopfield_circuit(memory, cues[:2], reading), 2 * reading.ticks)
    with pytest.raises(InvalidInput, match="no whole presentations"):
        HopfieldReading(bits=6).winners(run, memory)
    with pytest.raises(InvalidInput, match="samples is 0"):
        reading.attention(run, memory)
    with pytest.raises(InvalidInput, match="0 spikes in 2 presentations"):
        HopfieldReading(bits=2, samples=2).winners(run, memory)
