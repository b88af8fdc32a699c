"""Text files and JSON lines as records. A file is read and checked as a whole before anything is made of it.

notes.txt, page.md    UTF-8; cut into passages, titled by their headings, else by the file's name
facts.jsonl           one object a line: "text", and if wanted "title", "namespace", "metadata", "created",
"document", "position"
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hnsw_bridge.memory_folder import check_record
from hnsw_bridge.passages import MOST_CHARACTERS, passages
from neuro.errors import InvalidInput
from neuro.store import NewRecord

MOST_BYTES = 2**28
"""Of one file."""

_LINES = (".jsonl", ".ndjson")
_KEYS = {"text": str, "title": str, "namespace": str, "metadata": dict, "created": (int, float), "document": str}
_KINDS: dict[str, Any] = {**_KEYS, "position": int}


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
        if size > MOST_BYTES:
            raise InvalidInput(f"{path} has {size:,} bytes; up to {MOST_BYTES:,} are allowed: cut it into several")
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


def _from_line(path: Path, number: int, line: str, namespace: str) -> NewRecord:
    where = f"{path}, line {number}"
    try:
        value = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{where} is no JSON ({str(error)[:80]}); write one object a line") from None
    if not isinstance(value, dict) or "text" not in value:
        raise InvalidInput(f'{where} is no object with a "text"; write {{"text": "..."}}')
    for name, given in value.items():
        if name not in _KINDS:
            raise InvalidInput(f"{where} has the key {name!r}; {', '.join(_KINDS)} are allowed")
        if not isinstance(given, _KINDS[name]) or isinstance(given, bool):
            raise InvalidInput(f"{where}: {name} is {str(given)[:40]!r}, a {type(given).__name__}")
    own = {name: value[name] for name in ("title", "document", "position") if name in value}
    record = NewRecord(
        value["text"], value.get("namespace", namespace), {**value.get("metadata", {}), **own}, value.get("created")
    )
    try:
        check_record(record)
        json.dumps(record.metadata, allow_nan=False)
    except ValueError as error:
        raise InvalidInput(f"{where}: {error}") from None
    return record
