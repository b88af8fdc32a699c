"""Run a bench and put its rows into the common form."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.data import ROOT
from benchmarks.form import Bench, Measured, MetricThreshold, figure
from benchmarks.page import renew_section
from benchmarks.registry import BENCHES
from benchmarks.thresholds import THRESHOLDS
from neuro.arrays import JSONValue
from neuro.errors import InvalidInput
from neuro.progress import Stages
from neuro.storage import write_json

__all__ = ["COLUMNS", "cells", "check_request", "renew_section", "run_bench"]

COLUMNS = ("Row", "Value ", "Threshold ", "Met", "Peer", "Peer's value ")
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
    for row in rows or ():
        variable = known[name].needs.get(row)
        if variable is not None and not os.environ.get(variable):
            raise InvalidInput(f"row {row!r} of bench {name!r} needs a folder; set {variable} to it")
    return known[name]


def run_bench(name: str, rows: Sequence[str] | None, stages: Stages, json_file: Path | None = None) -> dict[str, Any]:
    """Run a bench (or some of its rows) and return its report; ``json_file`` holds it after every row.

    Raises:
        InvalidInput: no such bench or row, a row found what JSON can't hold, or the file can't be written.
    """
    bench = check_request(name, rows)
    without = {row for row, variable in bench.needs.items() if not os.environ.get(variable)}
    chosen = {row: m for row, m in bench.rows.items() if (row not in without if rows is None else row in rows)}
    thresholds = THRESHOLDS.get(name, {})
    measured: list[dict[str, Any]] = []
    machine = _machine()
    report: dict[str, JSONValue] = {
        "bench": name,
        "commit": _commit(),
        "machine": machine,
        "versions": _versions(),
        "seeds": list(bench.seeds),
        "rows": measured,
    }
    lab = bench.prepare(stages)
    with stages.stage(f"Bench {name}", len(chosen)) as advance:
        for row, measure in chosen.items():
            measured.append(_row(row, measure(lab), thresholds.get(row)))
            machine["load_after"] = _load()
            if json_file is not None:
                write_json(json_file, report)
            advance(len(measured))
    print("Load of 1, 5 and 15 minutes before:", *machine["load_before"], "after:", *machine["load_after"])
    return report


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


def _row(name: str, found: Measured, threshold: MetricThreshold | None) -> dict[str, Any]:
    row = {
        "name": name,
        "value": found.value,
        "unit": found.unit,
        "bar": None if threshold is None else threshold.value,
        "better": None if threshold is None else threshold.better.value,
        "samples": dict(found.samples),
        "peer": found.peer,
        "peer_value": found.peer_value,
        "equal": found.equal,
        "note": found.note,
    }
    try:
        plain: dict[str, Any] = json.loads(json.dumps(row, default=_from_numpy, allow_nan=False))
    except (TypeError, ValueError, RecursionError) as error:
        raise InvalidInput(
            f"row {name!r} can't be written as JSON ({error}); give finite numbers, bools, text or arrays of them"
        ) from None
    plain["met"] = None if threshold is None else threshold.met(plain["value"])
    return plain


def _from_numpy(value: object) -> object:
    if isinstance(value, np.generic | np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} is no JSON")


def _commit() -> str:
    """The commit of the checkout; ``+`` behind it where files differ from it."""
    try:
        asked = [["git", "rev-parse", "HEAD"], ["git", "status", "--porcelain"]]
        head, changed = (
            subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=30).stdout.strip()
            for command in asked
        )
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return head + ("+" if changed else "")


def _machine() -> dict[str, Any]:
    return {"processor": _processor(), "cores": os.cpu_count(), "system": platform.platform(), "load_before": _load()}


def _load() -> list[float]:
    """Mean number of running processes over the last 1, 5 and 15 minutes."""
    return [round(load, 2) for load in os.getloadavg()]


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
