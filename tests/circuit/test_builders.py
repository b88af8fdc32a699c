"""Random connections and drawn weights: from a seed, as their rules say, equal on every target."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from neuro import Circuit, Connections, Population, Projection, SpikeSource
from neuro.circuit.draws import DrawnValues, Normal, Uniform
from neuro.compiler.lower_circuit import lower
from neuro.errors import CircuitError
from neuro.models import LIF_EXPONENTIAL, static_synapse
from neuro.simulators import Brian2Reference, Compiled
from neuro.simulators.compiled.simulator import run_program
from tests.oracle import interpret

DT = 1e-4


def test_random_pairs_have_the_probability() -> None:
    connections = Connections.random(200, 300, 0.1, seed=3)
    assert connections.synapses == pytest.approx(6000, abs=4 * np.sqrt(6000 * 0.9))
    pairs = connections.pre() * 300 + np.asarray(connections.column)
    assert np.array_equal(pairs, np.unique(pairs))
    assert np.array_equal(connections.column, Connections.random(200, 300, 0.1, seed=3).column)
    assert Connections.random(200, 300, 0.1, seed=4).synapses != connections.synapses
    assert Connections.random(3, 2, 0.0, seed=1).synapses == 0
    assert Connections.random(3, 2, 1.0, seed=1).synapses == 6


def test_a_fixed_in_degree_is_kept_by_every_target() -> None:
    connections = Connections.fixed_in_degree(50, 40, 7, seed=1)
    pairs = connections.pre() * 40 + np.asarray(connections.column)
    assert np.array_equal(pairs, np.unique(pairs))
    assert set(np.bincount(connections.column, minlength=40)) == {7}
    assert np.diff(connections.row_start).std() > 0
    assert set(np.diff(Connections.fixed_in_degree(5, 4, 5, seed=0).row_start)) == {4}


def test_a_fixed_total_is_kept_and_spread() -> None:
    connections = Connections.fixed_total(30, 20, 6000, seed=5)
    assert connections.synapses == 6000
    assert np.bincount(connections.column, minlength=20) == pytest.approx(np.full(20, 300), abs=5 * np.sqrt(300))
    assert np.diff(connections.row_start) == pytest.approx(np.full(30, 200), abs=5 * np.sqrt(200))


def test_near_neurons_connect_more_often() -> None:
    places = np.linspace(0.0, 1.0, 100, endpoint=False)[:, None]
    connections = Connections.by_distance(places, places, 0.8, 0.1, period=1.0, seed=2)
    apart = np.abs(connections.pre() - np.asarray(connections.column)) / 100
    apart = np.minimum(apart, 1 - apart)
    expected = 100 * 100 * 0.8 * 0.1 * np.sqrt(2 * np.pi)
    assert connections.synapses == pytest.approx(expected, rel=0.1)
    assert apart.std() == pytest.approx(0.1 * np.sqrt(1 - 2 / np.pi), rel=0.2)


def test_blocks_join_to_one() -> None:
    blocks = [(Connections.random(4, 3, 0.5, seed=seed), 4 * seed, 3 * (1 - seed)) for seed in (0, 1)]
    whole = Connections.joined(blocks, 8, 6)
    parts = [part.within(8, 6, first, last) for part, first, last in blocks]
    expected = sorted((j, i) for part in parts for j, i in zip(part.pre(), part.column, strict=True))
    assert sorted(zip(whole.pre(), whole.column, strict=True)) == expected


REFUSED = {
    "probability": (lambda: Connections.random(2, 2, 1.5, seed=0), "probability is 1.5; a number from 0 to 1"),
    "negative": (lambda: Connections.random(2, 2, -0.1, seed=0), "probability is -0.1"),
    "degree": (lambda: Connections.fixed_in_degree(3, 2, 4, seed=0), "degree is 4; .* the 3 sources"),
    "total": (lambda: Connections.fixed_total(0, 2, 4, seed=0), "total is 4 of 0 sources"),
    "memory": (lambda: Connections.fixed_total(10**6, 10**6, 10**13, seed=0), r"need about 160,000,000,000,000 bytes"),
    "positions": (lambda: Connections.by_distance([[0.0]], [0.0], 1.0, 1.0, seed=0), r"positions have shapes"),
    "width": (lambda: Connections.by_distance([[0.0]], [[0.0]], 1.0, 0.0, seed=0), "width is 0.0"),
    "block": (lambda: Connections.joined([(Connections.one_to_one(2), 1, 0)], 2, 2), "first_source is 1"),
    "bounds": (lambda: Normal(0.0, 1.0, low=5.0), "bounds that hold .* of the distribution"),
    "order": (lambda: Uniform(1.0, 0.0), "low above high"),
    "step": (lambda: drawn_circuit(Normal(1e-3, 1e-4, low=0)), "give step=0.0001"),
    "sign": (lambda: drawn_circuit(Normal(1e-3, 1e-3, step=DT)), "may be negative; give low=0"),
    "array": (lambda: np.asarray(Normal(1e-3, 1e-3)), "give it to a Projection"),
}


@pytest.mark.parametrize(("build", "text"), REFUSED.values(), ids=REFUSED)
def test_bad_rules_are_refused_by_name(build: Callable[[], object], text: str) -> None:
    with pytest.raises(CircuitError, match=text):
        build()


def drawn_circuit(delay: object = Uniform(0.0, 8e-4, step=DT, seed=2)) -> Circuit:
    return Circuit(
        DT,
        [Population("a", 90, LIF_EXPONENTIAL)],
        [
            Projection(
                "sa",
                "s",
                "a",
                static_synapse(),
                Connections.random(20, 90, 0.5, seed=1),
                {"w": Normal(3e-3, 1e-3, low=0.0, seed=7)},
                delay,  # type: ignore[arg-type]
            ),
            Projection(
                "aa",
                "a",
                "a",
                static_synapse(),
                Connections.fixed_in_degree(90, 90, 9, seed=1),
                {"w": Normal(1e-3, 1e-4, seed=8)},
                Normal(5e-4, 2e-4, low=DT, step=DT, seed=3),
            ),
        ],
        [SpikeSource("s", 20, np.arange(200), np.arange(200) % 20)],
    )


def test_drawn_numbers_follow_their_rule() -> None:
    values = np.asarray(DrawnValues(Normal(1.0, 0.5, low=0.75, seed=1), 20_000))
    assert values.min() >= 0.75
    assert np.asarray(DrawnValues(Normal(1.0, 0.5, seed=1), 20_000)).std() == pytest.approx(0.5, rel=0.02)
    delays = np.asarray(DrawnValues(Normal(1.5e-3, 0.75e-3, low=DT, step=DT, seed=1), 20_000)) / DT
    assert delays == pytest.approx(np.rint(delays), abs=1e-9)
    assert delays.min() == pytest.approx(1)


def test_drawn_weights_and_delays_are_equal_on_every_target() -> None:
    """Also where they stay rules until the kernel's memory is laid out, and on several threads."""
    circuit = drawn_circuit()
    kept = Compiled().run(circuit, 300)
    assert kept.spike_count > 100
    expanded = run_program(lower(circuit), 300)
    assert kept.mismatches(expanded) == 0
    assert kept.largest_difference(expanded) == 0
    assert Compiled(threads=2).run(circuit, 300).mismatches(kept) == 0
    assert Brian2Reference().run(circuit, 300).mismatches(kept) == 0
    assert interpret(lower(replace(circuit, probes=[])), 300).mismatches(kept) == 0


def test_single_precision_rounds_the_weights_and_nothing_else() -> None:
    """A circuit whose weights are 32-bit floats anyway has the same spikes and states."""
    circuit = drawn_circuit()
    plain, narrow = (Compiled(threads=1, single_precision=single).run(circuit, 300) for single in (False, True))
    assert plain.largest_difference(narrow) > 0
    rounded = [
        replace(part, parameters={"w": np.asarray(part.parameters["w"], np.float32).astype(float)})
        for part in circuit.projections
    ]
    exact = replace(circuit, projections=rounded)
    alike = [Compiled(threads=1, single_precision=single).run(exact, 300) for single in (False, True)]
    assert alike[0].mismatches(alike[1]) == 0
    assert alike[0].largest_difference(alike[1]) == 0
