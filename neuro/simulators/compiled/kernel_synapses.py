"""Prints what synapses do in a tick: their own step, arriving spikes, spikes of the target.

A state that is the same in all synapses of a neuron (``ProjectionProgram.shared``) is kept once a neuron: it decays in
one short loop, and statements that write it run once a spike instead of once a synapse.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from neuro.compiler.expressions import replace
from neuro.compiler.ir import (
    SYNAPSE,
    TICK,
    TIME,
    TOTALS,
    Assignment,
    Expression,
    OperationProgram,
    ProjectionProgram,
    Scope,
    StepProgram,
    Symbol,
    symbols,
    totals,
)
from neuro.simulators.compiled.kernel_lines import (
    Lines,
    Names,
    PopulationNames,
    flushes,
    part_name,
    print_expression,
    print_flush,
    stored,
)


@dataclass(frozen=True, slots=True)
class _Side:
    """One event of a projection: the side whose spike it is, and the names of the two ends in the loops."""

    index: int
    projection: ProjectionProgram
    populations: Mapping[str, PopulationNames]
    scope: Scope

    def argument(self, name: str) -> str:
        return part_name("q", self.index, name)

    def own(self, out: Lines, name: str) -> str:
        """A synaptic state: one value a synapse, or a neuron where it is shared."""
        at = {None: "s", Scope.PRE: "j", Scope.POST: "i"}[self.projection.shared.get(name)]
        return f"{out.use(self.argument(name))}[{at}]"

    def names(self, out: Lines, versions: Mapping[str, str]) -> Names:
        """Symbols inside the loop over synapses; ``versions`` gives the value of a shared state at a statement."""
        states = {state.name for state in self.projection.states}
        each = {part.name for part in self.projection.coefficients if part.values.ndim}

        def names(symbol: Symbol) -> str:
            if symbol.scope is Scope.PRE:
                return f"{out.use(self.populations[self.projection.source].argument(symbol.name))}[j]"
            if symbol.scope is Scope.POST:
                return f"{out.use(self.populations[self.projection.target].argument(symbol.name))}[i]"
            if symbol.name.endswith("]"):
                return symbol.name
            if symbol.name in states:
                return versions.get(symbol.name) or self.own(out, symbol.name)
            if symbol.name == TICK:
                return "n"
            if symbol.name == SYNAPSE:
                return f"{out.use(self.argument('numbers'))}[s]"
            if symbol.name == TIME:
                return f"(n * {out.use('dt')})"
            argument = out.use(self.argument(f"c_{symbol.name}"))
            return f"{argument}[s]" if symbol.name in each else argument

        return names


@dataclass(frozen=True, slots=True)
class _OperationSide(_Side):
    """A projection seen from an operation, which brings its own coefficients and sums."""

    operation: int

    def argument(self, name: str) -> str:
        return part_name("o", self.operation, name) if name.startswith("c_") else part_name("q", self.index, name)

    def total(self, number: int) -> str:
        return part_name("o", self.operation, f"total{number}")


def print_summed(
    out: Lines, index: int, projection: ProjectionProgram, populations: Mapping[str, PopulationNames]
) -> None:
    """Set the target's variables to the sum over its synapses, in the order of the synapses."""
    side = _Side(index, projection, populations, Scope.POST)
    target = populations[projection.target]
    for part in projection.summed:
        state = out.use(target.argument(part.target.name))
        out.add(0, f"fill({state}, 0)")
        _print_every_synapse(out, side, 0)
        out.add(1, f"{state}[i] += {print_expression(part.value, side.names(out, {}))}")


def print_synaptic_operation(
    out: Lines,
    operation: tuple[int, OperationProgram],
    projection: tuple[int, ProjectionProgram],
    populations: Mapping[str, PopulationNames],
) -> None:
    """Run the statements of an operation, each on all synapses; first the sums that it asks for."""
    number, program = operation
    side = _OperationSide(projection[0], projection[1], populations, Scope.POST, number)
    names = side.names(out, {})
    out.add(0, f"if n % {out.use(part_name('o', number, 'every'))} == 0:")
    sums = 0
    for part in program.statements:
        # A sum reads as a symbol whose name is its place in memory.
        calls: dict[Expression, Expression] = {}
        for call in totals(part.value):
            total, at = out.use(side.total(sums)), "i" if TOTALS[call.function] is Scope.POST else "j"
            out.add(1, f"fill({total}, 0)")
            _print_every_synapse(out, side, 1)
            out.add(2, f"{total}[{at}] += {print_expression(call.arguments[0], names)}")
            calls[call] = Symbol(f"{total}[{at}]")
            sums += 1
        _print_every_synapse(out, side, 1)
        value = print_expression(replace(part.value, calls.get), names)
        form = side.projection.state(part.target.name).format
        out.add(2, f"{names(part.target)} = {stored(value, form)}")


def print_synaptic_update(out: Lines, index: int, projection: ProjectionProgram) -> None:
    """Phase 1 of the synaptic states; simultaneous within a synapse."""
    side = _Side(index, projection, {}, Scope.OWN)
    late = [part for part in projection.update if part.target.name in projection.event_driven]
    _print_steps(out, side, [part for part in projection.update if part not in late], 0)
    if late:
        out.add(0, "if n > 0:")
        _print_steps(out, side, late, 1)
    for part in projection.update:
        if flushes(part.value):
            state = out.use(side.argument(part.target.name))
            print_flush(out, [state])


def _print_steps(out: Lines, side: _Side, code: Sequence[Assignment], depth: int) -> None:
    shared = side.projection.shared
    for part in code:
        if part.target.name in shared:
            _print_decay(out, side, part, "j" if shared[part.target.name] is Scope.PRE else "i", depth)
    single = [part for part in code if part.target.name not in shared]
    if single:
        out.add(depth, f"for s in range({out.use(side.argument('column'))}.size):")
        for part in single:
            form = side.projection.state(part.target.name).format
            value = print_expression(part.value, side.names(out, {}))
            out.add(depth + 1, f"y_{part.target.name} = {stored(value, form)}")
        for part in single:
            out.add(depth + 1, f"{side.own(out, part.target.name)} = y_{part.target.name}")


def _print_every_synapse(out: Lines, side: _Side, depth: int) -> None:
    """Open a loop over the synapses in their canonical order, with both ends."""
    column, pre = out.use(side.argument("column")), out.use(side.argument("pre"))
    if side.projection.delay.ndim and not out.indexed:
        out.add(depth, f"for z in range({column}.size):", f"    s = {out.use(side.argument('place'))}[z]")
    else:
        out.add(depth, f"for s in range({column}.size):")
    out.add(depth + 1, f"i = {column}[s]", f"j = {pre}[s]")


def _print_decay(out: Lines, side: _Side, part: Assignment, at: str, depth: int) -> None:
    name = part.target.name
    out.add(depth, f"for {at} in range({out.use(side.argument(name))}.size):")
    value = print_expression(part.value, side.names(out, {}))
    out.add(depth + 1, f"{side.own(out, name)} = {stored(value, side.projection.state(name).format)}")


def print_on_pre(
    out: Lines,
    program: StepProgram,
    index: int,
    projection: ProjectionProgram,
    populations: Mapping[str, PopulationNames],
) -> None:
    """Deliver the spikes that arrive now, oldest emission first; one delay group a distinct delay."""
    side = _Side(index, projection, populations, Scope.PRE)
    depth = _print_arrivals(out, program, side)
    statements = _print_shared(out, side, projection.on_pre, depth)
    rows = out.use(side.argument("rows"))
    if out.indexed:
        out.add(depth, f"for z in range({rows}[d, j], {rows}[d, j + 1]):")
        out.add(depth + 1, f"s = {out.use(side.argument('order'))}[z]" if projection.delay.ndim else "s = z")
    else:
        out.add(depth, f"row = j * {out.use(side.argument('delays'))}.size + d")
        out.add(depth, f"for s in range({rows}[row], {rows}[row + 1]):")
    out.add(depth + 1, f"i = {out.use(side.argument('column'))}[s]")
    for part, versions in statements:
        _print_statement(out, side, part, versions, depth + 1)


def _print_arrivals(out: Lines, program: StepProgram, side: _Side) -> int:
    """Open the loops over delays (d) and over the neurons whose spikes arrive (j); gives the depth inside."""
    source = _source_prefix(program, side.projection.source)
    delays = out.use(side.argument("delays"))
    out.add(0, f"for d in range({delays}.size):")
    if out.shared and source.startswith("p"):
        ring, counts, begin = (out.use(f"{source}_{name}") for name in ("all_ring", "all_counts", "all_begin"))
        out.add(1, f"slot = (n - {delays}[d]) % {counts}.shape[0]", f"for part in range({counts}.shape[1]):")
        out.add(2, f"first = {begin}[part]", f"for a in range(first, first + {counts}[slot, part]):")
        out.add(3, f"j = {ring}[slot, a]")
        return 3
    ring, counts = out.use(f"{source}_ring"), out.use(f"{source}_counts")
    out.add(1, f"slot = (n - {delays}[d]) % {counts}.size")
    out.add(1, f"for a in range({counts}[slot]):", f"    j = {ring}[slot, a]")
    return 2


def print_on_post(
    out: Lines, index: int, projection: ProjectionProgram, populations: Mapping[str, PopulationNames]
) -> None:
    """Run on_post for the target's spikes of this tick, in the order (neuron, synapse)."""
    side = _Side(index, projection, populations, Scope.POST)
    target = populations[projection.target]
    ring, counts = out.use(target.argument("ring")), out.use(target.argument("counts"))
    rows, incoming, pre = (out.use(side.argument(name)) for name in ("post_rows", "incoming", "incoming_pre"))
    out.add(0, f"slot = n % {counts}.size")
    out.add(0, f"for a in range({counts}[slot]):", f"    i = {ring}[slot, a]")
    statements = _print_shared(out, side, projection.on_post, 1)
    out.add(1, f"for z in range({rows}[i], {rows}[i + 1]):", f"    s = {incoming}[z]", f"    j = {pre}[z]")
    for part, versions in statements:
        _print_statement(out, side, part, versions, depth=2)


def _print_shared(
    out: Lines, side: _Side, code: tuple[Assignment, ...], depth: int
) -> list[tuple[Assignment, Mapping[str, str]]]:
    """Run the statements on shared states once for the spiking neuron.

    Returns:
        the other statements, each with the local names under which it sees the shared states.
    """
    shared = {name for name, scope in side.projection.shared.items() if scope is side.scope}
    versions: dict[str, str] = {}
    others: list[tuple[Assignment, Mapping[str, str]]] = []
    for number, part in enumerate(code):
        if part.target.scope is not Scope.OWN or part.target.name not in shared:
            for name in sorted({symbol.name for symbol in symbols(part.value)} & (shared - versions.keys())):
                versions[name] = f"seen_{name}"
                out.add(depth, f"seen_{name} = {side.own(out, name)}")
            others.append((part, dict(versions)))
            continue
        name = part.target.name
        value = print_expression(part.value, side.names(out, versions))
        versions[name] = f"seen{number}_{name}"
        out.add(depth, f"{versions[name]} = {stored(value, side.projection.state(name).format)}")
        out.add(depth, f"{side.own(out, name)} = {versions[name]}")
    return others


def _print_statement(out: Lines, side: _Side, part: Assignment, versions: Mapping[str, str], depth: int = 3) -> None:
    names = side.names(out, versions)
    value = print_expression(part.value, names)
    if part.target.scope is Scope.OWN:
        out.add(depth, f"{names(part.target)} = {stored(value, side.projection.state(part.target.name).format)}")
        return
    at_post = part.target.scope is Scope.POST
    written = side.populations[side.projection.target if at_post else side.projection.source]
    line = f"{names(part.target)} += {value}"
    if part.target.name in written.program.clamped:
        # Brian2's conditional write: a clamped variable takes nothing while its neuron is refractory.
        out.add(depth, f"if {out.use(written.argument('ready'))}[{'i' if at_post else 'j'}] <= n:", f"    {line}")
    else:
        out.add(depth, line)


def _source_prefix(program: StepProgram, name: str) -> str:
    for index, population in enumerate(program.populations):
        if population.name == name:
            return f"p{index}"
    return f"s{[source.name for source in program.sources].index(name)}"
