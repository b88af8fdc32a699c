"""Passages lose nothing, stay short and know their headings."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hnsw_bridge import passages
from neuro.errors import InvalidInput

WORDS = st.text(st.sampled_from("ab.!?\n \t。é"), max_size=400)


@settings(max_examples=60)
@given(WORDS, st.integers(50, 120))
def test_nothing_but_white_space_is_lost(text: str, most: int) -> None:
    found = passages(text, most)
    assert "".join("".join(passage.text.split()) for passage in found) == "".join(text.split())
    assert all(0 < len(passage.text) <= most for passage in found)
    assert [passage.position for passage in found] == list(range(len(found)))


def test_cuts_fall_behind_sentences_then_words() -> None:
    sentence = "A sentence of eight words is written here. "
    pieces = [passage.text for passage in passages(sentence * 5, 100)]
    assert pieces == [(sentence * 2).strip(), (sentence * 2).strip(), sentence.strip()]
    assert [passage.text for passage in passages("word " * 30, 52)] == [
        ("word " * 10).strip(), ("word " * 10).strip(), ("word " * 10).strip(),
    ]  # fmt: skip
    assert [len(passage.text) for passage in passages("x" * 120, 50)] == [50, 50, 20]


def test_paragraphs_stay_together_and_headings_title_them() -> None:
    text = "before\n\n# First  heading #\n\none\n\ntwo\n## Second\nthree"
    found = [(passage.title, passage.text) for passage in passages(text, title="file")]
    assert found == [("file", "before"), ("First  heading", "one\n\ntwo"), ("Second", "three")]


def test_an_unusable_length_is_refused() -> None:
    with pytest.raises(InvalidInput, match="most is 49"):
        passages("a", 49)
