"""A circuit written as a Brian2 network and read back gives the same spikes."""

from __future__ import annotations

import pytest

from neuro.circuit.circuit import Circuit
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.interop import from_brian2
from neuro.simulators.brian2.recorder import Brian2Network, on_numpy
from neuro.simulators.brian2.reference import to_brian2
from tests.conformance.circuits import CASES, DRIVES, one_of_each_model
from tests.oracle import interpret

COMES_BACK = [name for name, case in CASES.items() if not case.build().restarts]


def there_and_back(circuit: Circuit) -> tuple[Brian2Network, Circuit]:
    with on_numpy():
        built = to_brian2(circuit)
        return built, from_brian2(built.network)


def assert_same_spikes(circuit: Circuit, ticks: int) -> None:
    built, back = there_and_back(circuit)
    # The plain interpreter needs no compiler for each of these structures.
    given, returned = interpret(lower(circuit), ticks), interpret(lower(back), ticks)
    assert given.spike_count > 0
    for name, group in built.groups.items():
        assert returned.spikes[group.name].mismatches(given.spikes[name]) == 0, name


def test_only_circuits_with_restarts_stay_out() -> None:
    assert len(COMES_BACK) >= 10


@pytest.mark.parametrize("name", COMES_BACK)
def test_a_conformance_circuit_comes_back(name: str) -> None:
    assert_same_spikes(CASES[name].build(), CASES[name].ticks)


@pytest.mark.parametrize("name", DRIVES)
def test_a_model_comes_back(name: str) -> None:
    assert_same_spikes(one_of_each_model(name, DRIVES[name]), 700)


def test_what_brian2_has_no_word_for_does_not_come_back() -> None:
    with on_numpy():
        built = to_brian2(CASES["winners per tick"].build())
        with pytest.raises(UnsupportedByTarget, match="does not support NetworkOperation"):
            from_brian2(built.network)


def test_the_network_has_its_parts_by_the_circuit_s_names_with_units() -> None:
    circuit = CASES["several projections and an adaptive threshold"].build()
    built, _ = there_and_back(circuit)
    assert set(built.groups) == {"a", "b", "s"}
    assert set(built.synapses) == {"sa", "ba", "aa"}
    assert repr(built.groups["b"].v_threshold.unit) == "volt"
    assert repr(built.synapses["sa"].w.unit) == "volt"
    assert len(built.synapses["ba"]) == 20
