"""Memories as circuits: a code runs through the 1-bit weights by spikes, and a label neuron names the class.

    encoder (k winners) --1-bit weights--> pointers --label weights--> labels
                                 gate --^

One presentation, T = ``encoder.presentation_ticks``, in ticks from its start:

* 0 .. T-1: the k winners of the encoder fire; each adds one unit of potential to every pointer neuron it
  reaches. The threshold is k units, so nobody fires yet: pointers collect evidence.
* T-1: the gate fires and lifts all pointers by k + 1 units, over the threshold.
* T: the P pointers with the largest margins, hence with most evidence, fire together (``Winners(max_winners=P)``).
* T+1: the label neuron with most votes fires (``Winners(max_winners=1)``). Ties go to the lower index at every
  stage.

Pointers and labels are neurons without leak (:data:`neuro.models.INTEGRATE_AND_FIRE`), driven by delta
synapses on a grid of one dyadic unit: sums are exact on every simulator and need ``log2(2 k + 2)`` bits,
whatever the order of spikes.

Two sizes, on scikit-learn's digits (1,437 for learning, 360 held out, mean of 20 splits; 3 neighbours name .986):

* the defaults of encoder, memory and read-out: 8,202 neurons, 2.6 million synapses, .981;
* 256 units with 32 active, 300 digits stored on 256 pointers of 2, 32 winners: 522 neurons, 19,000 synapses, .924.

Synaptic operations: how many synapses the spikes of a run reached, the usual measure of a spiking circuit's work.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.encoders.codes import codes_from_spikes
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

UNIT = 2.0**-10
"""Volts that one synapse adds: 0.98 mV, a power of two, so that sums are exact."""


def classify(
    encoder: SparseEncoder, memory: HebbianMemory, readout: LabelReadout, embeddings: npt.ArrayLike
) -> npt.NDArray[np.int64]:
    """The label of each embedding by the matrix path, (dimensions,) -> () or (batch, dimensions) -> (batch,).

    Equal to what :func:`label_from_spikes` reads from a run of :func:`recall_circuit`.

    Raises:
        InvalidInput: embeddings that the encoder can't take; parts of different sizes.
    """
    _check_sizes(encoder, memory, readout)
    return readout.classify(memory, encoder.encode(embeddings))


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
    if not len(memory):
        raise InvalidInput("a circuit of an empty memory would name nothing; store something first")
    length = recall_ticks(encoder)
    encoding = encoder.circuit(embeddings, presentation_ticks=length)
    presentations = len(np.atleast_2d(np.asarray(embeddings)))
    starts = np.arange(presentations) * length
    names = ("pointers", "labels")
    reading = Circuit(
        encoding.dt,
        populations=[pointer_population(encoder.active, memory, readout.winners), _labels(readout)],
        stimuli=[
            SpikeSource("gate", 1, starts + encoder.presentation_ticks - 1, np.zeros(presentations, dtype=np.int64))
        ],
        restarts=[Restart(name, starts, variables=("v",)) for name in names],
        seed=encoding.seed,
    )
    projections = [*pointer_projections(encoder.active, memory), _label_projection(readout)]
    return compose(encoding, reading, projections=projections)


def recall_ticks(encoder: SparseEncoder) -> int:
    """How many ticks a presentation of :func:`recall_circuit` takes: the race, the pointers, the label."""
    return encoder.presentation_ticks + 2


def label_from_spikes(recording: Recording, encoder: SparseEncoder, readout: LabelReadout) -> npt.NDArray[np.int64]:
    """The label that fired in each presentation of a run of :func:`recall_circuit`, shape (presentations,).

    Raises:
        InvalidInput: the run does not hold whole presentations, or not exactly one label fired in each.
    """
    winners = codes_from_spikes(recording, recall_ticks(encoder), "labels")
    if winners.shape[1] != 1:
        raise InvalidInput(f"{winners.shape[1]} labels fired in each presentation; one is allowed")
    return np.asarray(np.asarray(readout.labels)[winners[:, 0]])


def _check_sizes(encoder: SparseEncoder, memory: HebbianMemory, readout: LabelReadout) -> None:
    if encoder.units != memory.units:
        raise InvalidInput(
            f"the encoder has {encoder.units} units, the memory takes cues of {memory.units}; make them equal"
        )
    voters = np.asarray(readout.weights).shape[0]
    if voters != memory.pointer_units:
        raise InvalidInput(
            f"the read-out has {voters} pointer units, the memory {memory.pointer_units}; learn it on this memory"
        )


def pointer_population(active: int, memory: HebbianMemory, winners: int) -> Population:
    """Pointers that collect the spikes of k cue units, and of which ``winners`` fire once the gate lifts them."""
    return Population(
        "pointers",
        memory.pointer_units,
        INTEGRATE_AND_FIRE,
        parameters={"v_threshold": active * UNIT},
        winners=Winners(max_winners=winners),
    )


def pointer_projections(active: int, memory: HebbianMemory) -> list[Projection]:
    """The 1-bit weights onto the pointers, and the gate's."""
    onto_v = static_synapse("v", "volt")
    return [
        Projection(
            "memory_weights",
            "encoder",
            "pointers",
            onto_v,
            Connections.from_dense(memory.weights),
            parameters={"w": UNIT},
        ),
        Projection(
            "gate_weights",
            "gate",
            "pointers",
            onto_v,
            Connections.all_to_all(1, memory.pointer_units),
            parameters={"w": (active + 1) * UNIT},
        ),
    ]


def _labels(readout: LabelReadout) -> Population:
    # Each of P voters gives every class at least one unit: all labels cross, the largest margin wins.
    return Population(
        "labels",
        np.asarray(readout.labels).size,
        INTEGRATE_AND_FIRE,
        parameters={"v_threshold": (readout.winners - 1) * UNIT},
        winners=Winners(max_winners=1),
    )


def _label_projection(readout: LabelReadout) -> Projection:
    votes = np.asarray(readout.weights)
    votes = votes - votes.min() + 1
    return Projection(
        "label_weights",
        "pointers",
        "labels",
        static_synapse("v", "volt"),
        Connections.all_to_all(*votes.shape),
        parameters={"w": votes.reshape(-1) * UNIT},
    )


def synaptic_operations(circuit: Circuit, recording: Recording) -> Mapping[str, int]:
    """Spikes times synapses of the neuron that fired, projection by projection.

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
