"""TPAM: it completes sparse phasor patterns, in matrices and in spikes alike."""

from __future__ import annotations

import numpy as np
import pytest

from neuro import simulate
from neuro.errors import InvalidInput
from neuro.memories.vsa import ThresholdPhasorAssociativeMemory, final_phasors, phasor_memory_circuit, turn_ticks
from neuro.simulators import Brian2Reference
from tests.memories.cases import sparse_phasors


def corrupted(patterns: np.ndarray, seed: int) -> np.ndarray:
    """A quarter of the active units silent, .3 rad of noise on the rest."""
    random = np.random.default_rng(seed)
    cues = patterns * np.exp(1j * random.normal(0, 0.3, patterns.shape)).astype(np.complex64)
    for cue in cues:
        on = np.flatnonzero(cue)
        cue[random.permutation(on)[: on.size // 4]] = 0
    return cues


def likeness(states: np.ndarray, patterns: np.ndarray) -> np.ndarray:
    return np.abs(np.sum(np.conj(patterns) * states, axis=1)) / 20


def filled(items: int = 40) -> tuple[ThresholdPhasorAssociativeMemory, np.ndarray]:
    memory, patterns = ThresholdPhasorAssociativeMemory(200, 20), sparse_phasors(items, 0)
    memory.store(patterns)
    return memory, patterns


def test_weights_are_the_hebbian_sum_without_self_synapses() -> None:
    memory, patterns = filled(5)
    expected = np.einsum("pi,pj->ij", patterns, np.conj(patterns)) / 20
    np.fill_diagonal(expected, 0)
    np.testing.assert_allclose(memory.weights, expected, atol=1e-6)


def test_corrupted_cues_complete() -> None:
    memory, patterns = filled()
    answer = memory.recall(corrupted(patterns, 1))
    np.testing.assert_array_equal(answer.indices[:, 0], np.arange(40))
    assert answer.values is not None
    assert likeness(answer.values[:, 0], patterns).mean() > 0.97


def test_a_common_turn_of_all_phases_changes_nothing() -> None:
    memory, patterns = filled()
    plain, turned = memory.recall(patterns), memory.recall(patterns * np.complex64(np.exp(1j)))
    np.testing.assert_allclose(turned.scores, plain.scores, atol=1e-3)


def test_without_the_threshold_the_silent_do_not_stay_silent() -> None:
    patterns = sparse_phasors(40, 0)
    dense = ThresholdPhasorAssociativeMemory(200, 200)
    dense.store(patterns)
    values = dense.recall(corrupted(patterns, 1)).values
    assert values is not None
    assert np.count_nonzero(values[:, 0], axis=1).min() > 100


def test_spikes_settle_as_the_matrix_does_and_brian2_agrees() -> None:
    memory, patterns = filled(20)
    cues = corrupted(patterns, 1)[:2]
    circuit, ticks = phasor_memory_circuit(memory, cues, updates=3, slots=50), 2 * turn_ticks(3, 50)
    recording = simulate(circuit, ticks)
    states = final_phasors(recording, 2, updates=3, slots=50)
    assert np.count_nonzero(states, axis=1).tolist() == [20, 20]
    values = memory.recall(cues).values
    assert values is not None
    assert likeness(states, patterns[:2]).min() > likeness(values[:, 0], patterns[:2]).min() - 0.03
    assert recording.mismatches(Brian2Reference().run(circuit, ticks)) == 0


def test_bad_input_is_named() -> None:
    memory, patterns = filled(3)
    with pytest.raises(InvalidInput, match="active is 11; a whole number from 1 to 10"):
        ThresholdPhasorAssociativeMemory(10, 11)
    with pytest.raises(InvalidInput, match="circuit of an empty memory"):
        phasor_memory_circuit(ThresholdPhasorAssociativeMemory(200, 20), patterns)
    with pytest.raises(InvalidInput, match="3 dimensions; 200 are allowed"):
        phasor_memory_circuit(memory, np.ones(3, complex))
    with pytest.raises(InvalidInput, match="updates is 0"):
        phasor_memory_circuit(memory, patterns, updates=0)
    with pytest.raises(InvalidInput, match="slots is"):
        turn_ticks(3, 50.5)  # type: ignore[arg-type]
