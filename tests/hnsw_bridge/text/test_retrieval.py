"""The one way from a question to ranked records: each mechanism shows, and is gone when it is switched off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from hnsw_bridge import Fusion, RecallSettings, TextMemory
from hnsw_bridge.text.records import NewRecord
from neuro.errors import InvalidInput
from tests.hnsw_bridge.texts import HashedNgrams

DOCS = Path(__file__).parents[3] / "docs" / "text_memory.md"


class Flat:
    """An embedder that knows nothing: all texts are equally near, but for what begins with "near"."""

    name = "flat"

    def __call__(self, texts: Sequence[str]) -> npt.NDArray[np.float32]:
        return np.array([[1.0, 0.5 if text.startswith("near") else 1.0] for text in texts], dtype=np.float32)


def opened(folder: Path, records: Sequence[str | NewRecord], **settings: object) -> TextMemory:
    memory = TextMemory(folder, Flat(), recall=replace(RecallSettings(), **settings))  # type: ignore[arg-type]
    memory.add(records)
    return memory


def ids(memory: TextMemory, question: str, k: int = 10, **options: object) -> list[int]:
    return [answer.id for answer in memory.ask(question, k, min_score=-1.0, **options).answers]  # type: ignore[arg-type]


def turns(texts: Sequence[str]) -> list[NewRecord]:
    return [NewRecord(text, metadata={"session": 1, "position": place}) for place, text in enumerate(texts)]


def test_turns_around_an_answer_count(tmp_path: Path) -> None:
    said = [
        "hello there",
        "so far",
        "and then",
        "no idea",
        "pottery class",
        "yes sure",
        "another thing",
        "far away",
        "end",
    ]
    with opened(tmp_path / "on", turns(said)) as memory:
        assert ids(memory, "pottery", 1) == [5]
        assert set(ids(memory, "pottery", 5)) == {3, 4, 5, 6, 7}
    with opened(tmp_path / "off", turns(said), smoothing=0.0) as memory:
        assert ids(memory, "pottery", 3)[0] == 5
        assert ids(memory, "pottery", 3) != [5, 4, 6], "without it turns around an answer are as any others"
    apart = [replace(record, metadata={}, created=5.0) for record in turns(said[::-1])]
    with opened(tmp_path / "apart", apart) as memory:
        assert set(ids(memory, "pottery", 3)) != {4, 5, 6}, "records of one moment are no conversation"


def test_the_speaker_named_counts(tmp_path: Path) -> None:
    said = [NewRecord("went running", metadata={"speaker": name}, created=0.0) for name in ("Ben", "Anna")]
    for settings, first in (({}, 2), ({"speakers": 0.0, "fusion": Fusion(words=0.0)}, 1)):
        with opened(tmp_path / str(first), said, smoothing=0.0, **settings) as memory:
            assert ids(memory, "What did Anna do?", 1) == [first]
            assert memory.ask("What did Anna do?", min_score=-1).answers[0].why.words > 0 or first == 1


def test_dates_of_the_question_count(tmp_path: Path) -> None:
    when = {"early": "2023-03-02", "late": "2023-05-04", "again": "2023-05-20"}
    said = [NewRecord(f"went swimming {how}", created=day) for how, day in when.items()]
    said.append(NewRecord("went swimming on 4 May 2023, we planned", created="2023-01-01"))
    with opened(tmp_path / "on", said) as memory:
        assert ids(memory, "swimming on 2 March 2023", 1) == [1]
        assert ids(memory, "swimming on 2023-05-20", 1) == [3]
        assert set(ids(memory, "when in May 2023 was the swimming", 3)) == {2, 3, 4}
        assert set(ids(memory, "swimming on 2023-05-04", 2)) == {2, 4}
    with opened(tmp_path / "off", said, dates=0.0) as memory:
        assert ids(memory, "swimming on 2023-05-20", 1) != [3]


def test_since_until_and_as_of(tmp_path: Path) -> None:
    said = [
        NewRecord("Mara lives in Lisbon", created="2023-03-01"),
        NewRecord("Mara lives in Oslo", created="2023-05-01"),
        NewRecord("Tom lives in Paris", created="2023-04-01"),
    ]
    with opened(tmp_path / "memory", said) as memory:
        found = memory.ask("Where does Mara live now?", min_score=-1).answers
        assert [answer.id for answer in found][:2] == [2, 1]
        assert [answer.superseded_by for answer in found] == [None, 2, None]
        assert ids(memory, "Where does Mara live?", as_of="2023-04-15") == [1, 3]
        assert memory.ask("Where does Mara live?", as_of="2023-04-15", min_score=-1).answers[0].superseded_by is None
        assert ids(memory, "Where does Mara live?", since="2023-04-10") == [2]
        assert ids(memory, "Where does Mara live?", until="2023-05-02", as_of="2023-03-05") == [1]
        assert memory.ask("Where does Mara live?", as_of="1969-01-01").abstained


def test_seeds_are_the_nearest_where_nothing_but_spikes_counts(tmp_path: Path) -> None:
    fusion = Fusion(similarity=0, words=0, mentions=0, spikes=1, seeds=0)
    texts = ["one", "two", "near three", "near four"]
    with opened(tmp_path / "memory", texts, fusion=fusion, tire=0.0, speakers=0.0, dates=0.0) as memory:
        memory.link(3, 1)
        memory.link(4, 2)
        answer = memory.ask("near", 2, min_score=-1).answers
        assert {link.source for own in answer for link in own.why.links} <= {3, 4}
        assert {own.id for own in answer} == {1, 2}


def test_one_unicode_form_on_both_sides(tmp_path: Path) -> None:
    with opened(
        tmp_path / "memory", ["Herr Mu\u0308ller came", "\uff26\uff4f\uff58 runs", "nothing", "我住在里斯本"]
    ) as memory:
        for question, first in (("m\u00fcller", 1), ("FOX", 2), ("谁在里斯本", 4)):
            found = memory.ask(question, 1, min_score=-1).answers[0]
            assert (found.id, found.why.words > 0) == (first, True)


def test_cues_call_a_record_and_go_with_it(tmp_path: Path) -> None:
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        memory.add(["The boiler leaks.", "Rye bread is baked.", "Bees dance."])
        memory.add_cues([2, 2], ["pastry schedule", "what the oven is for"])
        assert memory.ask("pastry schedule", 1).answers[0].id == 2
        assert memory.ask("pastry schedule", 1).confidence == pytest.approx(1.0)
        for given, message in (
            (([2], ["a", "b"]), "1 ids came with 2 cues"),
            (([9], ["a"]), "no record 9"),
            (([2], [" "]), "visible character"),
        ):
            with pytest.raises(InvalidInput, match=message):
                memory.add_cues(*given)
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        memory.update(2, "Wheat bread is baked.")
        assert memory.ask("what the oven is for", 1).answers[0].id == 2
        memory.forget(2)
        assert memory.ask("pastry schedule", 1, min_score=-1).confidence < 0.9


def test_many_copies_leave_room_for_others(tmp_path: Path) -> None:
    with opened(tmp_path / "memory", ["ok"] * 300 + ["near ok you"], candidates=20) as memory:
        found = memory.ask("ok", 2, min_score=-1).answers
        assert sorted(answer.count for answer in found) == [1, 300]
        assert sum(answer.count for answer in found) == 301


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"reach": 17}, "reach is 17"),
        ({"smoothing": 1.5}, "smoothing is 1.5; a number from 0 to 1"),
        ({"contrast": 0.5}, "contrast is 0.5"),
        ({"dates": float("nan")}, "dates is nan"),
    ],
)
def test_settings_outside_their_range_are_refused(settings: dict[str, float], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        RecallSettings(**settings)  # type: ignore[arg-type]


def test_the_page_states_the_defaults() -> None:
    page = DOCS.read_text(encoding="utf-8")
    for owner in (RecallSettings(), Fusion()):
        for field in fields(owner):
            value = getattr(owner, field.name)
            if field.name not in ("fusion", "root"):
                shown = f"`{type(value).__name__}()`" if field.name == "dynamics" else f"{value:g}"
                assert f"| `{type(owner).__name__}.{field.name}` | {shown} |" in page, field.name
