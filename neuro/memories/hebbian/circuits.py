"""Memories as circuits: a code runs through the 1-bit weights by spikes, and a spike names the label, or the item.

    encoder (k winners) --1-bit weights--> pointers (P winners) --label weights--> labels (1 winner)
                                 gate --^                        or
                                                                --pointer codes--> items (1 winner) <-- item_gate

One presentation, T = ``encoder.presentation_ticks``, in ticks from its start:

* 0 .. T-1: the k winners of the encoder fire; each adds one unit of potential to every pointer neuron it
  reaches. The threshold is k units, so nobody fires yet: pointers collect evidence.
* T-1: the gate fires and lifts all pointers by k + 1 units, over the threshold.
* T: the P pointers with the largest margins, hence with most evidence, fire together (``Winners(max_winners=P)``).
* T+1: the label neuron with most votes fires (``Winners(max_winners=1)``). Ties go to the lower index at every
  stage. Of items, which ``item_gate`` lifts at that tick, the one with most of its p pointer units among the winners
  fires: with w the 0/1 vector of the P winners ``argmax_a sum_j p_aj w_j``, :func:`item_by_winners`. It differs from
  :meth:`neuro.memories.HebbianMemory.recall` in that a winner counts as one, however active it is.

All these neurons are without leak (:data:`neuro.models.INTEGRATE_AND_FIRE`), driven by delta synapses on a grid of one
dyadic unit: sums are exact on every simulator and need ``log2(2 k + 2)`` bits, whatever the order of spikes.

Two sizes, on scikit-learn's digits (1,437 for learning, 360 held out, mean of 20 splits; 3 neighbours name .986):

* the defaults of encoder, memory and read-out: 8,202 neurons, 2.6 million synapses, .981;
* 256 units with 32 active, 300 digits stored on 256 pointers of 2, 32 winners: 522 neurons, 19,000 synapses, .924.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.encoders.codes import codes_from_spikes, top_units
from neuro.encoders.kwta import KWTAEncoder
from neuro.encoders.learned import LearnedEncoder
from neuro.errors import InvalidInput
from neuro.memories.hebbian.hebbian import HebbianMemory
from neuro.memories.hebbian.label_readout import LabelReadout
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse
from neuro.spikes import Recording

SparseEncoder = KWTAEncoder | LearnedEncoder
"""Encoders whose code is k active units, and whose winners have fired by the end of ``presentation_ticks``."""

_UNIT = 2.0**-10
"""Volts that one synapse adds: 0.98 mV, a power of two, so that sums are exact."""

_ONTO_V = static_synapse("v", "volt")


def classify(
    encoder: SparseEncoder, memory: HebbianMemory, readout: LabelReadout, embeddings: npt.ArrayLike
) -> IntArray:
    """The label of each embedding by the matrix path, (dimensions,) -> () or (batch, dimensions) -> (batch,).

    Equal to what :func:`label_from_spikes` reads from a run of :func:`recall_circuit`.

    Raises:
        InvalidInput: embeddings that the encoder can't take; parts of different sizes.
    """
    _check_sizes(encoder, memory, readout)
    return readout.classify(memory, encoder.encode(embeddings))


def recall_ticks(encoder: SparseEncoder) -> int:
    """How many ticks a presentation takes: the race, the pointers, the label or item."""
    return encoder.presentation_ticks + 2


def recall_circuit(
    encoder: SparseEncoder, memory: HebbianMemory, readout: LabelReadout, embeddings: npt.ArrayLike
) -> Circuit:
    """A circuit that shows the embeddings one after the other and names the label of each by a spike.

    Populations ``encoder``, ``pointers``, ``labels`` and the spike source ``gate``; a presentation takes
    :func:`recall_ticks` ticks. Weights: 1 bit from encoder to pointers, small positive integers from
    pointers to labels (the read-out's, raised by a constant: each of P voters adds it to every class alike).

    Args:
        encoder: makes the cue codes.
        memory: holds at least one item.
        readout: learned on that memory.
        embeddings: shape (dimensions,) or (batch, dimensions).

    Raises:
        InvalidInput: embeddings that the encoder can't take, an empty memory, parts of different sizes.
    """
    _check_sizes(encoder, memory, readout)
    _check_stored(memory)
    # Each of P voters gives every class at least one unit: all labels cross, the largest margin wins.
    threshold = (readout.winners - 1) * _UNIT
    labels = Population(
        "labels",
        np.size(readout.labels),
        INTEGRATE_AND_FIRE,
        {"v_threshold": threshold},
        winners=Winners(max_winners=1),
    )
    votes = np.asarray(readout.weights)
    weights = (votes - votes.min() + 1).reshape(-1) * _UNIT
    onto_labels = Connections.all_to_all(*votes.shape)
    projection = Projection("label_weights", "pointers", "labels", _ONTO_V, onto_labels, {"w": weights})
    return _reading(encoder, memory, embeddings, readout.winners, labels, [projection])


def item_circuit(encoder: SparseEncoder, memory: HebbianMemory, embeddings: npt.ArrayLike, *, winners: int) -> Circuit:
    """A circuit that shows the embeddings one after the other and names the item of each by a spike.

    Populations ``encoder``, ``pointers``, ``items`` and the spike sources ``gate``, ``item_gate``; a presentation
    takes :func:`recall_ticks` ticks.

    Args:
        encoder: makes the cue codes.
        memory: holds at least one item.
        embeddings: shape (dimensions,) or (batch, dimensions).
        winners: P, how many pointer units fire.

    Raises:
        InvalidInput: embeddings that the encoder can't take, an empty memory, an encoder of another size, winners out
            of range.
    """
    _check_sizes(encoder, memory)
    _check_stored(memory)
    check_whole("winners", winners, 1, memory.pointer_units)
    pointers = memory.pointers(memory.indices).ravel()
    of = np.repeat(np.arange(len(memory)), memory.pointer_active)
    order = np.argsort(pointers, kind="stable")
    named = Connections.from_pairs(pointers[order], of[order], memory.pointer_units, len(memory))
    everybody = Connections.all_to_all(1, len(memory))
    items = Population(
        "items", len(memory), INTEGRATE_AND_FIRE, {"v_threshold": _UNIT / 2}, winners=Winners(max_winners=1)
    )
    projections = [
        Projection("item_weights", "pointers", "items", _ONTO_V, named, {"w": _UNIT}),
        Projection("item_gate_weights", "item_gate", "items", _ONTO_V, everybody, {"w": _UNIT}),
    ]
    return _reading(encoder, memory, embeddings, winners, items, projections)


def item_by_winners(memory: HebbianMemory, cues: npt.ArrayLike, *, winners: int) -> IntArray:
    """The item that :func:`item_circuit` names, in numbers: its index, (active,) -> () or (batch, active) -> (batch,).

    Ties go to the item stored earlier.

    Raises:
        InvalidInput: cues that are no codes of the memory's units, an empty memory, winners out of range.
    """
    from neuro.memories.hebbian._kernels import rank_batch

    _check_stored(memory)
    check_whole("winners", winners, 1, memory.pointer_units)
    active = top_units(np.atleast_2d(memory.activity(cues)), winners)
    fires = np.zeros((len(active), memory.pointer_units), dtype=np.int32)
    np.put_along_axis(fires, active, 1, axis=1)
    keys = np.empty((len(active), 1), dtype=np.int64)
    rank_batch(fires, memory.pointers(memory.indices), keys)
    found = memory.indices[len(memory) - 1 - keys[:, 0] % len(memory)]
    return np.asarray(found[0]) if np.ndim(cues) == 1 else found


def label_from_spikes(recording: Recording, encoder: SparseEncoder, readout: LabelReadout) -> IntArray:
    """The label that fired in each presentation of a run of :func:`recall_circuit`, shape (presentations,).

    Raises:
        InvalidInput: the run does not hold whole presentations, or not exactly one label fired in each.
    """
    return np.asarray(np.asarray(readout.labels)[_only(recording, encoder, "labels")])


def item_from_spikes(recording: Recording, encoder: SparseEncoder, memory: HebbianMemory) -> IntArray:
    """The index of the item that fired in each presentation of a run of :func:`item_circuit`, (presentations,).

    Raises:
        InvalidInput: the run does not hold whole presentations, or not exactly one item fired in each.
    """
    return memory.indices[_only(recording, encoder, "items")]


def synaptic_operations(circuit: Circuit, recording: Recording) -> Mapping[str, int]:
    """How many synapses the spikes of a run reached, projection by projection: the usual measure of a circuit's work.

    Spikes that were still under way at the end of the run count too.

    Args:
        circuit: what was run.
        recording: the run, from tick 0.

    Raises:
        InvalidInput: a population of the circuit is not in the recording.

    Source: Merolla et al., Science 345 (2014), who count a chip's work so.
    """
    fired = {name: spikes.counts() for name, spikes in recording.spikes.items()}
    for source in circuit.sources:
        shown = np.asarray(source.indices)[np.asarray(source.ticks) < recording.ticks]
        fired[source.name] = np.bincount(shown, minlength=source.size)
    missing = sorted({projection.source for projection in circuit.projections} - fired.keys())
    if missing:
        raise InvalidInput(f"no spikes of {missing[0]!r}; the recording has {sorted(recording.spikes)}")
    return {
        projection.name: int(fired[projection.source] @ np.diff(np.asarray(projection.connections.row_start)))
        for projection in circuit.projections
    }


def _only(recording: Recording, encoder: SparseEncoder, population: str) -> IntArray:
    winners = codes_from_spikes(recording, recall_ticks(encoder), population)
    if winners.shape[1] != 1:
        raise InvalidInput(f"{winners.shape[1]} {population} fired in each presentation; one is allowed")
    return np.asarray(winners[:, 0])


def _check_sizes(encoder: SparseEncoder, memory: HebbianMemory, readout: LabelReadout | None = None) -> None:
    if encoder.units != memory.units:
        raise InvalidInput(
            f"the encoder has {encoder.units} units, the memory takes cues of {memory.units}; make them equal"
        )
    voters = memory.pointer_units if readout is None else len(np.asarray(readout.weights))
    if voters != memory.pointer_units:
        raise InvalidInput(
            f"the read-out has {voters} pointer units, the memory {memory.pointer_units}; learn it on this memory"
        )


def _check_stored(memory: HebbianMemory) -> None:
    if not len(memory):
        raise InvalidInput("an empty memory would name nothing; store something first")


def _reading(
    encoder: SparseEncoder,
    memory: HebbianMemory,
    embeddings: npt.ArrayLike,
    winners: int,
    last: Population,
    onto_last: Sequence[Projection],
) -> Circuit:
    """Encoder, pointers of which ``winners`` fire once the gate lifts them, and the population that is named last."""
    length = recall_ticks(encoder)
    encoding = encoder.circuit(embeddings, presentation_ticks=length)
    starts = np.arange(len(np.atleast_2d(np.asarray(embeddings)))) * length
    threshold = {"v_threshold": encoder.active * _UNIT}
    gates = {"gate": encoder.presentation_ticks - 1, "item_gate": encoder.presentation_ticks}
    used = {projection.source for projection in onto_last} | {"gate"}
    reading = Circuit(
        encoding.dt,
        populations=[
            Population(
                "pointers", memory.pointer_units, INTEGRATE_AND_FIRE, threshold, winners=Winners(max_winners=winners)
            ),
            last,
        ],
        stimuli=[
            SpikeSource(name, 1, starts + late, np.zeros_like(starts)) for name, late in gates.items() if name in used
        ],
        restarts=[Restart(name, starts, variables=("v",)) for name in ("pointers", last.name)],
        seed=encoding.seed,
    )
    lift = {"w": (encoder.active + 1) * _UNIT}
    everybody = Connections.all_to_all(1, memory.pointer_units)
    stored = Connections.from_dense(memory.weights)
    projections = [
        Projection("memory_weights", "encoder", "pointers", _ONTO_V, stored, {"w": _UNIT}),
        Projection("gate_weights", "gate", "pointers", _ONTO_V, everybody, lift),
        *onto_last,
    ]
    return compose(encoding, reading, projections=projections)
