"""Run a bench and put its rows into the common form."""

from __future__ import annotations

import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from benchmarks.bars import BARS
from benchmarks.form import Bar, Bench, Measured, figure
from benchmarks.page import renew_section
from benchmarks.registry import BENCHES
from neuro.errors import InvalidInput
from neuro.experiments.stages import Stages

__all__ = ["COLUMNS", "cells", "check_request", "renew_section", "run_bench"]

COLUMNS = ("Row", "Value ", "Bar ", "Met", "Peer", "Peer's value ")
_ROOT = Path(__file__).resolve().parents[1]
_PACKAGES = ("spikeloom", "brian2", "numba", "numpy", "hnswlib", "scikit-learn", "torch", "pyosys")


def check_request(name: str, rows: Sequence[str] | None) -> Bench:
    """The bench of that name.

    Raises:
        InvalidInput: no such bench, or it has no such row.
    """
    known = {bench.name: bench for bench in BENCHES}
    if name not in known:
        raise InvalidInput(f"there is no bench {name!r}; there are {', '.join(sorted(known))}")
    unknown = sorted(set(rows or ()) - set(known[name].rows))
    if unknown or (rows is not None and not rows):
        given = ", ".join(unknown) or "none"
        raise InvalidInput(f"bench {name!r} has no such rows: {given}; it has {', '.join(known[name].rows)}")
    return known[name]


def run_bench(name: str, rows: Sequence[str] | None, stages: Stages) -> dict[str, Any]:
    """Run a bench (or some of its rows) and return its report, ready for JSON."""
    bench = check_request(name, rows)
    chosen = {row: measure for row, measure in bench.rows.items() if rows is None or row in rows}
    lab = bench.prepare(stages)
    measured: dict[str, Measured] = {}
    with stages.stage(f"Bench {name}", len(chosen)) as advance:
        for number, (row, measure) in enumerate(chosen.items()):
            measured[row] = measure(lab)
            advance(number + 1)
    bars = BARS.get(name, {})
    return {
        "bench": name,
        "commit": _commit(),
        "machine": _machine(),
        "versions": _versions(),
        "seeds": list(bench.seeds),
        "rows": [_row(row, found, bars.get(row)) for row, found in measured.items()],
    }


def cells(report: Mapping[str, Any]) -> list[tuple[str, ...]]:
    """The rows of a report as text, for :data:`COLUMNS`."""
    marks = {True: "yes", False: "NO", None: ""}
    return [
        (
            row["name"],
            f"{figure(row['value'])} {row['unit']}".strip(),
            "" if row["bar"] is None else f"{row['better']} {row['bar']:g}",
            marks[row["met"]],
            row["peer"] or "",
            "" if row["peer_value"] is None else figure(row["peer_value"]),
        )
        for row in report["rows"]
    ]


def _row(name: str, found: Measured, bar: Bar | None) -> dict[str, Any]:
    return {
        "name": name,
        "value": found.value,
        "unit": found.unit,
        "bar": None if bar is None else bar.value,
        "better": None if bar is None else bar.better.value,
        "met": None if bar is None else bar.met(found.value),
        "samples": {what: list(values) for what, values in found.samples.items()},
        "peer": found.peer,
        "peer_value": found.peer_value,
        "equal": found.equal,
        "note": found.note,
    }


def _commit() -> str:
    """The commit of the checkout; ``+`` behind it where files differ from it."""
    try:
        asked = [["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain"]]
        head, changed = (
            subprocess.run(command, cwd=_ROOT, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
            for command in asked
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head + ("+" if changed else "")


def _machine() -> dict[str, Any]:
    return {"processor": _processor(), "cores": os.cpu_count(), "system": platform.platform()}


def _processor() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            found[package] = "not installed"
    return found
