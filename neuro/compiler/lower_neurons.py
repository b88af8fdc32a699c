"""Populations -> PopulationProgram: parsed, unit-checked, integrated over one tick."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray, IntArray, Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Population
from neuro.compiler.equations import (
    Equations,
    SIQuantity,
    check_units,
    parse_equations,
    quantity,
    resolve,
    second_dimension,
)
from neuro.compiler.expressions import Statement, parse_expression, parse_statements
from neuro.compiler.integrate_linear import (
    EXACT,
    FORWARD_EULER,
    MIDPOINT,
    ONE_BY_ONE,
    RUNGE_KUTTA_4,
    LinearMethod,
    LinearStep,
    linear_step,
    linear_system,
)
from neuro.compiler.integrate_nonlinear import (
    euler_step,
    exponential_euler_step,
    midpoint_step,
    runge_kutta_step,
    split_noise,
    with_heun_noise,
    with_noise,
)
from neuro.compiler.ir import (
    ACTIVE,
    INDEX,
    TICK,
    TIME,
    Assignment,
    Binary,
    Coefficient,
    Expression,
    PopulationProgram,
    State,
    Symbol,
    Threshold,
    WinnersRule,
    symbols,
    totals,
)
from neuro.counter_hash import stream_seed
from neuro.errors import CircuitError, EquationError
from neuro.models.base import Method

if TYPE_CHECKING:
    from neuro.compiler.equations import Dimension

BUILT_IN = (TIME, TICK, INDEX)
"""Names that every population's code may read, besides its own, ``dt`` and ``seed``."""

_LINEAR: Mapping[Method, LinearMethod] = MappingProxyType(
    {
        Method.EXACT: EXACT,
        Method.EULER: FORWARD_EULER,
        Method.HEUN: FORWARD_EULER,
        Method.RK2: MIDPOINT,
        Method.RK4: RUNGE_KUTTA_4,
        Method.EXPONENTIAL_EULER: ONE_BY_ONE,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """A population with its equations parsed and its constants in SI units."""

    population: Population
    equations: Equations
    constants: Mapping[str, SIQuantity]
    seed: int
    where: str

    @classmethod
    def of(cls, population: Population, dt: float, seed: int) -> Neurons:
        """Parse a population and let Brian2 check its units."""
        where = f"population {population.name!r}"
        equations = parse_equations(population.model.equations, where)
        constants = _constants(equations, population.model.parameters, population.parameters, where)
        # All code may read dt, and the seed of the population's own random stream.
        stream = quantity(float(stream_seed(seed, population.name)), None, "the seed")
        built_in = {"dt": SIQuantity(np.array(dt), second_dimension()), "seed": stream}
        neurons = cls(population, equations, {**built_in, **constants}, seed, where)
        model = population.model
        check_units(
            equations,
            neurons.dimensions,
            [] if model.threshold is None else [model.threshold],
            [model.reset, model.every_tick],
            where,
        )
        return neurons

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """Name -> dimension of everything the code of this population may name."""
        given = {name: constant.dimension for name, constant in self.constants.items()}
        return {**given, **self.equations.dimensions}

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable and constant, and what is built in."""
        return (*self.equations.variables, *self.constants, *BUILT_IN)

    def resolve(self, expression: Expression) -> Expression:
        """The expression with subexpressions and units replaced."""
        return resolve(expression, self.equations, self.names, self.where)

    def coefficients(self, parts: Iterable[Expression]) -> tuple[Coefficient, ...]:
        """The constants that the expressions read."""
        used = {symbol.name for part in parts for symbol in symbols(part)}
        return tuple(Coefficient(name, self.constants[name].values) for name in sorted(used & set(self.constants)))


def _constants(
    equations: Equations, defaults: Mapping[str, Value], given: Mapping[str, Value], where: str
) -> dict[str, SIQuantity]:
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


def lower_population(neurons: Neurons, dt: float) -> PopulationProgram:
    """One population's share of a step."""
    population, equations = neurons.population, neurons.equations
    step = _integrated(neurons, dt)
    threshold = None if population.model.threshold is None else _threshold(neurons, population.model.threshold)
    reset = tuple(lower_assignment(neurons, s) for s in parse_statements(population.model.reset))
    read = [part.value for part in reset] + ([threshold.left, threshold.right] if threshold else [])
    read += [part.value for part in (*step.stages, *step.update)]
    known = {coefficient.name for coefficient in step.coefficients}
    return PopulationProgram(
        name=population.name,
        size=int(population.size),
        states=tuple(State(name, _initial(neurons, name)) for name in equations.variables),
        coefficients=(*step.coefficients, *(c for c in neurons.coefficients(read) if c.name not in known)),
        stages=step.stages,
        update=step.update,
        threshold=threshold,
        reset=reset,
        refractory=_refractory(neurons, dt),
        clamped=equations.clamped if population.model.refractory is not None else frozenset(),
        winners=WinnersRule(population.winners.k, population.winners.quota),
    )


def _integrated(neurons: Neurons, dt: float) -> LinearStep:
    equations, method = neurons.equations, neurons.population.model.method
    rates = {name: neurons.resolve(rate) for name, rate in equations.differential.items()}
    if not rates:
        return LinearStep((), ())
    for rate in rates.values():
        if any(symbol.name == ACTIVE for symbol in symbols(rate)):
            raise EquationError(f"an equation of {neurons.where} reads {ACTIVE}; use the flag (unless refractory)")
    clamped = equations.clamped if neurons.population.model.refractory is not None else frozenset()
    noisy = split_noise(rates, neurons.where)
    step = _drift_step(neurons, noisy.drift, clamped, dt)
    if not noisy.names:
        return step
    if method not in (Method.EULER, Method.HEUN):
        raise EquationError(
            f"the equations of {neurons.where} hold the noise {noisy.names[0]!r}; "
            f"use Method.EULER (Ito) or Method.HEUN (Stratonovich), not {method}"
        )
    seeds = {name: stream_seed(neurons.seed, neurons.population.name, name) for name in noisy.names}
    return (with_heun_noise if method is Method.HEUN else with_noise)(step, noisy, clamped, dt, seeds=seeds)


def _drift_step(neurons: Neurons, rates: Mapping[str, Expression], clamped: frozenset[str], dt: float) -> LinearStep:
    method = neurons.population.model.method
    # A rate that changes with time or with the neuron has no constant matrix.
    varying = any(symbol.name in BUILT_IN for rate in rates.values() for symbol in symbols(rate))
    system = None if varying else linear_system(rates, neurons.equations.variables)
    if system is not None:
        values = {name: constant.values for name, constant in neurons.constants.items()}
        return linear_step(system, clamped, values, dt, _LINEAR[method])
    match method:
        case Method.EULER | Method.HEUN:
            return euler_step(rates, clamped, dt)
        case Method.RK2:
            return midpoint_step(rates, clamped, dt)
        case Method.RK4:
            return runge_kutta_step(rates, clamped, dt)
        case Method.EXPONENTIAL_EULER:
            return exponential_euler_step(rates, clamped, dt, neurons.where)
    raise EquationError(
        f"the equations of {neurons.where} are not linear, so there is no exact step; "
        "use Method.EULER, EXPONENTIAL_EULER, RK2 or RK4"
    )


def _threshold(neurons: Neurons, text: str) -> Threshold:
    match parse_expression(text):
        case Binary(">", left, right):
            return Threshold(neurons.resolve(left), neurons.resolve(right))
        case Binary("<", left, right):
            return Threshold(neurons.resolve(right), neurons.resolve(left))
    raise EquationError(f"the threshold {text!r} of {neurons.where} must have the form 'left > right'")


def lower_assignment(neurons: Neurons, statement: Statement) -> Assignment:
    """A statement of a reset or operation as an assignment to a variable of the population."""
    if statement.name not in neurons.equations.variables:
        raise EquationError(
            f"{statement.name!r} is assigned in {neurons.where}; variables are {', '.join(neurons.equations.variables)}"
        )
    value = neurons.resolve(statement.value)
    for total in totals(value):
        raise EquationError(
            f"{total.function}() in {neurons.where}: only an operation on a projection may sum synapses"
        )
    return Assignment(Symbol(statement.name), combined(Symbol(statement.name), statement.operator, value))


def combined(target: Symbol, operator: str, value: Expression) -> Expression:
    """What ``target operator value`` stores."""
    return value if operator == "=" else Binary(operator[0], target, value)


def _initial(neurons: Neurons, name: str) -> FloatArray:
    population = neurons.population
    label = f"initial value of {name!r} of {neurons.where}"
    for given in (*population.initial, *population.model.initial):
        if given not in neurons.equations.variables:
            raise EquationError(
                f"initial value for {given!r} of {neurons.where}; "
                f"variables are {', '.join(neurons.equations.variables)}"
            )
    value = population.initial.get(name, population.model.initial.get(name, 0.0))
    if isinstance(value, str):
        if value not in neurons.constants:
            raise EquationError(f"{label} is {value!r}; a number, a quantity or the name of a parameter is allowed")
        values = neurons.constants[value].values
    else:
        values = quantity(value, neurons.equations.dimensions[name], label).values
    return np.broadcast_to(values, (population.size,)).copy()


def _refractory(neurons: Neurons, dt: float) -> IntArray | None:
    model = neurons.population.model
    if model.refractory is None:
        if neurons.equations.clamped:
            raise EquationError(
                f"{neurons.where} flags a variable (unless refractory) but has no refractory time; give one"
            )
        return None
    label = f"the refractory time of {neurons.where}"
    if isinstance(model.refractory, str):
        raise EquationError(f"{label} is {model.refractory!r}; a time or one time a neuron is allowed, not a text")
    ticks = to_ticks(quantity(model.refractory, second_dimension(), label).values, dt, label)
    if np.any(ticks < 1):
        raise CircuitError(f"{label} is {model.refractory}, less than a tick of {dt:g} s; use None for none")
    return ticks
