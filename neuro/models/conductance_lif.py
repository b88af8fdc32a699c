"""Leaky integrate-and-fire neuron with conductance synapses.

c_m dv/dt = g_leak (e_leak - v) + g_e (e_e - v) + g_i (e_i - v) + I; g_e and g_i decay exponentially.
Source: Vogels & Abbott, J. Neurosci. 25 (2005); parameters of the COBA benchmark in Brette et al. (2007).
"""

from __future__ import annotations

from neuro.models.base import Method, NeuronModel

CONDUCTANCE_LIF = NeuronModel(
    equations="""
    dv/dt = (g_leak*(e_leak - v) + g_e*(e_e - v) + g_i*(e_i - v) + I) / c_m : volt (unless refractory)
    dg_e/dt = -g_e / tau_e : siemens
    dg_i/dt = -g_i / tau_i : siemens
    I : amp
    c_m : farad (constant)
    g_leak : siemens (constant)
    e_leak : volt (constant)
    e_e : volt (constant)
    e_i : volt (constant)
    tau_e : second (constant)
    tau_i : second (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=5e-3,
    method=Method.EULER,
    parameters={
        "c_m": 200e-12,
        "g_leak": 10e-9,
        "e_leak": -60e-3,
        "e_e": 0.0,
        "e_i": -80e-3,
        "tau_e": 5e-3,
        "tau_i": 10e-3,
        "v_reset": -60e-3,
        "v_threshold": -50e-3,
    },
    initial={"v": "e_leak"},
)
"""A spike adds the weight (siemens) to ``g_e`` or ``g_i``; ``I`` is an input variable in ampere."""
