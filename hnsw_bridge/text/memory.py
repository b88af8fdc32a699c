"""The memory of texts: texts in, answers out, in one folder; what is stored stays.

    FOLDER/records.sqlite    the truth: texts, embeddings, learned edges (:mod:`hnsw_bridge.text.records`)
    FOLDER/state             a snapshot of what was made from it; quick to open, never believed when damaged

A write is on the disk when its method returns. One process writes, any number of others read (``read_only=True``); each
answer belongs to the records as they stood at one moment.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import numpy as np
import numpy.typing as npt

from hnsw_bridge.text.abstention import answerability, unrelated_cosine
from hnsw_bridge.text.answers import Answer, LinkUsed, Recollection, Why, nothing
from hnsw_bridge.text.consolidation import Consolidated, consolidated
from hnsw_bridge.text.dates import Moment, timestamp
from hnsw_bridge.text.embedders import Embed, embed_questions
from hnsw_bridge.text.files import GivenRecord, as_record, exported_line, read_lines
from hnsw_bridge.text.folder import FolderLock, check_record, check_text, holds_leftovers, is_memory, open_folder
from hnsw_bridge.text.info import MemoryInfo, measure_records
from hnsw_bridge.text.links import whole_text
from hnsw_bridge.text.records import NewRecord, Record, RecordEdges, RecordStore, listed_ids
from hnsw_bridge.text.retrieval import Candidates, RecallSettings, links_used, recall
from hnsw_bridge.text.state import RecordFilter, TextMemoryState, Where
from neuro.arrays import BoolArray, Float32Array, JSONValue
from neuro.checks import check_rows, check_whole, is_number
from neuro.errors import InvalidInput
from neuro.progress import Advance
from neuro.storage.files import write_bytes
from neuro.storage.folder import check_output_folder

MOST_RECORDS = 1_000_000
"""Records that a memory holds."""

_MORE, _MOST_COPIES = 10, 4096
"""Texts that are looked at beyond those asked for, since copies are folded, and how many of them at most."""

_PROBE = "A memory keeps what it was told, and finds it again by a part of it."
_SAME = 0.999
"""Cosine from which two embeddings of the probe come from one model; threads and processors differ in the last bits."""
_BATCH = 64


class TextMemory:
    """A text memory in a folder, for any number of threads. A context manager.

    Args:
        folder: a memory's, or a new or empty one.
        embed: texts -> rows, shape (texts, dimension); its ``name``, if it has one, names the model. A memory is
            opened with the embedder that it was made with, which a probe text confirms.
        recall: how it recalls.
        say: told what was wrong with a snapshot that had to be built again; default: kept in :attr:`notices`.
        read_only: write nothing, and see what another process writes from its next question on. One process alone may
            have the folder for writing.

    Raises:
        InvalidInput: a folder of something else, one that another process writes, or one made with another embedder;
            damaged records. Nothing is changed then.
    """

    def __init__(
        self,
        folder: str | Path,
        embed: Embed,
        *,
        recall: RecallSettings | None = None,
        say: Callable[[str], None] | None = None,
        read_only: bool = False,
    ) -> None:
        self.folder = Path(folder)
        self.notices: list[str] = []
        self.read_only = read_only
        self._embed, self._recall = embed, RecallSettings() if recall is None else recall
        self._say = self.notices.append if say is None else say
        self._lock = threading.RLock()
        self._state: TextMemoryState | None = None
        self._saved = 0
        self._zero: float | None = None
        if not is_memory(self.folder):
            if read_only:
                raise InvalidInput(f"{self.folder} holds no memory; open it for writing to make one")
            check_output_folder(self.folder, holds_leftovers)
        probe = self._embedded([_PROBE])[0]
        self._folder_lock: FolderLock | None = None
        if not read_only:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._folder_lock = FolderLock(self.folder)
        try:
            self._store = open_folder(self.folder, _name_of(embed), probe, read_only=read_only)
            self._check_embedder(probe)
        except BaseException:
            self._release()
            raise

    def __enter__(self) -> TextMemory:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __len__(self) -> int:
        with self._lock:
            return len(self._store)

    @property
    def store(self) -> RecordStore:
        """The records, for reading."""
        return self._store

    def close(self) -> None:
        """Keep a snapshot, where that pays, and give the folder free; what is called then says that it is closed."""
        with self._lock:
            try:
                if self._store.is_open:
                    self.save()
            finally:
                self._store.close()
                self._release()

    def save(self) -> None:
        """Write a snapshot, if much has changed since the last. Records need none: they are on the disk already."""
        with self._lock:
            state = self._state
            if state is not None and not self.read_only and state.worth_saving(self._saved):
                state.save()
                self._saved = state.change

    # ------------------------------------------------------------------------------------------------ writing

    def add(self, records: Iterable[GivenRecord] | GivenRecord, progress: Advance | None = None) -> list[int]:
        """Keep texts; gives their ids. All of them are kept when this returns, or none.

        Args:
            records: texts, :class:`NewRecord`, or mappings with the keys of a line of JSON: ``text``, and if wanted
                ``title``, ``namespace``, ``metadata``, ``created``, ``document``, ``position``, ``key``. In metadata
                ``title`` counts for the embedding and for links, ``document`` and ``position`` for neighbourhood.
            progress: called with how many are embedded.

        Raises:
            InvalidInput: an empty or too long text, metadata that JSON can't say, a key that is there already, too many
                records.
        """
        fresh = _listed(records)
        with self._lock:
            known = self.find([record.key for record in fresh if record.key is not None])
            if known:
                raise InvalidInput(f"there is a record with the key {next(iter(known))!r}; use upsert to replace it")
            return self._put(fresh, [None] * len(fresh), progress)

    def upsert(self, records: Iterable[GivenRecord] | GivenRecord, progress: Advance | None = None) -> list[int]:
        """As :meth:`add`, but a record with a key that is there already takes the place of that one, with its id.

        Raises:
            InvalidInput: as :meth:`add`, or a key that is given twice.
        """
        fresh = _listed(records)
        with self._lock:
            known = self.find([record.key for record in fresh if record.key is not None])
            return self._put(fresh, [known.get(record.key or "") for record in fresh], progress)

    def update(
        self,
        number: int,
        text: str | None = None,
        *,
        namespace: str | None = None,
        metadata: Mapping[str, JSONValue] | None = None,
        created: Moment | None = None,
    ) -> None:
        """Change parts of a record; it keeps its id, its key and its links from use.

        Raises:
            InvalidInput: an unknown id, or what :meth:`add` refuses; nothing is changed then.
        """
        with self._lock:
            (old,) = self._store.records([number])
            fresh = NewRecord(
                old.text if text is None else text,
                old.namespace if namespace is None else namespace,
                old.metadata if metadata is None else metadata,
                old.created if created is None else created,
                old.key,
            )
            self._put([fresh], [int(number)], None)

    def forget(
        self,
        ids: int | Iterable[int] | None = None,
        *,
        keys: Sequence[str] | None = None,
        namespace: str | None = None,
        where: Where | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
    ) -> int:
        """Delete records, for good: those of some ids, of some keys, or all that a filter lets through.

        Returns:
            how many went.

        Raises:
            InvalidInput: an unknown id or key, anything but whole numbers as ids, none or several of the three ways;
                nothing is deleted then.
        """
        chosen = _filter(namespace, where, since, until)
        if (ids is not None) + (keys is not None) + bool(chosen) != 1:
            raise InvalidInput(
                "forget takes ids, or keys, or a filter (namespace, where, since, until): give one of them"
            )
        with self._lock:
            if ids is not None:
                given = listed_ids(ids)
                self._writable().forget(given)
                return len(set(given))
            wanted = self._ids_of(keys) if keys is not None else self._chosen(chosen)
            if wanted:
                self._writable().forget(wanted)
            return len(wanted)

    def add_cues(self, ids: Sequence[int], cues: Sequence[str]) -> None:
        """Let records answer to further texts: paraphrases, questions that led to them.

        Args:
            ids: of the record that each cue calls; may repeat.
            cues: texts; a record answers as well as the best of its own text and its cues does.

        Raises:
            InvalidInput: an unknown id, another number of cues, a cue without text; nothing is kept then.
        """
        texts = [cues] if isinstance(cues, str) else list(cues)
        for text in texts:
            check_text(text, "a cue")
        with self._lock:
            store = self._writable()
            store.records(ids)
            if len(ids) != len(texts):
                raise InvalidInput(f"{len(ids)} ids came with {len(texts)} cues; one id a cue is allowed")
            if texts:
                store.add_cues(ids, texts, self._checked_rows(embed_questions(self._embed, texts), texts))

    def link(self, source: int, target: int, weight: float = 1.0) -> None:
        """Link two records both ways; the weight is in thresholds, -2 to 2, and 0 removes the link.

        Raises:
            InvalidInput: an unknown id, a weight outside its range; nothing is changed then.
        """
        self.link_chain([source, target], weight)

    def link_chain(self, ids: Sequence[int], weight: float = 1.0) -> None:
        """Link each record with the next one, as :meth:`link` does; all of these links are made or none.

        Raises:
            InvalidInput: an unknown id, fewer than two, one that comes twice, a weight outside its range.
        """
        if not is_number(weight) or not -2 <= weight <= 2:
            raise InvalidInput(f"weight is {weight!r}; -2 to 2 thresholds are allowed")
        for number in ids:
            check_whole("id", number, 1, 2**63 - 1)
        if len(set(ids)) < max(2, len(ids)):
            raise InvalidInput(f"ids are {list(ids)}; two records or more are allowed, each of them once")
        chain = np.array(ids, dtype=np.int64)
        source, target = np.concatenate((chain[:-1], chain[1:])), np.concatenate((chain[1:], chain[:-1]))
        with self._lock:
            self._writable().set_edges(RecordEdges(source, target, np.full(source.size, float(weight))))

    def used(self, ids: Sequence[int]) -> None:
        """Tell that records were used together, in this order: Hebbian edges between them grow, all others decay.

        Raises:
            InvalidInput: an unknown id; nothing is changed then.
        """
        from hnsw_bridge.plasticity import CO_ACTIVATION, LearnedEdges

        with self._lock:
            self._store.records(ids)
            edges = self._store.edges()
            names = np.unique(np.concatenate([edges.source, edges.target, np.asarray(ids, dtype=np.int64)]))
            start, end = np.searchsorted(names, edges.source), np.searchsorted(names, edges.target)
            before = LearnedEdges(names.size, CO_ACTIVATION, start, end, edges.weight)
            after = before.update([np.searchsorted(names, np.asarray(ids, dtype=np.int64)).tolist()])
            kept = set(zip(after.start.tolist(), after.end.tolist(), strict=True))
            lost = [pair for pair in zip(start.tolist(), end.tolist(), strict=True) if pair not in kept]
            dropped = np.array(lost, dtype=np.int64).reshape(-1, 2)
            source, target = np.r_[after.start, dropped[:, 0]], np.r_[after.end, dropped[:, 1]]
            self._writable().set_edges(
                RecordEdges(names[source], names[target], np.r_[after.weight, np.zeros(len(lost))])
            )

    def import_records(self, path: str | Path, progress: Advance | None = None) -> int:
        """Keep what :meth:`export_records` wrote, or other lines of JSON; gives how many records there were.

        Records with a key take the place of those that have it; others are added, with new ids. Links and cues name
        records by the ids of the file. All of it is kept or none.

        Raises:
            InvalidInput: a file that can't be read, or a line that is none; it names the line.
        """
        records, links, cues = read_lines(Path(path))
        with self._lock, self._writable().together():
            ids = self.upsert([record for _, record in records], progress)
            mine = {own: number for (own, _), number in zip(records, ids, strict=True) if own is not None}
            kept = [(mine[a], mine[b], weight) for a, b, weight in links if a in mine and b in mine]
            if kept:
                source, target, weight = zip(*kept, strict=True)
                ends = [np.array(part, dtype=np.int64) for part in (source, target)]
                self._writable().set_edges(RecordEdges(ends[0], ends[1], np.array(weight)))
            there = set(zip(*self._store.cues()[:2], strict=True))
            called = [(mine[own], text) for own, text in cues if own in mine and (mine[own], text) not in there]
            self.add_cues([number for number, _ in called], [text for _, text in called])
            return len(ids)

    # ------------------------------------------------------------------------------------------------ reading

    def get(self, ids: Sequence[int] = (), *, keys: Sequence[str] = ()) -> list[Record]:
        """Records by id, then by key; InvalidInput for an unknown one."""
        with self._lock, self._store.reading():
            return self._store.records([*listed_ids(ids), *self._ids_of(keys)])

    def find(self, keys: Sequence[str]) -> dict[str, int]:
        """Key -> id, of those keys that a record has; InvalidInput for what is no text."""
        for key in keys:
            if not isinstance(key, str):
                raise InvalidInput(f"a key is {key!r}; texts are allowed")
        with self._lock:
            return self._store.find(keys)

    def list_records(
        self,
        *,
        namespace: str | None = None,
        where: Where | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        after: int = 0,
        limit: int = 100,
    ) -> list[Record]:
        """Records by id, a page at a time.

        Args:
            namespace, where, since, until: as :meth:`ask`.
            after: the last id of the page before.
            limit: of a page.

        Raises:
            InvalidInput: a limit or an ``after`` that is no such number, a namespace that does not exist.
        """
        check_whole("after", after, 0, 2**63 - 1)
        check_whole("limit", limit, 1, MOST_RECORDS)
        with self._reading():
            ids = self._chosen(_filter(namespace, where, since, until))
            return self._store.records([number for number in ids if number > after][:limit])

    def export_records(self, path: str | Path) -> int:
        """Write all records, links and cues as lines of JSON, in one step; gives how many records there were.

        Raises:
            InvalidInput: a file that can't be written, or one in the memory's own folder.
        """
        if Path(path).resolve().is_relative_to(self.folder.resolve()):
            raise InvalidInput(f"{path} lies in the memory's own folder; give a file outside of it")
        with self._reading():
            records, edges, (called, cues, _) = self._store.records(), self._store.edges(), self._store.cues()
        lines = [exported_line(record) for record in records]
        ends = zip(edges.source.tolist(), edges.target.tolist(), edges.weight.tolist(), strict=True)
        lines += [json.dumps({"link": [source, target], "weight": weight}) for source, target, weight in ends]
        pairs = zip(cues, called, strict=True)
        lines += [json.dumps({"cue": text, "record": number}, ensure_ascii=False) for text, number in pairs]
        write_bytes(Path(path), "".join(f"{line}\n" for line in lines).encode())
        return len(records)

    def vectors(self, ids: Sequence[int]) -> Float32Array:
        """The embeddings of records at unit length, shape (ids, dimension); InvalidInput for an unknown one."""
        with self._reading():
            self._store.records(ids)
            state = self.state()
            return state.graph.vectors[state.rows_of(ids)]

    def namespaces(self) -> dict[str, int]:
        """Namespace -> number of its records."""
        with self._lock:
            return self._store.namespaces()

    def ask(  # noqa: PLR0913 - a question is asked with few of them, each by its name
        self,
        question: str,
        k: int = 5,
        *,
        namespace: str | None = None,
        where: Where | None = None,
        since: Moment | None = None,
        until: Moment | None = None,
        as_of: Moment | None = None,
        budget_characters: int | None = None,
        min_score: float | None = None,
    ) -> Recollection:
        """The texts that a question brings up, best first.

        Args:
            question: any text.
            k: at most so many answers.
            namespace: look in this one only; None: in all.
            where: metadata that a record must have, or a function of a record, which is asked for each. What it leaves
                out neither answers nor leads on to others.
            since, until: the first and the last moment at which a record may have been created.
            budget_characters: the texts together are at most so long.
            as_of: answer as at this moment: what was created later is not seen, and dates are read from here.
            min_score: the memory abstains when no text has a cosine this large; None: when the texts hold nothing about
                the question (:mod:`hnsw_bridge.text.abstention`).

        Raises:
            InvalidInput: an empty or too long question, k or a budget below 1, a namespace that does not exist.
        """
        check_text(question, "the question")
        check_whole("k", k, 1, MOST_RECORDS)
        if budget_characters is not None:
            check_whole("budget_characters", budget_characters, 1, 10**12)
        if min_score is not None and not np.isfinite(min_score):
            raise InvalidInput(f"min_score is {min_score}; it must be a finite cosine or None")
        moment = None if as_of is None else timestamp(as_of, "as_of")
        last = None if until is None else timestamp(until, "until")
        if moment is not None:
            last = moment if last is None else min(last, moment)
        chosen = _filter(namespace, where, since, last)
        with self._reading():
            state = self.state()
            allowed = state.allowed(chosen)
            if not (state.alive if allowed is None else allowed).any():
                return nothing(-1.0 if min_score is None else float(min_score))
            (cue,) = self._checked_rows(embed_questions(self._embed, [question]), [question])
            found, records, order = self._found(question, cue, int(k), allowed, moment)
            held = answerability(question, found.held, found.known, found.nearest, self._unrelated)
            lowest = held.needed if min_score is None else float(min_score)
            abstained = found.nearest < lowest
            answers = () if abstained else self._answers(state, found, records, order)
            spikes = int(found.run.nodes.size)
            result = Recollection(answers, abstained, found.nearest, lowest, spikes, held.score)
            return result if budget_characters is None else result.within(budget_characters)

    def info(self) -> MemoryInfo:
        """What the memory holds, how far related and unrelated texts lie apart, and what a query costs in spikes."""
        with self._reading():
            return measure_records(self._store, self.state(), self._recall, MOST_RECORDS)

    def state(self, progress: Advance | None = None) -> TextMemoryState:
        """What was made from the records, up to date; called with how many are done where that takes a while."""
        with self._lock, self._store.reading():
            if self._state is None:
                self._state = TextMemoryState.loaded(self._store, self._say)
                self._saved = self._state.change
            try:
                self._state = self._state.catch_up(progress)
            except BaseException:
                # Half of a change may be in it.
                self._state = None
                raise
            return self._state

    # -------------------------------------------------------------------------------------------------- parts

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock, self._store.reading():
            yield

    def _release(self) -> None:
        if self._folder_lock is not None:
            self._folder_lock.release()

    def _writable(self) -> RecordStore:
        if self.read_only:
            raise InvalidInput(f"{self.folder} was opened with read_only=True; open it for writing to change it")
        return self._store

    def _put(self, fresh: Sequence[NewRecord], places: Sequence[int | None], progress: Advance | None) -> list[int]:
        store = self._writable()
        keys = set[str]()
        for record in fresh:
            check_record(record)
            if record.key is not None and record.key in keys:
                raise InvalidInput(f"the key {record.key!r} is given twice; one record a key is allowed")
            keys |= {record.key} if record.key is not None else set()
        if not fresh:
            return []
        total = len(self) + places.count(None)
        if total > MOST_RECORDS:
            raise InvalidInput(f"{total:,} records would be more than {MOST_RECORDS:,}; use a second memory")
        texts, parts = [whole_text(record) for record in fresh], []
        told = progress or (lambda _: None)
        for start in range(0, len(texts), _BATCH):
            told(start)
            parts.append(self._embedded(texts[start : start + _BATCH]))
        told(len(texts))
        return [int(number) for number in store.put(fresh, np.concatenate(parts), places)]

    def _ids_of(self, keys: Sequence[str]) -> list[int]:
        known = self.find(keys)
        for key in keys:
            if key not in known:
                raise InvalidInput(f"there is no record with the key {key!r} in {self.folder}; give keys that it has")
        return [known[key] for key in dict.fromkeys(keys)]

    def _chosen(self, chosen: RecordFilter) -> list[int]:
        """Ids of the records that a filter lets through, ascending."""
        state = self.state()
        allowed = state.allowed(chosen)
        ids: list[int] = np.sort(state.ids[state.alive if allowed is None else allowed]).tolist()
        return ids

    def _embedded(self, texts: Sequence[str]) -> Float32Array:
        return self._checked_rows(self._embed(texts), texts)

    def _checked_rows(self, given: npt.ArrayLike, texts: Sequence[str]) -> Float32Array:
        rows = check_rows(given, "embeddings").astype(np.float32)
        if len(rows) != len(texts):
            raise InvalidInput(f"the embedder gave {len(rows)} rows for {len(texts)} texts; one row a text is allowed")
        empty = np.flatnonzero(~rows.any(axis=1) | ~np.isfinite(rows).all(axis=1))
        if empty.size:
            raise InvalidInput(
                f"the embedding of {texts[int(empty[0])][:40]!r} is all zeros or beyond float32, which has no cosine"
            )
        return rows

    def _check_embedder(self, probe: Float32Array) -> None:
        store, name = self._store, _name_of(self._embed)
        if store.dimension != probe.size or store.model != name:
            self._store.close()
            raise InvalidInput(
                f"{self.folder} was made with {store.model!r} ({store.dimension} dimensions), not with {name!r} "
                f"({probe.size}); open it with that one, or make a new memory"
            )
        kept = store.probe.astype(np.float64)
        cosine = float(kept @ probe / max(float(np.linalg.norm(kept) * np.linalg.norm(probe)), 1e-300))
        if cosine < _SAME:
            self._store.close()
            raise InvalidInput(
                f"the embedder {name!r} no longer gives what it gave when {self.folder} was made (cosine "
                f"{cosine:.3f} of the probe text); use the model of that time, or make a new memory"
            )

    def _found(
        self, question: str, cue: Float32Array, k: int, allowed: BoolArray | None, seen_from: float | None
    ) -> tuple[Candidates, list[Record], Consolidated]:
        """What answers, with copies folded: more is looked at until there are k answers."""
        state = self.state()
        most = len(state) if allowed is None else int(np.count_nonzero(allowed))
        want = k + _MORE
        while True:
            found = recall(state.graph, question, cue, min(want, most), self._recall, allowed, seen_from)
            records = state.records(found.nodes)
            chosen = consolidated(records, found.scores.tolist(), k)
            if len(chosen.order) == k or found.nodes.size >= most or want >= max(_MOST_COPIES, k + _MORE):
                return found, records, chosen
            want = min(4 * want, max(_MOST_COPIES, k + _MORE))

    @property
    def _unrelated(self) -> float:
        if self._zero is None:
            self._zero = unrelated_cosine(self._embedded)
        return self._zero

    def _answers(
        self, state: TextMemoryState, found: Candidates, records: Sequence[Record], chosen: Consolidated
    ) -> tuple[Answer, ...]:
        answers = []
        used = links_used(found.run, state.graph.links, found.nodes[list(chosen.order)], self._recall.fusion.fade)
        scores = sorted(found.scores[list(chosen.order)].tolist(), reverse=True)
        for score, place, count, newer in zip(scores, chosen.order, chosen.counts, chosen.newer, strict=True):
            record, node = records[place], int(found.nodes[place])
            why = Why(
                float(found.parts["similarity"][place]),
                float(found.parts["words"][place]),
                bool(found.parts["mentions"][place]),
                tuple(LinkUsed(layer, int(state.ids[source]), carried) for layer, source, carried in used[node]),
            )
            answers.append(
                Answer(
                    record.id,
                    record.text,
                    score,
                    why,
                    record.namespace,
                    record.metadata,
                    record.created,
                    record.key,
                    count,
                    None if newer < 0 else records[newer].id,
                )
            )
        return tuple(answers)


def _listed(records: Iterable[GivenRecord] | GivenRecord) -> list[NewRecord]:
    if isinstance(records, str | NewRecord | Mapping):
        return [as_record(records)]
    return [as_record(record) for record in records]


def _filter(namespace: str | None, where: Where | None, since: Moment | None, until: Moment | None) -> RecordFilter:
    first, last = (
        None if moment is None else timestamp(moment, name) for name, moment in (("since", since), ("until", until))
    )
    # An empty mapping leaves nothing out; it must not pass for the filter that `forget` wants to see.
    return RecordFilter(namespace, where if callable(where) else where or None, first, last)


def _name_of(embed: Embed) -> str:
    name = getattr(embed, "name", None)
    return name if isinstance(name, str) and name else str(getattr(embed, "__qualname__", type(embed).__qualname__))
