"""Leaky integrate-and-fire neuron whose threshold seeks a target rate.

    tau_r drate/dt = -rate, and +1/tau_r at each spike
    theta <- clip(theta + alpha (rate - target_rate), theta_min, theta_max) at every tick

 A neuron that fires more than its target grows harder to fire, one that fires less grows easier.
Source: Turrigiano & Nelson, Nature Rev. Neurosci. 5 (2004); as an online rule Zenke, Hennequin & Gerstner,
PLoS Comput. Biol. 9 (2013).
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

HOMEOSTATIC_LIF = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + g + I) / tau_m : volt (unless refractory)
    dg/dt = -g / tau_g : volt
    drate/dt = -rate / tau_rate : hertz
    theta : volt
    I : volt
    tau_m : second (constant)
    tau_g : second (constant)
    tau_rate : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    alpha : volt (constant)
    target_rate : hertz (constant)
    theta_min : volt (constant)
    theta_max : volt (constant)
    """,
    threshold="v > v_threshold + theta",
    reset="v = v_reset; rate += 1/tau_rate",
    refractory=2e-3,
    every_tick="theta = clip(theta + alpha*(rate - target_rate)*second, theta_min, theta_max)",
    parameters={
        "tau_m": 20e-3,
        "tau_g": 5e-3,
        "tau_rate": 1.0,
        "v_rest": -70e-3,
        "v_reset": -70e-3,
        "v_threshold": -50e-3,
        "alpha": 1e-7,
        "target_rate": 10.0,
        "theta_min": -20e-3,
        "theta_max": 100e-3,
    },
    initial={"v": "v_rest", "rate": "target_rate"},
)
"""``alpha`` is the step of theta per tick for a rate that is 1 Hz off."""
