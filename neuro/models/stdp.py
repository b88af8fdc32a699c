"""Pair-based spike-timing-dependent plasticity, all-to-all, with hard bounds.

A presynaptic spike after a postsynaptic one weakens the synapse, the other order strengthens it:

    dw = a_plus exp(-dt/tau_plus) for dt = t_post - t_pre > 0,   dw = -a_minus exp(dt/tau_minus) for dt < 0

Source: Song, Miller & Abbott, Nature Neuroscience 3 (2000); online form with traces as in Morrison, Diesmann &
Gerstner, Biol. Cybern. 98 (2008).
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def pair_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike; ``w`` moves by the traces of both sides and stays in w_min .. w_max.

    Parameters: ``a_plus``, ``a_minus`` (steps of w) and ``w_max``, ``w_min`` in ``unit``; ``tau_plus``, ``tau_minus``.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dpre_trace/dt = -pre_trace / tau_plus : {unit} (event-driven)
        dpost_trace/dt = -post_trace / tau_minus : {unit} (event-driven)
        a_plus : {unit} (constant)
        a_minus : {unit} (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau_plus : second (constant)
        tau_minus : second (constant)
        """,
        on_pre=f"""
        {variable}_post += w
        pre_trace += a_plus
        w = clip(w - post_trace, w_min, w_max)
        """,
        on_post="""
        post_trace += a_minus
        w = clip(w + pre_trace, w_min, w_max)
        """,
        parameters={"tau_plus": 20e-3, "tau_minus": 20e-3, "w_min": 0.0},
    )
