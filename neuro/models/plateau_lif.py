"""Two-compartment integrate-and-fire neuron with a dendritic plateau.

    tau_d dd/dt = -d,  tau_m dv/dt = v_rest - v + g + I + plateau

Synapses onto the dendrite raise ``d``. Where enough of them arrive within about tau_d, d passes d_threshold: an
NMDA-like plateau of fixed length starts, which lifts the soma by ``plateau_height`` and ignores further input until it
ends. Below d_threshold the dendrite does nothing, so coincident inputs count more than their sum.
Source: Schiller et al., Nature 404 (2000); Leugering, Nieters & Pipa, Neural Comput. 35 (2023).
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

PLATEAU_LIF = NeuronModel(
    equations="""
    dv/dt = (v_rest - v + g + I + plateau) / tau_m : volt (unless refractory)
    dg/dt = -g / tau_g : volt
    dd/dt = -d / tau_d : 1
    I : volt
    plateau : volt
    left : 1
    tau_m : second (constant)
    tau_g : second (constant)
    tau_d : second (constant)
    v_rest : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    d_threshold : 1 (constant)
    plateau_ticks : 1 (constant)
    plateau_height : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=2e-3,
    every_tick="""
    left = clip(left - 1, 0, plateau_ticks) + plateau_ticks*int(left <= 0 and d > d_threshold)
    plateau = plateau_height*int(left > 0)
    d = d*int(left <= 0)
    """,
    parameters={
        "tau_m": 20e-3,
        "tau_g": 5e-3,
        "tau_d": 5e-3,
        "v_rest": -70e-3,
        "v_reset": -70e-3,
        "v_threshold": -50e-3,
        "d_threshold": 3.5,
        "plateau_ticks": 100.0,
        "plateau_height": 15e-3,
    },
    initial={"v": "v_rest"},
)
"""A spike adds its weight to ``d`` (a plain number: synapses of weight 1 are counted) or, in volt, to ``g``."""
