"""Prints a StepProgram's structure as the source of one fused numba kernel.

The text depends on structure only: every number that a user can change (coefficients, weights, sizes, delays,
quotas) is an argument. ``print_kernel`` gives the source and the names of the arguments, in order; the names
are built by the functions ``*_name`` below, which the runner uses to find the arrays.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neuro.compiler.ir import (
    ACTIVE,
    INDEX,
    TICK,
    TIME,
    Assignment,
    OperationProgram,
    PopulationProgram,
    Scope,
    Slot,
    StepProgram,
    Symbol,
    symbols,
)
from neuro.simulators.compiled.kernel_lines import (
    Lines,
    Names,
    PopulationNames,
    flushes,
    functions_for,
    part_name,
    print_expression,
    print_flush,
    stored,
)
from neuro.simulators.compiled.kernel_synapses import (
    print_on_post,
    print_on_pre,
    print_summed,
    print_synaptic_operation,
    print_synaptic_update,
)

_HEADER = '''"""One fused tick loop. Printed from a step program; do not edit."""

import math

import numpy as np
from numba import njit


{functions}@njit(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
def advance(start, stop, {arguments}):
    for n in range(start, stop):
'''


_BUILT_IN = MappingProxyType({ACTIVE: "active", TICK: "n", INDEX: "i"})


def print_kernel(program: StepProgram, *, parallel: bool = False, indexed: bool = False) -> tuple[str, tuple[str, ...]]:
    """The source of the module that runs the program's structure, and ``advance``'s array arguments in order.

    A parallel kernel runs a share of the neurons, with all synapses onto them; it learns of everybody's spikes where
    the shares meet. Every sum keeps its order, so its results do not differ from the other's in a single bit.
    ``indexed`` prints what 0.1.0 did: checkpoints are known by its text.
    """
    out = Lines(parallel, indexed)
    populations = {part.name: PopulationNames(index, part) for index, part in enumerate(program.populations)}
    _print_operations(out, program, populations, Slot.FIRST)
    _print_restarts(out, program, populations)
    _print_inputs(out, program, populations)
    _print_operations(out, program, populations, Slot.START)
    for index, projection in enumerate(program.projections):
        print_summed(out, index, projection, populations)
    for index, projection in enumerate(program.projections):
        print_synaptic_update(out, index, projection)
    for population in populations.values():
        for link in population.program.links:
            state, given = (out.use(population.argument(name)) for name in (link.variable, f"{link.variable}__from"))
            source = out.use(populations[link.source].argument(link.source_variable))
            out.add(0, f"take_linked({state}, {source}, {given})")
        _print_update(out, population)
        _print_fire(out, population)
    for index, _ in enumerate(program.sources):
        _print_source(out, index)
    _print_meeting(out)
    for index, projection in enumerate(program.projections):
        print_on_pre(out, program, index, projection, populations)
    for index, projection in enumerate(program.projections):
        if projection.on_post:
            print_on_post(out, index, projection, populations)
    _print_saturation(out, program, populations)
    for population in populations.values():
        _print_reset(out, population)
    _print_operations(out, program, populations, Slot.END)
    _print_probes(out, program, populations)
    if not out.lines:
        out.add(0, "pass")
    body = "\n".join(out.lines)
    if "poisson_limits" in body:
        out.use("poisson_limits", "poisson_others")
    arguments = tuple(out.arguments)
    header = _HEADER.replace("{arguments}", ", ".join(arguments)).replace("{functions}", functions_for(body))
    if indexed:
        header = header.replace("import njit\n", "import njit, prange\n")
    return header + body + "\n", arguments


def _print_meeting(out: Lines) -> None:
    """Let shares wait for each other where one could need another's spikes."""
    if out.shared:
        names = ("meet_every", "meet_at", "gate", "threads")
        every, at, gate, threads = (out.use(name) for name in names)
        out.add(0, f"if (n - start) % {every} == {at}:", f"    meet({gate}, {threads})")


def _print_operations(out: Lines, program: StepProgram, populations: Mapping[str, PopulationNames], slot: Slot) -> None:
    """The operations of one slot, in their order."""
    for index, operation in enumerate(program.operations):
        if operation.slot is not slot:
            continue
        if operation.of in populations:
            _print_operation(out, index, operation, populations[operation.of])
        else:
            at = next(at for at, part in enumerate(program.projections) if part.name == operation.of)
            print_synaptic_operation(out, (index, operation), (at, program.projections[at]), populations)


def _print_restarts(out: Lines, program: StepProgram, populations: Mapping[str, PopulationNames]) -> None:
    for index, restart in enumerate(program.restarts):
        population = populations[restart.population]
        ticks, at = out.use(part_name("r", index, "ticks")), out.use(part_name("r", index, "at"))
        out.add(0, f"if is_due({ticks}, {at}, n):")
        for name in restart.variables:
            initial = out.use(part_name("r", index, name))
            out.add(1, f"copy_to({out.use(population.argument(name))}, {initial})")
        if population.program.refractory is not None:
            # Operations at the start of a tick ask who was refractory in the one before.
            early = any(part.of == restart.population and part.slot is not Slot.END for part in program.operations)
            out.add(1, f"fill({out.use(population.argument('ready'))}, {'n - 1' if early else 'n'})")
        out.add(1, f"{out.use(population.argument('used'))}[0] = 0")


def _print_inputs(out: Lines, program: StepProgram, populations: Mapping[str, PopulationNames]) -> None:
    written = _written_besides_inputs(program)
    for index, stimulus in enumerate(program.inputs):
        state = out.use(populations[stimulus.population].argument(stimulus.variable))
        values, every = out.use(part_name("i", index, "values")), out.use(part_name("i", index, "every"))
        depth = 0
        if (stimulus.population, stimulus.variable) not in written:
            # Nobody else touches the variable, so it changes with the row only.
            out.add(0, f"if n % {every} == 0:")
            depth = 1
        out.add(depth, f"take_row({state}, {values}, n // {every})")


def _written_besides_inputs(program: StepProgram) -> set[tuple[str, str]]:
    """(population, variable) of everything that updates, synapses, resets, operations or restarts write."""
    written = {(p.name, part.target.name) for p in program.populations for part in (*p.update, *p.reset)}
    written |= {(p.of, part.target.name) for p in program.operations for part in p.statements}
    written |= {(restart.population, name) for restart in program.restarts for name in restart.variables}
    for projection in program.projections:
        ends = {Scope.PRE: projection.source, Scope.POST: projection.target, Scope.OWN: projection.name}
        code = (*projection.on_pre, *projection.on_post, *projection.summed)
        written |= {(ends[p.target.scope], p.target.name) for p in code}
    return written


def _local_names(out: Lines, population: PopulationNames, states: Mapping[str, str]) -> Names:
    """Symbols inside a neuron loop: states by the given local names, coefficients, and the active flag."""
    coefficients = population.coefficients

    def names(symbol: Symbol) -> str:
        if symbol.name in states:
            return states[symbol.name]
        if symbol.name == TIME:
            return f"(n * {out.use('dt')})"
        if symbol.name == INDEX and out.shared:
            return f"({out.use(population.argument('all_first'))} + i)"
        if symbol.name in _BUILT_IN:
            return _BUILT_IN[symbol.name]
        argument = out.use(population.argument(f"c_{symbol.name}"))
        return f"{argument}[i]" if coefficients[symbol.name].values.ndim else argument

    return names


def _print_update(out: Lines, population: PopulationNames) -> None:
    program = population.program
    old = {state.name: f"x_{state.name}" for state in program.states}
    new = {**old, **{part.target.name: f"y_{part.target.name}" for part in program.update}}
    if not program.update and program.threshold is None:
        return
    size = out.use(population.argument("size"))
    out.add(0, *(["hits = 0"] if program.threshold is not None else []), f"for i in range({size}):")
    ready = f"{population.argument('ready')}[i]"
    if program.refractory is None:
        out.add(1, "active = True")
    elif program.held_while is None:
        out.use(population.argument("ready"))
        out.add(1, f"active = {ready} <= n")
    for name in _read_states(program):
        out.add(1, f"{old[name]} = {out.use(population.argument(name))}[i]")
    if program.held_while is not None:
        out.use(population.argument("ready"))
        held = print_expression(program.held_while, _local_names(out, population, old))
        out.add(1, f"active = ({ready} <= n) | (not {held})", f"{ready} = n if active else {ready}")
    stages = {part.target.name: f"z_{part.target.name}" for part in program.stages}
    for part in program.stages:
        text = print_expression(part.value, _local_names(out, population, {**old, **stages}))
        out.add(1, f"{stages[part.target.name]} = {text}")
    old |= stages
    for part in program.update:
        form = program.state(part.target.name).format
        text = print_expression(part.value, _local_names(out, population, old))
        out.add(1, f"{new[part.target.name]} = {stored(text, form)}")
    for part in program.update:
        out.add(1, f"{out.use(population.argument(part.target.name))}[i] = {new[part.target.name]}")
    if program.threshold is not None:
        names = _local_names(out, population, new)
        left, right = (print_expression(side, names) for side in (program.threshold.left, program.threshold.right))
        out.add(1, f"above, below = {left}, {right}")
        # Bitwise, not `and`: a loop without branches becomes vector instructions.
        out.add(1, "crosses = (above > below) & active", "hits += crosses")
        out.add(1, f"{out.use(population.argument('fire'))}[i] = crosses")
        if _limited(program):
            out.add(1, f"{out.use(population.argument('margin'))}[i] = above - below")

    # Apart from the loop above: a test on every value would make it a fifth slower.
    decaying = [out.use(population.argument(part.target.name)) for part in program.update if flushes(part.value)]
    print_flush(out, decaying)


def _read_states(program: PopulationProgram) -> Iterator[str]:
    expressions = [part.value for part in (*program.stages, *program.update)]
    if program.held_while is not None:
        expressions.append(program.held_while)
    if program.threshold is not None:
        expressions += [program.threshold.left, program.threshold.right]
    read = {symbol.name for expression in expressions for symbol in symbols(expression)}
    return (state.name for state in program.states if state.name in read)


def _limited(program: PopulationProgram) -> bool:
    return program.winners.per_tick is not None or program.winners.max_winners is not None


def _print_fire(out: Lines, population: PopulationNames) -> None:
    """Collect who fires, apply the winners rule, load the refractory counters, remember and record the spikes."""
    program, argument = population.program, population.argument
    ring, counts = out.use(argument("ring")), out.use(argument("counts"))
    slot = f"slot_p{population.index}"
    out.add(0, f"{slot} = n % {counts}.size", "count = 0")
    if program.threshold is not None:
        fire, words = out.use(argument("fire")), out.use(argument("fire_words"))
        out.add(0, "if hits > 0:", f"    count = collect_fired({fire}, {words}, {ring}, {slot})")
    if program.threshold is not None and _limited(program):
        used, limits = out.use(argument("used")), out.use(argument("limits"))
        out.add(0, f"limit = min({limits}[0], {limits}[1] - {used}[0])")
        out.add(0, f"count = keep_largest({ring}, {slot}, count, limit, {out.use(argument('margin'))}, {fire})")
        out.add(0, f"{used}[0] += count")
    out.add(0, f"{counts}[{slot}] = count")
    ticks, indices, kept = (out.use(argument(name)) for name in ("spike_ticks", "spike_indices", "kept"))
    out.add(0, "if count > 0:")
    if program.refractory is not None:
        ready, period = out.use(argument("ready")), out.use(argument("period"))
        rest = "rest_each" if program.refractory.ndim else "rest_all"
        out.add(1, f"{rest}({ready}, {ring}, {slot}, count, n, {period})")
    if program.fired:
        out.add(1, "for a in range(count):", f"    i = {ring}[{slot}, a]")
        for part in program.fired:
            _print_in_place(out, population, part, 2)
    out.add(1, f"record_spikes({ring}, {slot}, count, n, {ticks}, {indices}, {kept})")
    if out.shared:
        first, share, everyone, numbers = (
            out.use(argument(name)) for name in ("all_first", "all_share", "all_ring", "all_counts")
        )
        out.add(0, f"share_spikes({ring}, {slot}, count, n, {first}, {share}, {everyone}, {numbers})")


def _print_source(out: Lines, index: int) -> None:
    ring, counts, ticks, indices, at = (
        out.use(part_name("s", index, name)) for name in ("ring", "counts", "ticks", "indices", "at")
    )
    out.add(0, f"take_spikes({ticks}, {indices}, {at}, n, {ring}, {counts})")


def _print_saturation(out: Lines, program: StepProgram, populations: Mapping[str, PopulationNames]) -> None:
    written = {
        (projection.target if part.target.scope is Scope.POST else projection.source, part.target.name): None
        for projection in program.projections
        for part in (*projection.on_pre, *projection.on_post)
        if part.accumulate
    }
    for name, variable in written:
        population = populations[name]
        form = population.program.state(variable).format
        if form is not None:
            state = out.use(population.argument(variable))
            out.add(0, f"for i in range({out.use(population.argument('size'))}):")
            out.add(1, f"{state}[i] = {stored(f'{state}[i]', form)}")


def _print_reset(out: Lines, population: PopulationNames) -> None:
    program = population.program
    if not program.reset:
        return
    ring, slot = out.use(population.argument("ring")), f"slot_p{population.index}"
    counts = out.use(population.argument("counts"))
    out.add(0, f"for a in range({counts}[{slot}]):", f"    i = {ring}[{slot}, a]")
    # At its own reset a neuron is refractory already where it has a refractory time (Brian2: set by the threshold).
    out.add(1, f"active = {program.refractory is None}")
    for part in program.reset:
        _print_in_place(out, population, part, 1)


def _print_in_place(out: Lines, population: PopulationNames, part: Assignment, depth: int) -> None:
    program = population.program
    states = {state.name: f"{population.argument(state.name)}[i]" for state in program.states}
    for symbol in (part.target, *symbols(part.value)):
        if symbol.name in states:
            out.use(population.argument(symbol.name))
    text = print_expression(part.value, _local_names(out, population, states))
    out.add(depth, f"{states[part.target.name]} = {stored(text, program.state(part.target.name).format)}")


def _print_operation(out: Lines, index: int, operation: OperationProgram, population: PopulationNames) -> None:
    own = PopulationProgram(
        population.program.name, population.program.size, population.program.states, coefficients=operation.coefficients
    )
    local = _OperationNames(population.index, own, index)
    out.add(0, f"if n % {out.use(part_name('o', index, 'every'))} == 0:")
    out.add(1, f"for i in range({out.use(population.argument('size'))}):")
    if population.program.refractory is None:
        out.add(2, "active = True")
    else:
        # Before the update the last tick's answer stands.
        tick = "n" if operation.slot is Slot.END else "n - 1"
        out.add(2, f"active = {out.use(population.argument('ready'))}[i] <= {tick}")
    for part in operation.statements:
        if part.target.name in population.program.clamped:
            out.add(2, "if active:")
            _print_in_place(out, local, part, 3)
        else:
            _print_in_place(out, local, part, 2)


@dataclass(frozen=True, slots=True)
class _OperationNames(PopulationNames):
    """A population seen from an operation, which brings its own coefficients."""

    operation: int

    def argument(self, name: str) -> str:
        return part_name("o", self.operation, name) if name.startswith("c_") else part_name("p", self.index, name)


def _print_probes(out: Lines, program: StepProgram, populations: Mapping[str, PopulationNames]) -> None:
    projections = {part.name: (index, part) for index, part in enumerate(program.projections)}
    ends = {Scope.PRE: "pre", Scope.POST: "column"}
    for index, probe in enumerate(program.probes):
        side = None
        if probe.of in populations:
            state = out.use(populations[probe.of].argument(probe.variable))
        else:
            number, projection = projections[probe.of]
            state, side = out.use(part_name("q", number, probe.variable)), projection.shared.get(probe.variable)
        values, every, base = (out.use(part_name("m", index, name)) for name in ("values", "every", "base"))
        row = f"{values}, n // {every} - {base}, {state}"
        # A synaptic state that lies with neurons is read at the neuron of each synapse.
        call = (
            f"probe({row})" if side is None else f"probe_shared({row}, {out.use(part_name('q', number, ends[side]))})"
        )
        out.add(0, f"if n % {every} == 0:", f"    {call}")
