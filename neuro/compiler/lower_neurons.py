"""Populations -> PopulationProgram: parsed, unit-checked, integrated over one tick."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
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
from neuro.compiler.expressions import ONE, ZERO, Statement, evaluate, is_truth, parse_expression
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
    with_milstein_noise,
    with_noise,
)
from neuro.compiler.ir import (
    ACTIVE,
    HELD_TICKS,
    INDEX,
    LAST_SPIKE,
    NEVER_FIRED,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    PopulationProgram,
    Scope,
    Select,
    State,
    Symbol,
    Threshold,
    WinnersRule,
    symbols,
    totals,
)
from neuro.compiler.statements import DRAW, CodeBlock, Draws, draw_seed, hashed, kept_states, read_block, stored_as
from neuro.counter_hash import stream_seed
from neuro.errors import CircuitError, EquationError
from neuro.models.base import Method

if TYPE_CHECKING:
    from neuro.compiler.equations import Dimension

BUILT_IN = (TIME, TICK, INDEX)
"""Names that every population's code may read, besides its own, ``dt`` and ``seed``."""

_GRID = 1e-3
"""The share of a tick by which Brian2 lets a time miss its grid."""

RESET_BLOCK, THRESHOLD_BLOCK = "reset", "threshold"

_LINEAR: Mapping[Method, LinearMethod] = MappingProxyType(
    {
        Method.EXACT: EXACT,
        Method.EULER: FORWARD_EULER,
        Method.HEUN: FORWARD_EULER,
        Method.MILSTEIN: FORWARD_EULER,
        Method.RK2: MIDPOINT,
        Method.RK4: RUNGE_KUTTA_4,
        Method.EXPONENTIAL_EULER: ONE_BY_ONE,
    }
)


@dataclass(frozen=True, slots=True, eq=False)
class Neurons:
    """A population with its equations parsed and its constants in SI units; ``blocks`` are its codes by name."""

    population: Population
    equations: Equations
    constants: Mapping[str, SIQuantity]
    seed: int
    where: str
    blocks: Mapping[str, CodeBlock]
    last_spike: bool

    @classmethod
    def of(
        cls,
        population: Population,
        dt: float,
        seed: int,
        codes: Mapping[str, str] = MappingProxyType({}),
        *,
        watched: bool = False,
    ) -> Neurons:
        """Parse a population and let Brian2 check its units.

        Args:
            population: the population.
            dt: seconds a tick.
            seed: the circuit's.
            codes: block -> code of everything that runs on the population besides its reset.
            watched: whether synapses read when its neurons last fired.
        """
        where = f"population {population.name!r}"
        model = population.model
        equations = parse_equations(model.equations, where)
        constants = _constants(equations, model.parameters, population.parameters, where)
        # All code may read dt, and the seed of the population's own random stream.
        stream = quantity(float(stream_seed(seed, population.name)), None, "the seed")
        constants = {"dt": SIQuantity(np.array(dt), second_dimension()), "seed": stream, **constants}
        until = [model.refractory] if isinstance(model.refractory, str) else []
        conditions = [text for text in (model.threshold, *filter(_is_condition, until)) if text is not None]
        times = [text for text in until if not _is_condition(text)]
        texts = [model.equations, *conditions, model.reset, *codes.values()]
        last_spike = bool(times) or watched or any(LAST_SPIKE in re.findall(r"\w+", text) for text in texts)
        if last_spike and model.refractory is None:
            raise EquationError(f"the code of {where} reads {LAST_SPIKE!r}; give it a refractory time, as Brian2 asks")
        known = {*equations.variables, *constants, *equations.subexpressions, *BUILT_IN, LAST_SPIKE, ACTIVE}
        blocks = {
            block: read_block(code, block, known.__contains__)
            for block, code in {RESET_BLOCK: model.reset, **codes}.items()
        }
        neurons = cls(population, equations, constants, seed, where, blocks, last_spike)
        check_units(equations, neurons.dimensions, conditions, [model.reset, *codes.values()], where, times=times)
        return neurons

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """Name -> dimension of everything the code of this population may name."""
        given = {name: constant.dimension for name, constant in self.constants.items()}
        return {**given, **self.equations.dimensions}

    @property
    def names(self) -> tuple[str, ...]:
        """Every variable and constant, and what is built in."""
        return (*self.equations.variables, *self.constants, *BUILT_IN, *((LAST_SPIKE,) if self.last_spike else ()))

    @property
    def states(self) -> tuple[str, ...]:
        """The names of all states: the variables, what blocks keep, and the time of the last spike where code asks."""
        last = (LAST_SPIKE,) if self.last_spike else ()
        return (*self.equations.variables, *kept_states(self.blocks), *last)

    def resolve(self, expression: Expression) -> Expression:
        """The expression with subexpressions and units replaced, and draws as hashes of the tick and the neuron."""
        resolved = resolve(expression, self.equations, self.names, self.where)
        return hashed(resolved, Symbol(TICK), Symbol(INDEX))

    def coefficients(self, parts: Iterable[Expression]) -> tuple[Coefficient, ...]:
        """The constants that the expressions read."""
        used = {symbol.name for part in parts for symbol in symbols(part)}
        draws = sorted(name for name in used if name.startswith(DRAW))
        return (
            *(Coefficient(name, self.constants[name].values) for name in sorted(used & set(self.constants))),
            *(Coefficient(name, np.array(draw_seed(self.seed, self.population.name, name))) for name in draws),
        )

    def code(self, block: str) -> tuple[Assignment, ...]:
        """The assignments of a block of statements."""
        return tuple(lower_assignment(self, statement) for statement in self.blocks[block].statements)


def _is_condition(text: str) -> bool:
    return is_truth(parse_expression(text))


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
    reset = neurons.code(RESET_BLOCK)
    refractory, held = _refractory(neurons, dt)
    read = [part.value for part in reset] + ([threshold.left, threshold.right] if threshold else [])
    read += [part.value for part in (*step.stages, *step.update)] + ([] if held is None else [held])
    known = {coefficient.name for coefficient in step.coefficients}
    return PopulationProgram(
        name=population.name,
        size=int(population.size),
        states=tuple(State(name, initial_values(neurons, name)) for name in neurons.states),
        coefficients=(*step.coefficients, *(c for c in neurons.coefficients(read) if c.name not in known)),
        stages=step.stages,
        update=step.update,
        threshold=threshold,
        reset=reset,
        refractory=refractory,
        clamped=equations.clamped if population.model.refractory is not None else frozenset(),
        winners=WinnersRule(population.winners.k, population.winners.max_winners),
        held_while=held,
        left=_left(neurons, dt, held is not None),
        fired=(Assignment(Symbol(LAST_SPIKE), Symbol(TIME)),) if neurons.last_spike else (),
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
    if method not in (Method.EULER, Method.HEUN, Method.MILSTEIN):
        raise EquationError(
            f"the equations of {neurons.where} hold the noise {noisy.names[0]!r}; "
            f"use Method.EULER (Ito) or Method.HEUN (Stratonovich), not {method}"
        )
    seeds = {name: stream_seed(neurons.seed, neurons.population.name, name) for name in noisy.names}
    if method is Method.MILSTEIN:
        return with_milstein_noise(step, noisy, clamped, dt, seeds=seeds, where=neurons.where)
    return (with_heun_noise if method is Method.HEUN else with_noise)(step, noisy, clamped, dt, seeds=seeds)


def _drift_step(neurons: Neurons, rates: Mapping[str, Expression], clamped: frozenset[str], dt: float) -> LinearStep:
    values = {name: constant.values for name, constant in neurons.constants.items()}
    system = RateSystem(rates, neurons.equations.variables, values, neurons.where)
    return system.step(clamped, dt, neurons.population.model.method)


@dataclass(frozen=True, slots=True)
class RateSystem:
    """Differential equations without noise: rates of variables, all states, the constants that are numbers."""

    rates: Mapping[str, Expression]
    states: Collection[str]
    constants: Mapping[str, FloatArray]
    where: str

    def step(self, clamped: Collection[str], dt: float, method: Method) -> LinearStep:
        """One step by a method: of numbers where the equations are linear, else of expressions.

        Raises:
            EquationError: the method can't take these equations.
        """
        rates = self.rates
        # A rate that changes with time, with the neuron or with another part has no constant matrix.
        known = {*self.states, *self.constants}
        varying = any(symbol.scope is not Scope.OWN or symbol.name not in known for symbol in _read(rates))
        system = None if varying else linear_system(rates, tuple(self.states))
        if system is not None:
            return linear_step(system, clamped, self.constants, dt, _LINEAR[method])
        match method:
            case Method.EULER | Method.HEUN | Method.MILSTEIN:
                return euler_step(rates, clamped, dt)
            case Method.RK2:
                return midpoint_step(rates, clamped, dt)
            case Method.RK4:
                return runge_kutta_step(rates, clamped, dt)
            case Method.EXPONENTIAL_EULER:
                return exponential_euler_step(rates, clamped, dt, self.where)
        raise EquationError(
            f"the equations of {self.where} are not linear, so there is no exact step; "
            "use Method.EULER, EXPONENTIAL_EULER, RK2 or RK4"
        )


def _read(rates: Mapping[str, Expression]) -> set[Symbol]:
    return {symbol for rate in rates.values() for symbol in symbols(rate)}


def _threshold(neurons: Neurons, text: str) -> Threshold:
    """A comparison of two numbers has a margin; any other condition is 1 where it holds, compared with 0."""
    numbered = Draws(THRESHOLD_BLOCK).numbered(parse_expression(text))
    if Symbol("inf") in symbols(numbered):
        raise EquationError(
            f"the threshold of {neurons.where} names 'inf'; write a finite number, or the threshold None for neurons "
            "that never fire"
        )
    match numbered:
        case Binary(">", left, right):
            return Threshold(neurons.resolve(left), neurons.resolve(right))
        case Binary("<", left, right):
            return Threshold(neurons.resolve(right), neurons.resolve(left))
    condition = neurons.resolve(numbered)
    winners = neurons.population.winners
    if winners.k is not None or winners.max_winners is not None:
        raise EquationError(
            f"the threshold {text!r} of {neurons.where} must have the form 'left > right': "
            "its winners are those with the largest margin"
        )
    return Threshold(Select(condition, ONE, ZERO), ZERO)


def lower_assignment(neurons: Neurons, statement: Statement) -> Assignment:
    """A statement of a reset or operation as an assignment to a variable of the population."""
    if statement.name not in (*neurons.equations.variables, *kept_states(neurons.blocks)):
        raise EquationError(
            f"{statement.name!r} is assigned in {neurons.where}; variables are {', '.join(neurons.equations.variables)}"
        )
    if statement.name in neurons.equations.linked:
        raise EquationError(
            f"{statement.name!r} is assigned in {neurons.where}, but is linked; write what it is linked to"
        )
    value = neurons.resolve(statement.value)
    for total in totals(value):
        raise EquationError(
            f"{total.function}() in {neurons.where}: only an operation on a projection may sum synapses"
        )
    target = Symbol(statement.name)
    truths, wholes = ({Symbol(n) for n in kind} for kind in (neurons.equations.truths, neurons.equations.wholes))
    return Assignment(target, stored_as(combined(target, statement.operator, value), target, truths, wholes))


def combined(target: Symbol, operator: str, value: Expression) -> Expression:
    """What ``target operator value`` stores."""
    return value if operator == "=" else Binary(operator[0], target, value)


def initial_values(neurons: Neurons, name: str) -> FloatArray:
    """The start value of a state, one a neuron."""
    population = neurons.population
    label = f"initial value of {name!r} of {neurons.where}"
    settable = (*neurons.equations.variables, *((LAST_SPIKE,) if neurons.last_spike else ()))
    for given in (*population.initial, *population.model.initial):
        if given not in settable:
            raise EquationError(
                f"initial value for {given!r} of {neurons.where}; "
                f"variables are {', '.join(neurons.equations.variables)}"
            )
    start = NEVER_FIRED if name == LAST_SPIKE else 0.0
    value = population.initial.get(name, population.model.initial.get(name, start))
    if name not in neurons.equations.dimensions:
        return np.broadcast_to(np.asarray(value, dtype=np.float64), (population.size,)).copy()
    if isinstance(value, str):
        if value not in neurons.constants:
            raise EquationError(f"{label} is {value!r}; a number, a quantity or the name of a parameter is allowed")
        values = neurons.constants[value].values
    else:
        values = quantity(value, neurons.equations.dimensions[name], label).values
    return np.broadcast_to(values, (population.size,)).copy()


def _refractory(neurons: Neurons, dt: float) -> tuple[IntArray | None, Expression | None]:
    """(refractory ticks, while what condition neurons are held)."""
    model = neurons.population.model
    label = f"the refractory time of {neurons.where}"
    if model.refractory is None:
        if neurons.equations.clamped:
            raise EquationError(
                f"{neurons.where} flags a variable (unless refractory) but has no refractory time; give one"
            )
        return None, None
    if isinstance(model.refractory, str):
        given = neurons.resolve(parse_expression(model.refractory))
        if is_truth(given):
            return np.array(HELD_TICKS), given
        if not all(symbol.name in neurons.constants for symbol in symbols(given)):
            since, period = Binary("-", Symbol(TIME), Symbol(LAST_SPIKE)), given
            return np.array(HELD_TICKS), Binary("<", _steps(since), _steps(period))
        values = {name: constant.values for name, constant in neurons.constants.items()}
        # Brian2 takes a time off the grid for the ticks that it covers, and at least the one of the spike.
        exact = np.floor(np.asarray(evaluate(given, values), dtype=np.float64) / dt + _GRID)
        return np.maximum(exact, 1).astype(np.int64), None
    ticks = to_ticks(quantity(model.refractory, second_dimension(), label).values, dt, label)
    if np.any(ticks < 1):
        raise CircuitError(f"{label} is {model.refractory}, less than a tick of {dt:g} s; use None for none")
    return ticks, None


def _steps(time: Expression) -> Expression:
    late = Binary("+", time, Binary("*", Constant(_GRID), Symbol("dt")))
    return Call("trunc", (Binary("/", late, Symbol("dt")),))


def _left(neurons: Neurons, dt: float, held: bool) -> IntArray | None:
    """How many ticks each neuron is refractory still at the start."""
    population = neurons.population
    label = f"refractory_left of {neurons.where}"
    ticks = to_ticks(quantity(population.refractory_left, second_dimension(), label).values, dt, label)
    if not np.any(ticks):
        return None
    if population.model.refractory is None:
        raise CircuitError(f"{label} is {population.refractory_left}, but its model has no refractory time; give one")
    each = np.broadcast_to(ticks, (population.size,)).copy()
    return np.where(each > 0, HELD_TICKS, 0) if held else each
