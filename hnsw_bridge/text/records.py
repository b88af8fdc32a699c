"""Records: texts with embeddings in one SQLite file, which is the truth; everything else can be made from it again.

    records     id, namespace, text, metadata (JSON), created, model, embedding (float32), change, digest, key
    edges       source, target, weight, change: links that were learned or given; weight 0: taken away again
    cues        record, text, embedding: further texts that call a record
    tombstones  id, change: what was forgotten
    about       what the file holds: model, dimension, a random identity, the number of the last change

Every change is one transaction (WAL, ``synchronous = FULL``): when a method returns, its change is on the disk, and
after a crash it is there wholly or not at all. Ids are never used twice. Each record carries a digest over all its
parts, so a flipped bit is found when it is read. Whoever reads inside :meth:`RecordStore.reading` sees the records as
they stood at one change, whatever another process writes meanwhile.
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

from hnsw_bridge.text.dates import Moment, timestamp
from neuro.arrays import Float32Array, FloatArray, IntArray, JSONValue
from neuro.checks import check_whole, is_whole
from neuro.errors import InvalidInput
from neuro.storage.files import sync_folder

_FORMAT, _VERSION = 0x5350_4B4C, 3
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
"""Version 1, that of Spikeloom 0.1.0; a new file takes the same steps as an old one."""

_STEPS = {
    1: """
ALTER TABLE records ADD COLUMN key TEXT;
ALTER TABLE edges ADD COLUMN change INTEGER NOT NULL DEFAULT 0;
CREATE UNIQUE INDEX records_key ON records (key) WHERE key IS NOT NULL;
CREATE INDEX records_change ON records (change);
CREATE INDEX records_namespace ON records (namespace);
CREATE INDEX edges_change ON edges (change);
CREATE INDEX tombstones_change ON tombstones (change);
""",
    2: """
CREATE TABLE cues (
    id INTEGER PRIMARY KEY AUTOINCREMENT, record INTEGER NOT NULL REFERENCES records(id) ON DELETE CASCADE,
    text TEXT NOT NULL, embedding BLOB NOT NULL, digest BLOB NOT NULL);
CREATE INDEX cues_record ON cues (record);
""",
}
"""Version -> what makes the next one of it."""

_COLUMNS = "id, namespace, text, metadata, created, model, embedding, change, digest, key"
_MOST_ID = 2**63 - 1
_PORTION = 4096
"""Records read at once."""
_PATIENCE = 30.0
"""Seconds to wait for another process in the middle of a write."""

_Cell = int | float | str | bytes | None


@dataclass(frozen=True, slots=True)
class NewRecord:
    """What is to be kept.

    Args:
        text: of the record.
        namespace: which part of a memory it belongs to.
        metadata: JSON values by name.
        created: seconds since 1970, an ISO date or a datetime; None: now.
        key: a name of your own, which one record of a memory has at most; None: none.
    """

    text: str
    namespace: str = "default"
    metadata: Mapping[str, JSONValue] = field(default_factory=dict)
    created: Moment | None = None
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """What was kept; see :class:`NewRecord`. ``change`` counts the transactions of the file."""

    id: int
    namespace: str
    text: str
    metadata: Mapping[str, JSONValue]
    created: float
    change: int
    key: str | None = None


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
        self._open = True
        self._joined: int | None = None
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
    def snapshot(self) -> str:
        """The token of the snapshot that was made of these very records; an empty text before the first."""
        rows = self._all("SELECT value FROM about WHERE name = 'snapshot'")
        return str(rows[0][0]) if rows else ""

    @property
    def probe(self) -> Float32Array:
        """The embedding that was kept when the file was made, shape (dimension,)."""
        return np.frombuffer(bytes.fromhex(self._probe), dtype="<f4").astype(np.float32)

    @property
    def tombstones(self) -> int:
        """How many records were forgotten."""
        return self._one("SELECT count(*) FROM tombstones")

    @property
    def is_open(self) -> bool:
        """Whether :meth:`close` was not called yet."""
        return self._open

    def close(self) -> None:
        """Close the file; what was written stays."""
        self._open = False
        self._database.close()

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Everything read inside belongs to one change."""
        if self._checked_open().in_transaction:
            yield
            return
        try:
            self._database.execute("BEGIN")
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from None
        try:
            yield
        finally:
            if self._database.in_transaction:
                self._database.execute("COMMIT")

    # ------------------------------------------------------------------------------------------------ writing

    @contextmanager
    def together(self) -> Iterator[None]:
        """Everything written inside is one change, kept wholly or not at all."""
        with self._change() as (_, change):
            self._joined = change
            try:
                yield
            finally:
                self._joined = None

    def put(self, records: Sequence[NewRecord], embeddings: Float32Array, places: Sequence[int | None]) -> IntArray:
        """Keep records, each in place of the one of an id, or as a new one (None); gives their ids, in order.

        One that takes a place keeps its edges. All of them are on the disk when this returns, or none.

        Raises:
            InvalidInput: an unknown id, embeddings of another shape, metadata that JSON can't say, a key that a record
                has already; nothing is changed then.
        """
        rows = self._checked(embeddings, len(records))
        self._check_known([place for place in places if place is not None])
        now = time.time()
        with self._change() as (database, change):
            (first,) = database.execute("SELECT coalesce(max(seq), 0) + 1 FROM sqlite_sequence").fetchone()
            fresh = iter(range(first, first + len(records)))
            ids = [next(fresh) if place is None else int(place) for place in places]
            cells = [self._row(own, new, now, row, change) for own, new, row in zip(ids, records, rows, strict=True)]
            adding = [place is None for place in places]
            database.executemany(
                "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [row for row, new in zip(cells, adding, strict=True) if new],
            )
            database.executemany(
                "UPDATE records SET namespace = ?2, text = ?3, metadata = ?4, created = ?5, model = ?6, "
                "embedding = ?7, change = ?8, digest = ?9, key = ?10 WHERE id = ?1",
                [row for row, new in zip(cells, adding, strict=True) if not new],
            )
        return np.array(ids, dtype=np.int64)

    def forget(self, ids: int | Iterable[int]) -> None:
        """Delete records, damaged ones too, and their edges; tombstones stay, so that nothing brings them back.

        Raises:
            InvalidInput: an unknown id, or anything but whole numbers; nothing is deleted then.
        """
        wanted = listed_ids(ids)
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
        with self._change() as (database, change):
            database.executemany("INSERT OR REPLACE INTO edges VALUES (?, ?, ?, ?)", [(*row, change) for row in rows])

    def add_cues(self, ids: Sequence[int], texts: Sequence[str], embeddings: Float32Array) -> None:
        """Keep further texts that call records, one for each id; they go when their record goes.

        Raises:
            InvalidInput: an unknown id, embeddings of another shape; nothing is kept then.
        """
        rows = self._checked(embeddings, len(texts))
        self._check_known(ids)
        cells = [(int(number), text, row.tobytes()) for number, text, row in zip(ids, texts, rows, strict=True)]
        with self._change() as (database, _):
            database.executemany(
                "INSERT INTO cues (record, text, embedding, digest) VALUES (?, ?, ?, ?)",
                [(*parts, _digest(parts)) for parts in cells],
            )

    def mark_snapshot(self, token: str) -> None:
        """Keep the token of a snapshot that was just made; no change of the records."""
        try:
            self._checked_open().execute("INSERT OR REPLACE INTO about VALUES ('snapshot', ?)", (token,))
        except sqlite3.Error as error:
            raise _unusable(self.path, error, "; nothing was changed") from None

    # ------------------------------------------------------------------------------------------------ reading

    def records(self, ids: Sequence[int] | None = None) -> list[Record]:
        """Records by id, in the order asked for; None: all, by id.

        Raises:
            InvalidInput: an unknown id, or a record that is damaged.
        """
        if ids is None:
            return [record for record, _ in self._read("ORDER BY id", ())]
        given = listed_ids(ids)
        self._check_known([number for number in given if not is_whole(number, 1) or number > _MOST_ID])
        wanted = [int(number) for number in given]
        clause = "WHERE id IN (SELECT value FROM json_each(?))"
        found = {record.id: record for record, _ in self._read(clause, (json.dumps(wanted),))}
        self._check_known([number for number in wanted if number not in found])
        return [found[number] for number in wanted]

    def find(self, keys: Sequence[str]) -> dict[str, int]:
        """Key -> id, of those keys that a record has."""
        query = "SELECT key, id FROM records WHERE key IN (SELECT value FROM json_each(?))"
        return dict(self._all(query, (json.dumps(list(keys)),)))

    def portions_since(self, change: int) -> Iterator[tuple[list[Record], Float32Array]]:
        """Records added or updated after a change, in the order of their changes, and their embeddings, by thousands.

        Yields:
            records by (change, id), and float32 of shape (records, dimension).

        Raises:
            InvalidInput: a record that is damaged.
        """
        check_whole("change", change, 0, _MOST_ID)
        pairs = self._read("WHERE change > ? ORDER BY change, id", (change,))
        while part := [pair for _, pair in zip(range(_PORTION), pairs, strict=False)]:
            yield [record for record, _ in part], np.array([vector for _, vector in part], dtype=np.float32)

    def changed_since(self, change: int) -> int:
        """How many records were added or updated after a change."""
        return int(self._all("SELECT count(*) FROM records WHERE change > ?", (change,))[0][0])

    def forgotten_since(self, change: int) -> list[int]:
        """Ids forgotten after a change, ascending."""
        check_whole("change", change, 0, _MOST_ID)
        found = self._all("SELECT id FROM tombstones WHERE change > ? ORDER BY id", (change,))
        return [number for (number,) in found]

    def edges(self) -> RecordEdges:
        """All edges."""
        return _edges(self._all("SELECT source, target, weight FROM edges WHERE weight != 0 ORDER BY source, target"))

    def edges_since(self, change: int) -> RecordEdges:
        """Edges set after a change, with weight 0 where one was removed by that."""
        query = "SELECT source, target, weight FROM edges WHERE change > ? ORDER BY source, target"
        return _edges(self._all(query, (change,)))

    def cues_mark(self) -> tuple[int, int]:
        """Changes whenever the cues do: how many there are, and the last one's number."""
        ((count, last),) = self._all("SELECT count(*), coalesce(max(id), 0) FROM cues")
        return int(count), int(last)

    def cues(self) -> tuple[list[int], list[str], Float32Array]:
        """All cues: the id that each calls, its text, and the embeddings, shape (cues, dimension).

        Raises:
            InvalidInput: a cue that is damaged.
        """
        rows = self._all("SELECT record, text, embedding, digest FROM cues ORDER BY id")
        for number, *parts, digest in rows:
            if digest != _digest((number, *parts)) or len(parts[-1]) != 4 * self.dimension:
                raise InvalidInput(f"a cue of record {number} in {self.path} is damaged; restore the file from a copy")
        vectors = np.array([np.frombuffer(row[2], dtype="<f4") for row in rows], dtype=np.float32)
        return [row[0] for row in rows], [row[1] for row in rows], vectors.reshape(-1, self.dimension)

    def namespaces(self) -> dict[str, int]:
        """Namespace -> number of its records."""
        return dict(self._all("SELECT namespace, count(*) FROM records GROUP BY namespace ORDER BY namespace"))

    # -------------------------------------------------------------------------------------------------- parts

    def _check_known(self, ids: Sequence[int]) -> None:
        for number in ids:
            known = is_whole(number, 1) and number <= _MOST_ID
            if not known or not self._all("SELECT 1 FROM records WHERE id = ?", (int(number),)):
                raise InvalidInput(f"there is no record {number!r} in {self.path.parent}; give ids that it gave")

    def _read(self, clause: str, values: Sequence[_Cell]) -> Iterator[tuple[Record, Float32Array]]:
        for row in self._each(f"SELECT {_COLUMNS} FROM records {clause}", values):  # noqa: S608 - values are bound
            number, namespace, text, metadata, created, model, embedding, change, digest, key = row
            if digest != _digest((*row[:8], key)) or model != self.model or len(embedding) != 4 * self.dimension:
                raise InvalidInput(
                    f"record {number} in {self.path} is damaged: it is not what was written; forget it, or restore the "
                    "file from a copy"
                )
            record = Record(number, namespace, text, json.loads(metadata), created, change, key)
            yield record, np.frombuffer(embedding, dtype="<f4")

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
            (new.text + new.namespace + metadata + (new.key or "")).encode()
        except (TypeError, ValueError, RecursionError) as error:
            raise InvalidInput(f"a record can't be kept: {str(error)[:120]}; give JSON values and text") from None
        created = now if new.created is None else timestamp(new.created)
        parts = (number, new.namespace, new.text, metadata, created, self.model, vector.tobytes(), change)
        return (*parts, _digest((*parts, new.key)), new.key)

    @contextmanager
    def _change(self) -> Iterator[tuple[sqlite3.Connection, int]]:
        """One transaction with the number of its change; kept wholly or not at all."""
        database = self._checked_open()
        if self._joined is not None:
            yield database, self._joined
            return
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
        except sqlite3.IntegrityError as error:
            raise InvalidInput(
                f"a key stands in {self.path.parent} already or is given twice ({error}); use upsert to replace a "
                "record, nothing was changed"
            ) from None
        except sqlite3.Error as error:
            raise _unusable(self.path, error, "; nothing was changed") from None

    def _checked_open(self) -> sqlite3.Connection:
        if not self._open:
            raise InvalidInput(f"the memory {self.path.parent} is closed; open it again with TextMemory")
        return self._database

    def _each(self, query: str, values: Sequence[_Cell] = ()) -> Iterator[Any]:
        try:
            yield from self._checked_open().execute(query, values)
        except sqlite3.Error as error:
            raise _unusable(self.path, error) from None

    def _all(self, query: str, values: Sequence[_Cell] = ()) -> list[Any]:
        return list(self._each(query, values))

    def _one(self, query: str) -> int:
        ((value,),) = self._all(query)
        return int(value)


def _edges(rows: Sequence[tuple[int, int, float]]) -> RecordEdges:
    source, target, weight = zip(*rows, strict=True) if rows else ((), (), ())
    return RecordEdges(np.array(source, np.int64), np.array(target, np.int64), np.array(weight, np.float64))


def listed_ids(ids: int | Iterable[int]) -> list[int]:
    """Ids one by one, not yet checked; a text is one thing, not its letters."""
    given: Any = ids.tolist() if isinstance(ids, np.ndarray | np.generic) else ids
    return list(given) if isinstance(given, Iterable) and not isinstance(given, str | bytes) else [given]


def _digest(parts: Sequence[_Cell]) -> bytes:
    """A digest over the parts of a record; lengths keep neighbours apart. Without a key it is that of version 1."""
    whole = hashlib.blake2b(digest_size=16)
    for part in parts:
        if part is not None:
            # A text of a class of its own comes back from the file as a plain one.
            plain = str.__str__(part) if isinstance(part, str) else part
            content = plain if isinstance(plain, bytes) else repr(plain).encode("utf-8", "surrogatepass")
            whole.update(len(content).to_bytes(8, "little") + content)
    return whole.digest()


def _damaged(path: Path, error: Exception) -> InvalidInput:
    return InvalidInput(f"{path} is damaged or no file of records ({error}); restore it from a copy")


_WHAT_TO_TRY = {
    sqlite3.SQLITE_FULL: "the disk is full, so {path} can't be written; free some space and try again",
    sqlite3.SQLITE_BUSY: "{path} is being written by another process for longer than a write takes; try again",
    sqlite3.SQLITE_LOCKED: "{path} is being written by another process for longer than a write takes; try again",
    sqlite3.SQLITE_READONLY: "{path} can't be written by this process; open it for writing, or mend its permissions",
    sqlite3.SQLITE_CANTOPEN: "{path} or its log can't be opened; see that the folder can be read and written",
    sqlite3.SQLITE_IOERR: "the disk failed to read or write {path}; look at the disk",
    sqlite3.SQLITE_NOMEM: "there is not enough memory to read {path}; close something",
}
"""SQLite's primary code -> what is wrong, and what to try."""


def _unusable(path: Path, error: sqlite3.Error, more: str = "") -> InvalidInput:
    """What an error of SQLite means to whoever called."""
    code = getattr(error, "sqlite_errorcode", None)
    known = _WHAT_TO_TRY.get(code & 0xFF) if isinstance(code, int) else None
    return _damaged(path, error) if known is None else InvalidInput(f"{known.format(path=path)} ({error}){more}")


def open_records(
    path: Path, model: str | None = None, probe: Float32Array | None = None, *, read_only: bool = False
) -> RecordStore:
    """The records of a file; one of an earlier version is brought to this one.

    Args:
        path: the file, usually ``FOLDER/records.sqlite``.
        model: for a new file: which model gives the embeddings.
        probe: for a new file: an embedding that the same model must give again, shape (dimension,).
        read_only: refuse every change.

    Raises:
        InvalidInput: the file is missing and no model is given, it is damaged or of no bytes, or it is something
            else; it is not changed then.
    """
    try:
        if not path.is_file():
            if model is None or probe is None or read_only:
                raise InvalidInput(
                    f"{path.parent} holds no records ({path.name} is missing); give a folder that holds some"
                )
            _make(path, model, probe)
        elif path.stat().st_size == 0:
            raise _damaged(path, ValueError("it holds 0 bytes"))
        database = _connected(path)
        try:
            version = _checked_version(database, path)
            for setting in ("synchronous = FULL", "foreign_keys = ON", "secure_delete = ON"):
                database.execute(f"PRAGMA {setting}")
            if version < _VERSION and read_only:
                raise InvalidInput(f"{path} is of an earlier version; open it once for writing, which renews it")
            if not read_only:
                database.execute("PRAGMA journal_mode = WAL")
                _renew(database, version)
            else:
                database.execute("PRAGMA query_only = ON")
            return RecordStore(database, path)
        except BaseException:
            database.close()
            raise
    except sqlite3.Error as error:
        raise _unusable(path, error) from None
    except (KeyError, ValueError) as error:
        if isinstance(error, InvalidInput):
            raise
        raise _damaged(path, error) from None


def needs_renewal(path: Path) -> bool:
    """Whether a file of records is of an earlier version; False for what is no such file."""
    try:
        database = _connected(path)
        try:
            (version,) = database.execute("PRAGMA user_version").fetchone()
            return bool(1 <= version < _VERSION)
        finally:
            database.close()
    except sqlite3.Error:
        return False


def _connected(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False)


def _checked_version(database: sqlite3.Connection, path: Path) -> int:
    (known,), (version,) = (
        database.execute(f"PRAGMA {name}").fetchone() for name in ("application_id", "user_version")
    )
    if known != _FORMAT or not 1 <= version <= _VERSION:
        raise InvalidInput(f"{path} is an SQLite file of another program or version; give a folder of your own")
    ((verdict,), *_) = database.execute("PRAGMA quick_check(1)").fetchall()
    if verdict != "ok":
        raise _damaged(path, ValueError(str(verdict)[:120]))
    return int(version)


def _renew(database: sqlite3.Connection, version: int) -> None:
    """Bring tables to this version, in one transaction."""
    if version == _VERSION:
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        for step in range(version, _VERSION):
            _run(database, _STEPS[step])
        database.execute(f"PRAGMA user_version = {_VERSION}")
        database.execute("COMMIT")
    except BaseException:
        database.execute("ROLLBACK")
        raise


def _run(database: sqlite3.Connection, script: str) -> None:
    for statement in script.split(";\n"):
        if statement.strip():
            database.execute(statement)


def _make(path: Path, model: str, probe: Float32Array) -> None:
    """A file without records, put in place as a whole: one of 0 bytes is never ours."""
    values = {
        "model": model,
        "dimension": str(probe.size),
        "probe": np.asarray(probe, dtype="<f4").tobytes().hex(),
        "identity": secrets.token_hex(16),
        "change": "0",
    }
    part = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        database = _connected(part)
        try:
            database.execute("BEGIN IMMEDIATE")
            _run(database, _TABLES)
            for step in range(1, _VERSION):
                _run(database, _STEPS[step])
            database.executemany("INSERT INTO about VALUES (?, ?)", list(values.items()))
            database.execute(f"PRAGMA application_id = {_FORMAT}")
            database.execute(f"PRAGMA user_version = {_VERSION}")
            database.execute("COMMIT")
        finally:
            database.close()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    sync_folder(path.parent)
