"""Hippocampal memory: attention over cue variants, near-duplicates, importance, sleep."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import logsumexp, softmax

from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.memories import NOTHING, ExactCues, HippocampalMemory, HippocampalSettings, MemoryLinks
from tests.memories.cases import DIMENSIONS, random_vectors

HALF: Any = 1.5

Vectors = np.ndarray[Any, np.dtype[np.float32]]


def near(vectors: Vectors, cosine: float, seed: int) -> Vectors:
    """Unit vectors at about that cosine with the given ones."""
    noise = random_vectors(len(vectors), seed)
    noise -= np.sum(noise * vectors, axis=1, keepdims=True) * vectors
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return np.asarray(cosine * vectors + np.sqrt(1 - cosine**2) * noise, dtype=np.float32)


def filled(variants: int = 2, items: int = 30, **options: Any) -> tuple[HippocampalMemory, Vectors]:
    memory, cues = HippocampalMemory(DIMENSIONS, settings=HippocampalSettings(**options)), random_vectors(items, 1)
    memory.store(cues)
    for variant in range(variants):
        memory.add_cues(np.arange(items), near(cues, 0.8, 10 + variant))
    return memory, cues


def test_the_score_of_one_cue_is_its_cosine() -> None:
    memory, cues = filled(variants=0)
    asked = random_vectors(20, 5)
    answer = memory.recall(asked, 3)
    cosines = asked.astype(np.float64) @ cues.T.astype(np.float64)
    order = np.argsort(-cosines, axis=1)[:, :3]
    np.testing.assert_array_equal(answer.indices, order)
    np.testing.assert_allclose(answer.scores, np.take_along_axis(cosines, order, axis=1), atol=1e-6)


@settings(max_examples=10)
@given(st.integers(0, 1000), st.sampled_from([4.0, 32.0]))
def test_scores_and_attention_are_the_closed_form(seed: int, beta: float) -> None:
    """Against scipy: log-mean-exp over each memory's cues, softmax over all of them."""
    memory, cues = filled(beta=beta, candidates=90)
    everything = np.concatenate([cues, near(cues, 0.8, 10), near(cues, 0.8, 11)]).astype(np.float64)
    asked = random_vectors(1, seed)[0]
    cosines = everything @ asked
    expected = (logsumexp(beta * cosines.reshape(3, 30), axis=0) - np.log(3)) / beta
    answer = memory.recall(asked, 30)
    np.testing.assert_allclose(answer.scores, expected[answer.indices], atol=1e-5)
    names, shares = memory.attention(asked)
    np.testing.assert_allclose(shares, softmax(beta * cosines).reshape(3, 30).sum(axis=0)[names], atol=1e-5)


def test_paraphrases_among_the_cues_help() -> None:
    plain, cues = filled(variants=0, items=400)
    helped, _ = filled(variants=3, items=400)
    asked = near(near(cues, 0.8, 12), 0.6, 77)
    right = [np.mean(memory.recall(asked).indices[:, 0] == np.arange(400)) for memory in (plain, helped)]
    assert 0.1 < right[0] < right[1] - 0.05


def test_a_near_duplicate_becomes_a_cue_of_the_memory_it_resembles() -> None:
    memory, cues = HippocampalMemory(DIMENSIONS, settings=HippocampalSettings(duplicate=0.95)), random_vectors(3, 1)
    memory.store(cues, indices=[5, 6, 7])
    same, other = near(cues[:1], 0.97, 2), near(cues[1:2], 0.9, 3)
    np.testing.assert_array_equal(memory.store(np.concatenate([same, other]), indices=[8, 9]), [5, 9])
    assert (len(memory), memory.cues) == (4, 5)
    assert memory.recall(same).indices.tolist() == [[5]]
    plain = HippocampalMemory(DIMENSIONS)
    plain.store(cues)
    np.testing.assert_array_equal(plain.store(same), [3])


def test_a_copy_is_a_duplicate_at_cosine_one() -> None:
    """The cosine of a float32 vector with itself is 0.99999994 as often as it is 1."""
    memory, cues = HippocampalMemory(DIMENSIONS, settings=HippocampalSettings(duplicate=1.0)), random_vectors(60, 1)
    memory.store(cues)
    np.testing.assert_array_equal(memory.store(cues), np.arange(60))
    assert (len(memory), memory.cues) == (60, 120)


def test_importance_multiplies_attention() -> None:
    memory, cues = filled(variants=0)
    before, shares = memory.attention(cues[0])
    memory.set_importance([before[1]], [3.0])
    after, changed = memory.attention(cues[0])
    odds = shares[1] / shares[0]
    place = after.tolist().index(before[1])
    assert changed[place] / changed[after.tolist().index(before[0])] == pytest.approx(3 * odds)
    memory.age(0.5)
    np.testing.assert_allclose(memory.importance([before[1], before[0]]), [1.5, 0.5])


def test_sleep_keeps_the_most_important_and_answers_as_before_for_them() -> None:
    memory, cues = filled(variants=1)
    memory.set_importance([4, 9, 2], [5.0, 3.0, 4.0])
    assert memory.consolidate(3).tolist() == [name for name in range(30) if name not in (2, 4, 9)]
    assert (len(memory), memory.cues) == (3, 6)
    np.testing.assert_array_equal(memory.recall(cues[[2, 4, 9]]).indices[:, 0], [2, 4, 9])
    fresh = HippocampalMemory(DIMENSIONS)
    fresh.store(cues[[2, 4, 9]], indices=[2, 4, 9], importance=np.array([4.0, 5.0, 3.0]))
    fresh.add_cues([2, 4, 9], near(cues, 0.8, 10)[[2, 4, 9]])
    np.testing.assert_allclose(memory.recall(cues, 3).scores, fresh.recall(cues, 3).scores, atol=1e-6)
    assert memory.consolidate(3).size == 0


def test_sleep_and_age_look_at_stored_memories_only() -> None:
    """Stored one by one, the arrays have room for more; what lies there is nobody's importance."""
    memory, cues = HippocampalMemory(DIMENSIONS), random_vectors(5, 1)
    for cue, importance in zip(cues, (5.0, 1.0, 4.0, 2.0, 3.0), strict=True):
        memory.store(cue[None], importance=[importance])
    memory._importance[5:] = 1e9
    memory.age(0.5)
    assert memory.consolidate(3).tolist() == [1, 3]
    np.testing.assert_array_equal(memory.importance([0, 2, 4]), [2.5, 2.0, 1.5])


def test_importance_fades_and_never_reaches_zero() -> None:
    memory, cues = filled(variants=0)
    for _ in range(3):
        memory.age(1e-200)
    assert np.all(memory.importance(np.arange(30)) == np.finfo(np.float64).tiny)
    back = HippocampalMemory.from_state(memory.state())
    np.testing.assert_array_equal(back.recall(cues).indices[:, 0], np.arange(30))


def test_of_more_equal_cues_than_there_is_room_for_the_earliest_are_found() -> None:
    """Products with unit vectors are exact, so that cues tie to the last bit."""
    near_ones = np.random.default_rng(0).permutation(200)[:10]
    index, vectors = ExactCues(DIMENSIONS), np.zeros((200, DIMENSIONS), np.float32)
    vectors[:, 0] = 1.0
    vectors[near_ones] = np.eye(DIMENSIONS, dtype=np.float32)[1]
    index.add(np.arange(200), vectors)
    query = np.zeros((2, DIMENSIONS), np.float32)
    query[:, :2] = 0.6, 0.8
    numbers, _ = index.nearest(query, 30)
    tied = np.setdiff1d(np.arange(200), near_ones)
    np.testing.assert_array_equal(numbers, np.tile([*np.sort(near_ones), *tied[:20]], (2, 1)))


def test_many_cues_of_one_memory_do_not_hide_the_others() -> None:
    memory, cues = HippocampalMemory(DIMENSIONS), random_vectors(3, 1)
    memory.store(cues)
    memory.add_cues(np.zeros(50, dtype=int), near(np.repeat(cues[:1], 50, axis=0), 0.9, 4))
    assert sorted(memory.recall(cues[0], 3).indices.tolist()) == [0, 1, 2]


def test_exact_cues_find_the_nearest_after_removals() -> None:
    index, vectors = ExactCues(DIMENSIONS), random_vectors(50, 1)
    for number in range(50):
        index.add(np.array([number]), vectors[number : number + 1])
    index.remove(np.arange(0, 50, 2))
    numbers, cosines = index.nearest(vectors[:5], 30)
    odd = np.arange(1, 50, 2)
    expected = vectors[:5] @ vectors[odd].T
    np.testing.assert_array_equal(numbers[:, :25], odd[np.argsort(-expected, axis=1)])
    assert np.all(numbers[:, 25:] == -1)
    assert np.all(np.isneginf(cosines[:, 25:]))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"beta": 0.0}, "beta is 0.0; a number above 0"),
        ({"beta": float("nan")}, "beta is nan"),
        ({"candidates": 0}, "candidates is 0"),
        ({"duplicate": 1.5}, "duplicate is 1.5; a cosine above 0"),
    ],
)
def test_settings_refuse(options: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        HippocampalSettings(**options)


def test_bad_calls_change_nothing() -> None:
    memory, cues = filled()
    before = memory.state()
    for call, message in (
        (lambda: memory.add_cues([99], cues[:1]), "index 99 is not stored"),
        (lambda: memory.add_cues([1], cues[:2]), "one for each of 2 cues"),
        (lambda: memory.store(cues[:1], importance=np.array([0.0])), "importance must be above 0"),
        (lambda: memory.store(cues[:1], importance=np.array([1.0, 2.0])), r"float64 \(1,\) is allowed"),
        (lambda: memory.set_importance([1], [float("inf")]), "above 0 and finite"),
        (lambda: memory.add_cues([1.9], cues[:1]), "integers"),
        (lambda: memory.add_cues(["1"], cues[:1]), "integers"),
        (lambda: memory.importance([1.9]), "integers"),
        (lambda: memory.set_importance(["1"], 2.0), "integers"),
        (lambda: memory.set_importance([1], "2"), r"float64 \(1,\) is allowed"),
        (lambda: memory.set_importance([1], True), r"float64 \(1,\) is allowed"),
        (lambda: memory.consolidate(HALF), "keep is 1.5"),
        (lambda: memory.age(1.5), "factor is 1.5"),
        (lambda: memory.consolidate(0), "keep is 0"),
        (lambda: memory.attention(np.zeros(DIMENSIONS, np.float32)), "has no direction"),
        (lambda: memory.attention(cues[:3]), "3 cues; attention is that of one cue"),
    ):
        with pytest.raises(InvalidInput, match=message):
            call()
    after = memory.state()
    assert all(np.array_equal(before[name], after[name]) for name in before)


def linked(items: int = 40) -> tuple[HippocampalMemory, Vectors]:
    cues = random_vectors(items, 1)
    encoder = KWTAEncoder.centred_on(cues, units=1024, active=32)
    memory = HippocampalMemory(DIMENSIONS, links=MemoryLinks(encoder, pointer_units=512, pointer_active=8))
    memory.store(cues, indices=100 + np.arange(items))
    # Four chains of three hops: 100 -> 110 -> 120 -> 130, 101 -> 111 -> ...
    starts = np.concatenate([100 + np.arange(4), 110 + np.arange(4), 120 + np.arange(4)])
    memory.link(starts, starts + 10)
    return memory, cues


def test_links_are_followed_hop_by_hop() -> None:
    memory, cues = linked()
    expected = 100 + np.arange(4)[:, None] + 10 * np.arange(4)
    np.testing.assert_array_equal(memory.follow(near(cues[:4], 0.8, 3), 3), expected)
    np.testing.assert_array_equal(memory.follow(cues[21], 3), [121, 131, NOTHING, NOTHING])
    np.testing.assert_array_equal(memory.follow(cues[7], 2), [107, NOTHING, NOTHING])
    np.testing.assert_array_equal(memory.follow(cues[0], 2, threshold=1.1), [NOTHING] * 3)


def test_what_is_forgotten_ends_a_chain_and_sleep_rebuilds_the_rest() -> None:
    memory, cues = linked()
    memory.forget([120])
    np.testing.assert_array_equal(memory.follow(cues[:2], 3), [[100, 110, NOTHING, NOTHING], [101, 111, 121, 131]])
    memory.set_importance(101 + 10 * np.arange(4), [2.0] * 4)
    memory.consolidate(6)
    np.testing.assert_array_equal(memory.follow(cues[1], 4), [101, 111, 121, 131, NOTHING])
    assert memory.state()["links"].tolist() == [[101, 111], [111, 121], [121, 131]]


def test_a_memory_that_forgot_one_end_of_a_link_comes_back() -> None:
    memory, cues = linked()
    memory.forget([120, 101])
    links = MemoryLinks(KWTAEncoder.centred_on(cues, units=1024, active=32), pointer_units=512, pointer_active=8)
    back = HippocampalMemory.from_state(memory.state(), links=links)
    asked = cues[[0, 2, 11]]
    expected = [[100, 110, NOTHING, NOTHING], [102, 112, 122, 132], [111, 121, 131, NOTHING]]
    for found in (memory, back):
        np.testing.assert_array_equal(found.follow(asked, 3), expected)


def test_a_new_memory_under_a_forgotten_index_inherits_no_link() -> None:
    memory, cues = linked()
    memory.forget([100, 131])
    memory.store(cues[[0, 31]], indices=[100, 131])
    np.testing.assert_array_equal(memory.follow(cues[[0, 1]], 3), [[100] + 3 * [NOTHING], [101, 111, 121, NOTHING]])
    memory.link([100], [131])
    np.testing.assert_array_equal(memory.follow(cues[0], 2), [100, 131, NOTHING])


def test_all_links_can_be_forgotten() -> None:
    memory, cues = linked()
    memory.forget(100 + np.arange(30))
    assert memory.state()["links"].shape == (0, 2)
    np.testing.assert_array_equal(memory.follow(cues[35], 1), [135, NOTHING])


def test_a_memory_with_links_comes_back() -> None:
    memory, cues = linked()
    links = MemoryLinks(KWTAEncoder.centred_on(cues, units=1024, active=32), pointer_units=512, pointer_active=8)
    back = HippocampalMemory.from_state(memory.state(), links=links)
    np.testing.assert_array_equal(back.follow(cues, 3), memory.follow(cues, 3))
    with pytest.raises(InvalidInput, match="make it with links="):
        HippocampalMemory.from_state(memory.state())


def test_bad_links_are_refused() -> None:
    memory, cues = linked()
    for sources, targets, message in (
        ([100], [104], "memory 100 leads to another one already"),
        ([104, 104], [105, 106], "memory 104 leads to another one already"),
        ([104], [999], "index 999 is not stored"),
        ([104, 105], [106], "2 sources and 1 targets"),
        ([[104, 105]], [[106, 107]], r"one of both, \(links,\), not empty"),
        ([], [], "not empty"),
        ([104.9], [105], "the ends of links have dtype float64"),
        ("104", "105", "the ends of links have dtype <U3"),
        ([104], [True], "the ends of links have dtype bool"),
    ):
        with pytest.raises(InvalidInput, match=message):
            memory.link(sources, targets)
    links, codes = memory._links, np.zeros((1, DIMENSIONS), np.float32)
    assert links is not None
    for call in (
        lambda: links.forget("100"),  # type: ignore[arg-type]
        lambda: links.store(np.array([104.9]), np.array([105]), codes, codes),
        lambda: links.follow(np.array([100.9]), codes, 1),
    ):
        with pytest.raises(InvalidInput, match="integers"):
            call()
    with pytest.raises(InvalidInput, match="keeps no links"):
        filled()[0].follow(cues[0], 1)
    with pytest.raises(InvalidInput, match="encoder takes 32 dimensions; the memory has 8"):
        HippocampalMemory(8, links=MemoryLinks(KWTAEncoder(DIMENSIONS, units=64, active=4)))
