"""Izhikevich neuron, in units of millivolt and millisecond.

dv/dt = 0.04 v^2 + 5 v + 140 - u + I, du/dt = a (b v - u); a spike where v > 30, then v = c and u rises by d.
Source: Izhikevich, IEEE Trans. Neural Networks 14 (2003); the defaults are its regular spiking neuron.
"""

from __future__ import annotations

from neuro.models.base import Method, NeuronModel

IZHIKEVICH = NeuronModel(
    equations="""
    dv/dt = (0.04*v**2 + 5*v + 140 - u + I) / ms : 1
    du/dt = a*(b*v - u) / ms : 1
    I : 1
    a : 1 (constant)
    b : 1 (constant)
    c : 1 (constant)
    d : 1 (constant)
    """,
    threshold="v > 30",
    reset="v = c; u += d",
    method=Method.EULER,
    parameters={"a": 0.02, "b": 0.2, "c": -65.0, "d": 8.0},
    initial={"v": -65.0, "u": -13.0},
)
"""``v``, ``u`` and ``I`` are plain numbers; a spike adds to ``v`` or to ``I``."""
