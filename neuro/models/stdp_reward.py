"""Reward-modulated spike-timing-dependent plasticity with an eligibility trace.

Pairs of spikes move the eligibility ``c`` as pair STDP would move the weight; the weight follows reward times c:

    dc/dt = -c/tau_c + (pair STDP),      dw/dt = rate * reward(t) * c

``c`` takes one step per tick (clock-driven), because the weight step may read it at any tick, not only at spikes.
Sources: Izhikevich, Cerebral Cortex 17 (2007); Fremaux & Gerstner, Front. Neural Circuits 9 (2016), equation 14.
"""

from __future__ import annotations

from neuro.models.base import SynapseModel

REWARD_STEP = "w = clip(w + rate*dt*reward_post*c, w_min, w_max)"
"""One Euler step of dw/dt = rate reward c, for an operation over all synapses of a projection.

The target population declares ``reward : 1`` and gets it from an input; positive reward confirms, negative reverses."""


def reward_modulated_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike, which moves ``c``; the weight itself moves by :data:`REWARD_STEP`.

    Parameters: ``a_plus``, ``a_minus`` (steps of c) and ``w_max``, ``w_min`` in ``unit``; ``tau_plus``, ``tau_minus``,
    ``tau_c``; ``rate`` (hertz): the part of c that one second of reward 1 adds to w.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dc/dt = -c / tau_c : {unit} (clock-driven)
        dpre_trace/dt = -pre_trace / tau_plus : {unit} (event-driven)
        dpost_trace/dt = -post_trace / tau_minus : {unit} (event-driven)
        a_plus : {unit} (constant)
        a_minus : {unit} (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        rate : hertz (constant)
        tau_plus : second (constant)
        tau_minus : second (constant)
        tau_c : second (constant)
        """,
        on_pre=f"""
        {variable}_post += w
        pre_trace += a_plus
        c -= post_trace
        """,
        on_post="""
        post_trace += a_minus
        c += pre_trace
        """,
        parameters={"tau_plus": 20e-3, "tau_minus": 20e-3, "tau_c": 1.0, "rate": 1.0, "w_min": 0.0},
    )
