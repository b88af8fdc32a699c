"""One circuit on Brian2, compiled floats and integers, compared spike by spike and state by state."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.circuit.circuit import Circuit, Probe
from neuro.compiler.ir import Format, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.progress import Advance
from neuro.quantise.integers import Quantised
from neuro.simulators import Brian2Reference, FixedPoint, simulate
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two targets that ran one circuit.

    Args:
        left, right: the targets.
        relation: what must be equal, in words.
        neurons, ticks: of the circuit and the run.
        spikes: that the left one's neurons emitted (given ones are not counted).
        states: state values compared, one for each neuron, variable and tick.
        mismatches: spikes that only one of them has, and states that differ by more than the relation allows.
    """

    left: str
    right: str
    relation: str
    neurons: int
    ticks: int
    spikes: int
    states: int
    mismatches: int


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """A circuit that was shown something.

    Args:
        circuit: with a probe on every state that is to be compared.
        ticks: of the run.
        recording: of the compiled float run.
    """

    circuit: Circuit
    ticks: int
    recording: Recording

    @property
    def neurons(self) -> int:
        """How many neurons the circuit has."""
        return sum(part.size for part in self.circuit.populations)


@dataclass(frozen=True, slots=True, eq=False)
class Integers:
    """The circuit in integers.

    Args:
        quantised: program, formats and their reasons.
        recording: of the fixed-point run, every state at every tick.
    """

    quantised: Quantised
    recording: Recording

    @property
    def program(self) -> StepProgram:
        """The integer program."""
        return self.quantised.program


def probed(circuit: Circuit, every: int = 1) -> Circuit:
    """The circuit with a probe on every state of every neuron, read each ``every`` ticks."""
    states = [(part.name, state.name) for part in lower(circuit).populations for state in part.states]
    return replace(circuit, probes=[Probe(part, state, every) for part, state in states])


def show(circuit: Circuit, ticks: int, *, every: int = 1, progress: Advance | None = None) -> Shown:
    """Probe every neuron's states, each ``every`` ticks, and run the circuit in compiled floats."""
    watched = probed(circuit, every)
    return Shown(watched, ticks, simulate(watched, ticks, progress=progress))


def compare_with_brian2(shown: Shown, advance: Advance, what: str = "") -> Comparison:
    """Brian2 runs the circuit's own text; every spike must be the same, every state within 1e-9."""
    oracle = simulate(shown.circuit, shown.ticks, on=Brian2Reference(), progress=advance)
    differing = sum(
        int(np.count_nonzero(~(np.abs(values - oracle.probes[key]) <= 1e-9)))
        for key, values in shown.recording.probes.items()
    )
    relation = "spikes equal, states within 10⁻⁹"
    return comparison(f"Brian2{what}", "compiled", relation, shown.circuit, oracle, shown.recording, differing)


def quantise_circuit(shown: Shown, formats: Mapping[tuple[str, str], Format] | None = None) -> Integers:
    """Integers for every state, and a run of them."""
    quantised = FixedPoint(formats or {}).quantise(shown.circuit, shown.ticks)
    recording = run_program(quantised.program, shown.ticks)
    return Integers(quantised, recording)


def compare_integers_with_brian2(shown: Shown, integers: Integers, advance: Advance, what: str = "") -> Comparison:
    """Brian2 runs the quantised program; every spike and every state must be the same integer."""
    oracle = run_program_in_brian2(integers.program, shown.ticks, progress=advance)
    differing = sum(
        int(np.count_nonzero(values != oracle.probes[key])) for key, values in integers.recording.probes.items()
    )
    relation = "spikes and states identical"
    return comparison(
        f"Brian2, quantised program{what}",
        "fixed point",
        relation,
        shown.circuit,
        oracle,
        integers.recording,
        differing,
    )


def comparison(
    left: str, right: str, relation: str, circuit: Circuit, ours: Recording, theirs: Recording, differing: int
) -> Comparison:
    """A comparison of two recordings whose states were compared already."""
    shared = ours.probes.keys() & theirs.probes.keys()
    return Comparison(
        left,
        right,
        relation,
        sum(part.size for part in circuit.populations),
        ours.ticks,
        sum(len(ours.spikes[part.name]) for part in circuit.populations),
        sum(int(ours.probes[key].size) for key in shared),
        ours.mismatches(theirs) + differing,
    )
