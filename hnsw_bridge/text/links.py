"""Links between texts, found without a language model, as edge layers of a search.

| layer | an edge joins | weight (thresholds) |
| --- | --- | --- |
| ``titles`` | a text and the record whose title it mentions | 0.5 |
| ``phrases`` | texts that share capitalised phrases, years or a title | 0.25 x sum of idf / log(nodes) |
| ``adjacent`` | neighbours in one document (``metadata``: ``document``, ``position``) | 0.5 |
| ``time`` | records that follow each other within an hour in one namespace | up to 0.25, falling with the gap |
| ``learned`` | records that were used together, or that a user linked | as kept |
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from hnsw_bridge.layers import MOST_WEIGHT, EdgeLayer, edge_layer, shared_layer
from hnsw_bridge.text.records import NewRecord, Record, RecordEdges
from hnsw_bridge.text.tokenizer import tokens
from neuro.arrays import FloatArray, JSONValue

LINKED = "linked"
"""The layer along which spikes travel: the sum of all others."""

_TITLES, _PHRASES, _ADJACENT, _TIME = 0.5, 0.25, 0.5, 0.25
NEAR = 3600.0
"""Seconds between two records that time still joins."""

_FARTHEST = 1e300
"""A position beyond it is none."""

_PHRASE = re.compile(r"(?:[A-Z][\w'’.-]*|\d{4})(?:\s+(?:(?:of|the|and|de|von|van|&)\s+)?(?:[A-Z][\w'’-]*|\d+))*")
_EDGES_OF_NAMES = """
    the a an in of on at by it he she they his her this that these those is was as and but for from with its there
    after before during who what where when which how if
"""
_EDGE_WORDS = frozenset(_EDGES_OF_NAMES.split())
_SHORTEST = 3
_CASED = re.compile(r"(^|[.!?:;\n\"“”(]\s*)?([^\W\d_][\w'’-]*)")
_SPEAKER = re.compile(r"([^\W\d_a-z][\w.'’-]*(?: [^\W\d_a-z][\w.'’-]*){0,2}): ")

_Place = tuple[tuple[str, str], float, int]
"""The group that a record stands in, its value there, and what orders equal values."""


def phrases(text: str) -> frozenset[str]:
    """Capitalised phrases and years, in lower case, without leading and trailing function words."""
    found = set()
    for match in _PHRASE.finditer(text):
        words = match.group().strip(" .").lower().split()
        while words and words[0] in _EDGE_WORDS:
            words = words[1:]
        while words and words[-1] in _EDGE_WORDS:
            words = words[:-1]
        phrase = " ".join(words)
        if len(phrase) >= _SHORTEST:
            found.add(phrase)
    return frozenset(found)


def cleaned_name(phrase: str, lower: Callable[[str], int], upper: Callable[[str], int]) -> str:
    """A phrase of :func:`phrases` without the words at its ends that are no names; "" where nothing is left.

    A word is no name when at least as many records hold it in lower case as capitalised inside a sentence: "Wow" begins
    sentences only, and "wow" stands in others.

    Args:
        phrase: in lower case.
        lower, upper: how many records hold a token (:func:`hnsw_bridge.text.tokenizer.tokens`) in lower case, and
            capitalised inside a sentence; see :func:`cased_tokens`.
    """

    def common(word: str) -> bool:
        found = tokens(word)
        return not found or all(0 < lower(one) >= upper(one) for one in found)

    words = phrase.split()
    while words and common(words[0]):
        words = words[1:]
    while words and common(words[-1]):
        words = words[:-1]
    name = " ".join(words).strip(" .")
    return name if len(name) >= _SHORTEST else ""


def cased_tokens(text: str) -> tuple[frozenset[str], frozenset[str]]:
    """The tokens of a text that stand in it in lower case, and those that stand capitalised inside a sentence."""
    lower, upper = set[str](), set[str]()
    for found in _CASED.finditer(text):
        begins, word = found.groups()
        if not word[0].isupper():
            lower.update(tokens(word))
        elif begins is None:
            upper.update(tokens(word))
    return frozenset(lower), frozenset(upper)


def bare_title(title: str) -> str:
    """A title in lower case, without what stands in brackets."""
    return re.sub(r"\s*\(.*?\)", "", title).lower().strip()


def mention_layer(
    name: str, texts: Sequence[str], titles: Sequence[str], weight: float = 1.0, back: float = 1.0
) -> EdgeLayer:
    """Edges from a text to each other text whose title it mentions, and back with ``back`` times their weight.

    Everybody mentions a country, so the way back says less. Where two texts mention each other both ways count fully.
    """
    mentioned = Mentions(titles)
    pairs = [(i, j) for i, text in enumerate(texts) for j in mentioned.of(text) if i != j]
    ends = np.array(pairs, dtype=np.int64).reshape(-1, 2)
    # Of a pair given twice the last weight counts: the mention's own.
    starts, stops = (np.r_[ends[:, a], ends[:, b]] for a, b in ((1, 0), (0, 1)))
    weights = np.r_[np.full(len(ends), weight * back), np.full(len(ends), weight)]
    kept = weights != 0
    return edge_layer(name, len(texts), starts[kept], stops[kept], weights[kept])


class Mentions:
    """Which titles a text mentions: whole words, case ignored, titles of at least four letters."""

    def __init__(self, titles: Sequence[str]) -> None:
        self._nodes = len(titles)
        self._holders: dict[str, list[int]] = {}
        for node, title in enumerate(titles):
            key = _words(bare_title(title))
            if len(key) > _SHORTEST:
                self._holders.setdefault(key, []).append(node)
        self._lengths: dict[str, set[int]] = {}
        for key in self._holders:
            words = key.split()
            self._lengths.setdefault(words[0], set()).add(len(words))

    def of(self, text: str) -> list[int]:
        """Nodes whose title the text mentions, ascending."""
        words = _words(text).split()
        found: set[int] = set()
        for start, first in enumerate(words):
            for length in self._lengths.get(first, ()):
                found.update(self._holders.get(" ".join(words[start : start + length]), ()))
        return sorted(found)

    def scores(self, text: str) -> FloatArray:
        """1 for each node that the text mentions, shape (nodes,)."""
        result = np.zeros(self._nodes)
        result[self.of(text)] = 1.0
        return result


def _words(text: str) -> str:
    return re.sub(r"[^\w]+", " ", text.lower()).strip()


@dataclass(frozen=True, slots=True, order=True)
class Turn:
    """Where a record stands in its conversation: neighbours there say more together than each alone.

    Args:
        group: of the conversation; records of two groups are no neighbours.
        order: in it; of two equal ones the lower id stands first.
        id: of the record.
        speaker: who says it; "" where nobody is named.
        by_time: whether the order is a time, and nothing else tells which records belong together.
    """

    group: str
    order: float
    id: int
    speaker: str = ""
    by_time: bool = False

    def leads_to(self, other: Turn) -> bool:
        """Whether the next record in order is a neighbour: within an hour, where only the time tells.

        What was written at one moment has no order, unless somebody says it.
        """
        gap = other.order - self.order
        if self.group != other.group or not self.by_time:
            return self.group == other.group
        return 0 < gap <= NEAR or (gap == 0 and bool(self.speaker and other.speaker))


def turn(record: Record) -> Turn:
    """Where a record stands: in ``metadata["session"]`` or ``["document"]`` by ``["position"]``, else in time."""
    metadata, speaker = record.metadata, speaker_of(record)
    for name in ("session", "document"):
        session, position = metadata.get(name), position_of(record)
        if isinstance(session, str | int) and (name == "session" or position is not None):
            order = record.created if position is None else position
            return Turn(f"{name} {session!r} of {record.namespace}", order, record.id, speaker)
    return Turn(record.namespace, record.created, record.id, speaker, by_time=True)


def position_of(record: Record) -> float | None:
    """``metadata["position"]`` where it is a number that a float can hold."""
    value = record.metadata.get("position")
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_FARTHEST < value < _FARTHEST:
        return None
    return float(value)


def speaker_of(record: Record) -> str:
    """``metadata["speaker"]`` where it is a text, or the name in front of a text such as "Mira: hello"; else ""."""
    named = record.metadata.get("speaker")
    if isinstance(named, str):
        return named.strip()
    found = _SPEAKER.match(record.text)
    return found.group(1) if found else ""


def title_of(record: Record | None) -> str:
    """``metadata["title"]`` where it is a text; else an empty one."""
    return "" if record is None else title_in(record.metadata)


def title_in(metadata: Mapping[str, JSONValue]) -> str:
    """The title that metadata give; an empty text where they give none."""
    title = metadata.get("title", "")
    return title if isinstance(title, str) else ""


def whole_text(record: Record | NewRecord) -> str:
    """What is embedded and searched for words: title, speaker, where there are such, and the text."""
    title, speaker = title_in(record.metadata), record.metadata.get("speaker")
    said = record.text
    if isinstance(speaker, str) and speaker.strip() and not said.startswith(f"{speaker.strip()}:"):
        said = f"{speaker.strip()}: {said}"
    return f"{title}\n{said}" if title else said


def text_layers(records: Sequence[Record | None], edges: RecordEdges) -> tuple[EdgeLayer, ...]:
    """The layers of a memory; node i stands for ``records[i]``, None for one that was forgotten."""
    titles = [title_of(record) for record in records]
    texts = ["" if record is None else whole_text(record) for record in records]
    marks = [
        phrases(text.replace("\n", ". ")) | ({bare_title(title)} if title else set())
        for text, title in zip(texts, titles, strict=True)
    ]
    return (
        mention_layer("titles", texts, titles, _TITLES),
        shared_layer("phrases", marks, scale=_PHRASES),
        _adjacent(records),
        _time(records),
        _learned(records, edges),
    )


def linked(layers: Sequence[EdgeLayer]) -> EdgeLayer:
    """One layer with the sums of the weights: one projection runs as fast as the longest of them alone would."""
    nodes = layers[0].nodes
    keys = np.concatenate([layer.source() * nodes + layer.column for layer in layers])
    pairs, place = np.unique(keys, return_inverse=True)
    total = np.bincount(place, weights=np.concatenate([layer.weight for layer in layers]), minlength=pairs.size)
    weights = np.clip(total, -MOST_WEIGHT, MOST_WEIGHT)
    return edge_layer(LINKED, nodes, pairs // max(nodes, 1), pairs % max(nodes, 1), weights)


def _adjacent(records: Sequence[Record | None]) -> EdgeLayer:
    def place(record: Record) -> _Place | None:
        document, position = record.metadata.get("document"), position_of(record)
        if isinstance(document, str) and position is not None:
            return (record.namespace, document), position, 0
        return None

    return _consecutive("adjacent", records, place, 1.0, lambda _: _ADJACENT)


def _time(records: Sequence[Record | None]) -> EdgeLayer:
    def place(record: Record) -> _Place:
        return (record.namespace, ""), record.created, record.id

    return _consecutive("time", records, place, NEAR, lambda gap: _TIME * (1.0 - gap / (2.0 * NEAR)))


def _consecutive(
    name: str,
    records: Sequence[Record | None],
    place: Callable[[Record], _Place | None],
    reach: float,
    weight: Callable[[float], float],
) -> EdgeLayer:
    """Edges, both ways, between records that follow each other in one group; those at one value have no order."""
    found = [(place(record), node) for node, record in enumerate(records) if record is not None]
    ordered = sorted((where, node) for where, node in found if where is not None)
    edges = [
        (node, following, weight(later - value))
        for ((group, value, _), node), ((other, later, _), following) in pairwise(ordered)
        if group == other and 0 < later - value <= reach
    ]
    start, end, weights = zip(*edges, strict=True) if edges else ((), (), ())
    return edge_layer(name, len(records), np.array(start, np.int64), np.array(end, np.int64), weights, both_ways=True)


def _learned(records: Sequence[Record | None], edges: RecordEdges) -> EdgeLayer:
    node = {record.id: place for place, record in enumerate(records) if record is not None}
    source, target = (
        np.array([node[number] for number in ids.tolist()], np.int64) for ids in (edges.source, edges.target)
    )
    return edge_layer("learned", len(records), source, target, np.clip(edges.weight, -MOST_WEIGHT, MOST_WEIGHT))
