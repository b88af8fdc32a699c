"""What the rows of bench ``silicon`` share: proving a program in simulators, and the trained digit classifier."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from benchmarks.form import checked
from benchmarks.main.settings import DigitsSettings, load_split
from neuro.compiler.ir import StepProgram
from neuro.experiments.diehl_cook.circuit import LearnedWeights
from neuro.experiments.diehl_cook.data import Images, Split
from neuro.experiments.diehl_cook.readout import Readout, learn_readout
from neuro.experiments.diehl_cook.settings import DiehlCookSettings
from neuro.experiments.diehl_cook.training import respond, train
from neuro.progress import Stages
from neuro.spikes import Recording
from rtl_export import Outcome, RTLSimulator, SimulatorResult, build_core, export, verify

SEED = 0
_SECONDS = 3600.0
_LEARNED = 0.8


@dataclass(frozen=True, slots=True)
class Proof:
    """What simulators said about a program.

    Args:
        results: one a simulator.
        seconds: wall time of each, with compiling.
        bound: clocks that no tick may take.
        neurons, ticks: of the program.
    """

    results: tuple[SimulatorResult, ...]
    seconds: tuple[float, ...]
    bound: int
    neurons: int
    ticks: int

    @property
    def mismatches(self) -> int:
        """Of all simulators; a simulator that did not come to its end counts as one more."""
        return sum(result.mismatches + (result.ticks != self.ticks) for result in self.results)

    @property
    def updates(self) -> int:
        """Neuron updates that every simulator compared."""
        return self.neurons * self.ticks

    @property
    def note(self) -> str:
        """Who ran how long."""
        runs = (f"{result.simulator} {took:.0f} s" for result, took in zip(self.results, self.seconds, strict=True))
        most = max(result.most_clocks for result in self.results)
        return f"{self.neurons:,} neurons, {self.ticks:,} ticks, at most {most:,} clocks ({', '.join(runs)})"


class Lab:
    """Simulators and the tasks' data."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages

    def prove(
        self,
        what: str,
        program: StepProgram,
        ticks: int,
        simulators: Sequence[RTLSimulator] = (RTLSimulator.CXXRTL, RTLSimulator.ICARUS),
        *,
        every: int = 1,
        cores: int = 1,
        golden: Recording | None = None,
    ) -> Proof:
        """Export a program and run it in each simulator."""
        results: list[SimulatorResult] = []
        seconds: list[float] = []
        with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
            folder = Path(scratch) / "core"
            with self.stages.stage(f"Export {what}"):
                export(program, folder, ticks=ticks, every=every, cores=cores, golden=golden)
            for simulator in simulators:
                with self.stages.stage(f"{what} in {simulator.value}"):
                    start = time.perf_counter()
                    results += verify(folder, simulators=(simulator,), seconds=_SECONDS)
                    seconds.append(time.perf_counter() - start)
        found = [result.simulator for result in results if result.outcome is Outcome.NOT_FOUND]
        checked(not found, f"every simulator is installed (missing: {', '.join(found)})")
        bound = build_core(program, cores=cores).most_clocks
        neurons = sum(part.size for part in program.populations)
        return Proof(tuple(results), tuple(seconds), bound, neurons, ticks)

    # ------------------------------------------------------------------------------- the trained digit classifier

    @cached_property
    def settings(self) -> DiehlCookSettings:
        """100 neurons on scikit-learn's digits."""
        return DiehlCookSettings(seed=SEED)

    @cached_property
    def split(self) -> Split:
        """The demo's digits: 360 held out, and of the others 64 and 16 % of all to learn from and to choose by."""
        stored, held_out = load_split(DigitsSettings(seed=SEED))
        images = Images(stored.images, stored.labels)
        rows = np.arange(len(images))
        learned = round(_LEARNED * len(rows))
        testing = Images(held_out.images, held_out.labels)
        return Split(images.picked(rows[:learned]), images.picked(rows[learned:]), testing)

    @cached_property
    def trained(self) -> tuple[LearnedWeights, Readout]:
        """What the classifier learned, and its read-out, from training images only."""
        total = self.settings.epochs * len(self.split.training)
        with self.stages.stage("Learn digits", total) as advance:
            learned = train(self.split.training, self.settings, advance).learned
        with self.stages.stage("Give neurons their classes", len(self.split.training)) as advance:
            generator = np.random.default_rng((SEED, 1))
            answers = respond(self.split.training, learned, self.settings, generator, advance)
        labels = self.split.training.labels
        return learned, learn_readout(answers, labels, self.settings.neurons, self.settings.discount)
