"""Triplet spike-timing-dependent plasticity, all-to-all, with hard bounds.

With traces R1, R2 of the presynaptic and O1, O2 of the postsynaptic spikes, each raised by 1 a spike:

    at a presynaptic spike:   dw = -scale O1 (a2_minus + a3_minus R2),     R2 from just before the spike
    at a postsynaptic spike:  dw = +scale R1 (a2_plus + a3_plus O2),       O2 from just before the spike

The fits are relative changes, so ``scale`` is the weight that counts as 1. The variables r1, o1 hold scale R1 and
scale O1, r2 and o2 hold a3_minus R2 and a3_plus O2: the same numbers with fewer products.
Source: Pfister & Gerstner, J. Neurosci. 26 (2006), equations 3 and 4, table 4.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from neuro.models.base import SynapseModel

VISUAL_CORTEX: Mapping[str, float] = MappingProxyType(
    {
        "a2_plus": 5e-10,
        "a3_plus": 6.2e-3,
        "a2_minus": 7e-3,
        "a3_minus": 2.3e-4,
        "tau_plus": 16.8e-3,
        "tau_minus": 33.7e-3,
        "tau_x": 101e-3,
        "tau_y": 125e-3,
    }
)
"""Full all-to-all fit to the visual cortex data of Sjoestroem, Turrigiano & Nelson (2001)."""

VISUAL_CORTEX_MINIMAL: Mapping[str, float] = MappingProxyType(
    {
        "a3_plus": 6.5e-3,
        "a2_minus": 7.1e-3,
        "tau_plus": 16.8e-3,
        "tau_minus": 33.7e-3,
        "tau_y": 114e-3,
    }
)
"""Minimal all-to-all fit to the same data: pair depression, triplet potentiation."""


def triplet_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each spike; ``w`` moves by pairs and triplets of spikes, stays in w_min .. w_max.

    Parameters: ``a2_plus``, ``a3_plus``, ``a2_minus``, ``a3_minus`` (numbers), ``tau_plus``, ``tau_minus``, ``tau_x``,
    ``tau_y`` (by default :data:`VISUAL_CORTEX`); ``scale``, ``w_max``, ``w_min`` in ``unit``.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dr1/dt = -r1 / tau_plus : {unit} (event-driven)
        dr2/dt = -r2 / tau_x : 1 (event-driven)
        do1/dt = -o1 / tau_minus : {unit} (event-driven)
        do2/dt = -o2 / tau_y : 1 (event-driven)
        a2_plus : 1 (constant)
        a3_plus : 1 (constant)
        a2_minus : 1 (constant)
        a3_minus : 1 (constant)
        scale : {unit} (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau_plus : second (constant)
        tau_minus : second (constant)
        tau_x : second (constant)
        tau_y : second (constant)
        """,
        on_pre=f"""
        {variable}_post += w
        w = clip(w - o1*(a2_minus + r2), w_min, w_max)
        r1 += scale
        r2 += a3_minus
        """,
        on_post="""
        w = clip(w + r1*(a2_plus + o2), w_min, w_max)
        o1 += scale
        o2 += a3_plus
        """,
        parameters={**VISUAL_CORTEX, "w_min": 0.0},
    )


def minimal_triplet_stdp(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """The triplet rule with three traces: depression by pairs, potentiation by post-pre-post triplets alone.

    ``variable_post += w`` for each spike. Parameters: ``a2_minus``, ``a3_plus`` (numbers), ``tau_plus``, ``tau_minus``,
    ``tau_y`` (by default :data:`VISUAL_CORTEX_MINIMAL`); ``scale``, ``w_max``, ``w_min`` in ``unit``.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dr1/dt = -r1 / tau_plus : {unit} (event-driven)
        do1/dt = -o1 / tau_minus : {unit} (event-driven)
        do2/dt = -o2 / tau_y : 1 (event-driven)
        a2_minus : 1 (constant)
        a3_plus : 1 (constant)
        scale : {unit} (constant)
        w_min : {unit} (constant)
        w_max : {unit} (constant)
        tau_plus : second (constant)
        tau_minus : second (constant)
        tau_y : second (constant)
        """,
        on_pre=f"""
        {variable}_post += w
        w = clip(w - o1*a2_minus, w_min, w_max)
        r1 += scale
        """,
        on_post="""
        w = clip(w + r1*o2, w_min, w_max)
        o1 += scale
        o2 += a3_plus
        """,
        parameters={**VISUAL_CORTEX_MINIMAL, "w_min": 0.0},
    )
