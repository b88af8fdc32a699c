"""What a swarm memory answers besides recall."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.memories.memory import NOTHING, Ints
from neuro.memories.swarm_dynamics import Settled

Reals = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class SwarmCompletion:
    """Where cues settled.

    Args:
        elements: the most active ones, falling, (size,) or (batch, size); :data:`NOTHING` where fewer are active.
        activities: their states, 0 to 1, same shape.
        steps: taken until nothing moved by more than the tolerance, (batch,).
        energies: ``-1/2 s'(W_tau - W_rho)s`` before the first and after each step, (batch, steps + 1); the last one
            is repeated.
        potentials: ``-1/2 s'(alpha W_tau - beta W_rho)s - gamma s' W_tau t``, likewise: what the steps descend.
    """

    elements: Ints
    activities: Reals
    steps: Ints
    energies: Reals
    potentials: Reals


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Whether cues A pass for the stored patterns B that they recall, each (batch,).

    Args:
        accepted: overlap and excess both lie within the gate.
        indices: of B.
        overlap: ``|A and B| / |B|``.
        excess: ``|A minus B| / |B|``.
    """

    accepted: npt.NDArray[np.bool_]
    indices: Ints
    overlap: Reals
    excess: Reals


def completion(settled: Sequence[Settled], size: int, steps: int, *, single: bool) -> SwarmCompletion:
    """The ``size`` most active elements of each settled state, ties to the lower."""
    elements, activities = np.full((len(settled), size), NOTHING), np.zeros((len(settled), size))
    for row, found in enumerate(settled):
        order = np.lexsort((found.chosen, -found.state))[:size]
        order = order[found.state[order] > 0]
        elements[row, : len(order)], activities[row, : len(order)] = found.chosen[order], found.state[order]
    return SwarmCompletion(
        elements[0] if single else elements,
        activities[0] if single else activities,
        np.array([found.steps for found in settled]),
        np.array([_padded(found.energies, steps + 1) for found in settled]),
        np.array([_padded(found.potentials, steps + 1) for found in settled]),
    )


def largest(scores: Reals, k: int) -> Ints:
    """Places of the k largest, falling; ties to the earlier."""
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    able = np.flatnonzero(scores >= least)
    return np.asarray(able[np.argsort(-scores[able], kind="stable")[:k]])


def _padded(values: Sequence[float], size: int) -> Reals:
    return np.pad(values, (0, size - len(values)), "edge")
