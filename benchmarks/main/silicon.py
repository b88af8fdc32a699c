"""The circuit of bench ``main``: a random code, a Hebbian memory and its read-out, at a size for silicon."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from benchmarks.main.graph import GraphSearch
from benchmarks.main.recall import encode, fill_memory
from benchmarks.main.settings import Digits, DigitsSettings
from hnsw_bridge import NODES, Seeds, spreading_circuit
from neuro.arrays import IntArray
from neuro.encoders import KWTAEncoder
from neuro.memories import LabelReadout, label_from_spikes, recall_circuit, recall_ticks
from neuro.progress import Advance
from neuro.simulators import Brian2Reference, simulate
from neuro.spikes import Recording
from spikeloom.demo.targets import Comparison, Shown, comparison, probed


@dataclass(frozen=True, slots=True, eq=False)
class SiliconCircuit(Shown):
    """The circuit that becomes Verilog.

    Args:
        digits: shown to it, one after the other.
        encoder, readout: its parts that give the spikes their meaning.
    """

    digits: Digits
    encoder: KWTAEncoder
    readout: LabelReadout

    def named(self, recording: Recording) -> IntArray:
        """The digits that the label spikes of a run name, shape (digits,)."""
        return label_from_spikes(recording, self.encoder, self.readout)

    def accuracy(self, recording: Recording) -> float:
        """The share of the digits that a run names rightly."""
        return float(np.mean(self.named(recording) == self.digits.labels))


def silicon_circuit(stored: Digits, held_out: Digits, settings: DigitsSettings) -> SiliconCircuit:
    """A memory of a size for silicon, filled with the same digits, that names held-out ones."""
    codes = encode(stored, held_out, settings.silicon, settings.seed)
    memory, readout = fill_memory(codes, stored.labels, settings.silicon, settings.seed)
    count = min(settings.silicon_digits, len(held_out))
    shown = Digits(held_out.images[:count], held_out.labels[:count])
    circuit = probed(recall_circuit(codes.encoder, memory, readout, shown.embeddings))
    ticks = recall_ticks(codes.encoder) * count
    return SiliconCircuit(circuit, ticks, simulate(circuit, ticks), shown, codes.encoder, readout)


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
