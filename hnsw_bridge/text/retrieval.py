"""Recall from texts: one way from a question to ranked records, which everything that asks takes.

    question -> tokens, names of titles and speakers, dates
             -> candidates: nearest by cosine and by BM25, titles that it mentions, and their neighbours in conversation
             -> direct score = (cosine / max)^contrast + words BM25 / what the question's words could reach
             -> smoothed = direct + smoothing x (direct scores of the next turns, two before and two after)
                         + mentions x title + speakers x speaker + dates x date
             -> seeds that cover different words of the question -> spikes along the links, counted by how well what
                they reach answers the words that their source leaves unmatched
             -> score = smoothed + spikes x activation / max + seeds x bonus of the seeds

A turn of a conversation says little by itself, so the turns around it count. Where records are no turns, nothing is
smoothed. Cosines are exact, of every record; the other parts are looked up for candidates only.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from hnsw_bridge.dynamics import LinearSpreading, LinkGate, SpreadingDynamics
from hnsw_bridge.fusion import Fusion, NodeNumbers, covering_seeds
from hnsw_bridge.text.dates import stated_dates
from hnsw_bridge.text.inverted_index import TokenScores, WordIndex
from hnsw_bridge.text.link_table import TextLinks, TitleIndex
from hnsw_bridge.text.records import Record
from hnsw_bridge.text.tokenizer import tokens
from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.spikes import QuerySpikes

_LEAST_SHARE = 0.67
"""Of the best seed's score, what the weakest seed is driven with."""
_CARRIED = 0.15
"""Thresholds of activation below which what the spikes carried most is no full part of the score."""


@dataclass(frozen=True, slots=True)
class RecallSettings:
    """How a text memory recalls. The defaults were chosen on the development sets of bench `text`; its rows
    `defaults-held-out-...` choose them again, each fold on the others.

    Args:
        fusion: how much each part counts.
        seeds: at how many texts the spikes start, 1 to 64.
        tire: how much less a word counts for further seeds once a seed holds it, 0 to 10.
        candidates: texts taken from cosine and from BM25, each.
        contrast: power of a cosine over the largest, 1 to 8; above 1 the nearest text stands out, whatever its words.
        smoothing: share of the score of each of the neighbouring turns, 0 to 1.
        reach: how many turns on both sides, 0 to 16.
        speakers: weight of being said by the one speaker whom the question names.
        dates: weight of being from, or speaking of, a time that the question states.
        dynamics: how activation spreads.

    Raises:
        InvalidInput: a value outside its range.
    """

    fusion: Fusion = field(default_factory=Fusion)
    seeds: int = 2
    tire: float = 0.5
    candidates: int = 100
    contrast: float = 1.5
    smoothing: float = 0.3
    reach: int = 2
    speakers: float = 0.3
    dates: float = 0.6
    dynamics: SpreadingDynamics = field(default_factory=LinearSpreading)

    def __post_init__(self) -> None:
        check_whole("seeds", self.seeds, 1, 64)
        check_whole("candidates", self.candidates, 1, 100_000)
        check_whole("reach", self.reach, 0, 16)
        if not 1 <= self.contrast <= 8:
            raise InvalidInput(f"contrast is {self.contrast!r}; a power from 1 to 8 is allowed")
        for name, most in (("tire", 10.0), ("smoothing", 1.0), ("speakers", 1000.0), ("dates", 1000.0)):
            value = getattr(self, name)
            if not 0 <= value <= most:
                raise InvalidInput(f"{name} is {value!r}; a number from 0 to {most:g} is allowed")


@dataclass(frozen=True, slots=True, eq=False)
class Cues:
    """Further texts that call records.

    Args:
        rows: shape (cues,), the row that each calls.
        vectors: shape (cues, dimension), of unit length.
        words: of the cues.
    """

    rows: IntArray
    vectors: Float32Array
    words: WordIndex


def no_cues(dimension: int) -> Cues:
    """The cues of a memory in which each record is called by its own text alone."""
    return Cues(np.zeros(0, dtype=np.int64), np.zeros((0, dimension), dtype=np.float32), WordIndex())


@dataclass(frozen=True, slots=True, eq=False)
class TextGraph:
    """Texts as rows: what recall looks things up in. Row i is node i; dead rows stay and are masked.

    Args:
        nodes: number of rows.
        ids: of the records, shape (nodes,); they break ties, since rows may differ from process to process.
        alive: shape (nodes,).
        vectors: shape (nodes, dimension), of unit length.
        created: shape (nodes,), seconds since 1970.
        records: reads the records of living rows from the file.
        words: BM25.
        titles, speakers: which are mentioned by a text.
        cues: further texts that call rows.
        before, after: shape (nodes,), the row that stands before and after in a conversation; -1: none.
        links: neighbours.
    """

    nodes: int
    ids: IntArray
    alive: BoolArray
    vectors: Float32Array
    created: FloatArray
    records: Callable[[IntArray], list[Record]]
    words: WordIndex
    titles: TitleIndex
    speakers: TitleIndex
    cues: Cues
    before: IntArray
    after: IntArray
    links: TextLinks


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """What came up.

    Args:
        nodes: best first.
        scores: shape (nodes,).
        parts: of the scores, by name, each of shape (nodes,).
        run: the spikes.
        nearest: the largest cosine of all texts.
        held: shape (tokens, nodes): which tokens of the question each text holds, or a turn beside it.
        known: shape (tokens,): which any text holds.
    """

    nodes: IntArray
    scores: FloatArray
    parts: dict[str, FloatArray]
    run: QuerySpikes
    nearest: float
    held: BoolArray
    known: BoolArray


def recall(
    graph: TextGraph,
    question: str,
    cue: Float32Array,
    k: int,
    settings: RecallSettings,
    allowed: BoolArray | None = None,
    seen_from: float | None = None,
) -> Candidates:
    """The k best texts for a question.

    Args:
        graph: of the texts.
        question: its words, and the titles, speakers and dates in it count.
        cue: its embedding, shape (dimension,).
        k: how many, at most as many as there are.
        settings: how.
        allowed: shape (nodes,): texts that may fire and be found, at least one; None: all.
        seen_from: seconds since 1970, from which dates without a year are read; None: the newest text's.
    """
    may = graph.alive if allowed is None else allowed & graph.alive
    asked = _Asked.of(graph, question, cue, settings, may)
    pool = asked.candidates(max(settings.candidates, k))
    asked = asked.dated(question, pool, seen_from)
    smoothed = asked.smoothed(pool, settings.fusion.seeding)
    seeds = pool[_best_seeds(smoothed, asked.words.at(pool), graph.ids[pool], settings)]
    share = smoothed[np.searchsorted(pool, seeds)]
    share = np.clip(share / max(float(share.max()), 1e-12), _LEAST_SHARE, 1.0)
    gate = LinkGate(asked.unmatched, settings.fusion.rest)
    reached = settings.dynamics.spread(graph.links, seeds, share, gate, None if allowed is None else may)
    pool = np.union1d(pool, reached.nodes[may[reached.nodes]])
    activation, started = np.zeros(graph.nodes), np.zeros(graph.nodes)
    activation[reached.nodes], started[seeds] = reached.activation, 1.0
    spread = {"spikes": activation[pool], "seeds": started[pool]}
    scores = asked.smoothed(pool, settings.fusion) + settings.fusion.scores(spread, {"spikes": _CARRIED})
    order = np.lexsort((graph.ids[pool], -scores))[:k]
    nodes = pool[order]
    parts = asked.parts(nodes) | {"spikes": activation[nodes], "seeds": started[nodes]}
    around = np.asarray(asked.words.at(nodes) > 0)
    for others in asked.neighbours(nodes):
        around |= asked.words.at(others) > 0
    return Candidates(nodes, scores[order], parts, reached.run, asked.nearest, around, asked.words.known)


def links_used(
    run: QuerySpikes, links: TextLinks, nodes: IntArray, fade: float
) -> dict[int, list[tuple[str, int, float]]]:
    """Links that carried spikes to nodes: for each, layer, source node and what they carried, the strongest first."""
    found: dict[int, list[tuple[str, int, float]]] = {node: [] for node in nodes.tolist()}
    strength = fade ** run.ticks.astype(np.float64)
    for source, share in zip(run.nodes.tolist(), strength.tolist(), strict=True):
        for layer, ends, weights in links.by_layer(source):
            kept = np.isin(ends, nodes)
            for end, weight in zip(ends[kept].tolist(), weights[kept].tolist(), strict=True):
                found[end].append((layer, source, share * weight))
    return {node: sorted(used, key=lambda link: (-link[2], link[0], link[1])) for node, used in found.items()}


@dataclass(frozen=True, eq=False)
class _Asked:
    """A question and what is looked up once for it.

    Args:
        graph, settings: as asked.
        may: shape (nodes,).
        cosines: shape (nodes,); what may not be found has -2.
        words: BM25 of each token alone.
        reachable: what all tokens that any text holds could score together.
        mentions, speakers, dates: shape (nodes,), 1 where the question names the title, the speaker or the time.
    """

    graph: TextGraph
    settings: RecallSettings
    may: BoolArray
    cosines: FloatArray
    words: TokenScores
    reachable: float
    mentions: FloatArray
    speakers: FloatArray
    dates: FloatArray

    @classmethod
    def of(cls, graph: TextGraph, question: str, cue: Float32Array, settings: RecallSettings, may: BoolArray) -> _Asked:
        query = np.asarray(cue, dtype=np.float32) / np.float32(np.linalg.norm(cue))
        asked = list(dict.fromkeys(tokens(question)))
        words, cosines = graph.words.scores_of_each(asked), (graph.vectors @ query).astype(np.float64)
        words = _called(graph, asked, query, words, cosines)
        if may is not graph.alive:
            words = words.within(may)
        return cls(
            graph,
            settings,
            may,
            np.where(may, cosines, -2.0),
            words,
            sum(_idf(graph.words, word) for word in asked),
            np.where(may, graph.titles.scores(question), 0.0),
            np.where(may, _said_by(graph.speakers, question), 0.0),
            np.zeros(graph.nodes),
        )

    @cached_property
    def nearest(self) -> float:
        """The largest cosine."""
        return float(self.cosines.max())

    @cached_property
    def most_words(self) -> float:
        """The largest BM25 score."""
        return float(self.total.max(initial=0.0))

    @cached_property
    def total(self) -> FloatArray:
        """The BM25 scores, shape (nodes,)."""
        return self.words.total()

    def candidates(self, count: int) -> IntArray:
        """Rows that may answer, ascending: the best by cosine and by words, titles, and their neighbours."""
        most = int(np.count_nonzero(self.may))
        best = [_largest(scores, min(count, most)) for scores in (self.cosines, self.total)]
        found = np.unique(np.concatenate([*best, np.flatnonzero(self.mentions)]))
        near = [found, *self.neighbours(found)]
        found = np.unique(np.concatenate(near))
        inside: IntArray = found[found >= 0]
        allowed: IntArray = inside[self.may[inside]]
        return allowed

    def dated(self, question: str, rows: IntArray, seen_from: float | None) -> _Asked:
        """The same with the question's dates: they count for what was created then, and for rows that state them."""
        graph = self.graph
        spans = stated_dates(question, float(graph.created[self.may].max()) if seen_from is None else seen_from)
        if not spans:
            return self
        dates = np.zeros(graph.nodes)
        for span in spans:
            dates[(graph.created >= span.start) & (graph.created < span.end)] = 1.0
        for row, record in zip(rows.tolist(), graph.records(rows), strict=True):
            stated = stated_dates(record.text, record.created)
            if any(one.meets(other) for one in stated for other in spans):
                dates[row] = 1.0
        return replace(self, dates=np.where(self.may, dates, 0.0))

    def smoothed(self, rows: IntArray, fusion: Fusion) -> FloatArray:
        """The scores of rows before anything spreads, shape (rows,)."""
        settings, near = self.settings, self.neighbours(rows)
        # Where no turn stands, row -1 is looked up and left out.
        direct = self._direct(np.stack([rows, *near]), fusion)
        total: FloatArray = direct[0]
        for others, score in zip(near, direct[1:], strict=True):
            there = others >= 0
            total[there] += settings.smoothing * score[there]
        total += fusion.mentions * self.mentions[rows]
        return total + settings.speakers * self.speakers[rows] + settings.dates * self.dates[rows]

    def parts(self, rows: IntArray) -> dict[str, FloatArray]:
        """The parts of rows by name, each of shape (rows,)."""
        return {
            "similarity": np.maximum(self.cosines[rows], 0.0),
            "words": self.total[rows],
            "mentions": self.mentions[rows],
            "speakers": self.speakers[rows],
            "dates": self.dates[rows],
        }

    def unmatched(self, node: int, ends: NodeNumbers) -> FloatArray:
        """How well rows answer the words of the question that one row lacks, shape (ends,), 0 to 1."""
        lacking = self.words.at(np.array([node]))[:, 0] == 0
        top = float(self.words.total(lacking).max(initial=0.0))
        total = self.words.at(ends.astype(np.int64))[lacking].sum(axis=0)
        return np.asarray(total / top if top > 0 else total)

    def _direct(self, rows: IntArray, fusion: Fusion) -> FloatArray:
        """Cosine and words, in the shape of ``rows``, each over what is the most of all rows."""
        most = {"similarity": self.nearest, "words": max(self.most_words, self.reachable)}
        words = self.total[rows]
        near = np.maximum(self.cosines[rows], 0.0) / max(self.nearest, 1e-12)
        return fusion.scores({"similarity": self.nearest * near**self.settings.contrast, "words": words}, most)

    def neighbours(self, rows: IntArray) -> list[IntArray]:
        """The rows that stand 1 to ``reach`` before and after, -1 where none does; each of shape (rows,)."""
        found = []
        for step in (self.graph.before, self.graph.after):
            at = rows
            for _ in range(self.settings.reach):
                at = np.where(at >= 0, step[at], -1)
                found.append(at)
        return found


def _best_seeds(scores: FloatArray, words: FloatArray, ids: IntArray, settings: RecallSettings) -> IntArray:
    """Places of the seeds; what counts nothing in the answer still decides where spikes start."""
    order = np.lexsort((ids, -scores))
    chosen: IntArray = order[covering_seeds(scores[order], words[:, order], settings.seeds, settings.tire)]
    return chosen


def _called(
    graph: TextGraph, asked: list[str], query: Float32Array, words: TokenScores, cosines: FloatArray
) -> TokenScores:
    """Let a row answer as well as the best of its cues does: raises cosines in place, gives the words."""
    cues = graph.cues
    if not cues.rows.size:
        return words
    np.maximum.at(cosines, cues.rows, cues.vectors @ query)
    for number, word in enumerate(asked):
        places, scores = cues.words.scored(word)
        if places.size:
            # A word is as rare as it is among the records.
            rare = _idf(graph.words, word, 1) / _idf(cues.words, word, 1)
            words = words.raised(number, cues.rows[places], rare * scores)
    return words


def _said_by(speakers: TitleIndex, question: str) -> FloatArray:
    """1 for what the speaker says whom the question names; where it names two, neither tells."""
    named = speakers.keys_in(question)
    result = np.zeros(speakers.rows)
    if len(named) == 1:
        result[speakers.holders(named[0])] = 1.0
    return result


def _idf(words: WordIndex, word: str, least: int = 0) -> float:
    """How rare a word is; 0 for one that no text holds."""
    holders = max(words.count(word), least)
    return float(np.log1p((words.living - holders + 0.5) / (holders + 0.5))) if holders else 0.0


def _largest(scores: FloatArray, count: int) -> IntArray:
    """The rows of the largest scores, in no order."""
    return np.argpartition(-scores, count - 1)[:count] if count < scores.size else np.arange(scores.size)
