"""Resonator: a resonate-and-fire neuron that is never reset, the neuron of :mod:`neuro.resonance`.

    z <- lambda z + x once per tick,  lambda = exp((b + i omega) dt);  a spike where Re z > theta

Without a reset the step is linear, so that a whole sequence is one convolution. A drive of x per tick is the pair of
currents ``x / g`` with ``g = (lambda - 1) / (b + i omega)``, real part into I, imaginary into J
(:func:`resonator_currents`): the exact step over a tick then adds x itself.
Source: Izhikevich, Neural Networks 14 (2001); without a reset: AlKhamissi, ElNokrashy & Bernal-Casas (2021).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.errors import InvalidInput
from neuro.models.base import NeuronModel

RESONATOR = NeuronModel(
    equations="""
    dx/dt = b*x - omega*y + I : 1
    dy/dt = omega*x + b*y + J : 1
    I : hertz
    J : hertz
    b : hertz (constant)
    omega : hertz (constant)
    theta : 1 (constant)
    """,
    threshold="x > theta",
    parameters={"b": -20.0, "omega": 251.32741228718345, "theta": 1.0},
)
"""``omega`` is in radian per second (40 Hz by default), ``b`` < 0 damps; a spike may add to ``x``."""


def resonator_currents(
    drive: npt.ArrayLike, b: npt.ArrayLike, omega: npt.ArrayLike, dt: float
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """The inputs I and J, hertz, of shape (ticks, neurons), under which every tick adds ``drive`` to z.

    Args:
        drive: (ticks, neurons).
        b, omega: hertz and radian per second, a number or one for each neuron; not both 0.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: b and omega are both 0, or dt is not above 0.
    """
    rate = np.asarray(b) + 1j * np.asarray(omega)
    if np.any(rate == 0) or not dt > 0:
        raise InvalidInput(f"b + i omega is {rate} and dt {dt!r}; a rate other than 0 and a dt above 0 are allowed")
    currents = np.asarray(drive) * (rate / np.expm1(rate * dt))
    return np.real(currents), np.imag(currents)
