"""Bench ``simulation``: the compiled simulator against Brian2's C++ and NEST, and how its cost grows."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks.data import EXAMPLES_VARIABLE, ROOT, examples_folder
from benchmarks.form import Bench, Measured, Row, checked
from benchmarks.simulation.brian2_examples import outcomes, summary
from benchmarks.simulation.brian2_peer import Brian2Program
from benchmarks.simulation.nest_peer import NestNetwork
from benchmarks.simulation.network import DELAY_TICKS, DT, network, small_graph
from benchmarks.simulation.size import SIZE_ROWS
from neuro import Circuit, CurrentInput, Recording, Spikes, simulate_batch
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.simulators.compiled.simulator import KernelRun

SEED = 0
TICKS = 50_000
REPEATS = 5
_RATES_AGREE = 0.05
_MICRO, _NANO = 1e6, 1e9
_OURS, _BRIAN2, _NEST = "spikeloom", "Brian2 C++ standalone", "NEST"


def timed_run(circuit: Circuit, ticks: int, threads: int = 1) -> tuple[float, Recording]:
    """Seconds of the compiled loop, from the circuit's start, and what it gave; lowering and memory not counted."""
    run = KernelRun(lower(circuit), threads)
    start = time.perf_counter()
    recording = run.run(ticks)
    return time.perf_counter() - start, recording


@dataclass(frozen=True)
class Contest:
    """Seconds per run of each side, and what each gave."""

    samples: Mapping[str, list[float]]
    ours: Spikes
    theirs: Mapping[str, Spikes]

    def ratio(self, peer: str) -> float:
        """The peer's median over ours."""
        return statistics.median(self.samples[peer]) / statistics.median(self.samples[_OURS])


class Lab:
    """The networks and their runs, each made once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self._stages = stages

    @cached_property
    def static(self) -> Contest:
        """Static synapses."""
        return self._contest(plastic=False)

    @cached_property
    def plastic(self) -> Contest:
        """Pair STDP on the excitatory synapses."""
        return self._contest(plastic=True)

    def _contest(self, *, plastic: bool) -> Contest:
        circuit = network(plastic=plastic, seed=SEED)
        what = "STDP" if plastic else "static"
        with self._stages.stage(f"Build Brian2's C++ program ({what})"):
            program = Brian2Program(circuit, TICKS)
        samples: dict[str, list[float]] = {_OURS: [], _BRIAN2: [], _NEST: []}
        with self._stages.stage(f"Take turns ({what})", REPEATS + 1) as advance:
            for turn in range(REPEATS + 1):
                nest = NestNetwork(circuit)
                seconds, ours = timed_run(circuit, TICKS)
                turns = {_OURS: seconds, _BRIAN2: program.run(), _NEST: nest.run(TICKS)}
                # The first round warms up everybody.
                if turn:
                    for name, value in turns.items():
                        samples[name].append(value)
                advance(turn + 1)
        return Contest(samples, ours.spikes["cells"], {_BRIAN2: program.spikes(), _NEST: nest.spikes()})


def against(peer: str, pick: str) -> Row:
    """How many times as fast as the peer, after the equality of all spikes."""

    def measure(lab: Lab) -> Measured:
        contest: Contest = getattr(lab, pick)
        ours, theirs = contest.ours, contest.theirs[peer]
        rate, other = (len(spikes) / spikes.size / (TICKS * DT) for spikes in (ours, theirs))
        if peer == _NEST and pick == "plastic":
            equal = "equal: false; NEST's traces and delays differ; " + checked(
                abs(other / rate - 1) <= _RATES_AGREE, f"rates agree within 5 %: {rate:.2f} and {other:.2f} Hz"
            )
        else:
            wrong = ours.mismatches(theirs)
            equal = checked(wrong == 0 and len(ours) > 0, f"all {len(ours):,} spikes are {peer}'s")
        per_step = {name: [s / TICKS * _MICRO for s in values] for name, values in contest.samples.items()}
        step = statistics.median(per_step[_OURS])
        note = f"{step:.2f} us a step, {rate:.1f} Hz, {TICKS:,} steps, one thread; samples in us a step"
        middle = statistics.median(per_step[peer])
        return Measured(contest.ratio(peer), "x as fast", equal, per_step, f"{peer}, us a step", middle, note)

    return measure


def silent(lab: Lab) -> Measured:
    """A network whose currents decayed to nothing costs no more than an active one: no subnormals."""
    del lab
    active, quiet = network(plastic=True, seed=SEED), network(plastic=True, drive=0.0, seed=SEED)
    start = replace(quiet.populations[0], initial={"v": quiet.populations[0].initial["v"], "g": 1e-3})
    quiet = replace(quiet, populations=[start])
    samples: dict[str, list[float]] = {"silent": [], "active": []}
    for turn in range(REPEATS + 1):
        for name, circuit in (("silent", quiet), ("active", active)):
            seconds, recording = timed_run(circuit, 4 * TICKS)
            if turn:
                samples[name].append(seconds / (4 * TICKS) * _MICRO)
            if name == "silent":
                assert_silent = recording.spike_count == 0
    equal = checked(assert_silent, "the silent network did not spike")
    value = statistics.median(samples["silent"])
    middle = statistics.median(samples["active"])
    return Measured(value, "us a step", equal, samples, "the same, active, us a step", middle, "with STDP's traces")


def _cost(circuit: Circuit, ticks: int) -> tuple[float, float]:
    """(seconds, synaptic events) of a run."""
    seconds, recording = timed_run(circuit, ticks)
    fired = recording.spikes["cells"].between(0, ticks - DELAY_TICKS).counts()
    rows = sum(np.diff(np.asarray(part.connections.row_start)) for part in circuit.projections)
    return seconds, float((fired * rows).sum())


def neuron_step(lab: Lab) -> Measured:
    """Cost of one neuron in one step without spikes, and its growth from 1,000 to 100,000 neurons."""
    del lab
    samples: dict[str, list[float]] = {}
    for neurons, ticks in ((1_000, 20_000), (10_000, 4_000), (100_000, 400)):
        circuit = network(neurons=neurons, synapses=1, plastic=False, drive=0.0)
        times = [timed_run(circuit, ticks)[0] / ticks / neurons * _NANO for _ in range(REPEATS + 1)]
        samples[f"{neurons:,} neurons"] = times[1:]
    middles = [statistics.median(values) for values in samples.values()]
    note = "samples in ns a neuron and step"
    return Measured(max(middles) / middles[0], "x the small case", "no spikes in any", samples, note=note)


def synaptic_event(lab: Lab) -> Measured:
    """Cost of one synaptic event, and its growth from 1 to 50 million synapses."""
    del lab
    samples: dict[str, list[float]] = {}
    for neurons, synapses, ticks in ((10_000, 100, 3_000), (50_000, 200, 600), (100_000, 500, 300)):
        circuit = network(neurons=neurons, synapses=synapses, plastic=False)
        quiet = network(neurons=neurons, synapses=synapses, plastic=False, drive=0.0)
        values = []
        for _ in range(3):
            seconds, events = _cost(circuit, ticks)
            idle, none = _cost(quiet, ticks)
            values.append((seconds - idle) / (events - none) * _NANO)
        samples[f"{neurons * synapses:,} synapses"] = values
    middles = [statistics.median(values) for values in samples.values()]
    note = "the same network, silent, is taken off; samples in ns an event"
    equal = "events counted from the spikes that arrive"
    return Measured(max(middles) / middles[0], "x the small case", equal, samples, note=note)


def batch(lab: Lab) -> Measured:
    """Two entries on two threads against one after the other."""
    del lab
    circuit = network(plastic=True, seed=SEED)
    neurons = circuit.populations[0].size
    drives = [[CurrentInput("cells", "I", np.full((1, neurons), 20.35e-3 + x), every=10**9)] for x in (0.0, 1e-4)]
    samples: dict[str, list[float]] = {"one thread": [], "two threads": []}
    for turn in range(REPEATS + 1):
        results = {}
        for name, workers in (("one thread", 1), ("two threads", 2)):
            start = time.perf_counter()
            results[name] = simulate_batch(circuit, drives, 10 * TICKS, workers=workers)
            if turn:
                samples[name].append(time.perf_counter() - start)
        pairs = zip(results["one thread"], results["two threads"], strict=True)
        equal = checked(all(a.mismatches(b) == 0 for a, b in pairs), "both give the same spikes")
    value = statistics.median(samples["one thread"]) / statistics.median(samples["two threads"])
    return Measured(value, "x as fast", equal, samples, note=f"{os.cpu_count()} cores; samples in s")


def small_tick(*, plastic: bool) -> Row:
    """One tick of a 32-node graph circuit with spikes, inside the loop."""

    def measure(lab: Lab) -> Measured:
        del lab
        ticks = 200_000
        values = []
        for turn in range(REPEATS + 1):
            seconds, recording = timed_run(small_graph(plastic=plastic), ticks)
            if turn:
                values.append(seconds / ticks * _NANO)
        each = recording.spike_count / ticks
        equal = checked(each > 0, f"{each:.2f} spikes a tick")
        return Measured(statistics.median(values), "ns", equal, {"spikeloom, ns": values}, note="32 nodes, 256 links")

    return measure


_COLD = """
from benchmarks.simulation.network import network
from neuro import simulate
print(simulate(network(plastic=True), 10_000).spike_count)
"""


def cold(*, warm_cache: bool) -> Row:
    """First result of a new process: import, lower, compile, simulate one second."""

    def measure(lab: Lab) -> Measured:
        del lab
        values = []
        with tempfile.TemporaryDirectory(prefix="spikeloom_cold_") as folder:
            for turn in range(3 + warm_cache):
                cache = folder if warm_cache else str(Path(folder) / str(turn))
                start = time.perf_counter()
                command = [sys.executable, "-c", _COLD]
                done = subprocess.run(
                    command,
                    cwd=ROOT,
                    env={**os.environ, "SPIKELOOM_CACHE": cache},
                    capture_output=True,
                    text=True,
                    check=True,
                )
                if turn or not warm_cache:
                    values.append(time.perf_counter() - start)
        equal = checked(int(done.stdout) > 0, f"{int(done.stdout):,} spikes")
        return Measured(statistics.median(values), "s", equal, {"spikeloom, s": values}, note="STDP network, 1 s of it")

    return measure


def threads(lab: Lab) -> Measured:
    """Weights and spikes that differ between one thread and several."""
    del lab
    circuit = network(plastic=True, seed=SEED)
    _, alone = timed_run(circuit, TICKS)
    wrong = 0
    for count in (2, 3, 4):
        _, together = timed_run(circuit, TICKS, count)
        wrong += alone.mismatches(together)
        wrong += int(np.sum(alone.final["excitatory", "w"] != together.final["excitatory", "w"]))
    moved = int(np.sum(alone.final["excitatory", "w"] != circuit.projections[0].parameters["w"]))
    equal = checked(moved > 0, f"{moved:,} weights moved, {alone.spike_count:,} spikes")
    return Measured(wrong, "", equal, note="2, 3 and 4 threads against 1")


def brian2_examples(lab: Lab) -> Measured:
    """How many of Brian2's published examples load, run and agree."""
    del lab
    folder = examples_folder()
    if folder is None or not folder.is_dir():
        raise InvalidInput(f"{EXAMPLES_VARIABLE} is {folder}; give the folder of Brian2's examples")
    found = list(outcomes(folder))
    wrong = [item.script for item in found if item.verdict in ("differs", "error")]
    equal = checked(not wrong, f"every script that runs agrees, every other is refused by one line ({wrong})")
    agree = sum(item.verdict.startswith("agrees") for item in found)
    return Measured(agree, "scripts", equal, peer="Brian2", peer_value=len(found), note=summary(found))


SIMULATION = Bench(
    "simulation",
    Lab,
    MappingProxyType(
        {
            "static-against-brian2": against(_BRIAN2, "static"),
            "static-against-nest": against(_NEST, "static"),
            "stdp-against-brian2": against(_BRIAN2, "plastic"),
            "stdp-against-nest": against(_NEST, "plastic"),
            "silent-network": silent,
            "growth-of-neuron-step": neuron_step,
            "growth-of-synaptic-event": synaptic_event,
            "batch-of-two": batch,
            "small-graph-tick": small_tick(plastic=False),
            "small-graph-tick-stdp": small_tick(plastic=True),
            "cold-process-warm-cache": cold(warm_cache=True),
            "cold-process-cold-cache": cold(warm_cache=False),
            "parallel-stdp-differences": threads,
            "brian2-examples": brian2_examples,
            **SIZE_ROWS,
        }
    ),
    (SEED,),
    MappingProxyType({"brian2-examples": EXAMPLES_VARIABLE}),
)
