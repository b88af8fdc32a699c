from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import networkx as nx
import numpy as np
import pytest

from hnsw_bridge import (
    CO_ACTIVATION,
    Dendrites,
    EdgeLayer,
    EdgeStdp,
    Evidence,
    FirstArrival,
    Fusion,
    Gamma,
    IndexGraph,
    LinearSpreading,
    Mentions,
    NeuromorphicSearch,
    Priming,
    SpikeIndex,
    Spreading,
    SpreadingDynamics,
    WordScores,
    associate,
    build_search,
    edge_layer,
    explain,
    layer_from_networkx,
    mention_layer,
    no_edges,
    phrases,
    plot_activated,
    shared_layer,
    strongest,
    temporal_layer,
)
from hnsw_bridge.fusion import stems
from neuro.errors import InvalidInput

HALF: Any = 1.5

CHAIN = Spreading(links=False, ticks=6)


@pytest.fixture(scope="module")
def chain(index: SpikeIndex, graph: IndexGraph) -> NeuromorphicSearch:
    """Node 3 leads to 200, and that to 70."""
    layer = edge_layer("given", 300, [3, 200], [200, 70], 4.0)
    return build_search(index, CHAIN, graph, [layer])


def test_spikes_find_what_similarity_does_not(chain: NeuromorphicSearch) -> None:
    cue = chain.index.vectors[3]
    near = associate(chain, cue, 3, seeds=1, fusion=Fusion(words=0, spikes=0, mentions=0)).labels
    found = associate(
        chain, cue, 3, seeds=1, fusion=Fusion(similarity=0, words=0, spikes=1, mentions=0), without=[1009]
    )
    assert found.labels[:2].tolist() == [1600, 1210]
    assert not {1600, 1210} & set(near.tolist())


def test_any_dynamics_carries_and_seeds_keep_their_bonus(index: SpikeIndex, graph: IndexGraph) -> None:
    search = build_search(index, CHAIN, graph, [edge_layer("given", 300, [3, 200], [200, 70], 0.5)])
    fusion, cue = Fusion(similarity=0, words=0, spikes=1, mentions=0), index.vectors[3]

    def found(dynamics: SpreadingDynamics, bonus: float = 0.0) -> dict[int, float]:
        own = replace(fusion, seeds=bonus)
        result = associate(search, cue, 3, seeds=1, fusion=own, dynamics=dynamics)
        return dict(zip(result.labels.tolist(), np.round(result.scores, 6).tolist(), strict=True))

    wave = FirstArrival(relays=1, resolution=10)
    assert found(LinearSpreading()).items() >= {1600: 1.0}.items()
    assert 1210 not in found(LinearSpreading())
    assert found(wave).items() >= {1600: 1.0, 1210: round(np.exp(-0.7), 6)}.items()
    assert found(wave, 2.0)[1009] == 2.0


def test_seeds_cover_different_words_of_the_evidence(index: SpikeIndex, graph: IndexGraph) -> None:
    search = build_search(index, CHAIN, graph, [edge_layer("given", 300, [3, 200], [200, 70], 0.5)])
    terms = np.zeros((1, 300))
    terms[0, [3, 9]] = 1.0
    words = np.zeros(300)
    words[[3, 9, 200]] = 3.0, 2.9, 2.8
    fusion = Fusion(similarity=0.001, words=1, spikes=0, mentions=0, seeds=5)
    for known, second in ((Evidence(words), 9), (Evidence(words, terms=terms), 200)):
        best = associate(search, index.vectors[3], 2, seeds=2, fusion=fusion, evidence=known).labels
        assert set(best.tolist()) == set(index.labels[[3, second]].tolist())


def test_each_word_is_scored_alone() -> None:
    words = WordScores(["rivers of Rome", "a bridge over one river", "bridges"])
    each = words.each("A bridge of Rome, a bridge, the river")
    assert (each > 0).tolist() == [[False, True, True], [True, False, False], [True, True, False]]
    assert each.sum(axis=0) == pytest.approx(words.scores("bridge Rome river"))
    assert not words.each("Who?").any()


def test_a_second_hop_counts_by_what_the_first_left_open(index: SpikeIndex, graph: IndexGraph) -> None:
    search = build_search(index, CHAIN, graph, [edge_layer("given", 300, [3, 3], [200, 70], [0.5, 0.75])])
    fusion = Fusion(similarity=0, words=0, spikes=1, mentions=0, rest=0.25)

    def left(node: int, ends: np.ndarray) -> np.ndarray:
        assert node == 3
        return np.where(ends == 200, 1.0, 0.0)

    plain, open_ = (
        associate(search, index.vectors[3], 2, seeds=1, fusion=fusion, evidence=evidence)
        for evidence in (None, Evidence(unmatched=left))
    )
    assert plain.labels.tolist() == [1210, 1600]
    assert open_.labels.tolist() == [1600, 1210]
    assert open_.scores == pytest.approx([1.0, 0.25 * 0.75 / 0.5])


def test_words_that_a_text_lacks_are_left_open() -> None:
    words = WordScores(["rivers of Rome", "a bridge over one river", "bridges"])
    left = words.unmatched("Which bridge crosses the river of Rome?")
    everyone = np.arange(3)
    assert left(0, everyone).tolist() == [0.0, pytest.approx(left(0, everyone)[1]), 1.0]
    assert 0 < left(0, everyone)[1] < 1
    assert left(0, np.array([2])).tolist() == [1.0]
    assert left(1, everyone).tolist() == [1.0, 0.0, 0.0]
    assert words.unmatched("Who is it?")(0, everyone).tolist() == [0.0, 0.0, 0.0]
    assert stems(["cities", "houses", "cats", "glass", "virus"]) == ["city", "house", "cat", "glass", "virus"]


def test_a_trace_says_why(chain: NeuromorphicSearch) -> None:
    run = associate(chain, chain.index.vectors[3], 3, seeds=1).run
    trace = explain(chain, run, 1210)
    assert [(step.source, step.target, step.layer, step.weight) for step in trace.path] == [
        (1009, 1600, "given", 4.0),
        (1600, 1210, "given", 4.0),
    ]
    assert str(trace) == "1009 -given 4.00-> 1600 -given 4.00-> 1210 (tick 2)"
    assert explain(chain, run, 1009).seed
    assert str(explain(chain, run, 1000)) == "1000: found by hnswlib alone, no spike reached it"


def test_the_picture_shows_who_fired_and_along_which_layer(chain: NeuromorphicSearch) -> None:
    run = associate(chain, chain.index.vectors[3], 3, seeds=1).run
    drawn = plot_activated(chain, run)
    (points,) = drawn.collections
    assert points.get_offsets().tolist() == [[0, 0], [1, 0], [2, 0]]
    assert [text.get_text() for text in drawn.texts] == ["1009", "1600", "1210"]
    assert [np.asarray(line.get_xdata()).tolist() for line in drawn.lines] == [[0, 1], [1, 2]]
    assert drawn.lines[0].get_label() == "given"


def test_coincident_use_links_and_both_signs_show() -> None:
    both = no_edges(5, CO_ACTIVATION).update([[0, 1], [0, 1], [2, 3]]).layer()
    assert both.neighbours(0)[0].tolist() == [1]
    ordered = no_edges(5, EdgeStdp(rise=0.5, fall=0.25, keep=1.0)).update([[0, 1]])
    assert {(i, j): w for i, j, w in zip(ordered.start, ordered.end, ordered.weight, strict=True)} == {
        (0, 1): 0.5,
        (1, 0): -0.25,
    }
    often = no_edges(5, EdgeStdp(keep=1.0)).update([[0, 1]] * 100)
    assert (often.weight.max(), often.weight.min()) == (2.0, -1.0)
    faded = often.update([[2, 3]])
    assert faded.nodes == 5
    decayed = no_edges(3, EdgeStdp(keep=0.5)).update([[0, 1], [], [], [], [], [], []])
    assert decayed.weight.size == 0, "what is not used again is forgotten"


def test_what_is_used_without_its_partner_binds_less() -> None:
    rule = EdgeStdp(rise=1.0, fall=-1.0, keep=1.0, highest=4.0, alone=0.5)
    edges = no_edges(5, rule).update([[0, 1], [1, 2], [3, 4]])
    weights = {(i, j): w for i, j, w in zip(edges.start, edges.end, edges.weight, strict=True)}
    assert weights == {(0, 1): 0.5, (1, 0): 0.5, (1, 2): 1.0, (2, 1): 1.0, (3, 4): 1.0, (4, 3): 1.0}
    popular = no_edges(9, rule).update([[0, 1, 8], [2, 3, 8], [4, 5, 8], [0, 1, 8]])
    ends, strength = popular.layer().neighbours(0)
    assert ends[np.argmax(strength)] == 1  # As often as with 8, which stands beside everything.


def test_learning_in_one_go_is_learning_step_by_step() -> None:
    sessions = np.random.default_rng(0).integers(0, 6, (20, 3)).tolist()
    rule = EdgeStdp(keep=0.9, least=1e-9, alone=0.2)
    whole, parts = no_edges(6, rule).update(sessions), no_edges(6, rule)
    for session in sessions:
        parts = parts.update([session])
    assert np.array_equal(whole.start, parts.start)
    assert whole.weight == pytest.approx(parts.weight)


def test_texts_are_linked_by_phrases_and_titles() -> None:
    texts = ["Rome\nthe river Tiber", "Tiber\na river of Rome", "Paris\nOn the Seine"]
    titles = [text.split("\n")[0] for text in texts]
    assert phrases("On the Seine in Paris, 1901") == {"seine", "paris", "1901"}
    layer = mention_layer("titles", texts, titles)
    assert list(zip(layer.source().tolist(), layer.column.tolist(), strict=True)) == [(0, 1), (1, 0)]
    one_way = mention_layer("titles", ["Rome\nan old city", "Tiber\na river of Rome"], titles[:2], 1.0, back=0.25)
    assert (one_way.neighbours(1)[1].tolist(), one_way.neighbours(0)[1].tolist()) == ([1.0], [0.25])
    shared = shared_layer("shared", [["a", "b"], ["a"], ["b", "a"], ["c"]])
    assert shared.neighbours(0)[0].tolist() == [1, 2]
    assert shared.neighbours(0)[1][1] > shared.neighbours(0)[1][0]
    assert Mentions(titles).of("who bridged the tiber at rome?") == [0, 1]


def test_time_links_what_follows() -> None:
    layer = temporal_layer("time", [4, 1, 3], 5, reach=2)
    assert dict(zip(*(values.tolist() for values in layer.neighbours(4)), strict=True)) == {1: 1.0, 3: 0.5}


def test_hubs_are_normalised_and_weights_can_be_set() -> None:
    layer = edge_layer("hub", 5, [0, 1, 2, 3], [4, 4, 4, 0])
    divided = layer.normalised()
    assert divided.neighbours(3)[1][0] == pytest.approx(3 * divided.neighbours(0)[1][0])
    changed = layer.with_weights([0, 2], [4, 1], [7.0, 2.0])
    assert changed.neighbours(0)[1].tolist() == [7.0]
    assert changed.neighbours(2)[0].tolist() == [1, 4]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: edge_layer("x", 3, [0], [3]), "layer 'x' has an edge to node 3, which is missing; there are 3 nodes"),
        (lambda: edge_layer("x", 3, [1], [1]), "layer 'x' has an edge from node 1 to itself"),
        (lambda: edge_layer("x", 3, [0], [1], np.nan), "layer 'x' has a weight that is not finite"),
        (lambda: edge_layer("x", 3, [0.9], [2]), "ends of layer 'x' have dtype float64"),
        (lambda: edge_layer("x", 3, ["0"], [2]), "ends of layer 'x' have dtype <U1"),
        (lambda: edge_layer("x", 3, [0, True], [2, 2]), "ends of layer 'x' have dtype bool"),
        (lambda: edge_layer("x", HALF, [0], [2]), "nodes is 1.5"),
        (lambda: edge_layer("x", 3, [0], [2]).neighbours(-1), "node is -1; a whole number from 0 to 2"),
        (lambda: edge_layer("x", 3, [0], [2]).neighbours(True), "node is True"),
        (lambda: edge_layer("x", 3, [0], [2]).with_weights([0.2], [2], 1.0), "ends of layer 'x' have dtype float64"),
        (
            lambda: EdgeLayer("x", np.array([0, 1]), np.array([0.0]), np.ones(1)),
            "column of layer 'x' have dtype float64",
        ),
        (lambda: strongest(edge_layer("x", 3, [0], [2]), -1), "most is -1"),
        (lambda: strongest(edge_layer("x", 3, [0], [2]), HALF), "most is 1.5"),
        (lambda: temporal_layer("x", [0, HALF], 3), "the order of layer 'x' have dtype float64"),
        (lambda: temporal_layer("x", [0, 1], 3, reach=0), "reach is 0"),
        (lambda: shared_layer("x", [["a"], ["a"]], most_holders=HALF), "most_holders is 1.5"),
        (lambda: shared_layer("x", [["a"], ["a"]], most_edges=-1), "most_edges is -1"),
        (lambda: no_edges(HALF), "nodes is 1.5"),
        (lambda: no_edges(3).update([[0, HALF]]), "nodes of a session have dtype float64"),
        (lambda: no_edges(3).update([[0, True]]), "nodes of a session have dtype bool"),
        (lambda: Gamma(0.0), "frequency above 0 and up to 10,000 Hz"),
        (lambda: Gamma(open=1.5), "open above 0 and up to 1 are allowed"),
        (lambda: Dendrites(most=HALF), "most 1.5"),
        (lambda: Priming(queries=True), "queries True"),
        (lambda: no_edges(3).update([[0, 3]]), "a session uses node 3, which is missing"),
        (lambda: EdgeStdp(trace=1.0), "trace in [0, 1)"),
        (lambda: EdgeStdp(alone=1.0), "alone is 1.0; a share from 0 up to, but not including, 1"),
        (lambda: Fusion(similarity=-1), "weights from 0 to 1000"),
    ],
)
def test_what_makes_no_sense_is_refused(call: object, text: str) -> None:
    with pytest.raises(InvalidInput, match=re.escape(text)):
        call()  # type: ignore[operator]


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"without": [1009.9]}, "labels have dtype float64"),
        ({"without": ["1009"]}, "labels have dtype <U4"),
        ({"seeds": -1}, "1 to 64 seeds; -1 were asked for"),
        ({"seeds": 0}, "1 to 64 seeds; 0"),
        ({"seeds": 1.5}, "1 to 64 seeds; 1.5"),
        ({"k": True}, "k is True"),
    ],
)
def test_numbers_of_an_association_are_whole(chain: NeuromorphicSearch, given: dict[str, Any], text: str) -> None:
    with pytest.raises(InvalidInput, match=text):
        associate(chain, chain.index.vectors[3], **given)


@pytest.mark.parametrize("ends", [(1000.9, 1003), ("1000", "1003"), (True, 1003)])
def test_nodes_of_a_foreign_graph_are_labels(graph: IndexGraph, ends: tuple[Any, Any]) -> None:
    with pytest.raises(InvalidInput, match="nodes must be labels"):
        layer_from_networkx("x", nx.Graph([ends]), graph)
