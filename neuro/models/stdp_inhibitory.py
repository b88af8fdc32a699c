"""Inhibitory plasticity that balances excitation: the target's rate settles at ``rho_0``.

Near pairs in either order strengthen the inhibitory synapse, each presynaptic spike alone weakens it:

    at a presynaptic spike:   dw = post_trace - 2 rho_0 tau eta
    at a postsynaptic spike:  dw = pre_trace

Traces rise by eta a spike and decay with tau. For independent spikes at rates nu_pre and nu_post the mean drift is
eta nu_pre 2 tau (nu_post - rho_0), zero at nu_post = rho_0. ``w`` is positive.
Source: Vogels, Sprekeler, Zenke, Clopath & Gerstner, Science 334 (2011).
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def inhibitory_plasticity(variable: str = "g_i", unit: str = "siemens") -> SynapseModel:
    """``variable_post += w`` for each spike: an inhibitory conductance, whose reversal potential inhibits.

    Parameters: ``eta`` (step of w), ``w_max``, ``w_min`` in ``unit``; ``rho_0`` (hertz); ``tau``.
    """
    return _balancing(f"{variable}_post += w", unit)


def inhibitory_current_plasticity(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post -= w`` for each spike: a synaptic current that inhibitory synapses lower.

    Parameters: ``eta`` (step of w), ``w_max``, ``w_min`` in ``unit``; ``rho_0`` (hertz); ``tau``.
    """
    return _balancing(f"{variable}_post -= w", unit)


def _balancing(effect: str, unit: str) -> SynapseModel:
    return SynapseModel(
        equations=f"""
        w : {unit}
        dpre_trace/dt = -pre_trace / tau : {unit} (event-driven)
        dpost_trace/dt = -post_trace / tau : {unit} (event-driven)
        eta : {unit} (constant)
        rho_0 : hertz (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau : second (constant)
        """,
        on_pre=f"""
        {effect}
        pre_trace += eta
        w = clip(w + post_trace - 2*rho_0*tau*eta, w_min, w_max)
        """,
        on_post="""
        post_trace += eta
        w = clip(w + pre_trace, w_min, w_max)
        """,
        parameters={"tau": 20e-3, "rho_0": 5.0, "w_min": 0.0},
    )
