"""What an agent needs of a memory: ids and keys, filters, other processes, one sentence for whatever is wrong."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.text.store_processes import Letters, after_each, planned
from hnsw_bridge import TextMemory, made_with
from hnsw_bridge.text.dates import iso_date, timestamp
from hnsw_bridge.text.records import NewRecord, Record, open_records
from hnsw_bridge.text.state import TextMemoryState, facet
from neuro.errors import InvalidInput
from tests.hnsw_bridge.texts import PEOPLE, HashedNgrams

ROOT = Path(__file__).parents[3]


@pytest.fixture
def memory(tmp_path: Path) -> TextMemory:
    opened = TextMemory(tmp_path / "memory", HashedNgrams())
    opened.add(PEOPLE)
    return opened


def ids(records: list[Record]) -> list[int]:
    return [record.id for record in records]


def test_a_mapping_is_a_record(memory: TextMemory) -> None:
    given = {"text": "hello", "title": "x", "created": "1950-01-01", "metadata": {"n": [1, {"a": None}]}}
    (number,) = memory.add(given)
    (record,) = memory.get([number])
    assert (record.text, record.metadata) == ("hello", {"title": "x", "n": [1, {"a": None}]})
    assert record.created == datetime(1950, 1, 1, tzinfo=UTC).timestamp() < 0
    assert iso_date(record.created) == "1950-01-01T00:00:00+00:00"
    assert len(memory.add([{"text": "one"}, "two", NewRecord("three")])) == 3
    before = memory.store.change
    for wrong, message in [
        ({"title": "x"}, 'no object with a "text"'),
        ({"text": "a", "colour": 1}, "has the key 'colour'"),
        ({"text": "a", "key": 5}, "key is '5', a int"),
        ({"text": "a", "created": "yesterday"}, "created is 'yesterday'; an ISO date"),
        ({"text": "a", "created": 1e300}, "created is 1e[+]300"),
        ({"text": "a", "metadata": {"a": {1: 2}}}, "names"),
        ({"text": "a", "metadata": {"a": float("inf")}}, "finite"),
        ({"text": "a", "metadata": {"a": "x" * 100_001}}, "metadata is longer than 100,000"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            memory.add(["fine", wrong])
    deep: Any = 1
    for _ in range(2000):
        deep = [deep]
    with pytest.raises(InvalidInput, match="nested more than 50 deep"):
        memory.add(NewRecord("a", metadata={"a": deep}))
    assert memory.store.change == before


def test_keys(memory: TextMemory) -> None:
    first, second = memory.upsert([{"text": "one", "key": "a"}, {"text": "two", "key": "b"}])
    assert memory.upsert([NewRecord("other", key="b"), NewRecord("three", key="c")]) == [second, 11]
    assert [record.text for record in memory.get([first], keys=["b", "c"])] == ["one", "other", "three"]
    assert memory.find(["a", "none", "c"]) == {"a": first, "c": 11}
    before = memory.store.change
    for action, message in [
        (lambda: memory.add(NewRecord("x", key="a")), "there is a record with the key 'a'; use upsert"),
        (lambda: memory.add([NewRecord("x", key="n"), NewRecord("y", key="n")]), "given twice"),
        (lambda: memory.upsert([NewRecord("x", key="a"), NewRecord("y", key="a")]), "given twice"),
        (lambda: memory.get(keys=["none"]), "no record with the key 'none'"),
        (lambda: memory.forget(keys=["a", "none"]), "no record with the key 'none'"),
        (memory.forget, "give one of them"),
        (lambda: memory.forget([1], keys=["a"]), "give one of them"),
        (lambda: memory.find([5]), "a key is 5"),  # type: ignore[list-item]
    ]:
        with pytest.raises(InvalidInput, match=message):
            action()
    assert memory.store.change == before
    memory.update(first, "changed")
    assert memory.get(keys=["a"])[0].text == "changed"
    assert memory.forget(keys=["a", "c"]) == 2
    assert memory.upsert({"text": "again", "key": "a"}) == [12], "an id is never used twice"


def test_filters_list_forget_and_ask_alike(memory: TextMemory) -> None:
    memory.add([NewRecord(f"note {n}", "notes", {"n": n % 3, "t": [n]}, created=100.0 * n) for n in range(9)])
    filters: list[tuple[dict[str, Any], list[int]]] = [
        ({"namespace": "notes"}, list(range(9, 18))),
        ({"where": {"n": 1}}, [10, 13, 16]),
        ({"where": {"n": 1.0}}, [10, 13, 16]),
        ({"where": {"n": True}}, []),
        ({"where": {"t": [4]}}, [13]),
        ({"where": {"n": 1, "t": [4]}}, [13]),
        ({"where": lambda record: record.id in (2, 10)}, [2, 10]),
        ({"namespace": "notes", "since": "1970-01-01T00:05:00Z", "until": 500}, [12, 13, 14]),
    ]
    for chosen, expected in filters:
        assert ids(memory.list_records(**chosen)) == expected
        assert sorted(answer.id for answer in memory.ask("note", 20, min_score=-1.0, **chosen).answers) == expected
    pages = [memory.list_records(namespace="notes", limit=4, after=after) for after in (0, 12, 16)]
    assert [ids(page) for page in pages] == [[9, 10, 11, 12], [13, 14, 15, 16], [17]]
    assert memory.forget(where={"n": 1}) == 3
    assert memory.forget(where={"n": 1}) == 0
    assert ids(memory.list_records(namespace="notes")) == [9, 11, 12, 14, 15, 17]
    with pytest.raises(InvalidInput, match="no namespace 'none'"):
        memory.list_records(namespace="none")
    with pytest.raises(InvalidInput, match="limit is 0"):
        memory.list_records(limit=0)


def test_facets_are_equal_where_values_are() -> None:
    same = [({"a": 1, "b": [2.0]}, {"b": [2], "a": 1.0}), ("x" * 999, "x" * 999), (None, None)]
    other = [(1, True), (1, "1"), (None, "null"), ([], {}), ("x" * 999, "x" * 998), (0, False), ([1], 1)]
    assert all(facet("n", left) == facet("n", right) for left, right in same)
    assert all(facet("n", left) != facet("n", right) for left, right in other)
    assert facet("a", 1) != facet("b", 1)


def test_what_is_exported_comes_back(memory: TextMemory, tmp_path: Path) -> None:
    memory.upsert(NewRecord("with a key\nand two lines", "other", {"a": [1, "ü"]}, created=-5.5, key="k"))
    memory.forget(3)
    memory.link(1, 9, 0.5)
    memory.add_cues([9, 1], ["the one with\na key", "ünlike its text"])
    assert memory.export_records(tmp_path / "all.jsonl") == 8
    with TextMemory(tmp_path / "copy", HashedNgrams()) as copy:
        assert copy.import_records(tmp_path / "all.jsonl") == 8
        pairs = zip(memory.list_records(), copy.list_records(), strict=True)
        for mine, theirs in pairs:
            assert (mine.text, mine.namespace, mine.metadata, mine.created, mine.key) == (
                theirs.text, theirs.namespace, theirs.metadata, theirs.created, theirs.key,
            )  # fmt: skip
        assert copy.store.edges().weight.tolist() == [0.5, 0.5]
        called, cues, _ = copy.store.cues()
        assert dict(zip(cues, [record.key for record in copy.get(called)], strict=True)) == {
            "the one with\na key": "k",
            "ünlike its text": None,
        }
        (tmp_path / "again.jsonl").write_text(
            '{"id": 9, "text": "new", "key": "k"}\n{"cue": "the one with\\na key", "record": 9}\n'
            '{"cue": "another", "record": 9}\n'
        )
        copy.import_records(tmp_path / "again.jsonl")
        assert len(copy.store.cues()[1]) == 3
        (tmp_path / "bad.jsonl").write_text('{"text": "a"}\n{"link": [1]}\n')
        with pytest.raises(InvalidInput, match=r"bad.jsonl, line 2 is no link"):
            copy.import_records(tmp_path / "bad.jsonl")
        (tmp_path / "bad.jsonl").write_text('{"text": "a", "link": [1, 2]}\n')
        with pytest.raises(InvalidInput, match=r"bad.jsonl, line 1 has the key 'link'"):
            copy.import_records(tmp_path / "bad.jsonl")
        (tmp_path / "bad.jsonl").write_text('{"text": "a"}\n{"cue": "b"}\n')
        with pytest.raises(InvalidInput, match=r"bad.jsonl, line 2 is no cue"):
            copy.import_records(tmp_path / "bad.jsonl")
        # The records are kept before the links are looked at.
        (tmp_path / "bad.jsonl").write_text('{"id": 1, "text": "a"}\n{"link": [1, 1]}\n')
        with pytest.raises(InvalidInput, match="leads to its own record"):
            copy.import_records(tmp_path / "bad.jsonl")
        assert len(copy) == len(copy.list_records()) == 8
        assert len(copy.add("after that")) == 1


class Named(str):
    """A text of a class of its own, as numpy and enumerations have."""

    __slots__ = ()

    def __repr__(self) -> str:
        return f"Named({str(self)!r})"


def test_texts_of_a_class_of_their_own_are_kept_whole(memory: TextMemory) -> None:
    (number,) = memory.add({"text": Named("the cat sat"), "namespace": Named("cats"), "key": Named("k")})
    memory.add(np.array(["a dog ran", "a fish swam"]))
    memory.add_cues([number], [Named("a purring animal")])
    memory.update(number, Named("the cat sat up"))
    assert [(record.text, type(record.text)) for record in memory.get([number])] == [("the cat sat up", str)]
    assert memory.ask("a purring animal", min_score=-1.0).answers[0].id == number
    assert len(memory.list_records()) == len(PEOPLE) + 3


@pytest.mark.parametrize("document", ["document", "session"])
def test_a_position_that_no_float_holds_is_none(memory: TextMemory, document: str) -> None:
    metadata = {document: "d", "position": 10**400}
    (number,) = memory.add({"text": "far out", "metadata": metadata})
    assert memory.get([number])[0].metadata == metadata
    assert memory.ask("far out", min_score=-1.0).answers[0].id == number


def test_an_empty_filter_is_none(memory: TextMemory) -> None:
    with pytest.raises(InvalidInput, match="give one of them"):
        memory.forget(where={})
    assert len(memory) == len(PEOPLE)
    assert len(memory.list_records(where={})) == len(PEOPLE)


@pytest.mark.parametrize("name", ["records.sqlite", ".lock", "deep/new.jsonl", "../memory/all.jsonl"])
def test_an_export_into_the_memory_s_own_folder_is_refused(memory: TextMemory, name: str) -> None:
    with pytest.raises(InvalidInput, match="lies in the memory's own folder"):
        memory.export_records(memory.folder / name)
    assert len(memory.list_records()) == len(PEOPLE)


def test_a_key_with_nul_is_refused(memory: TextMemory) -> None:
    with pytest.raises(InvalidInput, match="keys without the character NUL"):
        memory.add({"text": "n", "key": "a\0b"})


def test_links_of_a_chain_are_made_together(memory: TextMemory) -> None:
    for chain, message in (([1, 2, 2], "each of them once"), ([1, 2, 99], "no record 99"), ([1], "two records")):
        with pytest.raises(InvalidInput, match=message):
            memory.link_chain(chain, 1.5)
        assert not memory.store.edges().source.size
    memory.link_chain([1, 2, 3], 1.5)
    edges = memory.store.edges()
    assert sorted(zip(edges.source.tolist(), edges.target.tolist(), strict=True)) == [(1, 2), (2, 1), (2, 3), (3, 2)]


def test_a_folder_whose_first_opening_failed_becomes_a_memory(tmp_path: Path) -> None:
    folder = tmp_path / "memory"
    folder.mkdir()
    for name in (".lock", ".records.sqlite.x1y2.part"):
        (folder / name).write_text("")
    with TextMemory(folder, HashedNgrams()) as opened:
        assert opened.add("kept") == [1]
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter").write_text("")
    with pytest.raises(InvalidInput, match="exists and is not empty"):
        TextMemory(tmp_path / "other", HashedNgrams())


def test_a_closed_memory_says_so(memory: TextMemory) -> None:
    memory.close()
    memory.close()
    for action in (
        lambda: memory.ask("a"), lambda: memory.add("a"), lambda: memory.get([1]), lambda: memory.forget(1),
        lambda: len(memory), memory.namespaces, memory.info, memory.list_records, lambda: memory.link(1, 2),
    ):  # fmt: skip
        with pytest.raises(InvalidInput, match="is closed; open it again"):
            action()


def test_a_full_disk_says_so_and_loses_nothing(memory: TextMemory) -> None:
    database = memory.store._database
    (pages,) = database.execute("PRAGMA page_count").fetchone()
    database.execute(f"PRAGMA max_page_count = {pages + 2}")
    with pytest.raises(InvalidInput, match=r"the disk is full.*nothing was changed"):
        memory.add(["x" * 90_000] * 3)
    assert len(memory) == 8
    database.execute("PRAGMA max_page_count = 100000")
    assert memory.add("fits again") == [9]


def test_a_file_of_0_bytes_is_named_as_damaged(tmp_path: Path) -> None:
    (tmp_path / "records.sqlite").touch()
    for attempt in (lambda: TextMemory(tmp_path, HashedNgrams()), lambda: made_with(tmp_path)):
        with pytest.raises(InvalidInput, match=r"records.sqlite is damaged .*0 bytes"):
            attempt()
    assert (tmp_path / "records.sqlite").stat().st_size == 0


def test_a_second_writer_is_refused_and_readers_are_not(memory: TextMemory) -> None:
    with pytest.raises(InvalidInput, match="being written by another process, and one alone may write"):
        TextMemory(memory.folder, HashedNgrams())
    with TextMemory(memory.folder, HashedNgrams(), read_only=True) as reader:
        assert len(reader.ask("bread", 9, min_score=-1.0).answers) == 8
        memory.add("rye bread of Pellworth")
        memory.link(9, 1)
        memory.forget(2)
        found = reader.ask("rye bread of Pellworth", 9, min_score=-1.0)
        assert sorted(answer.id for answer in found.answers) == [1, 3, 4, 5, 6, 7, 8, 9]
        assert found == memory.ask("rye bread of Pellworth", 9, min_score=-1.0)
        for action in (lambda: reader.add("a"), lambda: reader.forget(1), lambda: reader.link(1, 3)):
            with pytest.raises(InvalidInput, match="read_only=True; open it for writing"):
                action()
    memory.close()
    assert not (memory.folder / "state" / "made by a reader").exists()
    with pytest.raises(InvalidInput, match="holds no memory; open it for writing"):
        TextMemory(memory.folder / "none", HashedNgrams(), read_only=True)


def test_answers_of_readers_are_those_of_prefixes_of_the_writes(tmp_path: Path) -> None:
    done, wrong, seen = threading.Event(), list[frozenset[tuple[int, str]]](), list[int]()

    def keep_reading() -> None:
        states, passed = after_each(), 0
        now = next(states)
        with TextMemory(tmp_path / "memory", Letters(), read_only=True) as reader:
            while not (done.is_set() and passed >= 150):
                found = reader.ask("Entry tells of", 600, min_score=-1.0)
                said = frozenset((answer.id, answer.text) for answer in found.answers)
                while said != now and passed < 200:
                    now, passed = next(states), passed + 1
                if said != now:
                    wrong.append(said)
                    return
        seen.append(passed)

    with TextMemory(tmp_path / "memory", Letters()) as writer:
        threads = [threading.Thread(target=keep_reading) for _ in range(2)]
        for thread in threads:
            thread.start()
        for (what, number, text), _ in zip(planned(), range(150), strict=False):
            if what == "add":
                writer.add(text)
            elif what == "forget":
                writer.forget(number)
            else:
                writer.update(number, text)
        done.set()
        for thread in threads:
            thread.join()
    assert (wrong, seen) == ([], [150, 150])


def test_a_reader_of_another_process_is_served(memory: TextMemory) -> None:
    code = (
        "import sys; from hnsw_bridge import TextMemory; from tests.hnsw_bridge.texts import HashedNgrams\n"
        "with TextMemory(sys.argv[1], HashedNgrams(), read_only=True) as memory:\n"
        "    print(memory.ask('Tomas Reyes bakes rye bread', 1).answers[0].id)"
    )
    command = [sys.executable, "-c", code, str(memory.folder)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=True)
    assert done.stdout.split() == ["3"]


def test_a_snapshot_is_written_once_much_has_changed(memory: TextMemory) -> None:
    def token() -> str:
        return str(json.loads((memory.folder / "state" / "about.json").read_text())["token"])

    memory.ask("a", min_score=-1.0)
    memory.close()
    first = token()
    with TextMemory(memory.folder, HashedNgrams()) as again:
        again.add("little has changed")
        expected = again.ask("little", 9, min_score=-1.0)
    assert token() == first
    with TextMemory(memory.folder, HashedNgrams()) as again:
        assert again.ask("little", 9, min_score=-1.0) == expected
        again.add([f"filler {n}" for n in range(70)])
        again.state()
    assert token() != first


def test_a_copy_that_went_another_way_does_not_believe_the_snapshot(memory: TextMemory, tmp_path: Path) -> None:
    content = memory.folder / "records.sqlite"
    memory.store._database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    kept = content.read_bytes()
    memory.add("what the copy never saw")
    memory.ask("a", min_score=-1.0)
    memory.close()
    for name in ("records.sqlite-wal", "records.sqlite-shm"):
        (memory.folder / name).unlink(missing_ok=True)
    content.write_bytes(kept)
    with TextMemory(memory.folder, HashedNgrams()) as restored:
        restored.add("what was written instead")
        found = restored.ask("what was written instead", 1, min_score=-1.0)
        assert found.answers[0].text == "what was written instead"
        assert "belongs to other records" in restored.notices[0]


def test_many_forgotten_rows_are_cleared_away(memory: TextMemory) -> None:
    memory.add([f"filler number {n}" for n in range(200)])
    memory.state()
    memory.forget(range(9, 200))
    state = memory.state()
    assert state.rows == len(memory) == 17
    assert memory.ask("Tomas Reyes bakes rye bread", min_score=-1.0).answers[0].id == 3


def test_a_million_records_of_one_word_in_small(tmp_path: Path) -> None:
    with TextMemory(tmp_path / "memory", Letters()) as memory:
        memory.add([NewRecord("same", created=float(-n)) for n in range(3000)])
        found = memory.ask("same", 3, min_score=-1.0)
        assert found.answers
        assert {answer.text for answer in found.answers} == {"same"}
        (number,) = memory.add("x " * 50_000)
        assert memory.get([number])[0].text == "x " * 50_000
        assert memory.ask("x", 1, min_score=-1.0).answers[0].id == number


def test_version_1_of_the_tables_is_renewed_once_for_readers_too(tmp_path: Path) -> None:
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        memory.add(PEOPLE)
        memory.link(1, 2, 0.5)
    path = tmp_path / "memory" / "records.sqlite"
    with sqlite3.connect(path) as database:
        for index in ("records_key", "records_change", "records_namespace", "edges_change", "tombstones_change"):
            database.execute(f"DROP INDEX {index}")
        database.execute("ALTER TABLE records DROP COLUMN key")
        database.execute("ALTER TABLE edges DROP COLUMN change")
        database.execute("DROP TABLE IF EXISTS cues")
        database.execute("PRAGMA user_version = 1")
    database.close()
    with TextMemory(tmp_path / "memory", HashedNgrams(), read_only=True) as reader:
        assert reader.ask("Tomas Reyes bakes rye bread", min_score=-1.0).answers[0].id == 3
    store = open_records(path)
    assert store.edges().weight.tolist() == [0.5, 0.5]
    store.close()


@pytest.mark.parametrize(
    ("given", "expected"),
    [("1969-12-31", -86400.0), (0, 0.0), (datetime(1970, 1, 2), 86400.0)],  # noqa: DTZ001 - one without a zone is UTC
)
def test_moments(given: Any, expected: float) -> None:
    assert timestamp(given) == expected


def test_a_failed_catching_up_starts_anew(memory: TextMemory, monkeypatch: pytest.MonkeyPatch) -> None:
    memory.state()
    memory.add("one more")
    monkeypatch.setattr(TextMemoryState, "_mention", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        memory.ask("one more", min_score=-1.0)
    monkeypatch.undo()
    assert memory.ask("one more", 1, min_score=-1.0).answers[0].id == 9
    assert np.count_nonzero(memory.state().alive) == 9
