"""The circuit from embedding to answer: spikes against numbers, stages taken away, targets against each other."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hnsw_bridge import NODES, RetrievalNetwork, RetrievalSettings
from neuro.encoders import ReadBy
from neuro.errors import InvalidInput
from neuro.simulators import Brian2Reference, simulate
from neuro.simulators.brian2.lowered import run_program_in_brian2
from neuro.simulators.compiled.simulator import run_program
from neuro.simulators.fixed_point import FixedPoint
from neuro.training import EncoderTraining, train_encoder

SHOWN = 5


@pytest.fixture(scope="module")
def clusters() -> tuple[np.ndarray, np.ndarray]:
    """Noisy copies of six directions, and which direction each is of."""
    random = np.random.default_rng(0)
    labels = np.arange(90) % 6
    return random.standard_normal((6, 10))[labels] + 0.25 * random.standard_normal((90, 10)), labels + 3


@pytest.fixture(scope="module")
def network(clusters: tuple[np.ndarray, np.ndarray]) -> RetrievalNetwork:
    vectors, labels = clusters
    encoder = train_encoder(vectors[:60], 24, 5, EncoderTraining(passes=2, read_spikes=80.0))
    return RetrievalNetwork.build(encoder, vectors[:60], labels[:60], RetrievalSettings(6, 2, voting_ticks=2))


STAGES = {
    "all": RetrievalSettings(6, 2, voting_ticks=2),
    "uneven": RetrievalSettings(5, 3, voting_ticks=None),
    "no graph": RetrievalSettings(6, 2, graph=False),
    "no memory": RetrievalSettings(6, 2, memory=False),
    "no competition": RetrievalSettings(6, 2, competition=False),
}


@pytest.mark.parametrize("stage", STAGES)
def test_spikes_say_what_the_numbers_say(
    network: RetrievalNetwork, clusters: tuple[np.ndarray, np.ndarray], stage: str
) -> None:
    """Brian2 runs the circuit; the numbers are computed without it."""
    chosen, shown = network.with_settings(STAGES[stage]), clusters[0][60 : 60 + SHOWN]
    recording = simulate(chosen.circuit(shown), chosen.ticks * SHOWN, on=Brian2Reference())
    found, expected = chosen.retrieved(recording), chosen.retrieve(chosen.encoder.encode(shown))
    assert np.array_equal(found.nodes, expected.nodes)
    assert np.array_equal(found.labels, expected.labels)
    assert (found.labels >= 3).all()
    if STAGES[stage].memory:
        check_the_events(chosen, shown, recording.spikes[NODES].ticks, recording.spikes[NODES].indices)


def check_the_events(chosen: RetrievalNetwork, shown: np.ndarray, ticks: np.ndarray, nodes: np.ndarray) -> None:
    """The graph stage event by event has the circuit's spikes."""
    length = chosen.settings.waves + 1
    runs = chosen.spread_events(chosen.evidence(chosen.encoder.encode(shown))).spikes(length, chosen.items)
    query, tick = np.divmod(ticks, chosen.ticks)
    when = query * length + tick - chosen.encoder.presentation_ticks
    assert set(zip(runs.ticks, runs.indices, strict=True)) == set(zip(when, nodes, strict=True))


def test_all_targets_agree(network: RetrievalNetwork, clusters: tuple[np.ndarray, np.ndarray]) -> None:
    """Floats among themselves, integers among themselves; sums are exact, so here even both are alike."""
    shown = clusters[0][60 : 60 + SHOWN]
    circuit, ticks = network.circuit(shown), network.ticks * SHOWN
    compiled = simulate(circuit, ticks)
    assert compiled.mismatches(simulate(circuit, ticks, on=Brian2Reference())) == 0
    program = FixedPoint().quantise(circuit, ticks).program
    fixed = run_program(program, ticks)
    assert fixed.mismatches(run_program_in_brian2(program, ticks)) == 0
    assert fixed.mismatches(compiled) == 0


def test_links_change_what_fires_and_names_are_right(
    network: RetrievalNetwork, clusters: tuple[np.ndarray, np.ndarray]
) -> None:
    vectors, labels = clusters
    codes = network.encoder.encode(vectors[60:])
    alone = network.with_settings(replace(network.settings, graph=False)).retrieve(codes)
    whole = network.retrieve(codes)
    assert not np.array_equal(alone.nodes, whole.nodes)
    assert np.mean(whole.labels == labels[60:]) > 0.9


def test_what_is_refused(network: RetrievalNetwork, clusters: tuple[np.ndarray, np.ndarray]) -> None:
    vectors, labels = clusters
    with pytest.raises(InvalidInput, match="60 codes, 60 nodes and 59 labels"):
        replace(network, labels=network.labels[:59])
    with pytest.raises(InvalidInput, match="winners is 61"):
        network.with_settings(RetrievalSettings(61))
    with pytest.raises(InvalidInput, match="nodes_per_tick is 7"):
        RetrievalSettings(6, 7)
    with pytest.raises(InvalidInput, match=r"evidence has shape \(2, 3\)"):
        network.graph_circuit(np.zeros((2, 3), dtype=np.int64))
    currents = network.encoder.calibrated(vectors[:60], reading=ReadBy.CURRENTS)
    with pytest.raises(InvalidInput, match="read by CURRENTS"):
        RetrievalNetwork.build(currents, vectors[:60], labels[:60])
    with pytest.raises(InvalidInput, match="multiple of"):
        network.retrieved(simulate(network.encoder.circuit(vectors[:1]), 17))
