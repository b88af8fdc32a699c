"""The folder of a text memory from outside: who has it, what may go in, and what can be done without an embedder."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from hnsw_bridge.text.links import whole_text
from hnsw_bridge.text.records import NewRecord, RecordStore, open_records
from neuro.errors import InvalidInput

RECORDS = "records.sqlite"
"""The file of a memory's folder that holds the truth."""

LONGEST_TEXT = 100_000
"""Characters of one text; cut a longer one with :func:`hnsw_bridge.passages`."""

_LOCK_FILE = ".lock"


class FolderLock:
    """An advisory lock on ``FOLDER/.lock`` (flock), held until :meth:`release` or the end of the process.

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
                f"{folder} is in use by another process; close it there, or wait until it is done"
            ) from None

    def release(self) -> None:
        """Give the folder free; more than once does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1


def is_memory(folder: Path) -> bool:
    """Whether a folder holds a memory."""
    return (folder / RECORDS).is_file()


def made_with(folder: Path) -> str:
    """The name of the embedder that a memory was made with.

    Raises:
        InvalidInput: no memory, one in use by another process, or a damaged one.
    """
    with _locked(folder) as store:
        return store.model


def forget_records(folder: Path, ids: int | Iterable[int]) -> int:
    """Delete records of a memory that no process has open, damaged ones too, without any embedder; gives how many stay.

    Raises:
        InvalidInput: no memory, one in use by another process, or an unknown id; nothing is deleted then.
    """
    with _locked(folder) as store:
        store.forget(ids)
        return len(store)


@contextmanager
def _locked(folder: Path) -> Iterator[RecordStore]:
    if not is_memory(folder):
        raise InvalidInput(f"{folder} holds no memory ({RECORDS} is missing); give the folder of one")
    lock = FolderLock(folder)
    try:
        store = open_records(folder / RECORDS)
        try:
            yield store
        finally:
            store.close()
    finally:
        lock.release()


def check_record(record: NewRecord) -> None:
    """Raise InvalidInput unless a memory can keep a record."""
    check_text(record.text, "a text")
    check_text(record.namespace, "a namespace")
    if not isinstance(record.metadata, Mapping):
        raise InvalidInput(f"metadata is {str(record.metadata)[:60]!r}; JSON values by name are allowed")
    if not all(isinstance(name, str) for name in record.metadata):
        raise InvalidInput(f"metadata has the names {list(record.metadata)[:5]}; texts are allowed as names")
    check_text(whole_text(str(record.metadata.get("title", "")), record.text), "a text with its title")
    if record.created is not None and not (
        isinstance(record.created, int | float) and not isinstance(record.created, bool) and abs(record.created) < 1e12
    ):
        raise InvalidInput(f"created is {record.created!r}; seconds since 1970 are allowed")


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
