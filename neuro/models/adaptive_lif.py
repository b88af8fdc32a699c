"""Leaky integrate-and-fire neuron with a homeostatic threshold.

tau_m dv/dt = v_rest - v + g + I; a spike where v > v_threshold + theta; each spike raises theta by theta_step,
which then decays with tau_theta. Neurons that fire often become harder to fire.
Source: Diehl & Cook, Front. Comput. Neurosci. 9 (2015).
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

ADAPTIVE_LIF = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + g + I) / tau_m : volt (unless refractory)
    dg/dt = -g / tau_g : volt
    dtheta/dt = -theta / tau_theta : volt
    I : volt
    tau_m : second (constant)
    tau_g : second (constant)
    tau_theta : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    theta_step : volt (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = v_reset; theta += theta_step",
    refractory=2e-3,
    parameters={
        "tau_m": 20e-3,
        "tau_g": 5e-3,
        "tau_theta": 1.0,
        "v_rest": -70e-3,
        "v_reset": -70e-3,
        "v_threshold": -50e-3,
        "theta_step": 0.5e-3,
    },
    initial={"v": "v_rest"},
)
"""As :data:`neuro.models.lif.LIF_EXPONENTIAL`, with a threshold that moves."""
