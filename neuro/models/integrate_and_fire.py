"""Integrate-and-fire neuron without leak: it adds up what its synapses give.

A spike where v > v_threshold, then v = v_reset. Sums of weights on a dyadic grid are exact on every target.
Source: Lapicque, J. Physiol. Pathol. Gen. 9 (1907).
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

INTEGRATE_AND_FIRE = NeuronModel(
    equations="""
    v : volt
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    parameters={"v_reset": 0.0, "v_threshold": 20e-3},
)
"""``v`` stays as delta synapses (``v_post += w``) leave it."""
