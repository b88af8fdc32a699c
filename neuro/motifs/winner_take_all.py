"""Hard winner-take-all: in each frame the k neurons with the largest drive fire, once each, and no other.

    tau_m dv/dt = v_rest - v + I,   a spike where v > v_threshold,   at most k spikes a frame

All neurons start a frame at rest, so the one with the larger I is ahead at every tick: it crosses earlier, or in
the same tick with the larger margin, where the winners rule lets it go first. Ties go to the lower index. A drive
at or below rheobase (v_threshold - v_rest) never fires: without input there is no winner.
Sources: Maass, Neural Computation 12 (2000); Thorpe, Delorme & Van Rullen, Neural Networks 14 (2001), for the race.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import to_ticks
from neuro.circuit import Circuit, CurrentInput, Population, Restart, Winners
from neuro.models.lif import LIF_DELTA
from neuro.motifs.frames import as_frames


def winner_take_all(
    drive: npt.ArrayLike, *, k: int = 1, frame: Any = 50e-3, dt: float = 1e-3, seed: int = 0, name: str = "winners"
) -> Circuit:
    """A population of LIF neurons that race; the first ``k`` of each frame win.

    Args:
        drive: volts, shape (neurons,) or (frames, neurons); one row a frame. Rheobase is 20 mV; a drive I fires
            tau_m ln(I / (I - 20 mV)) after the start of its frame, tau_m = 20 ms.
        k: how many win in a frame.
        frame: seconds, whole ticks.
        dt: length of a tick in seconds.
        seed: of the circuit; nothing here is random.
        name: of the population.

    Raises:
        InvalidInput: a drive of another shape; ``k`` outside of 1 .. neurons.

    >>> from neuro import simulate
    >>> circuit = winner_take_all([[25e-3, 31e-3, 30e-3], [28e-3, 22e-3, 26e-3]], k=2)
    >>> simulate(circuit, 100).spikes["winners"].indices.tolist()
    [1, 2, 0, 2]
    """
    rows = as_frames(drive, "drive")
    length = int(to_ticks(frame, dt, "the frame"))
    # A winner stays refractory to the end of its frame, so that nobody wins twice.
    model = replace(LIF_DELTA, refractory=length * dt)
    return Circuit(
        dt,
        [Population(name, rows.shape[1], model, winners=Winners(quota=k))],
        stimuli=[CurrentInput(name, "I", rows, every=length)],
        restarts=[Restart(name, np.arange(len(rows)) * length)],
        seed=seed,
    )
