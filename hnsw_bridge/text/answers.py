"""What a text memory answers: texts with a score each, why they came up, and whether the memory abstains."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from neuro.arrays import JSONValue
from neuro.checks import check_whole


@dataclass(frozen=True, slots=True)
class LinkUsed:
    """A link that spikes used: its layer, the id of the record that fired, and what it carried, in thresholds."""

    layer: str
    source: int
    carried: float


@dataclass(frozen=True, slots=True)
class Why:
    """The parts of a score.

    Args:
        cosine: of question and text, exact.
        words: the BM25 score.
        mentioned: whether the question mentions the title.
        links: that led to the text, the strongest first; none where no spike reached it.
    """

    cosine: float
    words: float
    mentioned: bool
    links: tuple[LinkUsed, ...]

    def __str__(self) -> str:
        parts = [f"cosine {self.cosine:.2f}", f"words {self.words:.1f}"]
        parts += ["title in the question"] if self.mentioned else []
        parts += [f"{link.layer} from {link.source}" for link in self.links[:1]]
        return ", ".join(parts)


@dataclass(frozen=True, slots=True)
class Answer:
    """One text that came up.

    Args:
        id, text, namespace, metadata, created, key: of the record.
        score: comparable inside one recollection only.
        why: its parts.
        count: how many copies of it were found, itself included; the best one answers for all.
        superseded_by: id of the answer that says something newer of the same subject; None: none does.
    """

    id: int
    text: str
    score: float
    why: Why
    namespace: str
    metadata: Mapping[str, JSONValue]
    created: float
    key: str | None = None
    count: int = 1
    superseded_by: int | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """The answers to a question, best first.

    Args:
        answers: texts; none where the memory abstains.
        abstained: nothing in the memory is about the question.
        confidence: the largest cosine that was found; -1 where nothing may be found.
        min_score: the confidence below which the memory abstains from this question, never above 1.
        spikes: that the question caused.
        answerability: what of the question its best answers cover, from 0 to 1
            (:mod:`hnsw_bridge.text.answerability`); 0 where nothing may be found.
    """

    answers: tuple[Answer, ...]
    abstained: bool
    confidence: float
    min_score: float
    spikes: int
    answerability: float = 0.0

    def within(self, characters: int) -> Recollection:
        """The answers whose texts fit together into so many characters; one that does not fit is passed over.

        Raises:
            InvalidInput: characters is below 1 or no whole number.
        """
        check_whole("budget_characters", characters, 1, 10**12)
        kept, free = list[Answer](), characters
        for answer in self.answers:
            if len(answer.text) <= free:
                kept.append(answer)
                free -= len(answer.text)
        return replace(self, answers=tuple(kept))


def nothing(min_score: float) -> Recollection:
    """The answer of a memory in which nothing may be found."""
    return Recollection((), True, -1.0, min_score, 0)
