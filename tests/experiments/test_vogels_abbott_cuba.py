"""The current-based network: equal to Brian2 spike for spike, irregular, and neither where it is tampered with."""

from __future__ import annotations

from dataclasses import replace

import pytest

from neuro import Circuit, Recording
from neuro.experiments import Result, vogels_abbott_cuba
from neuro.experiments.vogels_abbott_cuba import CubaSettings, cuba_circuit, run_cuba
from neuro.progress import QuietStages
from neuro.simulators import Compiled
from neuro.spikes import Progress

# An eighth of the neurons with eight times the chance of a synapse: each neuron has as many as in the benchmark.
SMALL = CubaSettings(size=500, probability=0.16, duration=4.0, against_brian2=0.05)


def run(settings: CubaSettings) -> Result:
    return run_cuba(settings, 1, QuietStages())


@pytest.mark.long
@pytest.mark.slow
def test_every_spike_is_brian2s_and_activity_is_irregular() -> None:
    result = run(SMALL)
    assert result.missed == ()
    assert result.row("spikes-brian2").value > 100
    assert result.row("mismatches-with-brian2").value == 0
    assert 2 < result.row("rate").value < 12
    assert result.plots["activity"]().get_xlabel() == "time (ms)"


class Tampered:
    """In Brian2's place: the same network with excitation stronger by a thousandth."""

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        first, *rest = circuit.projections
        changed = replace(first, parameters={"w": first.parameters["w"] * 1.001})
        return Compiled().run(replace(circuit, projections=[changed, *rest]), ticks, progress)


def test_without_inhibition_it_is_regular_and_a_changed_weight_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vogels_abbott_cuba, "Brian2Reference", Tampered)
    result = run(replace(SMALL, inhibition=0.0, duration=1.0))
    assert {"mismatches-with-brian2", "cv"} <= set(result.missed)


def test_the_seed_draws_the_network() -> None:
    one, same, other = (cuba_circuit(replace(SMALL, size=100), seed).projections[0].connections for seed in (1, 1, 2))
    assert one.column.tolist() == same.column.tolist() != other.column.tolist()  # type: ignore[union-attr]
