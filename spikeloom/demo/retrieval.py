"""Store what was learned, ask for it by spikes, and take the mechanisms away one by one."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from hnsw_bridge import NODES, SILICON_SETTINGS, RetrievalNetwork, RetrievalSettings, Retrieved
from neuro.arrays import IntArray, stable_top_k
from neuro.circuit.circuit import Circuit
from neuro.encoders import LearnedEncoder, overlap, replace_units
from neuro.progress import Advance
from neuro.spikes import Recording
from neuro.training import EncoderTraining, train_encoder
from spikeloom.demo.data import DemoSettings, Examples
from spikeloom.demo.targets import Comparison, Shown, show

BASELINE_NEIGHBOURS = 5
DAMAGE = 0.4
"""Share of a cue's active units that are wrong in the second measurement of an ablation."""


@dataclass(frozen=True, slots=True)
class Quality:
    """How well held-out embeddings are answered.

    Args:
        named: share whose label spike is right.
        recall: share of the K nearest stored embeddings among the nodes that fired.
    """

    named: float
    recall: float


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """What the circuit said of the held-out embeddings.

    Args:
        network: encoder, memory, graph and names.
        shown: the run of its circuit over all of them.
        retrieved: what its spikes say.
        nearest: the K nearest stored embeddings of each, by cosine after centring, (queries, K).
        quality: of the spikes.
        neighbours: share that nearest neighbours on the embeddings name rightly.
        in_numbers: queries in which the spikes and the same in numbers differ.
    """

    network: RetrievalNetwork
    shown: Shown
    retrieved: Retrieved
    nearest: IntArray
    quality: Quality
    neighbours: float
    in_numbers: int


@dataclass(frozen=True, slots=True)
class Ablation:
    """One mechanism taken away: how well held-out embeddings are answered, from whole and from damaged codes."""

    name: str
    whole: Quality
    damaged: Quality


def nearest_stored(stored: Examples, queries: Examples, k: int) -> IntArray:
    """The k nearest stored embeddings of each query by cosine after centring, nearest first, (queries, k)."""
    mean = stored.embeddings.mean(axis=0, dtype=np.float64)
    rows = [part.embeddings - mean for part in (stored, queries)]
    known, asked = (row / np.maximum(np.linalg.norm(row, axis=1, keepdims=True), 1e-12) for row in rows)
    return stable_top_k(asked @ known.T, k)


def recall_of(found: IntArray, truth: IntArray) -> float:
    """The mean share of each row of the truth that is in the same row of what was found."""
    return float(np.mean((truth[:, :, None] == found[:, None, :]).any(axis=2)))


def quality(retrieved: Retrieved, labels: IntArray, nearest: IntArray) -> Quality:
    """Names and neighbours of an answer."""
    return Quality(float(np.mean(retrieved.labels == labels)), recall_of(retrieved.nodes, nearest))


def build_network(encoder: LearnedEncoder, stored: Examples, settings: DemoSettings) -> RetrievalNetwork:
    """The network that remembers the stored embeddings."""
    chosen = RetrievalSettings(winners=min(settings.winners, len(stored)))
    links = replace(SILICON_SETTINGS, seed=settings.seed + 1)
    return RetrievalNetwork.build(encoder, stored.embeddings, stored.labels, chosen, links=links)


def answer(network: RetrievalNetwork, stored: Examples, held_out: Examples, advance: Advance) -> Answers:
    """Show all held-out embeddings to the circuit."""
    from sklearn.neighbors import KNeighborsClassifier

    ticks = network.ticks * len(held_out)
    # Probed as the circuit that becomes Verilog is, so that both share one compiled kernel.
    shown = show(network.circuit(held_out.embeddings), ticks, every=ticks, progress=advance)
    found, numbers = network.retrieved(shown.recording), network.retrieve(network.encoder.encode(held_out.embeddings))
    differ = np.any(found.nodes != numbers.nodes, axis=1) | (found.labels != numbers.labels)
    nearest = nearest_stored(stored, held_out, network.settings.winners)
    classifier = KNeighborsClassifier(min(BASELINE_NEIGHBOURS, len(stored))).fit(stored.embeddings, stored.labels)
    return Answers(
        network,
        shown,
        found,
        nearest,
        quality(found, held_out.labels, nearest),
        float(classifier.score(held_out.embeddings, held_out.labels)),
        int(np.count_nonzero(differ)),
    )


def compare_events(answers: Answers, held_out: Examples) -> Comparison:
    """The graph stage run event by event: it must have the spikes that the nodes have in the whole circuit."""
    network = answers.network
    runs = network.spread_events(network.evidence(network.encoder.encode(held_out.embeddings)))
    length, first = network.settings.waves + 1, network.encoder.presentation_ticks
    spikes = answers.shown.recording.spikes[NODES]
    query, tick = np.divmod(spikes.ticks, network.ticks)
    mine = _pairs(query * length + tick - first, spikes.indices, network.items)
    events = runs.spikes(length, network.items)
    theirs = _pairs(events.ticks, events.indices, network.items)
    return Comparison(
        "compiled",
        "event-driven graph",
        "spikes equal",
        network.items,
        length * len(held_out),
        int(mine.size),
        0,
        int(np.setxor1d(mine, theirs).size),
    )


def _pairs(ticks: IntArray, nodes: IntArray, size: int) -> IntArray:
    return np.asarray(ticks * size + nodes, dtype=np.int64)


def recall_under_noise(
    network: RetrievalNetwork, settings: DemoSettings, advance: Advance
) -> tuple[Mapping[float, float], Mapping[float, float]]:
    """Share of stored items that come back first from damaged codes, by noise: of the memory, of an exact search."""
    mine = np.arange(network.items)
    found: dict[float, float] = {}
    exact: dict[float, float] = {}
    alone = network.with_settings(RetrievalSettings(1, 1))
    for number, noise in enumerate(settings.noise):
        cues = replace_units(network.codes, network.encoder.units, noise, seed=settings.seed + 1 + number)
        found[noise] = float(np.mean(alone.retrieve(cues).nodes[:, 0] == mine))
        shared = overlap(cues, network.codes, network.encoder.units)
        exact[noise] = float(np.mean(shared[mine, mine] == shared.max(axis=1)))
        advance(number + 1)
    return found, exact


def ablations(
    network: RetrievalNetwork,
    stored: Examples,
    held_out: Examples,
    settings: DemoSettings,
    training: EncoderTraining,
    advance: Advance,
) -> tuple[Ablation, ...]:
    """The whole network, then each mechanism taken away: of learning (trained anew), then of retrieval."""
    nearest = nearest_stored(stored, held_out, network.settings.winners)
    chosen = network.settings

    def trained(other: EncoderTraining) -> RetrievalNetwork:
        encoder = train_encoder(stored.embeddings, settings.units, settings.active, other, settings.seed)
        return build_network(encoder, stored, settings)

    networks: dict[str, Callable[[], RetrievalNetwork]] = {
        "nothing off": lambda: network,
        "STDP off: imprinted, then frozen": lambda: trained(replace(training, plasticity=False)),
        "STDP off: random weights, frozen": lambda: trained(replace(training, plasticity=False, imprinting=False)),
        "homeostasis off": lambda: trained(replace(training, homeostasis=False)),
        "winners of learning drawn at random": lambda: trained(replace(training, competition=False)),
        "winners of retrieval off": lambda: network.with_settings(replace(chosen, competition=False)),
        "memory off: units vote": lambda: network.with_settings(replace(chosen, memory=False)),
        "graph off": lambda: network.with_settings(replace(chosen, graph=False)),
    }
    found = []
    for number, (name, make) in enumerate(networks.items()):
        other = make()
        codes = other.encoder.encode(held_out.embeddings)
        broken = replace_units(codes, other.encoder.units, DAMAGE, seed=settings.seed)
        whole, damaged = (quality(other.retrieve(cues), held_out.labels, nearest) for cues in (codes, broken))
        found.append(Ablation(name, whole, damaged))
        advance(number + 1)
    return tuple(found)


def silicon_circuit(network: RetrievalNetwork, held_out: Examples, settings: DemoSettings) -> Shown:
    """The circuit that becomes Verilog: the whole network, shown the first held-out embeddings."""
    count = min(settings.silicon_queries, len(held_out))
    circuit: Circuit = network.circuit(held_out.embeddings[:count])
    return show(circuit, network.ticks * count)


def share_named(network: RetrievalNetwork, recording: Recording, labels: IntArray) -> float:
    """The share of the embeddings of a run that its label spikes name rightly."""
    told = network.retrieved(recording).labels
    return float(np.mean(told == labels[: told.size]))
