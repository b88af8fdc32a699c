"""The memory of texts: texts in, answers out, in one folder; what is stored stays.

    FOLDER/records.sqlite    the truth: texts, embeddings, learned edges (:mod:`hnsw_bridge.text.records`)
    FOLDER/index, links      made from it; quick to open, never believed when damaged

A write is on the disk when its method returns.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import TracebackType

import numpy as np

from hnsw_bridge.metric import Metric, checked_vectors
from hnsw_bridge.plasticity import CO_ACTIVATION, LearnedEdges
from hnsw_bridge.text.answers import Answer, LinkUsed, Recollection, Why, nothing
from hnsw_bridge.text.embedders import Embed, embed_questions
from hnsw_bridge.text.folder import RECORDS, FolderLock, check_record, check_text, is_memory
from hnsw_bridge.text.info import MemoryInfo, cosine_gap, measure_records
from hnsw_bridge.text.links import whole_text
from hnsw_bridge.text.records import NewRecord, Record, RecordEdges, RecordStore, open_records
from hnsw_bridge.text.retrieval import Candidates, RecallSettings, links_used, recall
from hnsw_bridge.text.state import TextMemoryState, open_state, renewed, save_state
from neuro.arrays import BoolArray, Float32Array, JSONValue
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.progress import Advance
from neuro.storage import check_output_folder

MOST_RECORDS = 1_000_000
"""Records that a memory holds."""

Where = Mapping[str, JSONValue] | Callable[[Record], bool]
"""Metadata values that a record must have, or a function that says whether it may be found."""

DEVIATIONS = 3.0
"""From the mean cosine of unlinked texts to the cosine below which a memory abstains, unless told otherwise."""

_PROBE = "A memory keeps what it was told, and finds it again by a part of it."
_SAME = 0.999
"""Cosine from which two embeddings of the probe come from one model; threads and processors differ in the last bits."""
_BATCH = 256


class TextMemory:
    """A text memory in a folder; one process at a time, any number of its threads. A context manager.

    Args:
        folder: a memory's, or a new or empty one.
        embed: texts -> rows, shape (texts, dimension); its ``name``, if it has one, names the model. A memory is
            opened with the embedder that it was made with, which a probe text confirms.
        recall: how it recalls.
        say: told what was wrong with a snapshot that had to be built again; default: kept in :attr:`notices`.

    Raises:
        InvalidInput: a folder of something else, in use by another process, or made with another embedder; damaged
            records. Nothing is changed then.
    """

    def __init__(
        self,
        folder: str | Path,
        embed: Embed,
        *,
        recall: RecallSettings | None = None,
        say: Callable[[str], None] | None = None,
    ) -> None:
        self.folder = Path(folder)
        self.notices: list[str] = []
        self._embed, self._recall = embed, RecallSettings() if recall is None else recall
        self._say = self.notices.append if say is None else say
        self._lock = threading.RLock()
        self._state: TextMemoryState | None = None
        self._gap: tuple[float, float, float] | None = None
        if not is_memory(self.folder):
            check_output_folder(self.folder)
        probe = self._embedded([_PROBE])[0]
        self.folder.mkdir(parents=True, exist_ok=True)
        self._folder_lock = FolderLock(self.folder)
        try:
            self._store = open_records(self.folder / RECORDS, _name_of(embed), probe)
            self._check_embedder(probe)
        except BaseException:
            self._folder_lock.release()
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
        """Write snapshots of what was made from the records, and give the folder free."""
        with self._lock:
            try:
                self.save()
            finally:
                self._store.close()
                self._folder_lock.release()

    def save(self) -> None:
        """Write snapshots now. Records need none: they are on the disk when a method that writes returns."""
        with self._lock:
            state = self._state
            if state is not None and state.change == self._store.change:
                save_state(self.folder, self._store, state)

    # ------------------------------------------------------------------------------------------------ writing

    def add(self, records: Iterable[str | NewRecord] | str | NewRecord, progress: Advance | None = None) -> list[int]:
        """Keep texts; gives their ids. All of them are kept when this returns, or none.

        Args:
            records: texts, or :class:`NewRecord` with namespace, metadata and time. In the metadata
                ``title`` counts for the embedding and for links, ``document`` and ``position`` for neighbourhood.
            progress: called with how many are embedded.

        Raises:
            InvalidInput: an empty or too long text, metadata that JSON can't say, too many records.
        """
        given = [records] if isinstance(records, str | NewRecord) else records
        fresh = [record if isinstance(record, NewRecord) else NewRecord(record) for record in given]
        for record in fresh:
            check_record(record)
        if not fresh:
            return []
        with self._lock:
            if len(self) + len(fresh) > MOST_RECORDS:
                raise InvalidInput(
                    f"{len(self)} + {len(fresh)} records are more than {MOST_RECORDS:,}; use a second memory"
                )
            texts = [_embeddable(record) for record in fresh]
            parts = []
            for start in range(0, len(texts), _BATCH):
                parts.append(self._embedded(texts[start : start + _BATCH]))
                if progress is not None:
                    progress(min(start + _BATCH, len(texts)))
            return [int(number) for number in self._store.add(fresh, np.concatenate(parts))]

    def update(
        self,
        number: int,
        text: str | None = None,
        *,
        namespace: str | None = None,
        metadata: Mapping[str, JSONValue] | None = None,
        created: float | None = None,
    ) -> None:
        """Change parts of a record; it keeps its id and its links from use.

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
            )
            check_record(fresh)
            self._store.update(int(number), fresh, self._embedded([_embeddable(fresh)])[0])

    def forget(self, ids: int | Iterable[int]) -> None:
        """Delete records, for good.

        Raises:
            InvalidInput: an unknown id, or anything but whole numbers; nothing is deleted then.
        """
        with self._lock:
            self._store.forget(ids)

    def link(self, source: int, target: int, weight: float = 1.0) -> None:
        """Link two records both ways; the weight is in thresholds, -2 to 2, and 0 removes the link.

        Raises:
            InvalidInput: an unknown id, a weight outside its range; nothing is changed then.
        """
        if not -2 <= weight <= 2:
            raise InvalidInput(f"weight is {weight!r}; -2 to 2 thresholds are allowed")
        for name, number in (("source", source), ("target", target)):
            check_whole(name, number, 1, 2**63 - 1)
        ends = np.array([source, target], dtype=np.int64)
        with self._lock:
            self._store.set_edges(RecordEdges(ends, ends[::-1].copy(), np.full(2, float(weight))))

    def used(self, ids: Sequence[int]) -> None:
        """Tell that records were used together, in this order: Hebbian edges between them grow, all others decay.

        Raises:
            InvalidInput: an unknown id; nothing is changed then.
        """
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
            self._store.set_edges(RecordEdges(names[source], names[target], np.r_[after.weight, np.zeros(len(lost))]))

    # ------------------------------------------------------------------------------------------------ reading

    def get(self, ids: Sequence[int]) -> list[Record]:
        """Records by id; InvalidInput for an unknown one."""
        with self._lock:
            return self._store.records(ids)

    def namespaces(self) -> dict[str, int]:
        """Namespace -> number of its records."""
        with self._lock:
            return self._store.namespaces()

    def ask(
        self,
        question: str,
        k: int = 5,
        *,
        namespace: str | None = None,
        where: Where | None = None,
        budget_characters: int | None = None,
        min_score: float | None = None,
    ) -> Recollection:
        """The texts that a question brings up, best first.

        Args:
            question: any text.
            k: at most so many answers.
            namespace: look in this one only; None: in all.
            where: metadata that a record must have, or a function of a record. What it leaves out neither answers
                nor leads on to others.
            budget_characters: the texts together are at most so long.
            min_score: the memory abstains when no text has a cosine this large; None: three standard deviations above
                the mean cosine of records that have nothing to do with each other.

        Raises:
            InvalidInput: an empty or too long question, k or a budget below 1, a namespace that does not exist.
        """
        check_text(question, "the question")
        check_whole("k", k, 1, MOST_RECORDS)
        if budget_characters is not None:
            check_whole("budget_characters", budget_characters, 1, 10**12)
        if min_score is not None and not np.isfinite(min_score):
            raise InvalidInput(f"min_score is {min_score}; it must be a finite cosine or None")
        with self._lock:
            state = self.state()
            lowest = self._min_score() if min_score is None else float(min_score)
            allowed = self._allowed(state, namespace, where)
            if state.graph is None or (allowed is not None and not allowed.any()):
                return nothing(lowest)
            cue = checked_vectors(embed_questions(self._embed, [question]), "embeddings", Metric.COSINE)[0]
            most = len(state.records) if allowed is None else int(np.count_nonzero(allowed))
            found = recall(state.graph, question, cue, min(int(k), most), self._recall, allowed)
            abstained = found.nearest < lowest
            answers = () if abstained else self._answers(state, found)
            result = Recollection(answers, abstained, found.nearest, lowest, int(found.run.nodes.size))
            return result if budget_characters is None else result.within(budget_characters)

    def info(self) -> MemoryInfo:
        """What the memory holds, how far related and unrelated texts lie apart, and what a query costs in spikes."""
        with self._lock:
            state = self.state()
            return measure_records(self._store, state, self._recall, MOST_RECORDS)

    def state(self) -> TextMemoryState:
        """What was made from the records, up to date."""
        with self._lock:
            if self._state is None:
                self._state = open_state(self._store, self._say)
                self._gap = None
            elif self._state.change != self._store.change:
                self._state = renewed(self._state, self._store, self._say)
                self._gap = None
            return self._state

    # -------------------------------------------------------------------------------------------------- parts

    def _embedded(self, texts: Sequence[str]) -> Float32Array:
        rows = checked_vectors(self._embed(texts), "embeddings", Metric.COSINE)
        if len(rows) != len(texts):
            raise InvalidInput(f"the embedder gave {len(rows)} rows for {len(texts)} texts; one row a text is allowed")
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

    def _min_score(self) -> float:
        if self._gap is None:
            self._gap = cosine_gap(self.state())
        _, between, spread = self._gap
        # Too few records to say what is far: then nothing is.
        return between + DEVIATIONS * spread if np.isfinite(between + spread) and spread > 0 else -1.0

    def _allowed(self, state: TextMemoryState, namespace: str | None, where: Where | None) -> BoolArray | None:
        if namespace is None and where is None:
            return None
        known = self._store.namespaces()
        if namespace is not None and namespace not in known:
            raise InvalidInput(f"there is no namespace {namespace!r}; there are {', '.join(known) or 'none yet'}")

        def fits(record: Record) -> bool:
            if namespace is not None and record.namespace != namespace:
                return False
            if callable(where):
                return bool(where(record))
            return all(
                name in record.metadata and record.metadata[name] == value for name, value in (where or {}).items()
            )

        return np.array([record is not None and fits(record) for record in state.nodes()], dtype=np.bool_)

    def _answers(self, state: TextMemoryState, found: Candidates) -> tuple[Answer, ...]:
        if state.graph is None or state.index is None:
            return ()
        labels, answers = state.index.labels, []
        for place, (node, score) in enumerate(zip(found.nodes.tolist(), found.scores.tolist(), strict=True)):
            record = state.records[int(labels[node])]
            links = links_used(found.run, state.graph.layers, node, self._recall.fusion.fade)
            why = Why(
                float(found.parts["similarity"][place]),
                float(found.parts["words"][place]),
                bool(found.parts["mentions"][place]),
                tuple(LinkUsed(layer, int(labels[source]), carried) for layer, source, carried in links),
            )
            answers.append(
                Answer(record.id, record.text, score, why, record.namespace, record.metadata, record.created)
            )
        return tuple(answers)


def _embeddable(record: NewRecord) -> str:
    title = record.metadata.get("title", "")
    return whole_text(title if isinstance(title, str) else "", record.text)


def _name_of(embed: Embed) -> str:
    name = getattr(embed, "name", None)
    return name if isinstance(name, str) and name else str(getattr(embed, "__qualname__", type(embed).__qualname__))
