"""What a text memory derives from its records: index, links, words; snapshots of it are believed only when they fit.

    FOLDER/index      hnswlib's graph over the embeddings (:mod:`hnsw_bridge.index_snapshot`)
    FOLDER/links      the edge layers that the texts gave

Each names the records' file by its identity and the change that it was made at. A snapshot that is damaged, foreign or
from the future is reported and built again; one from the past is brought up to date.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from hnsw_bridge.fusion import WordScores
from hnsw_bridge.index import IndexSettings, SpikeIndex, build_index
from hnsw_bridge.index_snapshot import load_index, save_index
from hnsw_bridge.layers import EdgeLayer
from hnsw_bridge.metric import Metric
from hnsw_bridge.search import build_search
from hnsw_bridge.text.links import Mentions, linked, text_layers, title_of, whole_text
from hnsw_bridge.text.records import Record, RecordStore
from hnsw_bridge.text.retrieval import TEXT_SPREADING, TextGraph
from neuro.arrays import Float32Array, IntArray
from neuro.errors import InvalidInput
from neuro.storage import load_snapshot, save_snapshot

_INDEX, _LINKS, _KIND = "index", "links", "text links"
_SETTINGS = IndexSettings(search_effort=100)
_MOST_DEAD = 0.5
"""Share of forgotten nodes from which an index is built anew."""

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True, eq=False)
class TextMemoryState:
    """Everything that is made from the records as they stood at one change.

    Args:
        change: of the records.
        records: by id.
        index: over their embeddings, labelled by id; None where there are none.
        graph: what recall looks things up in; None where there are none.
    """

    change: int
    records: Mapping[int, Record]
    index: SpikeIndex | None
    graph: TextGraph | None

    def nodes(self) -> list[Record | None]:
        """The record of each node, None where it was forgotten."""
        labels = [] if self.index is None else self.index.labels.tolist()
        return [self.records.get(label) for label in labels]


def open_state(store: RecordStore, say: Say) -> TextMemoryState:
    """The state of records, from snapshots where they are whole; what was wrong with one is said.

    Raises:
        InvalidInput: the records themselves are damaged.
    """
    everything, vectors = store.since(0)
    records = {record.id: record for record in everything}
    index = _loaded(store, records, vectors, say)
    if index is None and records:
        index = build_index(vectors, np.array(list(records)), Metric.COSINE, _SETTINGS)
    return _with_graph(store, records, index, say)


def renewed(state: TextMemoryState, store: RecordStore, say: Say) -> TextMemoryState:
    """The state after what has changed since."""
    changed, vectors = store.since(state.change)
    gone = set(store.forgotten_since(state.change))
    records = {number: record for number, record in state.records.items() if number not in gone}
    records |= {record.id: record for record in changed}
    index = None
    if records and state.index is not None:
        index = _caught_up(state.index, changed, vectors, gone)
    elif records:
        index = build_index(vectors, np.array([record.id for record in changed]), Metric.COSINE, _SETTINGS)
    if index is not None and len(index) < (1 - _MOST_DEAD) * index.nodes:
        living = np.flatnonzero(index.alive)
        index = build_index(index.vectors[living], index.labels[living], Metric.COSINE, _SETTINGS)
    return _with_graph(store, dict(sorted(records.items())), index, say)


def save_state(folder: Path, store: RecordStore, state: TextMemoryState) -> None:
    """Write snapshots of a state, so that the next opening is quick; nothing else depends on them."""
    if state.index is None or state.graph is None:
        return
    mark = _snapshot_mark(store, state.change)
    save_index(_cleared(folder / _INDEX), state.index, mark)
    arrays = {"labels": state.index.labels}
    for layer in state.graph.layers:
        for part in ("row_start", "column", "weight"):
            arrays[f"{layer.name}_{part}"] = getattr(layer, part)
    names = [layer.name for layer in state.graph.layers]
    save_snapshot(_cleared(folder / _LINKS), _KIND, arrays, mark | {"layers": names})


def _cleared(folder: Path) -> Path:
    """The folder of a snapshot without the last one, which may be damaged; it can always be made again."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def _snapshot_mark(store: RecordStore, change: int) -> dict[str, str | int]:
    return {"identity": store.identity, "change": change}


def _loaded(store: RecordStore, records: Mapping[int, Record], vectors: Float32Array, say: Say) -> SpikeIndex | None:
    """The snapshot of the index brought up to date; None where there is none to believe."""
    folder = store.path.parent / _INDEX
    if not folder.exists():
        return None
    try:
        index, about = load_index(folder)
        change = about.get("change")
        if about.get("identity") != store.identity or not isinstance(change, int) or not 0 <= change <= store.change:
            raise InvalidInput(f"the snapshot {folder} belongs to other records or to a later state of these")
        place = {number: row for row, number in enumerate(records)}
        late = [record for record in records.values() if record.change > change]
        index = _caught_up(
            index, late, vectors[[place[record.id] for record in late]], set(store.forgotten_since(change))
        )
        living = index.labels[index.alive]
        rows = [place.get(label, -1) for label in living.tolist()]
        if len(index) != len(records) or not np.array_equal(index.vectors[index.alive], vectors[rows]):
            raise InvalidInput(f"the snapshot {folder} does not hold what the records hold")
    except InvalidInput as error:
        say(f"{error}; it is built again from the records")
        return None
    return index


def _caught_up(index: SpikeIndex, changed: list[Record], vectors: Float32Array, gone: set[int]) -> SpikeIndex:
    """The index with changed records in it and forgotten ones out of it, as far as it holds them."""
    known = set(index.labels[index.alive].tolist())
    old = [row for row, record in enumerate(changed) if record.id in known]
    new = [row for row, record in enumerate(changed) if record.id not in known]
    if new:
        index.add(vectors[new], np.array([changed[row].id for row in new]))
    if old:
        index.update(np.array([changed[row].id for row in old]), vectors[old])
    lost = sorted(known & gone)
    if lost:
        index.delete(lost)
    return index


def _with_graph(store: RecordStore, records: dict[int, Record], index: SpikeIndex | None, say: Say) -> TextMemoryState:
    change = store.change
    if index is None:
        return TextMemoryState(change, MappingProxyType(records), None, None)
    state = TextMemoryState(change, MappingProxyType(records), index, None)
    nodes = state.nodes()
    layers = _loaded_layers(store, index.labels, say) or text_layers(nodes, store.edges())
    texts = ["" if record is None else whole_text(title_of(record), record.text) for record in nodes]
    search = build_search(index, TEXT_SPREADING, layers=[linked(layers)])
    graph = TextGraph(search, layers, WordScores(texts), Mentions([title_of(record) for record in nodes]))
    return TextMemoryState(change, state.records, index, graph)


def _loaded_layers(store: RecordStore, labels: IntArray, say: Say) -> tuple[EdgeLayer, ...] | None:
    """The layers of the snapshot, if it is of these very nodes at this very change."""
    folder = store.path.parent / _LINKS
    if not folder.exists():
        return None
    try:
        arrays, about = load_snapshot(folder, _KIND)
        if {name: about.get(name) for name in ("identity", "change")} != _snapshot_mark(store, store.change):
            return None
        if not np.array_equal(arrays["labels"], labels):
            return None
        return tuple(
            EdgeLayer(name, arrays[f"{name}_row_start"], arrays[f"{name}_column"], arrays[f"{name}_weight"])
            for name in about["layers"]
        )
    except (InvalidInput, KeyError) as error:
        say(f"{error}; it is built again from the records")
        return None
