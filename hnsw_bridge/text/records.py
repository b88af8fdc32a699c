"""Records: texts with embeddings in one SQLite file, which is the truth; everything else can be made from it again.

    records     id, namespace, text, metadata (JSON), created, model, embedding (float32), change, digest
    edges       source, target, weight: links that were learned or given
    tombstones  id, change: what was forgotten
    about       what the file holds: model, dimension, a random identity, the number of the last change

Every change is one transaction (WAL, ``synchronous = FULL``): when a method returns, its change is on the disk, and
after a crash it is there wholly or not at all. Ids are never used twice. Each record carries a digest over all its
parts, so a flipped bit is found when it is read.
"""

from __future__ import annotations

import hashlib
import json
import secrets
import sqlite3
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from neuro.arrays import Float32Array, FloatArray, IntArray, JSONValue
from neuro.checks import check_whole, is_whole
from neuro.errors import InvalidInput
from neuro.storage.files import sync_folder

_FORMAT, _VERSION = 0x5350_4B4C, 1
"""SQLite's application id ("SPKL") and the version of the tables."""

_TABLES = """
CREATE TABLE about (name TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE records (
    id INTEGER PRIMARY KEY AUTOINCREMENT, namespace TEXT NOT NULL, text TEXT NOT NULL, metadata TEXT NOT NULL,
    created REAL NOT NULL, model TEXT NOT NULL, embedding BLOB NOT NULL, change INTEGER NOT NULL, digest BLOB NOT NULL);
CREATE TABLE edges (
    source INTEGER NOT NULL REFERENCES records(id) ON DELETE CASCADE,
    target INTEGER NOT NULL REFERENCES records(id) ON DELETE CASCADE,
    weight REAL NOT NULL, PRIMARY KEY (source, target)) WITHOUT ROWID;
CREATE TABLE tombstones (id INTEGER PRIMARY KEY, change INTEGER NOT NULL);
"""
_COLUMNS = "id, namespace, text, metadata, created, model, embedding, change, digest"
_MOST_ID = 2**63 - 1
_FEW = 500
"""Ids in one question to SQLite."""

_Cell = int | float | str | bytes


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What is to be kept.

    Args:
        text: of the record.
        namespace: which part of a memory it belongs to.
        metadata: JSON values by name.
        created: seconds since 1970; None: now.
    """

    text: str
    namespace: str = "default"
    metadata: Mapping[str, JSONValue] = field(default_factory=dict)
    created: float | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What was kept; see :class:`NewRecord`. ``change`` counts the transactions of the file."""

    id: int
    namespace: str
    text: str
    metadata: Mapping[str, JSONValue]
    created: float
    change: int


@dataclass(frozen=True, slots=True, eq=False)
class RecordEdges:
    """Links between records: ids and weights, shape (edges,), ordered by (source, target)."""

    source: IntArray
    target: IntArray
    weight: FloatArray


class RecordStore:
    """Records in one file; made by :func:`open_records`. One thread at a time."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._database = connection
        self.path = path
        about = dict(connection.execute("SELECT name, value FROM about").fetchall())
        self.model: str = about["model"]
        self.dimension = int(about["dimension"])
        self.identity: str = about["identity"]
        self._probe: str = about["probe"]

    def __len__(self) -> int:
        return self._one("SELECT count(*) FROM records")

    @property
    def change(self) -> int:
        """Number of the last change; 0 for a new file."""
        return self._one("SELECT value FROM about WHERE name = 'change'")

    @property
    def probe(self) -> Float32Array:
        """The embedding that was kept when the file was made, shape (dimension,)."""
        return np.frombuffer(bytes.fromhex(self._probe), dtype="<f4").astype(np.float32)

    @property
    def tombstones(self) -> int:
        """How many records were forgotten."""
        return self._one("SELECT count(*) FROM tombstones")

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._database.close()

    # ------------------------------------------------------------------------------------------------ writing

    def add(self, records: Sequence[NewRecord], embeddings: Float32Array) -> IntArray:
        """Keep records; gives their ids, in order. All of them are on the disk when this returns, or none.

        Raises:
            InvalidInput: embeddings of another shape, or metadata that JSON can't say; nothing is kept then.
        """
        rows = self._checked(embeddings, len(records))
        now = time.time()
        with self._change() as (database, change):
            (first,) = database.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence").fetchone()
            ids = range(first, first + len(records))
            database.executemany(
                f"INSERT INTO records ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",  # noqa: S608 - fixed text
                [self._row(own, new, now, row, change) for own, new, row in zip(ids, records, rows, strict=True)],
            )
        return np.arange(ids.start, ids.stop, dtype=np.int64)

    def update(self, number: int, record: NewRecord, embedding: Float32Array) -> None:
        """Replace a record; it keeps its id and its edges.

        Raises:
            InvalidInput: no such record, or anything that :meth:`add` refuses; nothing is changed then.
        """
        (row,) = self._checked(embedding[None], 1)
        self.records([number])
        with self._change() as (database, change):
            database.execute(
                "UPDATE records SET namespace = ?2, text = ?3, metadata = ?4, created = ?5, model = ?6, "
                "embedding = ?7, change = ?8, digest = ?9 WHERE id = ?1",
                self._row(number, record, time.time(), row, change),
            )

    def forget(self, ids: int | Iterable[int]) -> None:
        """Delete records, damaged ones too, and their edges; tombstones stay, so that nothing brings them back.

        Raises:
            InvalidInput: an unknown id, or anything but whole numbers; nothing is deleted then.
        """
        wanted = _listed(ids)
        self._check_known(wanted)
        with self._change() as (database, change):
            database.executemany("DELETE FROM records WHERE id = ?", [(int(number),) for number in wanted])
            database.executemany(
                "INSERT OR IGNORE INTO tombstones VALUES (?, ?)", [(int(number), change) for number in wanted]
            )

    def set_edges(self, edges: RecordEdges) -> None:
        """Set weights of edges; 0 removes one. Others stay.

        Raises:
            InvalidInput: an unknown id, an edge from a record to itself, a weight that is not finite.
        """
        if not np.all(np.isfinite(edges.weight)) or np.any(edges.source == edges.target):
            raise InvalidInput("an edge leads to its own record or its weight is not finite; leave it out")
        self._check_known(np.union1d(edges.source, edges.target).tolist())
        rows = list(zip(edges.source.tolist(), edges.target.tolist(), edges.weight.tolist(), strict=True))
        with self._change() as (database, _):
            database.executemany("INSERT OR REPLACE INTO edges VALUES (?, ?, ?)", rows)
            database.execute("DELETE FROM edges WHERE weight = 0")

    # ------------------------------------------------------------------------------------------------ reading

    def records(self, ids: Sequence[int] | None = None) -> list[Record]:
        """Records by id, in the order asked for; None: all, by id.

        Raises:
            InvalidInput: an unknown id, or a record that is damaged.
        """
        if ids is None:
            return [record for record, _ in self._read("ORDER BY id", ())]
        given = _listed(ids)
        self._check_known([number for number in given if not is_whole(number, 1) or number > _MOST_ID])
        wanted = [int(number) for number in given]
        found: dict[int, Record] = {}
        for start in range(0, len(wanted), _FEW):
            part = wanted[start : start + _FEW]
            marks = ", ".join("?" * len(part))
            found |= {record.id: record for record, _ in self._read(f"WHERE id IN ({marks})", part)}
        self._check_known([number for number in wanted if number not in found])
        return [found[number] for number in wanted]

    def since(self, change: int) -> tuple[list[Record], Float32Array]:
        """Records added or updated after a change, by id, and their embeddings, shape (records, dimension).

        Raises:
            InvalidInput: a record that is damaged.
        """
        check_whole("change", change, 0, _MOST_ID)
        pairs = list(self._read("WHERE change > ? ORDER BY id", (change,)))
        vectors = np.array([vector for _, vector in pairs], dtype=np.float32).reshape(-1, self.dimension)
        return [record for record, _ in pairs], vectors

    def forgotten_since(self, change: int) -> list[int]:
        """Ids forgotten after a change, ascending."""
        check_whole("change", change, 0, _MOST_ID)
        found = self._all("SELECT id FROM tombstones WHERE change > ? ORDER BY id", (change,))
        return [number for (number,) in found]

    def edges(self) -> RecordEdges:
        """All edges."""
        rows = self._all("SELECT source, target, weight FROM edges ORDER BY source, target")
        source, target, weight = zip(*rows, strict=True) if rows else ((), (), ())
        return RecordEdges(np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64))

    def namespaces(self) -> dict[str, int]:
        """Namespace -> number of its records."""
        return dict(self._all("SELECT namespace, count(*) FROM records GROUP BY namespace ORDER BY namespace"))

    # -------------------------------------------------------------------------------------------------- parts

    def _check_known(self, ids: Sequence[int]) -> None:
        for number in ids:
            known = is_whole(number, 1) and number <= _MOST_ID
            if not known or not self._all("SELECT 1 FROM records WHERE id = ?", (int(number),)):
                raise InvalidInput(f"there is no record {number!r} in {self.path.parent}; give ids that it gave")

    def _read(self, clause: str, values: Sequence[int]) -> Iterator[tuple[Record, Float32Array]]:
        for row in self._all(f"SELECT {_COLUMNS} FROM records {clause}", values):  # noqa: S608 - values are bound
            number, namespace, text, metadata, created, model, embedding, change, digest = row
            if digest != _digest(row[:8]) or model != self.model or len(embedding) != 4 * self.dimension:
                raise InvalidInput(
                    f"record {number} in {self.path} is damaged: it is not what was written; forget it, or restore the "
                    "file from a copy"
                )
            record = Record(number, namespace, text, json.loads(metadata), created, change)
            yield record, np.frombuffer(embedding, dtype="<f4").astype(np.float32)

    def _checked(self, embeddings: Float32Array, count: int) -> Float32Array:
        rows = np.asarray(embeddings)
        if rows.shape != (count, self.dimension) or not np.all(np.isfinite(rows)):
            raise InvalidInput(
                f"embeddings have shape {rows.shape} or are not finite; ({count}, {self.dimension}) is allowed in "
                f"{self.path.parent}"
            )
        return rows.astype("<f4")

    def _row(self, number: int, new: NewRecord, now: float, vector: Float32Array, change: int) -> tuple[_Cell, ...]:
        try:
            metadata = json.dumps(dict(new.metadata), sort_keys=True, ensure_ascii=False, allow_nan=False)
            (new.text + new.namespace + metadata).encode()
        except (TypeError, ValueError) as error:
            raise InvalidInput(f"a record can't be kept: {str(error)[:120]}; give JSON values and text") from None
        created = now if new.created is None else float(new.created)
        parts = (number, new.namespace, new.text, metadata, created, self.model, vector.tobytes(), change)
        return (*parts, _digest(parts))

    @contextmanager
    def _change(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """One transaction with the number of its change; kept wholly or not at all."""
        database = self._database
        try:
            database.execute("BEGIN IMMEDIATE")
            try:
                change = self.change + 1
                yield database, change
                database.execute("UPDATE about SET value = ? WHERE name = 'change'", (str(change),))
                database.execute("COMMIT")
            except BaseException:
                if database.in_transaction:
                    database.execute("ROLLBACK")
                raise
        except sqlite3.Error as error:
            raise InvalidInput(f"{self.path} can't be written ({error}); nothing was changed") from None

    def _all(self, query: str, values: Sequence[int] = ()) -> list[Any]:
        try:
            return self._database.execute(query, values).fetchall()
        except sqlite3.Error as error:
            raise _damaged(self.path, error) from None

    def _one(self, query: str) -> int:
        ((value,),) = self._all(query)
        return int(value)


def _listed(ids: int | Iterable[int]) -> list[int]:
    """Ids one by one, not yet checked; a text is one thing, not its letters."""
    given: Any = ids.tolist() if isinstance(ids, np.ndarray | np.generic) else ids
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else [given]


def _digest(parts: Sequence[_Cell]) -> bytes:
    """A digest over the parts of a record; lengths keep neighbours apart."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        content = part if isinstance(part, bytes) else repr(part).encode("utf-8", "surrogatepass")
        whole.update(len(content).to_bytes(8, "little") + content)
    return whole.digest()


def _damaged(path: Path, error: Exception) -> InvalidInput:
    return InvalidInput(f"{path} is damaged or no file of records ({error}); restore it from a copy")


def open_records(path: Path, model: str | None = None, probe: Float32Array | None = None) -> RecordStore:
    """The records of a file.

    Args:
        path: the file, usually ``FOLDER/records.sqlite``.
        model: for a new file: which model gives the embeddings.
        probe: for a new file: an embedding that the same model must give again, shape (dimension,).

    Raises:
        InvalidInput: the file is missing and no model is given, it is damaged, or it is something
            else; it is not changed then.
    """
    fresh = not path.is_file() or path.stat().st_size == 0
    if fresh and (model is None or probe is None):
        raise InvalidInput(f"{path.parent} holds no records ({path.name} is missing); give a folder that holds some")
    try:
        database = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            # A file whose maker was killed before its first commit holds no tables yet.
            fresh = not database.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
            if not fresh:
                _check_format(database, path)
            for setting in ("journal_mode = WAL", "synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                database.execute(f"PRAGMA {setting}")
            if fresh and model is not None and probe is not None:
                _make(database, model, probe)
                sync_folder(path.parent)
            return RecordStore(database, path)
        except BaseException:
            database.close()
            raise
    except (sqlite3.Error, KeyError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise _damaged(path, error) from None


def _check_format(database: sqlite3.Connection, path: Path) -> None:
    (known,), (version,) = (
        database.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    if known != _FORMAT or version != _VERSION:
        raise InvalidInput(f"{path} is an SQLite file of another program or version; give a folder of your own")
    ((verdict,), *_) = database.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise _damaged(path, ValueError(str(verdict)[:120]))


def _make(database: sqlite3.Connection, model: str, probe: Float32Array) -> None:
    values = {
        "model": model,
        "dimension": str(probe.size),
        "probe": np.asarray(probe, dtype="<f4").tobytes().hex(),
        "identity": secrets.token_hex(16),
        "change": "0",
    }
    database.execute("BEGIN IMMEDIATE")
    for statement in _TABLES.split(";\n"):
        if statement.strip():
            database.execute(statement)
    database.executemany("INSERT INTO about VALUES (?, ?)", list(values.items()))
    database.execute(f"PRAGMA application_id = {_FORMAT}")
    database.execute(f"PRAGMA user_version = {_VERSION}")
    database.execute("COMMIT")
