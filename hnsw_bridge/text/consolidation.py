"""Answers put in order: copies folded into one, and of two statements about one subject the newer first.

Two records are copies when they hold the same words in the same order, without case, punctuation and fillers (signs
beside numbers and names do count: -5, C++), and agree in namespace, title and speaker. Two records are versions of one
statement when they speak of the same subject (speaker or title, or a name that both hold), share at least half of the
words of the shorter one, and each then says something that the other does not: "Mira lives in Lisbon", "Mira lives in
Oslo now". Both rules look at words alone, so they miss what is said in quite other words, and long texts are never
versions of each other.
"""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from hnsw_bridge.text.links import speaker_of, title_of
from hnsw_bridge.text.records import Record
from hnsw_bridge.text.tokenizer import normalised, tokens

_FILLERS = frozenset(["a", "an", "the", "oh", "well", "so", "really", "very", "just", "please"])
_HEDGES = frozenset(["now", "currently", "today", "still", "anymore", "recently", "already", "again", "new", "old"])
_WORDS = re.compile(r"(?<=\d)[.,:](?=\d)|[-+](?=\d)|[+#*/<>=%^~|&@$€£]|(?<=\w)-(?=\w)|\w+")
"""What two copies share: words, and signs that make another thing of them: C++, -5, 3.5, a/b."""
_ONE_LETTER = re.compile(r"(?<=\w[ -])[A-Z]\b(?!['’])")
_CAPITALISED = re.compile(r"\b(?=[^\W\d_])[^a-z\W]\w*")
_LONGEST, _MOST_NEW = 24, 6
"""Tokens of a statement, and of those in which two versions of it may differ."""
_LEAST_SHARED = 0.5
_COMPARED = 32
"""Answers that are compared with each other, the best ones."""
_STEM = 3
"""Letters that two forms of one verb share: lives, lived, living."""


@dataclass(frozen=True, slots=True)
class Consolidated:
    """Places in a list of records, in the order in which they answer.

    Args:
        order: the place of each answer; the best of copies, the newest of equally good ones.
        counts: of each answer: how many copies it stands for, itself included.
        newer: of each answer: the place of the record that says something newer of its subject; -1: none.
    """

    order: tuple[int, ...]
    counts: tuple[int, ...]
    newer: tuple[int, ...]


def consolidated(records: Sequence[Record], scores: Sequence[float], k: int) -> Consolidated:
    """The first k answers among records that are given best first, with their scores."""
    groups: dict[Hashable, list[int]] = {}
    for place, record in enumerate(records):
        groups.setdefault(_copy_key(record), []).append(place)
    first = [max(group, key=lambda place: (scores[place], records[place].created, place)) for group in groups.values()]
    counts = dict(zip(first, map(len, groups.values()), strict=True))
    order, newer = _newest_first(first[:k], records)
    return Consolidated(tuple(order), tuple(counts[place] for place in order), tuple(newer[place] for place in order))


def contradict(left: Record, right: Record) -> bool:
    """Whether two records say different things of one subject."""
    return _Statement.of(left).contradicts(_Statement.of(right))


def _newest_first(places: Sequence[int], records: Sequence[Record]) -> tuple[list[int], dict[int, int]]:
    """The places with older versions behind newer ones, and for each the newest version of it, or -1."""
    first = places[:_COMPARED]
    said = {place: _Statement.of(records[place]) for place in first}
    newer = dict.fromkeys(places, -1)
    order = list(places)
    for at, place in enumerate(first):
        for other in first[at + 1 :]:
            early, late = sorted((place, other), key=lambda one: records[one].created)
            known = early if newer[early] < 0 else newer[early]
            if records[known].created < records[late].created and said[early].contradicts(said[late]):
                newer[early] = late
    for place in places:
        late = newer[place]
        if late >= 0 and order.index(late) > order.index(place):
            order.remove(late)
            order.insert(order.index(place), late)
    return order, newer


def _copy_key(record: Record) -> Hashable:
    # A capital letter inside a text is a name: vitamin A.
    named = _ONE_LETTER.sub(lambda found: f"{found[0]}_", record.text)
    words = tuple(word for word in _WORDS.findall(normalised(named)) if word not in _FILLERS)
    # A text of signs alone has no words, and is a copy of itself only.
    said: Hashable = words or record.text
    return record.namespace, title_of(record), speaker_of(record), said


@dataclass(frozen=True, slots=True)
class _Statement:
    """About whom a record speaks by itself, its tokens in their order, the names among them, and how they begin."""

    about: tuple[str, str, str]
    words: tuple[str, ...]
    names: frozenset[str]
    forms: frozenset[str]

    @classmethod
    def of(cls, record: Record) -> _Statement:
        speaker = speaker_of(record)
        left_out = _HEDGES.union(tokens(speaker))
        words = dict.fromkeys(word for word in tokens(record.text) if word not in left_out)
        capitalised = frozenset(tokens(" ".join(_CAPITALISED.findall(record.text))))
        return cls(
            (record.namespace, title_of(record), speaker),
            tuple(words),
            capitalised,
            frozenset(word[:_STEM] for word in words),
        )

    def contradicts(self, other: _Statement) -> bool:
        """Whether the two say different things of one subject."""
        longest, shortest = (choose(len(self.words), len(other.words)) for choose in (max, min))
        if self.about != other.about or longest > _LONGEST or self.words == other.words:
            return False
        if len(self.forms & other.forms) < _LEAST_SHARED * shortest:
            return False
        shared = {one for one in self.words if any(_same_word(one, another) for another in other.words)}
        theirs = {one for one in other.words if any(_same_word(one, another) for another in self.words)}
        fresh = len(self.words) - len(shared), len(other.words) - len(theirs)
        said, repeated = shared - self.names, theirs - other.names
        return (
            min(fresh) > 0
            and max(fresh) <= _MOST_NEW
            and bool(said and repeated)
            and len(shared) >= _LEAST_SHARED * shortest
            and self._subject(said) == other._subject(repeated)
        )

    def _subject(self, said: set[str]) -> frozenset[str]:
        """The names in front of what both say."""
        first = next(place for place, word in enumerate(self.words) if word in said)
        return self.names.intersection(self.words[:first])


def _same_word(one: str, other: str) -> bool:
    """Whether two tokens are one word, or forms of one."""
    alike = one[:_STEM] == other[:_STEM] and min(len(one), len(other)) > _STEM
    return one == other or (alike and abs(len(one) - len(other)) <= _STEM and one.isalpha() and other.isalpha())
