"""The index of words: BM25 as bm25s has it, and the same after any adding and removing as when made at once."""

from __future__ import annotations

import numpy as np
import pytest

from hnsw_bridge.text.inverted_index import InvertedIndex, WordIndex, packed_texts, rows_with_all, unpacked_texts
from neuro.errors import InvalidInput


def bags(count: int, seed: int = 0) -> list[list[str]]:
    """Bags of up to 30 of 200 words in Zipf's proportions; some are empty."""
    random = np.random.default_rng(seed)
    share = 1.0 / np.arange(1, 201)
    return [
        [f"w{word}" for word in random.choice(200, random.integers(0, 31), p=share / share.sum()).tolist()]
        for _ in range(count)
    ]


def test_scores_are_those_of_bm25s() -> None:
    bm25s = pytest.importorskip("bm25s", reason="install the extra 'text'")
    texts, index = bags(300), WordIndex()
    for start in range(0, 300, 7):
        index.add(texts[start : start + 7])
    peer = bm25s.BM25()
    peer.index(texts, show_progress=False)
    for question in (["w0", "w5", "w150"], ["w3", "w3"], ["unknown"], ["w199", "w1"]):
        known = [word for word in question if index.count(word)]
        expected = peer.get_scores(known) if known else np.zeros(300)
        np.testing.assert_allclose(index.scores(question), expected, rtol=1e-5, atol=1e-6)
    each = index.scores_of_each(["w0", "w5"])
    np.testing.assert_allclose(each.total(), index.scores(["w0", "w5"]), rtol=1e-12)


def test_scores_of_each_word_are_kept_for_the_rows_that_hold_it() -> None:
    index = WordIndex()
    index.add([["a", "b"], ["b"], ["c"], ["a", "a"]])
    each = index.scores_of_each(["a", "x", "b"])
    whole = np.array([index.scores([word]) for word in ("a", "x", "b")])
    assert each.known.tolist() == [True, False, True]
    assert np.array_equal(each.at(np.array([3, -1, 0, 7])), np.c_[whole[:, 3], np.zeros(3), whole[:, 0], np.zeros(3)])
    assert np.array_equal(each.total(np.array([False, True, True])), whole[2])
    kept = each.within(np.array([False, True, True, True]))
    assert np.array_equal(kept.at(np.arange(4)), np.where(np.arange(4) == 0, 0.0, whole))
    raised = each.raised(1, np.array([2, 2, 0]), np.array([0.5, 2.0, 1.0]))
    assert raised.at(np.arange(4))[1].tolist() == [1.0, 0.0, 2.0, 0.0]
    assert raised.raised(0, np.array([0]), np.array([0.0])).at(np.arange(4))[0].tolist() == whole[0].tolist()


def test_adding_and_removing_one_by_one_is_making_it_at_once() -> None:
    random = np.random.default_rng(1)
    index, texts, living = WordIndex(), list[list[str]](), set[int]()
    for step, bag in enumerate(bags(600, seed=2)):
        if step % 50 == 0:
            more = bags(40, seed=step + 9)
            index.add(more)
            living |= set(range(len(texts), len(texts) + 40))
            texts += more
        index.add([bag])
        living.add(len(texts))
        texts.append(bag)
        if step % 3 == 0:
            gone = int(random.choice(sorted(living)))
            index.remove([gone, gone])
            living.discard(gone)
    rows = sorted(living)
    fresh = WordIndex()
    fresh.add([texts[row] for row in rows])
    for word in ("w0", "w1", "w17", "w120", "none"):
        assert index.count(word) == fresh.count(word)
        assert index.holders(word).tolist() == [rows[row] for row in fresh.holders(word).tolist()]
        assert index.scores([word])[rows].tolist() == fresh.scores([word]).tolist()
    assert not index.scores(["w0"])[sorted(set(range(len(texts))) - living)].any()
    assert all(set(index.terms(row)) == set(texts[row]) for row in rows)
    assert all(index.holds(row, word) == (word in texts[row]) for row in rows[:50] for word in ("w0", "w3", "none"))
    expected = [row for row in rows if {"w0", "w1"} <= set(texts[row])]
    assert rows_with_all(index, ["w1", "w0"]).tolist() == expected
    assert len(index._segments) < 20, "a term is looked up in few segments"


def test_a_state_comes_back_and_goes_on() -> None:
    index = InvertedIndex()
    for bag in bags(100):
        index.add([bag])
    index.remove([3, 50])
    back = InvertedIndex.from_state(index.state())
    for one in (index, back):
        one.add(bags(5, seed=3))
        one.remove([7, 101])
    assert all(back.holders(f"w{word}").tolist() == index.holders(f"w{word}").tolist() for word in range(200))
    assert (back.living, back.total, back.rows) == (index.living, index.total, index.rows) == (101, back.total, 105)
    assert InvertedIndex.from_state(InvertedIndex().state()).rows == 0


def test_a_state_that_contradicts_itself_is_refused() -> None:
    index = InvertedIndex()
    index.add(bags(10))
    for name, wrong in (("rows", index.state()["rows"] + 99), ("terms", index.state()["terms"][1:])):
        with pytest.raises(InvalidInput, match="contradict"):
            InvertedIndex.from_state(index.state() | {name: wrong})


def test_any_text_can_be_packed() -> None:
    texts = ["a", "b\0c", "\\", "\\0", "\0\\", "ü\0", "\\\\0"]
    assert unpacked_texts(packed_texts(texts)) == texts
    assert unpacked_texts(packed_texts([])) == []
