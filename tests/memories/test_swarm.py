"""Swarm memory: weights against a dense reference, energy, decay, gate, merge, and what it refuses."""

from __future__ import annotations

import math
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro.errors import InvalidInput
from neuro.memories import RhoRule, SwarmMemory, SwarmParameters
from tests.memories.test_every_memory import digest

NODES = 40


def random_codes(items: int, active: int = 6, seed: int = 0, nodes: int = NODES) -> np.ndarray:
    random = np.random.default_rng(seed)
    return np.array([np.sort(random.permutation(nodes)[:active]) for _ in range(items)])


def filled(items: int = 15, replica: int = 0, seed: int = 0, **parameters: Any) -> tuple[SwarmMemory, np.ndarray]:
    memory = SwarmMemory(NODES, parameters=SwarmParameters(**parameters), replica=replica)
    codes = random_codes(items, seed=seed)
    memory.store(codes)
    return memory, codes


def dense(codes: list[np.ndarray], how: SwarmParameters) -> tuple[np.ndarray, np.ndarray]:
    """The rules as written, on full matrices."""
    tau, rho = np.zeros((NODES, NODES)), np.zeros((NODES, NODES))
    for code in codes:
        tau, rho = (weights * math.exp(-1 / how.lifetime) for weights in (tau, rho))
        t = np.zeros(NODES)
        t[code] = 1
        both = np.outer(t, t) - np.diag(t)
        state = np.clip(how.alpha * tau @ t - how.beta * rho @ t, 0, 1) * (1 - t)
        keep = np.argsort(-state, kind="stable")[: len(code)]
        keep = keep[state[keep] >= how.alpha * how.eta * how.intruder_share * len(code)]
        intruders = np.zeros(NODES)
        intruders[keep] = state[keep]
        tau = tau + how.eta * both
        if how.rho_rule is RhoRule.PLAIN:
            rho = rho + how.rho_ratio * how.eta * both
        else:
            push = np.outer(t, intruders)
            rho = rho + how.rho_ratio * how.eta * (push + push.T) * (tau > 0)
    return tau, rho


# Rates that no two intruders share, so that the strongest are told apart without a tie.
@pytest.mark.parametrize("rule", list(RhoRule))
def test_weights_follow_the_rules(rule: RhoRule) -> None:
    memory, codes = filled(40, rho_rule=rule, lifetime=3.7, epoch=7, eta=0.5)
    tau, rho = (weights.toarray() for weights in memory.weights())
    expected_tau, expected_rho = dense(list(codes), memory.parameters)
    # Edges are dropped once they are below exp(-8) of one co-activation.
    np.testing.assert_allclose(tau, expected_tau, rtol=1e-5, atol=0.5 * math.exp(-8))
    np.testing.assert_allclose(rho, expected_rho, rtol=1e-4, atol=1e-3)
    assert rho.max() > 0.01
    np.testing.assert_array_equal(tau, tau.T)
    np.testing.assert_array_equal(rho, rho.T)


def test_the_plain_rule_is_collinear_and_the_contrast_is_not() -> None:
    cosines = {}
    for rule in RhoRule:
        tau, rho = (weights.toarray().ravel() for weights in filled(60, rho_rule=rule)[0].weights())
        cosines[rule] = tau @ rho / np.linalg.norm(tau) / np.linalg.norm(rho)
    assert cosines[RhoRule.PLAIN] == pytest.approx(1, abs=1e-6)
    assert cosines[RhoRule.CONTRAST] < 0.95


@given(st.lists(st.integers(0, 14), min_size=1, max_size=40), st.integers(1, 9))
@settings(max_examples=15)
def test_how_updates_are_buffered_changes_no_weight(order: list[int], epoch: int) -> None:
    codes = random_codes(15)
    one_by_one = SwarmMemory(NODES, parameters=SwarmParameters(epoch=1, lifetime=2.0))
    batched = SwarmMemory(NODES, parameters=SwarmParameters(epoch=1000, lifetime=2.0))
    for place, item in enumerate(order):
        one_by_one.store(codes[item], indices=[place])
        batched.store(codes[item], indices=[place])
        if place % epoch == 0:
            batched.association(0, 1)
    for left, right in zip(one_by_one.weights(), batched.weights(), strict=True):
        np.testing.assert_array_equal(left.toarray(), right.toarray())


@pytest.mark.parametrize("later", [1, 7, 1000, 12_345])
def test_an_edge_reads_back_as_decayed_co_activation(later: int) -> None:
    memory = SwarmMemory(NODES, parameters=SwarmParameters(lifetime=1000.0))
    memory.store([3, 5, 8])
    memory.store([5, 8, 9])
    memory.advance(later)
    old, new = math.exp(-(later + 1) / 1000), math.exp(-later / 1000)
    found = memory.association([3, 5, 9, 3, 3], [5, 8, 5, 9, 3])
    # Below exp(-8) of one co-activation an edge may be gone.
    np.testing.assert_allclose(found, [old, old + new, new, 0, 0], rtol=1e-5, atol=math.exp(-8))
    if later < 8000:
        assert found[0] == pytest.approx(old, rel=1e-5)
    assert memory.association(8, 5) == found[1]
    assert memory.clock == 2 + later


def test_faded_edges_leave_the_arena() -> None:
    memory = SwarmMemory(400, parameters=SwarmParameters(lifetime=5.0))
    codes = random_codes(600, nodes=400)
    sizes = [memory.store(codes[first : first + 50]) is not None and memory.edges for first in range(0, 600, 50)]
    assert max(sizes[4:]) < 0.3 * 600 * 30
    tau, _ = memory.weights()
    last = codes[-1]
    assert np.all(tau.toarray()[np.ix_(last, last)][~np.eye(6, dtype=bool)] >= 0.02 * (1 - 1e-5))


@pytest.mark.parametrize("rule", list(RhoRule))
def test_a_step_is_the_equation(rule: RhoRule) -> None:
    memory, codes = filled(40, rho_rule=rule)
    tau, rho = (weights.toarray() for weights in memory.weights())
    states = np.random.default_rng(1).random((3, NODES)).astype(np.float32) * (np.arange(NODES) % 3 == 0)
    states = states.astype(np.float32)
    teachers = np.zeros((3, NODES))
    np.put_along_axis(teachers, codes[:3], 1, axis=1)
    how = memory.parameters
    free = states + how.alpha * states @ tau - how.beta * states @ rho
    np.testing.assert_allclose(memory.step(states), np.clip(free, 0, 1), atol=1e-6)
    held = np.clip(free + how.gamma * teachers @ tau, 0, 1)
    np.testing.assert_allclose(memory.step(states, codes[:3]), held, atol=1e-6)
    np.testing.assert_array_equal(memory.step(states[1], codes[1]), memory.step(states, codes[:3])[1])
    expected = [-0.5 * s @ (tau - rho) @ s for s in states.astype(np.float64)]
    np.testing.assert_allclose(memory.energy(states), expected, rtol=1e-5)


def test_completion_is_the_steps_among_those_whom_the_first_wakes() -> None:
    memory, codes = filled(30)
    cue = codes[4][:3]
    start = np.zeros(NODES, dtype=np.float32)
    start[cue] = 1
    state = memory.step(start, cue)
    joined = (state > 0) | (start > 0)
    for _ in range(memory.parameters.steps - 1):
        state = memory.step(state, cue) * joined
    found = memory.complete(cue, NODES)
    active = found.elements[found.elements >= 0]
    np.testing.assert_allclose(found.activities[: len(active)], state[active], atol=1e-5)
    assert set(active) == set(np.flatnonzero(state))
    assert found.energies[0, -1] == pytest.approx(float(memory.energy(state)), rel=1e-4)


def test_breadth_bounds_how_many_join() -> None:
    memory, codes = filled(30, breadth=2)
    found = memory.complete(codes[4][:3], NODES)
    assert np.sum(found.elements >= 0) == 5


@given(
    st.integers(1, 60),
    st.integers(0, 5),
    st.sampled_from(list(RhoRule)),
    st.floats(0, 8),
    st.floats(0, 2),
)
@settings(max_examples=30)
def test_the_potential_falls_while_the_least_eigenvalue_is_above_minus_two(
    items: int, seed: int, rule: RhoRule, alpha: float, beta: float
) -> None:
    memory, codes = filled(items, seed=seed, rho_rule=rule, alpha=alpha, beta=beta, steps=8)
    tau, rho = (weights.toarray() for weights in memory.weights())
    least = np.linalg.eigvalsh(alpha * tau - beta * rho)[0]
    found = memory.complete(codes[:, :3], 1)
    if least > -2:
        assert np.all(np.diff(found.potentials, axis=1) <= 1e-9)


def test_the_energy_falls_where_both_weights_count_alike() -> None:
    memory, codes = filled(40, alpha=0.2, beta=0.2, gamma=0.0)
    found = memory.complete(codes[:, :3], 1)
    assert np.all(np.diff(found.energies, axis=1) <= 1e-12)
    assert np.all(found.energies[:, -1] < found.energies[:, 0])


@pytest.mark.parametrize(("push", "falls"), [(1.9, True), (2.5, False)])
def test_beyond_the_bound_the_potential_can_rise(push: float, falls: bool) -> None:
    """Two elements that repel each other and are pulled by the teacher leap over their rest, to and fro."""
    how = SwarmParameters(alpha=0.0, beta=push / 0.3, gamma=0.4 * push, eta=1.0, rho_rule=RhoRule.PLAIN)
    memory = SwarmMemory(2, parameters=how)
    memory.store([0, 1])
    assert -how.beta * memory.weights()[1].toarray()[0, 1] == pytest.approx(-push)
    steps = np.diff(memory.complete([0, 1], 2).potentials[0])
    assert bool(np.all(steps <= 1e-9)) == falls


def test_half_a_pattern_brings_the_other_half() -> None:
    memory = SwarmMemory(1000)
    codes = random_codes(200, 12, nodes=1000)
    memory.store(codes)
    found = memory.complete(codes[:, ::2], 12)
    assert np.mean([np.isin(a, b).mean() for a, b in zip(found.elements, codes, strict=True)]) > 0.99
    np.testing.assert_array_equal(memory.recall(codes[:, ::2]).indices[:, 0], np.arange(200))


def test_patterns_of_several_sizes_live_together() -> None:
    memory = SwarmMemory(NODES)
    memory.store([1, 2])
    memory.store([[3, 4, 5], [7, 8, 9]])
    memory.store([11])
    np.testing.assert_array_equal(memory.recall([[7, 8], [3, 5]]).indices[:, 0], [2, 1])
    assert memory.recall([11]).scores[0] == pytest.approx(1)
    np.testing.assert_array_equal(memory.pattern(2), [7, 8, 9])
    assert digest(SwarmMemory.from_state(memory.state())) == digest(memory)


def test_the_gate_measures_overlap_and_excess() -> None:
    memory = SwarmMemory(NODES)
    memory.store(np.arange(20))
    memory.store(np.arange(20, 40))
    for cue, accepted, overlap, excess in [
        (np.arange(7), True, 0.35, 0.0),
        (np.arange(6), False, 0.3, 0.0),
        (np.array([*range(10), 39]), False, 0.5, 0.05),
    ]:
        gate = memory.gate(cue)
        assert (gate.accepted[0], gate.overlap[0], gate.excess[0]) == (accepted, overlap, excess)
        assert gate.indices[0] == 0


def test_what_passes_the_gate_is_learnt_again() -> None:
    memory = SwarmMemory(NODES)
    memory.store([np.arange(20), np.arange(20, 40)])
    gate = memory.reinforce([np.arange(7), np.arange(16, 23)])
    np.testing.assert_array_equal(gate.accepted, [True, False])
    assert memory.association(3, 15) == pytest.approx(2, rel=1e-4)
    assert memory.association(23, 35) == pytest.approx(1, rel=1e-4)
    assert (len(memory), memory.clock) == (2, 3)


Act = tuple[int, str, int]


def replicas(acts: list[Act]) -> list[SwarmMemory]:
    """Three replicas after some history: they learn, forget, take over what another one knows."""
    codes = random_codes(12, 4)
    found = [SwarmMemory(NODES, replica=name, parameters=SwarmParameters(lifetime=4.0)) for name in range(3)]
    for who, what, item in acts:
        memory = found[who]
        if what == "store" and item not in memory.indices:
            memory.store(codes[item], indices=[item])
        elif what == "forget" and item in memory.indices:
            memory.forget([item])
        elif what == "advance":
            memory.advance(item + 1)
        elif what == "merge":
            found[who] = memory.merge(found[item % 3]).as_replica(who)
    return found


acts = st.lists(
    st.tuples(st.integers(0, 2), st.sampled_from(["store", "store", "forget", "advance", "merge"]), st.integers(0, 11)),
    max_size=25,
)


@given(acts)
@settings(max_examples=60, deadline=None)
def test_the_merge_is_a_join(history: list[Act]) -> None:
    a, b, c = replicas(history)
    ab = a.merge(b)
    assert digest(ab) == digest(b.merge(a))
    assert digest(ab.merge(c)) == digest(a.merge(b.merge(c)))
    assert digest(ab.merge(b)) == digest(ab)
    assert digest(a.merge(a)) == digest(a)
    assert digest(SwarmMemory.from_state(ab.state())) == digest(ab)


def test_a_merge_is_the_sum_of_the_replicas() -> None:
    a, _ = filled(10, replica=1, seed=1)
    b, _ = filled(10, replica=2, seed=2)
    for merged, left, right in zip(a.merge(b).weights(), a.weights(), b.weights(), strict=True):
        np.testing.assert_allclose(merged.toarray(), (left + right).toarray(), rtol=1e-6)


def test_what_one_replica_removed_does_not_come_back() -> None:
    a, _ = filled(4, replica=1)
    b = a.merge(SwarmMemory(NODES, replica=2)).as_replica(2)
    b.forget([2])
    b.store([1, 2, 3], indices=[40])
    a.store([4, 5, 6], indices=[50])
    np.testing.assert_array_equal(a.merge(b).indices, [0, 1, 3, 50, 40])


def test_two_patterns_of_one_index_are_both_kept_and_one_is_named() -> None:
    a, b = SwarmMemory(NODES, replica=1), SwarmMemory(NODES, replica=2)
    a.store([1, 2, 3], indices=[7])
    b.store([4, 5, 6], indices=[7])
    both = a.merge(b)
    np.testing.assert_array_equal(both.indices, [7])
    np.testing.assert_array_equal(both.pattern(7), [1, 2, 3])
    a.forget([7])
    np.testing.assert_array_equal(a.merge(both).pattern(7), [4, 5, 6])
    own = both.as_replica(3)
    own.forget([7])
    assert len(own) == len(own.merge(both)) == 0


def test_a_merged_memory_learns_under_a_number_of_its_own() -> None:
    a, codes = filled(3, replica=1)
    both = a.merge(SwarmMemory(NODES, replica=2))
    before = digest(both)
    for call in (lambda: both.store([1, 2], indices=[99]), lambda: both.reinforce(codes), lambda: both.advance(1)):
        with pytest.raises(InvalidInput, match="as_replica"):
            call()
    assert digest(both) == before
    own = both.as_replica(9)
    own.store([1, 2], indices=[99])
    assert own.recall([1, 2]).indices[0] == 99


def test_merging_what_does_not_belong_together_is_refused() -> None:
    a, _ = filled(3, seed=1)
    for other, message in [
        (filled(3, seed=2)[0], "both call themselves replica 0 and stored different patterns"),
        (SwarmMemory(NODES + 1), "40 and 41 nodes"),
        (SwarmMemory(NODES, parameters=SwarmParameters(eta=0.1)), "eta=0.1"),
    ]:
        before = digest(a), digest(other)
        with pytest.raises(InvalidInput, match=message):
            a.merge(other)
        assert (digest(a), digest(other)) == before
    a.advance(5)
    b, _ = filled(3, seed=1)
    b.reinforce(np.array([random_codes(1, seed=1)[0]] * 5))
    with pytest.raises(InvalidInput, match="replica 0 and learnt apart"):
        a.merge(b)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda memory: memory.complete([1, 2], 0), "size is 0"),
        (lambda memory: memory.complete([1, NODES], 3), "0 to 39 are allowed"),
        (lambda memory: memory.step(np.zeros(NODES)), "float64"),
        (lambda memory: memory.step(np.full(NODES, 1.5, np.float32)), "0 to 1 is allowed"),
        (lambda memory: memory.step(np.full(NODES, np.nan, np.float32)), "NaN"),
        (lambda memory: memory.step(np.zeros(NODES, np.float32), [[1], [2]]), "2 teachers for 1 states"),
        (lambda memory: memory.energy(np.zeros(3, np.float32)), "3 dimensions; this memory takes 40"),
        (lambda memory: memory.association([1], [NODES]), "integers from 0 to 39"),
        (lambda memory: memory.association([1], [1, 2]), "of one shape"),
        (lambda memory: memory.association([0.5], [1]), "float64"),
        (lambda memory: memory.association([1, True], [1, 2]), "integers"),
        (lambda memory: memory.complete([1, True], 3), "active units as integers"),
        (lambda memory: memory.pattern([1, 2]), r"index is \[1, 2\]; a whole number"),
        (lambda memory: memory.advance(0), "updates is 0"),
        (lambda memory: memory.as_replica(-1), "replica is -1"),
        (lambda memory: memory.pattern(99), "99 is not stored"),
    ],
)
def test_a_refused_call_changes_nothing(call: Callable[[SwarmMemory], object], message: str) -> None:
    memory, _ = filled()
    before = digest(memory)
    with pytest.raises(InvalidInput, match=message):
        call(memory)
    assert digest(memory) == before


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"alpha": -0.1}, "alpha is -0.1"),
        ({"eta": 0.0}, "eta is 0.0"),
        ({"lifetime": math.nan}, "lifetime is nan"),
        ({"epoch": 0}, "epoch is 0"),
        ({"steps": 1.5}, "steps is 1.5"),
        ({"breadth": True}, "breadth is True"),
        ({"rho_rule": 1}, "a RhoRule is allowed"),
    ],
)
def test_parameters_out_of_range_are_refused(change: dict[str, Any], message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        replace(SwarmParameters(), **change)


@pytest.mark.parametrize(
    ("name", "change"),
    [
        ("neighbours", lambda found: found[::-1].copy()),
        ("elements", lambda found: found + np.uint32(NODES)),
        ("tau", lambda found: found * np.float32(np.nan)),
        ("rho", lambda found: found - np.float32(1)),
        ("edge_offsets", lambda found: found + 1),
        ("item_offsets", lambda found: found + 1),
        ("items", lambda found: found[::-1].copy()),
        ("replicas", lambda found: -found - 1),
    ],
)
def test_a_state_that_contradicts_itself_is_refused(name: str, change: Callable[[np.ndarray], np.ndarray]) -> None:
    memory, _ = filled()
    state = memory.state()
    state[name] = change(state[name])
    with pytest.raises(InvalidInput, match=name):
        SwarmMemory.from_state(state)


def test_threads_read_what_one_reader_reads() -> None:
    """Work space is shared and the first read writes what waits; threads that change places often would show it."""
    rng = np.random.default_rng(0)
    codes = np.sort(np.array([rng.choice(400, 12, replace=False) for _ in range(40)]), axis=1)
    alone, shared = SwarmMemory(400), SwarmMemory(400)
    for memory in (alone, shared):
        memory.store(codes)
    expected = alone.recall(codes[:, :8], 3)
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(3) as pool:
            answers = list(pool.map(lambda _: shared.recall(codes[:, :8], 3), range(12)))
    finally:
        sys.setswitchinterval(interval)
    for answer in answers:
        np.testing.assert_array_equal(answer.indices, expected.indices)
        np.testing.assert_array_equal(answer.scores, expected.scores)
