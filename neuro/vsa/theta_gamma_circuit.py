"""The theta-gamma buffer in spikes: a cell keeps its item by the after-depolarisation of its own last spike.

    tau_a da/dt = p - a,   tau_a dp/dt = -p         after a spike a = 0, p = 1: a ramp that peaks after tau_a
    tau_h dh/dt = q - h,   tau_h dq/dt = -q         every spike adds 1 to q of all cells: gamma, by inhibition
    fires where  height cos(2 pi theta (t - t_peak)) + ramp a - inhibition h > 1

At each peak of theta the cell that fired first has the highest ramp, fires, and holds the others back for a gamma
cycle; then comes the second, and so on: the order repeats itself in every theta cycle, without any synapse between the
cells but the common inhibition. A cell that never fired has no ramp, and theta alone is below the threshold. The
balance is narrow: of 192 settings of theta, ramp and inhibition tried, two kept all of four lists.
Source: Lisman & Idiart, Science 267 (1995); Jensen, Idiart & Lisman, Learning & Memory 3 (1996).
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np

from neuro.checks import check_whole
from neuro.circuit import Circuit, CurrentInput, Population, Projection, SpikeSource, Winners
from neuro.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.base import NeuronModel
from neuro.models.static_synapse import static_synapse
from neuro.spikes import Recording
from neuro.vsa.theta_gamma_buffer import ThetaGammaBuffer

_DT = 5e-4
_PEAK = 0.475
"""Of theta's drive, in cycles after the list's first slot."""

_EARLY = 30
"""Ticks by which the first cell may be ahead of its slot."""

_CUE = 4.0
"""What a cue adds: enough to fire whatever else holds."""

_CELL = NeuronModel(
    equations="""
    da/dt = (p - a) / tau_a : 1
    dp/dt = -p / tau_a : 1
    dh/dt = (q - h) / tau_h : 1
    dq/dt = -q / tau_h : 1
    I : 1
    cue : 1
    tau_a : second (constant)
    tau_h : second (constant)
    ramp : 1 (constant)
    inhibition : 1 (constant)
    """,
    threshold="I + cue + ramp*a - inhibition*h > 1",
    reset="a = 0; p = 1; cue = 0",
    parameters={"tau_a": 0.2, "tau_h": 5e-3, "ramp": 3.0, "inhibition": 1.5},
)


def theta_gamma_circuit(buffer: ThetaGammaBuffer, cycles: int, *, height: float = 0.2) -> Circuit:
    """The population ``cells``, one for each item; the list is cued once, in the first theta cycle.

    Args:
        buffer: whose list.
        cycles: of theta, for which the drive lasts.
        height: of theta's drive; the threshold is 1.

    Raises:
        InvalidInput: an empty list.
    """
    check_whole("cycles", cycles, 1, 100_000)
    if not len(buffer):
        raise InvalidInput("a circuit of an empty list would stay silent; push something first")
    ticks = theta_gamma_ticks(buffer, cycles)
    phase = 2 * np.pi * (buffer.theta * _DT * np.arange(ticks) - _PEAK)
    drive = np.repeat((height * np.cos(phase))[:, None], buffer.items, axis=1)
    cues = np.rint(buffer.spike_times(1)[0] / _DT).astype(np.int64)
    everybody = Connections.all_to_all(buffer.items, buffer.items)
    return Circuit(
        _DT,
        [Population("cells", buffer.items, _CELL, winners=Winners(1))],
        [
            Projection(
                "cueing",
                "cue",
                "cells",
                static_synapse("cue", "1"),
                Connections.one_to_one(buffer.items),
                {"w": _CUE},
            ),
            Projection("inhibition", "cells", "cells", static_synapse("q", "1"), everybody, {"w": 1.0}),
        ],
        [SpikeSource("cue", buffer.items, cues, np.array(buffer.order)), CurrentInput("cells", "I", drive)],
    )


def theta_gamma_ticks(buffer: ThetaGammaBuffer, cycles: int) -> int:
    """Ticks of so many theta cycles; InvalidInput for no whole number of them."""
    check_whole("cycles", cycles, 0, 1 << 24)
    return int(np.rint(cycles / buffer.theta / _DT))


def orders(recording: Recording, buffer: ThetaGammaBuffer, cycles: int) -> list[tuple[int, ...]]:
    """The items in the order in which they fire, in each theta cycle; InvalidInput for no whole number of them."""
    check_whole("cycles", cycles, 0, 1 << 24)
    spikes = recording.spikes["cells"]
    edges = [max(0, theta_gamma_ticks(buffer, 1) * cycle - _EARLY) for cycle in range(cycles + 1)]
    parts = [spikes.between(start, stop) for start, stop in pairwise(edges)]
    return [tuple(part.indices[np.argsort(part.ticks, kind="stable")].tolist()) for part in parts]
