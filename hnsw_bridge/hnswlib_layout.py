"""The memory of an hnswlib 0.8.0 index, read into arrays and checked before anything is believed.

One element of ``data_level0`` takes ``size_data_per_element`` bytes:

    offset 0             uint32         link count (low 16 bits), deleted flag (bit 16)
    offset 4             max_M0 uint32  node numbers of the links; only the first ``count`` mean anything
    ``offset_data``      dim float32    the vector (normalised by the cosine metric)
    ``label_offset``     uint64         the label

``link_lists`` holds, for each node above level 0 in order, one record a level: uint32 count, then max_M
uint32.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from hnsw_bridge.metric import Metric
from neuro.arrays import AnyArray, BoolArray, Float32Array, IntArray
from neuro.checks import is_whole
from neuro.errors import InvalidInput

NativeState = Mapping[str, AnyArray | int | float | str]
"""Numbers, text and arrays by the names that hnswlib gives them."""

_ByteArray = npt.NDArray[np.uint8]
_COUNT = 4
_LINK = 4
_LABEL = 8
_DELETED = 1 << 16
_LENGTH_TOLERANCE = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class IndexState:
    """What an index holds, node by node.

    Args:
        metric: the space it was built for.
        labels: shape (nodes,), hnswlib's own labels.
        levels: shape (nodes,), the highest level of each node.
        vectors: shape (nodes, dimension), float32.
        entry: the node where a search starts.
        deleted: shape (nodes,): marked as deleted; hnswlib still walks over them.
        links: for each level from 0 up (row_start, column), CSR over all nodes.
    """

    metric: Metric
    labels: IntArray
    levels: IntArray
    vectors: Float32Array
    entry: int
    deleted: BoolArray
    links: tuple[tuple[IntArray, IntArray], ...]


def damaged(detail: str) -> InvalidInput:
    """The error for a state that can't be what hnswlib wrote."""
    return InvalidInput(f"the index state is damaged or foreign: {detail}; build the index again")


def read_state(state: NativeState) -> IndexState:
    """The checked content of ``hnswlib.Index.__getstate__()[0]``.

    Raises:
        InvalidInput: a part is missing or of the wrong kind, sizes contradict each other, a link leads to a
            node that is not there, to itself, twice to one node or to a node below that level, a label occurs
            twice or disagrees with the look-up table, a vector is not finite.
    """
    metric = _metric(state)
    count = _whole(state, "cur_element_count", 1, 2**31)
    rows = _elements(state, count)
    vectors = _field(rows, int(state["offset_data"]), 4 * int(state["dim"])).view(np.float32)
    _check_vectors(metric, vectors)
    levels = _levels(state, count)
    return IndexState(
        metric=metric,
        labels=_labels(state, rows),
        levels=levels,
        vectors=vectors,
        entry=int(state["enterpoint_node"]),
        deleted=(_headers(rows) & _DELETED) > 0,
        links=(_bottom_links(state, rows), *_upper_links(state, levels)),
    )


def _metric(state: NativeState) -> Metric:
    if not isinstance(state, Mapping):
        raise damaged(f"it is a {type(state).__name__}, a mapping is expected")
    if state.get("ser_version") != 1 or state.get("index_inited") is not True:
        raise damaged("it is no version 1 state of an index that holds items")
    try:
        return Metric(state.get("space"))
    except ValueError:
        raise damaged(f"space is {state.get('space')!r}, known are {[metric.value for metric in Metric]}") from None


def _whole(state: NativeState, name: str, lowest: int, highest: int) -> int:
    value = state.get(name)
    if not isinstance(value, int | np.integer) or not is_whole(value, lowest) or value > highest:
        raise damaged(f"{name} is {value!r}, a whole number from {lowest} to {highest} is expected")
    return int(value)


def _array(state: NativeState, name: str, dtype: npt.DTypeLike, size: int) -> AnyArray:
    value = state.get(name)
    if not isinstance(value, np.ndarray) or value.dtype != np.dtype(dtype) or value.shape != (size,):
        given = f"{value.dtype} {value.shape}" if isinstance(value, np.ndarray) else type(value).__name__
        raise damaged(f"{name} is {given}, {np.dtype(dtype)} ({size},) is expected")
    return value


def _elements(state: NativeState, count: int) -> _ByteArray:
    """The bytes of level 0, one row a node, after a check of the layout."""
    dimension = _whole(state, "dim", 1, 2**24)
    links = _whole(state, "max_M0", 1, 2**16 - 1)
    room = _whole(state, "max_elements", count, 2**31)
    offset = _COUNT + _LINK * links
    layout = {
        "offset_level0": 0,
        "offset_data": offset,
        "label_offset": offset + 4 * dimension,
        "size_data_per_element": offset + 4 * dimension + _LABEL,
        "size_links_per_element": _COUNT + _LINK * _whole(state, "max_M", 1, 2**16 - 1),
    }
    for name, expected in layout.items():
        _whole(state, name, expected, expected)
    size = layout["size_data_per_element"]
    # hnswlib hands out the whole room or only the used part, depending on its release.
    data = state.get("data_level0")
    used = count if isinstance(data, np.ndarray) and data.size == count * size else room
    return _array(state, "data_level0", np.int8, used * size).view(np.uint8).reshape(used, size)[:count]


def _field(rows: _ByteArray, offset: int, size: int) -> _ByteArray:
    return np.ascontiguousarray(rows[:, offset : offset + size])


def _labels(state: NativeState, rows: _ByteArray) -> IntArray:
    stored = _field(rows, int(state["label_offset"]), _LABEL).view(np.uint64)[:, 0]
    names = _array(state, "label_lookup_external", np.uint64, len(rows))
    places = _array(state, "label_lookup_internal", np.uint32, len(rows)).astype(np.int64)
    if np.unique(stored).size < len(rows) or int(stored.max()) >= 2**63:
        raise damaged("a label occurs twice or is beyond 2**63")
    if not np.array_equal(np.sort(places), np.arange(len(rows))) or not np.array_equal(stored[places], names):
        raise damaged("the labels of the nodes and the label look-up table disagree")
    return stored.astype(np.int64)


def _check_vectors(metric: Metric, vectors: Float32Array) -> None:
    if not np.all(np.isfinite(vectors)):
        raise damaged("a vector holds NaN or infinity")
    if metric is Metric.COSINE:
        length = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
        if np.any(np.abs(length - 1.0) > _LENGTH_TOLERANCE):
            raise damaged("a vector of a cosine index does not have length 1")


def _levels(state: NativeState, count: int) -> IntArray:
    given = state.get("element_levels")
    used = count if isinstance(given, np.ndarray) and given.size == count else int(state["max_elements"])
    levels = _array(state, "element_levels", np.int32, used)[:count].astype(np.int64)
    top = _whole(state, "max_level", 0, 64)
    entry = _whole(state, "enterpoint_node", 0, count - 1)
    if levels.min() < 0 or levels.max() != top or levels[entry] != top:
        raise damaged(f"levels run from {levels.min()} to {levels.max()}, the entry is at {levels[entry]}, top {top}")
    return levels


def _bottom_links(state: NativeState, rows: _ByteArray) -> tuple[IntArray, IntArray]:
    table = _field(rows, _COUNT, _LINK * int(state["max_M0"])).view(np.uint32).astype(np.int64)
    return _links(np.arange(len(rows)), _headers(rows), table, np.zeros(len(rows), np.int64), 0)


def _headers(rows: _ByteArray) -> IntArray:
    return _field(rows, 0, _COUNT).view(np.uint32)[:, 0].astype(np.int64)


def _upper_links(state: NativeState, levels: IntArray) -> list[tuple[IntArray, IntArray]]:
    size = int(state["size_links_per_element"])
    data = _array(state, "link_lists", np.int8, int(levels.sum()) * size).view(np.uint8).reshape(-1, size)
    table = _field(data, _COUNT, size - _COUNT).view(np.uint32).astype(np.int64)
    header, first = _headers(data), np.cumsum(levels) - levels
    result = []
    for level in range(1, int(levels.max()) + 1):
        nodes = np.flatnonzero(levels >= level)
        records = first[nodes] + level - 1
        result.append(_links(nodes, header[records], table[records], levels, level))
    return result


def _links(
    nodes: IntArray, header: IntArray, table: IntArray, levels: IntArray, level: int
) -> tuple[IntArray, IntArray]:
    """CSR over all nodes of one level's links, in hnswlib's order."""
    degree = header & (_DELETED - 1)
    if np.any(degree > table.shape[1]) or np.any(header >> 17):
        raise damaged(f"a node of level {level} has {degree.max()} links, at most {table.shape[1]} fit")
    source = np.repeat(nodes, degree)
    column = table[np.arange(table.shape[1]) < degree[:, None]]
    count = levels.size
    if column.size and column.max() >= count:
        raise damaged(f"a link of level {level} leads to node {column.max()}, there are {count}")
    if np.any(levels[column] < level):
        raise damaged(f"a link of level {level} leads to a node that ends below it")
    if np.any(source == column):
        raise damaged(f"a node of level {level} is linked to itself")
    if np.unique(source * count + column).size < column.size:
        raise damaged(f"a node of level {level} is linked twice to another")
    row_start = np.zeros(count + 1, dtype=np.int64)
    np.cumsum(np.bincount(source, minlength=count), out=row_start[1:])
    return row_start, column


def bottom_table(state: NativeState) -> tuple[npt.NDArray[np.int32], int]:
    """Links of level 0 as a table by label, -1 past the last of a row, and the entry's label.

    For the state of an index of one's own, whose labels are 0, 1, ...; a foreign one goes through :func:`read_state`.
    """
    count = _whole(state, "cur_element_count", 1, 2**31)
    rows = _elements(state, count)
    labels = _field(rows, int(state["label_offset"]), _LABEL).view(np.int64)[:, 0]
    ends = _field(rows, _COUNT, _LINK * int(state["max_M0"])).view(np.int32)
    used = np.arange(ends.shape[1]) < (_headers(rows) & (_DELETED - 1))[:, None]
    table = np.full(ends.shape, -1, dtype=np.int32)
    table[labels] = np.where(used, labels.astype(np.int32)[np.where(used, ends, 0)], -1)
    return table, int(labels[int(state["enterpoint_node"])])
