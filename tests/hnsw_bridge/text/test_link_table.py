"""Links that are kept row by row are those that all records at once give."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from hnsw_bridge import TextMemory
from hnsw_bridge.layers import shared_layer
from hnsw_bridge.text.link_table import RecordOrder
from hnsw_bridge.text.links import (
    bare_title,
    cased_tokens,
    cleaned_name,
    phrases,
    text_layers,
    title_of,
    turn,
    whole_text,
)
from hnsw_bridge.text.name_index import capitalised
from hnsw_bridge.text.records import NewRecord, Record, RecordEdges
from hnsw_bridge.text.state import TextMemoryState
from hnsw_bridge.text.tokens import tokens
from tests.hnsw_bridge.texts import HashedNgrams

WORDS = ["river", "mill", "stone", "bread", "Mira", "Tomas", "Solberg", "Ljungan", "oven", "bees", "Wow", "wow", "mira"]
TITLES = ["", "", "Mira Solberg", "Ljungan", "Old Mill (1911)", "Clock tower", "Bread and bees"]


def made(random: np.random.Generator) -> NewRecord:
    text = " ".join(random.choice(WORDS, random.integers(3, 14)).tolist()) + random.choice([".", "! Yes.", ""])
    if random.random() < 0.3:
        text += " They saw the old mill and the clock tower of Mira Solberg."
    metadata = {"title": str(random.choice(TITLES))}
    if random.random() < 0.4:
        metadata |= {"document": f"d{random.integers(3)}", "position": int(random.integers(9))}
    namespace = str(random.choice(["one", "two"]))
    return NewRecord(text, namespace, metadata, float(random.integers(0, 40)) * 600.0)


def expected(records: list[Record], edges: RecordEdges) -> dict[str, dict[tuple[int, int], float]]:
    """Layer -> (id, id) -> weight, from all records at once."""
    layers = {layer.name: layer for layer in text_layers(records, edges)}
    texts = [whole_text(record) for record in records]
    lower, upper = Counter[str](), Counter[str]()
    for text in texts:
        small, large = cased_tokens(text)
        lower.update(small)
        upper.update(large)
    marks = []
    for text, record in zip(texts, records, strict=True):
        raw = phrases(text.replace("\n", ". "))
        clean = {cleaned_name(phrase, lower.__getitem__, upper.__getitem__) for phrase in raw}
        marks.append((clean | {bare_title(title_of(record))}) - {""})
    layers["phrases"] = shared_layer("phrases", marks, scale=0.25)
    ids = [record.id for record in records]
    return {
        name: {
            (ids[source], ids[end]): round(weight, 9)
            for source, end, weight in zip(
                layer.source().tolist(), layer.column.tolist(), layer.weight.tolist(), strict=True
            )
        }
        for name, layer in layers.items()
    }


def held(state: TextMemoryState) -> dict[str, dict[tuple[int, int], float]]:
    found: dict[str, dict[tuple[int, int], float]] = {}
    for row in np.flatnonzero(state.alive).tolist():
        for name, ends, weights in state.graph.links.by_layer(row):
            pairs = ((int(state.ids[row]), number) for number in state.ids[ends].tolist())
            found.setdefault(name, {}).update(zip(pairs, np.round(weights, 9).tolist(), strict=True))
    return found


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_links_after_any_writes_are_those_of_all_records_at_once(tmp_path: Path, seed: int) -> None:
    random = np.random.default_rng(seed)
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        for step in range(40):
            choice, living = random.random(), [record.id for record in memory.store.records()]
            if choice < 0.6 or len(living) < 5:
                memory.add([made(random) for _ in range(int(random.integers(1, 6)))])
            elif choice < 0.75:
                memory.forget(int(random.choice(living)))
            elif choice < 0.9:
                fresh = made(random)
                memory.update(int(random.choice(living)), fresh.text, metadata=fresh.metadata, created=fresh.created)
            else:
                first, second = random.choice(living, 2, replace=False).tolist()
                memory.link(first, second, float(random.choice([0.0, 0.5, 1.0])))
            if step % 4 == 0:
                memory.state()
        memory.link(*[record.id for record in memory.store.records()][:2], 0.75)
        layers = expected(memory.store.records(), memory.store.edges())
        found = held(memory.state())
        for name, edges in layers.items():
            assert found.get(name, {}) == edges, name
        assert all(layers.values()), "every layer has edges"
        by_rows = {row: memory.state().graph.links.neighbours(row) for row in range(memory.state().rows)}
        memory.save()
        assert held(TextMemoryState.loaded(memory.store, pytest.fail).catch_up()) == found
        assert held(TextMemoryState(memory.store).catch_up()) == found
        assert any(ends.size for ends, _ in by_rows.values())


def test_neighbours_in_conversation_follow_the_rule_of_turns(tmp_path: Path) -> None:
    random = np.random.default_rng(5)
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        for _ in range(30):
            memory.add([made(random) for _ in range(3)])
            memory.state()
        memory.forget([5, 6, 44])
        state, records = memory.state(), memory.store.records()
        turns = sorted(turn(record) for record in records)
        pairs = {(a.id, b.id) for a, b in pairwise(turns) if a.leads_to(b)}
        graph = state.graph
        rows = np.flatnonzero(graph.alive & (graph.after >= 0))
        assert set(zip(graph.ids[rows].tolist(), graph.ids[graph.after[rows]].tolist(), strict=True)) == pairs
        rows = np.flatnonzero(graph.alive & (graph.before >= 0))
        assert set(zip(graph.ids[graph.before[rows]].tolist(), graph.ids[rows].tolist(), strict=True)) == pairs


def test_an_order_is_that_of_sorting() -> None:
    random, order, places = np.random.default_rng(0), RecordOrder(), list[tuple[str, float] | None]()
    living: set[int] = set()
    for step in range(300):
        count = 100 if step == 150 else 1
        fresh = [(f"g{random.integers(3)}", float(random.integers(50))) for _ in range(count)]
        order.add(fresh, range(len(places), len(places) + count))
        living |= set(range(len(places), len(places) + count))
        places += fresh
        if step % 4 == 0:
            gone = int(random.choice(sorted(living)))
            order.remove([gone])
            living.discard(gone)
    for group in ("g0", "g1", "g2"):
        own = [(place[1], row) for row, place in enumerate(places) if place and row in living and place[0] == group]
        rows = [row for _, row in sorted(own)]
        assert [int(order.after[row]) for row in rows] == [*rows[1:], -1]
        assert [int(order.before[row]) for row in rows] == [-1, *rows[:-1]]


def test_capitals_are_counted_as_cased_tokens_says() -> None:
    texts = ["Wow. It was Mira, wow!", "mira saw Mills. Mills of Ljungan; ljungan", "OAK oak. Oak (Oak)", "no capital"]
    lower, upper, total, always = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    for text in texts:
        small, large = cased_tokens(text)
        lower.update(small)
        upper.update(large)
        inside, everywhere = capitalised(text, tokens(text))
        assert inside == large
        total.update(set(tokens(text)))
        always.update(everywhere)
    assert {word: total[word] - always[word] for word in total if total[word] > always[word]} == dict(lower)
