"""Swarm steps over the weights of one or more replicas."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

from neuro.arrays import Float32Array, FloatArray, IntArray, stable_top_k
from neuro.memories.swarm.association import SparseAssociation, Work
from neuro.memories.swarm.parameters import SwarmParameters

Parts = Sequence[tuple[SparseAssociation, float]]
"""Weights, and what scales them to now."""

Source = tuple[IntArray, FloatArray, float, float]
"""Active nodes, their states, factors of W_tau and W_rho."""


@dataclass(frozen=True, slots=True, eq=False)
class Settled:
    """Where a cue came to rest: the nodes that took part, ascending, their states; energies before and after steps."""

    chosen: IntArray
    state: FloatArray
    steps: int
    energies: list[float]
    potentials: list[float]


@contextmanager
def drive(parts: Parts, sources: Sequence[Source], work: Work) -> Iterator[Float32Array]:
    """``sum of pull W_tau s - push W_rho s`` over the sources, (nodes,); work space, so only inside the block."""
    from neuro.memories.swarm._kernels import spread

    try:
        for part, scale in parts:
            for active, states, pull, push in sources:
                spread(part.rows, active, states, pull * scale, push * scale, work.net)
        yield work.net
    finally:
        work.net[:] = 0.0


def settle(parts: Parts, cue: IntArray, how: SwarmParameters, work: Work) -> Settled:
    """Swarm steps from a cue, which is the teacher as well, until nothing moves or ``how.steps`` are taken.

    Those who take part are chosen once, so the steps are a projected gradient descent in a fixed box: the potential
    ``-1/2 s'(alpha W_tau - beta W_rho)s - gamma s' W_tau t`` falls at every step as long as the least eigenvalue of
    ``alpha W_tau - beta W_rho`` among them lies above -2.
    """
    from neuro.memories.swarm._kernels import induced

    with drive(parts, [(cue, np.ones(cue.size), how.alpha + how.gamma, how.beta)], work) as net:
        net[cue] = 0.0
        woken = np.flatnonzero(net > 0)
        if woken.size > how.breadth:
            woken = woken[stable_top_k(net[woken], how.breadth)]
    chosen = np.sort(np.concatenate([cue, woken]))
    tau, rho = np.zeros((chosen.size, chosen.size)), np.zeros((chosen.size, chosen.size))
    for part, scale in parts:
        induced(part.rows, chosen, work.local, scale, tau, rho)
    state = np.isin(chosen, cue).astype(np.float64)
    pull = how.gamma * (tau @ state)
    energies, potentials, steps, moved_by = [], [], 0, np.inf
    while True:
        attract, repel = tau @ state, rho @ state
        energies.append(float(-0.5 * state @ (attract - repel)))
        potentials.append(float(-0.5 * state @ (how.alpha * attract - how.beta * repel) - pull @ state))
        if steps == how.steps or moved_by < how.tolerance:
            break
        moved = np.clip(state + how.alpha * attract - how.beta * repel + pull, 0.0, 1.0)
        moved_by, state = float(np.abs(moved - state).max()), moved
        steps += 1
    return Settled(chosen, state, steps, energies, potentials)


def energy(parts: Parts, state: Float32Array, work: Work) -> float:
    """``-1/2 s'(W_tau - W_rho)s``."""
    active = np.flatnonzero(state)
    values = state[active].astype(np.float64)
    with drive(parts, [(active, values, 1.0, 1.0)], work) as net:
        return float(-0.5 * values @ net[active].astype(np.float64))
