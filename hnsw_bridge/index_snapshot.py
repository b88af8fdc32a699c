"""An index on disk: a snapshot of hnswlib's memory that is checked bit by bit before hnswlib sees it again.

The snapshot (:mod:`neuro.storage.snapshot`) holds the arrays of hnswlib's state by name, the labels and the vectors as
they were given. Nothing is unpickled: the state is read by :func:`hnsw_bridge.hnswlib_layout.read_state` first, and
refused unless every link, label and vector fits.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hnsw_bridge.hnswlib_layout import IndexState, damaged, read_state
from hnsw_bridge.index import IndexSettings, SpikeIndex
from hnsw_bridge.items import IndexItems
from hnsw_bridge.metric import Metric
from neuro.arrays import AnyArray
from neuro.storage import load_snapshot, save_snapshot

_KIND = "index"
_SETTINGS = ("links", "build_effort", "search_effort", "seed")


def save_index(folder: Path, index: SpikeIndex, about: Mapping[str, Any] | None = None) -> None:
    """Write an index; an earlier, unchanged snapshot of an index is replaced.

    Args:
        folder: new, empty, or an untouched snapshot of an index.
        index: what to write.
        about: JSON values to keep beside it.

    Raises:
        InvalidInput: a folder that can't be written or holds something else.
    """
    state = index.state()
    arrays: dict[str, AnyArray] = {
        f"state_{name}": value for name, value in state.items() if isinstance(value, np.ndarray)
    }
    plain = {name: value for name, value in state.items() if not isinstance(value, np.ndarray)}
    arrays |= {"labels": index.labels, "types": index.types, "vectors": index.vectors}
    settings = {name: int(getattr(index.settings, name)) for name in _SETTINGS}
    save_snapshot(folder, _KIND, arrays, {"state": plain, "settings": settings, "about": dict(about or {})})


def load_index(folder: Path) -> tuple[SpikeIndex, dict[str, Any]]:
    """The index that :func:`save_index` wrote, and what was said about it.

    Raises:
        InvalidInput: no snapshot of an index, or a damaged one; it names the folder and what is wrong.
    """
    arrays, about = load_snapshot(folder, _KIND)
    try:
        state = about["state"] | {name[6:]: value for name, value in arrays.items() if name.startswith("state_")}
        settings = IndexSettings(**about["settings"])
        labels, types, vectors = arrays["labels"], arrays["types"], arrays["vectors"]
    except (KeyError, TypeError) as error:
        raise damaged(f"{folder} lacks {error}") from None
    read = read_state(state)
    _check(read, labels, types, vectors)
    items = IndexItems(read.metric, vectors.shape[1])
    items.append(vectors, labels, types)
    return SpikeIndex.restored(read.metric, settings, items, state), about["about"]


def _check(read: IndexState, labels: AnyArray, types: AnyArray, vectors: AnyArray) -> None:
    """Raise InvalidInput unless the items fit the nodes; several threads number hnswlib's elements as they race."""
    nodes = read.labels.size
    if vectors.dtype != np.float32 or vectors.shape != read.vectors.shape or not np.all(np.isfinite(vectors)):
        raise damaged(f"its vectors are {vectors.dtype} {vectors.shape}; float32 {read.vectors.shape} is expected")
    if labels.shape != (nodes,) or labels.dtype != np.int64 or types.shape != (nodes,) or types.dtype != np.uint8:
        raise damaged(f"it has labels {labels.dtype} {labels.shape} and types {types.dtype} {types.shape}")
    if read.labels.min() != 0 or read.labels.max() != nodes - 1:
        raise damaged(f"its elements are called {read.labels.min()} to {read.labels.max()}; items are 0 to {nodes - 1}")
    # Labels of a checked state differ, so they are a permutation of the items.
    if not np.array_equal(labels[read.labels] < 0, read.deleted):
        raise damaged("its labels and its deleted nodes disagree")
    if read.metric is not Metric.COSINE and not np.array_equal(vectors[read.labels], read.vectors):
        raise damaged("its vectors are not those that hnswlib holds")
