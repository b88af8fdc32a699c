"""The STDP window, measured from pairs of single spikes and held against its curve."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.composition import teacher_projection
from neuro.circuit.connections import Connections
from neuro.models import INTEGRATE_AND_FIRE, pair_stdp
from neuro.simulators import simulate

_FIRST = 200
"""Tick of the presynaptic spike of every pair."""
_TEACHER = 60e-3
_START = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Weight changes of pairs of single spikes, and what the curve says.

    Args:
        delays: t_post - t_pre in seconds, shape (pairs,), without 0.
        changes, expected: of the weight, shape (pairs,), in units of w_max.
    """

    delays: FloatArray
    changes: FloatArray
    expected: FloatArray

    @property
    def largest_error(self) -> float:
        """The largest |change - expected| over the larger of the steps; NaN without steps."""
        step = float(np.max(np.abs(self.expected)))
        return float(np.max(np.abs(self.changes - self.expected))) / step if step > 0 else float("nan")


def measure_window(
    a_plus: float, a_minus: float, *, tau: float = 20e-3, dt: float = 5e-4, farthest: int = 180
) -> Window:
    """One pair of neurons for each delay: the input spikes once, a teacher makes the target spike once.

    Args:
        a_plus, a_minus: steps in units of w_max.
        tau: seconds, of both sides.
        dt: length of a tick in seconds.
        farthest: the longest delay in ticks.
    """
    ticks = np.concatenate([np.arange(-farthest, 0), np.arange(1, farthest + 1)])
    pairs = ticks.size
    each = Connections.one_to_one(pairs)
    scale = _START  # w_max in volts: far below the threshold, so that only the teacher makes a target fire
    plastic = {"w": scale / 2, "w_max": scale, "a_plus": a_plus * scale, "a_minus": a_minus * scale}
    taus = {"tau_plus": tau, "tau_minus": tau}
    circuit = Circuit(
        dt,
        [Population("targets", pairs, INTEGRATE_AND_FIRE)],
        [
            Projection("plastic", "inputs", "targets", pair_stdp("v"), each, {**plastic, **taus}),
            teacher_projection("force", "teachers", "targets", pairs, _TEACHER),
        ],
        [
            SpikeSource("inputs", pairs, np.full(pairs, _FIRST), np.arange(pairs)),
            # A target fires one tick after its teacher.
            SpikeSource("teachers", pairs, _FIRST + ticks - 1, np.arange(pairs)),
        ],
    )
    recording = simulate(circuit, _FIRST + farthest + 2)
    changes = (recording.final["plastic", "w"] - plastic["w"]) / scale
    delays = ticks * dt
    expected = np.where(delays > 0, a_plus, -a_minus) * np.exp(-np.abs(delays) / tau)
    return Window(delays, changes, expected)
