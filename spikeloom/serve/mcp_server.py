"""A text memory for MCP clients: five tools, over standard input and output.

| tool | what it does |
| --- | --- |
| ``remember`` | keeps texts; one whose key is known takes the place of the old one |
| ``recall`` | the texts that a question brings up, with the reasons, or says that there are none |
| ``associate`` | joins records that belong together, so that one leads to the other |
| ``forget`` | deletes records, for good |
| ``list`` | pages through the records |

A call reports its progress where the client asks for it. A cancelled ``remember`` keeps nothing.
Source: *Model Context Protocol*, revision 2026-07-28.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from functools import partial
from importlib.metadata import version
from itertools import pairwise
from typing import Annotated, TypedDict, TypeVar

import anyio
from anyio import from_thread, to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError as FailedCall
from mcp.server.mcpserver.tools.base import Tool
from mcp_types import ToolAnnotations
from pydantic import BaseModel, ConfigDict, Field, JsonValue

from hnsw_bridge import TextMemory
from hnsw_bridge.text.records import NewRecord, Record
from neuro.errors import InvalidInput, SpikeloomError
from neuro.progress import Advance

_Result = TypeVar("_Result")
_MOST_LISTED = 1000


class _Filter(TypedDict):
    namespace: str | None
    where: dict[str, JsonValue] | None
    since: str | None
    until: str | None


_INSTRUCTIONS = (
    "A memory of texts that stays. Call `recall` before you answer something that may have been said before, "
    "`remember` when something is worth keeping, one fact a text. Ids of answers lead to `associate` and `forget`."
)


class RecordScope(BaseModel):
    """Which records a tool looks at; what is left out does not matter."""

    model_config = ConfigDict(extra="forbid")

    namespace: str | None = None
    where: Annotated[
        dict[str, JsonValue] | None, Field(description="Metadata that a record must have, such as {'language': 'en'}.")
    ] = None
    since: Annotated[str | None, Field(description="ISO date: only records of then or later.")] = None
    until: Annotated[str | None, Field(description="ISO date: only records of then or earlier.")] = None


_Only = Annotated[RecordScope | None, Field(description="Left out: all records.")]


class TextToKeep(BaseModel):
    """A text to keep, with what is known of it."""

    model_config = ConfigDict(extra="forbid")

    text: str
    title: Annotated[str | None, Field(description="What the text is about; counts for recall and for links.")] = None
    key: Annotated[str | None, Field(description="Your own id; a known key replaces the record that has it.")] = None
    namespace: str = "default"
    created: Annotated[str | None, Field(description="ISO date or time; left out: now.")] = None
    metadata: dict[str, JsonValue] = Field(default_factory=dict)


class KeptTexts(BaseModel):
    """What ``remember`` did: the ids of the texts, in order, and how many records there are now."""

    ids: list[int]
    records: int


class ListedRecord(BaseModel):
    """A record; ``created`` is in seconds since 1970."""

    id: int
    key: str | None
    text: str
    namespace: str
    metadata: dict[str, JsonValue]
    created: float


class RecalledText(ListedRecord):
    """A record that answers; ``score`` compares the answers to one question, ``why`` names its parts.

    ``count`` copies of it were found; ``superseded_by`` is the id of an answer that says something newer of the same.
    """

    score: float
    why: str
    count: int = 1
    superseded_by: int | None = None


class Recall(BaseModel):
    """What ``recall`` found, best first; ``abstained``: nothing here is about the question.

    ``confidence`` is the largest cosine, ``answerability`` what of the question its best answers cover, 0 to 1.
    """

    answers: list[RecalledText]
    abstained: bool
    confidence: float
    answerability: float = 0.0


class AssociatedRecords(BaseModel):
    """What ``associate`` joined: pairs of ids."""

    pairs: list[tuple[int, int]]


class ForgottenRecords(BaseModel):
    """What ``forget`` did: how many records went, and how many are left."""

    forgotten: int
    records: int


class ListedRecords(BaseModel):
    """A page of records; ``next_after`` asks for the next page, null on the last."""

    records: list[ListedRecord]
    namespaces: dict[str, int]
    next_after: int | None


@dataclass(frozen=True, slots=True)
class MemoryTools:
    """The tools over one memory; each answers with data or with one line that says what to change."""

    memory: TextMemory

    async def remember(
        self,
        texts: Annotated[list[str | TextToKeep], Field(description="Texts, or objects that say more of each.")],
        context: Context,
    ) -> KeptTexts:
        """Keep texts, one fact or passage each. All of them are kept when this returns, or none."""

        def keep(advance: Advance) -> KeptTexts:
            ids = self.memory.upsert([_record(text) for text in texts], advance)
            return KeptTexts(ids=ids, records=len(self.memory))

        return await _worked(context, keep, len(texts))

    async def recall(
        self,
        question: Annotated[str, Field(description="Any text: a question, a topic, a part of what is sought.")],
        context: Context,
        k: Annotated[int, Field(description="At most so many answers.")] = 5,
        only: _Only = None,
        budget_characters: Annotated[int | None, Field(description="Most characters of all answers.")] = None,
        min_score: Annotated[
            float | None, Field(description="Cosine below which nothing counts as an answer; left out: the memory's.")
        ] = None,
    ) -> Recall:
        """The kept texts that a question brings up, best first, also by way of others that link to them."""

        def ask(_: Advance) -> Recall:
            found = self.memory.ask(
                question,
                k,
                **_filter(only),
                budget_characters=budget_characters,
                min_score=min_score,
            )
            answers = [asdict(answer) | {"why": str(answer.why)} for answer in found.answers]
            return Recall.model_validate(asdict(found) | {"answers": answers})

        return await _worked(context, ask)

    async def associate(
        self,
        ids: Annotated[list[int], Field(description="Two records or more, in the order in which they were used.")],
        context: Context,
        weight: Annotated[
            float | None,
            Field(description="Of a fixed link between neighbours in the list, -2 to 2, 0 unlinks; left out: learned."),
        ] = None,
    ) -> AssociatedRecords:
        """Join records that belong together, so that recalling one leads to the others."""

        def join(_: Advance) -> AssociatedRecords:
            if len(set(ids)) < max(2, len(ids)):
                raise InvalidInput(f"ids are {ids}; give two records or more, each of them once")
            if weight is None:
                self.memory.used(ids)
            else:
                self.memory.link_chain(ids, weight)
            return AssociatedRecords(pairs=list(pairwise(ids)))

        return await _worked(context, join)

    async def forget(
        self,
        context: Context,
        ids: Annotated[list[int] | None, Field(description="Records by id.")] = None,
        keys: Annotated[list[str] | None, Field(description="Records by your own ids.")] = None,
        only: _Only = None,
    ) -> ForgottenRecords:
        """Delete records, for good: by id, by key, or all that a filter names. All of them go or none."""

        def delete(_: Advance) -> ForgottenRecords:
            count = self.memory.forget(ids, keys=keys, **_filter(only))
            return ForgottenRecords(forgotten=count, records=len(self.memory))

        return await _worked(context, delete)

    async def list_records(
        self,
        context: Context,
        only: _Only = None,
        after: Annotated[int, Field(description="`next_after` of the page before.")] = 0,
        limit: Annotated[int, Field(description="Records a page.", ge=1, le=_MOST_LISTED)] = 100,
    ) -> ListedRecords:
        """Page through the kept records, oldest id first, and count each namespace."""

        def read(_: Advance) -> ListedRecords:
            found = self.memory.list_records(**_filter(only), after=after, limit=limit + 1)
            page = found[:limit]
            return ListedRecords(
                records=[_listed(record) for record in page],
                namespaces=self.memory.namespaces(),
                next_after=page[-1].id if len(found) > limit else None,
            )

        return await _worked(context, read)


def memory_server(memory: TextMemory) -> MCPServer:
    """An MCP server with the tools of a memory, for any transport of the `mcp` package.

    What a first question needs is prepared while the client says hello.
    """

    def prepare() -> None:
        memory.state(lambda _: from_thread.check_cancelled())

    @asynccontextmanager
    async def prepared(_: MCPServer) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(to_thread.run_sync, prepare)
            yield
            tasks.cancel_scope.cancel()

    tools = MemoryTools(memory)
    reads = ToolAnnotations(read_only_hint=True, open_world_hint=False)
    adds = ToolAnnotations(destructive_hint=False, open_world_hint=False)
    deletes = ToolAnnotations(destructive_hint=True, open_world_hint=False)
    server: MCPServer = MCPServer(
        "spikeloom",
        title=f"Text memory {memory.folder.name}",
        instructions=_INSTRUCTIONS,
        version=version("spikeloom"),
        log_level="ERROR",
        lifespan=prepared,
        tools=[
            _strict(Tool.from_function(tools.remember, annotations=adds)),
            _strict(Tool.from_function(tools.recall, annotations=reads)),
            _strict(Tool.from_function(tools.associate, annotations=adds)),
            _strict(Tool.from_function(tools.forget, annotations=deletes)),
            _strict(Tool.from_function(tools.list_records, name="list", annotations=reads)),
        ],
    )
    return server


def _strict(tool: Tool) -> Tool:
    """The tool, which refuses arguments that it does not know: one passed over is a filter that does not filter."""
    arguments = tool.fn_metadata.arg_model
    arguments.model_config["extra"] = "forbid"
    arguments.model_rebuild(force=True)
    tool.parameters = arguments.model_json_schema(by_alias=True)
    return tool


def serve_memory(memory: TextMemory) -> None:
    """Serve a memory over standard input and output until the client closes them, then say so in one line.

    A client that vanishes in the middle of an answer ends it in the same way: what was kept stays kept.
    """

    async def serve() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(_end_on_signal, memory)
            await memory_server(memory).run_stdio_async()
            tasks.cancel_scope.cancel()

    try:
        anyio.run(serve)
    except* (BrokenPipeError, anyio.BrokenResourceError):
        sys.stderr.write(f"spikeloom: the client vanished; {memory.folder} is closed\n")
    else:
        sys.stderr.write(f"spikeloom: the client has gone; {memory.folder} is closed\n")


async def _end_on_signal(memory: TextMemory) -> None:
    """Ctrl-C and SIGTERM close the memory and end the process: the thread that reads standard input can't be ended."""
    with anyio.open_signal_receiver(signal.SIGINT, signal.SIGTERM) as signals:
        async for number in signals:
            await to_thread.run_sync(memory.close)
            sys.stderr.write(f"spikeloom: stopped; {memory.folder} is closed\n")
            sys.stderr.flush()
            os._exit(128 + number)


async def _worked(context: Context, work: Callable[[Advance], _Result], total: int | None = None) -> _Result:
    """The result of work on a thread of its own, which a cancelled call leaves at its next step."""

    def advance(done: int) -> None:
        from_thread.check_cancelled()
        from_thread.run(partial(context.report_progress, done, total))

    try:
        return await to_thread.run_sync(work, advance)
    except SpikeloomError as error:
        raise FailedCall(" ".join(str(error).split())) from None


def _filter(only: RecordScope | None) -> _Filter:
    scope = RecordScope() if only is None else only
    return {"namespace": scope.namespace, "where": scope.where, "since": scope.since, "until": scope.until}


def _record(given: str | TextToKeep) -> NewRecord:
    if isinstance(given, str):
        return NewRecord(given)
    title = {} if given.title is None else {"title": given.title}
    return NewRecord(given.text, given.namespace, {**given.metadata, **title}, given.created, given.key)


def _listed(record: Record) -> ListedRecord:
    return ListedRecord.model_validate(asdict(record))
