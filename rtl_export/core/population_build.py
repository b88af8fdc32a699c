"""Builds one population's share of the netlist from its program: its memories' words and its datapath."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.ir import (
    ACTIVE,
    Assignment,
    Binary,
    Expression,
    Format,
    OperationProgram,
    PopulationProgram,
    Select,
    StepProgram,
    Symbol,
    symbols,
)
from rtl_export.core.datapath import STAGE_NS, DatapathBuilder, Parameter
from rtl_export.core.expressions import Operand, Wire, WirePrinter, flag, literal, named, sized
from rtl_export.core.intervals import Interval, unsigned_width
from rtl_export.core.names import population_module, signal_of, variable_name
from rtl_export.core.population_core import InputRow, PopulationCore, StateCore
from rtl_export.core.words import Word, uniform_layout

_SUM = "sum of "
_HELD = "held now"


def population_core(
    program: StepProgram,
    population: PopulationProgram,
    sums: Mapping[str, Interval],
    looks: tuple[str, ...],
    settled: tuple[str, ...],
    cores: int,
    *,
    stage_ns: float = STAGE_NS,
) -> PopulationCore:
    """The netlist of one population that has neurons.

    Args:
        program: the whole program: inputs, restarts and operations are looked up there.
        population: the one to build.
        sums: written state -> where the sum over a tick's synaptic events lies.
        looks: states and parameters that the code of incoming projections reads.
        settled: states that operations on incoming projections read.
        cores: how many cores share its neurons.
        stage_ns: time for the logic of one stage of its pipeline.
    """
    return _Builder(program, population, sums, stage_ns).build(looks, settled, cores)


def _format(population: PopulationProgram, name: str) -> Format:
    form = population.state(name).format
    if form is None:
        raise ValueError(f"{population.name}.{name} has no format")  # support.check_supported came first
    return form


class _Builder:
    """Collects the parts of one population."""

    def __init__(
        self, program: StepProgram, population: PopulationProgram, sums: Mapping[str, Interval], stage_ns: float
    ) -> None:
        self.program, self.population, self.sums = program, population, sums
        self.formats = {state.name: _format(population, state.name) for state in population.states}
        self.where = f"population {population.name!r}"
        self.restarts = [(bit, part) for bit, part in enumerate(program.restarts) if part.population == population.name]
        self.operations = [(k, part) for k, part in enumerate(program.operations) if part.of == population.name]
        self.path = DatapathBuilder(
            signal_of(population_module(population.name), "step"),
            f"one tick of one neuron of population '{population.name}'",
            stage_ns=stage_ns,
        )
        self.coefficients: dict[str, Operand] = {}
        self.parameters: dict[str, tuple[int, AnyArray, bool]] = {}

    def build(self, looks: tuple[str, ...], settled: tuple[str, ...], cores: int) -> PopulationCore:
        population = self.population
        self._coefficients(looks)
        self.period, self.counter_width = self._period()
        initial = {state.name: self._initial(state.name, state.initial) for state in population.states}
        self._ports()
        margin = self._step(initial)
        counter = [("counter", self.counter_width, False)] if self.counter_width else []
        return PopulationCore(
            name=population.name,
            module=population_module(population.name),
            size=population.size // cores,
            states=tuple(
                StateCore(name, form.bits, tuple(bit for bit, part in self.restarts if name in part.variables))
                for name, form in self.formats.items()
            ),
            word=Word.of([*((variable_name("state", n), f.bits, True) for n, f in self.formats.items()), *counter]),
            parameters=Word.of((name, width, signed) for name, (width, _, signed) in self.parameters.items()),
            values={name: np.asarray(values, np.int64) for name, (_, values, _) in self.parameters.items()},
            counter_width=self.counter_width,
            restarts=tuple(bit for bit, _ in self.restarts),
            operations=tuple(number for number, _ in self.operations),
            inputs=tuple(
                InputRow(number, given.variable, self.formats[given.variable].bits)
                for number, given in enumerate(self.program.inputs)
                if given.population == population.name
            ),
            sums=Word.of((variable_name("sum", name), interval.width, True) for name, interval in self.sums.items()),
            winners=population.winners,
            datapath=self.path.build(),
            margin_width=unsigned_width(max(margin.interval.high, 1)),
            looks=looks,
            settled=settled,
            cores=cores,
        )

    # ------------------------------------------------------------------------------------------------ numbers

    def _coefficients(self, looks: tuple[str, ...]) -> None:
        read = {symbol.name for expression in self._expressions() for symbol in symbols(expression)} | set(looks)
        for part in self.population.coefficients:
            if part.name in read:
                self.coefficients[part.name] = self._number(variable_name("coef", part.name), part.values)

    def _number(self, name: str, values: AnyArray) -> Operand:
        """A value of the model: a constant where all neurons share it, else a field of the parameter memory."""
        interval, shared = Interval.of(np.asarray(values).reshape(-1).tolist()), uniform_layout(values)
        if shared is None:
            self.parameters[name] = (interval.width, values, True)
        else:
            self.path.constant(Parameter(name, interval.width, sized(shared, interval.width)))
        return named(name, interval)

    def _expressions(self) -> list[Expression]:
        threshold = self.population.threshold
        sides = [] if threshold is None else [threshold.left, threshold.right]
        return [part.value for part in (*self.population.update, *self.population.reset)] + sides

    def _initial(self, name: str, values: AnyArray) -> str:
        shared, bits = uniform_layout(values), self.formats[name].bits
        if shared is not None:
            return sized(shared, bits)
        field = variable_name("initial", name)
        self.parameters[field] = (bits, values, True)
        return field

    def _period(self) -> tuple[str, int]:
        """Text of the refractory period and the width of its counter."""
        given = self.population.refractory
        if given is None:
            return "", 0
        width, shared = unsigned_width(int(np.max(given))), uniform_layout(given)
        if shared is not None:
            return f"{width}'d{shared}", width
        self.parameters["period"] = (width, given, False)
        return "period", width

    def _ports(self) -> None:
        """Everything that may come into the datapath; what is not read is left out again."""
        for name, form in self.formats.items():
            self.path.input(variable_name("stored", name), form.bits)
        if self.counter_width:
            self.path.input("stored_counter", self.counter_width, signed=False)
        self.path.input("fired", 1, signed=False)
        for name, interval in self.sums.items():
            self.path.input(variable_name("sum", name), interval.width)
        for number, given in enumerate(self.program.inputs):
            if given.population == self.population.name:
                self.path.input(f"row{number}", self.formats[given.variable].bits)
        self.path.steady("initialising", 1, signed=False)
        self.path.steady("restart", max(len(self.restarts), 1), signed=False)
        self.path.steady("due", max(len(self.operations), 1), signed=False)

    # ------------------------------------------------------------------------------------------------ the step

    def _step(self, initial: Mapping[str, str]) -> Operand:
        """All arithmetic, from the end of the last tick to the threshold of this one; returns the margin."""
        final = self._operate(self._reset(self._settle()))
        self._begin(initial, final)
        update = self._update()
        margin = self._threshold(update)
        for name, (width, _, signed) in self.parameters.items():
            self.path.input(name, width, signed=signed)
        if self.counter_width:
            self.path.wires([Wire("new_active", 1, "next_counter == 0", boolean=True)])
        crosses = f"({margin.text} > {margin.width}'sd0)" + (" && new_active" if self.counter_width else "")
        self.path.wires([Wire("crosses", 1, crosses, boolean=True, comment="the margin never wraps: its sign decides")])
        for name, form in self.formats.items():
            self.path.output(variable_name("final", name), form.bits, final[name].text)
            word = f"initialising ? {initial[name]} : {update[name].text}"
            self.path.output(variable_name("word", name), form.bits, word)
        if self.counter_width:
            self.path.output("final_counter", self.counter_width, "settled_counter", signed=False)
            zero = f"{self.counter_width}'d0"
            self.path.output("word_counter", self.counter_width, f"initialising ? {zero} : next_counter", signed=False)
        self.path.output("fires", 1, "crosses && !initialising", signed=False)
        if self.population.winners.per_tick is not None or self.population.winners.quota is not None:
            self.path.output("margin", unsigned_width(max(margin.interval.high, 1)), margin, signed=False)
        return margin

    def _meanings(self, role: str, active: str) -> dict[Symbol, Operand]:
        """What symbols mean at a point of the step."""
        meanings = {
            Symbol(name): named(variable_name(role, name), Interval(form.lowest, form.highest), form.bits)
            for name, form in self.formats.items()
        }
        always = self.population.refractory is None
        coefficients = {Symbol(name): operand for name, operand in self.coefficients.items()}
        return {**meanings, **coefficients, Symbol(ACTIVE): flag("1'b1" if always else active)}

    def _settle(self) -> dict[str, Operand]:
        """End of phase 3: ``settled_`` from ``stored_`` and the wide ``sum_``, saturated once."""
        held = Symbol(_HELD)
        meanings = {**self._meanings("stored", "!refractory"), held: flag("refractory")}
        for name, interval in self.sums.items():
            meanings[Symbol(_SUM + name)] = named(variable_name("sum", name), interval)
        printer = WirePrinter("settle", meanings, f"the synaptic sums of {self.where}")
        if self.counter_width:
            # A neuron that fired is refractory from its spike on.
            text, width = f"fired ? {self.period} : stored_counter", self.counter_width
            printer.wires.append(Wire("refractory", 1, "fired || stored_counter != 0", boolean=True))
            printer.wires.append(Wire("settled_counter", width, text, signed=False))
            printer.wires.append(Wire("settled_active", 1, "settled_counter == 0", boolean=True))
        settled: dict[str, Operand] = {}
        for name, form in self.formats.items():
            value: Expression = Symbol(name)
            if name in self.sums:
                value = Binary("+", Symbol(name), Symbol(_SUM + name))
                if name in self.population.clamped and self.population.refractory is not None:
                    value = Select(held, Symbol(name), value)
            settled[name] = printer.stored(variable_name("settled", name), name, value, form)
        self.path.wires(printer.wires)
        return settled

    def _reset(self, settled: Mapping[str, Operand]) -> dict[str, Operand]:
        """Phase 4: each statement reads what the ones before it left."""
        # A neuron that has just fired is refractory already, where it has a refractory time.
        meanings = self._meanings("settled", "1'b0")
        meanings |= {Symbol(name): operand for name, operand in settled.items()}
        printer = WirePrinter("reset", meanings, f"the reset of {self.where}")
        for number, part in enumerate(self.population.reset, start=1):
            name = part.target.name
            meanings[Symbol(name)] = printer.stored(f"after{number}_{name}", name, _plain(part), self.formats[name])
        left: dict[str, Operand] = {}
        for name, before in settled.items():
            after = meanings[Symbol(name)]
            left[name] = before
            if after != before:
                left[name] = _choice(printer, variable_name("reset", name), "fired", after, before, self.formats[name])
        self.path.wires(printer.wires)
        return left

    def _operate(self, left: dict[str, Operand]) -> dict[str, Operand]:
        """Phase 5: operations that were due in the tick, statement by statement."""
        meanings = self._meanings("settled", "settled_active")
        printer = WirePrinter("operate", meanings, f"the operations of {self.where}")
        statement = 0
        for bit, (number, operation) in enumerate(self.operations):
            printer.symbols = {**meanings, **self._own_numbers(number, operation)}
            for part in operation.statements:
                statement += 1
                name, form = part.target.name, self.formats[part.target.name]
                printer.symbols = {**printer.symbols, **{Symbol(key): operand for key, operand in left.items()}}
                value = _plain(part)
                if name in self.population.clamped and self.population.refractory is not None:
                    value = Select(Symbol(ACTIVE), value, Symbol(name))
                new = printer.stored(f"operated{statement}_{name}", name, value, form)
                left[name] = _choice(printer, f"done{statement}_{name}", f"due[{bit}]", new, left[name], form)
        self.path.wires(printer.wires)
        return left

    def _own_numbers(self, number: int, operation: OperationProgram) -> dict[Symbol, Operand]:
        return {
            Symbol(part.name): self._number(variable_name(f"op{number}", part.name), part.values)
            for part in operation.coefficients
        }

    def _begin(self, initial: Mapping[str, str], final: Mapping[str, Operand]) -> None:
        """Phase 0 and the refractory counter: ``start_`` from ``final_``."""
        wires: list[Wire] = []
        for name, form in self.formats.items():
            rows = [k for k, given in enumerate(self.program.inputs) if self._feeds(k, name)]
            bits = [f"restart[{bit}]" for bit, (_, part) in enumerate(self.restarts) if name in part.variables]
            text = final[name].text
            if rows:
                text = f"row{rows[-1]}"
            elif bits:
                text = f"({' || '.join(bits)}) ? {initial[name]} : {text}"
            wires.append(Wire(variable_name("start", name), form.bits, text))
        if self.counter_width:
            zero = f"{self.counter_width}'d0"
            restarted = "(restart != 0) ? " + zero + " : " if self.restarts else ""
            text = f"{restarted}(settled_counter == 0) ? {zero} : settled_counter - 1'b1"
            wires.append(Wire("next_counter", self.counter_width, text, signed=False))
            wires.append(Wire("active", 1, "next_counter == 0", boolean=True))
        self.path.wires(wires)

    def _feeds(self, number: int, name: str) -> bool:
        given = self.program.inputs[number]
        return (given.population, given.variable) == (self.population.name, name)

    def _update(self) -> dict[str, Operand]:
        """Phase 1: ``next_`` from ``start_``; all assignments read the old values."""
        values = {part.target.name: self._held(part) for part in self.population.update}
        printer = WirePrinter("update", self._meanings("start", "active"), f"the update of {self.where}")
        operands = {
            name: printer.stored(variable_name("next", name), name, values.get(name, Symbol(name)), form)
            for name, form in self.formats.items()
        }
        self.path.wires(printer.wires)
        return operands

    def _held(self, part: Assignment) -> Expression:
        """The value of an update that holds while refractory where its state asks for it."""
        value = _plain(part)
        if part.target.name not in self.population.clamped or self.population.refractory is None:
            return value
        if isinstance(value, Select) and (value.condition, value.otherwise) == (
            Symbol(ACTIVE),
            Symbol(part.target.name),
        ):
            return value
        return Select(Symbol(ACTIVE), value, Symbol(part.target.name))

    def _threshold(self, update: Mapping[str, Operand]) -> Operand:
        """Phase 2: the margin left - right. Only active neurons fire, so it may take them as active."""
        threshold = self.population.threshold
        if threshold is None:
            return literal(0)
        meanings = self._meanings("next", "1'b1") | {Symbol(name): operand for name, operand in update.items()}
        printer = WirePrinter("threshold", meanings, f"the threshold of {self.where}")
        margin = printer.value("margin", Binary("-", threshold.left, threshold.right))
        self.path.wires(printer.wires)
        return margin


def _choice(
    printer: WirePrinter, target: str, condition: str, then: Operand, otherwise: Operand, form: Format
) -> Operand:
    """``target``: one of two values of a format."""
    interval = Interval(form.lowest, form.highest)
    printer.wires.append(Wire(target, form.bits, f"{condition} ? {then.text} : {otherwise.text}"))
    return named(target, interval, form.bits)


def _plain(part: Assignment) -> Expression:
    """The value that is stored, also where the statement adds."""
    return Binary("+", part.target, part.value) if part.accumulate else part.value
