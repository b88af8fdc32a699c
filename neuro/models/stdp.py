"""Pair-based spike-timing-dependent plasticity with hard bounds: all pairs, nearest neighbours, or either order alike.

A presynaptic spike after a postsynaptic one weakens the synapse, the other order strengthens it:

    dw = a_plus exp(-dt/tau_plus) for dt = t_post - t_pre > 0,   dw = -a_minus exp(dt/tau_minus) for dt < 0

All-to-all, every spike adds its step to a trace. Between nearest neighbours each spike is paired with the last one of
the other side only: it sets its trace to the step, so earlier spikes are forgotten; the window of a lone pair is the
same. The symmetric rule does not mind the order of the two spikes:

    dw = a exp(-|dt|/tau) for each pair,   dw = -offset for each presynaptic spike

Its offset weakens synapses whose spikes meet no partner; with offset = 0 weights only grow.
Sources: Song, Miller & Abbott, Nature Neuroscience 3 (2000); traces, and nearest neighbours in the symmetric scheme of
section 4.1.2: Morrison, Diesmann & Gerstner, Biol. Cybern. 98 (2008); symmetric window: Woodin, Ganguly & Poo, Neuron
39 (2003), with the constant depression of Vogels, Sprekeler et al., Science 334 (2011).
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def pair_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike; ``w`` moves by the traces of both sides and stays in w_min .. w_max.

    Parameters: ``a_plus``, ``a_minus`` (steps of w) and ``w_max``, ``w_min`` in ``unit``; ``tau_plus``, ``tau_minus``.
    """
    return _pairs(variable, unit, raised="+=")


def nearest_neighbour_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike; ``w`` moves by the nearest pair only and stays in w_min .. w_max.

    Parameters: ``a_plus``, ``a_minus`` (steps of w) and ``w_max``, ``w_min`` in ``unit``; ``tau_plus``, ``tau_minus``.
    """
    return _pairs(variable, unit, raised="=")


def _pairs(variable: str, unit: str, *, raised: str) -> SynapseModel:
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
        pre_trace {raised} a_plus
        w = clip(w - post_trace, w_min, w_max)
        """,
        on_post=f"""
        post_trace {raised} a_minus
        w = clip(w + pre_trace, w_min, w_max)
        """,
        parameters={"tau_plus": 20e-3, "tau_minus": 20e-3, "w_min": 0.0},
    )


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
