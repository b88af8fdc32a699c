from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from hnsw_bridge import NODES, IndexGraph, Seeds, spreading_circuit
from neuro.circuit.circuit import Circuit, Operation, Restart
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.models.base import Method
from neuro.simulators.event_driven import event_program
from neuro.simulators.event_driven.program import can_sleep


@pytest.fixture(scope="module")
def circuit(graph: IndexGraph) -> Circuit:
    return spreading_circuit(graph, Seeds(np.zeros((1, 1), dtype=np.int64), np.ones((1, 1))))


def test_the_program_is_the_circuits_own(circuit: Circuit, graph: IndexGraph) -> None:
    lowered = lower(circuit)
    program = event_program(lowered, NODES)
    assert program.neurons is lowered.population(NODES)
    assert (program.variable, program.ticks, program.nodes) == ("I", 8, len(graph))
    assert np.array_equal(program.layers[0].weights["w"], circuit.projections[0].parameters["w"])
    assert program.period.tolist() == 8
    assert can_sleep(program)


_PHASE = "v > v_threshold + v_threshold*int(t_in_timesteps % 3 > 1)"


def _model(circuit: Circuit, **changes: object) -> Circuit:
    population = circuit.populations[0]
    return replace(circuit, populations=[replace(population, model=replace(population.model, **changes))])


def _delayed(circuit: Circuit) -> Circuit:
    return replace(circuit, projections=[replace(circuit.projections[0], delay=circuit.dt)])


def _resting_high(circuit: Circuit) -> Circuit:
    population = circuit.populations[0]
    parameters = {**population.parameters, "v_rest": 1.0, "v_threshold": 0.5}
    return replace(circuit, populations=[replace(population, parameters=parameters)])


def _off_rest(circuit: Circuit) -> Circuit:
    return replace(circuit, populations=[replace(circuit.populations[0], initial={"v": 1e-3})])


def _with_exponential(circuit: Circuit) -> Circuit:
    equations = circuit.populations[0].model.equations.replace("+ I)", "+ I*exp(v/(1*volt)))")
    return _model(circuit, equations=equations, method=Method.EULER)


@pytest.mark.parametrize(
    ("change", "feature"),
    [
        (_delayed, "a delay of 1 ticks, with which spikes could arrive in the next query"),
        (_off_rest, "a variable that moves by itself, 'v'"),
        (_resting_high, "a node that fires by itself"),
        (_with_exponential, "function exp in population 'nodes'"),
        (lambda circuit: _model(circuit, reset="I = 0*volt"), "an input variable that the model writes, 'I'"),
        (lambda circuit: _model(circuit, threshold=None), "population 'nodes', which never fires"),
        (lambda circuit: replace(circuit, stimuli=[]), "population 'nodes' with 0 inputs in place of one"),
        (lambda circuit: replace(circuit, restarts=[]), "queries that don't start with a restart of 'nodes'"),
        (lambda circuit: replace(circuit, restarts=[Restart(NODES, [3])]), "queries that don't start"),
        (lambda circuit: replace(circuit, restarts=[Restart(NODES, [0], ("I",))]), "state 'v', which moves within"),
        (lambda circuit: replace(circuit, operations=[Operation("leak", NODES, "v = v*0.5", 3)]), "operation 'leak'"),
        (
            lambda circuit: _model(circuit, threshold="v > v_threshold + v_threshold*int(t_in_timesteps % 3 > 1)"),
            "a period of 3",
        ),
    ],
)
def test_what_could_matter_to_a_sleeping_node_is_refused(circuit: Circuit, change: object, feature: str) -> None:
    changed = change(circuit)  # type: ignore[operator]
    text = f"event-driven search does not support {feature}"
    with pytest.raises(UnsupportedByTarget, match=re.escape(text)):
        event_program(lower(changed), NODES)
