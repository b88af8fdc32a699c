"""Files as records: text files, cut into passages that an embedder can take, and JSON lines.

    notes.txt, page.md    UTF-8; cut into passages, titled by their headings, else by the file's name
    facts.jsonl           one object a line: "text", and if wanted "title", "namespace", "metadata", "created",
                          "document", "position", "key"

A file is read and checked as a whole before anything is made of it. A text is cut at paragraphs, then sentences, then
words: paragraphs (parted by an empty line) are joined while they fit into ``most`` characters; one that is longer is
cut behind a sentence, and a longer sentence behind a word. No character but white space at the cuts is lost.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from hnsw_bridge.text.folder import check_record
from hnsw_bridge.text.records import NewRecord, Record
from neuro.arrays import JSONValue
from neuro.checks import check_whole, is_number, is_whole
from neuro.errors import InvalidInput

MOST_CHARACTERS = 1000
"""Of a passage, unless told otherwise: about 200 English words."""

_MOST_BYTES = 2**28
"""Of one file."""

_LINES = (".jsonl", ".ndjson")
_KEYS: dict[str, type | tuple[type, ...]] = {
    "text": str,
    "title": str,
    "namespace": str,
    "metadata": Mapping,
    "created": (int, float, str, datetime),
    "document": str,
    "position": int,
    "key": str,
}
_PARAGRAPH = re.compile(r"\n\s*\n")
_SENTENCE = re.compile(r"(?<=[.!?。！？])[\"'”’)\]]*\s+")
_HEADING = re.compile(r"#{1,6}\s+(\S.*?)\s*#*$")


@dataclass(frozen=True, slots=True)
class Passage:
    """A piece of a document: its text, the heading it stands under (or an empty text), and its place from 0 on."""

    text: str
    title: str
    position: int


def passages(text: str, most: int = MOST_CHARACTERS, title: str = "") -> list[Passage]:
    """The passages of a document, in order; none for a text of white space.

    Args:
        text: of the document. A line that starts with ``#`` is a heading, for the passages up to the next one.
        most: characters of a passage, 50 to 100,000.
        title: of the passages before the first heading.

    Raises:
        InvalidInput: most is out of its range.

    >>> [passage.text for passage in passages("One. Two three four. " * 4, most=50)]
    ['One. Two three four. One. Two three four. One.', 'Two three four. One. Two three four.']
    """
    check_whole("most", most, 50, 100_000)
    found = [(piece, heading) for heading, body in _sections(text, title) for piece in _packed(body, most)]
    return [Passage(piece, heading, place) for place, (piece, heading) in enumerate(found)]


def _sections(text: str, title: str) -> Iterator[tuple[str, str]]:
    """Heading and body of each section."""
    heading, lines = title, list[str]()
    for line in text.splitlines():
        match = _HEADING.match(line)
        if match:
            yield heading, "\n".join(lines)
            heading, lines = match.group(1), []
        else:
            lines.append(line)
    yield heading, "\n".join(lines)


def _packed(body: str, most: int) -> Iterator[str]:
    """Paragraphs joined up to ``most`` characters."""
    held = ""
    for paragraph in filter(None, (part.strip() for part in _PARAGRAPH.split(body))):
        if held and len(held) + 2 + len(paragraph) <= most:
            held += "\n\n" + paragraph
            continue
        if held:
            yield held
        *whole, held = _cut(paragraph, most)
        yield from whole
    if held:
        yield held


def _cut(paragraph: str, most: int) -> list[str]:
    """A paragraph in pieces of at most so many characters, the last of which is what is left."""
    pieces, rest = list[str](), paragraph
    while len(rest) > most:
        window = rest[: most + 1]
        ends = [match.start() for match in _SENTENCE.finditer(window) if match.start() > 0]
        place = ends[-1] if ends else window.rfind(" ")
        place = most if place <= 0 else place
        pieces.append(rest[:place].rstrip())
        rest = rest[place:].lstrip()
    return [*pieces, rest]


def read_texts(path: Path, namespace: str = "default", most: int = MOST_CHARACTERS) -> list[NewRecord]:
    """The records of a file: JSON lines where its name ends in ``.jsonl`` or ``.ndjson``, else passages of a text.

    Args:
        path: the file.
        namespace: of records that name none.
        most: characters of a passage.

    Raises:
        InvalidInput: a file that can't be read, is too large, is no UTF-8, holds no text, or has a broken line; the
            message names file and line.
    """
    content = _read(path)
    if path.suffix.lower() in _LINES:
        lines = [(number, line) for number, line in enumerate(content.split("\n"), 1) if line.strip()]
        records = [_from_line(path, number, line, namespace) for number, line in lines]
    else:
        title = path.stem.replace("_", " ").strip()
        records = [
            NewRecord(
                piece.text,
                namespace,
                ({"title": piece.title} if piece.title else {}) | {"document": str(path), "position": piece.position},
            )
            for piece in passages(content, most, title)
        ]
        for record in records:
            check_record(record)
    if not records:
        raise InvalidInput(f"{path} holds no text; leave it out")
    return records


def _read(path: Path) -> str:
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise InvalidInput(f"{path} has {size:,} bytes; up to {_MOST_BYTES:,} are allowed: cut it into several")
        content = path.read_bytes()
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror}); give a text file or JSON lines") from None
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise InvalidInput(
            f"{path}, line {line} is no UTF-8 (byte {content[error.start]:#04x}); save the file as UTF-8"
        ) from None


class ExportedLines(NamedTuple):
    """What a file of JSON lines holds.

    Args:
        records: each with the id that the file gives it, if it does.
        links: the ids of two records, and a weight.
        cues: the id of a record, and a further text that calls it.
    """

    records: list[tuple[int | None, NewRecord]]
    links: list[tuple[int, int, float]]
    cues: list[tuple[int, str]]


def read_lines(path: Path) -> ExportedLines:
    """The records of a file of JSON lines, their links and their cues.

    Raises:
        InvalidInput: a file that can't be read, a broken line; the message names file and line.
    """
    found = ExportedLines([], [], [])
    for number, line in enumerate(_read(path).split("\n"), 1):
        if not line.strip():
            continue
        where = f"{path}, line {number}"
        value = _parsed(where, line)
        if isinstance(value, dict) and "link" in value and "text" not in value:
            found.links.append(_link(where, value))
            continue
        if isinstance(value, dict) and "cue" in value and "text" not in value:
            found.cues.append(_cue(where, value))
            continue
        own = value.pop("id", None) if isinstance(value, dict) else None
        number_of = own if own is not None and is_whole(own, 1) else None
        found.records.append((number_of, _record_of(where, value, "default")))
    if not found.records:
        raise InvalidInput(f"{path} holds no records; leave it out")
    return found


def exported_line(record: Record) -> str:
    """A record as a line that :func:`read_lines` reads."""
    content: dict[str, JSONValue] = {"id": record.id, "text": record.text, "namespace": record.namespace}
    content |= {"metadata": record.metadata, "created": record.created}
    return json.dumps(content | ({} if record.key is None else {"key": record.key}), ensure_ascii=False)


GivenRecord = str | NewRecord | Mapping[str, JSONValue]
"""A text, a record, or a mapping with the keys of a line of JSON."""


def as_record(given: GivenRecord) -> NewRecord:
    """The record that is meant; it is not yet checked further.

    Raises:
        InvalidInput: a mapping without a text, with an unknown key or with a value of another kind.

    >>> as_record({"text": "hello", "title": "x"}).metadata
    {'title': 'x'}
    """
    if isinstance(given, NewRecord):
        return given
    return NewRecord(given) if isinstance(given, str) else _record_of("a record", given, "default")


def _from_line(path: Path, number: int, line: str, namespace: str) -> NewRecord:
    where = f"{path}, line {number}"
    return _record_of(where, _parsed(where, line), namespace)


def _parsed(where: str, line: str) -> JSONValue:
    try:
        value: JSONValue = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} is no JSON ({str(error)[:80]}); write one object a line") from None
    return value


def _link(where: str, value: Mapping[str, Any]) -> tuple[int, int, float]:
    ends, weight = value["link"], value.get("weight", 1.0)
    if not (isinstance(ends, list) and len(ends) == 2 and all(is_whole(end, 1) for end in ends) and is_number(weight)):
        raise InvalidInput(f'{where} is no link; write {{"link": [1, 2], "weight": 1.0}}')
    return int(ends[0]), int(ends[1]), float(weight)


def _cue(where: str, value: Mapping[str, Any]) -> tuple[int, str]:
    text, number = value["cue"], value.get("record", 0)
    if not (isinstance(text, str) and is_whole(number, 1)):
        raise InvalidInput(f'{where} is no cue; write {{"cue": "a text that calls it", "record": 1}}')
    return int(value["record"]), text


def _record_of(where: str, value: Any, namespace: str) -> NewRecord:
    if not isinstance(value, Mapping) or "text" not in value:
        raise InvalidInput(f'{where} is no object with a "text"; write {{"text": "..."}}')
    for name, given in value.items():
        if name not in _KEYS:
            raise InvalidInput(f"{where} has the key {name!r}; {', '.join(_KEYS)} are allowed")
        if not isinstance(given, _KEYS[name]) or isinstance(given, bool):
            raise InvalidInput(f"{where}: {name} is {str(given)[:40]!r}, a {type(given).__name__}")
    own = {name: value[name] for name in ("title", "document", "position") if name in value}
    metadata = {**value.get("metadata", {}), **own}
    record = NewRecord(
        value["text"], value.get("namespace", namespace), metadata, value.get("created"), value.get("key")
    )
    try:
        check_record(record)
    except InvalidInput as error:
        raise InvalidInput(f"{where}: {error}") from None
    return record
