"""Rows of bench ``simulation`` at size: ns an event and bytes a synapse at 20 million, threads, the microcircuit."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.data import ROOT
from benchmarks.form import Measured, Row, checked
from benchmarks.simulation.network import DRIVE, DT, network
from neuro import Circuit, Recording
from neuro.compiler.lower_circuit import lower
from neuro.experiments.potjans_diesmann import REFERENCE_RATES
from neuro.simulators.compiled.simulator import KernelRun

NEURONS, SYNAPSES = 20_000, 1_000
_REPEATS = 3
_NANO, _MICRO = 1e9, 1e6
_SETTLE = 200


def large(*, plastic: bool, delay_ticks: int = 15, drive: float = DRIVE) -> Circuit:
    """20,000 neurons of 1,000 synapses each, about 12 Hz."""
    circuit = network(neurons=NEURONS, synapses=SYNAPSES, plastic=plastic, drive=drive)
    return replace(circuit, projections=[replace(part, delay=delay_ticks * DT) for part in circuit.projections])


def _timed(run: KernelRun, ticks: int) -> tuple[float, Recording]:
    start = time.perf_counter()
    recording = run.run(ticks)
    return time.perf_counter() - start, recording


def event(*, plastic: bool, ticks: int = 1000) -> Row:
    """Ns a synaptic event at 20 million synapses, one thread: the silent network is taken off."""

    def measure(lab: object) -> Measured:
        del lab
        values = []
        for _ in range(_REPEATS):
            runs = [KernelRun(lower(large(plastic=plastic, drive=drive)), 1) for drive in (DRIVE, 0.0)]
            for run in runs:
                run.run(_SETTLE)
            active, recording = _timed(runs[0], ticks)
            silent, none = _timed(runs[1], ticks)
            events = recording.spike_count * SYNAPSES
            values.append((active - silent) / events * _NANO)
        equal = checked(recording.spike_count > 0 and none.spike_count == 0, f"{recording.spike_count:,} spikes")
        note = "spikes of the source; the target's, as many, are in it" if plastic else "one weight for all"
        return Measured(statistics.median(values), "ns", equal, {"spikeloom, ns": values}, note=note)

    return measure


_BYTES = """
import resource, sys
from neuro import Circuit, Compiled, Connections, Normal, Population, Projection
from neuro.models import LIF_EXPONENTIAL, static_synapse
def run(synapses):
    connections = Connections.fixed_total(20_000, 20_000, synapses, seed=1)
    delay = Normal(1.5e-3, 0.75e-3, low=1e-4, step=1e-4, seed=2)
    cells = [Population("cells", 20_000, LIF_EXPONENTIAL)]
    weight = {"w": Normal(1e-4, 1e-5, seed=3)}
    Compiled(threads=1).run(
        Circuit(1e-4, cells, [Projection("p", "cells", "cells", static_synapse(), connections, weight, delay)]), 20
    )
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
small = run(20_000)
print((run(20_000_000) - small) / 20e6)
"""


def synapse_bytes(lab: object) -> Measured:
    """Bytes a static synapse with a weight and a delay of its own, at the peak of building and running."""
    del lab
    values = [float(_python(_BYTES)) for _ in range(_REPEATS)]
    note = "20 million; peak memory of the process, less that of a network of a thousandth of it"
    return Measured(statistics.median(values), "bytes", "the same rules", {"spikeloom, bytes": values}, note=note)


def threads(*, plastic: bool, delay_ticks: int, busy: bool = False, ticks: int = 2000) -> Row:
    """Two threads against one, the same spikes; ``busy`` keeps one core at work meanwhile."""

    def measure(lab: object) -> Measured:
        del lab
        circuit = large(plastic=plastic, delay_ticks=delay_ticks)
        samples: dict[str, list[float]] = {"one thread": [], "two threads": []}
        with _busy_core() if busy else _idle():
            for _ in range(_REPEATS):
                recordings = []
                for name, count in (("one thread", 1), ("two threads", 2)):
                    run = KernelRun(lower(circuit), count)
                    run.run(_SETTLE)
                    seconds, recording = _timed(run, ticks)
                    samples[name].append(seconds / ticks * _MICRO)
                    recordings.append(recording)
        equal = checked(recordings[0].mismatches(recordings[1]) == 0, "both give the same spikes")
        one, two = (statistics.median(values) for values in samples.values())
        note = f"shortest delay {delay_ticks} ticks{', one core busy' if busy else ''}; samples in us a tick"
        return Measured(one / two, "x as fast", equal, samples, note=note)

    return measure


@contextmanager
def _busy_core() -> Iterator[None]:
    other = subprocess.Popen([sys.executable, "-c", "while True: pass"])
    try:
        yield
    finally:
        other.kill()
        other.wait()


@contextmanager
def _idle() -> Iterator[None]:
    yield


_MICROCIRCUIT = """
import json, resource, sys, time
import numpy as np
from neuro.experiments.potjans_diesmann import microcircuit, parts
from neuro.simulators.compiled.drawn import lower_drawn
from neuro.simulators.compiled.simulator import KernelRun
start = time.perf_counter()
run = KernelRun(lower_drawn(microcircuit(1.0)), {threads})
run.run(1)
built = time.perf_counter() - start
run.run(9_999)
start = time.perf_counter()
spikes = run.run({ticks}).spikes["cells"]
seconds = (time.perf_counter() - start) / ({ticks} * 1e-4)
counts = spikes.counts() / ({ticks} * 1e-4)
rates = {{name: float(counts[part].mean()) for name, part in parts(1.0).items()}}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
print(json.dumps({{"build": built, "seconds": seconds, "rates": rates, "peak": peak}}))
"""


@cache
def _whole(count: int) -> Mapping[str, Any]:
    """Build the microcircuit at full size in a process of its own, run a second, and ten more (two on two threads)."""
    text = _python(_MICROCIRCUIT.format(threads=count, ticks=100_000 if count == 1 else 20_000))
    found: Mapping[str, Any] = json.loads(text)
    return found


def whole(pick: str, *, count: int = 1, scale: float = 1.0, unit: str) -> Row:
    """One figure of the microcircuit at full size."""

    def measure(lab: object) -> Measured:
        del lab
        found = _whole(count)
        equal = "77,169 neurons, the synapses of the paper's table"
        note = f"{count} thread{'s' if count > 1 else ''}; a process of its own"
        return Measured(float(found[pick]) * scale, unit, equal, note=note)

    return measure


def whole_rates(lab: object) -> Measured:
    """How far the rate farthest from the reference is, in tenths of it; of 0.1 Hz below 1 Hz."""
    del lab
    rates = _whole(1)["rates"]
    off = {name: abs(rates[name] - value) / max(0.1 * value, 0.1) for name, value in REFERENCE_RATES.items()}
    samples = {name: [rates[name], REFERENCE_RATES[name]] for name in off}
    return Measured(float(np.max(list(off.values()))), "", "rates of 10 s", samples, note="samples: Hz, reference Hz")


def _python(code: str) -> str:
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, env={**os.environ}, capture_output=True, text=True, check=True
    )
    return done.stdout


SIZE_ROWS: Mapping[str, Callable[..., Measured]] = MappingProxyType(
    {
        "static-event-20m": event(plastic=False),
        "stdp-event-20m": event(plastic=True),
        "bytes-a-synapse": synapse_bytes,
        "threads-static-delay-1": threads(plastic=False, delay_ticks=1),
        "threads-static-delay-10": threads(plastic=False, delay_ticks=10),
        "threads-stdp-delay-1": threads(plastic=True, delay_ticks=1),
        "threads-stdp-delay-10": threads(plastic=True, delay_ticks=10),
        "threads-busy-static": threads(plastic=False, delay_ticks=1, busy=True),
        "threads-busy-stdp": threads(plastic=True, delay_ticks=10, busy=True),
        "microcircuit-build": whole("build", unit="s"),
        "microcircuit-memory": whole("peak", scale=1e-9, unit="GB"),
        "microcircuit-second": whole("seconds", unit="s"),
        "microcircuit-second-two-threads": whole("seconds", count=2, unit="s"),
        "microcircuit-rates": whole_rates,
    }
)
