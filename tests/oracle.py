"""A plain interpreter of StepPrograms: the tick contract of ``neuro.circuit.circuit``, read aloud, one value at a time.

It shares no code with any target. Integers are Python's (unbounded), floats are Python's (IEEE double), every
neuron and synapse is visited by an ordinary loop. Slow, and meant to be checked by reading it beside the contract.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import numpy as np

from neuro.alias_tables import poisson_tables
from neuro.compiler.ir import (
    ACTIVE,
    FLUSH_BELOW,
    INDEX,
    SYNAPSE,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    PopulationProgram,
    ProbeProgram,
    ProjectionProgram,
    RoundShift,
    Scope,
    Select,
    Slot,
    State,
    StepProgram,
    Symbol,
    Unary,
    totals,
)
from neuro.spikes import Recording, Spikes

Number = Any
Read = Callable[[Symbol], Number]

_BINARY: Mapping[str, Callable[[Number, Number], Number]] = MappingProxyType(
    {
        "+": operator.add,
        "-": operator.sub,
        "*": operator.mul,
        "/": operator.truediv,
        "//": operator.floordiv,
        "%": operator.mod,
        "**": operator.pow,
        "<": operator.lt,
        "<=": operator.le,
        ">": operator.gt,
        ">=": operator.ge,
        "==": operator.eq,
        "!=": operator.ne,
        "and": lambda left, right: bool(left) and bool(right),
        "or": lambda left, right: bool(left) or bool(right),
    }
)


def random_word(seed: int, tick: int, index: int) -> int:
    """The hash of :mod:`neuro.counter_hash` in Python's own integers."""
    word = seed & 0xFFFFFFFF
    for part, factor in ((tick, 0x9E3779B1), (index, 0x85EBCA77)):
        word = mixed(word ^ part * factor % 2**32)
    return word


def mixed(word: int) -> int:
    """Its bijection of 32-bit words."""
    word ^= word >> 16
    word = word * 0x7FEB352D % 2**32
    word ^= word >> 15
    word = word * 0x846CA68B % 2**32
    return word ^ word >> 16


def normal(seed: int, tick: int, index: int) -> float:
    """Box & Muller's normal number from two words."""
    first, second = random_word(seed, tick, index), random_word(seed ^ 0x5BD1E995, tick, index)
    return math.sqrt(-2 * math.log((first + 1) / 2**32)) * math.cos(2 * math.pi * second / 2**32)


def poisson(seed: int, tick: int, index: int, mean: float) -> float:
    """The sum of looks into the table, each with what the grid leaves."""
    if not mean > 0:
        return 0.0
    limits, others = poisson_tables()
    parts = math.ceil(mean / 16)
    each = mean / parts
    row = math.floor(each * 64)
    left = each - math.floor(each * 64) / 64
    total = 0
    for part in range(parts):
        first = random_word(seed ^ (part * 0xC2B2AE35 % 2**32), tick, index)
        column, share = divmod(first, 2**26)
        total += column if share < limits[row, column] else int(others[row, column])
        at = (first * 0x9E3779B1 % 2**32 + 0.5) / 2**32
        term = 1 - left * (1 - left / 2 * (1 - left / 3 * (1 - left / 4 * (1 - left / 5))))
        level = term
        for count in range(1, 7):
            total += at >= level
            term *= left / count
            level += term
    return float(total)


_FUNCTIONS: Mapping[str, Callable[..., Number]] = MappingProxyType(
    {
        "abs": abs,
        "arccos": math.acos,
        "arcsin": math.asin,
        "arctan": math.atan,
        "ceil": math.ceil,
        "clip": lambda value, low, high: min(max(value, low), high),
        "cos": math.cos,
        "cosh": math.cosh,
        "exp": math.exp,
        "expm1": math.expm1,
        "exprel": lambda value: math.expm1(value) / value if value else 1.0,
        "floor": math.floor,
        "log": math.log,
        "log10": math.log10,
        "log1p": math.log1p,
        "max": max,
        "min": min,
        "random_bits": lambda seed, tick, index: random_word(int(seed), tick, index),
        "random_normal": lambda seed, tick, index: normal(int(seed), tick, index),
        "random_poisson": lambda seed, tick, index, mean: poisson(int(seed), tick, index, mean),
        "sign": lambda value: (value > 0) - (value < 0),
        "sin": math.sin,
        "sinh": math.sinh,
        "sqrt": math.sqrt,
        "tan": math.tan,
        "tanh": math.tanh,
        "trunc": math.trunc,
    }
)


def interpret(program: StepProgram, ticks: int, probes: Sequence[ProbeProgram] = ()) -> Recording:
    """Run a float or quantised program for ``ticks`` ticks; ``probes`` are read besides the program's own."""
    return _Run(program, probes).run(ticks)


def probe_everything(program: StepProgram) -> tuple[ProbeProgram, ...]:
    """A probe on every state of every population and projection, at every tick."""
    return tuple(ProbeProgram(part.name, state.name, 1) for part in program.stateful for state in part.states)


def evaluate(expression: Expression, read: Read) -> Number:
    """The value of an expression; ``read`` gives the value of a symbol."""
    match expression:
        case Constant(value):
            return value
        case Symbol():
            return read(expression)
        case Unary("-", operand):
            return -evaluate(operand, read)
        case Unary("not", operand):
            return not evaluate(operand, read)
        case Binary(name, left, right):
            return _BINARY[name](evaluate(left, read), evaluate(right, read))
        case Call("incoming" | "outgoing", _):
            return read(sum_symbol(expression))
        case Call(function, arguments):
            return _FUNCTIONS[function](*(evaluate(argument, read) for argument in arguments))
        case Select(condition, then, otherwise):
            return evaluate(then if evaluate(condition, read) else otherwise, read)
        case RoundShift(operand, bits):
            # Python's // floors, so this is floor(x / 2**bits + 1/2) without a rounding error.
            return (evaluate(operand, read) + 2 ** (bits - 1)) // 2**bits
        case Flush(operand):
            value = evaluate(operand, read)
            return 0.0 if abs(value) < FLUSH_BELOW else value
    raise TypeError(f"no such expression: {expression!r}")


def sum_symbol(call: Call) -> Symbol:
    """The name under which the value of ``incoming(x)`` or ``outgoing(x)`` is read."""
    return Symbol(repr(call))


class _Part:
    """The memory of a population or projection: name -> one value per neuron or synapse."""

    def __init__(self, states: Sequence[State], coefficients: Sequence[Coefficient]) -> None:
        self.tick = 0
        self.formats = {state.name: state.format for state in states}
        self.values: dict[str, list[Number]] = {state.name: state.initial.tolist() for state in states}
        self.coefficients: dict[str, Number] = {c.name: c.values.tolist() for c in coefficients}

    def read(self, name: str, index: int) -> Number:
        if name in self.values:
            return self.values[name][index]
        coefficient = self.coefficients[name]
        return coefficient[index] if isinstance(coefficient, list) else coefficient

    def store(self, name: str, index: int, value: Number) -> None:
        form = self.formats[name]
        if form is not None:
            value = min(max(int(value), form.lowest), form.highest)
        self.values[name][index] = value


class _Neurons(_Part):
    """A population: its states, refractory counters, quota and what it fired, tick by tick."""

    def __init__(self, program: PopulationProgram, dt: float) -> None:
        super().__init__(program.states, program.coefficients)
        self.program = program
        self.counter = [0] * program.size if program.left is None else program.left.tolist()
        self.used = 0
        self.dt = dt
        self.fired: list[list[int]] = []

    def period(self, i: int) -> int:
        assert self.program.refractory is not None
        return int(np.broadcast_to(self.program.refractory, (self.program.size,))[i])

    def refractory(self, i: int) -> bool:
        return self.counter[i] > 0

    def takes_write(self, name: str, i: int) -> bool:
        """Brian2's conditional write: a clamped variable takes nothing while its neuron is refractory."""
        return not (name in self.program.clamped and self.refractory(i))

    def reader(self, i: int) -> Read:
        built_in: dict[str, Callable[[], Number]] = {
            ACTIVE: lambda: not self.refractory(i),
            TICK: lambda: self.tick,
            TIME: lambda: self.tick * self.dt,
            INDEX: lambda: i,
        }
        return lambda symbol: built_in[symbol.name]() if symbol.name in built_in else self.read(symbol.name, i)

    def update(self) -> None:
        for i in range(self.program.size):
            self.counter[i] = max(self.counter[i] - 1, 0)
            held = self.program.held_while
            if held is not None and not evaluate(held, self.reader(i)):
                self.counter[i] = 0
            stages: dict[str, Number] = {}

            def read(symbol: Symbol, i: int = i, stages: dict[str, Number] = stages) -> Number:
                return stages[symbol.name] if symbol.name in stages else self.reader(i)(symbol)

            for part in self.program.stages:
                stages[part.target.name] = evaluate(part.value, read)
            # All values first, then all stores: the assignments are simultaneous.
            values = [(part.target.name, evaluate(part.value, read)) for part in self.program.update]
            for name, value in values:
                if self.takes_write(name, i):
                    self.store(name, i, value)

    def fire(self) -> None:
        winners = self._winners()
        self.used += len(winners)
        self.fired.append(winners)
        if self.program.refractory is not None:
            for i in winners:
                self.counter[i] = self.period(i)
        for i in winners:
            for part in self.program.fired:
                self.store(part.target.name, i, evaluate(part.value, self.reader(i)))

    def _winners(self) -> list[int]:
        threshold, rule = self.program.threshold, self.program.winners
        if threshold is None:
            return []
        margins = {}
        for i in range(self.program.size):
            left, right = (evaluate(side, self.reader(i)) for side in (threshold.left, threshold.right))
            if left > right and not self.refractory(i):
                margins[i] = left - right
        limit = len(margins)
        if rule.per_tick is not None:
            limit = min(limit, rule.per_tick)
        if rule.max_winners is not None:
            limit = min(limit, rule.max_winners - self.used)
        return sorted(sorted(margins, key=lambda i: (-margins[i], i))[:limit])

    def reset(self) -> None:
        for i in self.fired[-1]:
            for part in self.program.reset:
                self.store(part.target.name, i, evaluate(part.value, self.reader(i)))


class _Synapses(_Part):
    """A projection: its states and the order in which its synapses see the spikes that arrive at a tick."""

    def __init__(self, program: ProjectionProgram, dt: float) -> None:
        super().__init__(program.states, program.coefficients)
        self.program = program
        self.dt = dt
        self.delay = np.broadcast_to(program.delay, (program.synapses,)).tolist()
        self.rows = program.row_start.tolist()
        self.column = program.column.tolist()
        self.source = [i for i in range(len(self.rows) - 1) for _ in range(self.rows[i], self.rows[i + 1])]

    def own(self, symbol: Symbol, s: int) -> Number:
        """What a symbol without a side means in synapse s."""
        built_in = {TICK: self.tick, TIME: self.tick * self.dt, SYNAPSE: s}
        return built_in[symbol.name] if symbol.name in built_in else self.read(symbol.name, s)

    def arrivals(
        self, n: int, fired: Sequence[Sequence[int]], past: Mapping[int, Sequence[int]]
    ) -> list[tuple[int, int]]:
        """(source neuron, synapse) of every spike that arrives at tick n, by (emission tick, source, synapse)."""
        oldest = n - max(self.delay, default=0)
        return [
            (i, s)
            for emission in range(oldest, n + 1)
            for i in (fired[emission] if emission >= 0 else past.get(emission, []))
            for s in range(self.rows[i], self.rows[i + 1])
            if emission + self.delay[s] == n
        ]

    def reached(self, fired: Sequence[int]) -> list[tuple[int, int]]:
        """(source neuron, synapse) of every synapse onto the neurons that fire now, by (target, synapse)."""
        return [
            (i, s)
            for j in fired
            for i in range(len(self.rows) - 1)
            for s in range(self.rows[i], self.rows[i + 1])
            if self.column[s] == j
        ]

    def update(self, n: int) -> None:
        """Phase 1: every synapse takes its own step, event-driven variables not at tick 0; all read the old values."""
        code = [part for part in self.program.update if n > 0 or part.target.name not in self.program.event_driven]
        for s in range(self.program.synapses):

            def read(symbol: Symbol, s: int = s) -> Number:
                return self.own(symbol, s)

            values = [evaluate(part.value, read) for part in code]
            for part, value in zip(code, values, strict=True):
                self.store(part.target.name, s, value)


class _Run:
    """One run of a program."""

    def __init__(self, program: StepProgram, probes: Sequence[ProbeProgram]) -> None:
        self.program = program
        self.neurons = {part.name: _Neurons(part, program.dt) for part in program.populations}
        self.synapses = {part.name: _Synapses(part, program.dt) for part in program.projections}
        self.given: dict[str, list[list[int]]] = {part.name: [] for part in program.sources}
        self.past: dict[str, dict[int, list[int]]] = {}
        for part in program.past:
            spikes = self.past.setdefault(part.of, {})
            for tick, index in zip(part.ticks.tolist(), part.indices.tolist(), strict=True):
                spikes.setdefault(tick, []).append(index)
        self.probes = {(p.of, p.variable, p.every): p for p in (*program.probes, *probes)}
        self.seen: dict[tuple[str, str, int], list[list[Number]]] = {key: [] for key in self.probes}

    def run(self, ticks: int) -> Recording:
        for n in range(ticks):
            for part in (*self.neurons.values(), *self.synapses.values()):
                part.tick = n
            self.operate(n, Slot.FIRST)
            self.start(n)
            self.operate(n, Slot.START)
            for synapses in self.synapses.values():
                self.sum_up(synapses)
            for synapses in self.synapses.values():
                synapses.update(n)
            for neurons in self.neurons.values():
                for link in neurons.program.links:
                    source = self.neurons[link.source]
                    for i, other in enumerate(link.index.tolist()):
                        neurons.store(link.variable, i, source.read(link.source_variable, other))
                neurons.update()
            for neurons in self.neurons.values():
                neurons.fire()
            self.deliver(n)
            for neurons in self.neurons.values():
                neurons.reset()
            self.operate(n, Slot.END)
            self.probe(n)
        return self.recording(ticks)

    def start(self, n: int) -> None:
        """Phase 0: restarts, inputs; and what the sources fire in this tick."""
        for restart in self.program.restarts:
            if n in restart.ticks.tolist():
                neurons = self.neurons[restart.population]
                for name in restart.variables:
                    neurons.values[name] = neurons.program.state(name).initial.tolist()
                neurons.counter = [0] * neurons.program.size
                neurons.used = 0
        for given in self.program.inputs:
            row, neurons = n // given.every, self.neurons[given.population]
            for i in range(neurons.program.size):
                value = given.values[row, i].item() if row < given.values.shape[0] else 0
                neurons.store(given.variable, i, value)
        for source in self.program.sources:
            self.given[source.name].append(source.indices[source.ticks == n].tolist())

    def fired(self, name: str) -> list[list[int]]:
        return self.neurons[name].fired if name in self.neurons else self.given[name]

    def deliver(self, n: int) -> None:
        """Phase 3. Integers: summed wide in ``sums``, stored (and saturated) once at the end."""
        sums: dict[tuple[str, str, int], int] = {}
        for synapses in self.synapses.values():
            for i, s in synapses.arrivals(
                n, self.fired(synapses.program.source), self.past.get(synapses.program.source, {})
            ):
                for statement in synapses.program.on_pre:
                    self.on_event(synapses, i, s, statement, sums)
        for synapses in self.synapses.values():
            for i, s in synapses.reached(self.fired(synapses.program.target)[-1]):
                for statement in synapses.program.on_post:
                    self.on_event(synapses, i, s, statement, sums)
        for (name, variable, j), total in sums.items():
            neurons = self.neurons[name]
            neurons.store(variable, j, neurons.read(variable, j) + total)

    def on_event(
        self,
        synapses: _Synapses,
        i: int,
        s: int,
        statement: Assignment,
        sums: dict[tuple[str, str, int], int],
    ) -> None:
        program = synapses.program
        ends = {Scope.PRE: (program.source, i), Scope.POST: (program.target, synapses.column[s])}

        def read(symbol: Symbol) -> Number:
            if symbol.scope is Scope.OWN:
                return synapses.own(symbol, s)
            name, index = ends[symbol.scope]
            return self.neurons[name].reader(index)(symbol)

        value, target = evaluate(statement.value, read), statement.target
        if target.scope is Scope.OWN:
            synapses.store(target.name, s, synapses.read(target.name, s) + value if statement.accumulate else value)
            return
        name, index = ends[target.scope]
        neurons = self.neurons[name]
        if not neurons.takes_write(target.name, index):
            return
        if not statement.accumulate:
            neurons.store(target.name, index, value)
        elif neurons.formats[target.name] is None:
            neurons.store(target.name, index, neurons.read(target.name, index) + value)
        else:
            key = (name, target.name, index)
            sums[key] = sums.get(key, 0) + value

    def sum_up(self, synapses: _Synapses) -> None:
        """``(summed)`` variables, before any update."""
        for part in synapses.program.summed:
            target = self.neurons[synapses.program.target]
            sums = [0.0] * target.program.size
            for s in range(synapses.program.synapses):
                sums[synapses.column[s]] += evaluate(part.value, self.synaptic_reader(synapses, s))
            for i, total in enumerate(sums):
                target.store(part.target.name, i, total)

    def synaptic_reader(self, synapses: _Synapses, s: int) -> Read:
        """What the symbols of a projection mean at one synapse."""
        program = synapses.program
        ends = {Scope.PRE: (program.source, synapses.source[s]), Scope.POST: (program.target, synapses.column[s])}

        def read(symbol: Symbol) -> Number:
            if symbol.scope is Scope.OWN:
                return synapses.own(symbol, s)
            name, index = ends[symbol.scope]
            return self.neurons[name].reader(index)(symbol)

        return read

    def operate(self, n: int, slot: Slot) -> None:
        for operation in self.program.operations:
            if n % operation.every or operation.slot is not slot:
                continue
            own = {c.name: c.values.tolist() for c in operation.coefficients}
            for part in operation.statements:
                if operation.of in self.neurons:
                    self.operate_on_neurons(self.neurons[operation.of], part, own)
                else:
                    self.operate_on_synapses(self.synapses[operation.of], part, own)

    def operate_on_neurons(self, neurons: _Neurons, part: Assignment, own: Mapping[str, Number]) -> None:
        for i in range(neurons.program.size):
            state = neurons.reader(i)

            def read(symbol: Symbol, i: int = i, state: Read = state) -> Number:
                if symbol.name in own:
                    values = own[symbol.name]
                    return values[i] if isinstance(values, list) else values
                return state(symbol)

            value = evaluate(part.value, read)
            if neurons.takes_write(part.target.name, i):
                neurons.store(part.target.name, i, value)

    def operate_on_synapses(self, synapses: _Synapses, part: Assignment, own: Mapping[str, Number]) -> None:
        def reader(s: int) -> Read:
            state = self.synaptic_reader(synapses, s)
            return lambda symbol: own[symbol.name] if symbol.name in own else state(symbol)

        everyone = range(synapses.program.synapses)
        sums: dict[str, list[Number]] = {}
        for call in totals(part.value):
            ends = synapses.column if call.function == "incoming" else synapses.source
            total = [0.0] * (max(ends, default=-1) + 1)
            for s in everyone:
                total[ends[s]] += evaluate(call.arguments[0], reader(s))
            sums[sum_symbol(call).name] = [total[end] for end in ends]

        def with_sums(s: int) -> Read:
            state = reader(s)
            return lambda symbol: sums[symbol.name][s] if symbol.name in sums else state(symbol)

        for s, new in enumerate([evaluate(part.value, with_sums(s)) for s in everyone]):
            synapses.store(part.target.name, s, new)

    def probe(self, n: int) -> None:
        for key, probe in self.probes.items():
            if n % probe.every == 0:
                part = self.neurons.get(probe.of) or self.synapses[probe.of]
                self.seen[key].append(list(part.values[probe.variable]))

    def recording(self, ticks: int) -> Recording:
        dtype = np.int64 if self.program.quantised else np.float64
        parts: dict[str, _Part] = {**self.neurons, **self.synapses}
        spikes = {name: _spikes(self.fired(name), self.program.size_of(name)) for name in (*self.neurons, *self.given)}
        probes = {}
        for (of, variable, _), rows in self.seen.items():
            probes[of, variable] = np.array(rows, dtype).reshape(len(rows), len(parts[of].values[variable]))
        final = {
            (name, variable): np.array(values, dtype)
            for name, part in parts.items()
            for variable, values in part.values.items()
        }
        return Recording(self.program.dt, ticks, spikes, probes, final)


def _spikes(fired: Sequence[Sequence[int]], size: int) -> Spikes:
    ticks = [n for n, indices in enumerate(fired) for _ in indices]
    indices = [i for tick in fired for i in tick]
    return Spikes(np.array(ticks, np.int64), np.array(indices, np.int64), size)
