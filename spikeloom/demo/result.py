"""Result: everything the experiment found, and the figures of it that go to ``metrics.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from rtl_export import SimulatorResult, SynthesisResult
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


def metrics(result: DigitsResult) -> dict[str, Any]:
    """The figures, all of them measured; equal settings give equal figures."""
    return {
        "seed": result.settings.seed,
        **_software(result),
        **_graph(result),
        **_targets(result),
        **_silicon(result),
    }


def _by_noise(values: Mapping[float, float]) -> dict[str, float]:
    return {f"{noise:g}": value for noise, value in values.items()}


def _software(result: DigitsResult) -> dict[str, Any]:
    weights = result.recall.memory.weights
    return {
        "digits_stored": len(result.recall.memory),
        "digits_held_out": len(result.held_out),
        "code_cosine_correlation": result.codes.correlation,
        "memory_weights_set": float(weights.mean()),
        "recall_at_1": _by_noise(result.recall.at_1),
        "recall_at_1_exact_search": _by_noise(result.recall.exact_at_1),
        "heldout_accuracy": result.naming.accuracy,
        "heldout_spikes": result.naming.recording.spike_count,
        "knn_accuracy": result.naming.knn_accuracy,
    }


def _graph(result: DigitsResult) -> dict[str, Any]:
    found = result.graph.result
    return {
        "graph_recall_at_10": result.graph.recall,
        "graph_recall_at_10_without_spreading": result.graph.seeds_only,
        "hnswlib_recall_at_10": result.graph.hnswlib,
        "graph_seeds": int(found.seeds.nodes.shape[1]),
        "spikes_per_query": float(np.mean(found.activated)),
        "spikes_per_query_largest": int(found.activated.max()),
        "spikes_per_query_limit": result.graph.search.settings.limit(len(result.stored)),
    }


def _targets(result: DigitsResult) -> dict[str, Any]:
    silicon, integers = result.silicon, result.integers
    return {
        "brian2_spikes": sum(pair.spikes for pair in result.brian2),
        "brian2_states": sum(pair.states for pair in result.brian2),
        "brian2_mismatches": sum(pair.mismatches for pair in result.brian2),
        "brian2_native_mismatches": result.native.mismatches,
        "brian2_quantised_mismatches": result.quantised.mismatches,
        "brian2_spreading_mismatches": result.spreading.mismatches,
        "circuit_neurons": silicon.neurons,
        "circuit_accuracy_float": silicon.accuracy(silicon.recording),
        "circuit_accuracy_fixed": silicon.accuracy(integers.recording),
        "circuit_spikes_float": silicon.recording.spike_count,
        "circuit_spikes_fixed": integers.recording.spike_count,
        "state_bits": {f"{part}.{name}": form.bits for (part, name), form in integers.quantised.formats.items()},
    }


def _silicon(result: DigitsResult) -> dict[str, Any]:
    verdicts, synthesis = result.verdicts, result.synthesis
    return {
        "rtl_simulators": [verdict.simulator for verdict in verdicts],
        "rtl_ticks": min(verdict.ticks for verdict in verdicts),
        "rtl_spikes": min(verdict.spikes for verdict in verdicts),
        "rtl_states": min(verdict.states for verdict in verdicts),
        "rtl_mismatches": sum(verdict.mismatches for verdict in verdicts),
        "rtl_passed": all(verdict.outcome.name == "PASSED" for verdict in verdicts),
        "clocks_per_tick_most": most_clocks(result.integers),
        "cells": synthesis.cells,
        "flip_flops": synthesis.flip_flops,
        "memories": synthesis.memories,
        "memory_bits": synthesis.memory_bits,
        "area_um2": synthesis.area_um2,
        "fmax_mhz": synthesis.fmax_mhz,
    }
