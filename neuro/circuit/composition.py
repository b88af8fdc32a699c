"""Circuits are composed: joined by projections, renamed by a prefix, taught by the spikes of a teacher.

Teacher forcing is strong static synapses that make neurons fire at given times, beside plastic ones that learn.
The teacher decides when a target fires, so a plastic projection onto the same targets sees the pairs of spikes that
it is to learn; taken away, the learnt synapses answer alone.
Source: Legenstein, Naeger & Maass, Neural Comput. 17 (2005), who call it supervised learning with STDP.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from neuro.arrays import Value
from neuro.checks import check_name
from neuro.circuit.circuit import Circuit, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import CircuitError
from neuro.models.static import static_synapse


def compose(*circuits: Circuit, projections: Sequence[Projection] = ()) -> Circuit:
    """Join circuits into one, linked by further projections; parts keep their order.

    Raises:
        CircuitError: no circuit is given, their dt or seed differ, or names clash (see :func:`prefixed`).
    """
    if not circuits:
        raise CircuitError("compose needs at least one circuit")
    for name in ("dt", "seed"):
        values = {getattr(circuit, name) for circuit in circuits}
        if len(values) > 1:
            raise CircuitError(f"circuits of different {name} ({sorted(values)}) can't be joined; give them one")

    kinds = ("populations", "projections", "stimuli", "restarts", "operations", "probes", "past")
    parts = {kind: [part for circuit in circuits for part in getattr(circuit, kind)] for kind in kinds}
    parts["projections"] += projections
    return Circuit(circuits[0].dt, **parts, seed=circuits[0].seed)


def prefixed(circuit: Circuit, prefix: str) -> Circuit:
    """The same circuit with ``prefix_`` before every name, so that it can be composed with its like."""
    check_name(prefix, "a prefix")

    def rename(name: str) -> str:
        return f"{prefix}_{name}"

    return replace(
        circuit,
        populations=[
            replace(
                part,
                name=rename(part.name),
                links={name: replace(link, population=rename(link.population)) for name, link in part.links.items()},
            )
            for part in circuit.populations
        ],
        projections=[
            replace(part, name=rename(part.name), source=rename(part.source), target=rename(part.target))
            for part in circuit.projections
        ],
        stimuli=[
            replace(part, name=rename(part.name))
            if isinstance(part, SpikeSource)
            else replace(part, population=rename(part.population))
            for part in circuit.stimuli
        ],
        restarts=[replace(part, population=rename(part.population)) for part in circuit.restarts],
        operations=[replace(part, name=rename(part.name), of=rename(part.of)) for part in circuit.operations],
        probes=[replace(part, of=rename(part.of)) for part in circuit.probes],
        past=[replace(part, of=rename(part.of)) for part in circuit.past],
    )


def teacher_projection(
    name: str, teacher: str, target: str, size: int, weight: Value, *, variable: str = "v", unit: str = "volt"
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
