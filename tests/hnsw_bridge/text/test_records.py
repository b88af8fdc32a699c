"""Records are the truth: what was acknowledged stays, wholly; what is damaged or foreign is named."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from hnsw_bridge.text.folder import FolderLock
from hnsw_bridge.text.records import NewRecord, Record, RecordEdges, RecordStore, open_records
from neuro.errors import InvalidInput

ROOT = Path(__file__).parents[2]
WRITER = Path(__file__).parent / "kept_until_killed.py"
PROBE = np.ones(8, dtype=np.float32)


def new_store(folder: Path, count: int = 0) -> RecordStore:
    store = open_records(folder / "records.sqlite", "test", PROBE)
    if count:
        add(store, [NewRecord(f"text {row}") for row in range(count)], vectors(count))
    return store


def add(store: RecordStore, records: list[NewRecord], rows: np.ndarray) -> np.ndarray:
    return store.put(records, rows, [None] * len(records))


def update(store: RecordStore, number: int, record: NewRecord, row: np.ndarray) -> None:
    store.put([record], row[None], [number])


def since(store: RecordStore, change: int) -> tuple[list[Record], np.ndarray]:
    portions = list(store.portions_since(change))
    return [record for part, _ in portions for record in part], np.concatenate([rows for _, rows in portions])


def vectors(count: int) -> np.ndarray:
    return np.random.default_rng(count).normal(size=(count, 8)).astype(np.float32)


def edges(*triples: tuple[int, int, float]) -> RecordEdges:
    source, target, weight = zip(*triples, strict=True)
    return RecordEdges(np.array(source), np.array(target), np.array(weight, dtype=np.float64))


def test_what_is_kept_comes_back(tmp_path: Path) -> None:
    store = new_store(tmp_path)
    given = NewRecord("größer\n", "people", {"title": "Ada", "age": 36, "tags": ["a", None]}, created=12.5)
    rows = vectors(2)
    assert add(store, [given, NewRecord("second")], rows).tolist() == [1, 2]
    store.close()
    store = open_records(tmp_path / "records.sqlite")
    first, second = store.records()
    assert (first.text, first.namespace, first.metadata, first.created) == (
        given.text, "people", given.metadata, 12.5,
    )  # fmt: skip
    assert abs(second.created - time.time()) < 60
    assert np.array_equal(since(store, 0)[1], rows)
    assert np.array_equal(store.probe, PROBE)
    assert store.namespaces() == {"default": 1, "people": 1}


def test_updates_and_forgetting(tmp_path: Path) -> None:
    store = new_store(tmp_path, 3)
    store.set_edges(edges((1, 2, 0.5), (2, 3, -0.25), (3, 1, 1.0)))
    before = store.change
    update(store, 2, NewRecord("other"), vectors(1)[0])
    store.forget([3])
    assert [record.id for record in since(store, before)[0]] == [2]
    assert store.forgotten_since(before) == [3]
    assert (store.edges().source.tolist(), store.edges().weight.tolist()) == ([1], [0.5])
    assert add(store, [NewRecord("new")], vectors(1)).tolist() == [4], "an id is never used twice"
    store.forget([4])
    assert add(store, [NewRecord("newer")], vectors(1)).tolist() == [5]


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda store: add(store, [NewRecord("a")], vectors(2)), r"shape \(2, 8\)"),
        (lambda store: add(store, [NewRecord("a")], np.full((1, 8), np.nan)), "not finite"),
        (lambda store: add(store, [NewRecord("a"), NewRecord("b", metadata={"x": {1}})], vectors(2)), "can't be kept"),
        (lambda store: add(store, [NewRecord("a"), NewRecord("\ud800")], vectors(2)), "can't be kept"),
        (lambda store: update(store, 9, NewRecord("a"), vectors(1)[0]), "there is no record 9"),
        (lambda store: store.forget([1, 9]), "there is no record 9"),
        (lambda store: store.forget([1, 2**70]), "there is no record 11805"),
        (lambda store: store.forget([1.5]), "there is no record 1.5"),
        (lambda store: store.records([2**63]), "there is no record 9223372036854775808"),
        (lambda store: store.records([True]), "there is no record True"),
        (lambda store: store.forget("12"), "there is no record '12'"),
        (lambda store: store.forget(["1"]), "there is no record '1'"),
        (lambda store: store.forget(1.5), "there is no record 1.5"),
        (lambda store: store.records(1.5), "there is no record 1.5"),
        (
            lambda store: store.set_edges(RecordEdges(np.array([1.9]), np.array([2]), np.ones(1))),
            "there is no record 1.9",
        ),
        (lambda store: since(store, 0.5), "change is 0.5; a whole number from 0"),
        (lambda store: since(store, "0"), "change is '0'"),
        (lambda store: store.forgotten_since(-1), "change is -1"),
        (lambda store: store.set_edges(edges((1, 2, 1.0), (1, 9, 1.0))), "there is no record 9"),
        (lambda store: store.set_edges(edges((1, 1, 1.0))), "own record"),
        (lambda store: store.set_edges(edges((1, 2, float("nan")))), "not finite"),
    ],
)
def test_what_is_refused_changes_nothing(tmp_path: Path, action: object, message: str) -> None:
    store = new_store(tmp_path, 2)
    with pytest.raises(InvalidInput, match=message):
        action(store)  # type: ignore[operator]
    assert (store.change, len(store), store.tombstones, store.edges().source.size) == (1, 2, 0, 0)


def test_a_flipped_bit_is_found_and_can_be_forgotten(tmp_path: Path) -> None:
    new_store(tmp_path, 3).close()
    path = tmp_path / "records.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("UPDATE records SET text = 'text 7' WHERE id = 2")
    database.close()
    store = open_records(path)
    with pytest.raises(InvalidInput, match=r"record 2 in .* is damaged"):
        since(store, 0)
    assert [record.id for record in store.records([1, 3])] == [1, 3]
    store.forget([2])
    assert len(since(store, 0)[0]) == 2


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "records.sqlite"
    with pytest.raises(InvalidInput, match="holds no records"):
        open_records(path)
    assert list(tmp_path.iterdir()) == []
    new_store(tmp_path, 50).close()
    whole = path.read_bytes()
    for content, message in [
        (b"no database at all, but long enough to be looked at" * 20, "is damaged or no file of records"),
        (whole[: len(whole) // 2], "is damaged or no file of records"),
    ]:
        path.write_bytes(content)
        with pytest.raises(InvalidInput, match=message):
            open_records(path, "test", PROBE)
        assert path.read_bytes() == content
    path.unlink()
    with sqlite3.connect(path) as database:
        database.execute("CREATE TABLE mine (a)")
    database.close()
    content = path.read_bytes()
    with pytest.raises(InvalidInput, match="of another program or version"):
        open_records(path, "test", PROBE)
    assert path.read_bytes() == content


def test_one_lock_at_a_time(tmp_path: Path) -> None:
    lock = FolderLock(tmp_path)
    with pytest.raises(InvalidInput, match="is being written by another process"):
        FolderLock(tmp_path)
    lock.release()
    lock.release()
    FolderLock(tmp_path).release()


def write_until_killed(path: Path, seed: int, acknowledgements: int) -> list[str]:
    """Lines that the writer said before it was killed, a random while after so many of them."""
    random = np.random.default_rng(seed)
    command = [sys.executable, str(WRITER), str(path), str(seed)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as writer:
        assert writer.stdout is not None
        lines = [writer.stdout.readline() for _ in range(acknowledgements)]
        time.sleep(float(random.random()) * 0.02)
        writer.kill()
        lines += writer.stdout.read().splitlines(keepends=True)
    return [line.strip() for line in lines if line.endswith("\n")]


def hold_against(path: Path, known: dict[int, str | None], said: list[str]) -> dict[int, str | None]:
    """Check that everything said is there and nothing is half there; gives what is there: id -> word, None if gone."""
    store = open_records(path)
    found = store.records()
    words: dict[int, str | None] = {record.id: record.text.split()[3] for record in found}
    expected = known | {int(number): None if word == "-" else word for number, word in map(str.split, said)}
    # The writer may have been killed after its last change and before it said so.
    unsaid = {record.id for record in found if record.change == store.change} | set(
        store.forgotten_since(store.change - 1)
    )
    wrong = [number for number, word in expected.items() if words.get(number) != word and number not in unsaid]
    assert wrong == []
    fresh = [record for record in found if record.id not in expected]
    assert len({record.change for record in fresh}) <= 1, "at most the last change was not said"
    assert all(record.text.startswith(f"batch of {len(fresh)}:") for record in fresh), "a batch is there as a whole"
    store.close()
    return words | dict.fromkeys(expected.keys() - words.keys())


@pytest.mark.parametrize("rounds", [2, pytest.param(60, marks=pytest.mark.long)])
def test_acknowledged_writes_survive_a_kill(tmp_path: Path, rounds: int) -> None:
    path, known, lines = tmp_path / "records.sqlite", dict[int, str | None](), 0
    for seed in range(rounds):
        said = write_until_killed(path, seed, 20 + 7 * (seed % 9))
        known, lines = hold_against(path, known, said), lines + len(said)
    assert lines >= 20 * rounds
    assert None in known.values()
