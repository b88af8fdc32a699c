"""What silicon does not carry is refused by name, before anything is written."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuro.compiler.ir import (
    ACTIVE,
    Assignment,
    Binary,
    OperationProgram,
    Scope,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
)
from neuro.errors import CircuitError, InvalidInput, UnsupportedByTarget
from rtl_export import build_core, export
from rtl_export.core.names import check_core_name
from tests.rtl_export.programs import counter, network

W, POST_G = Symbol("w"), Symbol("g", Scope.POST)


def with_on_pre(*statements: Assignment) -> Callable[[StepProgram], StepProgram]:
    def changed(program: StepProgram) -> StepProgram:
        first, *rest = program.projections
        return replace(program, projections=(replace(first, on_pre=statements), *rest))

    return changed


def adding(name: str, scope: Scope) -> Assignment:
    return Assignment(POST_G, Binary("*", W, Symbol(name, scope)), accumulate=True)


def with_delays(program: StepProgram) -> StepProgram:
    first, *rest = program.projections
    delays = np.arange(first.synapses) % 2
    return replace(program, projections=(replace(first, delay=delays), *rest))


def floating(program: StepProgram) -> StepProgram:
    first, *rest = program.populations
    return replace(program, populations=(replace(first, states=(State("v", np.zeros(first.size)),)), *rest))


def floating_weights(program: StepProgram) -> StepProgram:
    first, *rest = program.projections
    weights = State("w", np.zeros(first.synapses))
    return replace(program, projections=(replace(first, states=(weights,)), *rest))


def with_operations(program: StepProgram) -> StepProgram:
    reads = Assignment(W, Symbol("v", Scope.POST))
    writes = Assignment(Symbol("v"), Symbol("g"))
    both = (OperationProgram("early", "ab", 1, (reads,)), OperationProgram("late", "b", 1, (writes,)))
    return replace(program, operations=both)


def with_on_post(program: StepProgram) -> StepProgram:
    first, *rest = program.projections
    return replace(program, projections=(replace(first, on_post=(Assignment(POST_G, W, accumulate=True),)), *rest))


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        (floating, "the float state 'v' of population 'a'; quantise the circuit first"),
        (floating_weights, "the float state 'w' of projection 'ab'; quantise the circuit first"),
        (with_operations, "reading 'v' in operation 'early' on 'ab' before another operation writes it; declare"),
        (with_on_post, r"on_post 'g \+= ...' on a post variable of projection 'ab'; add to a postsynaptic variable in"),
        (with_delays, "2 different delays within projection 'ab'; make one projection for each delay"),
        (with_on_pre(Assignment(POST_G, W)), "on_pre 'g = ...' on a post variable of projection 'ab'; add to"),
        (with_on_pre(adding("g", Scope.PRE)), "the presynaptic variable 'g' in on_pre of projection 'ab'; fold it"),
        (with_on_pre(adding("v", Scope.PRE)), "the presynaptic variable 'v' in on_pre of projection 'ab'; fold it"),
        (with_on_pre(adding("g", Scope.POST)), "reading 'g' in on_pre of projection 'ab' while synapses write it"),
        (with_on_pre(adding(ACTIVE, Scope.POST)), "'not_refractory' in on_pre of projection 'ab'; mark the variable"),
    ],
)
def test_a_feature_is_refused_by_name(
    change: Callable[[StepProgram], StepProgram], feature: str, tmp_path: Path
) -> None:
    with pytest.raises(UnsupportedByTarget, match=f"^Verilog does not support {feature}") as caught:
        export(change(network()), tmp_path / "core", ticks=5)
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_a_program_without_neurons_is_refused() -> None:
    with pytest.raises(CircuitError, match="the program has no neuron; Verilog needs a population of one at least"):
        build_core(StepProgram(1e-3, ()))


def test_a_population_without_states_is_refused() -> None:
    population = replace(network().populations[0], states=(), update=(), threshold=None, reset=())
    with pytest.raises(UnsupportedByTarget, match="population 'a' without a state; use a spike source"):
        build_core(StepProgram(1e-3, (population,)))


def test_a_name_used_twice_is_refused() -> None:
    program = network()
    with pytest.raises(CircuitError, match="the name 'a' is used twice"):
        build_core(replace(program, sources=(replace(program.sources[0], name="A"),)))


HOSTILE = [
    "",
    "a b",
    'a"b',
    "a'b",
    "a\nb",
    "a;endmodule",
    "$system",
    "`include",
    "../a",
    "a/b",
    "a\\b",
    "né",
    "x" * 10_000,
]
"""Names that would end a string, a line, a module or a folder if anything pasted them."""


@pytest.mark.parametrize("name", [*HOSTILE, "2core", "module", "logic", "pop_a", "proj_x", "winners", "x" * 300])
def test_a_core_name_that_verilog_can_not_have_is_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="the core is named"):
        check_core_name(name)
    with pytest.raises(InvalidInput, match="the core is named") as caught:
        export(counter(), tmp_path / "core", ticks=1, name=name)
    assert len(str(caught.value)) < 250
    assert list(tmp_path.iterdir()) == []


def test_a_circuit_too_big_for_its_addresses_is_refused() -> None:
    crowd = SourceProgram("crowd", 2**32, np.zeros(0, np.int64), np.zeros(0, np.int64))
    with pytest.raises(InvalidInput, match="a spike's address takes 33 bits, 31 are allowed; make the circuit smaller"):
        build_core(replace(counter(), sources=(crowd,)))


@pytest.mark.parametrize("name", [*HOSTILE, "a__b", "_a"])
def test_a_part_whose_name_does_not_fit_is_refused(name: str) -> None:
    program = network()
    part = replace(program.populations[0], name=name)
    with pytest.raises(
        InvalidInput, match="can't become Verilog; use up to 100 letters and digits, joined by single underscores"
    ):
        build_core(StepProgram(1e-3, (part,)))


def test_a_winners_rule_across_cores_is_refused() -> None:
    with pytest.raises(UnsupportedByTarget, match="the winners rule of population 'b' across 5 cores; use one core"):
        build_core(replace(network(), populations=network().populations[1:], projections=(), inputs=()), cores=5)


@pytest.mark.parametrize("cores", [0, -1, True, 1.5])
def test_a_wrong_number_of_cores_is_refused(cores: object) -> None:
    with pytest.raises(InvalidInput, match=r"cores is .*; a whole number >= 1 is allowed"):
        build_core(network(), cores=cores)  # type: ignore[arg-type]


def test_a_population_that_does_not_divide_is_refused() -> None:
    with pytest.raises(InvalidInput, match="population 'a' of 3 neurons does not divide into 2 cores; use a number"):
        build_core(counter(), cores=2)


def test_a_value_outside_its_format_is_named() -> None:
    program = network()
    first, *rest = program.projections
    state = first.states[0]
    wrong = replace(first, states=(replace(state, initial=state.initial + 40_000),))
    with pytest.raises(
        InvalidInput, match=r"'w' of projection 'ab' starts at .* its format of 14 bits allows -8192 to 8191"
    ):
        build_core(replace(program, projections=(wrong, *rest)))


def test_more_restarts_than_bits_are_refused() -> None:
    program = network()
    with pytest.raises(InvalidInput, match="the program has 32 restarts; 31 are allowed"):
        build_core(replace(program, restarts=program.restarts[:1] * 32))
