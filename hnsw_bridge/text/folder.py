"""The folder of a text memory from outside: who has it, what may go in, and what can be done without an embedder."""

from __future__ import annotations

import fcntl
import math
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hnsw_bridge.text.dates import timestamp
from hnsw_bridge.text.links import whole_text
from hnsw_bridge.text.records import NewRecord, RecordStore, needs_renewal, open_records
from neuro.arrays import Float32Array, JSONValue
from neuro.errors import InvalidInput

RECORDS = "records.sqlite"
"""The file of a memory's folder that holds the truth."""

LONGEST_TEXT = 100_000
"""Characters of one text; cut a longer one with :func:`hnsw_bridge.passages`."""

_LOCK_FILE = ".lock"
_DEEPEST = 50
"""How deep metadata may be nested."""


class FolderLock:
    """The right to write: an advisory lock on ``FOLDER/.lock`` (flock), held until
    :meth:`release` or the end of the process.

    Raises:
        InvalidInput: another process (or another object of this one) holds it, or the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / _LOCK_FILE
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InvalidInput(
                f"{path} can't be opened ({error.strerror}); give a folder that can be written"
            ) from None
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise InvalidInput(
                f"{folder} is being written by another process, and one alone may write; open it with "
                "read_only=True, or close it there"
            ) from None

    def release(self) -> None:
        """Give the folder free; more than once does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def is_memory(folder: Path) -> bool:
    """Whether a folder holds a memory."""
    return (folder / RECORDS).is_file()


def holds_leftovers(folder: Path) -> bool:
    """Whether all that a folder holds is what an opening left that failed: it may become a memory."""
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    return all(name == _LOCK_FILE or (name.startswith(f".{RECORDS}.") and name.endswith(".part")) for name in names)


def made_with(folder: Path) -> str:
    """The name of the embedder that a memory was made with.

    Raises:
        InvalidInput: no memory, or a damaged one.
    """
    with _records(folder, read_only=True) as store:
        return store.model


def forget_records(folder: Path, ids: int | Iterable[int]) -> int:
    """Delete records of a memory that no process writes, damaged ones too, without any embedder; gives how many stay.

    Raises:
        InvalidInput: no memory, one that another process writes, or an unknown id; nothing is deleted then.
    """
    lock = FolderLock(folder) if is_memory(folder) else None
    try:
        with _records(folder, read_only=False) as store:
            store.forget(ids)
            return len(store)
    finally:
        if lock is not None:
            lock.release()


def open_folder(folder: Path, model: str | None, probe: Float32Array | None, *, read_only: bool) -> RecordStore:
    """The records of a memory's folder; one of an earlier version is renewed first, also for a reader if nobody writes.

    Raises:
        InvalidInput: as :func:`hnsw_bridge.text.records.open_records`.
    """
    path = folder / RECORDS
    if read_only and path.is_file() and path.stat().st_size and needs_renewal(path):
        lock = FolderLock(folder)
        try:
            open_records(path).close()
        finally:
            lock.release()
    return open_records(path, model, probe, read_only=read_only)


@contextmanager
def _records(folder: Path, *, read_only: bool) -> Iterator[RecordStore]:
    if not is_memory(folder):
        raise InvalidInput(f"{folder} holds no memory ({RECORDS} is missing); give the folder of one")
    store = open_folder(folder, None, None, read_only=read_only)
    try:
        yield store
    finally:
        store.close()


def check_record(record: NewRecord) -> None:
    """Raise InvalidInput unless a memory can keep a record."""
    check_text(record.text, "a text")
    check_text(record.namespace, "a namespace")
    if record.key is not None:
        check_text(record.key, "a key")
        if "\0" in record.key:
            raise InvalidInput(f"a key is {record.key[:40]!r}; keys without the character NUL are allowed")
    if not isinstance(record.metadata, Mapping):
        raise InvalidInput(f"metadata is {str(record.metadata)[:60]!r}; JSON values by name are allowed")
    check_json(record.metadata, "metadata", 0)
    if len(str(record.metadata)) > LONGEST_TEXT:
        raise InvalidInput(f"metadata is longer than {LONGEST_TEXT:,} characters; keep less beside a text")
    check_text(whole_text(record), "a text with its title and speaker")
    if record.created is not None:
        timestamp(record.created)


def check_json(value: JSONValue, name: str, depth: int) -> None:
    """Raise InvalidInput unless a value is what JSON can say, and comes back from it as it is."""
    if depth > _DEEPEST:
        raise InvalidInput(f"{name} is nested more than {_DEEPEST} deep; flatten it")
    if isinstance(value, Mapping):
        if not all(isinstance(own, str) for own in value):
            raise InvalidInput(
                f"{name} has the names {[str(own)[:20] for own in value][:5]}; texts are allowed as names"
            )
        for own, part in value.items():
            check_json(part, f"{name}[{own[:40]!r}]", depth + 1)
    elif isinstance(value, list | tuple):
        for part in value:
            check_json(part, name, depth + 1)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise InvalidInput(f"{name} is {value}; JSON has finite numbers only")
    elif not (value is None or isinstance(value, str | int)):
        raise InvalidInput(
            f"{name} is a {type(value).__name__}; JSON values are allowed: text, numbers, lists, objects"
        )


def check_text(text: str, what: str) -> None:
    """Raise InvalidInput unless a text holds something, whole characters only, and is not too long."""
    if not isinstance(text, str) or not text.strip():
        raise InvalidInput(f"{what} is {str(text)[:20]!r}; text with at least one visible character is allowed")
    if len(text) > LONGEST_TEXT:
        raise InvalidInput(
            f"{what} has {len(text):,} characters; up to {LONGEST_TEXT:,} are allowed: cut it with hnsw_bridge.passages"
        )
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise InvalidInput(
            f"{what} holds {text[error.start]!a}, half of a character, at place {error.start}; whole ones are allowed: "
            "save it as UTF-8"
        ) from None
