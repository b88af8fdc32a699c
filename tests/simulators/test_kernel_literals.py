"""Another number in a model's text is no other kernel."""

from __future__ import annotations

import numpy as np

from neuro import Circuit, Compiled, NeuronModel, Operation, Population, simulate
from neuro.compiler.ir import Coefficient
from neuro.compiler.lower_circuit import lower
from neuro.simulators.compiled.kernel_literals import hoist_literals
from neuro.simulators.compiled.kernel_source import print_kernel


def _circuit(decay: float, step: float, power: int = 2) -> Circuit:
    model = NeuronModel(
        equations="dv/dt = (-v + 1.5) / (10*ms) : 1", threshold=f"v**{power} > {decay}", reset=f"v = {step}"
    )
    return Circuit(1e-3, [Population("a", 2, model)], operations=[Operation("sink", "a", f"v -= {step} * 0.5", 10)])


def _kernel(circuit: Circuit) -> object:
    return print_kernel(hoist_literals(lower(circuit)))


def test_the_kernel_does_not_hold_the_numbers() -> None:
    assert _kernel(_circuit(0.9, 0.25)) == _kernel(_circuit(0.7, 0.125))
    assert _kernel(_circuit(0.9, 0.25)) != _kernel(_circuit(0.9, 0.25, power=3))


def test_the_numbers_still_count() -> None:
    ticks = [simulate(_circuit(limit, 0.25), 60, Compiled()).spikes["a"].ticks.tolist() for limit in (0.9, 0.7)]
    assert min(map(len, ticks)) > 0
    assert ticks[0] != ticks[1]


def test_every_literal_is_a_coefficient_of_its_part() -> None:
    program = hoist_literals(lower(_circuit(0.9, 0.25)))
    found = {float(np.asarray(c.values)) for c in program.populations[0].coefficients if c.name.startswith("literal__")}
    assert {0.9, 0.25} <= found
    assert all(isinstance(c, Coefficient) for c in program.operations[0].coefficients)
    assert 0.5 in {float(np.asarray(c.values)) for c in program.operations[0].coefficients}
