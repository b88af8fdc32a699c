"""Layers of LIF neurons: step for step a plain loop, on Brian2, in integers with exact weights, and their refusals."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.motifs import LIFLayer, layer_spikes, lif_layers, presentation_ticks
from neuro.simulators import Brian2Reference, simulate

RANDOM = np.random.default_rng(0)
SPIKES = RANDOM.random((5, 12, 6)) < 0.3


def grid(*shape: int) -> np.ndarray:
    return np.round(RANDOM.normal(0, 0.6, shape) * 64) / 64


LAYERS = (
    LIFLayer(grid(9, 6), 0.875, bias=grid(9) / 4),
    LIFLayer(grid(4, 9), 0.75, threshold=1.5, reset=0.25, rest=0.125),
)


def loop(layers: tuple[LIFLayer, ...], spikes: np.ndarray) -> list[np.ndarray]:
    """The equation of the module, item by item and step by step."""
    fired, inputs = [], spikes.astype(float)
    for layer in layers:
        v, outputs = np.zeros((len(inputs), layer.neurons)), np.zeros((*inputs.shape[:2], layer.neurons), bool)
        for step in range(inputs.shape[1]):
            v = layer.decay * v + (1 - layer.decay) * layer.rest + inputs[:, step] @ layer.weights.T
            v = v if layer.bias is None else v + layer.bias
            outputs[:, step] = v > layer.threshold
            v[outputs[:, step]] = layer.reset
        fired.append(outputs)
        inputs = outputs.astype(float)
    return fired


def test_the_circuit_is_the_loop_and_brian2_agrees() -> None:
    circuit, ticks = lif_layers(LAYERS, SPIKES), 5 * presentation_ticks(LAYERS, 12)
    run = simulate(circuit, ticks)
    for number, expected in enumerate(loop(LAYERS, SPIKES), start=1):
        assert 0.02 < expected.mean() < 0.9
        np.testing.assert_array_equal(layer_spikes(run, LAYERS, 12, number), expected)
    assert run.mismatches(simulate(circuit, ticks, on=Brian2Reference())) == 0


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: LIFLayer(np.ones(3), 0.5), r"shape \(3,\)"),
        (lambda: LIFLayer(np.full((1, 1), np.nan), 0.5), "finite numbers"),
        (lambda: LIFLayer(np.ones((2, 3)), 1.0), "decay is 1.0"),
        (lambda: LIFLayer(np.ones((2, 3)), 0.5, threshold=0.0), "threshold is 0.0"),
        (lambda: LIFLayer(np.ones((2, 3)), 0.5, reset=2.0), "reset 2.0"),
        (lambda: LIFLayer(np.ones((2, 3)), 0.5, bias=np.ones(3)), r"\(2,\)"),
        (lambda: lif_layers((), SPIKES), "at least one layer"),
        (lambda: lif_layers((LAYERS[0], LAYERS[0]), SPIKES), "9 neurons feeds one that takes 6"),
        (lambda: lif_layers(LAYERS, SPIKES[0]), r"\(items, steps, 6\)"),
        (lambda: lif_layers(LAYERS, SPIKES * 2), "something else than 0 and 1"),
    ],
)
def test_bad_layers_are_refused(make: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        make()
