"""Static synapse: a spike adds a fixed weight to one variable of the target neuron."""

from __future__ import annotations

from neuro.models.base import SynapseModel


def static_synapse(variable: str = "g", unit: str = "volt") -> SynapseModel:
    """``variable_post += w`` for each arriving spike; ``w`` has the given unit ("1" for none)."""
    return SynapseModel(equations=f"w : {unit}", on_pre=f"{variable}_post += w")
