"""Items by spikes: the circuit of a memory in which the neuron of the recalled item fires.

    encoder (k winners) --1-bit weights--> pointers (P winners) --pointer codes--> items (1 winner)
                                 gate --^                          item_gate --^

Up to the pointers it is the circuit of :mod:`neuro.memories.hebbian.circuits`. An item neuron has one synapse from each
of its p pointer units; ``item_gate`` lifts all items at the tick at which the pointers' spikes arrive, and the one that
got most fires. In numbers, with w the 0/1 vector of the P most active pointer units, that is ``argmax_a sum_j p_aj
w_j``, ties to the item stored earlier: :func:`item_by_winners`. It differs from
:meth:`neuro.memories.HebbianMemory.recall` in that a winner counts as one, however active it is.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.composition import compose
from neuro.circuit.connections import Connections
from neuro.encoders.codes import codes_from_spikes, top_units
from neuro.errors import InvalidInput
from neuro.memories.hebbian.circuits import UNIT, SparseEncoder, pointer_population, pointer_projections, recall_ticks
from neuro.memories.hebbian.hebbian import HebbianMemory
from neuro.models.integrate_and_fire import INTEGRATE_AND_FIRE
from neuro.models.static import static_synapse
from neuro.spikes import Recording


def item_circuit(encoder: SparseEncoder, memory: HebbianMemory, embeddings: npt.ArrayLike, *, winners: int) -> Circuit:
    """A circuit that shows the embeddings one after the other and names the item of each by a spike.

    Populations ``encoder``, ``pointers``, ``items`` and the spike sources ``gate``, ``item_gate``; a presentation
    takes :func:`neuro.memories.recall_ticks` ticks.

    Args:
        encoder: makes the cue codes.
        memory: holds at least one item.
        embeddings: shape (dimensions,) or (batch, dimensions).
        winners: P, how many pointer units fire.

    Raises:
        InvalidInput: embeddings that the encoder can't take, an empty memory, an encoder of another size, winners out
            of range.
    """
    _check(encoder, memory, winners)
    length = recall_ticks(encoder)
    encoding = encoder.circuit(embeddings, presentation_ticks=length)
    presentations = len(np.atleast_2d(np.asarray(embeddings)))
    starts = np.arange(presentations) * length
    nobody = np.zeros(presentations, dtype=np.int64)
    reading = Circuit(
        encoding.dt,
        populations=[
            pointer_population(encoder.active, memory, winners),
            Population(
                "items", len(memory), INTEGRATE_AND_FIRE, parameters={"v_threshold": UNIT / 2}, winners=Winners(quota=1)
            ),
        ],
        stimuli=[
            SpikeSource("gate", 1, starts + encoder.presentation_ticks - 1, nobody),
            SpikeSource("item_gate", 1, starts + encoder.presentation_ticks, nobody),
        ],
        restarts=[Restart(name, starts, variables=("v",)) for name in ("pointers", "items")],
        seed=encoding.seed,
    )
    projections = [*pointer_projections(encoder.active, memory), *_item_projections(memory)]
    return compose(encoding, reading, projections=projections)


def item_by_winners(memory: HebbianMemory, cues: npt.ArrayLike, *, winners: int) -> IntArray:
    """The item that :func:`item_circuit` names, in numbers: its index, (active,) -> () or (batch, active) -> (batch,).

    Raises:
        InvalidInput: cues that are no codes of the memory's units, an empty memory, winners out of range.
    """
    from neuro.memories.hebbian._kernels import rank_batch

    _check(None, memory, winners)
    active = top_units(np.atleast_2d(memory.activity(cues)), winners)
    fires = np.zeros((len(active), memory.pointer_units), dtype=np.int32)
    np.put_along_axis(fires, active, 1, axis=1)
    keys = np.empty((len(active), 1), dtype=np.int64)
    rank_batch(fires, memory.pointers(memory.indices), keys)
    found = memory.indices[len(memory) - 1 - keys[:, 0] % len(memory)]
    return np.asarray(found[0]) if np.ndim(cues) == 1 else found


def item_from_spikes(recording: Recording, encoder: SparseEncoder, memory: HebbianMemory) -> IntArray:
    """The index of the item that fired in each presentation of a run of :func:`item_circuit`, (presentations,).

    Raises:
        InvalidInput: the run does not hold whole presentations, or not exactly one item fired in each.
    """
    winners = codes_from_spikes(recording, recall_ticks(encoder), "items")
    if winners.shape[1] != 1:
        raise InvalidInput(f"{winners.shape[1]} items fired in each presentation; one is allowed")
    return memory.indices[winners[:, 0]]


def _check(encoder: SparseEncoder | None, memory: HebbianMemory, winners: int) -> None:
    if encoder is not None and encoder.units != memory.units:
        raise InvalidInput(
            f"the encoder has {encoder.units} units, the memory takes cues of {memory.units}; make them equal"
        )
    if not len(memory):
        raise InvalidInput("an empty memory names nothing; store something first")
    check_whole("winners", winners, 1, memory.pointer_units)


def _item_projections(memory: HebbianMemory) -> list[Projection]:
    onto_v = static_synapse("v", "volt")
    pointers = memory.pointers(memory.indices).ravel()
    items = np.repeat(np.arange(len(memory)), memory.pointer_active)
    order = np.argsort(pointers, kind="stable")
    return [
        Projection(
            "item_weights",
            "pointers",
            "items",
            onto_v,
            Connections.from_pairs(pointers[order], items[order], memory.pointer_units, len(memory)),
            parameters={"w": UNIT},
        ),
        Projection(
            "item_gate_weights",
            "item_gate",
            "items",
            onto_v,
            Connections.all_to_all(1, len(memory)),
            parameters={"w": UNIT},
        ),
    ]
