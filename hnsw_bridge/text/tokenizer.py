"""Tokens: the words of records and of questions, in one form.

    text -> NFKC, case folded -> runs of letters and digits -> no English function words -> plurals stemmed

A run of Chinese or Japanese characters, which has no spaces between its words, becomes its pairs of neighbours.

Sources: The Unicode Standard, annex 15 (normalisation) and section 3.13 (case folding). Pairs of characters: Nie, Gao,
    Zhang & Zhou, *On the use of words and n-grams for Chinese information retrieval*, IRAL 2000. The stemmer: Harman,
    *How effective is suffixing?*, JASIS 42 (1991).
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from itertools import chain

from hnsw_bridge.fusion import stem

_FUNCTION_WORDS = """
    a about also am an and any are as at be been being but by can could did do does doing for from had has have
    having he her hers him his how i if in into is it its just many me more most much my no not of on or other our out
    over shall she should so some such than that the their theirs them then there these they this those to too up us
    very was we were what when where which who whom whose why will with would you your yours
"""
FUNCTION_WORDS = frozenset(_FUNCTION_WORDS.split())
"""English words that say nothing of a subject; no token."""

_CJK = "\u3005-\u3007\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003134f"
# Vowel signs and other marks belong to a word, but \\w leaves them out.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ece"
    "\u0f71-\u0f84\u102b-\u103e"
)
_LETTER = rf"(?:(?![{_CJK}])[\w{_MARKS}])"
_WORD = re.compile(rf"[{_CJK}]+|{_LETTER}+(?:['’]{_LETTER}+)*")
_ASCII_WORD = re.compile(r"\w+(?:'\w+)*", re.ASCII)
"""The same for a text of ASCII alone, three times as fast."""
_PAIRED = re.compile(f"[{_CJK}]")
_ENDINGS = frozenset(["d", "ll", "m", "re", "s", "t", "ve"])
"""What may stand behind an apostrophe without being a word."""


def normalised(text: str) -> str:
    """A text in Unicode's compatible composed form, case folded: what two spellings of one text share."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def tokens(text: str) -> list[str]:
    """The tokens of a text, in its order, each as often as it stands there."""
    found = _ASCII_WORD.findall(text.lower()) if text.isascii() else _WORD.findall(normalised(text))
    return list(chain.from_iterable(map(_tokens, found)))


@lru_cache(maxsize=1 << 17)
def _tokens(word: str) -> tuple[str, ...]:
    """The tokens of one normalised word; most words come again and again."""
    if _PAIRED.match(word):
        return tuple(word[at : at + 2] for at in range(max(len(word) - 1, 1)))
    # "doesn't" says no more than "not" does.
    first, *others = re.split("['’]", word) if not word.endswith(("n't", "n’t")) else ("",)
    parts = (first, *(other for other in others if other not in _ENDINGS))
    return tuple(stem(part) for part in parts if part not in FUNCTION_WORDS and (len(part) > 1 or part.isnumeric()))
