"""Circuit -> StepProgram: every equation becomes typed expressions for one time step.

The order of things: Brian2 parses the declarations and checks the units, numeric constants are substituted, the
differential equations are integrated over one tick (:mod:`neuro.integrate`), statements become assignments.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.circuit import Circuit, CurrentInput, Operation, Population, Projection, Restart, to_ticks
from neuro.equations import Dimension, Equations, Quantity, check_units, parse_equations, quantity, resolved, seconds
from neuro.errors import CircuitError, EquationError
from neuro.expressions import Statement, multiply, negate, parse_expression, parse_statements, replace
from neuro.integrate import Step, euler_step, exact_step, linear_system
from neuro.models.base import Method
from neuro.program import (
    ACTIVE,
    Assignment,
    Binary,
    Coefficient,
    Expression,
    InputProgram,
    OperationProgram,
    PopulationProgram,
    ProbeProgram,
    ProjectionProgram,
    RestartProgram,
    Scope,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
    Threshold,
    WinnersRule,
    symbols,
)


def lower(circuit: Circuit) -> StepProgram:
    """The step program of a circuit.

    Raises:
        EquationError: unknown names, contradictory units, or code outside the supported language.
        CircuitError: a value, delay or time that does not fit.
    """
    neurons = {population.name: _Neurons.of(population, circuit.dt) for population in circuit.populations}
    return StepProgram(
        dt=circuit.dt,
        populations=tuple(_population(part, circuit.dt) for part in neurons.values()),
        sources=tuple(SourceProgram(s.name, s.size, np.asarray(s.ticks), np.asarray(s.indices)) for s in circuit.sources),
        projections=tuple(_projection(part, neurons, circuit.dt) for part in circuit.projections),
        inputs=tuple(_input(part, neurons) for part in circuit.inputs),
        restarts=tuple(_restart(part, neurons) for part in circuit.restarts),
        operations=tuple(_operation(part, neurons, circuit.dt) for part in circuit.operations),
        probes=tuple(_probe(circuit, neurons, probe.of, probe.variable, probe.every) for probe in circuit.probes),
    )


# -------------------------------------------------------------------------------------------------- neurons


@dataclass(frozen=True, slots=True, eq=False)
class _Neurons:
    """A population with its equations parsed and its constants in SI units."""

    population: Population
    equations: Equations
    constants: Mapping[str, Quantity]
    where: str

    @classmethod
    def of(cls, population: Population, dt: float) -> _Neurons:
        where = f"population {population.name!r}"
        equations = parse_equations(population.model.equations, where)
        constants = _constants(equations, population.model.parameters, population.parameters, where)
        neurons = cls(population, equations, {**constants, "dt": Quantity(np.array(dt), seconds())}, where)
        model = population.model
        check_units(
            equations,
            neurons.dimensions,
            [] if model.threshold is None else [model.threshold],
            [model.reset],
            where,
        )
        return neurons

    @property
    def dimensions(self) -> dict[str, Dimension]:
        given = {name: constant.dimension for name, constant in self.constants.items()}
        return {**given, **self.equations.dimensions}

    @property
    def names(self) -> tuple[str, ...]:
        return (*self.equations.variables, *self.constants)

    def meaning(self, expression: Expression) -> Expression:
        return resolved(expression, self.equations, self.names, self.where)

    def coefficients(self, parts: Iterable[Expression]) -> tuple[Coefficient, ...]:
        """The constants that the expressions read."""
        used = {symbol.name for part in parts for symbol in symbols(part)}
        return tuple(Coefficient(name, self.constants[name].values) for name in sorted(used & set(self.constants)))


def _constants(
    equations: Equations, defaults: Mapping[str, Any], given: Mapping[str, Any], where: str
) -> dict[str, Quantity]:
    for name in given:
        if name in equations.dimensions and name not in equations.constants:
            raise EquationError(f"{name!r} of {where} is a variable, not a parameter; give it as initial value")
    values = {**{name: value for name, value in defaults.items() if name not in given}, **given}
    missing = [name for name in equations.constants if name not in values]
    if missing:
        raise EquationError(f"{where} has no value for the parameter {missing[0]!r}; give it in parameters")
    return {
        name: quantity(value, equations.dimensions.get(name), f"parameter {name!r} of {where}")
        for name, value in values.items()
    }


def _population(neurons: _Neurons, dt: float) -> PopulationProgram:
    population, equations = neurons.population, neurons.equations
    step = _integrated(neurons, dt)
    threshold = None if population.model.threshold is None else _threshold(neurons, population.model.threshold)
    reset = tuple(_assignment(neurons, s) for s in parse_statements(population.model.reset))
    read = [part.value for part in reset] + ([threshold.left, threshold.right] if threshold else [])
    read += [part.value for part in step.update]
    known = {coefficient.name for coefficient in step.coefficients}
    return PopulationProgram(
        name=population.name,
        size=int(population.size),
        states=tuple(State(name, _initial(neurons, name)) for name in equations.variables),
        coefficients=(*step.coefficients, *(c for c in neurons.coefficients(read) if c.name not in known)),
        update=step.update,
        threshold=threshold,
        reset=reset,
        refractory=_refractory(neurons, dt),
        held=equations.held if population.model.refractory is not None else frozenset(),
        winners=WinnersRule(population.winners.k, population.winners.quota),
    )


def _integrated(neurons: _Neurons, dt: float) -> Step:
    equations, method = neurons.equations, neurons.population.model.method
    rates = {name: neurons.meaning(rate) for name, rate in equations.differential.items()}
    if not rates:
        return Step((), ())
    for rate in rates.values():
        if any(symbol.name == ACTIVE for symbol in symbols(rate)):
            raise EquationError(f"an equation of {neurons.where} reads {ACTIVE}; use the flag (unless refractory)")
    values = {name: constant.values for name, constant in neurons.constants.items()}
    system = linear_system(rates, equations.variables)
    held = equations.held if neurons.population.model.refractory is not None else frozenset()
    if method is Method.EULER:
        return euler_step(rates, system, held, values, dt)
    if system is None:
        raise EquationError(f"the equations of {neurons.where} are not linear, so there is no exact step; use Method.EULER")
    return exact_step(system, held, values, dt)


def _threshold(neurons: _Neurons, text: str) -> Threshold:
    match parse_expression(text):
        case Binary(">", left, right):
            return Threshold(neurons.meaning(left), neurons.meaning(right))
        case Binary("<", left, right):
            return Threshold(neurons.meaning(right), neurons.meaning(left))
    raise EquationError(f"the threshold {text!r} of {neurons.where} must have the form 'left > right'")


def _assignment(neurons: _Neurons, statement: Statement) -> Assignment:
    if statement.name not in neurons.equations.variables:
        raise EquationError(
            f"{statement.name!r} is assigned in {neurons.where}; variables are {', '.join(neurons.equations.variables)}"
        )
    value = neurons.meaning(statement.value)
    return Assignment(Symbol(statement.name), _combined(Symbol(statement.name), statement.operator, value))


def _combined(target: Symbol, operator: str, value: Expression) -> Expression:
    return value if operator == "=" else Binary(operator[0], target, value)


def _initial(neurons: _Neurons, name: str) -> np.ndarray:
    population = neurons.population
    label = f"initial value of {name!r} of {neurons.where}"
    for given in (*population.initial, *population.model.initial):
        if given not in neurons.equations.variables:
            raise EquationError(
                f"initial value for {given!r} of {neurons.where}; variables are {', '.join(neurons.equations.variables)}"
            )
    value = population.initial.get(name, population.model.initial.get(name, 0.0))
    if isinstance(value, str):
        if value not in neurons.constants:
            raise EquationError(f"{label} is {value!r}; a number, a quantity or the name of a parameter is allowed")
        values = neurons.constants[value].values
    else:
        values = quantity(value, neurons.equations.dimensions[name], label).values
    return np.broadcast_to(values, (population.size,)).copy()


def _refractory(neurons: _Neurons, dt: float) -> np.ndarray | None:
    model = neurons.population.model
    if model.refractory is None:
        if neurons.equations.held:
            raise EquationError(f"{neurons.where} flags a variable (unless refractory) but has no refractory time; give one")
        return None
    label = f"the refractory time of {neurons.where}"
    ticks = to_ticks(quantity(model.refractory, seconds(), label).values, dt, label)
    if np.any(ticks < 1):
        raise CircuitError(f"{label} is {model.refractory}, less than a tick of {dt:g} s; use None for none")
    return ticks


# ----------------------------------------------------------------------------------------------- projections


@dataclass(frozen=True, slots=True, eq=False)
class _Synapses:
    """A projection with its equations parsed; resolves Brian2's ``x_pre``, ``x_post`` and plain names."""

    projection: Projection
    equations: Equations
    constants: Mapping[str, Quantity]
    pre: _Neurons | None
    post: _Neurons
    where: str

    def symbol(self, name: str) -> Symbol:
        if name in self.equations.variables or name in self.constants:
            return Symbol(name)
        base, _, suffix = name.rpartition("_")
        if suffix == "pre" and self.pre is not None and base in self.pre.names:
            return Symbol(base, Scope.PRE)
        if suffix == "post" and base in self.post.names:
            return Symbol(base, Scope.POST)
        if name in self.post.names:
            return Symbol(name, Scope.POST)
        return Symbol(name)

    def meaning(self, expression: Expression) -> Expression:
        def scoped(part: Expression) -> Expression | None:
            return self.symbol(part.name) if isinstance(part, Symbol) else None

        known = {part.name for part in symbols(expression) if self.symbol(part.name) != part}
        names = (*known, *self.equations.variables, *self.constants)
        return replace(resolved(expression, self.equations, names, self.where), scoped)

    @property
    def dimensions(self) -> dict[str, Dimension]:
        known: dict[str, Dimension] = dict(self.post.dimensions)
        for suffix, neurons in (("pre", self.pre), ("post", self.post)):
            if neurons is not None:
                known |= {f"{name}_{suffix}": dimension for name, dimension in neurons.dimensions.items()}
        known |= {name: constant.dimension for name, constant in self.constants.items()}
        return known | dict(self.equations.dimensions)


def _projection(projection: Projection, neurons: Mapping[str, _Neurons], dt: float) -> ProjectionProgram:
    where = f"projection {projection.name!r}"
    equations = parse_equations(projection.model.equations, where)
    if equations.differential:
        raise EquationError(f"{where} has differential equations; keep traces in the neurons for now")
    given = {**projection.model.parameters, **projection.parameters}
    declared = {name: value for name, value in given.items() if name in equations.dimensions}
    constants = {
        name: quantity(value, None, f"parameter {name!r} of {where}")
        for name, value in given.items()
        if name not in equations.dimensions
    }
    for name, constant in constants.items():
        if constant.values.ndim:
            raise EquationError(f"{name!r} of {where} differs by synapse; declare it in the equations of the synapse")
    synapses = _Synapses(
        projection,
        equations,
        {**constants, "dt": Quantity(np.array(dt), seconds())},
        neurons.get(projection.source),
        neurons[projection.target],
        where,
    )
    check_units(equations, synapses.dimensions, [], [projection.model.on_pre], where)
    on_pre = tuple(_synaptic(synapses, statement) for statement in parse_statements(projection.model.on_pre))
    _check_order(on_pre, where)
    return ProjectionProgram(
        name=projection.name,
        source=projection.source,
        target=projection.target,
        row_start=np.asarray(projection.connections.row_start),
        column=np.asarray(projection.connections.column),
        delay=to_ticks(quantity(projection.delay, seconds(), f"the delay of {where}").values, dt, f"the delay of {where}"),
        states=tuple(
            State(name, _synaptic_initial(synapses, name, declared)) for name in (*equations.variables, *equations.constants)
        ),
        coefficients=_synaptic_coefficients(synapses, on_pre),
        on_pre=on_pre,
    )


def _synaptic_initial(synapses: _Synapses, name: str, declared: Mapping[str, Any]) -> np.ndarray:
    label = f"{name!r} of {synapses.where}"
    if name in synapses.equations.constants and name not in declared:
        raise EquationError(f"{synapses.where} has no value for the parameter {name!r}; give it in parameters")
    values = quantity(declared.get(name, 0.0), synapses.equations.dimensions[name], label).values
    return np.broadcast_to(values, (synapses.projection.connections.synapses,)).copy()


def _synaptic(synapses: _Synapses, statement: Statement) -> Assignment:
    target = synapses.symbol(statement.name)
    value = synapses.meaning(statement.value)
    if target.scope is Scope.OWN:
        if target.name not in synapses.equations.variables:
            raise EquationError(f"{statement.name!r} is assigned in {synapses.where}, but is no variable of it")
        return Assignment(target, _combined(target, statement.operator, value))
    neurons = synapses.post if target.scope is Scope.POST else synapses.pre
    if neurons is None or target.name not in neurons.equations.variables:
        raise EquationError(f"{statement.name!r} is assigned in {synapses.where}, but is no variable of the neurons")
    if statement.operator not in ("+=", "-="):
        raise EquationError(
            f"'{statement.name} {statement.operator} ...' in {synapses.where} depends on the order of the synapses; "
            "neurons may only be written with += or -="
        )
    return Assignment(target, value if statement.operator == "+=" else negate(value), accumulate=True)


def _check_order(on_pre: Iterable[Assignment], where: str) -> None:
    written = {part.target for part in on_pre if part.accumulate}
    for part in on_pre:
        clash = sorted(symbol.name for symbol in symbols(part.value) & written)
        if clash:
            raise EquationError(f"on_pre of {where} reads {clash[0]!r} and adds to it; the result would depend on the order")


def _synaptic_coefficients(synapses: _Synapses, on_pre: Iterable[Assignment]) -> tuple[Coefficient, ...]:
    used = {symbol for part in on_pre for symbol in symbols(part.value)}
    own = sorted(s.name for s in used if s.scope is Scope.OWN and s.name in synapses.constants)
    for symbol in used:
        neurons = {Scope.PRE: synapses.pre, Scope.POST: synapses.post}.get(symbol.scope)
        if neurons is not None and symbol.name in neurons.constants:
            raise EquationError(
                f"on_pre of {synapses.where} reads the parameter {symbol.name!r} of a neuron; give it to the synapse"
            )
    return tuple(Coefficient(name, synapses.constants[name].values) for name in own)


# -------------------------------------------------------------------------------------------- everything else


def _variable(neurons: Mapping[str, _Neurons], population: str, variable: str, what: str) -> Dimension:
    equations = neurons[population].equations
    if variable not in equations.variables:
        raise EquationError(
            f"{what} {population}.{variable}: population {population!r} has the variables {', '.join(equations.variables)}"
        )
    return equations.dimensions[variable]


def _input(stimulus: CurrentInput, neurons: Mapping[str, _Neurons]) -> InputProgram:
    declared = _variable(neurons, stimulus.population, stimulus.variable, "an input writes")
    if stimulus.variable in neurons[stimulus.population].equations.differential:
        raise EquationError(
            f"an input writes {stimulus.population}.{stimulus.variable}, which has a differential equation; "
            "declare a variable without one, such as 'I : volt'"
        )
    label = f"the input to {stimulus.population}.{stimulus.variable}"
    values = quantity(stimulus.values, declared, label).values
    return InputProgram(stimulus.population, stimulus.variable, values, int(stimulus.every))


def _restart(restart: Restart, neurons: Mapping[str, _Neurons]) -> RestartProgram:
    names = neurons[restart.population].equations.variables if restart.variables is None else restart.variables
    for name in names:
        _variable(neurons, restart.population, name, "a restart resets")
    return RestartProgram(restart.population, np.asarray(restart.ticks), tuple(names))


def _operation(operation: Operation, neurons: Mapping[str, _Neurons], dt: float) -> OperationProgram:
    group = neurons[operation.population]
    where = f"operation {operation.name!r}"
    check_units(group.equations, group.dimensions, [], [operation.code], where)
    statements = tuple(_assignment(group, statement) for statement in parse_statements(operation.code))
    coefficients = group.coefficients(part.value for part in statements)
    return OperationProgram(operation.name, operation.population, int(operation.every), statements, coefficients)


def _probe(circuit: Circuit, neurons: Mapping[str, _Neurons], of: str, variable: str, every: int) -> ProbeProgram:
    if of in neurons:
        _variable(neurons, of, variable, "a probe reads")
    else:
        projection = next(part for part in circuit.projections if part.name == of)
        known = parse_equations(projection.model.equations, f"projection {of!r}").dimensions
        if variable not in known:
            raise EquationError(f"a probe reads {of}.{variable}: projection {of!r} has the variables {', '.join(known)}")
    return ProbeProgram(of, variable, int(every))
