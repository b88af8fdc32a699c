"""Adaptive exponential integrate-and-fire neuron.

c_m dv/dt = g_leak (e_leak - v) + g_leak delta exp((v - v_t)/delta) - adaptation + I;
tau_w d adaptation/dt = a (v - e_leak) - adaptation;
a spike where v > v_cut, then v = v_reset and the adaptation rises by b.
Source: Brette & Gerstner, J. Neurophysiol. 94 (2005), with the parameters of its table.
"""

from __future__ import annotations

from neuro.models.base import Method, NeuronModel

ADEX = NeuronModel(
    equations="""
    dv/dt = (g_leak*(e_leak - v) + g_leak*delta*exp((v - v_t)/delta) - adaptation + I) / c_m : volt
    dadaptation/dt = (a*(v - e_leak) - adaptation) / tau_w : amp
    I : amp
    c_m : farad (constant)
    g_leak : siemens (constant)
    e_leak : volt (constant)
    v_t : volt (constant)
    delta : volt (constant)
    a : siemens (constant)
    b : amp (constant)
    tau_w : second (constant)
    v_reset : volt (constant)
    v_cut : volt (constant)
    """,
    threshold="v > v_cut",
    reset="v = v_reset; adaptation += b",
    method=Method.EULER,
    parameters={
        "c_m": 281e-12,
        "g_leak": 30e-9,
        "e_leak": -70.6e-3,
        "v_t": -50.4e-3,
        "delta": 2e-3,
        "a": 4e-9,
        "b": 80.5e-12,
        "tau_w": 144e-3,
        "v_reset": -70.6e-3,
        "v_cut": -40.4e-3,
    },
    initial={"v": "e_leak"},
)
"""``I`` is an input variable in ampere; use dt <= 0.1 ms."""
