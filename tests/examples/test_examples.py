"""Every example runs, in a small setting, and says that the targets agree."""

from __future__ import annotations

import asyncio
import importlib.util
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest

from rtl_export import RTLSimulator
from rtl_export.tools import find

EXAMPLES = Path(__file__).parents[2] / "examples"
LINES = 60


def load(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def digits_to_verilog(folder: Path) -> None:
    example = load("01_digits_to_verilog")
    if find("iverilog"):
        example.verify = partial(example.verify, simulators=(RTLSimulator.ICARUS,))  # type: ignore[attr-defined]
    example.main(folder / "core", shown=3)


def spike_codes(folder: Path) -> None:
    vectors = np.random.default_rng(0).standard_normal((40, 48))
    load("02_spike_codes").main(folder / "codes", vectors / np.linalg.norm(vectors, axis=1, keepdims=True))
    assert (folder / "codes" / "spike_codes.png").read_bytes().startswith(b"\x89PNG")


def motifs(folder: Path) -> None:
    load("03_motifs").main(folder / "motifs.png", seconds=2.0)
    assert (folder / "motifs.png").read_bytes().startswith(b"\x89PNG")


def experiments(folder: Path) -> None:
    load("04_experiments").main(folder)
    assert (folder / "lif_fi" / "f_i_curve.png").read_bytes().startswith(b"\x89PNG")


def text_memory(folder: Path) -> None:
    load("05_text_memory").main(folder / "memory")
    assert (folder / "memory" / "records.sqlite").stat().st_size > 0


def agent_memory(folder: Path) -> None:
    pytest.importorskip("mcp", reason="install the extra 'serve'")
    asyncio.run(load("06_agent_memory").main(folder / "memory"))


RUNS: dict[str, tuple[Callable[[Path], None], str]] = {
    "01_digits_to_verilog": (digits_to_verilog, "passed, 0 mismatches in"),
    "02_spike_codes": (spike_codes, "LatencyEncoder            0.99"),
    "03_motifs": (motifs, "Brian2: 0 mismatches"),
    "04_experiments": (experiments, "largest-error-of-an-interval: 0.9"),
    "05_text_memory": (text_memory, "titles from 1"),
    "06_agent_memory": (
        agent_memory,
        "blue door.\nForget the key.\n  (forget: 2 notes)\nWhere does the spare key hang?\n  I was",
    ),
}


def test_every_example_is_run() -> None:
    assert set(RUNS) == {path.stem for path in EXAMPLES.glob("*.py")}


@pytest.mark.parametrize("name", RUNS)
def test_examples_are_short(name: str) -> None:
    assert len((EXAMPLES / f"{name}.py").read_text().splitlines()) < LINES


@pytest.mark.slow
@pytest.mark.parametrize("name", RUNS)
def test_an_example_runs(name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run, promise = RUNS[name]
    run(tmp_path)
    assert promise in capsys.readouterr().out
