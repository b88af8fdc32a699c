"""Symmetric spike-timing-dependent plasticity: the order of the two spikes does not matter.

    dw = a exp(-|dt|/tau) for each pair,   dw = -offset for each presynaptic spike

The offset weakens synapses whose spikes meet no partner; with offset = 0 weights only grow.
Source: the symmetric window of Woodin, Ganguly & Poo, Neuron 39 (2003), with the constant depression of
Vogels, Sprekeler et al., Science 334 (2011).
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def symmetric_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike; ``w`` grows with each near pair and stays in w_min .. w_max.

    Parameters: ``a`` (step of w), ``offset`` (0 by default), ``w_max``, ``w_min`` in ``unit``; ``tau``.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dpre_trace/dt = -pre_trace / tau : {unit} (event-driven)
        dpost_trace/dt = -post_trace / tau : {unit} (event-driven)
        a : {unit} (constant)
        offset : {unit} (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau : second (constant)
        """,
        on_pre=f"""
        {variable}_post += w
        pre_trace += a
        w = clip(w + post_trace - offset, w_min, w_max)
        """,
        on_post="""
        post_trace += a
        w = clip(w + pre_trace, w_min, w_max)
        """,
        parameters={"tau": 20e-3, "w_min": 0.0, "offset": 0.0},
    )
