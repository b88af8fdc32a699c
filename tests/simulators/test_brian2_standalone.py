"""A circuit as one C++ program: equal to Brian2's own run, run again with other numbers, nothing dropped in silence."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brian2 import get_device, mV, prefs, second

from neuro.circuit.circuit import Circuit, Probe, Winners
from neuro.circuit.composition import compose, prefixed
from neuro.errors import EquationError, InvalidInput, UnsupportedByTarget
from neuro.simulators import Brian2Reference, Brian2Standalone, StandaloneBuild
from tests.conformance import language_circuits
from tests.conformance.circuits import several_projections, winners

TICKS = 400


def everything() -> Circuit:
    """Several projections, delays, operations, inputs and winners with a quota: one program."""
    return compose(
        replace(several_projections(), probes=[Probe("a", "g", every=7)]),
        prefixed(replace(winners(Winners(2, max_winners=5)), restarts=()), "w"),
    )


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StandaloneBuild]:
    """The only build of these tests: it takes most of their time."""
    before = (get_device(), prefs["codegen.cpp.extra_compile_args_gcc"])
    build = Brian2Standalone(tmp_path_factory.mktemp("standalone")).build(everything(), TICKS)
    assert (get_device(), prefs["codegen.cpp.extra_compile_args_gcc"]) == before
    yield build
    assert (build.directory / "main.cpp").exists()


@pytest.mark.long
def test_a_program_has_brian2_s_spikes_and_states(built: StandaloneBuild) -> None:
    given, expected = built.run(), Brian2Reference().run(everything(), TICKS)
    assert all(len(expected.spikes[name]) > 0 for name in ("a", "b", "w_a"))
    assert given.mismatches(expected) == 0
    assert given.largest_difference(expected) < 1e-12
    assert len(given.spikes["w_a"]) == 5


@pytest.mark.long
def test_a_program_runs_again_with_other_numbers(built: StandaloneBuild) -> None:
    circuit = everything()
    tau = np.array([5.0, 8.0, 10.0, 20.0]) * 1e-3
    first = circuit.populations[0]
    changed = replace(
        circuit,
        populations=[replace(first, parameters={"tau_m": tau}), *circuit.populations[1:]],
        projections=[replace(circuit.projections[0], parameters={"w": 12e-3}), *circuit.projections[1:]],
    )
    expected = Brian2Reference().run(changed, TICKS)
    assert built.run({("a", "tau_m"): tau * second, ("sa", "w"): 12 * mV}).mismatches(expected) == 0
    original = Brian2Reference().run(circuit, TICKS)
    assert original.mismatches(expected) > 0
    assert built.run().mismatches(original) == 0


@pytest.mark.long
@pytest.mark.parametrize(
    ("parameters", "error", "message"),
    [
        ({("nobody", "v"): 0.0}, InvalidInput, "no population or projection 'nobody' was built"),
        ({("a", "tau"): 0.01}, InvalidInput, "no variable 'tau' that a build can change; it has g, tau_g, tau_m"),
        ({("a", "tau_m"): np.ones(3)}, InvalidInput, r"has shape \(3,\); \(\) or \(4,\) is allowed"),
        ({("a", "tau_m"): 1 * mV}, EquationError, "has the unit volt"),
    ],
)
def test_bad_parameters_are_refused(
    built: StandaloneBuild, parameters: dict[Any, Any], error: type[Exception], message: str
) -> None:
    with pytest.raises(error, match=message):
        built.run(parameters)


def test_restarts_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UnsupportedByTarget, match="restart of population 'a'; use Brian2Reference"):
        Brian2Standalone(tmp_path).build(winners(Winners(2)), 10)


def test_bad_tick_counts_are_refused() -> None:
    with pytest.raises(InvalidInput, match="a whole number >= 0 is allowed"):
        Brian2Standalone().run(everything(), -1)


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (language_circuits.normalised_columns, "a sum over synapses in operation 'columns'"),
        (language_circuits.one_poisson, "the random number 'random_bits' in population 'p'"),
    ],
)
def test_what_a_program_would_drop_is_refused(build: Callable[[], Circuit], message: str) -> None:
    with pytest.raises(UnsupportedByTarget, match=message):
        Brian2Standalone().build(build(), 10)
