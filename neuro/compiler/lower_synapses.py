"""Projections -> ProjectionProgram: on_pre statements with their variables resolved to a side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray, Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Projection
from neuro.compiler.equations import (
    Equations,
    SIQuantity,
    check_units,
    parse_equations,
    quantity,
    resolve,
    second_dimension,
)
from neuro.compiler.expressions import Statement, negate, parse_statements, replace
from neuro.compiler.integrate_linear import EXACT, LinearStep, linear_step, linear_system
from neuro.compiler.ir import (
    Assignment,
    Coefficient,
    Expression,
    ProjectionProgram,
    Scope,
    State,
    Symbol,
    symbols,
    totals,
)
from neuro.compiler.lower_neurons import Neurons, combined
from neuro.errors import CircuitError, EquationError

if TYPE_CHECKING:
    from neuro.compiler.equations import Dimension

_OPEN_BOUNDS = (("min", -np.inf), ("max", np.inf))


@dataclass(frozen=True, slots=True, eq=False)
class Synapses:
    """A projection with its equations parsed; resolves Brian2's ``x_pre``, ``x_post`` and plain names."""

    projection: Projection
    equations: Equations
    constants: Mapping[str, SIQuantity]
    declared: Mapping[str, Value]
    pre: Neurons | None
    post: Neurons
    where: str

    @classmethod
    def of(cls, projection: Projection, neurons: Mapping[str, Neurons], dt: float) -> Synapses:
        """Parse a projection and sort its parameters into constants and values of their own."""
        where = f"projection {projection.name!r}"
        equations = parse_equations(projection.model.equations, where)
        post = neurons[projection.target]
        for name in sorted(set(equations.dimensions) & set(post.equations.dimensions)):
            raise EquationError(
                f"{where} declares {name!r}, which its target {projection.target!r} declares too; "
                "rename the synapse's, as Brian2 asks"
            )
        given = {**projection.model.parameters, **projection.parameters}
        for name in equations.constants:
            if name not in given:
                raise EquationError(f"{where} has no value for the parameter {name!r}; give it in parameters")
        # A number that all synapses share is a coefficient; one that differs is a state that nobody writes.
        declared = {
            name: value
            for name, value in given.items()
            if name in equations.variables or (name in equations.constants and np.ndim(value))
        }
        constants = {
            name: quantity(value, equations.dimensions.get(name), f"parameter {name!r} of {where}")
            for name, value in given.items()
            if name not in declared
        }
        for name, constant in constants.items():
            if constant.values.ndim:
                raise EquationError(
                    f"{name!r} of {where} differs by synapse; declare it in the equations of the synapse"
                )
        return cls(
            projection,
            equations,
            {**constants, "dt": SIQuantity(np.array(dt), second_dimension())},
            declared,
            neurons.get(projection.source),
            neurons[projection.target],
            where,
        )

    @property
    def own(self) -> frozenset[str]:
        """Names of the synapse's own variables and constants, also of those constants that differ by synapse."""
        return frozenset((*self.equations.variables, *self.equations.constants, *self.constants))

    def symbol(self, name: str) -> Symbol:
        """What a name in the code of a synapse means, and on which side."""
        if name in self.own:
            return Symbol(name)
        base, _, suffix = name.rpartition("_")
        if suffix == "pre" and self.pre is not None and base in self.pre.names:
            return Symbol(base, Scope.PRE)
        if suffix == "post" and base in self.post.names:
            return Symbol(base, Scope.POST)
        if name in self.post.names:
            return Symbol(name, Scope.POST)
        return Symbol(name)

    def resolve(self, expression: Expression) -> Expression:
        """The expression with units replaced and every symbol on its side."""

        def scoped(part: Expression) -> Expression | None:
            return self.symbol(part.name) if isinstance(part, Symbol) else None

        known = {part.name for part in symbols(expression) if self.symbol(part.name) != part}
        names = (*known, *self.own)
        return replace(resolve(expression, self.equations, names, self.where), scoped)

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """Name -> dimension of everything the code of this projection may name."""
        known: dict[str, Dimension] = dict(self.post.dimensions)
        for suffix, neurons in (("pre", self.pre), ("post", self.post)):
            if neurons is not None:
                known |= {f"{name}_{suffix}": dimension for name, dimension in neurons.dimensions.items()}
        known |= {name: constant.dimension for name, constant in self.constants.items()}
        return known | dict(self.equations.dimensions)


def lower_projection(synapses: Synapses, dt: float) -> ProjectionProgram:
    """One projection's share of a step."""
    projection, equations, where = synapses.projection, synapses.equations, synapses.where
    declared = synapses.declared
    model = projection.model
    check_units(equations, synapses.dimensions, [], [model.on_pre, model.on_post], where)
    on_pre = tuple(_synaptic(synapses, statement) for statement in parse_statements(model.on_pre))
    on_post = tuple(_synaptic(synapses, statement) for statement in parse_statements(model.on_post))
    _check_order(on_pre, f"on_pre of {where}")
    _check_order(on_post, f"on_post of {where}")
    step = _integrated(synapses, dt)
    summed = tuple(_summed(synapses, name, value) for name, value in equations.summed.items())
    states = tuple(
        State(name, _synaptic_initial(synapses, name, declared))
        for name in (*equations.variables, *(name for name in equations.constants if name in declared))
    )
    _check_bounds(states, synapses.constants, where)
    return ProjectionProgram(
        name=projection.name,
        source=projection.source,
        target=projection.target,
        row_start=np.asarray(projection.connections.row_start),
        column=np.asarray(projection.connections.column),
        delay=to_ticks(
            quantity(projection.delay, second_dimension(), f"the delay of {where}").values, dt, f"the delay of {where}"
        ),
        states=states,
        coefficients=(*step.coefficients, *_synaptic_coefficients(synapses, (*on_pre, *on_post, *summed))),
        on_pre=on_pre,
        on_post=on_post,
        update=step.update,
        summed=summed,
        event_driven=equations.event_driven,
    )


def _integrated(synapses: Synapses, dt: float) -> LinearStep:
    """The step of the differential equations of a synapse: linear ones, with shared constants."""
    equations = synapses.equations
    if not equations.differential:
        return LinearStep((), ())
    rates = {name: synapses.resolve(rate) for name, rate in equations.differential.items()}
    if any(symbol.scope is not Scope.OWN for rate in rates.values() for symbol in symbols(rate)):
        raise EquationError(f"an equation of {synapses.where} reads a neuron; only statements may")
    for name, rate in rates.items():
        alike = {other for other in rates if (other in equations.event_driven) == (name in equations.event_driven)}
        for other in sorted({symbol.name for symbol in symbols(rate)} & (rates.keys() - alike)):
            raise EquationError(
                f"the equation of {name!r} of {synapses.where} reads {other!r}, but only one of the two is "
                "(event-driven); flag both alike, as Brian2 asks"
            )
    system = linear_system(rates, equations.variables)
    if system is None:
        raise EquationError(f"the equations of {synapses.where} are not linear, so there is no exact step")
    known = {*equations.variables, *synapses.constants}
    for name in sorted({symbol.name for rate in rates.values() for symbol in symbols(rate)} - known):
        raise EquationError(
            f"an equation of {synapses.where} reads {name!r}, which differs by synapse; give one number there, "
            "or a projection of its own to each value"
        )
    values = {name: constant.values for name, constant in synapses.constants.items()}
    return linear_step(system, (), values, dt, EXACT)


def _synaptic_initial(synapses: Synapses, name: str, declared: Mapping[str, Value]) -> FloatArray:
    label = f"{name!r} of {synapses.where}"
    values = quantity(declared.get(name, 0.0), synapses.equations.dimensions[name], label).values
    return np.broadcast_to(values, (synapses.projection.connections.synapses,))


def lower_synaptic_operation(
    synapses: Synapses, code: str, statements: Iterable[Statement], where: str
) -> tuple[tuple[Assignment, ...], tuple[Coefficient, ...]]:
    """The statements of an operation on a projection, and the numbers they read."""
    check_units(synapses.equations, synapses.dimensions, [], [code], where)
    lowered = tuple(_synaptic(synapses, statement) for statement in statements)
    for part in lowered:
        if part.target.scope is not Scope.OWN:
            raise EquationError(
                f"{where} writes {part.target.name!r} of a neuron; only synaptic variables may be written"
            )
        if part.target.name in synapses.equations.differential:
            raise EquationError(
                f"{where} writes {part.target.name!r}, which has an equation; write a variable without one"
            )
        for total in totals(part.value):
            if any(totals(argument) for argument in total.arguments):
                raise EquationError(f"{where} holds a total inside a total; write two statements")
    return lowered, _synaptic_coefficients(synapses, lowered)


def _summed(synapses: Synapses, name: str, value: Expression) -> Assignment:
    """``name = value : unit (summed)``: the target neuron's variable becomes the sum over its synapses."""
    target = synapses.symbol(name)
    if target.scope is not Scope.POST or target.name not in synapses.post.equations.variables:
        raise EquationError(
            f"{name!r} of {synapses.where} is (summed); only a variable of the target, such as 'I_post', may be"
        )
    if target.name in synapses.post.equations.differential:
        raise EquationError(
            f"{name!r} of {synapses.where} is (summed), but has a differential equation; "
            "sum into a variable without one"
        )
    read = synapses.resolve(value)
    if any(symbol.name == target.name and symbol.scope is not Scope.OWN for symbol in symbols(read)):
        raise EquationError(f"the sum {name!r} of {synapses.where} reads what it writes")
    return Assignment(target, read)


def _check_bounds(states: Iterable[State], constants: Mapping[str, SIQuantity], where: str) -> None:
    """Refuse a start value outside the bounds ``NAME_min`` and ``NAME_max`` that the model declares for it."""
    values = {name: constant.values for name, constant in constants.items()}
    values |= {state.name: state.initial for state in states}
    for state in states:
        if not any(f"{state.name}_{end}" in values for end, _ in _OPEN_BOUNDS):
            continue
        low, high = (values.get(f"{state.name}_{end}", np.array(inf)) for end, inf in _OPEN_BOUNDS)
        low, high = (np.broadcast_to(bound, state.initial.shape) for bound in (low, high))
        outside = np.flatnonzero((state.initial < low) | (state.initial > high))
        if outside.size:
            synapse = outside[0]
            below = state.initial[synapse] < low[synapse]
            raise CircuitError(
                f"{state.name!r} of {where} starts at {state.initial[synapse]:g} in synapse {synapse}, "
                f"{'below' if below else 'above'} its bound {state.name}_{'min' if below else 'max'} = "
                f"{(low if below else high)[synapse]:g}; start inside the bounds, or move them"
            )


def _synaptic(synapses: Synapses, statement: Statement) -> Assignment:
    target = synapses.symbol(statement.name)
    value = synapses.resolve(statement.value)
    if target.scope is Scope.OWN:
        if target.name not in synapses.equations.variables:
            raise EquationError(f"{statement.name!r} is assigned in {synapses.where}, but is no variable of it")
        return Assignment(target, combined(target, statement.operator, value))
    neurons = synapses.post if target.scope is Scope.POST else synapses.pre
    if neurons is None or target.name not in neurons.equations.variables:
        raise EquationError(f"{statement.name!r} is assigned in {synapses.where}, but is no variable of the neurons")
    if statement.operator not in ("+=", "-="):
        raise EquationError(
            f"'{statement.name} {statement.operator} ...' in {synapses.where} depends on the order of the synapses; "
            "neurons may only be written with += or -="
        )
    return Assignment(target, value if statement.operator == "+=" else negate(value), accumulate=True)


def _check_order(code: Iterable[Assignment], where: str) -> None:
    written = {part.target for part in code if part.accumulate}
    for part in code:
        clash = sorted(symbol.name for symbol in symbols(part.value) & written)
        if clash:
            raise EquationError(f"{where} reads {clash[0]!r} and adds to it; the result would depend on the order")


def _synaptic_coefficients(synapses: Synapses, on_pre: Iterable[Assignment]) -> tuple[Coefficient, ...]:
    used = {symbol for part in on_pre for symbol in symbols(part.value)}
    own = sorted(s.name for s in used if s.scope is Scope.OWN and s.name in synapses.constants)
    for symbol in used:
        neurons = {Scope.PRE: synapses.pre, Scope.POST: synapses.post}.get(symbol.scope)
        if neurons is not None and symbol.name in neurons.constants:
            raise EquationError(
                f"the code of {synapses.where} reads the parameter {symbol.name!r} of a neuron; give it to the synapse"
            )
    return tuple(Coefficient(name, synapses.constants[name].values) for name in own)
