from __future__ import annotations

import networkx as nx
import numpy as np
import pytest

from hnsw_bridge import (
    ARRIVALS,
    NODES,
    EdgeLayer,
    FirstArrival,
    LinearSpreading,
    LinkGate,
    PersonalisedPageRank,
    Reached,
    Seeds,
    SpreadingDynamics,
    SummedLayers,
    covering_seeds,
    edge_layer,
    first_arrival_circuit,
    one_delay_each,
)
from neuro.arrays import FloatArray, IntArray
from neuro.circuit.circuit import Circuit
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, FixedPoint, simulate
from neuro.simulators.event_driven import EventRun, event_program
from neuro.spikes import Recording

NODE_COUNT = 90


def random_layer(seed: int, edges: int) -> EdgeLayer:
    """Some weights inhibit, which carries nothing; some are above 1, which delays no less than 1 does."""
    generator = np.random.default_rng(seed)
    pairs = generator.integers(0, NODE_COUNT, (2, edges))
    pairs = pairs[:, pairs[0] != pairs[1]]
    return edge_layer(f"of_{seed}", NODE_COUNT, pairs[0], pairs[1], generator.uniform(-0.2, 1.5, pairs.shape[1]))


def random_seeds(seed: int, queries: int) -> Seeds:
    generator = np.random.default_rng(seed)
    nodes = np.array([generator.choice(NODE_COUNT, 3, replace=False) for _ in range(queries)])
    return Seeds(nodes, np.sort(generator.uniform(0.3, 1.0, (queries, 3)))[:, ::-1].copy())


@pytest.fixture(scope="module")
def links() -> SummedLayers:
    return SummedLayers([random_layer(1, 400), random_layer(2, 250)])


def spikes_of(run: Recording, population: str, query: int, ticks: int) -> list[tuple[int, int]]:
    spikes = run.spikes[population]
    own = spikes.ticks // ticks == query
    return [*zip((spikes.ticks[own] - query * ticks).tolist(), spikes.indices[own].tolist(), strict=True)]


def as_spikes(found: Reached, resolution: int) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
    """The spikes of both populations that a result stands for."""
    times = np.round(-resolution * np.log(found.activation)).astype(int).tolist()
    fired = [*zip(found.run.ticks.tolist(), found.run.nodes.tolist(), strict=True)]
    return fired, sorted(zip(times, found.nodes.tolist(), strict=True))


@pytest.mark.parametrize("relays", [0, 3, 11, 90])
@pytest.mark.parametrize("masked", [False, True])
def test_it_is_the_clock_driven_circuit_spike_for_spike(links: SummedLayers, relays: int, masked: bool) -> None:
    settings, seeds = FirstArrival(relays, resolution=8, window=28), random_seeds(relays, 4)
    allowed = np.random.default_rng(5).random(NODE_COUNT) < 0.85 if masked else None
    circuit = first_arrival_circuit(links, seeds, settings, allowed=allowed)
    clock = simulate(circuit, 4 * settings.ticks)
    events = EventRun(event_program(lower(circuit), NODES))
    for query, (nodes, share) in enumerate(zip(seeds.nodes, seeds.share, strict=True)):
        fired, arrived = as_spikes(settings.spread(links, nodes, share, allowed=allowed), 8)
        assert fired == spikes_of(clock, NODES, query, settings.ticks)
        assert arrived == spikes_of(clock, ARRIVALS, query, settings.ticks)
        printed = events.query(nodes, settings.currents(share), allowed)
        assert fired == [*zip(printed.ticks.tolist(), printed.nodes.tolist(), strict=True)]
    assert clock.spikes[ARRIVALS].ticks.size > (20 if relays == 0 else 100)


def test_brian2_and_integers_spike_alike(links: SummedLayers) -> None:
    settings, seeds = FirstArrival(6, resolution=8, window=28), random_seeds(7, 3)
    circuit = first_arrival_circuit(links, seeds, settings)
    ticks = 3 * settings.ticks
    assert simulate(circuit, ticks, on=Brian2Reference()).mismatches(simulate(circuit, ticks)) == 0
    alone = first_arrival_circuit(links, Seeds(seeds.nodes[:1], seeds.share[:1]), settings)
    floats = simulate(alone, settings.window)
    fired, arrived = as_spikes(settings.spread(links, seeds.nodes[0], seeds.share[0]), 8)
    assert (fired, arrived) == tuple(spikes_of(floats, name, 0, 99) for name in (NODES, ARRIVALS))
    integers = simulate(alone, settings.window, on=FixedPoint())
    assert all(integers.spikes[name].mismatches(floats.spikes[name]) == 0 for name in (NODES, ARRIVALS))


def test_one_delay_a_projection_spikes_alike() -> None:
    """The form that becomes Verilog, in integers."""
    few, settings, seeds = random_layer(6, 300), FirstArrival(9, resolution=3, window=12), random_seeds(6, 1)
    circuit = first_arrival_circuit(few, seeds, settings)
    split = one_delay_each(circuit)
    assert len(split.projections) > 6
    assert all(np.ndim(part.delay) == 0 for part in split.projections)
    assert (
        sum(part.connections.synapses for part in split.projections) == 2 * circuit.projections[0].connections.synapses
    )
    integers, floats = simulate(split, 12, on=FixedPoint()), simulate(circuit, 12)
    assert all(integers.spikes[name].mismatches(floats.spikes[name]) == 0 for name in (NODES, ARRIVALS))
    assert len(floats.spikes[ARRIVALS]) > 15


def test_a_gate_changes_delays_and_belongs_to_one_question(links: SummedLayers) -> None:
    settings, seeds = FirstArrival(5, resolution=8, window=28), random_seeds(3, 2)
    gate = LinkGate(lambda node, ends: ((node + ends) % 3) / 2.0, 0.2)
    with pytest.raises(InvalidInput, match="a gate belongs to one question; 2 queries were given"):
        first_arrival_circuit(links, seeds, settings, gate)
    one = Seeds(seeds.nodes[:1], seeds.share[:1])
    clock = simulate(first_arrival_circuit(links, one, settings, gate), settings.window)
    found = settings.spread(links, one.nodes[0], one.share[0], gate)
    assert as_spikes(found, 8) == tuple(spikes_of(clock, name, 0, 99) for name in (NODES, ARRIVALS))
    assert as_spikes(settings.spread(links, one.nodes[0], one.share[0]), 8) != as_spikes(found, 8)


def test_without_a_stop_times_are_shortest_paths(links: SummedLayers) -> None:
    """Dijkstra, by networkx, on the same delays."""
    settings, (nodes,), (share,) = (
        FirstArrival(NODE_COUNT, 8, 60),
        *(random_seeds(4, 1).nodes, random_seeds(4, 1).share),
    )
    paths = nx.DiGraph()
    for node in range(NODE_COUNT):
        ends, weights = links.neighbours(node)
        for end, weight in zip(ends.tolist(), weights.tolist(), strict=True):
            if weight > 0:
                paths.add_edge(node, end, weight=int(settings.delays(np.array([weight]))[0]))
    for seed, start in zip(nodes.tolist(), settings.starts(share).tolist(), strict=True):
        paths.add_edge("cue", seed, weight=start)
    length = nx.single_source_dijkstra_path_length(paths, "cue")
    found = settings.spread(links, nodes, share)
    times = dict(zip(found.run.nodes.tolist(), found.run.ticks.tolist(), strict=True))
    assert times == {node: when for node, when in length.items() if node != "cue" and when < 60}
    assert len(times) > 50


def test_the_stop_is_global_and_the_first_echo_counts() -> None:
    chain = edge_layer("chain", 6, [0, 1, 2, 3, 4], [1, 2, 3, 4, 5], 0.8, both_ways=True)
    seed, full = np.array([0]), np.ones(1)
    found = FirstArrival(2, resolution=10).spread(chain, seed, full)
    assert found.run.nodes.tolist() == [0, 1, 2]
    assert found.nodes.tolist() == [0, 1, 2, 3]  # The last relay's spike still arrives; seed 0 has its echo.
    assert np.allclose(found.activation, np.exp(-np.array([4, 2, 4, 6]) / 10))
    assert FirstArrival(0).spread(chain, seed, full).nodes.tolist() == [1]


def dense_weights(links: SummedLayers) -> FloatArray:
    table = np.zeros((NODE_COUNT, NODE_COUNT))
    for node in range(NODE_COUNT):
        ends, weights = links.neighbours(node)
        table[node, ends] = np.maximum(weights, 0.0)
    return table


def test_the_linear_step_is_a_product_with_the_matrix(links: SummedLayers) -> None:
    nodes, share = random_seeds(8, 1).nodes[0], random_seeds(8, 1).share[0]
    gate = LinkGate(lambda node, ends: ((node + ends) % 4) / 3.0, 0.1)
    table = dense_weights(links) * (0.1 + 0.9 * (np.add.outer(np.arange(NODE_COUNT), np.arange(NODE_COUNT)) % 4) / 3.0)
    found = LinearSpreading().spread(links, nodes, share, gate)
    assert np.allclose(found.dense(NODE_COUNT), share @ table[nodes])
    assert found.run.nodes.tolist() == nodes.tolist()


def test_pushed_pagerank_is_that_of_networkx(links: SummedLayers) -> None:
    nodes, share = random_seeds(9, 1).nodes[0], random_seeds(9, 1).share[0]
    found = PersonalisedPageRank(0.6, 1e-9).spread(links, nodes, share).dense(NODE_COUNT)
    table = dense_weights(links)
    assert np.all(table.sum(axis=1) > 0)
    graph = nx.from_numpy_array(table, create_using=nx.DiGraph)
    start = dict.fromkeys(range(NODE_COUNT), 0.0) | dict(zip(nodes.tolist(), share.tolist(), strict=True))
    peer = nx.pagerank(graph, alpha=0.6, personalization=start, tol=1e-12, max_iter=500)
    arrived = [peer[node] - 0.4 * start[node] / share.sum() for node in range(NODE_COUNT)]
    assert np.allclose(found, arrived, atol=1e-6)


@pytest.mark.parametrize(
    "dynamics", [FirstArrival(), LinearSpreading(), PersonalisedPageRank()], ids=lambda one: type(one).__name__
)
def test_every_dynamics_keeps_to_what_is_allowed_and_refuses_the_same_seeds(
    links: SummedLayers, dynamics: SpreadingDynamics
) -> None:
    def refused(seeds: IntArray, share: FloatArray, message: str) -> None:
        with pytest.raises(InvalidInput, match=message):
            dynamics.spread(links, seeds, share)

    allowed = np.arange(NODE_COUNT) != 1
    found = dynamics.spread(links, np.array([1, 2]), np.ones(2), allowed=allowed)
    alone = dynamics.spread(links, np.array([2]), np.ones(1), allowed=allowed)
    assert 1 not in found.nodes
    assert found.run.nodes[0] == 2
    assert np.isin(alone.nodes, found.nodes).all()
    refused(np.array([1, 1]), np.ones(2), r"seeds \[1, 1\] are doubled or missing; the links have 90 nodes")
    refused(np.array([90]), np.ones(1), "doubled or missing")
    refused(np.array([1, 2]), np.ones(1), "one share a seed")
    refused(np.array([1]), np.zeros(1), r"shares of seeds are \[0.0\]; above 0 and up to 1")
    refused(np.zeros(0, np.int64), np.zeros(0), "the number of seeds")


def test_settings_and_late_seeds_are_refused(links: SummedLayers) -> None:
    for wrong in ({"relays": -1}, {"resolution": 0}, {"window": 1}, {"dt": 0.0}):
        with pytest.raises(InvalidInput, match=next(iter(wrong))):
            FirstArrival(**wrong)
    with pytest.raises(InvalidInput, match="would fire at tick 37; a start before tick 32 is allowed: raise the share"):
        FirstArrival(resolution=16).spread(links, np.array([3]), np.array([0.1]))
    with pytest.raises(InvalidInput, match="damping above 0"):
        PersonalisedPageRank(1.0)
    with pytest.raises(InvalidInput, match="rest is 2"):
        LinkGate(lambda _, ends: np.ones(ends.size), 2)
    with pytest.raises(InvalidInput, match=r"the layers have \[90, 3\] nodes; one or more layers of one graph"):
        SummedLayers([random_layer(1, 10), edge_layer("small", 3, [0], [1])])
    with pytest.raises(InvalidInput, match=r"the layers have \[\] nodes"):
        SummedLayers([])


def test_seeds_cover_different_words() -> None:
    scores = np.array([1.0, 0.97, 0.6, 0.5])
    words = np.array([[1.0, 1.0, 0.0, 0.0], [1.0, 1.0, 0.0, 0.2], [0.0, 0.0, 1.0, 0.0]])
    assert covering_seeds(scores, words, 2, tire=0.0).tolist() == [0, 1]
    assert covering_seeds(scores, words, 3, tire=0.5).tolist() == [0, 2, 1]
    assert covering_seeds(scores, words, 9).tolist() == [0, 2, 1, 3]
    assert covering_seeds(scores, np.zeros((0, 4)), 2).tolist() == [0, 1]
    with pytest.raises(InvalidInput, match=r"\(candidates,\) and \(terms, candidates\)"):
        covering_seeds(scores, words[:, :2], 2)
    with pytest.raises(InvalidInput, match="tire is -1"):
        covering_seeds(scores, words, 2, tire=-1)


def test_a_circuit_of_no_query_is_described_too(links: SummedLayers) -> None:
    nobody = Seeds(np.zeros((0, 1), dtype=np.int64), np.zeros((0, 1)))
    assert isinstance(first_arrival_circuit(links, nobody), Circuit)
