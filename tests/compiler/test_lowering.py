"""Equations become step programs; what is outside the language or has the wrong units is refused by name."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from brian2 import amp, ms, mV, nS, pF

from neuro.circuit.circuit import Circuit, CurrentInput, Operation, Population, Probe, Projection, Restart
from neuro.circuit.connections import Connections
from neuro.compiler.ir import Assignment, Select, Symbol
from neuro.compiler.lower_circuit import lower
from neuro.errors import CircuitError, EquationError
from neuro.models import LIF_DELTA, LIF_EXPONENTIAL, Method, NeuronModel, SynapseModel, pair_stdp, static_synapse

DT = 1e-4


def _program(model: NeuronModel, **population: Any) -> Any:
    return lower(Circuit(DT, [Population("a", 2, model, **population)])).populations[0]


def _numbers(program: Any) -> dict[str, np.ndarray]:
    return {coefficient.name: coefficient.values for coefficient in program.coefficients}


def test_exact_step_is_the_closed_form() -> None:
    """v' and g' of the exponential LIF against Rotter & Diesmann (1999), eq. 9."""
    tau_m, tau_g = 20e-3, 5e-3
    numbers = _numbers(_program(LIF_EXPONENTIAL, parameters={"tau_m": tau_m, "tau_g": tau_g}))
    decay_m, decay_g = math.exp(-DT / tau_m), math.exp(-DT / tau_g)
    assert numbers["a__v__v"] == pytest.approx(decay_m, rel=1e-14)
    assert numbers["a__g__g"] == pytest.approx(decay_g, rel=1e-14)
    assert numbers["a__v__g"] == pytest.approx(tau_g / (tau_m - tau_g) * (decay_m - decay_g), rel=1e-12)
    assert numbers["a__v__I"] == pytest.approx(1 - decay_m, rel=1e-12)
    assert numbers["a__v"] == pytest.approx(-70e-3 * (1 - decay_m), rel=1e-12)


def test_equal_time_constants_have_the_limit() -> None:
    """tau_m == tau_g: the coefficient is (dt/tau) exp(-dt/tau), where the closed form is 0/0."""
    numbers = _numbers(_program(LIF_EXPONENTIAL, parameters={"tau_m": 5e-3, "tau_g": 5e-3}))
    assert numbers["a__v__g"] == pytest.approx(DT / 5e-3 * math.exp(-DT / 5e-3), rel=1e-12)


def test_refractory_branch_holds_marked_variables_only() -> None:
    program = _program(LIF_EXPONENTIAL)
    update = {part.target.name: part.value for part in program.update}
    assert isinstance(update["v"], Select)
    assert update["v"].otherwise == Symbol("v")
    assert not isinstance(update["g"], Select)
    assert program.clamped == {"v"}


def test_per_neuron_parameters_become_per_neuron_coefficients() -> None:
    numbers = _numbers(_program(LIF_DELTA, parameters={"tau_m": np.array([10, 20]) * ms}))
    assert numbers["a__v__v"] == pytest.approx(np.exp(-DT / np.array([10e-3, 20e-3])), rel=1e-14)


def test_quantities_of_any_dimension_are_accepted() -> None:
    model = NeuronModel(
        "dv/dt = (g_leak*(e_leak - v) + drive)/c : volt",
        parameters={"g_leak": 10 * nS, "e_leak": -65 * mV, "c": 200 * pF},
    )
    numbers = _numbers(_program(model, parameters={"drive": 1e-10 * amp}))
    assert numbers["a__v__v"] == pytest.approx(math.exp(-DT / 20e-3), rel=1e-12)
    assert numbers["a__v"] == pytest.approx((-65e-3 + 10e-3) * (1 - math.exp(-DT / 20e-3)), rel=1e-9)


def test_euler_of_a_non_linear_equation_keeps_its_expression() -> None:
    program = _program(NeuronModel("dv/dt = (v**2 - v)/tau : 1", method=Method.EULER, parameters={"tau": 10 * ms}))
    (part,) = program.update
    assert isinstance(part, Assignment)
    assert {coefficient.name for coefficient in program.coefficients} == {"dt", "tau"}


BAD_MODELS: dict[str, tuple[NeuronModel, str]] = {
    "not equations": (NeuronModel("dv/dt == 3"), "are not Brian2 equations"),
    "units of an equation": (NeuronModel("dv/dt = -v : volt"), "units of population 'a' contradict"),
    "units of a parameter": (
        replace(LIF_DELTA, parameters={**LIF_DELTA.parameters, "tau_m": 3 * mV}),
        "has the unit .*V.*, but the equations declare second|has the unit",
    ),
    "units of the threshold": (replace(LIF_DELTA, threshold="v > 3*ms"), "contradict"),
    "units of the reset": (replace(LIF_DELTA, reset="v = 3*ms"), "contradict"),
    "unknown name": (NeuronModel("dv/dt = (x - v)/(10*ms) : 1"), "x"),
    "unknown function": (NeuronModel("dv/dt = -poisson(v)/ms : 1"), "poisson"),
    "noise": (
        NeuronModel("dv/dt = -v/ms + xi*ms**-0.5 : 1"),
        "use Method.EULER \\(Ito\\) or Method.HEUN",
    ),
    "draw in an equation": (NeuronModel("dv/dt = (rand() - v)/ms : 1"), "'v' of population 'a' calls rand"),
    "flag": (NeuronModel("x : 1 (linked)"), r"'x' of population 'a' needs the flag .linked. and an entry in links"),
    "not linear": (
        NeuronModel("dv/dt = v**2/ms : 1"),
        "not linear, so there is no exact step; use Method.EULER",
    ),
    "threshold that is no condition": (replace(LIF_DELTA, threshold="v"), "'v' of population 'a' is not a condition"),
    "time of a last spike": (
        replace(LIF_DELTA, threshold="t > lastspike", refractory=None, equations="v : volt\nI : 1"),
        "give it",
    ),
    "missing parameter": (replace(LIF_DELTA, parameters={}), "has no value for the parameter 'tau_m'"),
    "assigned parameter": (replace(LIF_DELTA, reset="tau_m = 3*ms"), "variables are v, I"),
    "held without refractoriness": (replace(LIF_DELTA, refractory=None), "has no refractory time; give one"),
    "infinite threshold": (replace(LIF_DELTA, threshold="v > inf*volt"), "names 'inf'; write a finite number, or the"),
    "number too large": (NeuronModel("dv/dt = -v/ms : 1", threshold="v > 1e400"), "a number in 'v > 1e400' is too"),
    "int in a linear equation": (NeuronModel("dv/dt = (int(v > 1) - v)/ms : 1"), "not linear, so there is no exact"),
    "statement": (replace(LIF_DELTA, reset="import os"), "Brian2 can't read|only 'name = ...'"),
}


@pytest.mark.parametrize(("model", "text"), BAD_MODELS.values(), ids=BAD_MODELS.keys())
def test_models_outside_the_language_are_refused(model: NeuronModel, text: str) -> None:
    with pytest.raises(EquationError, match=text) as caught:
        _program(model)
    assert "\n" not in str(caught.value)


def test_refractory_time_below_a_tick_is_refused() -> None:
    with pytest.raises(CircuitError, match="not a whole number of ticks"):
        _program(replace(LIF_DELTA, refractory=0.05e-3))
    with pytest.raises(CircuitError, match="less than a tick"):
        _program(replace(LIF_DELTA, refractory=0.0))


def _projected(synapse: SynapseModel, **parameters: Any) -> Any:
    population = Population("a", 2, LIF_EXPONENTIAL)
    projection = Projection("p", "a", "a", synapse, Connections.one_to_one(2), parameters)
    return lower(Circuit(DT, [population], [projection])).projections[0]


BAD_SYNAPSES: dict[str, tuple[SynapseModel, str]] = {
    "units": (static_synapse("g", "amp"), "units of projection 'p' contradict"),
    "unknown target": (static_synapse("h"), "h"),
    "order": (SynapseModel("w : volt", "g_post = w"), "depends on the order of the synapses"),
    "reads what it adds to": (SynapseModel("w : 1", "g_post += w*g_post"), "reads 'g' and adds to it"),
    "rate of a neuron": (SynapseModel("dw/dt = (v_post - w)/ms : volt", "g_post += w"), "reads a neuron; only"),
    "reads one of another kind": (
        SynapseModel("dw/dt = (x - w)/ms : volt\ndx/dt = -x/ms : volt (event-driven)", "g_post += w"),
        r"the equation of 'w' of projection 'p' reads 'x', but only one of the two is \(event-driven\)",
    ),
    "not linear": (SynapseModel("dw/dt = -w*w/(ms*mV) : volt", "g_post += w"), "not linear, so there is no exact"),
}


@pytest.mark.parametrize(("synapse", "text"), BAD_SYNAPSES.values(), ids=BAD_SYNAPSES.keys())
def test_synapses_outside_the_language_are_refused(synapse: SynapseModel, text: str) -> None:
    with pytest.raises(EquationError, match=text):
        _projected(synapse)


def test_a_step_that_differs_by_synapse_is_a_state_that_nobody_writes() -> None:
    steps = np.array([1e-3, 2e-3])
    program = _projected(pair_stdp(), w=0.0, w_max=1.0, a_plus=steps, a_minus=1e-3)
    assert program.state("a_plus").initial.tolist() == steps.tolist()
    assert program.shared.keys() == {"post_trace"}


def test_a_time_constant_that_differs_by_synapse_is_a_number_of_each() -> None:
    taus = np.array([10e-3, 20e-3])
    program = _projected(pair_stdp(), w=0.0, w_max=1.0, a_plus=1e-3, a_minus=1e-3, tau_plus=taus)
    numbers = {part.name: part.values for part in program.coefficients}
    assert numbers["a__pre_trace__pre_trace"] == pytest.approx(np.exp(-DT / taus), rel=1e-14)
    assert "pre_trace" not in program.shared


def test_a_name_without_suffix_means_the_target_neuron() -> None:
    short, long = (_projected(SynapseModel("w : volt", f"{name} += w")).on_pre for name in ("g", "g_post"))
    assert short == long


def test_misspelt_parameters_are_refused() -> None:
    with pytest.raises(EquationError, match="population 'a' is given 'taum', which none of its code names"):
        _program(LIF_DELTA, parameters={"taum": 1.0})
    with pytest.raises(EquationError, match="projection 'p' is given 'ww', which none of its code names"):
        _projected(static_synapse(), ww=1.0)


@pytest.mark.parametrize(("text", "message"), [("rt", "can't read the code.*rt"), ("v", "units of.*contradict")])
def test_a_refractory_text_is_a_condition_or_a_time(text: str, message: str) -> None:
    with pytest.raises(EquationError, match=message):
        _program(replace(LIF_DELTA, refractory=text))


def test_a_refractory_text_of_constants_is_so_many_ticks() -> None:
    program = _program(replace(LIF_DELTA, refractory="0.25*ms + tau_m/100"))
    assert program.refractory is not None
    assert int(program.refractory) == 4
    assert program.held_while is None


BAD_PARTS: dict[str, tuple[dict[str, Any], str]] = {
    "input into a state": (
        {"stimuli": [CurrentInput("a", "v", np.ones((1, 2)))]},
        "which has a differential equation",
    ),
    "input of another unit": ({"stimuli": [CurrentInput("a", "I", np.ones((1, 2)) * ms)]}, "has the unit"),
    "input unknown": ({"stimuli": [CurrentInput("a", "J", np.ones((1, 2)))]}, "has the variables v, I"),
    "restart unknown": ({"restarts": [Restart("a", [0], ("q",))]}, "has the variables v, I"),
    "operation units": ({"operations": [Operation("o", "a", "v = 1*ms")]}, "contradict"),
    "probe unknown": ({"probes": [Probe("a", "q")]}, "has the variables v, I"),
}


@pytest.mark.parametrize(("parts", "text"), BAD_PARTS.values(), ids=BAD_PARTS.keys())
def test_parts_that_do_not_fit_the_equations_are_refused(parts: dict[str, Any], text: str) -> None:
    with pytest.raises(EquationError, match=text):
        lower(Circuit(DT, [Population("a", 2, LIF_DELTA)], **parts))


@pytest.mark.parametrize("method", [Method.EULER, Method.RK2, Method.RK4])
def test_a_dt_that_is_too_long_for_a_time_constant_is_refused(method: Method) -> None:
    """Forward Euler of dv/dt = -v/tau grows beyond dt = 2 tau; the exact step never does."""
    model = NeuronModel("dv/dt = -v/(1*ms) : 1\ndu/dt = -u/(20*ms) : 1", method=method)
    with pytest.raises(EquationError, match=r"dt = 0\.003 s is too long .* shortest time constant is 0\.001 s"):
        lower(Circuit(3e-3, [Population("a", 1, model)]))
    lower(Circuit(0.5e-3, [Population("a", 1, model)]))
    lower(Circuit(3e-3, [Population("a", 1, NeuronModel(model.equations))]))


def test_a_system_that_grows_by_itself_is_not_refused() -> None:
    model = NeuronModel("dv/dt = v/(1*ms) : 1", threshold="v > 1", reset="v = 0", method=Method.EULER)
    (growth,) = lower(Circuit(1e-3, [Population("a", 1, model)])).populations[0].coefficients[:1]
    assert growth.values == pytest.approx(2.0)


def test_a_synapse_can_t_share_a_name_with_its_target() -> None:
    synapse = SynapseModel("w : volt\ntau_m : second (constant)", "g_post += w*(tau_m/ms)", parameters={"tau_m": 1e-3})
    circuit = Circuit(
        1e-3,
        [Population("a", 1, LIF_EXPONENTIAL)],
        [Projection("aa", "a", "a", synapse, Connections.one_to_one(1))],
    )
    with pytest.raises(EquationError, match="declares 'tau_m', which its target 'a' declares too"):
        lower(circuit)
