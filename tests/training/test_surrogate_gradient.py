"""Gradient-trained classifiers: torch and the circuit fire the same spikes."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.errors import InvalidInput, NumericalError
from neuro.motifs import LIFLayer, layer_spikes
from neuro.simulators import simulate
from neuro.spikes import Recording, Spikes
from neuro.training import LIFClassifier, SurrogateGradientTrainer, bernoulli_spikes
from neuro.training.surrogate_gradient import torch_spikes

torch = pytest.importorskip("torch", reason="install the extra 'train'")
STEPS = 10


def bars(count: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Three classes: which third of twelve channels is busy."""
    labels = np.random.default_rng(seed).integers(0, 3, count)
    rates = np.where(np.arange(12) // 4 == labels[:, None], 0.6, 0.15)
    return bernoulli_spikes(rates, STEPS, seed), labels


def test_it_learns_and_its_circuit_fires_torchs_spikes() -> None:
    spikes, labels = bars(300, 0)
    trainer = SurrogateGradientTrainer(hidden=(8,), epochs=8, rate=0.02)
    classifier = trainer.fit(spikes, labels)
    shown, truth = bars(60, 1)
    run = simulate(classifier.circuit(shown), classifier.ticks(60, STEPS))
    assert np.mean(classifier.named(run, STEPS) == truth) > 0.85
    for number, fired in enumerate(torch_spikes(classifier.layers, shown), start=1):
        assert fired.any()
        np.testing.assert_array_equal(layer_spikes(run, classifier.layers, STEPS, number), fired)
    again = trainer.fit(spikes, labels)
    np.testing.assert_array_equal(again.layers[0].weights, classifier.layers[0].weights)


def test_bad_input_is_refused() -> None:
    spikes, labels = bars(20, 0)
    with pytest.raises(InvalidInput, match="two classes or more"):
        SurrogateGradientTrainer().fit(spikes, 0 * labels)
    with pytest.raises(InvalidInput, match=r"labels \(3,\)"):
        SurrogateGradientTrainer().fit(spikes, labels[:3])
    with pytest.raises(InvalidInput, match=r"spikes \(0, .* not empty"):
        SurrogateGradientTrainer().fit(spikes[:0], labels[:0])
    with pytest.raises(InvalidInput, match="batch is 1"):
        SurrogateGradientTrainer(batch=1)
    with pytest.raises(NumericalError, match="at step 2"):
        SurrogateGradientTrainer(rate=3e37, epochs=3).fit(spikes.repeat(8, 0), labels.repeat(8))


def test_a_run_of_other_presentations_is_not_read() -> None:
    """Read by another length, 60 items had 66 answers."""
    classifier = LIFClassifier((LIFLayer(np.eye(2), 0.5),))
    recording = Recording(1e-3, 60, {"layer1": Spikes(np.arange(60), np.arange(60) % 2, 2)}, {}, {})
    assert classifier.named(recording, 9).shape == (6,)
    for steps, message in ((8, "60 ticks; whole presentations of 9"), (0, "steps is 0")):
        with pytest.raises(InvalidInput, match=message):
            classifier.named(recording, steps)


@pytest.mark.parametrize(
    ("values", "steps", "seed", "message"),
    [
        (np.array([[0.5, 1.01]]), 3, 0, "numbers from 0 to 1"),
        (np.array([[0.5, np.nan]]), 3, 0, "numbers from 0 to 1"),
        (np.array([0.5]), 3, 0, r"shape \(1,\)"),
        (np.array([[0.5]]), 0, 0, "steps is 0"),
        (np.array([[0.5]]), 3, -1, "seed is -1"),
    ],
)
def test_only_chances_become_spikes(values: np.ndarray, steps: int, seed: int, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        bernoulli_spikes(values, steps, seed)
