"""Brian2's own published examples, each in a process of its own: read, run compiled and on Brian2, compared.

A script runs as it is, but for its plots, which are drawn nowhere, and its device, which is Brian2's numpy. Each of its
first runs is cut to a number of ticks; before it the network is read as it stands and run compiled. All spikes and
final states of neurons must be the same where nothing is random; where Brian2 draws from a stream of its own, the
counts of spikes and the means of states must agree. ``python -m benchmarks.simulation.brian2_examples SCRIPT TICKS``
prints one line.
"""

from __future__ import annotations

import builtins
import json
import os
import re
import runpy
import signal
import subprocess
import sys
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from types import FrameType, MappingProxyType
from typing import Any

import numpy as np

from benchmarks.data import ROOT

TICKS = 1000
"""Ticks of each run, at most."""

CUTS: Mapping[str, int] = MappingProxyType(
    {
        "frompapers/Brunel_2000.py": 300,
        "frompapers/Brunel_Wang_2001.py": 300,
        "frompapers/Kremer_et_al_2011_barrel_cortex.py": 700,
        "non_reliability.py": 3000,
        "reliability.py": 3000,
        "synapses/licklider.py": 2000,
    }
)
"""Other cuts: large networks get fewer ticks, and where spikes come late more."""

SECONDS = 280
"""A script is stopped after so long."""

_RUNS = 2
_FEW = 10
_OUTSIDE = ("SpatialNeuron", "import multiprocessing", "reset_device", "build_on_run", "openmp")
_NOT_HERE = ("import cv2", "import sbi", "import progressbar", "from progressbar", "gsl_")
_FOLDERS = ("compartmental", "multiprocessing", "standalone")
_HELPERS = ("params.py", "plot_utils.py")
_CLOSE = 1e-6
_MARK = "OUTCOME "
_RAW = (ArithmeticError, AttributeError, LookupError, NameError, OSError, RuntimeError, TypeError, ValueError)
_RANDOM = re.compile(r"\b(xi\w*|rand|randn|poisson)\b")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a script: ``agrees``, ``agrees in statistics``, ``refused``, ``differs``, ``error`` or ``unseen``.

    ``line`` is why, ``ticks`` how many of each run were compared, ``of`` how many the script has.
    """

    script: str
    verdict: str
    line: str = ""
    ticks: tuple[int, ...] = ()
    of: tuple[int, ...] = ()


def published(folder: Path) -> list[str]:
    """The scripts without morphologies, multiprocessing, devices, and packages or data that are not installed."""
    found = []
    for path in sorted(folder.rglob("*.py")):
        name = path.relative_to(folder).as_posix()
        text = path.read_text()
        if name.split("/", 1)[0] in _FOLDERS or path.name in _HELPERS:
            continue
        if not any(word in text for word in (*_OUTSIDE, *_NOT_HERE)):
            found.append(name)
    return found


def outcomes(folder: Path) -> Iterator[Outcome]:
    """Run the scripts one after the other."""
    for name in published(folder):
        command = [sys.executable, "-m", "benchmarks.simulation.brian2_examples", str(folder / name)]
        command.append(str(CUTS.get(name, TICKS)))
        environment = {**os.environ, "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
        try:
            done = subprocess.run(
                command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=SECONDS + 60, check=False
            )
        except subprocess.TimeoutExpired:
            yield Outcome(name, "unseen", f"takes longer than {SECONDS} s")
            continue
        lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
        if not lines:
            last = done.stderr.strip().splitlines()[-1:] or [f"exit status {done.returncode}"]
            yield Outcome(name, "error", last[0][:300])
            continue
        given = json.loads(lines[-1].removeprefix(_MARK))
        yield Outcome(name, given["verdict"], given["line"], tuple(given["ticks"]), tuple(given["of"]))


def summary(found: list[Outcome]) -> str:
    """One line of counts, then one for each script that does not agree."""
    counts = Counter(outcome.verdict for outcome in found)
    cut = sum(any(ticks < whole for ticks, whole in zip(item.ticks, item.of, strict=True)) for item in found)
    lines = [f"{len(found)} scripts: {', '.join(f'{count} {verdict}' for verdict, count in counts.most_common())}"]
    lines.append(f"{cut} cut to {TICKS} ticks a run or as CUTS says")
    lines += [f"{item.script}: {item.verdict}: {item.line}" for item in found if not item.verdict.startswith("agrees")]
    return "; ".join(lines)


# ------------------------------------------------------------------------------------------- inside the process


class _Enough(BaseException):
    """No further run of the script is looked at."""


class _Watch:
    """Stands in for Brian2's run: reads, runs compiled, lets Brian2 run, compares."""

    def __init__(self, script: Path, most: int) -> None:
        import brian2

        self.script, self.most = script, most
        self.runs: list[tuple[str, str, int, int]] = []
        self.network: Any = None
        self._run = brian2.Network.run

    def install(self) -> None:
        """Put the watch in place of ``Network.run``, ``run``, ``store`` and ``restore``; no device, no plot."""
        import brian2
        import matplotlib.pyplot as plt

        def run(network: Any, duration: Any, *_: Any, namespace: Any = None, **__: Any) -> None:
            self.compare(network, duration, self.names() if namespace is None else dict(namespace))

        def magic_run(duration: Any, *_: Any, namespace: Any = None, **__: Any) -> None:
            self.magic().run(duration, namespace=namespace)

        brian2.prefs.codegen.target = "numpy"
        brian2.Network.run = run
        brian2.run = magic_run
        brian2.store = lambda name="default", filename=None: self.magic().store(name, filename)
        brian2.restore = lambda name="default", *_, **__: self.magic().restore(name)
        brian2.set_device = lambda *_, **__: None
        brian2.profiling_summary = lambda *_, **__: ""
        plt.show = lambda *_, **__: None
        plt.savefig = lambda *_, **__: None

    def frame(self) -> FrameType | None:
        """The innermost frame of the script's own folder."""
        frame: FrameType | None = sys._getframe(1)
        folder = str(self.script.parent)
        while frame is not None and not frame.f_code.co_filename.startswith(folder):
            frame = frame.f_back
        return frame

    def names(self) -> dict[str, Any]:
        """What Brian2 would look names up in."""
        frame = self.frame()
        return {} if frame is None else {**frame.f_globals, **frame.f_locals}

    def magic(self) -> Any:
        """A network of all objects that the script holds, in place of Brian2's magic one."""
        import brian2

        held = {id(item): item for item in self.names().values() if isinstance(item, brian2.BrianObject)}
        objects = list(held.values())
        if self.network is None or not any(item in self.network.objects for item in objects):
            self.network = brian2.Network(objects)
        else:
            self.network.add(*(item for item in objects if item not in self.network.objects))
        return self.network

    def compare(self, network: Any, duration: Any, names: Mapping[str, Any]) -> None:
        """One run, cut to ``most`` ticks."""
        import brian2

        from neuro.errors import SpikeloomError
        from neuro.interop import from_brian2
        from neuro.simulators import simulate

        kinds = (brian2.NeuronGroup, brian2.Synapses, brian2.PoissonGroup, brian2.SpikeGeneratorGroup)
        steps = [float(item.clock.dt_) for item in network.objects if isinstance(item, kinds)]
        dt = builtins.min(steps, default=float(brian2.defaultclock.dt))
        of = round(float(duration) / dt)
        ticks = builtins.min(of, self.most)
        random, found, verdict, line = _is_random(network), None, "", ""
        try:
            circuits = [
                from_brian2(network, namespace=names, duration=ticks * dt, seed=seed)
                for seed in (range(1, 4) if random else range(1, 2))
            ]
            found = [simulate(circuit, ticks) for circuit in circuits]
        except SpikeloomError as error:
            verdict, line = "refused", str(error)
        except _RAW as error:
            verdict, line = "error", f"{type(error).__name__}: {error}"
        start = round(float(network.t) / dt)
        groups = [item for item in network.objects if "spike" in getattr(item, "events", {})]
        groups = [item for item in groups if isinstance(item, kinds)]
        monitors = {item.name: brian2.SpikeMonitor(item) for item in groups}
        network.add(*monitors.values())
        # What is refused need not run at length for the script to go on.
        steps_run = ticks if found is not None else builtins.min(ticks, _FEW)
        self._run(network, steps_run * dt * brian2.second, namespace=dict(names))
        if found is not None:
            spikes = {
                name: _pairs(np.rint(np.asarray(m.t) / dt).astype(int) - start, np.asarray(m.i))
                for name, m in monitors.items()
            }
            verdict, line = _judged(found, spikes, network, random)
        network.remove(*monitors.values())
        self.runs.append((verdict, line.replace("\n", " ")[:300], ticks, of))
        if len(self.runs) >= _RUNS:
            raise _Enough

    def outcome(self, ended: str) -> Outcome:
        """Of all runs: the worst."""
        order = ("error", "differs", "refused", "agrees in statistics", "agrees")
        if not self.runs:
            return Outcome(self.script.name, "unseen", ended or "runs nothing")
        verdict, line, _, _ = builtins.min(self.runs, key=lambda run: order.index(run[0]))
        return Outcome(
            self.script.name, verdict, line, tuple(run[2] for run in self.runs), tuple(run[3] for run in self.runs)
        )


def _is_random(network: Any) -> bool:
    """Whether Brian2 draws from its own stream while the network runs."""
    texts: list[str] = []
    waiting = list(network.objects)
    while waiting:
        item = waiting.pop()
        waiting += item.contained_objects
        if type(item).__name__ in ("PoissonGroup", "PoissonInput"):
            return True
        for field in ("events", "event_codes"):
            texts += [str(text) for text in (getattr(item, field, None) or {}).values()]
        texts += [str(getattr(item, field, "")) for field in ("equations", "abstract_code")]
        texts += [str(part.code) for part in getattr(item, "_pathways", ())]
    return _RANDOM.search("\n".join(texts)) is not None


def _judged(found: list[Any], spikes: Mapping[str, Any], network: Any, random: bool) -> tuple[str, str]:
    """(verdict, why) of recordings against Brian2's spikes and the states where it stands."""
    wrong = {
        name: len(expected ^ _pairs(found[0].spikes[name].ticks, found[0].spikes[name].indices))
        for name, expected in spikes.items()
    }
    states = {
        (item.name, variable): np.broadcast_to(
            np.asarray(item.variables[variable].get_value(), dtype=float), found[0].final[item.name, variable].shape
        )
        for item in network.objects
        for name, variable in found[0].final
        if item.name == name and variable in item.variables and hasattr(item, "user_equations")
    }
    off = {key: _distance(found[0].final[key], values) for key, values in states.items()}
    if not any(wrong.values()) and all(value < _CLOSE for value in off.values()):
        return "agrees", ""
    if not random:
        worst = builtins.max(off, key=lambda key: off[key], default=("", ""))
        return "differs", f"{sum(wrong.values())} spikes differ; {'.'.join(worst)} by {off.get(worst, 0.0):.2g}"
    for name, expected in spikes.items():
        counts = [len(recording.spikes[name]) for recording in found]
        room = 0.2 * builtins.max(*counts, len(expected)) + 6 * float(np.sqrt(np.mean(counts) + len(expected))) + 3
        if not builtins.min(counts) - room <= len(expected) <= builtins.max(counts) + room:
            return "differs", f"{name} fires {counts} times with three seeds, {len(expected)} in Brian2"
    for key, values in states.items():
        means = [float(recording.final[key].mean()) for recording in found if recording.final[key].size]
        # What all neurons share, such as the drive of the last spikes, differs from seed to seed as a whole.
        room = 3 * (float(values.std()) + float(np.ptp(means)) if means else 0.0)
        if means and values.size >= 20 and abs(float(values.mean()) - float(np.mean(means))) > room:
            return "differs", f"the mean of {'.'.join(key)} is {np.mean(means):.3g}, {values.mean():.3g} in Brian2"
    return "agrees in statistics", ""


def _pairs(ticks: Any, indices: Any) -> set[tuple[int, int]]:
    return set(zip(ticks.tolist(), indices.tolist(), strict=True))


def _distance(values: Any, expected: Any) -> float:
    scale = builtins.max(float(np.abs(expected).max(initial=0.0)), 1e-300)
    return float(np.abs(values - expected).max(initial=0.0)) / scale


def main(script: Path, most: int) -> None:
    """Run one script and print its outcome."""
    import brian2

    warnings.simplefilter("ignore")
    watch, ended = _Watch(script, most), ""
    watch.install()

    def late(*_: Any) -> None:
        raise _Enough(f"takes longer than {SECONDS} s")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(SECONDS)
    os.chdir(script.parent)
    sys.path.insert(0, str(script.parent))
    sys.argv = [str(script)]
    try:
        names = runpy.run_path(str(script), run_name="__main__")
        if not watch.runs:
            watch.compare(
                brian2.Network([item for item in names.values() if isinstance(item, brian2.BrianObject)]),
                100 * brian2.defaultclock.dt,
                names,
            )
    except _Enough as error:
        ended = str(error)
    except _RAW as error:
        # What a script does with a run that was cut is its own affair.
        ended = f"{type(error).__name__}: {error}"
    print("\n" + _MARK + json.dumps(asdict(watch.outcome(ended))), flush=True)
    os._exit(0)


if __name__ == "__main__":
    main(Path(sys.argv[1]).resolve(), int(sys.argv[2]))
