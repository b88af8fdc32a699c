"""Links of a text memory, kept row by row: a node's neighbours are worked out when it fires, from indices alone.

The layers are those of :func:`hnsw_bridge.text.links.text_layers`, which makes all of them at once and is their oracle.
A write changes what the written rows hold; nothing else is touched.
"""

from __future__ import annotations

import bisect
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from hnsw_bridge.layers import MOST_WEIGHT
from hnsw_bridge.text.inverted_index import InvertedIndex, WordIndex, packed_texts, rows_with_all, unpacked_texts
from hnsw_bridge.text.links import NEAR, bare_title
from hnsw_bridge.text.name_index import MOST_HOLDERS, NameIndex
from hnsw_bridge.text.tokens import normalised, tokens
from neuro.arrays import AnyArray, BoolArray, FloatArray, IntArray, grown
from neuro.errors import InvalidInput

TITLES, PHRASES, ADJACENT, TIME, LEARNED = "titles", "phrases", "adjacent", "time", "learned"
LAYERS = (TITLES, PHRASES, ADJACENT, TIME, LEARNED)
"""Names of the layers, in their order."""

_TITLES, _PHRASES, _ADJACENT, _TIME = 0.5, 0.25, 0.5, 0.25
_MOST_EDGES = 64
_GAPS, _WORD = re.compile(r"[^\w]+"), re.compile(r"\w+")

LinkEnds = tuple[IntArray, FloatArray]
"""Rows, ascending, and the weights of the edges to them, in thresholds."""


class RecordOrder:
    """Rows of each group in an order: who stands before and after whom. Ties go to the lower id.

    ``before`` and ``after`` hold a row's neighbours, -1 where there is none. A row at the end of its group is put there
    in constant time, one in between by bisection.
    """

    def __init__(self) -> None:
        self.rows = 0
        self._groups: dict[str, int] = {}
        self._group = np.zeros(0, dtype=np.int32)
        self._value = np.zeros(0, dtype=np.float64)
        self._id = np.zeros(0, dtype=np.int64)
        self._before, self._after = np.zeros((2, 0), dtype=np.int64)
        self._last: dict[int, int] = {}
        self._sorted: dict[int, list[tuple[float, int, int]]] = {}

    @property
    def before(self) -> IntArray:
        """Shape (rows,)."""
        return self._before[: self.rows]

    @property
    def after(self) -> IntArray:
        """Shape (rows,)."""
        return self._after[: self.rows]

    @property
    def value(self) -> FloatArray:
        """What rows are ordered by, shape (rows,); NaN for a row of no group."""
        return self._value[: self.rows]

    def add(self, places: Sequence[tuple[str, float] | None], ids: Sequence[int]) -> None:
        """Add rows: the group of each and its value there; None: of no group."""
        first, self.rows = self.rows, self.rows + len(places)
        for name in ("_group", "_value", "_id", "_before", "_after"):
            setattr(self, name, grown(getattr(self, name), self.rows))
        part = slice(first, self.rows)
        numbers = self._groups
        self._group[part] = [-1 if place is None else numbers.setdefault(place[0], len(numbers)) for place in places]
        self._value[part] = [np.nan if place is None else place[1] for place in places]
        self._id[part] = ids
        self._before[part], self._after[part] = -1, -1
        if len(places) > max(64, first // 8):
            self._sort_all()
            return
        for row in range(first, self.rows):
            self._insert(row)

    def remove(self, rows: Iterable[int]) -> None:
        """Take rows out of their groups."""
        for row in rows:
            group = int(self._group[row])
            if group < 0:
                continue
            before, after = int(self._before[row]), int(self._after[row])
            if before >= 0:
                self._after[before] = after
            if after >= 0:
                self._before[after] = before
            else:
                self._last.pop(group)
                if before >= 0:
                    self._last[group] = before
            known = self._sorted.get(group)
            if known is not None:
                del known[bisect.bisect_left(known, self._key(row))]
            self._group[row], self._before[row], self._after[row] = -1, -1, -1

    def gap(self, row: int, other: int) -> float:
        """How much later the other row's value is."""
        return float(self._value[other] - self._value[row])

    def state(self) -> dict[str, AnyArray]:
        """Everything as arrays, by name."""
        names = ("_group", "_value", "_id")
        return {name[1:]: getattr(self, name)[: self.rows] for name in names} | {
            "groups": packed_texts(list(self._groups))
        }

    @classmethod
    def from_state(cls, arrays: Mapping[str, AnyArray]) -> RecordOrder:
        """The order of these arrays; InvalidInput if they contradict each other."""
        order = cls()
        order._groups = {name: number for number, name in enumerate(unpacked_texts(arrays["groups"]))}
        order._group, order._value, order._id = (arrays[name].copy() for name in ("group", "value", "id"))
        order.rows = order._group.size
        if not order._value.size == order._id.size == order.rows or order._group.max(initial=-1) >= len(order._groups):
            raise InvalidInput("its order contradicts itself")
        order._before, order._after = np.full((2, order.rows), -1, dtype=np.int64)
        order._sort_all()
        return order

    def _key(self, row: int) -> tuple[float, int, int]:
        return float(self._value[row]), int(self._id[row]), row

    def _insert(self, row: int) -> None:
        group = int(self._group[row])
        if group < 0:
            return
        last = self._last.get(group, -1)
        if last < 0 or self._key(last) < self._key(row):
            before, after = last, -1
            self._last[group] = row
            if group in self._sorted:
                self._sorted[group].append(self._key(row))
        else:
            known = self._sorted_group(group, row)
            place = bisect.bisect_left(known, self._key(row))
            before, after = known[place - 1][2] if place else -1, known[place][2]
            known.insert(place, self._key(row))
        self._before[row], self._after[row] = before, after
        if before >= 0:
            self._after[before] = row
        if after >= 0:
            self._before[after] = row

    def _sorted_group(self, group: int, without: int) -> list[tuple[float, int, int]]:
        if group not in self._sorted:
            rows = np.flatnonzero(self._group[: self.rows] == group)
            # Rows after this one of the same addition are not in their places yet.
            self._sorted[group] = sorted(self._key(row) for row in rows[rows < without].tolist())
        return self._sorted[group]

    def _sort_all(self) -> None:
        # Removed rows are of no group.
        rows = np.flatnonzero(self._group[: self.rows] >= 0)
        rows = rows[np.lexsort((self._id[rows], self._value[rows], self._group[rows]))]
        follows = self._group[rows[1:]] == self._group[rows[:-1]]
        self._before[rows], self._after[rows] = -1, -1
        self._after[rows[:-1][follows]], self._before[rows[1:][follows]] = rows[1:][follows], rows[:-1][follows]
        ends = rows[self._after[rows] < 0]
        self._last = dict(zip(self._group[ends].tolist(), ends.tolist(), strict=True))
        self._sorted = {}


class TitleIndex:
    """Which titles a text mentions: whole words, case ignored.

    Args:
        shortest: letters below which a title is none.
    """

    def __init__(self, shortest: int = 4) -> None:
        self._shortest = shortest
        self._keys = InvertedIndex()
        self._lengths: dict[str, set[int]] = {}

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return self._keys.rows

    @property
    def any(self) -> bool:
        """Whether a living row has a title."""
        return self._keys.total > 0

    def add(self, titles: Sequence[str]) -> list[str]:
        """Add rows with their titles; returns the keys that no living row had before."""
        keys = [key if len(key := title_key(title)) >= self._shortest else "" for title in titles]
        fresh = [key for key in dict.fromkeys(keys) if key and not self._keys.count(key)]
        self._keys.add([[key] if key else [] for key in keys])
        self._learn(fresh)
        return fresh

    def remove(self, rows: Iterable[int]) -> None:
        """Rows have no title any more."""
        self._keys.remove(rows)

    def key(self, row: int) -> str:
        """The key of a row's title; an empty text where it has none."""
        return next(iter(self._keys.terms(row)), "")

    def holders(self, key: str) -> IntArray:
        """Rows whose title has a key, ascending."""
        return self._keys.holders(key)

    def keys_in(self, text: str) -> list[str]:
        """The keys that a text mentions, each once."""
        if not self._lengths:
            return []
        words = _WORD.findall(text.lower() if text.isascii() else normalised(text))
        found = dict[str, None]()
        for first in self._lengths.keys() & set(words):
            starts = [place for place, word in enumerate(words) if word == first]
            for length in self._lengths[first]:
                keys = (" ".join(words[start : start + length]) for start in starts)
                found |= dict.fromkeys(key for key in keys if self._keys.count(key))
        return list(found)

    def of(self, text: str) -> list[int]:
        """Rows whose title the text mentions, ascending."""
        return sorted({row for key in self.keys_in(text) for row in self.holders(key).tolist()})

    def scores(self, text: str) -> FloatArray:
        """1 for each row whose title the text mentions, shape (rows,)."""
        result = np.zeros(self.rows)
        result[self.of(text)] = 1.0
        return result

    def state(self) -> dict[str, AnyArray]:
        """Everything as arrays, by name."""
        return self._keys.state()

    @classmethod
    def from_state(cls, arrays: Mapping[str, AnyArray], shortest: int = 4) -> TitleIndex:
        """The titles of these arrays; InvalidInput if they contradict each other."""
        titles = cls(shortest)
        titles._keys = InvertedIndex.from_state(arrays)
        titles._learn(titles._keys.vocabulary)
        return titles

    def _learn(self, keys: Iterable[str]) -> None:
        for key in keys:
            words = key.split()
            self._lengths.setdefault(words[0], set()).add(len(words))


def title_key(title: str) -> str:
    """The words of a title without what stands in brackets, in one form."""
    return _words(bare_title(title))


def mentions_key(text: str, key: str) -> bool:
    """Whether a text holds the words of a key one after another."""
    return f" {key} " in f" {_words(text)} "


def _words(text: str) -> str:
    return _GAPS.sub(" ", text.lower() if text.isascii() else normalised(text)).strip()


@dataclass(frozen=True, slots=True, eq=False)
class TextLinks:
    """The neighbours of rows, layer by layer; made by :class:`hnsw_bridge.text.state.TextMemoryState`.

    Args:
        alive: shape (rows,).
        titles: of rows.
        mentions: row -> keys of titles that its text mentions, as known when it was written.
        later, later_of: key -> rows that mention it and were written before any record had that title; row ->
            such keys.
        names: the marks that rows share.
        documents, times: orders in documents and in time.
        learned: id -> id -> weight.
        ids: of the rows, shape (rows,).
        row_of: id -> living row.
        cache: neighbours that were asked for since the last write.
    """

    alive: BoolArray
    titles: TitleIndex
    mentions: InvertedIndex
    later: Mapping[str, Sequence[int]]
    later_of: Mapping[int, Sequence[str]]
    names: NameIndex
    documents: RecordOrder
    times: RecordOrder
    learned: Mapping[int, Mapping[int, float]]
    ids: IntArray
    row_of: Mapping[int, int]
    cache: dict[int, LinkEnds]

    @property
    def nodes(self) -> int:
        """Number of rows."""
        return int(self.alive.size)

    def neighbours(self, node: int) -> LinkEnds:
        """Ends and weights of the edges that leave a row, summed over the layers."""
        if node not in self.cache:
            total: dict[int, float] = {}
            for _, ends, weights in self.by_layer(node):
                for end, weight in zip(ends.tolist(), weights.tolist(), strict=True):
                    total[end] = total.get(end, 0.0) + weight
            self.cache[node] = _neighbours({end: min(max(w, -MOST_WEIGHT), MOST_WEIGHT) for end, w in total.items()})
        return self.cache[node]

    def by_layer(self, node: int) -> list[tuple[str, IntArray, FloatArray]]:
        """Name, ends and weights of each layer's edges that leave a row."""
        if not self.alive[node]:
            return []
        found = (
            (TITLES, self._titled(node)),
            (PHRASES, self._sharing(node)),
            (ADJACENT, self._next_to(self.documents, node, 1.0, lambda _: _ADJACENT)),
            (TIME, self._next_to(self.times, node, NEAR, lambda gap: _TIME * (1.0 - gap / (2.0 * NEAR)))),
            (LEARNED, self._learned(node)),
        )
        return [(name, *neighbours) for name, neighbours in found if neighbours[0].size]

    def _titled(self, node: int) -> LinkEnds:
        key = self.titles.key(node)
        mentioned = [*self.mentions.terms(node), *self.later_of.get(node, ())]
        parts = [self.titles.holders(own) for own in mentioned]
        if key:
            parts += [self.mentions.holders(key), np.array(self.later.get(key, ()), dtype=np.int64)]
        ends = np.unique(np.concatenate([np.zeros(0, np.int64), *parts]))
        ends = ends[self.alive[ends] & (ends != node)]
        return ends, np.full(ends.size, _TITLES)

    def _sharing(self, node: int) -> LinkEnds:
        count, sums = self.names.living, dict[int, float]()
        for mark in sorted(self.names.marks(node)):
            holders = self.names.holders(mark)
            if 2 <= holders.size <= MOST_HOLDERS:
                idf = float(np.log(count / holders.size) / np.log(max(count, 2)))
                for row in holders.tolist():
                    sums[row] = sums.get(row, 0.0) + _PHRASES * idf
        sums.pop(node, None)
        strongest = sorted(sums, key=lambda row: (-sums[row], row))[:_MOST_EDGES]
        return _neighbours({row: min(sums[row], MOST_WEIGHT) for row in strongest})

    def _learned(self, node: int) -> LinkEnds:
        own = self.learned.get(int(self.ids[node]), {})
        return _neighbours({self.row_of[other]: weight for other, weight in own.items() if other in self.row_of})

    def _next_to(self, order: RecordOrder, node: int, reach: float, weight: Callable[[float], float]) -> LinkEnds:
        found = {}
        for other, sign in ((int(order.before[node]), -1.0), (int(order.after[node]), 1.0)):
            gap = sign * order.gap(node, other) if other >= 0 else 0.0
            if 0 < gap <= reach:
                found[other] = weight(gap)
        return _neighbours(found)


def _neighbours(weights: Mapping[int, float]) -> LinkEnds:
    ends = sorted(weights)
    return np.array(ends, dtype=np.int64), np.array([weights[end] for end in ends], dtype=np.float64)


def rows_that_may_mention(words: WordIndex, key: str) -> IntArray:
    """Living rows that hold every token of a key, ascending; none where it has no token."""
    held = tokens(key)
    return rows_with_all(words, list(dict.fromkeys(held))) if held else np.zeros(0, dtype=np.int64)
