"""Everything that the demo found, and the metrics of it that go to ``metrics.json``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from neuro.arrays import JSONValue
from rtl_export import Outcome, SimulatorResult, SynthesisResult
from spikeloom.demo.data import DemoSettings, Examples
from spikeloom.demo.learning import Learning
from spikeloom.demo.retrieval import Ablation, Answers, share_named
from spikeloom.demo.silicon import most_clocks
from spikeloom.demo.targets import Comparison, Integers, Shown


@dataclass(frozen=True, slots=True, eq=False)
class DemoResult:
    """What each stage gave.

    Args:
        settings: what was asked for.
        stored, held_out: the embeddings.
        learning: the code.
        answers: the held-out embeddings, shown to the whole circuit.
        recall, exact: noise -> share of stored items that come back first: by the memory, by an exact search.
        ablations: each mechanism taken away.
        silicon, integers: the circuit that becomes Verilog, in floats and in integers.
        learner, learner_integers: the circuit that learns, likewise.
        native, quantised: Brian2 against the compiled run and the integers.
        learner_native, learner_quantised: the same of the circuit that learns.
        events: the event-driven graph stage against the whole circuit.
        verdicts, learner_verdicts: of the Verilog simulators.
        synthesis: what the core takes.
    """

    settings: DemoSettings
    stored: Examples
    held_out: Examples
    learning: Learning
    answers: Answers
    recall: Mapping[float, float]
    exact: Mapping[float, float]
    ablations: tuple[Ablation, ...]
    silicon: Shown
    integers: Integers
    learner: Shown
    learner_integers: Integers
    native: Comparison
    quantised: Comparison
    learner_native: Comparison
    learner_quantised: Comparison
    events: Comparison
    verdicts: tuple[SimulatorResult, ...]
    learner_verdicts: tuple[SimulatorResult, ...]
    synthesis: SynthesisResult

    @property
    def software(self) -> tuple[Comparison, ...]:
        """The comparisons among simulators in software."""
        return (self.native, self.quantised, self.learner_native, self.learner_quantised, self.events)

    @property
    def software_mismatches(self) -> int:
        """Over all comparisons in software, and queries that spikes answer otherwise than numbers."""
        return sum(pair.mismatches for pair in self.software) + self.answers.in_numbers

    @property
    def rtl_mismatches(self) -> int:
        """Over all Verilog simulators and both cores."""
        return sum(verdict.mismatches for verdict in (*self.verdicts, *self.learner_verdicts))

    @property
    def rtl_passed(self) -> bool:
        """Whether every Verilog simulator ran and agrees."""
        return all(verdict.outcome is Outcome.PASSED for verdict in (*self.verdicts, *self.learner_verdicts))


def metrics(result: DemoResult) -> dict[str, JSONValue]:
    """All that was measured, by name; equal settings give equal values."""
    answers, integers, synthesis = result.answers, result.integers, result.synthesis
    network = answers.network
    return {
        "seed": result.settings.seed,
        "stored": len(result.stored),
        "held_out": len(result.held_out),
        "weights_digest": result.learning.encoder.digest,
        "unit_usage_spread": float(result.learning.used.std() / result.learning.used.mean()),
        "named": answers.quality.named,
        "nearest_neighbours_named": answers.neighbours,
        "recall_at_k": answers.quality.recall,
        "differs_from_numbers": answers.in_numbers,
        "recall_under_noise": _by_noise(result.recall),
        "recall_under_noise_exact_search": _by_noise(result.exact),
        "ablations": {
            part.name: {
                "named": part.whole.named,
                "recall_at_k": part.whole.recall,
                "named_damaged": part.damaged.named,
                "recall_at_k_damaged": part.damaged.recall,
            }
            for part in result.ablations
        },
        "links": len(network.graph.links),
        "software_spikes": sum(pair.spikes for pair in result.software),
        "software_states": sum(pair.states for pair in result.software),
        "software_mismatches": result.software_mismatches,
        "circuit_neurons": result.silicon.neurons,
        "circuit_named_float": share_named(network, result.silicon.recording, result.held_out.labels),
        "circuit_named_fixed": share_named(network, integers.recording, result.held_out.labels),
        "state_bits": {f"{part}.{name}": form.bits for (part, name), form in integers.quantised.formats.items()},
        "rtl_simulators": [verdict.simulator for verdict in result.verdicts],
        "rtl_ticks": {verdict.simulator: verdict.ticks for verdict in result.verdicts},
        "rtl_spikes": max(verdict.spikes for verdict in result.verdicts),
        "rtl_states": max(verdict.states for verdict in result.verdicts),
        "rtl_learning_states": max(verdict.states for verdict in result.learner_verdicts),
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


def nodes_fired(result: DemoResult) -> float:
    """Nodes that fired for a query, in the mean."""
    return float(np.mean((result.answers.retrieved.nodes >= 0).sum(axis=1)))
