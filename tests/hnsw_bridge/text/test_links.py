"""Links between texts: each layer by itself, and their sum."""

from __future__ import annotations

import numpy as np
import pytest

from hnsw_bridge import EdgeLayer, linked, text_layers
from hnsw_bridge.text.records import Record, RecordEdges

NOTHING = RecordEdges(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0))


def record(
    number: int, text: str = "nothing", created: float = 0.0, namespace: str = "a", **metadata: object
) -> Record:
    return Record(number, namespace, text, metadata, created, 1)


def pairs(layer: EdgeLayer) -> dict[tuple[int, int], float]:
    return dict(
        zip(zip(layer.source().tolist(), layer.column.tolist(), strict=True), layer.weight.tolist(), strict=True)
    )


def by_name(records: list[Record | None], edges: RecordEdges = NOTHING) -> dict[str, dict[tuple[int, int], float]]:
    return {layer.name: pairs(layer) for layer in text_layers(records, edges)}


def test_titles_and_phrases() -> None:
    found = by_name(
        [
            record(1, "she went to Harnosund by train", title="Mira"),
            record(2, "a harbour town", title="Harnosund"),
            None,
            record(4, "the train of Harnosund left", title="Trains"),
            record(5, "rain"),
        ]
    )
    assert set(found["titles"]) == {(0, 1), (1, 0), (3, 1), (1, 3)}
    assert set(found["phrases"]) == {(0, 1), (1, 0), (0, 3), (3, 0), (1, 3), (3, 1)}
    assert found["adjacent"] == found["time"] == found["learned"] == {}


def test_documents_and_time() -> None:
    found = by_name(
        [
            record(1, document="d", position=1, created=0.0),
            record(2, document="d", position=0, created=1800.0),
            record(3, document="d", position=3, created=1800.0),
            record(4, document="e", position=2, created=9000.0),
            record(5, document="d", position=2, created=1900.0, namespace="b"),
        ]
    )
    assert found["adjacent"] == {(0, 1): 0.5, (1, 0): 0.5}
    assert found["time"] == {(0, 1): 0.1875, (1, 0): 0.1875}


def test_learned_edges_and_the_sum() -> None:
    records: list[Record | None] = [record(7, document="d", position=0), None, record(9, document="d", position=1)]
    edges = RecordEdges(np.array([7, 9]), np.array([9, 7]), np.array([-2.0, 1.0]))
    layers = text_layers(records, edges)
    assert pairs(layers[-1]) == {(0, 2): -2.0, (2, 0): 1.0}
    assert pairs(linked(layers)) == {(0, 2): -1.5, (2, 0): 1.5}
    assert len(linked(text_layers([record(1)], NOTHING))) == 0
    assert sum(map(len, layers)) == pytest.approx(4)
