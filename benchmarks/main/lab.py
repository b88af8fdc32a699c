"""What the rows of bench ``main`` share: the demo's stages, each run once and only if a row asks for it."""

from __future__ import annotations

import tempfile
from functools import cached_property
from pathlib import Path

from benchmarks.main.graph import GraphSearch, spread_over_graph
from benchmarks.main.recall import DemoCodes, Naming, RecallOutcome, encode, name_held_out, recall_under_noise
from benchmarks.main.settings import Digits, DigitsSettings, load_split
from benchmarks.main.silicon import SiliconCircuit, compare_search_with_brian2, silicon_circuit
from neuro.memories import recall_ticks
from neuro.progress import Stages
from rtl_export import SimulatorResult
from spikeloom.demo.silicon import export_core, installed_simulators, simulate_core
from spikeloom.demo.targets import (
    Comparison,
    Integers,
    compare_integers_with_brian2,
    compare_with_brian2,
    quantise_circuit,
)

SEED = 0


class Lab:
    """The stages of the demo, by name, at its default settings."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages
        self.settings = DigitsSettings(seed=SEED)

    @cached_property
    def split(self) -> tuple[Digits, Digits]:
        """The stored and the held-out digits."""
        return load_split(self.settings)

    @property
    def stored(self) -> Digits:
        """The stored digits."""
        return self.split[0]

    @property
    def held_out(self) -> Digits:
        """The held-out digits."""
        return self.split[1]

    @cached_property
    def codes(self) -> DemoCodes:
        """The codes of all digits."""
        with self._stages.stage("Encode"):
            return encode(self.stored, self.held_out, self.settings.memory, SEED)

    @cached_property
    def recall(self) -> RecallOutcome:
        """The filled memory."""
        with self._stages.stage("Store and recall", len(self.settings.noise)) as advance:
            return recall_under_noise(self.codes, self.stored, self.settings, advance)

    @cached_property
    def naming(self) -> Naming:
        """The held-out digits, named by spikes."""
        ticks = recall_ticks(self.codes.encoder) * len(self.held_out)
        with self._stages.stage("Name held-out digits", ticks) as advance:
            return name_held_out(self.codes, self.recall, self.stored, self.held_out, advance)

    @cached_property
    def graph(self) -> GraphSearch:
        """The search over the graph."""
        with self._stages.stage("Spread over the graph", 3) as advance:
            return spread_over_graph(self.stored, self.held_out, self.settings, advance)

    @cached_property
    def silicon(self) -> SiliconCircuit:
        """The circuit that becomes Verilog."""
        with self._stages.stage("Run the circuit for silicon"):
            return silicon_circuit(self.stored, self.held_out, self.settings)

    @cached_property
    def integers(self) -> Integers:
        """The same in integers."""
        with self._stages.stage("Quantise"):
            return quantise_circuit(self.silicon)

    @cached_property
    def native(self) -> Comparison:
        """Brian2 on the circuit's own text against the compiled run."""
        with self._stages.stage("Brian2: own text", self.silicon.ticks) as advance:
            return compare_with_brian2(self.silicon, advance)

    @cached_property
    def quantised(self) -> Comparison:
        """Brian2 on the quantised program against the integers."""
        with self._stages.stage("Brian2: quantised", self.silicon.ticks) as advance:
            return compare_integers_with_brian2(self.silicon, self.integers, advance)

    @cached_property
    def spreading(self) -> Comparison:
        """Brian2 on the spreading circuit against the search."""
        with self._stages.stage("Brian2: spreading") as advance:
            return compare_search_with_brian2(self.graph, self.held_out, self.settings, advance)

    @cached_property
    def verdicts(self) -> tuple[SimulatorResult, ...]:
        """What the Verilog simulators say."""
        verdicts = []
        with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
            core = Path(scratch) / "core"
            export_core(self.silicon, self.integers, core, "digits_core")
            for simulator in installed_simulators():
                with self._stages.stage(f"Verilog in {simulator.value}"):
                    verdicts.append(simulate_core(core, simulator))
        return tuple(verdicts)
