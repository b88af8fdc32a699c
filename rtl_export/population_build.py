"""Builds one population's share of the netlist from its program: memories' words, and the arithmetic of each stage."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neuro.program import (
    ACTIVE,
    Assignment,
    Binary,
    Expression,
    Format,
    PopulationProgram,
    Select,
    StepProgram,
    Symbol,
    Values,
    symbols,
)
from rtl_export.expressions import Operand, Wire, WirePrinter, flag, literal, named, sized
from rtl_export.intervals import Interval, unsigned_width
from rtl_export.names import population_module, variable_name
from rtl_export.population_core import InputRow, Parameter, PopulationCore, StateCore
from rtl_export.words import Field, Rom, Word, uniform

_SUM = "sum of "
_HELD = "held now"


def population_core(
    program: StepProgram,
    population: PopulationProgram,
    sums: Mapping[str, Interval],
    post_reads: tuple[str, ...],
) -> PopulationCore:
    """The netlist of one population that has neurons.

    Args:
        program: the whole program: inputs and restarts are looked up there.
        population: the one to build.
        sums: written state -> where the sum over a tick's synaptic events lies.
        post_reads: variables that incoming projections read.
    """
    return _Builder(program, population, sums).build(post_reads)


def _format(population: PopulationProgram, name: str) -> Format:
    form = population.state(name).format
    if form is None:
        raise ValueError(f"{population.name}.{name} has no format")  # support.check_supported came first
    return form


class _Builder:
    """Collects the parts of one population."""

    def __init__(self, program: StepProgram, population: PopulationProgram, sums: Mapping[str, Interval]) -> None:
        self.program, self.population, self.sums = program, population, sums
        self.formats = {state.name: _format(population, state.name) for state in population.states}
        self.where = f"population {population.name!r}"
        self.coefficients: dict[str, Operand] = {}
        self.parameters: list[Parameter] = []
        self.rom: dict[str, tuple[int, list[int], bool]] = {}

    def build(self, post_reads: tuple[str, ...]) -> PopulationCore:
        population = self.population
        self._coefficients(post_reads)
        restarts = [(bit, part) for bit, part in enumerate(self.program.restarts) if part.population == population.name]
        update, next_values = self._update()
        settle, settled = self._settle()
        reset, final = self._reset(settled)
        margin, threshold = self._threshold()
        states = tuple(
            StateCore(
                name=state.name,
                width=self.formats[state.name].bits,
                initial=self._initial(state.name, state.initial),
                restarts=tuple(bit for bit, part in restarts if state.name in part.variables),
                next=next_values[state.name],
                final=final[state.name],
            )
            for state in population.states
        )
        period, counter_width = self._period()
        update_fields, write_fields = self._delayed()
        counter = [("counter", counter_width, False)] if counter_width else []
        return PopulationCore(
            name=population.name,
            module=population_module(population.name),
            size=population.size,
            states=states,
            word=Word.of([*((variable_name("state", s.name), s.width, True) for s in states), *counter]),
            rom=self._rom(),
            parameters=tuple(self.parameters),
            counter_width=counter_width,
            period=period,
            restarts=tuple(bit for bit, _ in restarts),
            inputs=tuple(
                InputRow(number, given.variable, self.formats[given.variable].bits)
                for number, given in enumerate(self.program.inputs)
                if given.population == population.name
            ),
            sums=Word.of((variable_name("sum", name), interval.width, True) for name, interval in self.sums.items()),
            winners=population.winners,
            update_fields=update_fields,
            write_fields=write_fields,
            margin=margin,
            update=update,
            threshold=threshold,
            settle=settle,
            reset=reset,
            holds=population.refractory is not None and bool(population.held & set(self.sums)),
            post_reads=post_reads,
        )

    def _coefficients(self, post_reads: tuple[str, ...]) -> None:
        population = self.population
        read = {symbol.name for expression in self._expressions() for symbol in symbols(expression)} | set(post_reads)
        for coefficient in population.coefficients:
            if coefficient.name not in read:
                continue
            name, shared = variable_name("coef", coefficient.name), uniform(coefficient.values)
            interval = Interval.of(coefficient.values.reshape(-1).tolist())
            self.coefficients[coefficient.name] = named(name, interval)
            if shared is None:
                self.rom[name] = (interval.width, coefficient.values.tolist(), True)
            else:
                self.parameters.append(Parameter(name, interval.width, sized(shared, interval.width)))

    def _expressions(self) -> list[Expression]:
        threshold = self.population.threshold
        sides = [] if threshold is None else [threshold.left, threshold.right]
        return [part.value for part in (*self.population.update, *self.population.reset)] + sides

    def _initial(self, name: str, values: Values) -> str:
        shared, bits = uniform(values), self.formats[name].bits
        if shared is not None:
            return sized(shared, bits)
        self.rom[variable_name("initial", name)] = (bits, values.tolist(), True)
        return "update_" + variable_name("initial", name)

    def _period(self) -> tuple[str, int]:
        """Text of the refractory period and the width of its counter."""
        given = self.population.refractory
        if given is None:
            return "", 0
        width, shared = unsigned_width(int(np.max(given))), uniform(given)
        if shared is not None:
            return f"{width}'d{shared}", width
        self.rom["period"] = (width, given.tolist(), False)
        return "period", width

    def _rom(self) -> Rom | None:
        if not self.rom:
            return None
        word = Word.of((name, width, signed) for name, (width, _, signed) in self.rom.items())
        image = word.hex_lines({name: values for name, (_, values, _) in self.rom.items()})
        return Rom(f"{population_module(self.population.name)}_parameters.hex", word, self.population.size, image)

    def _meanings(self, role: str, stage: str, active: str) -> dict[Symbol, Operand]:
        """What symbols mean in a stage; values that differ between neurons travel with the neuron."""
        meanings = {
            Symbol(name): named(variable_name(role, name), Interval(form.lowest, form.highest), form.bits)
            for name, form in self.formats.items()
        }
        for name, operand in self.coefficients.items():
            travels = operand.text in self.rom
            meanings[Symbol(name)] = replace(operand, text=stage + operand.text) if travels else operand
        always = self.population.refractory is None
        return {**meanings, Symbol(ACTIVE): flag("1'b1" if always else active)}

    def _delayed(self) -> tuple[tuple[Field, ...], tuple[Field, ...]]:
        """Fields of the ROM that the update stage needs (for itself or to hand them on), and the write stage."""
        threshold = self.population.threshold
        late = set() if threshold is None else symbols(threshold.left) | symbols(threshold.right)
        early = {symbol for part in self.population.update for symbol in symbols(part.value)}
        rom = self._rom()
        fields = () if rom is None else rom.word.fields
        write = {variable_name("coef", symbol.name) for symbol in late}
        update = write | {variable_name("coef", symbol.name) for symbol in early}
        return (
            tuple(part for part in fields if part.name in update or part.name.startswith("initial_")),
            tuple(part for part in fields if part.name in write),
        )

    def _update(self) -> tuple[tuple[Wire, ...], dict[str, str]]:
        """Phase 1: ``next_`` from ``start_``; all assignments read the old values."""
        values = {part.target.name: self._held(part) for part in self.population.update}
        meanings = self._meanings("start", "update_", "active")
        printer = WirePrinter("update", meanings, f"the update of {self.where}")
        texts = {
            name: printer.stored(variable_name("next", name), name, values.get(name, Symbol(name)), form).text
            for name, form in self.formats.items()
        }
        return tuple(printer.wires), texts

    def _held(self, part: Assignment) -> Expression:
        """The value of an update that holds while refractory where its state asks for it."""
        value = _plain(part)
        if part.target.name not in self.population.held or self.population.refractory is None:
            return value
        if isinstance(value, Select) and (value.condition, value.otherwise) == (
            Symbol(ACTIVE),
            Symbol(part.target.name),
        ):
            return value
        return Select(Symbol(ACTIVE), value, Symbol(part.target.name))

    def _threshold(self) -> tuple[Operand, tuple[Wire, ...]]:
        """Phase 2: the margin from ``new_``, and its wires. Only active neurons fire, so it may take them as active."""
        threshold = self.population.threshold
        if threshold is None:
            return literal(0), ()
        meanings = self._meanings("new", "write_", "1'b1")
        printer = WirePrinter("threshold", meanings, f"the threshold of {self.where}")
        margin = printer.value("margin", Binary("-", threshold.left, threshold.right))
        return margin, tuple(printer.wires)

    def _settle(self) -> tuple[tuple[Wire, ...], dict[str, Operand]]:
        """End of phase 3: ``settled_`` from ``stored_`` and the wide ``sum_``, saturated once."""
        meanings = self._meanings("stored", "", "!refractory")
        held = Symbol(_HELD)
        meanings[held] = flag("refractory")
        for name, interval in self.sums.items():
            meanings[Symbol(_SUM + name)] = named(variable_name("sum", name), interval)
        printer = WirePrinter("settle", meanings, f"the synaptic sums of {self.where}")
        settled: dict[str, Operand] = {}
        for name, form in self.formats.items():
            value: Expression = Symbol(name)
            if name in self.sums:
                value = Binary("+", Symbol(name), Symbol(_SUM + name))
                if name in self.population.held and self.population.refractory is not None:
                    value = Select(held, Symbol(name), value)
            settled[name] = printer.stored(variable_name("settled", name), name, value, form)
        return tuple(printer.wires), settled

    def _reset(self, settled: Mapping[str, Operand]) -> tuple[tuple[Wire, ...], dict[str, str]]:
        """Phase 4: ``final_`` from ``settled_``; each statement reads what the ones before it left."""
        # A neuron that has just fired is refractory already, where it has a refractory time.
        meanings = self._meanings("settled", "", "1'b0")
        meanings |= {Symbol(name): operand for name, operand in settled.items()}
        printer = WirePrinter("reset", meanings, f"the reset of {self.where}")
        for number, part in enumerate(self.population.reset, start=1):
            name = part.target.name
            target = f"after{number}_{name}"
            meanings[Symbol(name)] = printer.stored(target, name, _plain(part), self.formats[name])
        texts: dict[str, str] = {}
        for name, before in settled.items():
            after, texts[name] = meanings[Symbol(name)], before.text
            if after != before:
                texts[name] = variable_name("final", name)
                printer.wires.append(Wire(texts[name], before.width, f"fired ? {after.text} : {before.text}"))
        return tuple(printer.wires), texts


def _plain(part: Assignment) -> Expression:
    """The value that is stored, also where the statement adds."""
    return Binary("+", part.target, part.value) if part.accumulate else part.value
