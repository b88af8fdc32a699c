"""The label read-out: learning, voting, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput
from neuro.memories import HebbianMemory, LabelReadout


def two_classes() -> tuple[HebbianMemory, np.ndarray, np.ndarray]:
    """Class 3 uses the first half of the units, class 8 the second; 20 % of the units are strays."""
    random = np.random.default_rng(0)
    labels = np.repeat([8, 3], 30)
    codes = []
    for label in labels:
        home, other = (np.arange(40), np.arange(40, 80))[:: 1 if label == 3 else -1]
        codes.append(np.concatenate([random.permutation(home)[:8], random.permutation(other)[:2]]))
    memory = HebbianMemory(80, pointer_units=64, pointer_active=2)
    memory.store(np.array(codes)[::2])
    return memory, np.array(codes), labels


def test_it_learns_to_name_the_class() -> None:
    memory, codes, labels = two_classes()
    readout = LabelReadout.learn(memory, codes, labels, winners=8)
    assert np.mean(readout.classify(memory, codes) == labels) > 0.95
    assert int(readout.classify(memory, codes[0])) == 8
    np.testing.assert_array_equal(readout.labels, [3, 8])


def test_weights_lie_on_the_grid_and_use_it() -> None:
    memory, codes, labels = two_classes()
    for bits in (2, 4):
        weights = np.asarray(LabelReadout.learn(memory, codes, labels, winners=8, bits=bits).weights)
        assert np.abs(weights).max() == 2 ** (bits - 1) - 1


def test_learning_repeats_for_a_seed() -> None:
    memory, codes, labels = two_classes()
    first, again = (LabelReadout.learn(memory, codes, labels, winners=8, seed=4).weights for _ in range(2))
    np.testing.assert_array_equal(first, again)


def test_one_class_is_a_class() -> None:
    memory, codes, _ = two_classes()
    readout = LabelReadout.learn(memory, codes, np.full(60, 5), winners=8)
    np.testing.assert_array_equal(readout.classify(memory, codes), 5)


def test_votes_add_the_weights_of_the_winners_and_ties_go_to_the_lower_class() -> None:
    readout = LabelReadout(np.array([[1, 2], [3, 2], [-1, 5]]), np.array([4, 6]), winners=2)
    np.testing.assert_array_equal(readout.votes([[0, 1], [0, 2]]), [[4, 4], [0, 7]])
    np.testing.assert_array_equal(readout.votes([0, 1]), [4, 4])
    memory = HebbianMemory(2, pointer_units=3, pointer_active=2)
    memory.store([0])
    assert readout.pointers(memory, [0]).shape == (2,)


GOOD: dict[str, Any] = {"weights": np.ones((3, 2), dtype=int), "labels": np.array([0, 1]), "winners": 2}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"weights": np.ones((3, 2))}, r"weights have shape \(3, 2\), dtype float64; integers"),
        ({"weights": np.ones(3, dtype=int)}, r"weights have shape \(3,\)"),
        ({"labels": np.array([0, 1, 2])}, r"labels have shape \(3,\), dtype int64; 2 integers"),
        ({"labels": np.array([1, 1])}, "labels must ascend, each once"),
        ({"winners": 4}, "winners is 4; a whole number from 1 to 3"),
    ],
)
def test_readout_refuses(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        LabelReadout(**{**GOOD, **options})


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"winners": 65}, "winners is 65; a whole number from 1 to 64"),
        ({"bits": 1}, "bits is 1; a whole number from 2 to 16"),
        ({"epochs": 0}, "epochs is 0"),
        ({"labels": np.zeros(3, dtype=int)}, r"labels have shape \(3,\), dtype int64; 60 integers"),
        ({"labels": np.zeros(60)}, "dtype float64; 60 integers are allowed"),
        ({"cues": np.zeros(6)}, "cues: dtype is float64"),
        ({"memory": HebbianMemory(80)}, "learning from an empty memory"),
    ],
)
def test_learn_refuses(options: dict[str, Any], message: str) -> None:
    memory, codes, labels = two_classes()
    arguments = {"memory": memory, "cues": codes, "labels": labels, "winners": 8, **options}
    with pytest.raises(InvalidInput, match=message):
        LabelReadout.learn(**arguments)
