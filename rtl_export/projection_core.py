"""ProjectionCore: one projection's share of the netlist.

A projection walks the spikes that are due, reads each one's row of synapses and sends one event a clock to its
target: the target neuron, and a clock later what to add to each variable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.program import (
    Binary,
    Coefficient,
    Expression,
    ProjectionProgram,
    Scope,
    State,
    StepProgram,
    Symbol,
    symbols,
)
from rtl_export.expressions import Operand, Wire, WirePrinter, literal, named, narrowed
from rtl_export.intervals import Interval, unsigned_width
from rtl_export.names import projection_module, variable_name
from rtl_export.words import Field, Rom, Word, uniform


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event adds to a state of the target, and where a tick's sum over all events lies."""

    state: str
    width: int
    text: str
    total: Interval


@dataclass(frozen=True, slots=True)
class PostRead:
    """A variable of the target neuron that on_pre reads: a signed port of that width."""

    name: str
    width: int


@dataclass(frozen=True, slots=True)
class ProjectionCore:
    """Everything the projection's module is printed from.

    Args:
        name, module: of the projection and of its Verilog module.
        source, target: names of the emitter and of the population.
        delay: ticks from spike to arrival.
        synapse_count: number of synapses.
        rows: first and one-past-last synapse of each source neuron.
        synapses: target neuron and the values that differ between synapses.
        late: the fields of those values; they are used one clock after the target neuron.
        deltas: what an event adds.
        wires: the arithmetic of on_pre.
        post_reads: variables of the target neuron that it reads.
    """

    name: str
    module: str
    source: str
    target: str
    delay: int
    synapse_count: int
    rows: Rom
    synapses: Rom
    late: tuple[Field, ...]
    deltas: tuple[Delta, ...]
    wires: tuple[Wire, ...]
    post_reads: tuple[PostRead, ...]

    @property
    def most_clocks(self) -> int:
        """No tick takes this projection more clocks: every source neuron fires."""
        return 3 * self.rows.depth + self.synapse_count + 8

    @property
    def synapse_width(self) -> int:
        """Bits of a synapse's number, and of one past the last."""
        return unsigned_width(self.synapse_count)

    @property
    def address_bits(self) -> str:
        """The part of a synapse's number that addresses its word."""
        return f"[{unsigned_width(self.synapse_count - 1) - 1}:0]"

    @property
    def target_width(self) -> int:
        """Bits of a target neuron's index."""
        return next(part.width for part in self.synapses.word.fields if part.name == "column")


def projection_core(program: StepProgram, projection: ProjectionProgram) -> ProjectionCore:
    """The netlist of one projection that has synapses, code and a source that can fire."""
    module = projection_module(projection.name)
    stored: dict[str, tuple[int, list[int]]] = {}
    meanings: dict[Symbol, Operand] = {}
    own: tuple[State | Coefficient, ...] = (*projection.states, *projection.coefficients)
    for part in own:
        _add_own(part, meanings, stored)
    post_reads = _post_symbols(program, projection, meanings)
    printer = WirePrinter("event", meanings, f"on_pre of projection {projection.name!r}")
    deltas = _deltas(projection, printer)
    read = {s.name for part in projection.on_pre for s in symbols(part.value) if s.scope is Scope.OWN}
    used = [name for name in stored if name in {variable_name("syn", variable) for variable in read}]
    target = program.size_of(projection.target)
    word = Word.of([("column", unsigned_width(target - 1), False), *((name, stored[name][0], True) for name in used)])
    values = {"column": projection.column.tolist(), **{name: stored[name][1] for name in used}}
    return ProjectionCore(
        name=projection.name,
        module=module,
        source=projection.source,
        target=projection.target,
        delay=int(np.asarray(projection.delay).reshape(-1)[0]),
        synapse_count=projection.synapses,
        rows=_rows(module, projection),
        synapses=Rom(f"{module}_synapses.hex", word, projection.synapses, word.hex_lines(values)),
        late=word.fields[1:],
        deltas=deltas,
        wires=tuple(printer.wires),
        post_reads=post_reads,
    )


def _add_own(
    part: State | Coefficient, meanings: dict[Symbol, Operand], stored: dict[str, tuple[int, list[int]]]
) -> None:
    """A synaptic number: a literal where all synapses share it, else a field of the synapse's word."""
    values = part.initial if isinstance(part, State) else part.values
    shared = uniform(values)
    if shared is not None:
        meanings[Symbol(part.name)] = literal(shared)
        return
    name = variable_name("syn", part.name)
    if isinstance(part, State) and part.format is not None:
        # The format's whole range, not today's values: the widths stay right for any weights of that format.
        interval, width = Interval(part.format.lowest, part.format.highest), part.format.bits
    else:
        interval = Interval.of(np.asarray(values).tolist())
        width = interval.width
    meanings[Symbol(part.name)] = named(name, interval, width)
    stored[name] = (width, np.asarray(values).tolist())


def _post_symbols(
    program: StepProgram, projection: ProjectionProgram, meanings: dict[Symbol, Operand]
) -> tuple[PostRead, ...]:
    """Give a meaning to what on_pre reads of the target neuron; returns the ports that takes."""
    target = program.population(projection.target)
    read = {s.name for part in projection.on_pre for s in symbols(part.value) if s.scope is Scope.POST}
    ports: list[PostRead] = []
    for state in target.states:
        if state.name in read and state.format is not None:
            operand = named(variable_name("post", state.name), Interval(state.format.lowest, state.format.highest))
            meanings[Symbol(state.name, Scope.POST)] = operand
            ports.append(PostRead(state.name, operand.width))
    for coefficient in target.coefficients:
        shared = uniform(coefficient.values)
        if shared is not None:
            meanings[Symbol(coefficient.name, Scope.POST)] = literal(shared)
        elif coefficient.name in read:
            operand = named(variable_name("post", coefficient.name), Interval.of(coefficient.values.tolist()))
            meanings[Symbol(coefficient.name, Scope.POST)] = operand
            ports.append(PostRead(coefficient.name, operand.width))
    return tuple(ports)


def _deltas(projection: ProjectionProgram, printer: WirePrinter) -> tuple[Delta, ...]:
    """One delta per written state: statements on the same state add up."""
    sums: dict[str, Expression] = {}
    for part in projection.on_pre:
        name = part.target.name
        sums[name] = Binary("+", sums[name], part.value) if name in sums else part.value
    most = int(np.bincount(projection.column).max())
    deltas = []
    for name, expression in sums.items():
        operand = printer.value(name, expression)
        width = operand.interval.width
        deltas.append(Delta(name, width, narrowed(operand, width), operand.interval.times(most)))
    return tuple(deltas)


def _rows(module: str, projection: ProjectionProgram) -> Rom:
    width = unsigned_width(projection.synapses)
    word = Word.of([("first", width, False), ("stop", width, False)])
    starts = projection.row_start.tolist()
    return Rom(
        f"{module}_rows.hex",
        word,
        len(starts) - 1,
        word.hex_lines({"first": starts[:-1], "stop": starts[1:]}),
    )
