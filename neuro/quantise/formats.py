"""Which fixed-point format a variable gets, and why.

* A rounded decay with time constant tau stalls at about 0.5 (tau/dt) steps. So the step of a decaying state is
  such that 0.5 (tau/dt) steps <= ``stall`` of what matters to it: the distance from start to threshold for a
  state the threshold reads, the median increment for one that synapses or resets raise, its range otherwise.
* Coefficients get log2(tau/dt) + ``guard_bits`` fractional bits, and at least ``guard_bits`` significant ones.
* An input on a dyadic grid keeps that grid; a state that an input feeds resolves one step of it in one tick.
* A synaptic weight has the step of the variable it is added to; weights on a dyadic grid of up to 20 bits keep it.
* The range comes from a float run, with ``headroom_bits`` to spare.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.expressions import Numbers, evaluate
from neuro.compiler.ir import (
    ACTIVE,
    Call,
    Expression,
    Format,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    State,
    StepProgram,
    Symbol,
    symbols,
    totals,
)
from neuro.errors import InvalidInput

Key = tuple[str, str]
"""(population or projection, variable)."""


_COARSEST = 10_000


@dataclass(frozen=True, slots=True)
class Rules:
    """What the quantiser aims for.

    Args:
        stall: part of what matters that a stalled decay may cost.
        guard_bits: bits of a coefficient beyond log2(tau/dt), and its least significant bits.
        headroom_bits: bits above the range that the float run saw.
        input_bits: bits of an input that is on no dyadic grid.
        power_of_two_leaks: whether every decay of a neuron becomes the nearest ``1 - 2**-k``
        (:mod:`neuro.quantise.integers`).
    """

    stall: float = 0.01
    guard_bits: int = 10
    headroom_bits: int = 1
    input_bits: int = 12
    power_of_two_leaks: bool = False


@dataclass(slots=True)
class Chosen:
    """The formats so far, each with its reason."""

    formats: dict[Key, Format] = field(default_factory=dict)
    reasons: dict[Key, str] = field(default_factory=dict)

    def put(self, key: Key, exponent: int, largest: float, rules: Rules, reason: str) -> None:
        """Choose a format: its step is 2**exponent, its bits hold ``largest`` and the headroom."""
        steps = max(largest, 2.0**exponent) / 2.0**exponent
        bits = math.ceil(math.log2(steps + 1)) + 1 + rules.headroom_bits
        self.formats[key], self.reasons[key] = Format(bits, exponent), reason


def choose_formats(
    program: StepProgram, ranges: Mapping[Key, float], given: Mapping[Key, Format], rules: Rules
) -> Chosen:
    """A format for every state of a float program; inputs first, then what they feed, then weights."""
    chosen = Chosen()
    for stimulus in program.inputs:
        key = (stimulus.population, stimulus.variable)
        exponent, reason = _input_exponent(stimulus.values, rules)
        chosen.put(key, exponent, _largest(program, key, ranges), rules, reason)
    for population in program.populations:
        decays = _decays(population)
        for state in population.states:
            key = (population.name, state.name)
            if key not in chosen.formats:
                exponent, reason = _state_exponent(program, population, state, decays, ranges, rules)
                fed, why = _fed_exponent(population, state.name, chosen.formats)
                exponent, reason = (fed, why) if fed < exponent else (exponent, reason)
                grid = _weight_grid(program, population, state)
                if grid is not None and (grid < exponent or _only_adds(population, state, grid)):
                    exponent, reason = grid, "the grid of the weights added to it"
                chosen.put(key, exponent, _largest(program, key, ranges), rules, reason)
    for key, form in given.items():
        if key not in chosen.formats and not any(key[0] == part.name for part in program.projections):
            raise InvalidInput(f"a format is given for {key[0]}.{key[1]}, which does not exist")
        chosen.formats[key], chosen.reasons[key] = form, "given"
    for projection in program.projections:
        operations = [operation for operation in program.operations if operation.of == projection.name]
        _choose_synaptic(projection, operations, ranges, chosen, rules)
    return chosen


def _largest(program: StepProgram, key: Key, ranges: Mapping[Key, float]) -> float:
    """The largest absolute value a state must hold: what the run saw, its start values, inputs and thresholds."""
    population = program.population(key[0])
    values = [ranges.get(key, 0.0), float(np.abs(population.state(key[1]).initial).max(initial=0.0))]
    values += [
        float(np.abs(stimulus.values).max(initial=0.0))
        for stimulus in program.inputs
        if (stimulus.population, stimulus.variable) == key
    ]
    if population.threshold is not None and population.threshold.left == Symbol(key[1]):
        numbers = {c.name: c.values for c in population.coefficients} | {s.name: s.initial for s in population.states}
        if {symbol.name for symbol in symbols(population.threshold.right)} <= numbers.keys():
            values.append(float(np.abs(evaluate(population.threshold.right, numbers)).max(initial=0.0)))
    return max(values)


def _input_exponent(values: AnyArray, rules: Rules) -> tuple[int, str]:
    largest = float(np.abs(values).max(initial=0.0))
    if largest == 0.0:
        return -rules.input_bits, "an input that is always zero"
    top = math.ceil(math.log2(largest))
    grid = _grid(values)
    if grid is not None:
        return grid, f"an input on a grid of {top - grid} bits"
    return top - rules.input_bits, f"an input cut to {rules.input_bits} bits"


def _grid(values: AnyArray) -> int | None:
    """The coarsest exponent of which all values are multiples, up to 20 bits below the largest; None beyond."""
    largest = float(np.abs(values).max(initial=0.0))
    top = math.ceil(math.log2(largest)) if largest > 0 else 0
    for bits in range(21):
        scaled = np.ldexp(values, bits - top)
        if np.array_equal(scaled, np.rint(scaled)):
            return top - bits
    return None


def _weight_grid(program: StepProgram, population: PopulationProgram, state: State) -> int | None:
    """The grid of everything that synapses add to a state; None where nothing is added, or on no grid."""
    increments = [part.ravel() for part in _synaptic_increments(program, population.name, state.name)]
    values = np.concatenate([np.zeros(0), *increments])
    return _grid(values) if np.any(values != 0) else None


def _only_adds(population: PopulationProgram, state: State, grid: int) -> bool:
    """Whether a state has no step of its own and is compared with numbers on the grid: the grid is then exact."""
    if any(part.target.name == state.name for part in population.update) or population.threshold is None:
        return False
    numbers = {c.name: c.values for c in population.coefficients} | {s.name: s.initial for s in population.states}
    if population.threshold.left != Symbol(state.name):
        return False
    compared = np.ldexp(np.asarray(evaluate(population.threshold.right, numbers), dtype=np.float64), -grid)
    start = np.ldexp(state.initial, -grid)
    return np.array_equal(compared, np.rint(compared)) and np.array_equal(start, np.rint(start))


def _decays(population: PopulationProgram) -> dict[str, float]:
    """State -> its slowest tau/dt, for states whose step has the form a x + ... with 0 < a < 1."""
    numbers = {c.name: c.values for c in population.coefficients}
    decays = {}
    for part in population.update:
        name = f"a__{part.target.name}__{part.target.name}"
        if name in numbers:
            factor = float(np.max(numbers[name], initial=0.0))
            if 0.0 < factor < 1.0:
                decays[part.target.name] = max(1.0, -1.0 / math.log(factor))
    return decays


def _state_exponent(
    program: StepProgram,
    population: PopulationProgram,
    state: State,
    decays: Mapping[str, float],
    ranges: Mapping[Key, float],
    rules: Rules,
) -> tuple[int, str]:
    matters, what = _what_matters(program, population, state, ranges)
    ratio = decays.get(state.name) or _drift_ratio(population, state.name, matters, ranges)
    step = 2.0 * rules.stall * matters / ratio
    reason = f"{rules.stall:g} of {what} {matters:.3g} at tau/dt = {ratio:.4g}"
    return math.floor(math.log2(step)), reason


def _drift_ratio(population: PopulationProgram, name: str, matters: float, ranges: Mapping[Key, float]) -> float:
    """tau/dt of a non-linear equation: what matters over the median change in a tick, across the range."""
    value = next((part.value for part in population.update if part.target.name == name), None)
    if value is None or "dt" not in {symbol.name for symbol in symbols(value)}:
        return 1.0
    largest = ranges.get((population.name, name), 0.0)
    grid = np.linspace(-largest, largest, 101)
    numbers: dict[str, Numbers] = {part.name: float(np.mean(part.values)) for part in population.coefficients}
    numbers |= {state.name: float(np.mean(state.initial)) for state in population.states}
    numbers |= {ACTIVE: True, name: grid}
    change = np.abs(np.asarray(evaluate(value, numbers)) - grid)
    change = change[np.isfinite(change) & (change > 0)]
    return max(1.0, matters / float(np.median(change))) if change.size else 1.0


def _what_matters(
    program: StepProgram, population: PopulationProgram, state: State, ranges: Mapping[Key, float]
) -> tuple[float, str]:
    threshold = population.threshold
    numbers = {c.name: c.values for c in population.coefficients} | {s.name: s.initial for s in population.states}
    if threshold is not None and Symbol(state.name) in symbols(threshold.left):
        distance = np.abs(evaluate(threshold.right, numbers) - evaluate(threshold.left, numbers))
        if np.any(distance > 0):
            return float(np.median(distance[distance > 0])), "the threshold distance"
    increments = [*_synaptic_increments(program, population.name, state.name)]
    for part in population.reset:
        if part.target.name == state.name and part.value != Symbol(state.name):
            change = np.abs(evaluate(part.value, numbers) - numbers[state.name])
            increments.append(np.broadcast_to(change, (population.size,)))
    sizes = np.concatenate([np.zeros(0), *(np.abs(part).ravel() for part in increments)])
    if np.any(sizes > 0):
        return float(np.median(sizes[sizes > 0])), "the median increment"
    largest = _largest(program, (population.name, state.name), ranges)
    return (largest, "the range") if largest > 0 else (1.0, "nothing, it stays at zero;")


def _synaptic_increments(program: StepProgram, population: str, variable: str) -> Iterable[AnyArray]:
    for projection in program.projections:
        numbers = {c.name: c.values for c in projection.coefficients} | {s.name: s.initial for s in projection.states}
        for part in projection.on_pre:
            written = projection.target if part.target.scope is Scope.POST else projection.source
            own = all(symbol.scope is Scope.OWN for symbol in symbols(part.value))
            if part.accumulate and own and (written, part.target.name) == (population, variable):
                yield np.atleast_1d(np.asarray(evaluate(part.value, numbers), dtype=np.float64))


def _fed_exponent(population: PopulationProgram, name: str, formats: Mapping[Key, Format]) -> tuple[int, str]:
    """The exponent at which a state resolves one step of every input that feeds it, in one tick."""
    numbers = {c.name: c.values for c in population.coefficients}
    finest, why = _COARSEST, ""
    for (part, variable), form in formats.items():
        gain = numbers.get(f"a__{name}__{variable}")
        if part == population.name and gain is not None and np.any(gain != 0):
            smallest = float(np.abs(gain[gain != 0] if gain.ndim else gain).min())
            exponent = math.floor(math.log2(smallest)) + form.exponent
            if exponent < finest:
                finest, why = exponent, f"resolves one step of {variable} in a tick"
    return finest, why


def _choose_synaptic(
    projection: ProjectionProgram,
    operations: Sequence[OperationProgram],
    ranges: Mapping[Key, float],
    chosen: Chosen,
    rules: Rules,
) -> None:
    """Traces first, then what they change."""
    traces = {part.target.name for part in projection.update}
    for state in sorted(projection.states, key=lambda state: state.name not in traces):
        key = (projection.name, state.name)
        start = float(np.abs(state.initial).max(initial=0.0))
        largest = max(ranges.get(key, 0.0), start, _clipped_at(projection, operations, state.name))
        if key in chosen.formats:
            continue
        if state.name in traces:
            exponent, reason = _trace_exponent(projection, state, largest, rules)
            chosen.put(key, exponent, largest, rules, reason)
        else:
            exponent = _weight_exponent(projection, state, chosen.formats, rules)
            exponent = min([exponent, *_operation_exponents(projection, operations, state.name, ranges, rules)])
            tight = replace(rules, headroom_bits=0)
            chosen.put(key, exponent, largest, tight, "the step of what it is added to, or of its changes")


def _operation_exponents(
    projection: ProjectionProgram,
    operations: Sequence[OperationProgram],
    name: str,
    ranges: Mapping[Key, float],
    rules: Rules,
) -> Iterator[int]:
    """Steps that resolve ``stall`` of the largest change which each run of an operation can make to a state."""
    owners = {Scope.OWN: projection.name, Scope.PRE: projection.source, Scope.POST: projection.target}
    for operation in operations:
        numbers = {c.name: c.values for c in operation.coefficients}
        for part in operation.statements:
            reads = symbols(part.value) - {Symbol(name)}
            traces = {symbol for symbol in reads if symbol.name not in numbers}
            if part.target == Symbol(name) and traces and not totals(part.value):
                change = _unclipped(part.value)
                values = {symbol.name: ranges.get((owners[symbol.scope], symbol.name), 0.0) for symbol in traces}
                moved = float(np.max(np.abs(evaluate(change, {**numbers, **values, name: 0.0})), initial=0.0))
                if moved > 0:
                    yield math.floor(math.log2(2.0 * rules.stall * moved))


def _unclipped(value: Expression) -> Expression:
    return value.arguments[0] if isinstance(value, Call) and value.function == "clip" else value


def _clipped_at(projection: ProjectionProgram, operations: Sequence[OperationProgram], name: str) -> float:
    """The largest absolute bound to which code clips a state; 0 where none does: a register must reach its bound."""
    numbers = {c.name: c.values for c in projection.coefficients} | {s.name: s.initial for s in projection.states}
    numbers |= {c.name: c.values for operation in operations for c in operation.coefficients}
    code = [*projection.on_pre, *projection.on_post, *(part for item in operations for part in item.statements)]
    bounds = [
        float(np.abs(evaluate(bound, numbers)).max(initial=0.0))
        for part in code
        if part.target == Symbol(name) and isinstance(part.value, Call) and part.value.function == "clip"
        for bound in part.value.arguments[1:]
        if all(symbol.scope is Scope.OWN for symbol in symbols(bound))
    ]
    return max(bounds, default=0.0)


def _trace_exponent(projection: ProjectionProgram, state: State, largest: float, rules: Rules) -> tuple[int, str]:
    numbers = {c.name: c.values for c in projection.coefficients} | {s.name: s.initial for s in projection.states}
    factor = float(np.max(numbers[f"a__{state.name}__{state.name}"], initial=0.0))
    ratio = max(1.0, -1.0 / math.log(factor)) if 0.0 < factor < 1.0 else 1.0
    matters = largest or 1.0
    for part in (*projection.on_pre, *projection.on_post):
        own = all(symbol.scope is Scope.OWN for symbol in symbols(part.value))
        if part.target == Symbol(state.name) and own and state.initial.size:
            change = np.abs(evaluate(part.value, numbers) - numbers[state.name])
            if np.any(change > 0):
                matters = min(matters, float(np.median(change[change > 0])))
    step = 2.0 * rules.stall * matters / ratio
    return math.floor(math.log2(step)), f"{rules.stall:g} of the increment {matters:.3g} at tau/dt = {ratio:.4g}"


def _weight_exponent(projection: ProjectionProgram, state: State, formats: Mapping[Key, Format], rules: Rules) -> int:
    name = state.name
    exponents = [
        formats[projection.target if part.target.scope is Scope.POST else projection.source, part.target.name].exponent
        for part in (*projection.on_pre, *projection.on_post)
        if part.accumulate and Symbol(name) in symbols(part.value)
    ]
    # A plastic weight resolves the smallest change that a trace can make to it.
    exponents += [
        formats[projection.name, symbol.name].exponent
        for part in (*projection.on_pre, *projection.on_post)
        if part.target == Symbol(name)
        for symbol in symbols(part.value)
        if symbol.scope is Scope.OWN and symbol.name != name and (projection.name, symbol.name) in formats
    ]
    # A number that differs by synapse and is never written keeps the precision of a coefficient.
    sizes = np.abs(state.initial[state.initial != 0])
    own = math.floor(math.log2(float(sizes.min()))) - rules.guard_bits if sizes.size else -16
    return min(exponents, default=own)
