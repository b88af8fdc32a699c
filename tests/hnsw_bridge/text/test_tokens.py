"""Tokens: one form for both sides, whatever the script."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hnsw_bridge.text.tokens import normalised, stem, tokens


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mu\u0308ller", "m\u00fcller"),
        ("\uff26\uff35\uff2c\uff2c", "full"),
        ("STRASSE", "stra\u00dfe"),
        ("\ufb01sh", "fish"),
        ("Mira\u2019s cities", "mira city"),
    ],
)
def test_two_spellings_have_the_same_tokens(one: str, other: str) -> None:
    assert tokens(one) == tokens(other) != []


def test_chinese_and_japanese_become_pairs() -> None:
    assert tokens("東京タワー") == ["東京", "京タ", "タワ", "ワー"]
    assert tokens("犬 is a dog") == ["犬", "dog"]
    assert set(tokens("我住在里斯本")) & set(tokens("谁在里斯本？")) == {"在里", "里斯", "斯本"}


def test_function_words_and_endings_are_left_out() -> None:
    assert tokens("What didn't she do at 7 o'clock?") == ["7", "clock"]
    assert tokens("x बिंदु") == ["बिंदु"]
    assert [stem(word) for word in ("cities", "rivers", "glass", "horses")] == ["city", "river", "glass", "horse"]


@given(st.text(max_size=40))
def test_normalised_forms_stay(text: str) -> None:
    once = normalised(text)
    assert unicodedata.is_normalized("NFKC", once)
    assert tokens(unicodedata.normalize("NFD", text)) == tokens(unicodedata.normalize("NFC", text))
