"""Hippocampal memory: nearest cues, attention over them, Hebbian synapses for what lies further.

A memory has one or more cues: embeddings that should call it (a text, its paraphrases). Recall takes the memories that
the nearest ``candidates`` cues of a query q call, and weighs all cues of these as a modern Hopfield network does in one
step,

    attention_v = exp(beta cos(q, v)) / sum_u exp(beta cos(q, u))

A memory's attention is the mean over its cues, times its importance: a memory of many cues should not win by their
number. The score ranks alike and means something by itself, so that a threshold can refuse what fits nothing:

    score_a = (1 / beta) log(importance_a mean over cues v of a: exp(beta cos(q, v)))

which is the cosine for a memory of one cue and importance 1. Further hops follow links between memories through 1-bit
Hebbian synapses over spike codes (:class:`neuro.memories.MemoryLinks`).

Sources: Ramsauer et al., *Hopfield networks is all you need*, ICLR 2021 (attention); Teyler & DiScenna, *The
hippocampal memory indexing theory*, Behav. Neurosci. 100 (1986): an index of cues, whose content lies elsewhere.
Ranking by the state that a network settles in instead of the attention was never better than the nearest neighbour.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, Float32Array, FloatArray, IntArray, grown, stable_top_k
from neuro.checks import check_whole, is_real, whole_numbers
from neuro.errors import InvalidInput
from neuro.memories.base import (
    NOTHING,
    IndexedMemory,
    MemoryState,
    RecallResult,
    check_lengths,
    check_recall,
    recall_result,
    state_array,
)
from neuro.memories.hippocampal.cue_index import CueIndex, CueTable, ExactCues
from neuro.memories.hippocampal.links import MemoryLinks
from neuro.memories.items import Items, whole_indices

_BATCH = 256
"""Queries that are compared with all cues at once; bounds the memory that takes."""

_ROUNDING = 1e-6
"""What float32 may take off the cosine of a cue with itself."""


@dataclass(frozen=True, slots=True)
class HippocampalSettings:
    """How a hippocampal memory recalls and stores.

    Args:
        candidates: how many nearest cues attention sees.
        beta: sharpness of attention; a cue whose cosine is ``1 / beta`` lower counts 2.7 times less.
        duplicate: cosine from which a new item becomes one more cue of the memory that it resembles; None: never.
            Off by default: of 20,000 distinct dictionary entries 40 % have another one above .7.

    Raises:
        InvalidInput: a value out of range.
    """

    candidates: int = 20
    beta: float = 8.0
    duplicate: float | None = None

    def __post_init__(self) -> None:
        check_whole("candidates", self.candidates, 1, 1 << 20)
        if not 0 < self.beta < 1e4:
            raise InvalidInput(f"beta is {self.beta}; a number above 0 and below 10,000 is allowed")
        if self.duplicate is not None and not 0 < self.duplicate <= 1:
            raise InvalidInput(f"duplicate is {self.duplicate}; a cosine above 0 and up to 1, or None, is allowed")


def check_importance(given: npt.ArrayLike | None, items: int) -> FloatArray:
    """How much each of some memories counts, (items,): one number for all, or one for each; 1 by default.

    Raises:
        InvalidInput: another shape or dtype, a number that is not above 0 or not finite.
    """
    if given is None:
        return np.ones(items)
    weights = np.asarray(given)
    if not weights.ndim and is_real(weights):
        weights = np.broadcast_to(weights.astype(np.float64), (items,))
    if weights.shape != (items,) or weights.dtype != np.float64:
        raise InvalidInput(
            f"importance has shape {weights.shape}, dtype {weights.dtype}; float64 ({items},) is allowed"
        )
    if not np.all((weights > 0) & (weights < np.inf)):
        raise InvalidInput("importance must be above 0 and finite")
    return weights.copy()


class HippocampalMemory(IndexedMemory):
    """Memories that each answer to one or more cues; float32 embeddings in, the memory's index out.

    Args:
        dimensions: of an embedding.
        settings: how it recalls.
        cue_index: finds the nearest cues; exact by default. It must be empty; the memory keeps it filled.
        links: keep what leads to what, for further hops; none by default. They must be empty.

    Raises:
        InvalidInput: ``dimensions`` out of range, links of other dimensions.
    """

    kind: ClassVar[str] = "memory.hippocampal"

    def __init__(
        self,
        dimensions: int,
        *,
        settings: HippocampalSettings | None = None,
        cue_index: CueIndex | None = None,
        links: MemoryLinks | None = None,
    ) -> None:
        check_whole("dimensions", dimensions, 1, 1 << 20)
        self.dimensions = int(dimensions)
        self.settings = HippocampalSettings() if settings is None else settings
        self._cue_index: CueIndex = ExactCues(self.dimensions) if cue_index is None else cue_index
        if links is not None and links.dimensions != dimensions:
            raise InvalidInput(f"the links' encoder takes {links.dimensions} dimensions; the memory has {dimensions}")
        self._links = links
        self._items = Items()
        self._importance = np.empty(0)
        self._cues = CueTable(self.dimensions)

    @property
    def cues(self) -> int:
        """How many cues call the memories."""
        return len(self._cues)

    def store(
        self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None, importance: npt.ArrayLike | None = None
    ) -> IntArray:
        """Store memories by one cue each.

        Args:
            cues: (dimensions,) or (n, dimensions), float32.
            indices: a whole number >= 0 for each; consecutive ones after the largest by default.
            importance: how much each counts, above 0, (n,); 1 by default.

        Returns:
            The index that answers to each cue, (n,): a near-duplicate (``settings.duplicate``) gets the index of the
            memory that it joined, and the index meant for it stays free.

        Raises:
            InvalidInput: cues that do not fit, indices taken or given twice; the memory is unchanged then.
        """
        rows = _directions(cues, self.dimensions)
        names = self._items.names(len(rows), indices)
        weights = check_importance(importance, len(rows))
        duplicate = self.settings.duplicate
        if duplicate is None:
            self._add(names, rows, weights)
            return names
        items = zip(names, rows, weights, strict=True)
        return np.array([self._store_or_join(*item, duplicate) for item in items], dtype=np.int64)

    def add_cues(self, indices: npt.ArrayLike, cues: npt.ArrayLike) -> None:
        """Let stored memories answer to further cues: paraphrases, questions that led to them.

        Args:
            indices: of the memory that each cue calls, (n,); may repeat.
            cues: (n, dimensions), float32.

        Raises:
            InvalidInput: an index that is not stored, cues that do not fit, another number of them.
        """
        rows = _directions(cues, self.dimensions)
        names = np.atleast_1d(whole_indices(indices))
        self._items.rows(np.unique(names))
        if names.shape != (len(rows),):
            raise InvalidInput(f"indices have shape {names.shape}; one for each of {len(rows)} cues is allowed")
        self._call(names, rows)

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """The k memories with most attention, best first.

        Args:
            cues: (dimensions,) or (batch, dimensions), float32.
            k: at most the number of memories.
            threshold: a score below it is answered by :data:`neuro.memories.NOTHING`.

        Returns:
            Indices and scores, (k,) or (batch, k); the score is on the scale of a cosine (see the module). An
            approximate cue index that finds fewer than k memories leaves the rest at ``NOTHING`` and -inf.

        Raises:
            InvalidInput: an empty memory, k out of range, cues that do not fit, a threshold of NaN.
        """
        check_recall(len(self), k, threshold)
        rows = _directions(cues, self.dimensions)
        parts = [self._recall(rows[at : at + _BATCH], k) for at in range(0, len(rows), _BATCH)]
        found, scores = (np.concatenate([part[side] for part in parts]) for side in (0, 1))
        return recall_result(found, scores, threshold=threshold, single=np.ndim(cues) == 1)

    def link(self, sources: npt.ArrayLike, targets: npt.ArrayLike) -> None:
        """Let memory ``sources[i]`` lead to ``targets[i]``; one memory leads to one other: the link that fits its
        code best.

        Raises:
            InvalidInput: a memory without links, an index that is not stored, as many sources as targets not given.
        """
        links = self._with_links()
        ends = [np.atleast_1d(whole_numbers(side, "the ends of links")) for side in (sources, targets)]
        for side in ends:
            self._items.rows(np.unique(side))
        if ends[0].shape != ends[1].shape or ends[0].ndim != 1 or not ends[0].size:
            raise InvalidInput(
                f"{ends[0].size} sources and {ends[1].size} targets; each link has one of both, (links,), not empty"
            )
        cues = self._cues.first(np.concatenate(ends))
        links.store(ends[0], ends[1], cues[: len(ends[0])], cues[len(ends[0]) :])

    def follow(self, cues: npt.ArrayLike, hops: int, *, threshold: float | None = None) -> IntArray:
        """The memory that each cue recalls, and the ``hops`` memories that it leads to in turn.

        Args:
            cues: (dimensions,) or (batch, dimensions), float32.
            hops: links to follow, at least 1.
            threshold: as in :meth:`recall`; what recalls nothing leads nowhere.

        Returns:
            Indices, (hops + 1,) or (batch, hops + 1). :data:`neuro.memories.NOTHING` from the first memory on that no
            link leaves, or that was forgotten.

        Raises:
            InvalidInput: as :meth:`recall`; a memory without links.
        """
        links = self._with_links()
        check_whole("hops", hops, 1, 1_000_000)
        first = np.atleast_2d(self.recall(cues, threshold=threshold).indices)[:, 0]
        path = np.full((len(first), hops + 1), NOTHING, dtype=np.int64)
        path[:, 0] = first
        known = np.flatnonzero(first != NOTHING)
        if known.size and len(links):
            path[known, 1:] = links.follow(first[known], self._cues.first(first[known]), hops)
        gone = ~np.isin(path, self._items.indices)
        path[np.logical_or.accumulate(gone, axis=1)] = NOTHING
        return path[0] if np.ndim(cues) == 1 else path

    def attention(self, cue: npt.ArrayLike) -> tuple[IntArray, FloatArray]:
        """Who is attended to: the memories among the candidates and their shares, which sum to 1, best first.

        Raises:
            InvalidInput: an empty memory, a cue that does not fit.
        """
        check_recall(len(self), 1, None)
        rows = _directions(cue, self.dimensions)
        if len(rows) != 1:
            raise InvalidInput(f"{len(rows)} cues; attention is that of one cue: ask for each by itself")
        numbers, cosines = self._cue_index.nearest(rows, min(self.settings.candidates, self.cues))
        names, scores = self._ranked(rows[0], numbers[0], cosines[0])
        shares = np.exp(self.settings.beta * (scores - scores.max()))
        return names, shares / shares.sum()

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove memories with all of their cues, and the links that leave or reach them.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        stays = self._items.remove(indices)
        self._importance = self._importance[: len(stays)][stays]
        names = np.atleast_1d(np.asarray(indices))
        self._cue_index.remove(self._cues.forget(names))
        if self._links is not None:
            self._links.forget(names)

    def importance(self, indices: npt.ArrayLike) -> FloatArray:
        """How much memories count, (n,).

        Raises:
            InvalidInput: an index that is not stored.
        """
        return np.asarray(self._importance[self._items.rows(indices)])

    def set_importance(self, indices: npt.ArrayLike, importance: npt.ArrayLike) -> None:
        """Let memories count more or less; recall multiplies their attention by it.

        Raises:
            InvalidInput: an index that is not stored, an importance that is not above 0.
        """
        rows = self._items.rows(indices)
        self._importance[rows] = check_importance(importance, len(rows))

    def age(self, factor: float) -> None:
        """Multiply the importance of every memory: what is not strengthened again fades, down to 2.2e-308.

        Raises:
            InvalidInput: a factor outside (0, 1].
        """
        if not 0 < factor <= 1:
            raise InvalidInput(f"factor is {factor}; a number above 0 and up to 1 is allowed")
        faded = self._importance[: len(self)] * factor
        self._importance[: len(self)] = np.maximum(faded, np.finfo(np.float64).tiny)

    def consolidate(self, keep: int) -> IntArray:
        """Sleep: keep the most important memories, the earlier of equal ones, and rebuild from what is kept.

        Args:
            keep: how many, at least 1.

        Returns:
            The indices that were forgotten, ascending.

        Raises:
            InvalidInput: ``keep`` is no whole number above 0.
        """
        check_whole("keep", keep, 1, 1 << 62)
        order = stable_top_k(self._importance[: len(self)])
        lost = np.sort(self._items.indices[order[keep:]])
        if lost.size:
            self.forget(lost)
        self._cues.compact()
        if self._links is not None:
            sources, targets = self._links.pairs[np.isin(self._links.pairs, self._items.indices).all(axis=1)].T
            self._links.clear()
            if sources.size:
                self.link(sources, targets)
        return lost

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is: ``shape`` (dimensions, candidates), ``settings`` (beta, duplicate or 2), ``indices``,
        ``importance``, ``calls`` (the index that each cue calls), ``cues``, ``links`` (source, target).
        """
        duplicate = 2.0 if self.settings.duplicate is None else self.settings.duplicate
        calls, cues = self._cues.kept()
        return {
            "shape": np.array([self.dimensions, self.settings.candidates], dtype=np.int64),
            "settings": np.array([self.settings.beta, duplicate]),
            "indices": self.indices,
            "importance": self._importance[: len(self)].copy(),
            "calls": calls,
            "cues": cues,
            "links": np.empty((0, 2), dtype=np.int64) if self._links is None else self._links.pairs,
        }

    @classmethod
    def from_state(
        cls, state: MemoryState, *, cue_index: CueIndex | None = None, links: MemoryLinks | None = None
    ) -> Self:
        """The memory that :meth:`state` described, over an exact or an empty given cue index.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another; the memory had
                links and none are given to take them.
        """
        dimensions, candidates = (int(value) for value in state_array(state, "shape", np.int64, (2,)))
        beta, duplicate = (float(value) for value in state_array(state, "settings", np.float64, (2,)))
        settings = HippocampalSettings(candidates, beta, None if duplicate == 2.0 else duplicate)
        memory = cls(dimensions, settings=settings, cue_index=cue_index, links=links)
        names = state_array(state, "indices", np.int64, (None,))
        memory._items.add(memory._items.names(len(names), names))
        memory._importance = check_importance(state_array(state, "importance", np.float64, (len(names),)), len(names))
        calls = state_array(state, "calls", np.int64, (None,))
        cues = state_array(state, "cues", np.float32, (len(calls), dimensions))
        if not np.array_equal(np.unique(calls), np.sort(names)):
            raise InvalidInput("state: calls must name each of indices at least once, and nothing else")
        if len(cues):
            check_lengths(cues, dimensions, "state: cues")
            memory._call(calls, cues)
        pairs = state_array(state, "links", np.int64, (None, 2))
        if len(pairs):
            memory.link(pairs[:, 0], pairs[:, 1])
        return memory

    def _with_links(self) -> MemoryLinks:
        if self._links is None:
            raise InvalidInput("this memory keeps no links; make it with links=MemoryLinks(encoder)")
        return self._links

    def _store_or_join(self, name: int, row: Float32Array, importance: float, duplicate: float) -> int:
        if len(self):
            numbers, cosines = self._cue_index.nearest(row[None], 1)
            if cosines[0, 0] >= duplicate - _ROUNDING:
                joined = self._cues.calls(numbers[0])
                self._call(joined, row[None])
                return int(joined[0])
        self._add(np.array([name]), row[None], np.array([importance]))
        return int(name)

    def _add(self, names: IntArray, rows: Float32Array, importance: FloatArray) -> None:
        before, after = len(self), len(self) + len(names)
        self._importance = grown(self._importance, after)
        self._importance[before:after] = importance
        self._items.add(names)
        self._call(names, rows)

    def _call(self, names: IntArray, rows: Float32Array) -> None:
        self._cue_index.add(self._cues.add(names, rows), rows)

    def _recall(self, rows: Float32Array, k: int) -> tuple[IntArray, FloatArray]:
        found = np.full((len(rows), k), NOTHING, dtype=np.int64)
        scores = np.full((len(rows), k), -np.inf)
        numbers, cosines = self._cue_index.nearest(rows, min(max(k, self.settings.candidates), self.cues))
        for query in range(len(rows)):
            names, ranked = self._ranked(rows[query], numbers[query], cosines[query])
            if len(names) < k:
                # Several of the candidates call the same memory: look at all cues of this query.
                everything = self._cue_index.nearest(rows[query : query + 1], self.cues)
                names, ranked = self._ranked(rows[query], everything[0][0], everything[1][0])
            found[query, : len(names)], scores[query, : len(names)] = names[:k], ranked[:k]
        return found, scores

    def _ranked(self, query: Float32Array, numbers: IntArray, cosines: Float32Array) -> tuple[IntArray, FloatArray]:
        """The memories that some cues call, and their scores, best first; ties to the one stored earlier."""
        there = numbers >= 0
        names = self._cues.calls(numbers[there])
        similar = cosines[there].astype(np.float64)
        if self.cues > len(self):
            names = np.unique(names)
            of = self._cues.of(names)
            counts = np.array([len(part) for part in of])
            similar = (self._cues.vectors(np.concatenate(of)) @ query).astype(np.float64)
            similar = _log_mean_exp(similar, counts, self.settings.beta)
        places = self._items.places(names)
        scores = similar + np.log(self._importance[places]) / self.settings.beta
        order = np.lexsort((places, -scores))
        return names[order], scores[order]


def _log_mean_exp(values: FloatArray, counts: IntArray, beta: float) -> FloatArray:
    """``(1 / beta) log mean exp(beta values)`` over runs of values, ``counts`` of them each."""
    starts = np.cumsum(counts) - counts
    best = np.maximum.reduceat(values, starts)
    sums = np.add.reduceat(np.exp(beta * (values - np.repeat(best, counts))), starts)
    return np.asarray(best + np.log(sums / counts) / beta)


def _directions(cues: npt.ArrayLike, dimensions: int) -> Float32Array:
    rows, lengths = check_lengths(cues, dimensions)
    return np.asarray(rows / lengths[:, None], dtype=np.float32)
