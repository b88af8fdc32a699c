"""TraceCore: variables that all synapses of a neuron share (``ProjectionProgram.shared``), kept once a neuron.

They decay in one pass while the neurons are updated, and rise when their neuron's spike is delivered.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from neuro.compiler.ir import Assignment, Binary, ProjectionProgram, Scope, Select, Symbol, symbols
from rtl_export.core.datapath import Datapath, DatapathBuilder, Parameter
from rtl_export.core.expressions import Operand, WirePrinter, flag, named, sized
from rtl_export.core.intervals import Interval, unsigned_width
from rtl_export.core.names import signal_of, variable_name
from rtl_export.core.words import Word, uniform_layout

FIRST_TICK = "first_tick"
"""The signal that is up in tick 0, in which event-driven variables take no step."""


@dataclass(frozen=True, slots=True)
class TraceCore:
    """The traces of one side of a projection.

    Args:
        module: its Verilog module.
        side: the source's or the target's neurons.
        size: how many neurons.
        names: the variables.
        word: the memory's word.
        initial: its start value, as Verilog text.
        waits: whether the pass of tick 0 is left out.
        decay: one tick without a spike.
        rise: what a spike of the neuron does.
    """

    module: str
    side: Scope
    size: int
    names: tuple[str, ...]
    word: Word
    initial: str
    waits: bool
    decay: Datapath
    rise: Datapath

    @property
    def index_width(self) -> int:
        """Bits of a neuron's index."""
        return unsigned_width(self.size - 1)


def waits(projection: ProjectionProgram, names: Collection[str]) -> bool:
    """Whether none of these states takes a step in tick 0."""
    return projection.event_driven.issuperset(names)


def steps(projection: ProjectionProgram, names: Collection[str]) -> tuple[Assignment, ...]:
    """The updates of these states; those that wait in tick 0 ask for it where the others do not wait."""
    code = tuple(part for part in projection.update if part.target.name in names)
    if waits(projection, [part.target.name for part in code]):
        return code
    return tuple(
        replace(part, value=Select(Symbol(FIRST_TICK), part.target, part.value))
        if part.target.name in projection.event_driven
        else part
        for part in code
    )


def add_first_tick(path: DatapathBuilder, meanings: dict[Symbol, Operand]) -> None:
    """Let the arithmetic of :func:`steps` ask for tick 0."""
    path.steady(FIRST_TICK, 1, signed=False)
    meanings[Symbol(FIRST_TICK)] = flag(FIRST_TICK)


def shared_states(projection: ProjectionProgram) -> dict[str, Scope]:
    """The states that are kept once a neuron: those whose numbers, too, are the same in all synapses."""
    differing = {part.name for part in projection.coefficients if uniform_layout(part.values) is None}
    code = (*projection.update, *projection.on_pre, *projection.on_post)
    return {
        name: side
        for name, side in projection.shared.items()
        if not any(
            symbol.name in differing for part in code if part.target == Symbol(name) for symbol in symbols(part.value)
        )
    }


def trace_core(projection: ProjectionProgram, module: str, side: Scope, size: int) -> TraceCore | None:
    """The traces of a side; None where there are none."""
    names = tuple(name for name, owner in shared_states(projection).items() if owner is side)
    if not names:
        return None
    code = projection.on_pre if side is Scope.PRE else projection.on_post
    spike = tuple(part for part in code if part.target.scope is Scope.OWN and part.target.name in names)
    label = "pre" if side is Scope.PRE else "post"
    own = signal_of(module, f"{label}_traces")
    formats = {name: projection.state(name).format for name in names}
    word = Word.of((variable_name("trace", name), form.bits, True) for name, form in formats.items() if form)
    starts = [int(np.asarray(projection.state(name).initial).reshape(-1)[0]) for name in names]
    widths = [part.width for part in word.fields]
    initial = "{" + ", ".join(sized(v, w) for v, w in zip(starts[::-1], widths[::-1], strict=True)) + "}"
    where = f"projection '{projection.name}'"
    return TraceCore(
        own,
        side,
        size,
        names,
        word,
        initial,
        waits(projection, names),
        _path(projection, names, steps(projection, names), signal_of(own, "decay"), f"the decay of traces in {where}"),
        _path(projection, names, spike, signal_of(own, "rise"), f"what a spike does to traces in {where}"),
    )


def _path(
    projection: ProjectionProgram, names: tuple[str, ...], code: tuple[Assignment, ...], module: str, purpose: str
) -> Datapath:
    path = DatapathBuilder(module, purpose)
    meanings: dict[Symbol, Operand] = {}
    add_first_tick(path, meanings)
    for part in projection.coefficients:
        shared = uniform_layout(part.values)
        if shared is not None:
            interval = Interval(shared, shared)
            path.constant(Parameter(variable_name("coef", part.name), interval.width, sized(shared, interval.width)))
            meanings[Symbol(part.name)] = named(variable_name("coef", part.name), interval)
    for name in names:
        form = projection.state(name).format
        if form is not None:
            path.input(variable_name("trace", name), form.bits)
            meanings[Symbol(name)] = named(variable_name("trace", name), Interval(form.lowest, form.highest), form.bits)
    printer = WirePrinter("trace", meanings, purpose)
    left = {name: meanings[Symbol(name)] for name in names}
    for number, statement in enumerate(code):
        name = statement.target.name
        form = projection.state(name).format if name in names else None
        if form is None:
            continue
        # Each trace reads itself alone, so the order of the statements on others does not matter.
        value = Binary("+", statement.target, statement.value) if statement.accumulate else statement.value
        printer.symbols = {**meanings, Symbol(name): left[name]}
        left[name] = printer.stored(f"left{number}_{name}", name, value, form)
    path.wires(printer.wires)
    for name, field in zip(names, path_fields(projection, names), strict=True):
        path.output(variable_name("new", name), field, left[name])
    return path.build()


def path_fields(projection: ProjectionProgram, names: tuple[str, ...]) -> list[int]:
    """Bits of each trace."""
    forms = [projection.state(name).format for name in names]
    return [form.bits for form in forms if form is not None]
