"""Copies are folded, and of two statements about one subject the newer comes first."""

from __future__ import annotations

import pytest

from hnsw_bridge.text.consolidation import consolidated, contradict
from hnsw_bridge.text.records import Record


def record(number: int, text: str, created: float = 0.0, **metadata: str) -> Record:
    return Record(number, "default", text, metadata, created, 1)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mira lives in Lisbon.", "Mira lives in Oslo now."),
        ("lives in Lisbon", "lives in Oslo"),
        ("Mira lived in Lisbon", "Mira is living in Oslo"),
        ("Mira: I live in Lisbon", "Mira: I live in Oslo"),
        ("Anna works as a nurse", "Anna works as a teacher"),
        ("Anna's phone number is 123 456", "Anna's phone number is 999 111"),
    ],
)
def test_versions_of_one_statement(one: str, other: str) -> None:
    assert contradict(record(1, one), record(2, other))
    assert contradict(record(1, other), record(2, one))


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("Mira lives in Lisbon", "Tom lives in Paris"),
        ("Mira: I live in Lisbon", "Tom: I live in Oslo"),
        ("Mira lives in Lisbon", "Mira lives in Lisbon!"),
        ("Tomas bakes rye bread", "Tomas sells glass"),
        ("Mira likes tea", "Tom likes coffee"),
        (" ".join(f"word{n}" for n in range(40)) + " Lisbon", " ".join(f"word{n}" for n in range(40)) + " Oslo"),
        ("...", "!!!"),
    ],
)
def test_what_is_no_version(one: str, other: str) -> None:
    assert not contradict(record(1, one), record(2, other))


def test_the_newest_stands_first_and_the_older_are_marked() -> None:
    records = [
        record(1, "Mira lives in Lisbon", 1.0),
        record(2, "ok, thanks", 2.0),
        record(3, "OK - thanks!", 3.0),
        record(4, "Mira lives in Oslo now", 4.0),
        record(5, "Mira lives in Rome", 2.0),
    ]
    found = consolidated(records, [1.0] * len(records), 5)
    assert [records[place].id for place in found.order] == [4, 1, 3, 5]
    assert found.counts == (1, 1, 2, 1)
    assert [records[place].id if place >= 0 else None for place in found.newer] == [None, 4, None, 4]
    assert consolidated(records[:3], [3.0, 2.0, 1.0], 1).order == (0,)
    assert consolidated(records[1:3], [2.0, 1.0], 2).order == (0,), "of copies the best answers"
    assert consolidated([], [], 3).order == ()


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("C++ is fast", "C# is fast"),
        ("It was -5 degrees", "It was 5 degrees"),
        ("x > y", "x < y"),
        ("a+b", "a-b"),
        ("Price: 3.5", "Price: 3 5"),
        ("Vitamin A helps", "Vitamin helps"),
        ("/a/b", "a b"),
    ],
)
def test_signs_that_mean_something_make_no_copies(one: str, other: str) -> None:
    records = [record(1, one), record(2, other)]
    assert consolidated(records, [2.0, 1.0], 2).counts == (1, 1)


@pytest.mark.parametrize(
    ("one", "other"), [("Ok, thanks!", "ok thanks"), ("A cat sat.", "The cat sat"), ("- done", "Done (really)")]
)
def test_case_punctuation_and_fillers_make_no_difference(one: str, other: str) -> None:
    assert consolidated([record(1, one), record(2, other)], [2.0, 1.0], 2).counts == (2,)


def test_a_denial_is_no_copy() -> None:
    records = [record(1, "I do like tea"), record(2, "I do not like tea"), record(3, "I like tea!", speaker="Tom")]
    assert consolidated(records, [1.0] * len(records), 5).counts == (1, 1, 1)
