"""What a text memory derives from its records, row by row: vectors, words, titles, phrases, orders, links.

A record takes the next row when it is written, and another one when it is changed; the row of what was forgotten or
changed stays behind, dead. So a write costs what it writes. Everything is brought to a later change by what was written
since (:meth:`TextMemoryState.catch_up`), in the process that writes and in those that only read.

    FOLDER/state    a snapshot, written on closing once much has changed since the last

It names the records' file by its identity and a token that the file keeps too. One that is damaged or foreign is
reported and built again from the records.
"""

from __future__ import annotations

import json
import secrets
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b

import numpy as np

from hnsw_bridge.layers import MOST_WEIGHT
from hnsw_bridge.text.inverted_index import InvertedIndex, WordIndex, packed_texts, unpacked_texts
from hnsw_bridge.text.link_table import (
    RecordOrder,
    TextLinks,
    TitleIndex,
    mentions_key,
    rows_that_may_mention,
)
from hnsw_bridge.text.links import NEAR, bare_title, phrases, position_of, title_of, turn, whole_text
from hnsw_bridge.text.name_index import NameIndex
from hnsw_bridge.text.records import Record, RecordEdges, RecordStore
from hnsw_bridge.text.retrieval import Cues, TextGraph, no_cues
from hnsw_bridge.text.tokenizer import tokens
from neuro.arrays import AnyArray, BoolArray, Float32Array, IntArray, JSONValue, grown
from neuro.errors import InvalidInput
from neuro.progress import Advance
from neuro.storage.snapshot import load_snapshot, save_snapshot

_STATE, _KIND, _FORMAT = "state", "text.state", 1
_OF_0_1_0 = ("index", "links")
"""Snapshots that version 0.1.0 wrote."""

_MOST_DEAD = 0.5
"""Share of dead rows from which all rows are numbered anew."""
_LEAST_LATE, _MOST_LATE = 64, 0.05
"""Changed records that a snapshot may be behind: as a number, and as a share of the rows."""
_LONG_VALUE = 64
"""Characters of a metadata value from which a digest stands for it."""

Say = Callable[[str], None]

Where = Mapping[str, JSONValue] | Callable[[Record], bool]
"""Metadata values that a record must have, or a function that says whether it may be found."""


@dataclass(frozen=True, slots=True)
class RecordFilter:
    """Which records count; what is None leaves none out.

    Args:
        namespace: theirs.
        where: metadata that they must have, or a function of a record, which is asked for each.
        since, until: the first and the last moment at which they may have been created, in seconds since 1970.
    """

    namespace: str | None = None
    where: Where | None = None
    since: float | None = None
    until: float | None = None

    def __bool__(self) -> bool:
        return any(part is not None for part in (self.namespace, self.where, self.since, self.until))


class TextMemoryState:
    """Everything that is made from the records as they stood at one change, and can be brought to a later one.

    Whoever holds the memory's lock may read and change it.
    """

    def __init__(self, store: RecordStore) -> None:
        self._store = store
        self.change, self.rows = 0, 0
        self.words, self.titles, self.speakers = WordIndex(), TitleIndex(), TitleIndex(shortest=1)
        self._names, self._facets, self._mentions = NameIndex(self.words), InvertedIndex(), InvertedIndex()
        self._later: dict[str, list[int]] = {}
        self._later_of: dict[int, list[str]] = {}
        self._documents, self._times, self._turns = RecordOrder(), RecordOrder(), RecordOrder()
        self._learned: dict[int, dict[int, float]] = {}
        self._namespaces: dict[str, int] = {}
        self._row_of: dict[int, int] = {}
        self._ids, self._before, self._after = np.zeros((3, 0), dtype=np.int64)
        self._created = np.zeros(0, dtype=np.float64)
        self._namespace = np.zeros(0, dtype=np.int32)
        self._alive, self._by_time, self._speaks = np.zeros((3, 0), dtype=np.bool_)
        self._vectors = np.zeros((0, store.dimension), dtype=np.float32)
        self._graph: TextGraph | None = None
        self._cues, self._cued, self._cue_mark = no_cues(store.dimension), list[int](), (0, 0)

    def __len__(self) -> int:
        return len(self._row_of)

    @property
    def ids(self) -> IntArray:
        """Of the records, shape (rows,); of dead rows too."""
        return self._ids[: self.rows]

    @property
    def alive(self) -> BoolArray:
        """Shape (rows,): neither forgotten nor changed since."""
        return self._alive[: self.rows]

    @property
    def graph(self) -> TextGraph:
        """What recall looks things up in, until the next change."""
        if self._graph is None:
            self._graph = TextGraph(
                nodes=self.rows,
                ids=self.ids,
                alive=self.alive,
                vectors=self._vectors[: self.rows],
                created=self._created[: self.rows],
                records=self.records,
                words=self.words,
                titles=self.titles,
                speakers=self.speakers,
                cues=replace(self._cues, rows=np.array(self.rows_of(self._cued), dtype=np.int64)),
                before=self._before[: self.rows],
                after=self._after[: self.rows],
                links=TextLinks(
                    self.alive,
                    self.titles,
                    self._mentions,
                    self._later,
                    self._later_of,
                    self._names,
                    self._documents,
                    self._times,
                    self._learned,
                    self.ids,
                    self._row_of,
                    {},
                ),
            )
        return self._graph

    def records(self, rows: IntArray) -> list[Record]:
        """The records of living rows, read from the file and checked."""
        return self._store.records(self._ids[rows].tolist())

    def rows_of(self, ids: Iterable[int]) -> list[int]:
        """The living rows of records that are there."""
        return [self._row_of[number] for number in ids]

    # ------------------------------------------------------------------------------------------------ changing

    def catch_up(self, progress: Advance | None = None) -> TextMemoryState:
        """Bring everything to the records' present change, inside their `reading()`; gives the state to go on with.

        Args:
            progress: called with how many changed records are done.

        Raises:
            InvalidInput: a damaged record.
        """
        store, now = self._store, self._store.change
        self._call(store)
        if now == self.change:
            return self
        self._graph = None
        first, done, texts = self.rows, 0, list[str]()
        self._bury(store.forgotten_since(self.change))
        for records, vectors in store.portions_since(self.change):
            self._bury([record.id for record in records])
            texts += self._append(records, vectors)
            done += len(records)
            if progress is not None:
                progress(done)
        self._mention(first, texts)
        self._link(store.edges_since(self.change) if self.change else store.edges())
        self.change = now
        if self.rows - len(self) > max(_MOST_DEAD * self.rows, _LEAST_LATE):
            return TextMemoryState(store).catch_up(progress)
        return self

    def _call(self, store: RecordStore) -> None:
        """Read the cues again, if there are others."""
        mark = store.cues_mark()
        if mark != self._cue_mark:
            self._cued, texts, vectors = store.cues()
            words = WordIndex()
            words.add(map(tokens, texts))
            self._cues = Cues(np.zeros(0, np.int64), vectors / np.linalg.norm(vectors, axis=1, keepdims=True), words)
            self._cue_mark, self._graph = mark, None

    def _bury(self, ids: Sequence[int]) -> None:
        rows = [self._row_of.pop(number) for number in ids if number in self._row_of]
        if not rows:
            return
        self._alive[rows] = False
        for index in (self.words, self.titles, self.speakers, self._names, self._facets, self._mentions):
            index.remove(row for row in rows if row < index.rows)
        affected = [*self._turns.before[rows].tolist(), *self._turns.after[rows].tolist(), *rows]
        for order in (self._documents, self._times, self._turns):
            order.remove(rows)
        self._rejoin(affected)

    def _append(self, records: Sequence[Record], vectors: Float32Array) -> list[str]:
        first, self.rows = self.rows, self.rows + len(records)
        part, ids = slice(first, self.rows), [record.id for record in records]
        for name in (
            "_ids",
            "_before",
            "_after",
            "_created",
            "_namespace",
            "_alive",
            "_by_time",
            "_speaks",
            "_vectors",
        ):
            setattr(self, name, grown(getattr(self, name), self.rows))
        self._ids[part], self._alive[part] = ids, True
        self._created[part] = [record.created for record in records]
        numbers = self._namespaces
        self._namespace[part] = [numbers.setdefault(record.namespace, len(numbers)) for record in records]
        self._vectors[part] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
        self._row_of |= dict(zip(ids, range(first, self.rows), strict=True))
        titles = [title_of(record) for record in records]
        texts = [whole_text(record) for record in records]
        bags = [tokens(text) for text in texts]
        self.words.add(bags)
        self.titles.add(titles)
        self._names.add(
            texts,
            bags,
            [phrases(text.replace("\n", ". ")) for text in texts],
            [bare_title(title) for title in titles],
        )
        self._facets.add([facet(name, value) for name, value in record.metadata.items()] for record in records)
        self._documents.add([_document(record) for record in records], ids)
        self._times.add([(record.namespace, record.created) for record in records], ids)
        turns = [turn(record) for record in records]
        self._turns.add([(own.group, own.order) for own in turns], ids)
        self.speakers.add([own.speaker for own in turns])
        self._by_time[part] = [own.by_time for own in turns]
        self._speaks[part] = [bool(own.speaker) for own in turns]
        fresh = np.arange(first, self.rows)
        self._rejoin([*fresh.tolist(), *self._turns.before[fresh].tolist(), *self._turns.after[fresh].tolist()])
        return texts

    def _rejoin(self, rows: Sequence[int]) -> None:
        """Which rows follow each other in a conversation; :meth:`hnsw_bridge.text.links.Turn.leads_to` is the rule."""
        at = np.unique(np.array(rows, dtype=np.int64))
        at = at[at >= 0]
        for own, raw, sign in ((self._before, self._turns.before, -1.0), (self._after, self._turns.after, 1.0)):
            other = raw[at]
            gap = sign * (self._turns.value[other] - self._turns.value[at])
            near = ((gap > 0) & (gap <= NEAR)) | ((gap == 0) & self._speaks[at] & self._speaks[other])
            own[at] = np.where((other >= 0) & (~self._by_time[at] | near), other, -1)

    def _mention(self, first: int, texts: Sequence[str]) -> None:
        """Which titles the rows from ``first`` on mention, and which older rows mention a title that is new."""
        fresh = np.arange(first, self.rows)
        if fresh.size == 0:
            return
        self._mentions.add(map(self.titles.keys_in, texts))
        self._mentions.remove(fresh[~self._alive[fresh]].tolist())
        wanted: dict[int, list[str]] = {}
        for key in dict.fromkeys(self.titles.key(row) for row in fresh.tolist()) if first else ():
            if key and self.titles.holders(key)[0] >= first:
                for row in rows_that_may_mention(self.words, key).tolist():
                    if row < first and not self._mentions.holds(row, key) and key not in self._later_of.get(row, ()):
                        wanted.setdefault(row, []).append(key)
        older = np.array(sorted(wanted), dtype=np.int64)
        for start in range(0, older.size, 4096):
            for row, text in self._texts(older[start : start + 4096]).items():
                for key in wanted[row]:
                    if mentions_key(text, key):
                        self._later.setdefault(key, []).append(row)
                        self._later_of.setdefault(row, []).append(key)

    def _texts(self, rows: IntArray) -> dict[int, str]:
        living = rows[self._alive[rows]]
        return {row: whole_text(own) for row, own in zip(living.tolist(), self.records(living), strict=True)}

    def _link(self, edges: RecordEdges) -> None:
        ends = zip(edges.source.tolist(), edges.target.tolist(), edges.weight.tolist(), strict=True)
        for source, target, weight in ends:
            own = self._learned.setdefault(source, {})
            own.pop(target, None)
            if weight:
                own[target] = min(max(weight, -MOST_WEIGHT), MOST_WEIGHT)

    # ------------------------------------------------------------------------------------------------ choosing

    def allowed(self, chosen: RecordFilter) -> BoolArray | None:
        """Which rows a filter lets through, shape (rows,); None for one that leaves none out.

        Raises:
            InvalidInput: a namespace that does not exist.
        """
        if not chosen:
            return None
        mask = self.alive.copy()
        if chosen.namespace is not None:
            mask &= self._namespace[: self.rows] == self._namespaces.get(chosen.namespace, -1)
            if not mask.any():
                known = ", ".join(self._store.namespaces()) or "none yet"
                raise InvalidInput(f"there is no namespace {chosen.namespace!r}; there are {known}")
        if chosen.since is not None:
            mask &= self._created[: self.rows] >= chosen.since
        if chosen.until is not None:
            mask &= self._created[: self.rows] <= chosen.until
        where = chosen.where
        if isinstance(where, Mapping):
            for name, value in where.items():
                held = np.zeros(self.rows, dtype=np.bool_)
                held[self._facets.holders(facet(name, value))] = True
                mask &= held
        elif where is not None:
            rows = np.flatnonzero(mask)
            mask[rows] = [bool(where(record)) for record in self.records(rows)]
        return mask

    # -------------------------------------------------------------------------------------------------- keeping

    def save(self) -> None:
        """Write a snapshot; nothing else depends on it."""
        store, folder = self._store, self._store.path.parent
        arrays: dict[str, AnyArray] = {name: getattr(self, f"_{name}")[: self.rows] for name in _ARRAYS}
        arrays |= {"namespaces": packed_texts(list(self._namespaces))}
        parts = {name: getattr(self, name) for name in (*_PARTS, "_names")}
        arrays |= {f"{part}.{name}": array for part, own in parts.items() for name, array in own.state().items()}
        later = [(key, row) for key, rows in self._later.items() for row in rows]
        arrays |= {
            "later": np.array([row for _, row in later], np.int64),
            "keys": packed_texts([key for key, _ in later]),
        }
        token = secrets.token_hex(16)
        about: dict[str, JSONValue] = {"identity": store.identity, "change": self.change}
        about |= {"token": token, "format": _FORMAT}
        for name in (_STATE, *_OF_0_1_0):
            shutil.rmtree(folder / name, ignore_errors=True)
        save_snapshot(folder / _STATE, _KIND, arrays, about)
        store.mark_snapshot(token)

    def worth_saving(self, saved: int) -> bool:
        """Whether so much has changed since a change that a snapshot pays; 0: there is none."""
        late = self._store.changed_since(saved) + len(self._store.forgotten_since(saved))
        return late > (0 if saved == 0 else max(_LEAST_LATE, int(_MOST_LATE * self.rows)))

    @classmethod
    def loaded(cls, store: RecordStore, say: Say) -> TextMemoryState:
        """The state of a snapshot, or an empty one where none can be believed; what was wrong is said."""
        fresh, folder = cls(store), store.path.parent
        if not (folder / _STATE).exists():
            return fresh
        try:
            arrays, about = load_snapshot(folder / _STATE, _KIND)
            marks = (about.get("identity"), about.get("token"), about.get("format"))
            if marks != (store.identity, store.snapshot, _FORMAT) or not 0 <= about["change"] <= store.change:
                raise InvalidInput(
                    f"the snapshot {folder / _STATE} belongs to other records or to a later state of these"
                )
            fresh._restore(arrays)
        except (InvalidInput, KeyError, IndexError, TypeError, ValueError) as error:
            say(f"{error}; it is built again from the records")
            return cls(store)
        fresh.change = about["change"]
        return fresh

    def _restore(self, arrays: Mapping[str, AnyArray]) -> None:
        for name in _ARRAYS:
            setattr(self, f"_{name}", arrays[name])
        self.rows = self._ids.size
        own: dict[str, dict[str, AnyArray]] = {}
        for name, array in arrays.items():
            part, _, inner = name.partition(".")
            own.setdefault(part, {})[inner] = array
        for part, kind in _PARTS.items():
            setattr(self, part, kind.from_state(own[part]))
            if getattr(self, part).rows != self.rows:
                raise InvalidInput(f"{part.lstrip('_')} of the snapshot have another number of rows")
        self._names = NameIndex.from_state(own["_names"], self.words)
        self.speakers = TitleIndex.from_state(own["speakers"], shortest=1)
        self._namespaces = {name: number for number, name in enumerate(unpacked_texts(arrays["namespaces"]))}
        living = np.flatnonzero(self.alive)
        self._row_of = dict(zip(self._ids[living].tolist(), living.tolist(), strict=True))
        for key, row in zip(unpacked_texts(arrays["keys"]), arrays["later"].tolist(), strict=True):
            self._later.setdefault(key, []).append(row)
            self._later_of.setdefault(row, []).append(key)
        if self._vectors.shape != (self.rows, self._store.dimension):
            raise InvalidInput(f"the snapshot has vectors {self._vectors.shape}")
        self._link(self._store.edges())


_ARRAYS = ("ids", "created", "namespace", "alive", "by_time", "speaks", "before", "after", "vectors")
_PARTS: Mapping[str, type[WordIndex | TitleIndex | InvertedIndex | RecordOrder]] = {
    "words": WordIndex,
    "titles": TitleIndex,
    "speakers": TitleIndex,
    "_facets": InvertedIndex,
    "_mentions": InvertedIndex,
    "_documents": RecordOrder,
    "_times": RecordOrder,
    "_turns": RecordOrder,
}


def facet(name: str, value: JSONValue) -> str:
    """One term for a name of metadata and its value; equal values of JSON have equal terms, 1 and 1.0 too."""
    if isinstance(value, str):
        said = f"t{value}"
    elif isinstance(value, int) and not isinstance(value, bool):
        said = str(value)
    else:
        said = json.dumps(_plain_numbers(value), sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        said = said if said[0] in "-0123456789" else f"j{said}"
    if len(said) > _LONG_VALUE:
        said = blake2b(said.encode(), digest_size=16).hexdigest()
    return f"{name}\x1f{said}"


def _plain_numbers(value: JSONValue) -> JSONValue:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {name: _plain_numbers(part) for name, part in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain_numbers(part) for part in value]
    return value


def _document(record: Record) -> tuple[str, float] | None:
    document, position = record.metadata.get("document"), position_of(record)
    if isinstance(document, str) and position is not None:
        return f"{record.namespace}\x1f{document}", position
    return None
