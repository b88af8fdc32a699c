"""The demo, from the command line, on few digits and a small circuit: the same code path as the whole thing."""

from __future__ import annotations

import json
import re
import sys
import time
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.progress import QuietStages
from neuro.storage import is_untouched, load_circuit
from rtl_export import Outcome, RTLSimulator, SimulatorResult, SynthesisResult, tools
from spikeloom.cli import main
from spikeloom.demo import read_examples, read_settings, run_demo
from spikeloom.demo.data import DemoSettings, split_examples
from spikeloom.demo.pipeline import run_stages
from spikeloom.demo.retrieval import recall_of
from spikeloom.demo.silicon import installed_simulators

pytestmark = pytest.mark.slow

PIPELINE = "spikeloom.demo.pipeline"
SMALL = {
    "items": 160,
    "units": 32,
    "active": 8,
    "synapses": 8,
    "passes": 2,
    "noise": [0.0, 0.4],
    "silicon_queries": 2,
    "learning_units": 4,
    "learning_presentations": 3,
}
TICKS, NEURONS = 2 * 20, 128 + 32 + 128 + 10

SYNTHESIS = SynthesisResult(4321, 1, {"$_NOT_": 4321}, 1, 1)


@pytest.fixture
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A settings file."""
    path = tmp_path_factory.mktemp("settings") / "small.json"
    path.write_text(json.dumps(SMALL))
    return path


def test_the_whole_demo(
    small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """One run, looked at from all sides; a second one gives the same bytes; a third one replaces it."""
    monkeypatch.setattr(f"{PIPELINE}.installed_simulators", lambda: installed_simulators()[:1])
    # Synthesis of a core has its own tests, and takes a third of the demo's time.
    monkeypatch.setattr(f"{PIPELINE}._synthesise", lambda *_: SYNTHESIS)
    demo, second = tmp_path / "runs" / "demo", tmp_path / "second"
    assert main(["demo", "--config", str(small), "--output", str(demo), "--seed", "5", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == json.loads((demo / "metrics.json").read_text())
    check_the_folder(demo)
    check_the_figures(json.loads((demo / "metrics.json").read_text()))
    check_the_report((demo / "report.html").read_text())
    check_the_circuit(demo, tmp_path / "again")

    without_proof(monkeypatch)
    run_demo(read_settings(small, 5), second, QuietStages())
    check_the_same_bytes(demo, second)

    without_proof(monkeypatch, Outcome.FAILED, 3)
    assert main(["demo", "--config", str(small), "--output", str(second), "--seed", "6"]) == 1
    assert "targets differ: 0 mismatches in software, 6 in Verilog" in capsys.readouterr().err
    assert "6 mismatches between targets" in (second / "report.html").read_text()
    assert (second / "circuit.npz").read_bytes() != (demo / "circuit.npz").read_bytes()
    assert not list(tmp_path.rglob(".*"))


def check_the_folder(demo: Path) -> None:
    names = {path.name for path in demo.iterdir()}
    assert names == {"circuit.npz", "manifest.json", "metrics.json", "report.html", "rtl", "rtl_learning", "times.json"}
    assert is_untouched(demo, "spikeloom demo")
    assert list((demo / "rtl" / "rtl").glob("*.v"))


def check_the_figures(figures: dict[str, Any]) -> None:
    assert figures["software_mismatches"] == figures["differs_from_numbers"] == 0
    assert figures["rtl_mismatches"] == 0
    assert figures["rtl_passed"] is True
    assert figures["rtl_ticks"] == {"CXXRTL": TICKS}
    assert figures["rtl_states"] >= TICKS * NEURONS
    assert figures["rtl_learning_states"] > 3 * 128 * 4
    assert figures["seed"] == 5
    assert (figures["stored"], figures["held_out"]) == (128, 32)
    assert figures["circuit_neurons"] == NEURONS
    assert figures["circuit_named_fixed"] == figures["circuit_named_float"]
    assert figures["software_spikes"] > 100
    assert figures["recall_under_noise"]["0"] > figures["recall_under_noise"]["0.4"]
    assert figures["named"] > 0.5
    assert figures["recall_at_k"] > 0.25
    assert figures["ablations"]["memory off: units vote"]["recall_at_k"] == 0
    assert figures["ablations"]["winners of retrieval off"]["named"] < figures["named"] - 0.2
    assert figures["cells"] == SYNTHESIS.cells


def check_the_report(html: str) -> None:
    assert len(html) < 3_000_000
    assert not re.search(r"""<(script|link)\b|@import|(src|href)=["'](?!data:|#)""", html)
    assert "Equal on every target, spike by spike" in html
    assert html.count('role="img"') >= 8


def check_the_circuit(demo: Path, again: Path) -> None:
    circuit = load_circuit(demo / "circuit.npz")
    assert [part.name for part in circuit.populations] == ["encoder_channels", "encoder", "nodes", "labels"]
    given = [str(demo / "circuit.npz"), "--output", str(again), "--ticks", str(TICKS), "--name", "retrieval_core"]
    assert main(["export", *given]) == 0
    for path in (demo / "rtl" / "rtl").iterdir():
        assert (again / "rtl" / path.name).read_bytes() == path.read_bytes()


def check_the_same_bytes(first: Path, second: Path) -> None:
    figures = [json.loads((folder / "metrics.json").read_text()) for folder in (first, second)]
    proven = {"cells", "flip_flops", "memories", "memory_bits"} | {key for key in figures[0] if key.startswith("rtl_")}
    assert {key for key in figures[0] if figures[0][key] != figures[1][key]} <= proven
    core = [path.relative_to(first) for path in first.glob("rtl*/**/*") if path.is_file()]
    assert core
    for name in (Path("circuit.npz"), *core):
        assert (second / name).read_bytes() == (first / name).read_bytes()


def without_proof(monkeypatch: pytest.MonkeyPatch, outcome: Outcome = Outcome.PASSED, mismatches: int = 0) -> None:
    """Leave the Verilog's simulation and synthesis out: the slowest stages."""
    verdict = SimulatorResult("none", outcome, 1, 1, 1, mismatches)
    monkeypatch.setattr(f"{PIPELINE}.installed_simulators", lambda: (RTLSimulator.CXXRTL,))
    monkeypatch.setattr(f"{PIPELINE}._simulate", lambda *_: verdict)
    monkeypatch.setattr(f"{PIPELINE}._synthesise", lambda *_: SYNTHESIS)


def test_a_failing_stage_leaves_nothing(small: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError("a stage broke")

    monkeypatch.setattr(f"{PIPELINE}.export_core", fail)
    with pytest.raises(RuntimeError, match="a stage broke"):
        run_demo(read_settings(small, 1), tmp_path / "runs" / "demo", QuietStages())
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_ends_the_simulators_that_run_beside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        tools.run_tool(
            "a simulator", [sys.executable, "-c", "import time; time.sleep(100)"], folder=tmp_path, seconds=100
        )

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(f"{PIPELINE}.installed_simulators", lambda: (RTLSimulator.CXXRTL,))
    for name in ("learn_code", "build_network", "silicon_circuit", "quantise_circuit", "export_core"):
        monkeypatch.setattr(f"{PIPELINE}.{name}", lambda *_: Mock())
    for name, stub in {"simulate_core": hang, "synthesise": hang, "learning_core": stop}.items():
        monkeypatch.setattr(f"{PIPELINE}.{name}", stub)
    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        run_stages(DemoSettings(), tmp_path, QuietStages(), None)
    assert time.monotonic() - start < 30


def test_the_split_is_the_seeds() -> None:
    digits = read_examples(None)
    stored, held_out = split_examples(digits, DemoSettings(seed=3))
    assert (len(stored), len(held_out)) == (1437, 360)
    again, _ = split_examples(digits, DemoSettings(seed=3))
    other, _ = split_examples(digits, DemoSettings(seed=4))
    assert np.array_equal(stored.embeddings, again.embeddings)
    assert not np.array_equal(stored.embeddings, other.embeddings)


def test_embeddings_of_one_s_own(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    vectors, labels = np.random.default_rng(0).standard_normal((60, 5)), np.arange(60) % 4
    np.savez(path, embeddings=vectors, labels=labels)
    found = read_examples(path)
    assert found.image is None
    assert np.array_equal(found.embeddings, vectors.astype(np.float32))
    assert np.array_equal(found.labels, labels)


BAD_DATA: dict[str, tuple[dict[str, Any], str]] = {
    "no labels": ({"embeddings": np.ones((60, 5))}, "no array 'labels'"),
    "integers": ({"embeddings": np.ones((60, 5), dtype=int), "labels": np.arange(60)}, "finite floats"),
    "nan": ({"embeddings": np.full((60, 5), np.nan), "labels": np.arange(60)}, "finite floats"),
    "too many labels": ({"embeddings": np.ones((60, 5)), "labels": np.arange(61)}, "one integer >= 0"),
    "too few": ({"embeddings": np.ones((6, 5)), "labels": np.arange(6)}, "give at least 50"),
    "objects": ({"embeddings": np.array([None]), "labels": np.arange(1)}, "can't be read"),
}


@pytest.mark.parametrize("case", BAD_DATA)
def test_data_that_is_refused(case: str, tmp_path: Path) -> None:
    arrays, message = BAD_DATA[case]
    np.savez(tmp_path / "mine.npz", **arrays)
    with pytest.raises(InvalidInput, match=message):
        read_examples(tmp_path / "mine.npz")


def test_recall_counts_shared_neighbours() -> None:
    truth = np.array([[1, 2], [3, 4]])
    assert recall_of(np.array([[2, 9], [4, 3]]), truth) == 0.75
