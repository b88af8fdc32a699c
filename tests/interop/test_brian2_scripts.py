"""Brian2 scripts as users write them: what loads gives Brian2's own spikes, what does not says why."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pytest
from brian2 import SpikeMonitor, second, seed

from neuro import simulate
from neuro.circuit.circuit import Circuit
from neuro.interop import from_brian2
from neuro.simulators.brian2.recorder import on_numpy
from tests.interop.brian2_scripts import CASES, Case
from tests.interop.brian2_scripts.script import Script

SLOW = (
    "cuba",
    "coba_hodgkin_huxley",
    "synfire_chain",
    "inhibitory_plasticity",
    "decaying_weights",
    "pyramidal_interneuron_gamma",
)
"""Large networks; the same features load in smaller scripts."""
LOADS = [
    pytest.param(case, id=case.name, marks=[pytest.mark.long] if case.name in SLOW else [])
    for case in CASES
    if case.refused is None and not case.random
]
RANDOM = [case for case in CASES if case.random]


def brian2_spikes(script: Script, circuit: Circuit, ticks: int) -> Mapping[str, tuple[list[int], list[int]]]:
    """Group -> (ticks, indices) of the spikes that Brian2 itself gives, from where the network is."""
    network, names = script.network, {part.name for part in circuit.neurons}
    start = round(float(network.t) / circuit.dt)
    monitors = {
        item.name: SpikeMonitor(item)
        for item in network.objects
        if item.name in names and "spike" in getattr(item, "events", {})
    }
    network.add(*monitors.values())
    network.run(ticks * circuit.dt * second, namespace=dict(script.namespace))
    return {
        name: (
            (np.rint(np.asarray(monitor.t) / circuit.dt).astype(int) - start).tolist(),
            np.asarray(monitor.i).tolist(),
        )
        for name, monitor in monitors.items()
    }


def assert_equal_spikes(script: Script, circuit: Circuit, ticks: int) -> int:
    """Every spike of every group is the same; how many there were in neurons."""
    recording = simulate(circuit, ticks)
    expected = brian2_spikes(script, circuit, ticks)
    assert set(recording.spikes) >= set(expected)
    for name, (at, index) in expected.items():
        found = recording.spikes[name]
        assert sorted(zip(found.ticks.tolist(), found.indices.tolist(), strict=True)) == sorted(
            zip(at, index, strict=True)
        ), name
    return sum(len(recording.spikes[part.name]) for part in circuit.populations)


@pytest.mark.parametrize("case", LOADS)
def test_a_script_that_loads_has_brian2_s_spikes(case: Case) -> None:
    with on_numpy():
        script = case.build()
        circuit = from_brian2(script.network, namespace=script.namespace)
        spikes = assert_equal_spikes(script, circuit, case.ticks)
    neurons = sum(part.size for part in circuit.populations)
    assert neurons / 4 < spikes < neurons * case.ticks / 4


@pytest.mark.parametrize("case", RANDOM, ids=lambda case: case.name)
def test_a_random_script_that_loads_fires_as_often(case: Case) -> None:
    with on_numpy():
        script = case.build()
        circuit = from_brian2(script.network, namespace=script.namespace)
        seed(1)
        expected = sum(len(at) for at, _ in brian2_spikes(script, circuit, case.ticks).values())
    # Noise of 0.1 jitters intervals of about 35 ms little: the counts of 5 neurons agree within a fifth.
    assert expected > 20
    assert simulate(circuit, case.ticks).spike_count == pytest.approx(expected, rel=0.2)


def test_most_scripts_load() -> None:
    assert len(CASES) >= 24
    assert len(LOADS) >= 0.75 * len(CASES)
