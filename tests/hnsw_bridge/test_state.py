from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import IndexSettings, Metric, build_index, graph_from_state
from hnsw_bridge.hnswlib_layout import read_state
from neuro.errors import InvalidInput
from tests.hnsw_bridge.data import clusters

State = dict[str, Any]


@pytest.fixture(scope="module")
def sample() -> State:
    return dict(build_index(clusters(4), settings=IndexSettings(links=4)).state())


def _copy(state: State) -> State:
    return {name: value.copy() if isinstance(value, np.ndarray) else value for name, value in state.items()}


def _links_of_the_file(path: Path) -> tuple[list[int], list[int], list[list[list[int]]]]:
    """Labels, levels and links[node][level], read from hnswlib's saved file with nothing but struct."""
    data = path.read_bytes()
    _, _, count, size, label_at, _ = struct.unpack_from("<6Q", data)
    _, _ = struct.unpack_from("<iI", data, 48)
    upper, _, _ = struct.unpack_from("<3Q", data, 56)
    start = 56 + 3 * 8 + 8 + 8
    labels, levels, links = [], [], []
    place = start + count * size
    for node in range(count):
        row = start + node * size
        (degree,) = struct.unpack_from("<H", data, row)
        labels.append(struct.unpack_from("<Q", data, row + label_at)[0])
        links.append([list(struct.unpack_from(f"<{degree}I", data, row + 4))])
        (length,) = struct.unpack_from("<I", data, place)
        levels.append(length // (4 * upper + 4))
        for level in range(levels[-1]):
            record = place + 4 + level * (4 * upper + 4)
            (degree,) = struct.unpack_from("<H", data, record)
            links[-1].append(list(struct.unpack_from(f"<{degree}I", data, record + 4)))
        place += 4 + length
    assert place == len(data)
    return labels, levels, links


@pytest.mark.parametrize("metric", list(Metric))
def test_every_link_of_every_level_is_the_one_in_hnswlibs_own_file(metric: Metric, tmp_path: Path) -> None:
    index = build_index(clusters(4), metric=metric, settings=IndexSettings(links=4))
    index._native.save_index(str(tmp_path / "index"))
    labels, levels, links = _links_of_the_file(tmp_path / "index")
    read = read_state(index.state())
    assert read.labels.tolist() == labels
    assert read.levels.tolist() == levels
    assert max(levels) >= 2
    for level, (row_start, column) in enumerate(read.links):
        for node in range(len(index)):
            expected = links[node][level] if levels[node] >= level else []
            assert column[row_start[node] : row_start[node + 1]].tolist() == expected


def test_vectors_and_entry_are_read() -> None:
    index = build_index(clusters(4), metric=Metric.COSINE)
    read = read_state(index.state())
    lengths = np.linalg.norm(index.vectors, axis=1, keepdims=True)
    assert read.vectors == pytest.approx(index.vectors / lengths, abs=1e-6)
    assert read.levels[read.entry] == read.levels.max()


def _set(name: str, value: Any) -> Callable[[State], None]:
    return lambda state: state.update({name: value})


def _first_link(value: int) -> Callable[[State], None]:
    def change(state: State) -> None:
        state["data_level0"][4:8] = np.array([value], dtype=np.uint32).view(np.int8)

    return change


def _count(value: int) -> Callable[[State], None]:
    def change(state: State) -> None:
        state["data_level0"][:4] = np.array([value], dtype=np.uint32).view(np.int8)

    return change


def _vector(value: float) -> Callable[[State], None]:
    def change(state: State) -> None:
        at = state["offset_data"]
        state["data_level0"][at : at + 4] = np.array([value], dtype=np.float32).view(np.int8)

    return change


def _repeat_link(state: State) -> None:
    state["data_level0"][8:12] = state["data_level0"][4:8]


def _swap_labels(state: State) -> None:
    state["label_lookup_external"][:2] = state["label_lookup_external"][1::-1]


def _repeat_label(state: State) -> None:
    at, size = state["label_offset"], state["size_data_per_element"]
    state["data_level0"][at : at + 8] = state["data_level0"][at + size : at + size + 8]


def _upper_link(state: State) -> None:
    level0 = int(np.flatnonzero(state["element_levels"] == 0)[0])
    state["link_lists"][4:8] = np.array([level0], dtype=np.uint32).view(np.int8)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (_set("ser_version", 2), "it is no version 1 state of an index that holds items"),
        (_set("index_inited", False), "it is no version 1 state"),
        (_set("space", "hamming"), "space is 'hamming', known are"),
        (_set("cur_element_count", 0), "cur_element_count is 0, a whole number from 1"),
        (_set("cur_element_count", "300"), "cur_element_count is '300'"),
        (_set("dim", 13), "offset_data|label_offset|size_data_per_element"),
        (_set("size_data_per_element", 7), "size_data_per_element is 7, a whole number from 92 to 92"),
        (_set("max_elements", 299), "max_elements is 299, a whole number from 300"),
        (_set("data_level0", b"bytes"), "data_level0 is bytes, int8"),
        (_set("data_level0", np.zeros(17, np.int8)), r"data_level0 is int8 \(17,\), int8 \(27600,\) is expected"),
        (_set("element_levels", np.zeros(300, np.int32)), "levels run from 0 to 0"),
        (_set("enterpoint_node", 300), "enterpoint_node is 300, a whole number from 0 to 299"),
        (_set("link_lists", np.zeros(3, np.int8)), "link_lists is int8"),
        (_first_link(300), "a link of level 0 leads to node 300, there are 300"),
        (_first_link(0), "a node of level 0 is linked to itself"),
        (_repeat_link, "a node of level 0 is linked twice to another"),
        (_count(9), "a node of level 0 has 9 links, at most 8 fit"),
        (_count(1 << 20), "a node of level 0 has"),
        (_vector(np.nan), "a vector holds NaN or infinity"),
        (_swap_labels, "the labels of the nodes and the label look-up table disagree"),
        (_repeat_label, "a label occurs twice"),
        (_upper_link, "a link of level 1 leads to a node that ends below it"),
    ],
)
def test_a_damaged_state_is_named(sample: State, change: Callable[[State], None], text: str) -> None:
    state = _copy(sample)
    change(state)
    with pytest.raises(
        InvalidInput, match=f"the index state is damaged or foreign: .*({text}).*; build the index again"
    ):
        read_state(state)


@pytest.mark.parametrize(
    "name", ["space", "dim", "data_level0", "link_lists", "element_levels", "label_lookup_external"]
)
def test_a_missing_part_is_named(sample: State, name: str) -> None:
    state = _copy(sample)
    del state[name]
    with pytest.raises(InvalidInput, match=f"{name} is None|{name} is NoneType"):
        read_state(state)


@pytest.mark.parametrize("state", [None, b"pickle", ({},), {}])
def test_a_foreign_object_is_refused(state: Any) -> None:
    with pytest.raises(InvalidInput, match="the index state is damaged or foreign: it is"):
        read_state(state)


def test_a_cosine_vector_must_have_length_one() -> None:
    state = _copy(dict(build_index(clusters(4), metric=Metric.COSINE).state()))
    _vector(3.0)(state)
    with pytest.raises(InvalidInput, match="a vector of a cosine index does not have length 1"):
        read_state(state)


def test_flipped_bytes_are_refused_or_harmless(sample: State) -> None:
    generator = np.random.default_rng(0)
    refused = sound = 0
    for _ in range(300):
        state = _copy(sample)
        name = ("data_level0", "link_lists", "element_levels", "label_lookup_internal")[generator.integers(4)]
        flat = state[name].view(np.uint8)
        flat[generator.integers(flat.size)] ^= np.uint8(1 << generator.integers(8))
        try:
            graph = graph_from_state(state)
        except InvalidInput as error:
            refused += "the index state is damaged or foreign" in str(error)
        else:
            sound += all(links.column.max(initial=0) < 300 for links in graph.layers)
    assert refused + sound == 300
    assert refused > 50
