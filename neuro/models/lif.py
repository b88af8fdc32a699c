"""Leaky integrate-and-fire neurons.

tau_m dv/dt = v_rest - v + g + I, a spike where v > v_threshold, then v = v_reset and v is clamped for the
refractory time. All drives are in volts (a current times the membrane resistance).
Source: Gerstner et al., *Neuronal Dynamics* (2014), chapter 1.3.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

from neuro.models.base import NeuronModel

_PARAMETERS = MappingProxyType({"tau_m": 20e-3, "v_rest": -70e-3, "v_reset": -70e-3, "v_threshold": -50e-3})

LIF_DELTA = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + I) / tau_m : volt (unless refractory)
    I : volt
    tau_m : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=2e-3,
    parameters=_PARAMETERS,
    initial={"v": "v_rest"},
)
"""A spike moves ``v`` by the weight at once (``v_post += w``); ``I`` is an input variable."""

LIF_EXPONENTIAL = replace(
    LIF_DELTA,
    equations="""
    dv/dt = (v_rest - v + g + I) / tau_m : volt (unless refractory)
    dg/dt = -g / tau_g : volt
    I : volt
    tau_m : second (constant)
    tau_g : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    parameters={**_PARAMETERS, "tau_g": 5e-3},
)
"""A spike adds the weight to ``g`` (``g_post += w``), which decays with tau_g; ``I`` is an input variable."""

LIF_ALPHA = replace(
    LIF_DELTA,
    equations="""
    dv/dt = (v_rest - v + g + I) / tau_m : volt (unless refractory)
    dg/dt = (h - g) / tau_g : volt
    dh/dt = -h / tau_g : volt
    I : volt
    tau_m : second (constant)
    tau_g : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    parameters={**_PARAMETERS, "tau_g": 5e-3},
)
"""A spike adds the weight times e to ``h``, so that ``g`` follows w (t/tau_g) exp(1 - t/tau_g) and peaks at w."""
