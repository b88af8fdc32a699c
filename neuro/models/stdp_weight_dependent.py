"""Pair STDP whose steps depend on the weight, so that weights settle inside their bounds.

For a pair t_post - t_pre = dt > 0 (up) or < 0 (down), with W = w_max - w_min and steps as plain numbers:

    multiplicative:  up a_plus (w_max - w),  down -a_minus (w - w_min);  times exp(-dt/tau_plus) or exp(dt/tau_minus)
    van Rossum:      up a_plus W,            down -a_minus (w - w_min)
    power law:       up a_plus W ((w_max - w)/W)^mu,  down -a_minus W ((w - w_min)/W)^mu

The power law with mu = 0 is additive, with mu = 1 multiplicative.
Sources: van Rossum, Bi & Turrigiano, J. Neurosci. 20 (2000); Rubin, Lee & Sompolinsky, Phys. Rev. Lett. 86 (2001);
Guetig, Aharonov, Rotter & Sompolinsky, J. Neurosci. 23 (2003).
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def multiplicative_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """Pair STDP in which both steps shrink linearly towards their bound (Rubin et al. 2001; mu = 1 of Guetig et al.).

    ``variable_post += w`` for each spike. Parameters: ``a_plus``, ``a_minus`` (parts of the distance to the bound,
    0 to 1), ``tau_plus``, ``tau_minus``; ``w_max``, ``w_min`` in ``unit``.
    """
    return _weight_dependent(variable, unit, up="(w_max - w)", down="(w - w_min)")


def van_rossum_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """Pair STDP with potentiation by a fixed step and depression in proportion to the weight (van Rossum et al. 2000).

    ``variable_post += w`` for each spike. Parameters: ``a_plus`` (part of w_max - w_min), ``a_minus`` (part of
    w - w_min), ``tau_plus``, ``tau_minus``; ``w_max``, ``w_min`` in ``unit``.
    """
    return _weight_dependent(variable, unit, up="(w_max - w_min)", down="(w - w_min)")


def power_law_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """Pair STDP with steps that follow a power ``mu`` of the distance to the bound (Guetig et al. 2003).

    ``variable_post += w`` for each spike. Parameters: ``mu`` (0 additive to 1 multiplicative), ``a_plus``, ``a_minus``
    (parts of w_max - w_min), ``tau_plus``, ``tau_minus``; ``w_max``, ``w_min`` in ``unit``.
    """
    return _weight_dependent(
        variable,
        unit,
        up="(w_max - w_min)*((w_max - w)/(w_max - w_min))**mu",
        down="(w_max - w_min)*((w - w_min)/(w_max - w_min))**mu",
        declared="mu : 1 (constant)",
    )


def _weight_dependent(variable: str, unit: str, up: str, down: str, declared: str = "") -> SynapseModel:
    return SynapseModel(
        equations=f"""
        w : {unit}
        dpre_trace/dt = -pre_trace / tau_plus : 1 (event-driven)
        dpost_trace/dt = -post_trace / tau_minus : 1 (event-driven)
        a_plus : 1 (constant)
        a_minus : 1 (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau_plus : second (constant)
        tau_minus : second (constant)
        {declared}
        """,
        on_pre=f"""
        {variable}_post += w
        pre_trace += a_plus
        w = clip(w - post_trace*{down}, w_min, w_max)
        """,
        on_post=f"""
        post_trace += a_minus
        w = clip(w + pre_trace*{up}, w_min, w_max)
        """,
        parameters={"tau_plus": 20e-3, "tau_minus": 20e-3, "w_min": 0.0},
    )
