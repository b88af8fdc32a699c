"""Whether a memory abstains: from what it knows nothing of, and from nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hnsw_bridge import TextMemory, find_embedder
from hnsw_bridge.text.answerability import LEAST_ANSWERABILITY, Answerability, answerability, names_of, unrelated_cosine
from hnsw_bridge.text.records import NewRecord
from tests.hnsw_bridge.texts import HashedNgrams

TALK = [
    ("Anna", "Hi Ben! How was the trip?"),
    ("Ben", "Great, we walked along the coast for four days."),
    ("Anna", "Wow! Who came with you?"),
    ("Ben", "My brother and his dog. It rained once."),
    ("Anna", "Lovely. I started to learn the cello."),
    ("Ben", "The cello! Since when?"),
    ("Anna", "Since March. My teacher is strict."),
    ("Ben", "Yeah, mine was too. I gave up the piano."),
    ("Anna", "That's a pity."),
    ("Ben", "I'll start again some day."),
]
ABOUT_IT = ("Which instrument did Anna start to learn?", "Who walked along the coast?", "What did Ben give up?")
NOT_ABOUT_IT = ("What does Priya think of Jakarta?", "When did Oleg buy the tractor?", "How is steel hardened?")


@pytest.fixture
def memory(tmp_path: Path) -> TextMemory:
    pytest.importorskip("wordllama", reason="install the extra 'text'")
    return TextMemory(tmp_path / "memory", find_embedder("wordllama"))


def test_a_chat_is_answered_from(memory: TextMemory) -> None:
    memory.add(NewRecord(text, metadata={"speaker": speaker}) for speaker, text in TALK)
    for question in ABOUT_IT:
        assert not memory.ask(question).abstained
    assert memory.ask(ABOUT_IT[0], 3).answers[0].id == 5
    known = min(memory.ask(question).answerability for question in ABOUT_IT)
    for question in NOT_ABOUT_IT:
        found = memory.ask(question)
        assert (found.abstained, found.answers) == (True, ())
        assert found.answerability < LEAST_ANSWERABILITY < known
        assert not memory.ask(question, min_score=-1.0).abstained


def test_copies_change_nothing(memory: TextMemory) -> None:
    facts = ["Rye bread needs a sourdough.", "Bees see ultraviolet light.", "The Ljungan flows into the Baltic."]
    memory.add(facts)
    before = {question: memory.ask(question).answerability for question in (*facts, *NOT_ABOUT_IT)}
    memory.add(["ok, thanks"] * 4 + [facts[0]] * 3)
    for question, score in before.items():
        found = memory.ask(question)
        assert found.abstained == (question in NOT_ABOUT_IT)
        assert found.answerability == pytest.approx(score)
        assert found.min_score <= 1
    assert memory.ask(facts[0]).answers[0].count == 4
    assert memory.ask("ok thanks").answers[0].count == 4


def test_what_repeats_the_question_is_always_answered() -> None:
    for zero in (0.0, 0.5, 0.95):
        worst = Answerability(1.0, 0.0, 0.0, zero)
        assert worst.nearest >= worst.needed
        assert 0 <= worst.score <= 1
    assert Answerability(1.0, 1.0, 1.0, 0.3).score == pytest.approx(1.0)


def test_the_cosine_needed_is_the_one_at_which_the_score_is_the_least() -> None:
    for covered, named, zero in ((0.5, 1.0, 0.1), (0.2, 0.5, 0.7), (1.0, 0.0, 0.0)):
        needed = Answerability(0.0, covered, named, zero).needed
        if zero < needed < 0.999:
            assert Answerability(needed, covered, named, zero).score == pytest.approx(LEAST_ANSWERABILITY)


def test_names_are_taken_from_english_questions_alone() -> None:
    assert names_of("When did Anna's brother visit New York?") == {"anna", "new", "york"}
    assert names_of("Welcher Fluss fließt durch Lissabon?") == frozenset()
    assert names_of("Bees?") == frozenset()
    held, known = np.array([[True, False]]), np.array([False])
    assert answerability("who is Anna", held, known, 0.5, 0.0).named == 0.0
    assert answerability("who are you", np.zeros((0, 2), np.bool_), np.zeros(0, np.bool_), 0.5, 0.0).covered == 0.0


def test_the_zero_is_the_embedders_own() -> None:
    assert abs(unrelated_cosine(HashedNgrams())) < 0.3
    assert unrelated_cosine(lambda texts: np.ones((len(texts), 3), np.float32)) == 0.95
