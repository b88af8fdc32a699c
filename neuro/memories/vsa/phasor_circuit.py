"""Threshold phasor associative memory in spikes: a phase is a spike time in a 40 Hz cycle, a synapse is a delay.

    z_j = exp(i phi_j):  unit j fires when its oscillator, released at angle phi_j, passes angle 0
    W_ij = |W_ij| exp(i w_ij):  the spike pushes i along x by |W_ij|, (-w_ij mod 2 pi) / omega later

One update takes two cycles. The population ``sums`` are undamped resonate-and-fire oscillators: each push turns with
them, so at the end of the second cycle their state is ``u = W z``. A clock then opens their threshold for one tick, and
the winners rule lets the k longest fire. A winner hands its oscillation to its twin in ``phases``, which fires as it
passes angle 0, within the next cycle, and is empty again.
Sources: Frady & Sommer, PNAS 116 (2019), figure 4; resonate-and-fire: Izhikevich, Neural Networks 14 (2001).
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import ComplexArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, Population, Projection, Restart, SpikeSource, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.memories.vsa.fhrr import check_phasors
from neuro.memories.vsa.threshold_phasor_memory import ThresholdPhasorAssociativeMemory
from neuro.models.base import NeuronModel, SynapseModel
from neuro.models.resonate_and_fire import RESONATE_AND_FIRE
from neuro.models.static import static_synapse
from neuro.spikes import Recording

_GAMMA = 40.0
"""Hertz."""

_SUMS = replace(
    RESONATE_AND_FIRE,
    equations=RESONATE_AND_FIRE.equations + "\nopen : 1",
    threshold="open * (x*x + y*y) > 1e-6",
    reset="open = 0",
)
_PHASES = NeuronModel(
    equations=RESONATE_AND_FIRE.equations + "\nhalf_x : 1 (constant)\nhalf_y : 1 (constant)",
    # Within half a tick of angle 0, the earlier edge included.
    threshold="int(y*half_x < x*half_y and y*half_x >= -x*half_y) > 0.5",
    reset="x = 0; y = 0",
    parameters=RESONATE_AND_FIRE.parameters,
)
_HAND_OVER = SynapseModel("", on_pre="x_post += x_pre; y_post += y_pre")
_RELEASE = SynapseModel("start_x : 1\nstart_y : 1", on_pre="x_post += start_x; y_post += start_y")


def phasor_memory_circuit(
    memory: ThresholdPhasorAssociativeMemory, cues: npt.ArrayLike, *, updates: int = 6, slots: int = 100
) -> Circuit:
    """A circuit that settles from each cue in turn; a turn takes :func:`turn_ticks` ticks.

    Args:
        memory: holds at least one item.
        cues: complex, (neurons,) or (cues, neurons); 0 is silent, of others the phase counts.
        updates: of the memory in each turn.
        slots: ticks of a cycle of 25 ms.

    Raises:
        InvalidInput: an empty memory, cues of another width.
    """
    check_whole("updates", updates, 1, 10_000)
    check_whole("slots", slots, 4, 1 << 12)
    if not len(memory):
        raise InvalidInput("a circuit of an empty memory would settle on nothing; store something first")
    rows = check_phasors(cues, memory.neurons, "cues")
    turn = turn_ticks(updates, slots)
    starts = np.arange(len(rows)) * turn
    opens = (starts[:, None] + 2 * slots * np.arange(1, updates + 1)).ravel()
    turns, units = np.nonzero(rows)
    released = starts[turns] + _angle_ticks(-np.angle(rows[turns, units]), slots)
    dt = 1 / (_GAMMA * slots)
    step = 2 * np.pi / slots
    still = {"b": 0.0, "omega": 2 * np.pi * _GAMMA}
    half = {"half_x": float(np.cos(step / 2)), "half_y": float(np.sin(step / 2))}
    return Circuit(
        dt,
        [
            Population("sums", memory.neurons, _SUMS, still, winners=Winners(memory.active)),
            Population("phases", memory.neurons, _PHASES, {**still, **half}),
        ],
        _projections(memory, slots, step),
        [SpikeSource("cue", memory.neurons, released, units), SpikeSource("clock", 1, opens - 1, np.zeros_like(opens))],
        [Restart("sums", np.concatenate([starts, opens + 1, starts + turn + 1])), Restart("phases", starts)],
    )


def turn_ticks(updates: int, slots: int = 100) -> int:
    """Ticks of one turn of :func:`phasor_memory_circuit`: two cycles for each update and two to read.

    Raises:
        InvalidInput: updates or slots that :func:`phasor_memory_circuit` refuses.
    """
    check_whole("updates", updates, 1, 10_000)
    check_whole("slots", slots, 4, 1 << 12)
    return 2 * slots * (updates + 1)


def final_phasors(recording: Recording, cues: int, *, updates: int = 6, slots: int = 100) -> ComplexArray:
    """The state after the last update of each turn, (cues, neurons): unit phasors, 0 where silent."""
    check_whole("cues", cues, 0, 1 << 31)
    turn = turn_ticks(updates, slots)
    spikes = recording.spikes["phases"]
    state = np.zeros((cues, spikes.size), dtype=np.complex64)
    for cue in range(cues):
        start = cue * turn + 2 * slots * updates
        last = spikes.between(start, start + 2 * slots)
        state[cue, last.indices] = np.exp(-2j * np.pi / slots * (last.ticks - start))
    return state


def _projections(memory: ThresholdPhasorAssociativeMemory, slots: int, step: float) -> list[Projection]:
    neurons = memory.neurons
    # Row j of the connections is source j: W transposed.
    weights = memory.weights.T
    joined = np.abs(weights) > 0
    delays = _angle_ticks(-np.angle(weights[joined]), slots)
    # One tick passes before the twin may fire: it starts one tick before angle 0.
    early = {"start_x": float(np.cos(step)), "start_y": -float(np.sin(step))}
    return [
        Projection("release", "cue", "phases", _RELEASE, Connections.one_to_one(neurons), early),
        Projection(
            "weights",
            "phases",
            "sums",
            static_synapse("x", "1"),
            Connections.from_dense(joined),
            {"w": np.abs(weights[joined]).astype(np.float64)},
            delays / (_GAMMA * slots),
        ),
        Projection(
            "opening", "clock", "sums", static_synapse("open", "1"), Connections.all_to_all(1, neurons), {"w": 1.0}
        ),
        Projection("hand_over", "sums", "phases", _HAND_OVER, Connections.one_to_one(neurons)),
    ]


def _angle_ticks(angles: npt.NDArray[np.floating], slots: int) -> IntArray:
    """Angles as ticks of a cycle, 0 .. slots - 1."""
    return np.asarray(np.floor(angles * (slots / (2 * np.pi)) + 0.5).astype(np.int64) % slots)
