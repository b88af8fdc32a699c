"""Conformance circuits worked out from the models themselves, for those that have none of their own.

A neuron is driven by what it declares: an input variable such as ``I``, or else a state that synapses write. The drive
is the weakest of a scale that makes it fire, and its neurons start where a run under that drive has been, one of them
at the brink of a spike, so that nothing is at rest at tick 0. A synapse takes the place of a rule of
:mod:`tests.conformance.synapse_circuits`, its numbers chosen by their units.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

import numpy as np
from brian2.units.fundamentalunits import get_unit

from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.compiler.equations import Equations, parse_equations
from neuro.compiler.lower_circuit import lower
from neuro.errors import EquationError, NumericalError
from neuro.models.base import NeuronModel, SynapseModel
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording
from tests.conformance.checks import probed
from tests.conformance.synapse_circuits import Rule, learning_of

DT = 1e-4
TICKS = 700
FACTORS = np.array([1.0, 1.25, 1.6])
"""The drives of the three neurons, in units of the weakest that makes the first one fire."""

LEVELS = tuple(2.0**power for power in range(-42, 16))
"""Drives that are tried, weakest first: from less than a picoampere to ten thousands of hertz."""

ENOUGH = 3
"""Spikes that each neuron must fire within the run."""

SPIKES_EVERY = 10
"""Ticks between the spikes of the source that drives a neuron without input variables."""

NUMBERS: Mapping[str, float] = {"volt": 0.3e-3, "siemens": 0.3e-9, "amp": 0.3e-12, "second": 20e-3, "hertz": 20.0}
"""Unit -> the value of a synapse's number without a default; in any other unit it is 0.3."""


@dataclass(frozen=True)
class _Drive:
    """One way to drive a neuron: by an input, or by synapses onto a state."""

    variable: str
    unit: str
    is_input: bool

    def circuit(self, model: NeuronModel, drives: np.ndarray, **initial: np.ndarray) -> Circuit:
        """A neuron for each strength of the drive."""
        population = Population("a", drives.size, model, initial=initial)
        if self.is_input:
            return Circuit(DT, [population], stimuli=[CurrentInput("a", self.variable, drives[None], every=TICKS)])
        # A neuron may have a w of its own.
        synapse = SynapseModel(f"weight : {self.unit}", f"{self.variable}_post += weight")
        ticks = np.arange(0, TICKS, SPIKES_EVERY)
        return Circuit(
            DT,
            [population],
            [Projection("sa", "s", "a", synapse, Connections.all_to_all(1, drives.size), {"weight": drives})],
            [SpikeSource("s", 1, ticks, np.zeros_like(ticks))],
        )


@cache
def neuron_circuit(name: str, model: NeuronModel) -> Circuit:
    """Three neurons of a model under three drives; they fire, one of them at tick 0.

    Raises:
        AssertionError: no drive makes them fire; it says where to write one.
    """
    equations = parse_equations(model.equations, f"the model {name}")
    tried: list[str] = []
    for drives in _drives(model, equations):
        tried += [drive.variable for drive in drives]
        levels = [(level, drive) for drive in drives for level in _levels(model, drive)]
        for level, drive in sorted(levels, key=lambda pair: pair[0]):
            recording = _run(drive.circuit(model, level * FACTORS))
            if recording is not None and _spikes(recording).min() >= ENOUGH:
                return drive.circuit(model, level * FACTORS, **_starts(model, equations, recording, drive, level))
    raise AssertionError(
        f"no drive of {', '.join(tried) or 'any variable'} up to {LEVELS[-1]:g} makes {name} fire {ENOUGH} times in "
        f"{TICKS} ticks of {DT} s: write '\"{name}\": X,' with a drive X of its I into DRIVES in "
        "tests/conformance/circuits.py, and where its neurons start into STARTS there; or a circuit of its own into "
        "BY_HAND in tests/conformance/support.py"
    )


def _drives(model: NeuronModel, equations: Equations) -> Iterator[list[_Drive]]:
    """Input variables, then states that only synapses write, then the others."""
    program = lower(Circuit(DT, [Population("a", 1, model)]))
    statements = [*program.populations[0].reset, *(line for part in program.operations for line in part.statements)]
    written = {line.target.name for line in statements}
    inputs = {name for name in equations.variables if name not in written | equations.differential.keys()}
    for group in (inputs, equations.differential.keys() - written, written):
        names = [name for name in equations.variables if name in group]
        yield [_Drive(name, _unit(equations, name), name in inputs) for name in names]


def _unit(equations: Equations, name: str) -> str:
    unit = repr(get_unit(equations.dimensions[name]))
    return "1" if unit == "radian" else unit  # Brian2's name for a number without a unit


def _run(circuit: Circuit) -> Recording | None:
    """The run with every state recorded; None where a state stops being a number."""
    try:
        return run_program(probed(lower(circuit)), TICKS)
    except NumericalError:
        return None


def _spikes(recording: Recording) -> np.ndarray:
    """How many spikes each neuron fired."""
    spikes = recording.spikes["a"]
    return np.bincount(spikes.indices, minlength=spikes.size)


def _levels(model: NeuronModel, drive: _Drive) -> list[float]:
    """The drives that make a neuron fire, without those so strong that a state stops being a number."""
    for most in range(len(LEVELS), 0, -4):
        recording = _run(drive.circuit(model, np.array(LEVELS[:most])))
        if recording is not None:
            return [level for level, count in zip(LEVELS, _spikes(recording), strict=False) if count >= ENOUGH]
    return []


def _starts(
    model: NeuronModel, equations: Equations, recording: Recording, drive: _Drive, level: float
) -> dict[str, np.ndarray]:
    """States that the run has been in: between two spikes, after one, before one; what stayed 0 is moved by a tenth."""
    spikes = recording.spikes["a"]
    fired = [spikes.ticks[spikes.indices == neuron] for neuron in range(FACTORS.size)]
    ticks = [(fired[0][0] + fired[0][1]) // 2, fired[1][0], fired[2][ENOUGH - 1] - 1]
    sizes = {name: np.abs(np.asarray(model.parameters[name], float)).max() for name in equations.constants}
    sizes |= {drive.variable: level}
    starts = {}
    for name in equations.variables:
        values = recording.probes["a", name]
        if drive.is_input and name == drive.variable:
            continue
        if values.any():
            starts[name] = values[ticks, np.arange(FACTORS.size)]
        else:
            alike = [size for of, size in sizes.items() if equations.dimensions[of] == equations.dimensions[name]]
            starts[name] = max(alike, default=1.0) * np.array([0.1, 0.05, 0.0])
    return starts


def synapse_circuit(name: str, model: SynapseModel) -> Circuit:
    """The synapse between sources and three neurons, as in ``learning``.

    Raises:
        AssertionError: no such circuit can be made; it says where to write one.
    """
    equations = parse_equations(model.equations, f"the model {name}")
    numbers: dict[str, object] = {}
    for number in (*equations.variables, *equations.constants):
        if number not in model.parameters:
            value = NUMBERS.get(_unit(equations, number), 0.3)
            numbers[number] = value * (10.0 if number.endswith("_max") else 1.0)
    numbers |= {"w": 5 * NUMBERS.get(_unit(equations, "w"), 0.06)} if "w" in numbers else {}
    try:
        circuit = learning_of({name: Rule(model, numbers)})
        lower(circuit)
    except EquationError as error:
        raise AssertionError(
            f"no circuit can be derived for {name} ({error}): write a circuit of its own into BY_HAND in "
            "tests/conformance/support.py"
        ) from error
    return circuit
