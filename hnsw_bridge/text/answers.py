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
    """One text that came up; ``score`` is comparable inside one recollection only."""

    id: int
    text: str
    score: float
    why: Why
    namespace: str
    metadata: Mapping[str, JSONValue]
    created: float
    key: str | None = None


@dataclass(frozen=True, slots=True)
class Recollection:
    """The answers to a question, best first.

    Args:
        answers: texts; none where the memory abstains.
        abstained: nothing in the memory is close enough to the question.
        confidence: the largest cosine that was found; -1 where nothing may be found.
        min_score: the confidence below which the memory abstains.
        spikes: that the question caused.
    """

    answers: tuple[Answer, ...]
    abstained: bool
    confidence: float
    min_score: float
    spikes: int

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
