"""The demo's stages in order, with their progress, and the folder that a run leaves.

The circuit for silicon comes early: its Verilog is then simulated and synthesised, by other programs and for longest of
all, beside the stages in software.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from neuro.arrays import JSONValue
from neuro.memories import recall_ticks
from neuro.progress import Stages
from neuro.storage import (
    check_output_folder,
    is_untouched,
    output_folder,
    save_circuit,
    write_json,
    write_manifest,
)
from rtl_export import RTLSimulator, SimulatorResult, SynthesisResult, synthesise
from rtl_export.tools import ended_by
from spikeloom.demo.data import Digits, DigitsSettings, load_split
from spikeloom.demo.graph import GraphSearch, spread_over_graph
from spikeloom.demo.recall import DemoCodes, Naming, RecallOutcome, encode, name_held_out, recall_under_noise
from spikeloom.demo.result import DigitsResult, metrics
from spikeloom.demo.silicon import check_liberty, check_tools, export_core, installed_simulators, simulate_core
from spikeloom.demo.targets import (
    Comparison,
    Integers,
    SiliconCircuit,
    compare_integers_with_brian2,
    compare_search_with_brian2,
    compare_with_brian2,
    quantise_circuit,
    silicon_circuit,
)

MADE_BY = "spikeloom demo"


def run_stages(settings: DigitsSettings, core: Path, stages: Stages, liberty: Path | None) -> DigitsResult:
    """Run the whole demo; the exported core goes to the folder ``core``, which must not exist."""
    with stages.stage("Read the digits"):
        stored, held_out = load_split(settings)
    with stages.stage("Encode into spikes"):
        codes = encode(stored, held_out, settings.memory, settings.seed)
    with stages.stage("Run the circuit for silicon"):
        silicon = silicon_circuit(stored, held_out, settings)
    with stages.stage("Quantise"):
        integers = quantise_circuit(silicon)
    with stages.stage("Export Verilog"):
        export_core(silicon, integers, core)
    beside, stop = ThreadPoolExecutor(2), Event()
    try:
        proof = _Proof.start(beside, core, stages, liberty, stop)
        recall, naming, graph = _in_software(codes, stored, held_out, settings, stages)
        oracle = _in_brian2(silicon, integers, graph, held_out, settings, stages)
        verdicts, synthesis = proof.result()
    finally:
        stop.set()  # Whatever still runs is of no use after an error or Ctrl-C.
        beside.shutdown(cancel_futures=True)  # Waits for it to end: it reads the folder.
    return DigitsResult(
        settings, stored, held_out, codes, recall, naming, graph, silicon, integers, *oracle, verdicts, synthesis
    )


@dataclass(frozen=True, slots=True)
class _Proof:
    """The Verilog's simulations and its synthesis, under way."""

    verdicts: tuple[Future[SimulatorResult], ...]
    synthesis: Future[SynthesisResult]

    @classmethod
    def start(cls, pool: Executor, core: Path, stages: Stages, liberty: Path | None, stop: Event) -> _Proof:
        """Begin with the simulator that takes longest, the event-driven one, which stands last."""
        simulators = installed_simulators()
        verdicts = [pool.submit(_simulate, core, simulator, stages, stop) for simulator in reversed(simulators)]
        return cls(tuple(reversed(verdicts)), pool.submit(_synthesise, core, stages, liberty, stop))

    def result(self) -> tuple[tuple[SimulatorResult, ...], SynthesisResult]:
        """Wait for all of it."""
        return tuple(verdict.result() for verdict in self.verdicts), self.synthesis.result()


def _simulate(core: Path, simulator: RTLSimulator, stages: Stages, stop: Event) -> SimulatorResult:
    with stages.stage(f"Verilog in {simulator.value}"), ended_by(stop):
        return simulate_core(core, simulator)


def _synthesise(core: Path, stages: Stages, liberty: Path | None, stop: Event) -> SynthesisResult:
    with stages.stage("Synthesise"), ended_by(stop):
        return synthesise(core, liberty=liberty)


def _in_software(
    codes: DemoCodes, stored: Digits, held_out: Digits, settings: DigitsSettings, stages: Stages
) -> tuple[RecallOutcome, Naming, GraphSearch]:
    with stages.stage("Store, recall under noise", len(settings.noise)) as advance:
        recall = recall_under_noise(codes, stored, settings, advance)
    ticks = recall_ticks(codes.encoder) * len(held_out)
    with stages.stage("Name held-out digits by spikes", ticks) as advance:
        naming = name_held_out(codes, recall, stored, held_out, advance)
    with stages.stage("Spread over the graph", 3) as advance:
        return recall, naming, spread_over_graph(stored, held_out, settings, advance)


def _in_brian2(
    silicon: SiliconCircuit,
    integers: Integers,
    graph: GraphSearch,
    held_out: Digits,
    settings: DigitsSettings,
    stages: Stages,
) -> tuple[Comparison, Comparison, Comparison]:
    with stages.stage("Brian2: the circuit's own text", silicon.ticks) as advance:
        native = compare_with_brian2(silicon, advance)
    with stages.stage("Brian2: the quantised program", silicon.ticks) as advance:
        quantised = compare_integers_with_brian2(silicon, integers, advance)
    with stages.stage("Brian2: the graph's circuit") as advance:
        return native, quantised, compare_search_with_brian2(graph, held_out, settings, advance)


def run_demo(settings: DigitsSettings, folder: Path, stages: Stages, liberty: Path | None = None) -> DigitsResult:
    """Run the demo and leave a folder: report, metrics, times, Verilog and circuit.

    An earlier run's folder is replaced as long as nobody touched its files; the new one appears whole or not at all.

    Raises:
        InvalidInput: the folder holds something else or can't be written, or no cell library; nothing was done.
        ToolError: an optional package or a tool is missing or failed.
    """
    check_tools()
    check_liberty(liberty)
    check_output_folder(folder, _ours)
    with output_folder(folder, _ours) as staging:
        result = run_stages(settings, staging / "rtl", stages, liberty)
        with stages.stage("Write the report"):
            _write(result, staging, stages)
    return result


def _ours(folder: Path) -> bool:
    return is_untouched(folder, MADE_BY)


def _write(result: DigitsResult, folder: Path, stages: Stages) -> None:
    from spikeloom.demo.report_page import build_page
    from spikeloom.report import render_page

    save_circuit(result.silicon.circuit, folder / "circuit.npz")
    write_json(folder / "metrics.json", metrics(result))
    page = render_page(build_page(result, stages.elapsed))
    (folder / "report.html").write_text(page, encoding="utf-8")
    times: dict[str, JSONValue] = {
        "stages": {stage: round(took, 3) for stage, took in stages.seconds.items()},
        "whole": round(stages.elapsed, 3),
    }
    write_json(folder / "times.json", times)
    write_manifest(folder, MADE_BY)
