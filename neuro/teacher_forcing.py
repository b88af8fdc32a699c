"""Teacher forcing: strong static synapses that make neurons fire at given times, beside plastic ones that learn.

The teacher decides when a target fires, so a plastic projection onto the same targets sees the pairs of spikes that
it is to learn; taken away, the learnt synapses answer alone.
Source: Legenstein, Naeger & Maass, Neural Comput. 17 (2005), who call it supervised learning with STDP.
"""

from __future__ import annotations

from neuro.circuit import Projection, Value
from neuro.connections import Connections
from neuro.models.static_synapse import static_synapse


def teacher_projection(
    name: str,
    teacher: str,
    target: str,
    size: int,
    weight: Value,
    *,
    variable: str = "v",
    unit: str = "volt",
) -> Projection:
    """One static synapse from each teacher to the target neuron of the same number.

    Args:
        name: of the projection.
        teacher: a spike source or population of ``size`` neurons: the spikes that are wanted.
        target: a population of ``size`` neurons.
        size: how many pairs.
        weight: what a teacher's spike adds to ``variable``: to force a spike, more than the distance from the lowest
            value to the threshold; the target then fires one tick after its teacher unless it is refractory.
        variable: which variable of the target the teacher drives.
        unit: unit of that variable.

    >>> teacher_projection("force", "t", "a", 3, 60e-3).connections.synapses
    3
    """
    return Projection(
        name, teacher, target, static_synapse(variable, unit), Connections.one_to_one(size), {"w": weight}
    )
