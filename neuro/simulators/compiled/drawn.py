"""Drawn weights and delays stay rules until a kernel's memory is laid out: no array of them is made before."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace

from neuro.arrays import Value
from neuro.circuit.circuit import Circuit, Projection
from neuro.circuit.draws import DrawnValues
from neuro.compiler.ir import ProjectionProgram, StepProgram
from neuro.compiler.lower_circuit import lower

_DELAY = "delay"


@dataclass(frozen=True, slots=True)
class DrawnProjection(ProjectionProgram):
    """A projection whose states in ``drawn`` start at other numbers than ``initial`` says, and whose delays are drawn.

    Args:
        drawn: state -> its start values.
        drawn_delay: seconds from spike to arrival in place of ``delay``, or None.
        drawn_ticks: ticks that a step of ``drawn_delay`` takes.
    """

    drawn: Mapping[str, DrawnValues] = field(default_factory=dict)
    drawn_delay: DrawnValues | None = None
    drawn_ticks: int = 1


def lower_drawn(circuit: Circuit) -> StepProgram:
    """The step program of a circuit; drawn values of synapses stay rules where nothing but their synapse reads them."""
    busy = {part.of for part in circuit.operations} | {part.of for part in circuit.probes}
    aside = {part.name: _set_aside(part) for part in circuit.projections if part.name not in busy}
    if not any(aside.values()):
        return lower(circuit)
    lean = replace(circuit, projections=[_typical(part, aside.get(part.name, {})) for part in circuit.projections])
    program = lower(lean)
    known = {part.name: {state.name for state in part.states} | {_DELAY} for part in program.projections}
    if any(not names.keys() <= known[part] for part, names in aside.items()):
        # A constant that is one number reads otherwise than one that differs.
        return lower(circuit)
    return replace(
        program,
        projections=tuple(_with(part, aside.get(part.name, {}), circuit.dt) for part in program.projections),
    )


def delay_range(projection: ProjectionProgram) -> tuple[int, int]:
    """The shortest and the longest delay in ticks; 0 and 0 of no synapses."""
    if isinstance(projection, DrawnProjection) and projection.drawn_delay is not None:
        draw = projection.drawn_delay.draw
        low, high = (round(bound / draw.step) * projection.drawn_ticks for bound in projection.drawn_delay.bounds)
        return low, high
    if not projection.delay.size:
        return 0, 0
    return int(projection.delay.min()), int(projection.delay.max())


def _set_aside(projection: Projection) -> dict[str, DrawnValues]:
    model = projection.model
    names = {
        name: value
        for name, value in projection.parameters.items()
        if isinstance(value, DrawnValues) and not re.search(rf"\b{name}_(min|max)\b", model.equations)
    }
    # Traces of a source hang on its delays, sums on the order of the synapses.
    if isinstance(projection.delay, DrawnValues) and not re.search(r"/\s*dt\b|summed", model.equations):
        names[_DELAY] = projection.delay
    return names


def _typical(projection: Projection, aside: Mapping[str, DrawnValues]) -> Projection:
    values: dict[str, Value] = {name: value.typical for name, value in aside.items()}
    delay = values.pop(_DELAY, projection.delay)
    return replace(projection, parameters={**projection.parameters, **values}, delay=delay)


def _with(part: ProjectionProgram, aside: Mapping[str, DrawnValues], dt: float) -> ProjectionProgram:
    if not aside:
        return part
    given = {item.name: getattr(part, item.name) for item in fields(part)}
    delay = aside.get(_DELAY)
    drawn = {name: value for name, value in aside.items() if name != _DELAY}
    return DrawnProjection(
        **given, drawn=drawn, drawn_delay=delay, drawn_ticks=1 if delay is None else round(delay.draw.step / dt)
    )
