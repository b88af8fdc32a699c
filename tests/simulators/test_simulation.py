"""Stepping, closed loops, checkpoints, batches and cancelling give what one long run gives."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuro import (
    Circuit,
    CurrentInput,
    FixedPoint,
    Population,
    Probe,
    Simulation,
    SpikeSource,
    simulate,
    simulate_batch,
)
from neuro.errors import CircuitError, InvalidInput, NumericalError
from neuro.models import LIF_DELTA, Method, NeuronModel
from neuro.simulators.quantisation_report import spike_coincidence
from neuro.spikes import Spikes
from tests.conformance.circuits import plastic, several_projections

DRIVE = np.full((20, 2), 25e-3)


def test_steps_give_the_spikes_of_one_run() -> None:
    circuit = several_projections()
    whole = simulate(circuit, 400)
    simulation = Simulation(circuit)
    fired = [simulation.step() for _ in range(150)]
    rest = simulation.run(250)
    stepped = [(tick, i) for tick, spikes in enumerate(fired) for i in spikes["a"].tolist()]
    expected = whole.spikes["a"]
    assert stepped == list(zip(*(part.tolist() for part in _arrays(expected.between(0, 150))), strict=True))
    assert rest.spikes["a"].mismatches(expected.between(150, 400)) == 0
    assert np.array_equal(rest.probes["b", "v"], whole.probes["b", "v"][150:])
    assert np.array_equal(rest.probes["a", "g"], whole.probes["a", "g"][-(-150 // 7) :])


def _arrays(spikes: object) -> tuple[np.ndarray, np.ndarray]:
    return spikes.ticks, spikes.indices  # type: ignore[attr-defined]


def test_a_loop_closed_in_python_equals_the_same_input_given_beforehand() -> None:
    circuit = Circuit(1e-3, [Population("a", 3, LIF_DELTA)])
    rng = np.random.default_rng(1)
    drive = rng.uniform(15e-3, 40e-3, (200, 3))
    simulation = Simulation(circuit)
    fired = [simulation.step({("a", "I"): row})["a"] for row in drive]
    given = simulate(replace(circuit, stimuli=[CurrentInput("a", "I", drive)]), 200)
    assert sum(len(indices) for indices in fired) == len(given.spikes["a"]) > 20
    assert [i for indices in fired for i in indices.tolist()] == given.spikes["a"].indices.tolist()


def test_injected_spikes_join_a_source_s_own() -> None:
    circuit = plastic(1)
    own = circuit.sources[0]
    extra = SpikeSource("s", 8, np.arange(10, 60, 10), np.arange(5))
    both = sorted({*zip(*_lists(own), strict=True), *zip(*_lists(extra), strict=True)})
    expected = simulate(replace(circuit, stimuli=[SpikeSource("s", 8, *np.array(both).T)]), 300)
    simulation = Simulation(circuit)
    injected = dict(zip(*_lists(extra), strict=True))
    for tick in range(300):
        simulation.step(spikes={"s": [injected[tick]]} if tick in injected else None)
    assert np.array_equal(simulation.get("sa", "w"), expected.final["sa", "w"])
    assert np.array_equal(simulation.get("a", "v"), expected.final["a", "v"])


def _lists(source: SpikeSource) -> tuple[list[int], list[int]]:
    return np.asarray(source.ticks).tolist(), np.asarray(source.indices).tolist()


def test_a_checkpoint_brings_everything_back() -> None:
    simulation = Simulation(plastic([0, 1, 3]))
    simulation.run(120)
    kept = simulation.checkpoint()
    first = simulation.run(180)
    simulation.restore(kept)
    assert simulation.tick == 120
    second = simulation.run(180)
    elsewhere = Simulation(plastic([0, 1, 3]))
    elsewhere.restore(kept)
    third = elsewhere.run(180)
    for again in (second, third):
        assert again.mismatches(first) == 0
        assert again.largest_difference(first) == 0.0
    assert first.spike_count > 0


def test_a_foreign_checkpoint_is_refused() -> None:
    kept = Simulation(plastic(1)).checkpoint()
    with pytest.raises(InvalidInput, match="of another circuit"):
        Simulation(several_projections()).restore(kept)


BAD_STEPS = {
    "population": ({"inputs": {("x", "I"): 1.0}}, "no population or projection 'x'"),
    "variable": ({"inputs": {("a", "x"): 1.0}}, r"'a' has no variable 'x'; it has \['v', 'I'\]"),
    "shape": ({"inputs": {("a", "I"): [1.0, 2.0]}}, r"shape \(2,\); \(\) or \(3,\)"),
    "nan": ({"inputs": {("a", "I"): np.nan}}, "finite numbers"),
    "source": ({"spikes": {"x": [0]}}, "no spike source 'x'"),
    "index": ({"spikes": {"s": [4]}}, "0 to 3 are allowed"),
    "kind": ({"spikes": {"s": [0.5]}}, "whole numbers are allowed"),
}


@pytest.mark.parametrize(("given", "message"), BAD_STEPS.values(), ids=BAD_STEPS)
def test_a_bad_step_is_refused_before_anything_changes(given: dict[str, object], message: str) -> None:
    source = SpikeSource("s", 4, np.zeros(0, int), np.zeros(0, int))
    simulation = Simulation(Circuit(1e-3, [Population("a", 3, LIF_DELTA)], stimuli=[source]))
    with pytest.raises(InvalidInput, match=message):
        simulation.step(**given)  # type: ignore[arg-type]
    assert simulation.tick == 0
    assert np.all(simulation.get("a", "I") == 0.0)


def _drives(count: int) -> list[list[CurrentInput]]:
    return [[CurrentInput("a", "I", np.full((1, 3), (18 + 3 * at) * 1e-3), every=300)] for at in range(count)]


def test_a_quantised_program_takes_whole_steps_only() -> None:
    """25 mV given as 0.025 became 0 steps: no drive, and no word of it."""
    circuit = Circuit(
        1e-3, [Population("a", 2, LIF_DELTA, {}, {"v": [10e-3, 0.0]})], [], [CurrentInput("a", "I", DRIVE)]
    )
    program = FixedPoint().quantise(circuit, len(DRIVE)).program
    form = next(state.format for state in program.populations[0].states if state.name == "v")
    assert form is not None
    simulation = Simulation.of_program(program)
    before = simulation.get("a", "v")
    for wrong in (25e-3, [0, 0.5], form.highest + 1, form.lowest - 1, 1e30):
        for call in (lambda given: simulation.set("a", "v", given), lambda given: simulation.step({("a", "v"): given})):
            with pytest.raises(
                InvalidInput, match=f"counts steps of {form.step:g} in this program; whole numbers from"
            ):
                call(wrong)
    assert np.array_equal(simulation.get("a", "v"), before)
    assert simulation.tick == 0
    simulation.set("a", "v", [3.0, form.lowest])
    assert simulation.get("a", "v").tolist() == [3, form.lowest]


@pytest.mark.parametrize("window", [-1, 1.5, True])
def test_counts_of_ticks_and_neurons_are_whole(window: Any) -> None:
    spikes = Spikes(np.array([0, 3]), np.array([0, 1]), 2)
    with pytest.raises(InvalidInput, match=r"window is .*; a whole number of ticks >= 0"):
        spike_coincidence(spikes, spikes, window)
    simulation = Simulation(Circuit(1e-3, [Population("a", 1, LIF_DELTA)], stimuli=[SpikeSource("s", 2, [], [])]))
    for indices in ([0.5], ["1"], [0, True]):
        with pytest.raises(InvalidInput, match="whole numbers are allowed"):
            simulation.step(spikes={"s": indices})


def test_a_batch_gives_what_single_runs_give() -> None:
    circuit = Circuit(1e-3, [Population("a", 3, LIF_DELTA)], probes=[Probe("a", "v")])
    batch = simulate_batch(circuit, _drives(5), 300, workers=3)
    for stimuli, recording in zip(_drives(5), batch, strict=True):
        single = simulate(replace(circuit, stimuli=stimuli), 300)
        assert recording.mismatches(single) == 0
        assert recording.largest_difference(single) == 0.0
    assert len(batch[4].spikes["a"]) > len(batch[1].spikes["a"]) > 0


def test_a_batch_of_unlike_stimuli_is_refused() -> None:
    circuit = Circuit(1e-3, [Population("a", 3, LIF_DELTA)])
    with pytest.raises(CircuitError, match="entry 1 of the batch"):
        simulate_batch(circuit, [*_drives(1), []], 10)
    assert simulate_batch(circuit, [], 10) == []


def test_progress_can_stop_a_run_and_a_batch() -> None:
    circuit = Circuit(1e-3, [Population("a", 3, LIF_DELTA)], stimuli=_drives(1)[0], probes=[Probe("a", "v", every=3)])
    whole = simulate(circuit, 30_000)
    stopped = simulate(circuit, 30_000, progress=lambda done: done < 15_000)
    assert stopped.ticks == 20_000
    assert stopped.mismatches(whole) == len(whole.spikes["a"].between(20_000, 30_000))
    assert stopped.probes["a", "v"].shape == (-(-20_000 // 3), 3)
    assert len(simulate_batch(circuit, _drives(4), 10, workers=1, progress=lambda done: done < 2)) == 2


def test_nan_names_neuron_and_tick() -> None:
    model = NeuronModel("dv/dt = v**2/ms : 1", method=Method.EULER)
    circuit = Circuit(1e-3, [Population("a", 2, model, initial={"v": np.array([0.0, 2.0])})])
    # v' = v + v^2 overflows a float64 at the eleventh step from 2 (2.65e252 squared).
    value, steps = 2.0, 0
    while np.isfinite(value):
        value, steps = value + value * value if value < 1e154 else np.inf, steps + 1
    with pytest.raises(NumericalError, match=rf"a\.v of neuron 1 is inf at tick {steps - 1};"):
        simulate(circuit, 100)
