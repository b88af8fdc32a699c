"""Builds one projection's share of the core: its words, and the arithmetic of on_pre, on_post and operations."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.ir import (
    Assignment,
    Binary,
    Coefficient,
    Expression,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    State,
    StepProgram,
    Symbol,
    symbols,
)
from rtl_export.core.datapath import Datapath, DatapathBuilder, Parameter
from rtl_export.core.expressions import Operand, WirePrinter, literal, named, sized
from rtl_export.core.intervals import Interval, unsigned_width
from rtl_export.core.names import projection_module, signal_of, variable_name
from rtl_export.core.projection_core import Delta, PostRead, ProjectionCore, SynapticOperation
from rtl_export.core.storage import Storage, storage_of
from rtl_export.core.traces import add_first_tick, shared_states, steps, trace_core, waits
from rtl_export.core.words import Word, uniform_layout


def projection_core(program: StepProgram, projection: ProjectionProgram, cores: int) -> ProjectionCore:
    """The share of one projection that can do something, without its operations (:func:`with_operations`)."""
    return _Builder(program, projection, cores).build()


def with_operations(program: StepProgram, core: ProjectionCore, read_latency: int, cores: int) -> ProjectionCore:
    """The projection with its operations; ``read_latency``: clocks until a settled state of the target comes."""
    builder = _Builder(program, core.program, cores)
    return replace(core, operations=builder.operations(read_latency))


def settled_reads(program: StepProgram, projection: ProjectionProgram) -> tuple[str, ...]:
    """States of the target that operations on the projection read."""
    names = {
        symbol.name
        for operation in program.operations
        if operation.of == projection.name
        for part in operation.statements
        for symbol in symbols(part.value)
        if symbol.scope is Scope.POST
    }
    return tuple(sorted(names))


class _Builder:
    """Collects the parts of one projection."""

    def __init__(self, program: StepProgram, projection: ProjectionProgram, cores: int) -> None:
        self.projection, self.program = projection, program
        self.module = projection_module(projection.name)
        self.where = f"projection {projection.name!r}"
        self.target: PopulationProgram = program.population(projection.target)
        self.sources, self.targets = program.size_of(projection.source), self.target.size // cores
        self.capacity = int(np.bincount(projection.column // self.targets).max())
        self.operated = [(k, part) for k, part in enumerate(program.operations) if part.of == projection.name]
        self.shared = shared_states(projection)
        self.changed = self._changed()
        self.traces = {
            Scope.PRE: trace_core(projection, self.module, Scope.PRE, self.sources),
            Scope.POST: trace_core(projection, self.module, Scope.POST, self.targets),
        }
        self.link: dict[str, tuple[int, AnyArray]] = {}
        for part in self._own():
            if part.name not in self.changed and part.name not in self.shared:
                self._keep(variable_name("syn", part.name), part, self._reads(projection.on_pre, projection.on_post))
        for number, operation in self.operated:
            for coefficient in operation.coefficients:
                self._keep(variable_name(f"op{number}", coefficient.name), coefficient, {coefficient.name})

    def build(self) -> ProjectionCore:
        projection = self.projection
        weights = Word.of(
            (variable_name("own", state.name), state.format.bits, True)
            for state in projection.states
            if state.name in self.changed and state.format is not None
        )
        static = not weights.fields and not any(self.traces.values())
        storage = storage_of(projection, self.target.size, static=static, stored=bool(self.link))
        column = [("column", unsigned_width(self.targets - 1), False)] if storage is Storage.ROWS else []
        on_pre, deltas = self._on_pre()
        return ProjectionCore(
            program=projection,
            module=self.module,
            sources=self.sources,
            targets=self.targets,
            capacity=self.capacity,
            delay=int(np.asarray(projection.delay).reshape(-1)[0]),
            storage=storage,
            link=Word.of([*column, *((name, width, True) for name, (width, _) in self.link.items())]),
            link_values={name: values for name, (_, values) in self.link.items()},
            weights=weights,
            on_pre=on_pre,
            on_post=self._on_post(),
            step=self._synaptic_step(),
            step_waits=waits(projection, self._stepped()),
            operations=(),
            pre_traces=self.traces[Scope.PRE],
            post_traces=self.traces[Scope.POST],
            deltas=deltas,
            read_ports=self._ports(self._post_reads()),
            settled=self._ports(settled_reads(self.program, projection)),
        )

    # ------------------------------------------------------------------------------------------------ what is stored

    def _own(self) -> tuple[State | Coefficient, ...]:
        return (*self.projection.states, *self.projection.coefficients)

    def _changed(self) -> set[str]:
        """States of a synapse that anything writes, apart from the shared ones."""
        projection = self.projection
        code = [*projection.on_pre, *projection.on_post, *projection.update]
        code += [part for _, operation in self.operated for part in operation.statements]
        return {part.target.name for part in code if part.target.scope is Scope.OWN} - self.shared.keys()

    def _reads(self, *codes: tuple[Assignment, ...]) -> set[str]:
        code = [part for statements in codes for part in statements]
        code += [*self.projection.update, *(part for _, op in self.operated for part in op.statements)]
        return {symbol.name for part in code for symbol in symbols(part.value) if symbol.scope is Scope.OWN}

    def _keep(self, field: str, part: State | Coefficient, read: set[str]) -> None:
        """Keep a number that differs between synapses in their words."""
        values = np.asarray(part.initial if isinstance(part, State) else part.values)
        if part.name in read and uniform_layout(values) is None:
            form = part.format if isinstance(part, State) else None
            width = Interval.of(values.tolist()).width if form is None else form.bits
            self.link[field] = (width, values.astype(np.int64))

    def _meaning(self, path: DatapathBuilder, field: str, part: State | Coefficient) -> Operand:
        """A number of the synapse: a constant where all share it, else a field of its word."""
        values = np.asarray(part.initial if isinstance(part, State) else part.values)
        shared = uniform_layout(values)
        if shared is not None:
            name = field.replace("syn_", "all_", 1)
            interval = Interval(shared, shared)
            path.constant(Parameter(name, interval.width, sized(shared, interval.width)))
            return named(name, interval)
        form = part.format if isinstance(part, State) else None
        # The format's whole range, not today's values: the widths stay right for any weights of that format.
        interval = Interval.of(values.tolist()) if form is None else Interval(form.lowest, form.highest)
        width = interval.width if form is None else form.bits
        path.input(field, width)
        return named(field, interval, width)

    def _meanings(self, path: DatapathBuilder, steady: Scope, trace_stage: int) -> dict[Symbol, Operand]:
        """What own symbols mean; traces of side ``steady`` are held, those of the other come with the synapse."""
        meanings: dict[Symbol, Operand] = {}
        for part in self._own():
            form = part.format if isinstance(part, State) else None
            if form is None or (part.name not in self.changed and part.name not in self.shared):
                meanings[Symbol(part.name)] = self._meaning(path, variable_name("syn", part.name), part)
                continue
            side = self.shared.get(part.name)
            role = "own" if side is None else "held" if side is steady else "trace"
            field = variable_name(role, part.name)
            if role == "held":
                path.steady(field, form.bits)
            else:
                path.input(field, form.bits, stage=trace_stage if role == "trace" else 0)
            meanings[Symbol(part.name)] = named(field, Interval(form.lowest, form.highest), form.bits)
        return meanings

    # ------------------------------------------------------------------------------------------------ the target

    def _post_reads(self) -> tuple[str, ...]:
        code = (*self.projection.on_pre, *self.projection.on_post)
        read = {s.name for part in code for s in symbols(part.value) if s.scope is Scope.POST}
        shared = {part.name for part in self.target.coefficients if uniform_layout(part.values) is not None}
        return tuple(sorted(read - shared))

    def _ports(self, names: tuple[str, ...]) -> tuple[PostRead, ...]:
        return tuple(PostRead(name, self._of_target(name, "look").width) for name in names)

    def _of_target(self, name: str, role: str) -> Operand:
        field = variable_name(role, name)
        for state in self.target.states:
            if state.name == name and state.format is not None:
                interval = Interval(state.format.lowest, state.format.highest)
                return named(field, interval, state.format.bits)
        values = next(part.values for part in self.target.coefficients if part.name == name)
        shared = uniform_layout(values)
        return literal(shared) if shared is not None else named(field, Interval.of(values.tolist()))

    def _post_meanings(self, path: DatapathBuilder, names: set[str], role: str, stage: int) -> dict[Symbol, Operand]:
        meanings = {Symbol(name, Scope.POST): self._of_target(name, role) for name in names}
        for symbol, operand in meanings.items():
            if operand.text == variable_name(role, symbol.name):
                path.input(operand.text, operand.width, stage=stage)
        return meanings

    # ------------------------------------------------------------------------------------------------ arithmetic

    def _path(self, role: str, purpose: str) -> DatapathBuilder:
        path = DatapathBuilder(signal_of(self.module, role), f"{purpose} of projection '{self.projection.name}'")
        path.input("synapse", unsigned_width(max(self.capacity - 1, 0)), signed=False)
        return path

    def _finish(self, path: DatapathBuilder, left: dict[Symbol, Operand]) -> Datapath:
        """Outputs: the synapse and what it changes to."""
        if self.changed:
            path.output("written", unsigned_width(max(self.capacity - 1, 0)), "synapse", signed=False)
        for state in self.projection.states:
            if state.name in self.changed and state.format is not None:
                path.output(variable_name("new", state.name), state.format.bits, left[Symbol(state.name)])
        return path.build()

    def _statement(self, printer: WirePrinter, number: int, part: Assignment, meanings: dict[Symbol, Operand]) -> None:
        """A statement on a synapse's own variable; later ones see what it leaves."""
        name, form = part.target.name, self.projection.state(part.target.name).format
        value: Expression = Binary("+", part.target, part.value) if part.accumulate else part.value
        printer.symbols = meanings
        if form is not None:
            meanings[part.target] = printer.stored(f"left{number}_{name}", name, value, form)

    def _on_pre(self) -> tuple[Datapath, tuple[Delta, ...]]:
        path = self._path("on_pre", "an arriving spike at a synapse")
        path.input("target", unsigned_width(self.targets - 1), signed=False)
        meanings = self._meanings(path, Scope.PRE, 1)
        read = {s.name for part in self.projection.on_pre for s in symbols(part.value) if s.scope is Scope.POST}
        meanings |= self._post_meanings(path, read, "look", 1)
        printer = WirePrinter("event", meanings, f"on_pre of {self.where}")
        added: dict[str, Expression] = {}
        for number, part in enumerate(self.projection.on_pre, start=1):
            name = part.target.name
            if part.target.scope is Scope.OWN:
                self._statement(printer, number, part, meanings)
                continue
            # What an event adds is fixed here: later statements may change what it reads.
            term = Symbol(f"term {number}")
            printer.symbols = meanings
            meanings[term] = printer.value(name, part.value)
            added[name] = Binary("+", added[name], term) if name in added else term
        most = int(np.bincount(self.projection.column).max())
        deltas = []
        for name, expression in added.items():
            printer.symbols = meanings
            operand = printer.value(name, expression)
            width = operand.interval.width
            path.output(variable_name("delta", name), width, operand)
            deltas.append(Delta(name, width, operand.interval.times(most)))
        path.wires(printer.wires)
        if deltas:
            path.output("hit", unsigned_width(self.targets - 1), "target", signed=False)
        return self._finish(path, meanings), tuple(deltas)

    def _on_post(self) -> Datapath | None:
        code = self.projection.on_post
        if not code:
            return None
        path = self._path("on_post", "a spike of the target at a synapse")
        meanings = self._meanings(path, Scope.POST, 0)
        read = {s.name for part in code for s in symbols(part.value) if s.scope is Scope.POST}
        meanings |= self._post_meanings(path, read, "look", 0)
        printer = WirePrinter("event", meanings, f"on_post of {self.where}")
        for number, part in enumerate(code, start=1):
            self._statement(printer, number, part, meanings)
        path.wires(printer.wires)
        return self._finish(path, meanings)

    def _stepped(self) -> set[str]:
        return {part.target.name for part in self.projection.update} & self.changed

    def _synaptic_step(self) -> Datapath | None:
        """What each synapse does by itself in every tick; all read the old values."""
        code = steps(self.projection, self._stepped())
        if not code:
            return None
        path = self._path("step", "one tick of a synapse")
        meanings = self._meanings(path, Scope.PRE, 1)
        add_first_tick(path, meanings)
        printer = WirePrinter("step", meanings, f"the update of {self.where}")
        left = dict(meanings)
        for number, part in enumerate(code, start=1):
            printer.symbols = meanings
            form = self.projection.state(part.target.name).format
            value: Expression = Binary("+", part.target, part.value) if part.accumulate else part.value
            if form is not None:
                left[part.target] = printer.stored(f"left{number}_{part.target.name}", part.target.name, value, form)
        path.wires(printer.wires)
        return self._finish(path, left)

    def operations(self, read_latency: int) -> tuple[SynapticOperation, ...]:
        """The operations on the synapses."""
        return tuple(
            SynapticOperation(number, self._operation(number, operation, read_latency))
            for number, operation in self.operated
        )

    def _operation(self, number: int, operation: OperationProgram, read_latency: int) -> Datapath:
        path = self._path(f"operation{number}", f"operation '{operation.name}' at a synapse")
        meanings = self._meanings(path, Scope.PRE, 1)
        meanings |= {
            Symbol(part.name): self._meaning(path, variable_name(f"op{number}", part.name), part)
            for part in operation.coefficients
        }
        read = {s.name for part in operation.statements for s in symbols(part.value) if s.scope is Scope.POST}
        meanings |= self._post_meanings(path, read, "settled", read_latency)
        printer = WirePrinter("operate", meanings, f"operation {operation.name!r} on {self.where}")
        for count, part in enumerate(operation.statements, start=1):
            self._statement(printer, count, part, meanings)
        path.wires(printer.wires)
        return self._finish(path, meanings)
