"""Circuits refuse what contradicts itself, by name, and compose."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import FrozenInstanceError
from multiprocessing import Pipe
from typing import Any

import numpy as np
import pytest
from brian2 import ms, mV

from neuro.checks import to_ticks
from neuro.circuit.circuit import (
    Circuit,
    CurrentInput,
    Operation,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Winners,
)
from neuro.circuit.composition import compose, prefixed
from neuro.circuit.connections import Connections
from neuro.errors import CircuitError
from neuro.models import LIF_DELTA, static_synapse
from neuro.simulators import simulate

SYNAPSE = static_synapse("v")


def _pair(**changes: Any) -> Circuit:
    parts: dict[str, Any] = {
        "dt": 1e-3,
        "populations": [Population("a", 2, LIF_DELTA)],
        "projections": [Projection("sa", "s", "a", SYNAPSE, Connections.all_to_all(1, 2), {"w": 30 * mV})],
        "stimuli": [SpikeSource("s", 1, [0], [0])],
    }
    return Circuit(**{**parts, **changes})


REFUSED: dict[str, tuple[Callable[[], object], str]] = {
    "name with a space": (lambda: Population("a b", 1, LIF_DELTA), "'a b'; use letters, digits and _"),
    "keyword": (lambda: Population("while", 1, LIF_DELTA), "'while'; use letters"),
    "double underscore": (lambda: Population("a__b", 1, LIF_DELTA), "can't start or end with _ or hold two"),
    "negative size": (lambda: Population("a", -1, LIF_DELTA), "size -1; a whole number >= 0"),
    "complex parameter": (lambda: Population("a", 1, LIF_DELTA, {"tau_m": 1j}), "a number, an array or a Brian2"),
    "negative source": (lambda: SpikeSource("s", -1, [], []), "spike source 's' has size -1; a whole number >= 0"),
    "half a source": (lambda: SpikeSource("s", 2.5, [], []), "has size 2.5"),  # type: ignore[arg-type]
    "half a target": (lambda: Connections([0, 1], [0], 2.5), "targets is 2.5"),  # type: ignore[arg-type]
    "text as dt": (lambda: _pair(dt="1 ms"), "dt is 1 ms; a time above 0 s"),
    "no dt": (lambda: _pair(dt=None), "dt is None; a time above 0 s"),
    "text as a seed": (lambda: _pair(seed="x"), "seed is 'x'; a whole number >= 0"),
    "negative seed": (lambda: _pair(seed=-1), "seed is -1; a whole number >= 0"),
    "parameter shape": (
        lambda: Population("a", 2, LIF_DELTA, {"tau_m": np.ones(3)}),
        r"shape \(3,\); \(\) or \(2,\)",
    ),
    "NaN parameter": (lambda: Population("a", 2, LIF_DELTA, {"tau_m": np.nan}), "holds NaN or infinity"),
    "text parameter": (
        lambda: Population("a", 2, LIF_DELTA, {"tau_m": "20 ms"}),
        "a number, an array or a Brian2 quantity",
    ),
    "k above size": (
        lambda: Population("a", 2, LIF_DELTA, winners=Winners(3)),
        r"Winners\(k=3\); 1 to 2 is allowed",
    ),
    "k of zero": (lambda: Winners(0), r"Winners\(k=0\); a whole number >= 1"),
    "max_winners not whole": (lambda: Winners(max_winners=1.5), "max_winners=1.5"),  # type: ignore[arg-type]
    "spike twice": (lambda: SpikeSource("s", 1, [1, 1], [0, 0]), "fire twice in a tick; once is allowed"),
    "spike index": (lambda: SpikeSource("s", 1, [1], [1]), "indices from 0 to 0"),
    "spike tick": (lambda: SpikeSource("s", 1, [-1], [0]), "ticks >= 0"),
    "float ticks": (lambda: SpikeSource("s", 1, [0.5], [0]), "dtype float64; integers are allowed"),
    "column range": (lambda: Connections([0, 1], [2], 2), "target neurons 0 to 1 are allowed"),
    "row_start": (lambda: Connections([0, 2], [0], 2), "must ascend from 0 to the number of synapses, 1"),
    "unordered pairs": (lambda: Connections.from_pairs([1, 0], [0, 0], 2, 1), "ordered by pre"),
    "weights shape": (
        lambda: Projection("p", "s", "a", SYNAPSE, Connections.all_to_all(1, 2), {"w": np.ones(3)}),
        r"shape \(3,\); \(\) or \(2,\)",
    ),
    "input shape": (
        lambda: CurrentInput("a", "I", np.ones(3)),
        r"shape \(3,\), dtype float64; numbers of shape \(rows, size\)",
    ),
    "input NaN": (lambda: CurrentInput("a", "I", np.full((1, 2), np.nan)), "holds NaN or infinity"),
    "every": (
        lambda: CurrentInput("a", "I", np.ones((1, 2)), every=0),
        "every=0; a whole number of ticks >= 1",
    ),
    "probe every": (lambda: Probe("a", "v", 0), "every=0; whole ticks >= 1"),
    "operation every": (lambda: Operation("o", "a", "v = 0", 0), "every=0; whole ticks >= 1"),
    "dt": (lambda: _pair(dt=0.0), "dt is 0.0; a time above 0 s"),
    "same name": (
        lambda: _pair(populations=[Population("a", 2, LIF_DELTA), Population("A", 2, LIF_DELTA)]),
        "used twice",
    ),
    "unknown source": (lambda: _pair(stimuli=[]), "no population or spike source 's'"),
    "unknown restart": (
        lambda: _pair(restarts=[Restart("z", [0])]),
        "no population 'z'; there are \\['a'\\]",
    ),
    "unknown probe": (lambda: _pair(probes=[Probe("z", "v")]), "a probe reads 'z'"),
    "sizes": (lambda: _pair(populations=[Population("a", 3, LIF_DELTA)]), "connects 1 to 2 neurons"),
    "input columns": (
        lambda: _pair(stimuli=[SpikeSource("s", 1, [0], [0]), CurrentInput("a", "I", np.ones((1, 3)))]),
        "has 3 columns; the population has 2",
    ),
    "negative delay": (
        lambda: _pair(projections=[Projection("p", "s", "a", SYNAPSE, Connections.all_to_all(1, 2), delay=-1e-3)]),
        "finite times >= 0 s",
    ),
    "delay off the grid": (
        lambda: _pair(projections=[Projection("p", "s", "a", SYNAPSE, Connections.all_to_all(1, 2), delay=1.5e-3)]),
        "not a whole number of ticks of 0.001 s",
    ),
    "nothing to compose": (compose, "at least one circuit"),
    "other dt": (lambda: compose(_pair(), _pair(dt=2e-3)), "circuits of different dt"),
}


@pytest.mark.parametrize(("build", "text"), REFUSED.values(), ids=REFUSED.keys())
def test_contradictions_are_refused_by_name(build: Callable[[], object], text: str) -> None:
    with pytest.raises(CircuitError, match=text) as caught:
        build()
    assert "\n" not in str(caught.value)


def test_parts_are_frozen_to_the_last_array() -> None:
    circuit = _pair()
    with pytest.raises(FrozenInstanceError):
        circuit.populations[0].size = 3  # type: ignore[misc]
    with pytest.raises(ValueError, match="read-only"):
        circuit.sources[0].ticks[0] = 5  # type: ignore[index]


def test_times_accept_quantities_and_stay_on_the_grid() -> None:
    assert to_ticks(20 * ms, 1e-3, "it") == 20
    assert to_ticks(np.array([0.0, 0.3]) * ms, 1e-4, "it").tolist() == [0, 3]


def test_composed_circuits_run_as_one() -> None:
    """Two copies of a circuit and a link between them: the second copy fires because the first one does."""
    first, second = prefixed(_pair(), "one"), prefixed(_pair(stimuli=[SpikeSource("s", 1, [], [])]), "two")
    link = Projection("link", "one_a", "two_a", SYNAPSE, Connections.one_to_one(2), {"w": 30 * mV}, 2 * ms)
    recording = simulate(compose(first, second, projections=[link]), 10)
    assert recording.spikes["one_a"].ticks.tolist() == [1, 1]
    assert recording.spikes["two_a"].ticks.tolist() == [4, 4]


def _sent(circuit: Circuit) -> Circuit:
    """The circuit as another process would receive it."""
    receiver, sender = Pipe(duplex=False)
    sender.send(circuit)
    received: Circuit = receiver.recv()
    return received


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy, _sent])
def test_a_copy_of_a_circuit_is_the_circuit(copied: Callable[[Circuit], Circuit]) -> None:
    circuit = _pair()
    other = copied(circuit)
    assert simulate(other, 5).mismatches(simulate(circuit, 5)) == 0
    assert dict(other.projections[0].parameters) == dict(circuit.projections[0].parameters)
    with pytest.raises(TypeError):
        other.projections[0].parameters["w"] = 1.0  # type: ignore[index]
