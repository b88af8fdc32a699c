"""Rows of bench ``text``: what writing and asking cost as a memory grows, and what other processes see meanwhile."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.form import Measured, Row, checked
from benchmarks.text.lab import TextLab
from hnsw_bridge import TextMemory
from hnsw_bridge.text.records import NewRecord

_WORDS, _NAMES, _LONG, _SEED = 30_000, 4_000, 22, 0
_ASKED = 60
_SECONDS, _READERS = 60.0, 4
_WRITER = Path(__file__).with_name("store_processes.py")


def made_records(count: int) -> list[NewRecord]:
    """Records of made-up words, every fourth with a title, of five namespaces and ten kinds.

    A word's share is 1 / (50 + rank), as by Zipf and Mandelbrot: the words before these would be no tokens in English.
    """
    random = np.random.default_rng(_SEED)
    letters = np.array(list("abcdefghijklmnopqrstuvwxyz"))
    words = ["".join(random.choice(letters, random.integers(3, 9))) for _ in range(_WORDS)]
    share = 1.0 / (50.0 + np.arange(1, _WORDS + 1))
    drawn = random.choice(_WORDS, (count, _LONG), p=share / share.sum())
    names = [word.capitalize() for word in words[5000 : 5000 + _NAMES]]
    named = random.integers(0, _NAMES, (count, 3))
    records = []
    for row, (own, (first, second, third)) in enumerate(zip(drawn.tolist(), named.tolist(), strict=True)):
        said = [words[word] for word in own]
        said[0], said[8] = said[0].capitalize(), names[first]
        metadata = {"kind": row % 10} | ({"title": f"{names[second]} {names[third]}"} if row % 4 == 0 else {})
        records.append(NewRecord(f"{' '.join(said)}.", f"part {row % 5}", metadata, 1e9 + 600.0 * row))
    return records


class _Stopped:
    """An embedder that says how long it took."""

    def __init__(self, embed: Any) -> None:
        self._embed, self.name, self.seconds = embed, embed.name, 0.0

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        start = time.perf_counter()
        rows: npt.NDArray[np.float32] = self._embed(texts)
        self.seconds += time.perf_counter() - start
        return rows


class _Filled:
    """A memory of so many records, with the seconds that filling it took."""

    def __init__(self, folder: Path, embed: Any, count: int) -> None:
        self.embed = _Stopped(embed)
        self.memory = TextMemory(folder, self.embed)
        self.records = made_records(count)
        start = time.perf_counter()
        self.memory.add(self.records)
        self.memory.ask(self.records[count // 2].text[:80])
        self.seconds = time.perf_counter() - start - self.embed.seconds


@contextmanager
def _filled(lab: TextLab, count: int) -> Iterator[_Filled]:
    from hnsw_bridge import find_embedder

    with TemporaryDirectory() as folder:
        with lab.stages.stage(f"{count:,} records"):
            made = _Filled(Path(folder) / "memory", find_embedder("wordllama"), count)
        try:
            yield made
        finally:
            made.memory.close()


def _milliseconds(action: Callable[[int], object], times: int = _ASKED) -> list[float]:
    found = []
    for place in range(times):
        start = time.perf_counter()
        action(place)
        found.append(1e3 * (time.perf_counter() - start))
    return found


def add_and_ask(count: int) -> Row:
    """p50 of adding one record and asking a question, both."""

    def measure(lab: TextLab) -> Measured:
        with _filled(lab, count) as made:
            fresh = [f"Note {place} about {made.records[place].text}" for place in range(_ASKED)]
            wrong = []

            def both(place: int) -> None:
                (number,) = made.memory.add(fresh[place])
                found = made.memory.ask(fresh[place], min_score=-1.0)
                wrong.extend([] if number in {answer.id for answer in found.answers} else [number])

            times = _milliseconds(both)
        equal = checked(not wrong, f"each of {_ASKED} new records is among the answers to its own text")
        note = f"wordllama, its own time included; 95 %: {np.percentile(times, 95):.1f} ms"
        return Measured(float(np.median(times)), "ms", equal, {"ms": times}, note=note)

    return measure


def loading(lab: TextLab) -> Measured:
    """Seconds to keep 100,000 records and to answer the first question, without those of the embedder."""
    with _filled(lab, 100_000) as made:
        equal = checked(len(made.memory) == 100_000, "all are kept")
        return Measured(made.seconds, "s", equal, note=f"the embedder took {made.embed.seconds:.1f} s besides")


def reopening(lab: TextLab) -> Measured:
    """Seconds to open a memory of 100,000 records and to answer a question."""
    with _filled(lab, 100_000) as made:
        question = made.records[7].text[:80]
        before = made.memory.ask(question, min_score=-1.0)
        made.memory.close()
        times = []
        for _ in range(3):
            start = time.perf_counter()
            with TextMemory(made.memory.folder, made.embed, read_only=True) as memory:
                after = memory.ask(question, min_score=-1.0)
                times.append(time.perf_counter() - start)
        same = [(a.id, a.score) for a in before.answers] == [(a.id, a.score) for a in after.answers]
        equal = checked(same and not memory.notices, "the answers are those before closing, no snapshot is built again")
    return Measured(float(np.median(times)), "s", equal, {"s": times}, note="opening and one question; median of 3")


def filtered(lab: TextLab) -> Measured:
    """p50 of a question with a namespace and with a metadata filter, over one without; the larger."""
    with _filled(lab, 100_000) as made:
        questions = [record.text[:80] for record in made.records[:_ASKED]]
        filters: dict[str, dict[str, Any]] = {
            "none": {},
            "namespace": {"namespace": "part 3"},
            "metadata": {"where": {"kind": 3}},
        }
        times = {name: list[float]() for name in filters}
        wrong = 0
        for question in questions:
            for name, chosen in filters.items():
                ask = partial(made.memory.ask, question, min_score=-1.0, **chosen)
                start = time.perf_counter()
                found = ask()
                times[name].append(1e3 * (time.perf_counter() - start))
                wrong += sum(a.namespace != "part 3" for a in found.answers if name == "namespace")
                wrong += sum(a.metadata["kind"] != 3 for a in found.answers if name == "metadata")
    p50 = {name: float(np.median(values)) for name, values in times.items()}
    equal = checked(wrong == 0, "every answer passes its filter")
    worst = max(p50["namespace"], p50["metadata"]) / p50["none"]
    return Measured(worst, "x", equal, times, "unfiltered p50, ms", p50["none"])


def command(_: TextLab) -> Measured:
    """Seconds of CPU of `spikeloom memory ask` on a memory of one record, its process as a whole."""
    with TemporaryDirectory() as folder:
        from hnsw_bridge import find_embedder

        with TextMemory(Path(folder) / "memory", find_embedder("wordllama")) as memory:
            memory.add("The kettle is on the stove.")
        line = [
            sys.executable,
            "-m",
            "spikeloom",
            "memory",
            "ask",
            str(Path(folder) / "memory"),
            "Where is the kettle?",
        ]
        times, said = [], []
        for _again in range(5):
            before = resource.getrusage(resource.RUSAGE_CHILDREN)
            done = subprocess.run([*line, "--json"], capture_output=True, text=True, check=False)
            after = resource.getrusage(resource.RUSAGE_CHILDREN)
            times.append(after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime)
            said.append([answer["id"] for answer in json.loads(done.stdout)["answers"]])
    equal = checked(said == [[1]] * 5, "it answers with the one record")
    return Measured(float(np.median(times)), "s", equal, {"s": times}, note="CPU, user and system; median of 5")


def processes(lab: TextLab) -> Measured:
    """Errors and inexplicable answers of four reading processes while one writes, for 60 s."""
    with TemporaryDirectory() as folder, lab.stages.stage("one writer, four readers"):
        line = [sys.executable, str(_WRITER), str(Path(folder) / "memory"), str(_SECONDS)]
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": str(_WRITER.parents[2])}
        started = [subprocess.Popen([*line, "0"], stdout=subprocess.PIPE, text=True, env=environment)]
        started += [
            subprocess.Popen([*line, str(number)], stdout=subprocess.PIPE, text=True, env=environment)
            for number in range(1, _READERS + 1)
        ]
        said = [json.loads(one.communicate()[0] or "{}") for one in started]
        failed = sum(one.returncode != 0 for one in started)
    writes, answers = said[0].get("writes", 0), sum(one.get("answers", 0) for one in said[1:])
    wrong = sum(one.get("wrong", 0) for one in said[1:])
    seen = min((one.get("changes", 0) for one in said[1:]), default=0)
    equal = checked(min(writes, seen) > 10, f"{writes} writes, {answers} answers, of {seen} changes or more a reader")
    return Measured(failed + wrong, "errors", equal, note=f"{_SECONDS:.0f} s")


STORE_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "add-and-ask-1k": add_and_ask(1_000),
        "add-and-ask-10k": add_and_ask(10_000),
        "add-and-ask-100k": add_and_ask(100_000),
        "loading-100k": loading,
        "reopening-100k": reopening,
        "filtered-100k": filtered,
        "command-cpu": command,
        "writer-and-readers": processes,
    }
)
