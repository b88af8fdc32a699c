"""Balanced resonate-and-fire neuron: damped just beyond the border of divergence, with a threshold that rises.

    p = (-1 + sqrt(1 - (dt omega)^2)) / dt                      the b at which Euler's step keeps |z|
    z <- z + dt ((p - damping - q + i omega) z + x)
    a spike where Re z > theta + q;     q <- gamma q + spike    refractoriness: a higher threshold, and faster decay

Euler's step multiplies |z| by ``|1 + dt (b + i omega)|``, which is 1 at b = p: with damping > 0 it never diverges.
Source: Higuchi, Kairat, Bohte & Otte, *Balanced resonate-and-fire neurons*, ICML 2024.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.models.base import Method, NeuronModel


def balanced_resonate_and_fire(
    omega: npt.ArrayLike = 10.0,
    damping: npt.ArrayLike = 0.5,
    *,
    dt: float = 0.01,
    gamma: float = 0.9,
    theta: float = 1.0,
) -> NeuronModel:
    """The neuron for ticks of ``dt``; a circuit of it must have that dt.

    Args:
        omega: radian per second, a number or one for each neuron; ``dt omega`` at most 1.
        damping: hertz, above 0, a number or one for each neuron.
        dt: length of a tick in seconds.
        gamma: what is left of q after a tick, 0 to 1.
        theta: threshold of a rested neuron.

    Raises:
        InvalidInput: ``dt omega`` above 1, where no damping balances the step; another number out of range.
    """
    boundary = divergence_boundary(omega, dt)
    if not np.all(np.asarray(damping) > 0):
        raise InvalidInput(f"damping is {damping!r}; numbers above 0 Hz are allowed")
    if not 0 < gamma < 1:
        raise InvalidInput(f"gamma is {gamma!r}; a number above 0 and below 1 is allowed")
    return NeuronModel(
        equations="""
        dx/dt = (b - q*hertz)*x - omega*y + I : 1
        dy/dt = omega*x + (b - q*hertz)*y : 1
        q : 1
        I : hertz
        b : hertz (constant)
        omega : hertz (constant)
        theta : 1 (constant)
        gamma : 1 (constant)
        step : 1 (constant)
        """,
        threshold="x > theta + q",
        # One step, since q decays after the reset: gamma * step = 1.
        reset="q += step",
        every_tick="q = gamma*q",
        method=Method.EULER,
        parameters={
            "b": boundary - np.asarray(damping),
            "omega": np.asarray(omega, dtype=np.float64),
            "theta": theta,
            "gamma": gamma,
            "step": 1 / gamma,
        },
    )


def divergence_boundary(omega: npt.ArrayLike, dt: float) -> npt.NDArray[np.float64]:
    """``p(omega) = (-1 + sqrt(1 - (dt omega)^2)) / dt``, hertz, same shape as omega.

    Raises:
        InvalidInput: ``|dt omega|`` above 1, or dt not above 0.
    """
    if not dt > 0:
        raise InvalidInput(f"dt is {dt!r}; a time above 0 s is allowed")
    turn = np.asarray(omega, dtype=np.float64) * dt
    if not np.all(np.abs(turn) <= 1):
        worst = float(np.max(np.abs(turn)))
        raise InvalidInput(f"dt * omega is {worst:g}; at most 1 is allowed: take a smaller dt or a lower frequency")
    return np.asarray((np.sqrt(1 - turn * turn) - 1) / dt)
