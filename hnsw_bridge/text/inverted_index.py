"""An inverted index that grows and shrinks record by record: which rows hold a term, and which terms a row holds.

    row -> (term, count) ...        forward, in the order in which rows were added
    term -> (row, count) ...        inverted, made from it

Rows are added in segments of consecutive rows, each frozen. A new segment is merged with the one before it while that
is at most twice as large, so a row is copied a logarithmic number of times and a term is looked up in a logarithmic
number of segments. A removed row stays in its segment, and no longer counts as a holder.

Source of the merging: O'Neil et al., *The log-structured merge-tree*, Acta Informatica 33 (1996). BM25: Robertson &
    Zaragoza, *The Probabilistic Relevance Framework* (2009), with the idf of Lucene, which is never negative.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count, islice

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BoolArray, FloatArray, IntArray, grown
from neuro.errors import InvalidInput

K1, B = 1.5, 0.75
"""How soon a word's count saturates, and how much a text's length counts."""

_SMALL = 4096
"""Postings up to which segments are merged at once."""

Postings = npt.NDArray[np.int32]


@dataclass(frozen=True, slots=True, eq=False)
class Segment:
    """Consecutive rows and their terms.

    Args:
        first: the first row.
        row_start: shape (rows + 1,), where each row's terms begin.
        terms, counts: shape (postings,), row by row.
        held: the terms, ascending.
        term_start: shape (held + 1,), where each term's rows begin.
        rows, row_counts: shape (postings,), term by term, rows ascending.
    """

    first: int
    row_start: IntArray
    terms: Postings
    counts: Postings
    held: Postings
    term_start: IntArray
    rows: Postings
    row_counts: Postings

    @classmethod
    def of(cls, first: int, row_start: IntArray, terms: Postings, counts: Postings) -> Segment:
        """The segment of rows, from their terms."""
        order = np.argsort(terms, kind="stable")
        rows = np.repeat(np.arange(first, first + row_start.size - 1, dtype=np.int32), np.diff(row_start))
        ordered = terms[order]
        place = np.flatnonzero(np.r_[True, ordered[1:] != ordered[:-1]][: ordered.size])
        term_start = np.append(place, terms.size).astype(np.int64)
        return cls(first, row_start, terms, counts, ordered[place], term_start, rows[order], counts[order])

    @property
    def last(self) -> int:
        """The row after the last."""
        return self.first + self.row_start.size - 1

    def holders(self, term: int) -> tuple[Postings, Postings]:
        """Rows that hold a term, ascending, and how often."""
        place = int(np.searchsorted(self.held, term))
        if place == self.held.size or self.held[place] != term:
            return self.rows[:0], self.row_counts[:0]
        part = slice(int(self.term_start[place]), int(self.term_start[place + 1]))
        return self.rows[part], self.row_counts[part]

    def of_row(self, row: int) -> tuple[Postings, Postings]:
        """The terms of a row and how often it holds each."""
        part = slice(int(self.row_start[row - self.first]), int(self.row_start[row - self.first + 1]))
        return self.terms[part], self.counts[part]

    def joined(self, later: Segment) -> Segment:
        """This segment and the one that follows it, as one."""
        return Segment.of(
            self.first,
            np.concatenate([self.row_start, self.row_start[-1] + later.row_start[1:]]),
            np.concatenate([self.terms, later.terms]),
            np.concatenate([self.counts, later.counts]),
        )


class InvertedIndex:
    """Terms of rows, both ways. Rows are numbered from 0 in the order in which they are added."""

    def __init__(self) -> None:
        # A term that is looked up by [] gets the next number.
        self._numbers: defaultdict[str, int] = defaultdict(count().__next__)
        self._names: list[str] = []
        self._segments: list[Segment] = []
        self._holders = np.zeros(0, dtype=np.int64)
        self._sizes = np.zeros(0, dtype=np.int64)
        self._alive = np.zeros(0, dtype=np.bool_)
        self.rows = 0
        self.living = 0
        self.total = 0

    @property
    def vocabulary(self) -> Sequence[str]:
        """Every term that a row ever held."""
        return self._names

    def add(self, bags: Iterable[Sequence[str]]) -> None:
        """Add rows, each with its terms; a term may stand in one several times."""
        flat, lengths, numbers = list[str](), list[int](), self._numbers
        for bag in bags:
            flat += bag
            lengths.append(len(bag))
        own = np.fromiter(map(numbers.__getitem__, flat), dtype=np.int64, count=len(flat))
        self._names += list(islice(reversed(numbers), len(numbers) - len(self._names)))[::-1]
        keys = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths) * len(numbers) + own
        pairs, counts = np.unique(keys, return_counts=True)
        rows, terms = np.divmod(pairs, max(len(numbers), 1))
        start = np.searchsorted(rows, np.arange(len(lengths) + 1)).astype(np.int64)
        first, self.rows = self.rows, self.rows + len(lengths)
        self._holders = _zero_grown(self._holders, len(numbers))
        self._sizes, self._alive = _zero_grown(self._sizes, self.rows), _zero_grown(self._alive, self.rows)
        self._sizes[first : self.rows], self._alive[first : self.rows] = lengths, True
        self.living, self.total = self.living + len(lengths), self.total + len(flat)
        if terms.size > len(numbers) // 8:
            self._holders[: len(numbers)] += np.bincount(terms, minlength=len(numbers))
        else:
            np.add.at(self._holders, terms, 1)
        self._append(Segment.of(first, start, terms.astype(np.int32), counts.astype(np.int32)))

    def remove(self, rows: Iterable[int]) -> None:
        """Rows no longer hold anything; those that hold nothing already stay as they are."""
        for row in rows:
            if self._alive[row]:
                self._alive[row] = False
                terms, _ = self._segment(row).of_row(row)
                self._holders[terms] -= 1
                self.living, self.total = self.living - 1, self.total - int(self._sizes[row])

    def holders(self, term: str) -> IntArray:
        """Living rows that hold a term, ascending."""
        return self._found(term)[0].astype(np.int64)

    def count(self, term: str) -> int:
        """How many living rows hold a term."""
        number = self._numbers.get(term)
        return 0 if number is None else int(self._holders[number])

    def terms(self, row: int) -> list[str]:
        """The different terms of a living row."""
        if not self._alive[row]:
            return []
        return [self._names[number] for number in self._segment(row).of_row(row)[0].tolist()]

    def holds(self, row: int, term: str) -> bool:
        """Whether a living row holds a term."""
        number = self._numbers.get(term)
        return number is not None and bool(self._alive[row]) and number in self._segment(row).of_row(row)[0]

    def state(self) -> dict[str, AnyArray]:
        """Everything as arrays, by name; :meth:`from_state` reads them."""
        whole = Segment.of(0, np.zeros(1, np.int64), np.zeros(0, np.int32), np.zeros(0, np.int32))
        for segment in self._segments:
            whole = segment if whole.last == 0 else whole.joined(segment)
        self._segments = [whole] if self.rows else []
        names = ("row_start", "terms", "counts", "held", "term_start", "rows", "row_counts")
        return {name: getattr(whole, name) for name in names} | {
            "names": packed_texts(self._names),
            "alive": self._alive[: self.rows],
            "sizes": self._sizes[: self.rows],
        }

    @classmethod
    def from_state(cls, arrays: Mapping[str, AnyArray]) -> InvertedIndex:
        """The index of these arrays.

        Raises:
            InvalidInput: they contradict each other.
        """
        index = cls()
        index._names = unpacked_texts(arrays["names"])
        known = {name: number for number, name in enumerate(index._names)}
        index._numbers = defaultdict(count(len(known)).__next__, known)
        names = ("row_start", "terms", "counts", "held", "term_start", "rows", "row_counts")
        whole = Segment(0, *(arrays[name] for name in names))
        alive, sizes = arrays["alive"], arrays["sizes"]
        rows, postings, most = alive.size, whole.terms.size, max(len(index._names), 1)
        if (
            not sizes.size == rows == whole.row_start.size - 1
            or not whole.counts.size == whole.rows.size == whole.row_counts.size == postings
            or whole.row_start[-1] != postings
            or whole.term_start[-1] != postings
            or whole.held.size != whole.term_start.size - 1
            or (postings and not 0 <= whole.terms.min() <= whole.terms.max() < most)
            or (postings and not 0 <= whole.rows.min() <= whole.rows.max() < rows)
        ):
            raise InvalidInput("its words contradict each other")
        index.rows, index.living, index.total = rows, int(np.count_nonzero(alive)), int(sizes[alive].sum())
        index._alive, index._sizes = alive.copy(), sizes.copy()
        held = np.repeat(alive, np.diff(whole.row_start))
        index._holders = np.bincount(whole.terms[held], minlength=len(index._names)).astype(np.int64)
        index._segments = [whole] if rows else []
        return index

    def _append(self, segment: Segment) -> None:
        self._segments.append(segment)
        while len(self._segments) > 1:
            before, last = self._segments[-2:]
            if before.terms.size > max(2 * last.terms.size, _SMALL):
                break
            self._segments[-2:] = [before.joined(last)]

    def _segment(self, row: int) -> Segment:
        return next(segment for segment in reversed(self._segments) if segment.first <= row)

    def _found(self, term: str) -> tuple[Postings, Postings]:
        """Living rows that hold a term, ascending, and how often."""
        number = self._numbers.get(term, -1)
        parts = [segment.holders(number) for segment in self._segments] if number >= 0 else []
        if not parts:
            return np.zeros(0, np.int32), np.zeros(0, np.int32)
        rows, counts = (np.concatenate(part) for part in zip(*parts, strict=True))
        kept = self._alive[rows]
        return rows[kept], counts[kept]


@dataclass(frozen=True, slots=True, eq=False)
class TokenScores:
    """How well rows answer each of some words; most rows hold none, so only those that do are kept.

    Args:
        size: number of rows.
        rows: for each word the rows that hold it, ascending.
        scores: theirs, above 0.
    """

    size: int
    rows: tuple[IntArray, ...]
    scores: tuple[FloatArray, ...]

    @property
    def known(self) -> BoolArray:
        """Which words any row holds, shape (words,)."""
        return np.array([rows.size > 0 for rows in self.rows], dtype=np.bool_)

    def within(self, allowed: BoolArray) -> TokenScores:
        """The same for allowed rows alone."""
        kept = [allowed[rows] for rows in self.rows]
        return TokenScores(
            self.size,
            tuple(rows[keep] for rows, keep in zip(self.rows, kept, strict=True)),
            tuple(scores[keep] for scores, keep in zip(self.scores, kept, strict=True)),
        )

    def raised(self, word: int, rows: IntArray, scores: FloatArray) -> TokenScores:
        """The same with a word's scores of some rows, which may repeat, where they are larger than what is there."""
        own = np.zeros(self.size)
        own[self.rows[word]] = self.scores[word]
        np.maximum.at(own, rows, scores)
        held = np.flatnonzero(own)
        return TokenScores(
            self.size,
            (*self.rows[:word], held, *self.rows[word + 1 :]),
            (*self.scores[:word], own[held], *self.scores[word + 1 :]),
        )

    def total(self, which: BoolArray | None = None) -> FloatArray:
        """The sum over all words, or some, for each row, shape (rows,)."""
        result = np.zeros(self.size)
        for place, (rows, scores) in enumerate(zip(self.rows, self.scores, strict=True)):
            if which is None or which[place]:
                result[rows] += scores
        return result

    def at(self, nodes: IntArray) -> FloatArray:
        """The scores of some rows, shape (words, nodes); 0 for what is no row."""
        result = np.zeros((len(self.rows), nodes.size))
        for own, rows, scores in zip(result, self.rows, self.scores, strict=True):
            if rows.size:
                place = np.minimum(np.searchsorted(rows, nodes), rows.size - 1)
                held = rows[place] == nodes
                own[held] = scores[place[held]]
        return result


class WordIndex(InvertedIndex):
    """BM25 over the words of rows.

        score(question, row) = sum over words w of  idf(w) c / (c + K1 (1 - B + B length / mean length))
        idf(w) = ln(1 + (rows - holders + 1/2) / (holders + 1/2))

    ``c`` is how often the row holds w. Rows, holders and lengths are those of living rows.
    """

    def scores(self, words: Sequence[str]) -> FloatArray:
        """The BM25 score of each row, shape (rows,); 0 for one that was removed. A word given twice counts twice."""
        result = np.zeros(self.rows)
        for word, times in Counter(words).items():
            rows, scores = self.scored(word)
            result[rows] += times * scores
        return result

    def scores_of_each(self, words: Sequence[str]) -> TokenScores:
        """The BM25 score of each row to each word alone."""
        found = [self.scored(word) for word in words]
        return TokenScores(self.rows, tuple(rows for rows, _ in found), tuple(scores for _, scores in found))

    def scored(self, word: str) -> tuple[IntArray, FloatArray]:
        """The rows that hold a word, ascending, and their scores to it alone."""
        rows, counts = self._found(word)
        if not rows.size:
            return rows.astype(np.int64), np.zeros(0)
        idf = np.log1p((self.living - rows.size + 0.5) / (rows.size + 0.5))
        mean = self.total / self.living
        scores = idf * counts / (counts + K1 * (1.0 - B + B * self._sizes[rows] / mean))
        return rows.astype(np.int64), np.asarray(scores, dtype=np.float64)


def rows_with_all(index: InvertedIndex, terms: Sequence[str]) -> IntArray:
    """Living rows that hold each of some terms, ascending; the rarest is looked up first. At least one term."""
    ordered = sorted(terms, key=index.count)
    rows = index.holders(ordered[0])
    for term in ordered[1:]:
        if not rows.size:
            break
        rows = np.intersect1d(rows, index.holders(term), assume_unique=True)
    return rows


def packed_texts(texts: Sequence[str]) -> AnyArray:
    """Texts as one array of bytes, for a snapshot."""
    return np.frombuffer(
        "\0".join(text.replace("\\", "\\\\").replace("\0", "\\0") for text in texts).encode(), np.uint8
    )


def unpacked_texts(content: AnyArray) -> list[str]:
    """The texts of :func:`packed_texts`, of which none was empty."""
    whole = content.tobytes().decode()
    texts = whole.split("\0") if whole else []
    if "\\" not in whole:
        return texts
    return ["\\".join(part.replace("\\0", "\0") for part in text.split("\\\\")) for text in texts]


def _zero_grown(array: AnyArray, rows: int) -> AnyArray:
    before = len(array)
    longer = grown(array, rows)
    longer[before:] = 0
    return longer
