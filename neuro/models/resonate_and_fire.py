"""Resonate-and-fire neuron: a damped oscillation that spikes when its imaginary part passes 1.

dz/dt = (b + i omega) z + input, z = x + i y; a spike where y > 1, then z = i.
Source: Izhikevich, Neural Networks 14 (2001).
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

RESONATE_AND_FIRE = NeuronModel(
    equations="""
    dx/dt = b*x - omega*y + I : 1
    dy/dt = omega*x + b*y : 1
    I : hertz
    b : hertz (constant)
    omega : hertz (constant)
    """,
    threshold="y > 1",
    reset="x = 0; y = 1",
    parameters={"b": -20.0, "omega": 251.32741228718345},
)
"""``omega`` is in radian per second (40 Hz by default), ``b`` < 0 damps; a spike adds to ``x``."""
