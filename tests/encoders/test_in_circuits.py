"""Codes run through circuits: a relay hands every code on unharmed, and neurons compute with it."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.circuit.circuit import Circuit, Population, Projection, Restart
from neuro.circuit.connections import Connections
from neuro.encoders import KWTAEncoder, LatencyEncoder, RegularRateEncoder, ScaledEncoder, SpikeCode, SpikeEncoder
from neuro.models import INTEGRATE_AND_FIRE, LIF_DELTA, static_synapse
from neuro.models.base import NeuronModel
from neuro.simulators import Brian2Reference, Compiled, FixedPoint, Simulator, simulate
from tests.encoders.spiking import KINDS, normalised, triples

# Takes a spike in every tick: what arrives in the tick of a spike outlives the reset, which only subtracts.
RELAY = NeuronModel(equations="v : volt", threshold="v > 10*mV", reset="v -= 30*mV")


def relayed(
    encoder: SpikeEncoder,
    vectors: np.ndarray,
    model: NeuronModel,
    *,
    on: Simulator | None = None,
    weight: float = 30e-3,
    restarts: int = 0,
) -> SpikeCode:
    """What one neuron for each neuron of the code fires, one tick later, driven by it alone."""
    size, shown = encoder.neurons, len(vectors)
    one_to_one = Connections.from_pairs(np.arange(size), np.arange(size), size, size)
    circuit = Circuit(
        1e-3,
        [Population("relay", size, model)],
        [Projection("wires", "code", "relay", static_synapse("v"), one_to_one, {"w": weight})],
        [encoder.stimulus(vectors, "code")],
        restarts=[Restart("relay", np.arange(restarts) * encoder.ticks)],
    )
    spikes = simulate(circuit, shown * encoder.ticks + 1, on=on).spikes["relay"]
    return SpikeCode.from_spikes(spikes, encoder.ticks, shown, start=1)


@pytest.mark.parametrize("kind", KINDS)
def test_a_relay_hands_every_code_on(kind: type[SpikeEncoder]) -> None:
    vectors, encoder = normalised(5, 16), kind(16)
    sent, arrived = encoder.encode(vectors), relayed(encoder, vectors, RELAY)
    assert triples(arrived) == triples(sent)
    np.testing.assert_array_equal(encoder.decode(arrived), encoder.decode(sent))


@pytest.mark.parametrize("on", [Compiled(), FixedPoint(), Brian2Reference()], ids=lambda on: type(on).__name__)
@pytest.mark.parametrize("kind", [LatencyEncoder, RegularRateEncoder])
def test_vectors_come_back_from_neurons(kind: type[ScaledEncoder], on: Simulator) -> None:
    """Through integrators whose threshold one spike crosses, on every simulator."""
    vectors = normalised(4, 24)
    encoder = kind.fit(vectors)
    arrived = relayed(encoder, vectors, INTEGRATE_AND_FIRE, on=on)
    step = encoder.scale / (64 if kind is LatencyEncoder else 32)
    assert np.abs(encoder.decode(arrived) - vectors).max() <= step / 2 * (1 + 1e-9)


def test_leaky_neurons_relay_a_latency_code() -> None:
    vectors = normalised(4, 24)
    encoder = LatencyEncoder.fit(vectors)
    assert triples(relayed(encoder, vectors, LIF_DELTA)) == triples(encoder.encode(vectors))


def test_an_integrator_of_twice_the_threshold_halves_a_rate() -> None:
    """Two spikes of 10.5 mV cross 20 mV: floor(count / 2) spikes, half the value within a step."""
    vectors = normalised(4, 24)
    encoder = RegularRateEncoder.fit(vectors, ticks=128, peak=32)
    arrived = relayed(encoder, vectors, INTEGRATE_AND_FIRE, weight=10.5e-3, restarts=4)
    np.testing.assert_array_equal(arrived.counts(), encoder.encode(vectors).counts() // 2)
    assert np.abs(encoder.decode(arrived) - vectors / 2).max() <= encoder.scale / 32


def test_the_spike_list_of_kwta_is_what_its_circuit_fires() -> None:
    vectors = np.vstack([normalised(6, 24), np.zeros((1, 24))])
    encoder = KWTAEncoder(24, units=200, active=20)
    given = encoder.stimulus(vectors, "encoder")
    run = simulate(encoder.circuit(vectors), len(vectors) * encoder.ticks).spikes["encoder"]
    np.testing.assert_array_equal(given.ticks, run.ticks)
    np.testing.assert_array_equal(given.indices, run.indices)
