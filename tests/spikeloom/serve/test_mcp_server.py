"""`spikeloom serve`, driven by the official MCP client: in one process, and over the pipes of a real one."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import anyio
import numpy as np
import numpy.typing as npt
import pytest

pytest.importorskip("mcp", reason="install the extra 'serve'")

from mcp import Client, StdioServerParameters

from hnsw_bridge import TextMemory, find_embedder
from spikeloom.serve.mcp_server import memory_server
from tests.hnsw_bridge.texts import HashedNgrams

TOOLS = {"remember", "recall", "associate", "forget", "list"}
NOTES = [
    {"text": "Tomas Reyes bakes rye bread in Pellworth.", "title": "Tomas Reyes", "key": "tomas"},
    {"text": "A clock tower stands in the village.", "title": "Pellworth", "created": "1969-05-01"},
    "Sand, soda and lime melt at a great heat.",
]
HELLO = {
    "jsonrpc": "2.0",
    "id": 1,
    "method": "initialize",
    "params": {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "x", "version": "1"}},
}


@pytest.fixture
def memory(tmp_path: Path) -> Iterator[TextMemory]:
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        yield memory


def command(folder: Path, *more: str) -> list[str]:
    return [sys.executable, "-m", "spikeloom", "serve", str(folder), *more]


async def called(client: Client, tool: str, **arguments: Any) -> Any:
    result = await client.call_tool(tool, arguments)
    assert not result.is_error, result.content
    return result.structured_content


async def refused(client: Client, tool: str, **arguments: Any) -> str:
    result = await client.call_tool(tool, arguments)
    assert result.is_error
    (content,) = result.content
    return str(content.text)  # type: ignore[union-attr]


def with_client(memory: TextMemory, talk: Callable[[Client], Awaitable[None]], mode: str = "auto") -> None:
    async def run() -> None:
        async with Client(memory_server(memory), mode=mode) as client:
            await talk(client)

    anyio.run(run)


async def drive(client: Client) -> None:
    """Each tool once, and what it did to the others."""
    told = {tool.name: tool for tool in (await client.list_tools()).tools}
    assert set(told) == TOOLS
    assert all(tool.description and tool.output_schema for tool in told.values())
    steps: list[tuple[float, float | None]] = []

    async def progress(done: float, total: float | None, _: str | None) -> None:
        steps.append((done, total))

    result = await client.call_tool("remember", {"texts": NOTES}, progress_callback=progress)
    assert result.structured_content == {"ids": [1, 2, 3], "records": 3}
    assert (3, 3) in steps
    found = await called(client, "recall", question="Who bakes rye bread?", k=1, min_score=-1)
    (best,) = found["answers"]
    assert (best["id"], best["key"], best["metadata"]) == (1, "tomas", {"title": "Tomas Reyes"})
    assert "cosine" in best["why"]
    assert not found["abstained"]
    assert (await called(client, "recall", question="zz qq", min_score=0.999))["abstained"]
    assert await called(client, "associate", ids=[3, 1]) == {"pairs": [[3, 1]]}
    assert await called(client, "associate", ids=[1, 2, 3], weight=1.5) == {"pairs": [[1, 2], [2, 3]]}
    page = await called(client, "list", limit=2)
    assert [record["id"] for record in page["records"]] == [1, 2]
    assert page["records"][1]["created"] < 0
    assert page["namespaces"] == {"default": 3}
    page = await called(client, "list", after=page["next_after"])
    assert ([record["id"] for record in page["records"]], page["next_after"]) == ([3], None)
    again = await called(client, "remember", texts=[{"text": "Tomas Reyes moved to Oslo.", "key": "tomas"}])
    assert again == {"ids": [1], "records": 3}
    assert await called(client, "forget", keys=["tomas"]) == {"forgotten": 1, "records": 2}
    only = {"where": {"title": "Pellworth"}}
    assert len((await called(client, "list", only=only))["records"]) == 1
    assert await called(client, "forget", only=only) == {"forgotten": 1, "records": 1}
    assert await called(client, "forget", ids=[3]) == {"forgotten": 1, "records": 0}


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_every_tool_does_its_work(memory: TextMemory, mode: str) -> None:
    with_client(memory, drive, mode)
    assert len(memory) == 0


@pytest.mark.slow
def test_every_tool_does_its_work_over_pipes(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    folder = tmp_path / "memory"
    first, *rest = command(folder)

    async def run() -> None:
        async with Client(StdioServerParameters(command=first, args=rest)) as client:
            await drive(client)
            await called(client, "remember", texts=["What stays."])

    anyio.run(run)
    with TextMemory(folder, find_embedder("wordllama")) as memory:
        assert [record.text for record in memory.get([4])] == ["What stays."]


def test_what_is_refused_is_one_line_and_changes_nothing(memory: TextMemory) -> None:
    memory.add(["one", "two"])

    async def talk(client: Client) -> None:
        for tool, arguments, message in (
            ("forget", {"ids": [1, 99]}, "there is no record 99"),
            ("forget", {}, "give one of them"),
            ("remember", {"texts": ["fine", " "]}, "a text is"),
            ("remember", {"texts": [{"text": "fine", "created": "yesterday"}]}, "yesterday"),
            ("recall", {"question": "x", "k": 0}, "k is 0"),
            ("recall", {"question": "x", "only": {"namespace": "none"}}, "no namespace 'none'"),
            ("associate", {"ids": [1]}, "give two records or more"),
            ("associate", {"ids": [1, 2], "weight": 9}, "weight is 9"),
            ("associate", {"ids": [1, 2, 2], "weight": 1.5}, "each of them once"),
            ("forget", {"only": {"where": {}}}, "give one of them"),
        ):
            said = await refused(client, tool, **arguments)
            assert message in said
            assert "\n" not in said
        for tool, arguments in (
            ("forget", {"ids": ["x"]}),
            ("list", {"limit": 0}),
            ("list", {"only": {"x": 1}}),
            ("list", {"namespace": "work"}),
            ("remember", {"texts": ["newer"], "namespace": "work"}),
        ):
            assert "validation error" in await refused(client, tool, **arguments)
        assert not memory.store.edges().source.size

    with_client(memory, talk)
    assert [record.text for record in memory.list_records()] == ["one", "two"]


class SlowNgrams(HashedNgrams):
    """Counts its calls; the second one waits until it is told to go on."""

    def __init__(self) -> None:
        super().__init__()
        self.texts = 0

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        self.texts += len(texts)
        return super().__call__(texts)


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_a_cancelled_remember_keeps_nothing(tmp_path: Path, mode: str) -> None:
    embed = SlowNgrams()
    with TextMemory(tmp_path / "memory", embed) as memory:

        async def talk(client: Client) -> None:
            with anyio.CancelScope() as scope:

                async def stop(*_: object) -> None:
                    scope.cancel()

                await client.call_tool(
                    "remember", {"texts": [f"text {number}" for number in range(3000)]}, progress_callback=stop
                )
            assert scope.cancelled_caught
            assert (await called(client, "list"))["records"] == []

        with_client(memory, talk, mode)
        assert len(memory) == 0
        assert embed.texts < 3000, "the rest was not even embedded"


def test_a_second_server_on_one_folder_is_refused_in_one_line(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    with TextMemory(folder, HashedNgrams("wordllama-256", 256)):
        second = subprocess.run(command(folder), check=False, capture_output=True, text=True, timeout=60, input="")
    assert second.returncode == 2
    assert second.stdout == ""
    assert second.stderr.startswith("spikeloom: ")
    assert second.stderr.count("\n") == 1


@contextmanager
def greeted(folder: Path) -> Iterator[tuple[subprocess.Popen[bytes], IO[bytes], IO[bytes], IO[bytes]]]:
    """A server that has said hello, with its three pipes."""
    pipe = subprocess.PIPE
    with subprocess.Popen(command(folder), stdin=pipe, stdout=pipe, stderr=pipe) as server:
        assert server.stdin is not None
        assert server.stdout is not None
        assert server.stderr is not None
        server.stdin.write(json.dumps(HELLO).encode() + b"\n")
        server.stdin.flush()
        assert json.loads(server.stdout.readline())["result"]["serverInfo"]["name"] == "spikeloom"
        yield server, server.stdin, server.stdout, server.stderr


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_it_while_the_client_waits(tmp_path: Path, number: signal.Signals) -> None:
    folder = tmp_path / "memory"
    with greeted(folder) as (server, _, _, errors):
        server.send_signal(number)
        assert server.wait(timeout=30) == 128 + number
        assert errors.read().decode() == f"spikeloom: stopped; {folder} is closed\n"
    with TextMemory(folder, find_embedder("wordllama")) as memory:
        assert len(memory) == 0


@pytest.mark.slow
@pytest.mark.parametrize("half", [False, True], ids=["between calls", "in the middle of a call"])
def test_a_client_that_vanishes_leaves_one_line_and_a_free_folder(tmp_path: Path, half: bool) -> None:
    folder = tmp_path / "memory"
    with greeted(folder) as (server, given, answers, errors):
        if half:
            texts = [f"text {number}" for number in range(20_000)]
            call = {"name": "remember", "arguments": {"texts": texts}, "_meta": {"progressToken": 7}}
            for message in (
                {"jsonrpc": "2.0", "method": "notifications/initialized"},
                {"jsonrpc": "2.0", "id": 2, "method": "tools/call", "params": call},
            ):
                given.write(json.dumps(message).encode() + b"\n")
            given.flush()
            answers.readline()
        answers.close()
        given.close()
        said = errors.read().decode()
        assert server.wait(timeout=30) == 0
    assert said.count("\n") == 1
    assert said.startswith("spikeloom: the client")
    with TextMemory(folder, find_embedder("wordllama")) as memory:
        assert len(memory) in (0, 20_000)
