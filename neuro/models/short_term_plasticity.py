"""Tsodyks-Markram short-term plasticity: depression and facilitation of a static weight.

``x`` is the part of the transmitter that is ready, ``u`` the part of it that a spike releases:

    between spikes:  dx/dt = (1 - x)/tau_d,  du/dt = -u/tau_f     (exact)
    at a spike:      u += u_0 (1 - u),  the target gets w u x,  x -= u x

tau_f much below the interval between spikes leaves depression alone: every spike then releases u_0.
Source: Tsodyks, Pawelzik & Markram, Neural Comput. 10 (1998), equations 2.1 to 2.5.
"""

from __future__ import annotations

from neuro.models.base import SynapseModel


def tsodyks_markram(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w*u*x`` for each spike; ``x`` starts at 1 and ``u`` at 0.

    Parameters: ``w`` in ``unit``; ``u_0`` (0 to 1), ``tau_d`` (recovery), ``tau_f`` (facilitation). The defaults
    depress.
    """
    return SynapseModel(
        equations=f"""
        w : {unit}
        dx/dt = (1 - x) / tau_d : 1 (event-driven)
        du/dt = -u / tau_f : 1 (event-driven)
        u_0 : 1 (constant)
        tau_d : second (constant)
        tau_f : second (constant)
        """,
        on_pre=f"""
        u += u_0*(1 - u)
        {variable}_post += w*u*x
        x -= u*x
        """,
        parameters={"x": 1.0, "u_0": 0.5, "tau_d": 800e-3, "tau_f": 1e-3},
    )
