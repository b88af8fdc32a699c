"""Everything that the demo found, and the metrics of it that go to ``metrics.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neuro.arrays import JSONValue
from rtl_export import Outcome, SimulatorResult, SynthesisResult
from spikeloom.demo.data import Digits, DigitsSettings
from spikeloom.demo.graph import GraphSearch
from spikeloom.demo.recall import DemoCodes, Naming, RecallOutcome
from spikeloom.demo.silicon import most_clocks
from spikeloom.demo.targets import Comparison, Integers, SiliconCircuit


@dataclass(frozen=True, slots=True, eq=False)
class DigitsResult:
    """What each stage gave.

    Args:
        settings: what was asked for.
        stored, held_out: the digits.
        codes, recall, naming, graph: the stages in software.
        silicon, integers: the circuit that becomes Verilog, in floats and in integers.
        native, quantised, spreading: Brian2 against the compiled run, the integers and the search.
        verdicts: of the Verilog simulators.
        synthesis: what the core takes.
    """

    settings: DigitsSettings
    stored: Digits
    held_out: Digits
    codes: DemoCodes
    recall: RecallOutcome
    naming: Naming
    graph: GraphSearch
    silicon: SiliconCircuit
    integers: Integers
    native: Comparison
    quantised: Comparison
    spreading: Comparison
    verdicts: tuple[SimulatorResult, ...]
    synthesis: SynthesisResult

    @property
    def brian2(self) -> tuple[Comparison, ...]:
        """The comparisons with Brian2."""
        return (self.native, self.quantised, self.spreading)

    @property
    def brian2_mismatches(self) -> int:
        """Over all comparisons with Brian2."""
        return sum(pair.mismatches for pair in self.brian2)

    @property
    def rtl_mismatches(self) -> int:
        """Over all Verilog simulators."""
        return sum(verdict.mismatches for verdict in self.verdicts)

    @property
    def rtl_passed(self) -> bool:
        """Whether every Verilog simulator ran and agrees."""
        return all(verdict.outcome is Outcome.PASSED for verdict in self.verdicts)


def metrics(result: DigitsResult) -> dict[str, JSONValue]:
    """All that was measured, by name; equal settings give equal values."""
    found, silicon, integers = result.graph.result, result.silicon, result.integers
    verdicts, synthesis = result.verdicts, result.synthesis
    return {
        "seed": result.settings.seed,
        "digits_stored": len(result.recall.memory),
        "digits_held_out": len(result.held_out),
        "code_cosine_correlation": result.codes.correlation,
        "memory_weights_set": float(result.recall.memory.weights.mean()),
        "recall_at_1": _by_noise(result.recall.at_1),
        "recall_at_1_exact_search": _by_noise(result.recall.exact_at_1),
        "heldout_accuracy": result.naming.accuracy,
        "heldout_spikes": result.naming.recording.spike_count,
        "knn_accuracy": result.naming.knn_accuracy,
        "graph_recall_at_10": result.graph.recall,
        "graph_recall_at_10_without_spreading": result.graph.seeds_only,
        "hnswlib_recall_at_10": result.graph.hnswlib,
        "graph_seeds": int(found.seeds.nodes.shape[1]),
        "spikes_per_query": float(np.mean(found.activated)),
        "spikes_per_query_largest": int(found.activated.max()),
        "spikes_per_query_limit": result.graph.search.settings.limit(len(result.stored)),
        "brian2_spikes": sum(pair.spikes for pair in result.brian2),
        "brian2_states": sum(pair.states for pair in result.brian2),
        "brian2_mismatches": result.brian2_mismatches,
        "brian2_native_mismatches": result.native.mismatches,
        "brian2_quantised_mismatches": result.quantised.mismatches,
        "brian2_spreading_mismatches": result.spreading.mismatches,
        "circuit_neurons": silicon.neurons,
        "circuit_accuracy_float": silicon.accuracy(silicon.recording),
        "circuit_accuracy_fixed": silicon.accuracy(integers.recording),
        "circuit_spikes_float": silicon.recording.spike_count,
        "circuit_spikes_fixed": integers.recording.spike_count,
        "state_bits": {f"{part}.{name}": form.bits for (part, name), form in integers.quantised.formats.items()},
        "rtl_simulators": [verdict.simulator for verdict in verdicts],
        "rtl_ticks": min(verdict.ticks for verdict in verdicts),
        "rtl_spikes": min(verdict.spikes for verdict in verdicts),
        "rtl_states": min(verdict.states for verdict in verdicts),
        "rtl_mismatches": result.rtl_mismatches,
        "rtl_passed": result.rtl_passed,
        "clocks_per_tick_most": most_clocks(integers),
        "cells": synthesis.cells,
        "flip_flops": synthesis.flip_flops,
        "memories": synthesis.memories,
        "memory_bits": synthesis.memory_bits,
        "area_um2": synthesis.area_um2,
        "fmax_mhz": synthesis.fmax_mhz,
    }


def _by_noise(values: Mapping[float, float]) -> dict[str, float]:
    return {f"{noise:g}": value for noise, value in values.items()}
