"""The demo's stages in order, with their progress, and the folder that a run leaves.

The circuits for silicon come early: their Verilog is then simulated and synthesised, by other programs and for longest
of all, beside the stages in software.
"""

from __future__ import annotations

from concurrent.futures import Executor, Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Event

from neuro.arrays import JSONValue
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
from spikeloom.demo.data import DemoSettings, Examples, read_examples, split_examples
from spikeloom.demo.learning import learn_code, learning_core, training_settings
from spikeloom.demo.result import DemoResult, metrics
from spikeloom.demo.retrieval import (
    ablations,
    answer,
    build_network,
    compare_events,
    recall_under_noise,
    silicon_circuit,
)
from spikeloom.demo.silicon import (
    CORE,
    LEARNING_CORE,
    check_liberty,
    check_tools,
    export_core,
    installed_simulators,
    simulate_core,
)
from spikeloom.demo.targets import compare_integers_with_brian2, compare_with_brian2, quantise_circuit

MADE_BY = "spikeloom demo"
_LEARNS = ", learning"


def run_stages(
    settings: DemoSettings, folder: Path, stages: Stages, liberty: Path | None, examples: Examples | None = None
) -> DemoResult:
    """Run the whole demo; the exported cores go to ``rtl`` and ``rtl_learning`` in ``folder``, which must be there."""
    with stages.stage("Read the embeddings"):
        stored, held_out = split_examples(read_examples(None) if examples is None else examples, settings)
        training = training_settings(settings, stored)
    with stages.stage("Learn the code", training.passes * len(stored)) as advance:
        learning = learn_code(stored, settings, training, advance)
    with stages.stage("Store and link"):
        network = build_network(learning.encoder, stored, settings)
    with stages.stage("Run the circuits for silicon"):
        silicon = silicon_circuit(network, held_out, settings)
        integers = quantise_circuit(silicon)
    with stages.stage("Export Verilog"):
        export_core(silicon, integers, folder / "rtl", CORE)
    beside, stop = ThreadPoolExecutor(2), Event()
    try:
        proof = _Proof.start(beside, folder, settings, stages, liberty, stop)
        with stages.stage("Learn in a small circuit"):
            learner, learner_integers = learning_core(stored, settings, training)
            every = learner.ticks // settings.learning_presentations
            export_core(learner, learner_integers, folder / "rtl_learning", LEARNING_CORE, every)
        proof.add_learner(beside, folder, stages, stop)
        ticks = network.ticks * len(held_out)
        with stages.stage("Ask by spikes", ticks) as advance:
            answers = answer(network, stored, held_out, advance)
            events = compare_events(answers, held_out)
        with stages.stage("Recall under noise", len(settings.noise)) as advance:
            recall, exact = recall_under_noise(network, settings, advance)
        with stages.stage("Take each mechanism away", 8) as advance:
            without = ablations(network, stored, held_out, settings, training, advance)
        with stages.stage("Brian2: the circuit's own text", silicon.ticks) as advance:
            native = compare_with_brian2(silicon, advance)
        with stages.stage("Brian2: the quantised program", silicon.ticks) as advance:
            quantised = compare_integers_with_brian2(silicon, integers, advance)
        with stages.stage("Brian2: the circuit that learns", 2 * learner.ticks) as advance:
            pairs = (
                compare_with_brian2(learner, advance, _LEARNS),
                compare_integers_with_brian2(learner, learner_integers, advance, _LEARNS),
            )
        verdicts, learner_verdicts, synthesis = proof.result()
    finally:
        stop.set()  # Whatever still runs is of no use after an error or Ctrl-C.
        beside.shutdown(cancel_futures=True)  # Waits for it to end: it reads the folder.
    return DemoResult(
        settings,
        stored,
        held_out,
        learning,
        answers,
        recall,
        exact,
        without,
        silicon,
        integers,
        learner,
        learner_integers,
        native,
        quantised,
        *pairs,
        events,
        verdicts,
        learner_verdicts,
        synthesis,
    )


@dataclass(slots=True)
class _Proof:
    """The Verilog's simulations and its synthesis, under way."""

    verdicts: tuple[Future[SimulatorResult], ...]
    synthesis: Future[SynthesisResult]
    learner: Future[SimulatorResult] | None = None

    @classmethod
    def start(
        cls, pool: Executor, folder: Path, settings: DemoSettings, stages: Stages, liberty: Path | None, stop: Event
    ) -> _Proof:
        """Begin with the simulator that checks all ticks; Icarus checks the first ones."""
        limits = {RTLSimulator.ICARUS: settings.icarus_ticks}
        core = folder / "rtl"
        verdicts = tuple(
            pool.submit(_simulate, core, simulator, limits.get(simulator), stages, stop)
            for simulator in installed_simulators()
        )
        return cls(verdicts, pool.submit(_synthesise, core, stages, liberty, stop))

    def add_learner(self, pool: Executor, folder: Path, stages: Stages, stop: Event) -> None:
        """Simulate the core that learns too."""
        simulator = installed_simulators()[0]
        self.learner = pool.submit(_simulate, folder / "rtl_learning", simulator, None, stages, stop)

    def result(self) -> tuple[tuple[SimulatorResult, ...], tuple[SimulatorResult, ...], SynthesisResult]:
        """Wait for all of it."""
        learners = () if self.learner is None else (self.learner.result(),)
        return tuple(verdict.result() for verdict in self.verdicts), learners, self.synthesis.result()


def _simulate(core: Path, simulator: RTLSimulator, ticks: int | None, stages: Stages, stop: Event) -> SimulatorResult:
    with stages.stage(f"{core.name} in {simulator.value}"), ended_by(stop):
        return simulate_core(core, simulator, ticks)


def _synthesise(core: Path, stages: Stages, liberty: Path | None, stop: Event) -> SynthesisResult:
    with stages.stage("Synthesise"), ended_by(stop):
        return synthesise(core, liberty=liberty)


def run_demo(
    settings: DemoSettings,
    folder: Path,
    stages: Stages,
    liberty: Path | None = None,
    examples: Examples | None = None,
) -> DemoResult:
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
        result = run_stages(settings, staging, stages, liberty, examples)
        with stages.stage("Write the report"):
            _write(result, staging, stages)
    return result


def _ours(folder: Path) -> bool:
    return is_untouched(folder, MADE_BY)


def _write(result: DemoResult, folder: Path, stages: Stages) -> None:
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
