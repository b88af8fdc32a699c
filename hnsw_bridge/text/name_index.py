"""Names that records share, decided when they are asked for: what is no name depends on all records.

A record's marks are its capitalised phrases without the words that are no names
(:func:`hnsw_bridge.text.links.cleaned_name`), and its title. How many records hold a word in lower case and how many
capitalised moves with every write, so phrases are kept as they stand, with each of their parts, and cleaned when a node
fires.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache

import numpy as np

from hnsw_bridge.text.inverted_index import InvertedIndex, WordIndex
from hnsw_bridge.text.links import cleaned_name
from hnsw_bridge.text.tokens import tokens
from neuro.arrays import AnyArray, IntArray

MOST_HOLDERS = 50
"""Records that may share a mark; one that more hold joins none."""

_CAPITALISED = re.compile(r"[^\W\d_a-z][\w'’-]*")
_ASCII_CAPITALISED = re.compile(r"[A-Z][\w'-]*", re.ASCII)
_INSIDE_WORDS = "_'’-"
_ENDS = '.!?:;\n"“”('
"""What may stand before a sentence."""
_MOST_WORDS = 16
"""Of a phrase; a longer one is a line in capitals and no name."""
_INSIDE, _ALWAYS, _PHRASE, _TITLE = "i", "a", "p", "t"
"""What stands before a term: capitalised inside a sentence, capitalised wherever it stands in a record, a phrase as it
stands, the title."""


class NameIndex:
    """Marks of rows and rows of marks.

    Args:
        words: of the same rows.
    """

    def __init__(self, words: WordIndex) -> None:
        self._words = words
        self._held, self._parts = InvertedIndex(), InvertedIndex()
        self._cleaned: dict[str, str] = {}

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._held.rows

    @property
    def living(self) -> int:
        """How many rows were not removed."""
        return self._held.living

    def add(
        self,
        texts: Sequence[str],
        bags: Sequence[Sequence[str]],
        phrases: Sequence[Iterable[str]],
        titles: Sequence[str],
    ) -> None:
        """Add rows: their texts, the tokens of these, the phrases in them, and their titles or empty texts."""
        self._cleaned = {}
        held, parts = list[list[str]](), list[list[str]]()
        for text, bag, own, title in zip(texts, bags, phrases, titles, strict=True):
            known = [phrase for phrase in own if phrase.count(" ") < _MOST_WORDS]
            inside, always = capitalised(text, bag)
            held.append(
                [
                    *(_INSIDE + word for word in inside),
                    *(_ALWAYS + word for word in always),
                    *(_PHRASE + phrase for phrase in known),
                    *([_TITLE + title] if title else []),
                ]
            )
            cut = dict.fromkeys(part for phrase in known for part in _parts_of(phrase))
            parts.append(list(cut | ({title: None} if title else {})))
        self._held.add(held)
        self._parts.add(parts)

    def remove(self, rows: Iterable[int]) -> None:
        """Rows no longer hold anything."""
        self._cleaned = {}
        gone = list(rows)
        self._held.remove(gone)
        self._parts.remove(gone)

    def marks(self, row: int) -> set[str]:
        """The marks of a living row."""
        held = self._held.terms(row)
        names = {self._clean(term[1:]) for term in held if term[0] == _PHRASE}
        return (names | {term[1:] for term in held if term[0] == _TITLE}) - {""}

    def holders(self, mark: str) -> IntArray:
        """Living rows with a mark, ascending; none where it is so common that it joins nobody."""
        if self._parts.count(mark) > 4 * MOST_HOLDERS:
            return np.zeros(0, dtype=np.int64)
        rows = self._parts.holders(mark)
        return rows[[mark in self.marks(row) for row in rows.tolist()]] if rows.size else rows

    def lower(self, word: str) -> int:
        """How many living rows hold a token in lower case."""
        # Numbers have no case.
        return self._words.count(word) - self._held.count(_ALWAYS + word) if word[0].isalpha() else 0

    def upper(self, word: str) -> int:
        """How many living rows hold a token capitalised inside a sentence."""
        return self._held.count(_INSIDE + word)

    def state(self) -> dict[str, AnyArray]:
        """Everything but the words as arrays, by name."""
        parts = {"held": self._held, "parts": self._parts}
        return {f"{name}.{inner}": array for name, own in parts.items() for inner, array in own.state().items()}

    @classmethod
    def from_state(cls, arrays: Mapping[str, AnyArray], words: WordIndex) -> NameIndex:
        """The names of these arrays; InvalidInput if they contradict each other."""
        index = cls(words)
        own: dict[str, dict[str, AnyArray]] = {"held": {}, "parts": {}}
        for name, array in arrays.items():
            part, _, inner = name.partition(".")
            own[part][inner] = array
        index._held, index._parts = (InvertedIndex.from_state(own[part]) for part in ("held", "parts"))
        return index

    def _clean(self, phrase: str) -> str:
        if phrase not in self._cleaned:
            self._cleaned[phrase] = cleaned_name(phrase, self.lower, self.upper)
        return self._cleaned[phrase]


def capitalised(text: str, bag: Sequence[str]) -> tuple[set[str], set[str]]:
    """The tokens of a text that stand capitalised inside a sentence, and those that stand capitalised everywhere in it.

    Together with the number of records that hold a token at all they say what
    :func:`hnsw_bridge.text.links.cased_tokens` does, for a fifth of the time.

    Args:
        text: of a record.
        bag: its tokens, each as often as it stands there.
    """
    inside, times = set[str](), dict[str, int]()
    for match in (_ASCII_CAPITALISED if text.isascii() else _CAPITALISED).finditer(text):
        word, start = match.group(), match.start()
        if word[0].isupper() and not (start and (text[start - 1].isalnum() or text[start - 1] in _INSIDE_WORDS)):
            found = _word_tokens(word)
            for one in found:
                times[one] = times.get(one, 0) + 1
            if not _begins(text, start):
                inside.update(found)
    return inside, {word for word, count in times.items() if bag.count(word) <= count}


def _begins(text: str, place: int) -> bool:
    """Whether a sentence begins at a place."""
    if place == 0:
        return True
    last = place - 1
    while last > 0 and text[last].isspace() and text[last] != "\n":
        last -= 1
    return text[last] in _ENDS


@lru_cache(maxsize=1 << 16)
def _word_tokens(word: str) -> tuple[str, ...]:
    return tuple(tokens(word))


def _parts_of(phrase: str) -> list[str]:
    """What may be left of a phrase when words at its ends are cut off."""
    words = phrase.split()
    count = len(words)
    cuts = ((start, end) for start in range(count) for end in range(start + 1, count + 1))
    return [" ".join(words[start:end]).strip(" .") for start, end in cuts]
