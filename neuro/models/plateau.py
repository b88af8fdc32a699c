"""Two-compartment integrate-and-fire neuron with dendritic plateaus.

    tau_d dd/dt = -d,  tau_m dv/dt = v_rest - v + g + I + plateau

Synapses onto a dendritic branch raise its ``d``. Where enough of them arrive within about tau_d, d passes d_threshold:
an NMDA-like plateau of fixed length starts, which lifts the soma by ``plateau_height`` and ignores further input until
it ends. Below d_threshold a branch does nothing, so coincident inputs on one branch count more than their sum, and the
plateaus of several branches add up in the soma.
Source: Schiller et al., Nature 404 (2000); Poirazi, Brannon & Mel, Neuron 37 (2003); Leugering, Nieters & Pipa,
Neural Comput. 35 (2023).
"""

from __future__ import annotations

from neuro.checks import check_whole
from neuro.models.base import NeuronModel

_MOST_BRANCHES = 64


def plateau_lif(branches: int = 1) -> NeuronModel:
    """A neuron with so many branches: ``d`` is the only one's drive, or ``d1``, ``d2``, ... those of several.

    Raises:
        InvalidInput: ``branches`` is no whole number from 1 to 64.
    """
    check_whole("branches", branches, 1, _MOST_BRANCHES)
    ends = [""] if branches == 1 else [str(number + 1) for number in range(branches)]
    dendrites = "\n".join(f"dd{end}/dt = -d{end} / tau_d : 1\nleft{end} : 1" for end in ends)
    starts = "\n".join(
        f"left{end} = clip(left{end} - 1, 0, plateau_ticks)"
        f" + plateau_ticks*int(left{end} <= 0 and d{end} > d_threshold)"
        for end in ends
    )
    on = " + ".join(f"plateau_height*int(left{end} > 0)" for end in ends)
    ignored = "\n".join(f"d{end} = d{end}*int(left{end} <= 0)" for end in ends)
    return NeuronModel(
        equations=f"""
        dv/dt = (v_rest - v + g + I + plateau) / tau_m : volt (unless refractory)
        dg/dt = -g / tau_g : volt
        {dendrites}
        I : volt
        plateau : volt
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
        every_tick=f"{starts}\nplateau = {on}\n{ignored}",
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


PLATEAU_LIF = plateau_lif()
"""A spike adds its weight to ``d`` (a plain number: synapses of weight 1 are counted) or, in volt, to ``g``."""
