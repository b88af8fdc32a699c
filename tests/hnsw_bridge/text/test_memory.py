"""A text memory: what it finds and why, what stays, what is refused."""

from __future__ import annotations

import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import Fusion, RecallSettings, TextMemory, forget_records, made_with
from hnsw_bridge.text.records import NewRecord
from neuro.errors import InvalidInput
from neuro.storage import save_snapshot
from tests.hnsw_bridge.texts import PEOPLE, HashedNgrams, titled

TWO_HOPS = "Which river flows through the place where Mira Solberg learned?"


@pytest.fixture
def memory(tmp_path: Path) -> TextMemory:
    opened = TextMemory(tmp_path / "memory", HashedNgrams())
    opened.add(PEOPLE)
    return opened


def ids(found: object) -> list[int]:
    return [answer.id for answer in found.answers]  # type: ignore[attr-defined]


def test_spikes_find_the_second_hop(memory: TextMemory) -> None:
    found = memory.ask(TWO_HOPS, 3, min_score=-1)
    assert ids(found)[0] == 1
    assert 2 in ids(found)
    why = found.answers[ids(found).index(2)].why
    assert ("titles", 1) in {(link.layer, link.source) for link in why.links}
    assert found.answers[0].why.mentioned
    assert found.spikes >= RecallSettings().seeds, "every seed fires"
    assert all(later.score <= earlier.score for earlier, later in zip(found.answers, found.answers[1:], strict=False))
    off = TextMemory(memory.folder.parent / "off", HashedNgrams(), recall=RecallSettings(Fusion(spikes=0.0, words=0.0)))
    off.add(PEOPLE)
    carried = memory.ask(TWO_HOPS, 8, min_score=-1)
    plain = off.ask(TWO_HOPS, 8, min_score=-1)
    assert ids(carried).index(2) < ids(plain).index(2)


def test_cosines_are_exact_and_words_count(memory: TextMemory) -> None:
    embed = HashedNgrams()
    found = memory.ask("bees on the roof", 8, min_score=-1)
    cue, rows = embed(["bees on the roof"])[0], {}
    for number, record in enumerate(PEOPLE, 1):
        row = embed([f"{record.metadata['title']}\n{record.text}"])[0]
        rows[number] = float(cue @ row / np.linalg.norm(cue) / np.linalg.norm(row))
    assert len(found.answers) == 8
    for answer in found.answers:
        assert answer.why.cosine == pytest.approx(max(rows[answer.id], 0.0), abs=1e-6)
    assert found.confidence == pytest.approx(max(rows.values()), abs=1e-6)
    assert found.answers[0].id == 3
    assert found.answers[0].why.words > 0


def test_namespaces_filters_and_budget(memory: TextMemory) -> None:
    (other,) = memory.add(
        NewRecord("Mira Solberg sells glass on Sundays.", "shop", {"day": 7, "title": "Mira Solberg"})
    )
    assert memory.namespaces() == {"default": 8, "shop": 1}
    assert ids(memory.ask("Mira Solberg", 9, namespace="shop", min_score=-1)) == [other]
    assert other not in ids(memory.ask("Mira Solberg", 9, namespace="default", min_score=-1))
    assert ids(memory.ask("Mira Solberg", 9, where={"day": 7}, min_score=-1)) == [other]
    assert ids(memory.ask("Mira Solberg", 9, where=lambda record: record.id == 4, min_score=-1)) == [4]
    assert memory.ask("Mira Solberg", where={"day": 8}).abstained
    whole = memory.ask("glass", 9, min_score=-1)
    short = memory.ask("glass", 9, min_score=-1, budget_characters=150)
    assert 0 < sum(len(answer.text) for answer in short.answers) <= 150
    assert set(ids(short)) < set(ids(whole))


def test_it_abstains_from_what_it_does_not_know(memory: TextMemory) -> None:
    assert not memory.ask("Tomas Reyes bakes rye bread").abstained
    found = memory.ask("Tomas Reyes bakes rye bread", min_score=0.999)
    assert (found.abstained, found.answers) == (True, ())
    assert 0 < found.confidence < found.min_score == 0.999


def test_changes_are_seen_and_stay(memory: TextMemory) -> None:
    memory.ask("bees", min_score=-1)
    memory.update(5, "Bees dance on the comb to tell where flowers are.", metadata={"title": "Bee dance"})
    memory.forget(6)
    memory.link(5, 8, 1.5)
    memory.used([1, 4])
    expected = memory.ask("Bee dance", 7, min_score=-1)
    assert expected.answers[0].id == 5
    assert 6 not in ids(memory.ask("hive", 7, min_score=-1))
    assert ("learned", 5) in {
        (link.layer, link.source) for answer in expected.answers if answer.id == 8 for link in answer.why.links
    }
    figures = memory.info()
    assert (figures.records, figures.forgotten, figures.nodes) == (7, 1, 9)
    assert figures.links["learned"] == 4
    assert figures.spikes is not None
    assert 0 < figures.spikes <= figures.most_spikes
    assert figures.gap == pytest.approx((figures.within or 0) - (figures.between or 0))
    memory.close()
    with TextMemory(memory.folder, HashedNgrams()) as again:
        assert again.ask("Bee dance", 7, min_score=-1) == expected
        assert again.notices == []


@pytest.mark.parametrize("file", ["arrays.npz", "about.json", "manifest.json"])
def test_a_damaged_snapshot_is_named_and_built_again(memory: TextMemory, file: str) -> None:
    expected = memory.ask(TWO_HOPS, 8, min_score=-1)
    memory.close()
    path = memory.folder / "state" / file
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 4
    path.write_bytes(content)
    with TextMemory(memory.folder, HashedNgrams()) as again:
        assert again.ask(TWO_HOPS, 8, min_score=-1) == expected
        assert len(again.notices) == 1
        assert f"{memory.folder / 'state'}" in again.notices[0]
        assert "built again" in again.notices[0]
    with TextMemory(memory.folder, HashedNgrams()) as whole:
        assert whole.ask(TWO_HOPS, 8, min_score=-1) == expected
        assert whole.notices == []


def test_an_old_snapshot_is_brought_up_to_date(memory: TextMemory) -> None:
    memory.ask("bees", min_score=-1)
    memory.save()
    memory.add(titled("Ljungan", "A river with salmon."))
    memory.forget([3, 7])
    memory.update(4, "A market place with a fountain.")
    expected = memory.ask(TWO_HOPS, 7, min_score=-1)
    memory._state = None  # As if it was killed here: nothing is saved on closing.
    memory.close()
    with TextMemory(memory.folder, HashedNgrams()) as again:
        assert again.ask(TWO_HOPS, 7, min_score=-1).answers[:3] == expected.answers[:3]
        assert again.notices == []


def test_a_snapshot_of_other_records_is_not_believed(memory: TextMemory, tmp_path: Path) -> None:
    memory.ask("bees", min_score=-1)
    memory.close()
    with TextMemory(tmp_path / "other", HashedNgrams()) as other:
        other.add(["something else", "and more", "of it"])
        other.ask("more", min_score=-1)
    (tmp_path / "other" / "state").rename(tmp_path / "moved")
    (memory.folder / "state").rename(tmp_path / "other" / "state")
    with TextMemory(tmp_path / "other", HashedNgrams()) as other:
        assert len(other.ask("more", 3, min_score=-1).answers) == 3
        assert "belongs to other records" in other.notices[0]


def test_an_empty_memory_answers_nothing(tmp_path: Path) -> None:
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        assert memory.add([]) == []
        assert memory.ask("anything").abstained
        assert (memory.info().records, memory.info().gap) == (0, None)
        (only,) = memory.add("one text")
        assert ids(memory.ask("one text", 5)) == [only]
        memory.forget(only)
        assert memory.ask("one text").abstained
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        assert len(memory) == 0
        assert memory.add("another") == [2]


def test_threads_ask_while_one_adds(memory: TextMemory) -> None:
    memory.ask("bees", min_score=-1)
    wrong: list[object] = []

    def keep_asking() -> None:
        for _ in range(20):
            found = memory.ask("Mira Solberg is a glass blower", 3, min_score=-1)
            wrong.extend(found.answers[:1] if ids(found)[:1] != [1] else [])

    threads = [threading.Thread(target=keep_asking) for _ in range(2)]
    for thread in threads:
        thread.start()
    for row in range(5):
        memory.add(f"filler number {row}")
    for thread in threads:
        thread.join()
    assert wrong == []
    assert len(memory) == 13


@pytest.mark.parametrize(
    ("action", "message"),
    [
        (lambda memory: memory.add(["fine", "  \n"]), "visible character"),
        (lambda memory: memory.add(["fine", "x" * 100_001]), "100,001 characters; up to 100,000 .*passages"),
        (lambda memory: memory.add([NewRecord("a", metadata={"x": object()})]), r"metadata\['x'\] is a object"),
        (lambda memory: memory.add([NewRecord("a", created=float("nan"))]), "created is nan"),
        (lambda memory: memory.update(1, ""), "visible character"),
        (lambda memory: memory.update(99, "text"), "there is no record 99"),
        (lambda memory: memory.forget([1, 99]), "there is no record 99"),
        (lambda memory: memory.used([1, 99]), "there is no record 99"),
        (lambda memory: memory.link(1, 2, 3.0), "-2 to 2"),
        (lambda memory: memory.add(["a \ud83d fox"]), "holds '.ud83d', half of a character, at place 2"),
        (lambda memory: memory.ask("a \ud83d fox"), "the question holds '.ud83d'"),
        (lambda memory: memory.ask(" "), "the question is"),
        (lambda memory: memory.ask("a", 0), "k is 0"),
        (lambda memory: memory.ask("a", budget_characters=0), "budget_characters is 0"),
        (lambda memory: memory.ask("a", namespace="nowhere"), "no namespace 'nowhere'; there are default"),
    ],
)
def test_what_is_refused_changes_nothing(memory: TextMemory, action: object, message: str) -> None:
    before = memory.store.change
    with pytest.raises(InvalidInput, match=message):
        action(memory)  # type: ignore[operator]
    assert (memory.store.change, len(memory)) == (before, 8)


@pytest.mark.parametrize(
    "ids", ["17", [1.9], ["3"], [True], [1, True], [[1]], 1.9, True, None, [-1], np.ones(1)], ids=repr
)
def test_ids_that_are_no_whole_numbers_are_refused(memory: TextMemory, ids: Any) -> None:
    before = memory.store.change
    actions: list[Callable[[Any], Any]] = [memory.forget, partial(memory.link, 1), partial(memory.link, target=2)]
    if ids is not None:
        actions += [memory.used, memory.get, partial(memory.update, text="text")]
    for action in actions:
        with pytest.raises(InvalidInput):
            action(ids)
    assert (memory.store.change, len(memory)) == (before, 8)
    memory.close()
    with pytest.raises(InvalidInput, match="there is no record"):
        forget_records(memory.folder, ids)


def test_ids_may_come_one_by_one_or_in_any_list(memory: TextMemory) -> None:
    ids: Any = np.int64(4)
    memory.link(ids, 5)
    for ids in (1, np.int64(2), np.array([3, 4]), (5, 6), (number for number in [7])):
        memory.forget(ids)
    assert len(memory) == 1


def test_other_embedders_and_folders_are_refused(memory: TextMemory, tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="is being written by another process, and one alone may write"):
        TextMemory(memory.folder, HashedNgrams())
    memory.close()
    for other, message in [
        (HashedNgrams("another"), "was made with 'ngrams-64' .*, not with 'another'"),
        (HashedNgrams(dimension=32), r"64 dimensions\), not with 'ngrams-64' \(32\)"),
        (HashedNgrams(shift=1), "no longer gives what it gave"),
    ]:
        with pytest.raises(InvalidInput, match=message):
            TextMemory(memory.folder, other)
    assert made_with(memory.folder) == "ngrams-64"
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "notes.txt").write_text("mine")
    with pytest.raises(InvalidInput, match="is not empty"):
        TextMemory(tmp_path / "mine", HashedNgrams())
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["notes.txt"]
    with pytest.raises(InvalidInput, match="dimension"):
        TextMemory(tmp_path / "new", lambda _: np.zeros(3))
    assert not (tmp_path / "new").exists()


def test_a_snapshot_of_something_else_is_not_believed(memory: TextMemory) -> None:
    expected = memory.ask(TWO_HOPS, 3, min_score=-1)
    memory._state = None
    memory.close()
    save_snapshot(memory.folder / "state", "other", {"a": np.zeros(3)})
    with TextMemory(memory.folder, HashedNgrams()) as again:
        assert again.ask(TWO_HOPS, 3, min_score=-1) == expected
        assert "snapshot of 'other'" in again.notices[0]
