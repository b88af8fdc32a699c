"""What the rows of bench ``text`` share: conversations, passages and embedders, each read only if a row asks for it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache, cached_property, partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.data import data_folder
from hnsw_bridge import Embed, Embedder, FusedEmbedder, TextMemory, embed_questions, find_embedder
from hnsw_bridge.text.records import NewRecord
from neuro.errors import InvalidInput
from neuro.progress import Stages

SEEDS = (0, 1, 2)
EMBEDDER_NAMES = ("wordllama", "minilm")
"""The small embedders: every row about answers is measured with both."""

Floats = npt.NDArray[np.float64]
_DRAWS = 10_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A question.

    Args:
        text: of the question.
        supporting: places of the records that answer it.
        answerable: whether any does.
    """

    text: str
    supporting: tuple[int, ...]
    answerable: bool = True


@dataclass(frozen=True, slots=True)
class Collection:
    """Records that are kept together, and the questions that are put to them."""

    name: str
    records: tuple[NewRecord, ...]
    questions: tuple[Asked, ...]


class TextLab:
    """Collections and memories of them, by name and embedder."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self.embedder = cache(_remembering)
        self._kept: dict[str, Any] = {}

    def fused(self, name: str) -> Embedder:
        """An embedder that ships, or several fused; each embeds each text once."""
        parts = [self.embedder(part) for part in name.split("+")]
        return parts[0] if len(parts) == 1 else FusedEmbedder(parts)

    @cached_property
    def conversations(self) -> tuple[Collection, ...]:
        """The five long conversations; a turn is a record with its speaker, session and time."""
        return tuple(map(_conversation, read_data("locomo_dev5.json")))

    @cached_property
    def musique(self) -> Collection:
        """Passages and questions of several hops."""
        return _passages("musique", read_data("musique_train100.json"))

    @cached_property
    def hotpot(self) -> Collection:
        """Passages and questions of two hops."""
        return _passages("hotpot", read_data("hotpot_dev100.json"))

    @contextmanager
    def memory(self, records: Sequence[NewRecord], embed: Embed, **options: Any) -> Iterator[TextMemory]:
        """A memory of records in a folder that goes away; record i has the id i + 1."""
        with TemporaryDirectory() as folder, TextMemory(Path(folder) / "memory", embed, **options) as memory:
            memory.add(records)
            yield memory

    def keep(self, name: str, make: Callable[[], Any]) -> Any:
        """What ``make`` gives, made once."""
        if name not in self._kept:
            with self.stages.stage(name):
                self._kept[name] = make()
        return self._kept[name]


class _Remembering:
    """An embedder that embeds each text once; the bench asks many memories the same questions."""

    def __init__(self, embed: Embedder) -> None:
        self._embed, self.name, self.dimension = embed, embed.name, embed.dimension
        self._texts: dict[str, npt.NDArray[np.float32]] = {}
        self._questions: dict[str, npt.NDArray[np.float32]] = {}

    def know(self, texts: Sequence[str], rows: npt.NDArray[np.float32]) -> None:
        """Take embeddings that were made before."""
        self._texts |= dict(zip(texts, rows, strict=True))
        self._questions |= dict(zip(texts, rows, strict=True))

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return _each_once(self._embed, self._texts, texts)

    def query(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return _each_once(partial(embed_questions, self._embed), self._questions, texts)


def _remembering(name: str) -> _Remembering:
    return _Remembering(find_embedder(name))


def _each_once(
    embed: Callable[[Sequence[str]], npt.ArrayLike], rows: dict[str, npt.NDArray[np.float32]], texts: Sequence[str]
) -> npt.NDArray[np.float32]:
    fresh = [text for text in dict.fromkeys(texts) if text not in rows]
    if fresh:
        rows |= dict(zip(fresh, np.asarray(embed(fresh), dtype=np.float32), strict=True))
    return np.array([rows[text] for text in texts])


def interval(paired: Floats) -> tuple[float, float]:
    """95 % of the means of paired bootstrap samples."""
    draws = np.random.default_rng(0).integers(0, len(paired), (_DRAWS, len(paired)))
    low, high = np.percentile(paired[draws].mean(axis=1), (2.5, 97.5))
    return float(low), float(high)


def recall_at(found: Sequence[int], supporting: Sequence[int], k: int) -> float:
    """Share of the supporting records among the first k found."""
    return len(set(found[:k]) & set(supporting)) / len(set(supporting))


def seconds(text: str) -> float:
    """An ISO time without a zone as seconds since 1970, read as UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()


def _conversation(given: Mapping[str, Any]) -> Collection:
    records = tuple(
        NewRecord(
            turn["text"],
            metadata={name: turn[name] for name in ("speaker", "session", "position")},
            created=seconds(turn["created"]),
        )
        for turn in given["turns"]
    )
    asked = tuple(Asked(one["question"], tuple(one["evidence"]), one["answerable"]) for one in given["questions"])
    return Collection(str(given["id"]), records, asked)


def _passages(name: str, given: Mapping[str, Any]) -> Collection:
    parts = [passage.split("\n", 1) for passage in given["passages"]]
    records = tuple(NewRecord(text, metadata={"title": title}) for title, text in parts)
    return Collection(
        name, records, tuple(Asked(one["question"], tuple(one["supporting"])) for one in given["questions"])
    )


def read_data(file: str) -> Any:
    """What a file of the shared texts holds."""
    path = data_folder() / "text" / file
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise InvalidInput(f"{path} can't be read ({error}); set SPIKELOOM_DATA to the folder of the data") from None
