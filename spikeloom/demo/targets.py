"""One circuit on Brian2, compiled floats and integers, compared spike by spike and state by state."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hnsw_bridge import NODES, Seeds, spreading_circuit
from neuro.arrays import IntArray
from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import StepProgram
from neuro.encoders import KWTAEncoder
from neuro.memories import LabelReadout, label_from_spikes, recall_circuit, recall_ticks
from neuro.progress import Advance
from neuro.quantise.integers import Quantised
from neuro.simulators import Brian2Reference, FixedPoint, simulate
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.compiled.simulator import run_program
from neuro.spikes import Recording
from spikeloom.demo.data import Digits, DigitsSettings
from spikeloom.demo.graph import GraphSearch
from spikeloom.demo.recall import encode, fill_memory, probed


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
class SiliconCircuit:
    """The circuit that becomes Verilog.

    Args:
        circuit: with a probe on every state.
        digits: shown to it, one after the other.
        encoder, readout: its parts that give the spikes their meaning.
        recording: of the compiled float run.
    """

    circuit: Circuit
    digits: Digits
    encoder: KWTAEncoder
    readout: LabelReadout
    recording: Recording

    @property
    def ticks(self) -> int:
        """How many ticks all digits take."""
        return self.presentation_ticks * len(self.digits)

    @property
    def presentation_ticks(self) -> int:
        """How many ticks one digit takes."""
        return recall_ticks(self.encoder)

    @property
    def neurons(self) -> int:
        """How many neurons the circuit has."""
        return sum(part.size for part in self.circuit.populations)

    def named(self, recording: Recording) -> IntArray:
        """The digits that the label spikes of a run name, shape (digits,)."""
        return label_from_spikes(recording, self.encoder, self.readout)

    def accuracy(self, recording: Recording) -> float:
        """The share of the digits that a run names rightly."""
        return float(np.mean(self.named(recording) == self.digits.labels))


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


def silicon_circuit(stored: Digits, held_out: Digits, settings: DigitsSettings) -> SiliconCircuit:
    """A memory of a size for silicon, filled with the same digits, that names held-out ones."""
    codes = encode(stored, held_out, settings.silicon, settings.seed)
    memory, readout = fill_memory(codes, stored.labels, settings.silicon, settings.seed)
    count = min(settings.silicon_digits, len(held_out))
    shown = Digits(held_out.images[:count], held_out.labels[:count])
    circuit = probed(recall_circuit(codes.encoder, memory, readout, shown.embeddings))
    recording = simulate(circuit, recall_ticks(codes.encoder) * count)
    return SiliconCircuit(circuit, shown, codes.encoder, readout, recording)


def compare_with_brian2(silicon: SiliconCircuit, advance: Advance) -> Comparison:
    """Brian2 runs the circuit's own text; every spike must be the same, every state within 1e-9."""
    oracle = simulate(silicon.circuit, silicon.ticks, on=Brian2Reference(), progress=advance)
    differing = sum(
        int(np.count_nonzero(~(np.abs(values - oracle.probes[key]) <= 1e-9)))
        for key, values in silicon.recording.probes.items()
    )
    relation = "spikes equal, states within 10⁻⁹"
    return comparison("Brian2", "compiled", relation, silicon.circuit, oracle, silicon.recording, differing)


def quantise_circuit(silicon: SiliconCircuit) -> Integers:
    """Integers for every state, and a run of them."""
    quantised = FixedPoint().quantise(silicon.circuit, silicon.ticks)
    recording = run_program(quantised.program, silicon.ticks)
    return Integers(quantised, recording)


def compare_integers_with_brian2(silicon: SiliconCircuit, integers: Integers, advance: Advance) -> Comparison:
    """Brian2 runs the quantised program; every spike and every state must be the same integer."""
    oracle = run_program_in_brian2(integers.program, silicon.ticks, progress=advance)
    differing = sum(
        int(np.count_nonzero(values != oracle.probes[key])) for key, values in integers.recording.probes.items()
    )
    relation = "spikes and states identical"
    return comparison(
        "Brian2, quantised program", "fixed point", relation, silicon.circuit, oracle, integers.recording, differing
    )


def compare_search_with_brian2(
    found: GraphSearch, queries: Digits, settings: DigitsSettings, advance: Advance
) -> Comparison:
    """Brian2 runs the spreading circuit, tick by tick; the event-driven search must have the same spikes."""
    count = min(settings.checked_queries, len(queries))
    seeds = Seeds(found.result.seeds.nodes[:count], found.result.seeds.share[:count])
    circuit = spreading_circuit(found.search.graph, seeds, found.search.settings)
    ticks = count * int(found.search.settings.ticks)
    oracle = simulate(circuit, ticks, on=Brian2Reference(), progress=advance)
    spikes = found.result.spikes
    mine = Recording(circuit.dt, ticks, {NODES: spikes.between(0, ticks)})
    return comparison("Brian2", "event-driven search", "spikes equal", circuit, oracle, mine, 0)


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
