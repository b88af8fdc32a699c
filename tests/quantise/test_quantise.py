"""Formats follow the rules, integers stand for what they say, and quantising costs little."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.compiler.ir import Format
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.models import LIF_EXPONENTIAL, Method, NeuronModel, static_synapse
from neuro.quantise.formats import Rules
from neuro.quantise.integers import quantise
from neuro.simulators import Compiled, FixedPoint, simulate
from neuro.simulators.fixed_point import measure_ranges
from tests.conformance.language_circuits import branches

TICKS = 4000


def _network(**population: Any) -> Circuit:
    rng = np.random.default_rng(0)
    mask = rng.random((60, 30)) < 0.5
    ticks, indices = np.nonzero(rng.random((TICKS, 60)) < 0.003)
    return Circuit(
        1e-4,
        [Population("a", 30, LIF_EXPONENTIAL, **population)],
        [
            Projection(
                "sa",
                "s",
                "a",
                static_synapse(),
                Connections.from_dense(mask),
                {"w": rng.uniform(0, 10e-3, mask.sum())},
            )
        ],
        [SpikeSource("s", 60, ticks, indices)],
    )


def test_rates_stay_within_two_percent_and_activity_is_real() -> None:
    circuit = _network()
    exact, rounded = simulate(circuit, TICKS), simulate(circuit, TICKS, on=FixedPoint())
    spikes = len(exact.spikes["a"]), len(rounded.spikes["a"])
    assert spikes[0] > 200
    assert abs(spikes[1] - spikes[0]) <= 0.02 * spikes[0]


def test_what_an_operation_takes_away_in_the_same_tick_has_room() -> None:
    """Four synapses start a plateau on each of two branches, which clears their sum before any probe sees it."""
    circuit = branches(4, 4)
    assert measure_ranges(lower(circuit), 30)["a", "d1"] == 4.0
    exact, rounded = simulate(circuit, 100), simulate(circuit, 100, on=FixedPoint())
    assert len(exact.spikes["a"]) == len(rounded.spikes["a"]) == 1


def test_coarse_rules_cost_spikes() -> None:
    """The rules matter: with a stall of half the threshold distance the rates are off by more than 2 %."""
    circuit = _network()
    exact = len(simulate(circuit, TICKS).spikes["a"])
    coarse = len(simulate(circuit, TICKS, on=FixedPoint(rules=Rules(stall=0.5, guard_bits=2))).spikes["a"])
    assert abs(coarse - exact) > 0.02 * exact


def test_a_stalled_decay_costs_at_most_one_percent_of_the_threshold_distance() -> None:
    quantised = FixedPoint().quantise(_network(), TICKS)
    step = quantised.formats["a", "v"].step
    assert 0.5 * (20e-3 / 1e-4) * step <= 0.01 * 20e-3
    assert "threshold distance 0.02 at tau/dt = 200" in quantised.reasons["a", "v"]


def test_coefficients_stand_for_their_values() -> None:
    lowered = lower(_network())
    program = quantise(lowered, measure_ranges(lowered, TICKS)).program
    exact = {c.name: c.values for c in lowered.populations[0].coefficients}
    for coefficient in program.populations[0].coefficients:
        assert coefficient.exponent is not None
        value = float(coefficient.values) * 2.0**coefficient.exponent
        assert value == pytest.approx(float(exact[coefficient.name]), rel=2.0**-9)


def test_an_input_on_a_grid_keeps_it_and_one_step_of_it_moves_the_state() -> None:
    values = np.array([[0.0, 1.0, 2.5]]) * 2.0**-9
    circuit = Circuit(1e-4, [Population("a", 3, LIF_EXPONENTIAL)], stimuli=[CurrentInput("a", "I", values, every=10)])
    quantised = FixedPoint().quantise(circuit, 10)
    assert quantised.program.inputs[0].values.tolist() == (values / quantised.formats["a", "I"].step).tolist()[0:1]
    moved = simulate(circuit, 1, on=FixedPoint()).final["a", "v"]
    assert moved[0] < moved[1] < moved[2]


def test_weights_on_a_grid_stay_exact() -> None:
    """An accumulator takes the grid of its weights, though its threshold is a hundred times larger."""
    model = NeuronModel("v : 1", threshold="v > 100", reset="v = 0")
    weights = np.array([0.125, 0.5, 3.0])
    circuit = Circuit(
        1e-3,
        [Population("a", 1, model)],
        [Projection("sa", "s", "a", static_synapse("v", "1"), Connections.all_to_all(3, 1), {"w": weights})],
        [SpikeSource("s", 3, [0, 1, 2], [0, 1, 2])],
    )
    quantised = FixedPoint().quantise(circuit, 5)
    assert quantised.formats["a", "v"].exponent == -3
    assert quantised.program.projections[0].states[0].initial.tolist() == [1, 4, 24]
    assert simulate(circuit, 5, on=FixedPoint()).final["a", "v"].tolist() == [29]


def test_given_formats_are_used_and_saturate() -> None:
    circuit = _network(initial={"v": -70e-3})
    fixed = FixedPoint(formats={("a", "g"): Format(6, -10)})
    quantised = fixed.quantise(circuit, TICKS)
    assert quantised.formats["a", "g"] == Format(6, -10)
    assert np.abs(fixed.run(circuit, TICKS).final["a", "g"]).max() <= 32


def test_what_has_no_integer_form_is_refused_by_name() -> None:
    model = NeuronModel("dv/dt = (exp(-v) - v)/(10*ms) : 1", method=Method.EULER)
    with pytest.raises(UnsupportedByTarget, match=r"fixed point does not support the function exp in population 'a'"):
        FixedPoint().run(Circuit(1e-4, [Population("a", 1, model)]), 10)


def test_intermediates_too_wide_for_exact_integers_are_refused() -> None:
    """A time constant of 1,000 s at dt 0.1 ms needs more bits than a float64 holds exactly."""
    model = NeuronModel("dv/dt = -v / (1000*second) : 1", threshold="v > 1", reset="v = 0")
    with pytest.raises(UnsupportedByTarget, match=r"an intermediate of \d+ bits in population 'a'"):
        FixedPoint().run(Circuit(1e-4, [Population("a", 1, model, initial={"v": 0.5})]), 10)


def test_products_of_states_are_supported() -> None:
    """A quadratic neuron: floats and integers agree to the resolution of the format."""
    model = NeuronModel(
        "dv/dt = (v*v - v + I)/(10*ms) : 1\nI : 1", threshold="v > 2", reset="v = 0", method=Method.EULER
    )
    circuit = Circuit(
        1e-4, [Population("a", 1, model)], stimuli=[CurrentInput("a", "I", np.full((1, 1), 0.75), every=500)]
    )
    exact, rounded = simulate(circuit, 500), simulate(circuit, 500, on=FixedPoint())
    assert len(exact.spikes["a"]) == len(rounded.spikes["a"]) > 0
    assert np.abs(exact.spikes["a"].ticks - rounded.spikes["a"].ticks).max() <= 2


def test_quantising_twice_or_unknown_formats_is_refused() -> None:
    program = FixedPoint().quantise(_network(), 100).program
    with pytest.raises(InvalidInput, match="quantised already"):
        quantise(program, {})
    with pytest.raises(InvalidInput, match=r"a format is given for z\.v, which does not exist"):
        FixedPoint(formats={("z", "v"): Format(8, -4)}).quantise(_network(), 100)


def test_zero_ticks_run() -> None:
    assert simulate(replace(_network()), 0, on=Compiled()).spike_count == 0
