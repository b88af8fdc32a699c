"""Projections -> ProjectionProgram: on_pre statements with their variables resolved to a side."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.checks import to_ticks
from neuro.circuit import Projection
from neuro.equations import (
    Dimension,
    Equations,
    Quantity,
    check_units,
    parse_equations,
    quantity,
    resolved,
    seconds,
)
from neuro.errors import CircuitError, EquationError
from neuro.expressions import Statement, negate, parse_statements, replace
from neuro.integrate import Step, exact_step, linear_system
from neuro.lowering_neurons import Neurons, combined
from neuro.program import (
    Assignment,
    Coefficient,
    Expression,
    ProjectionProgram,
    Scope,
    State,
    Symbol,
    symbols,
)

_OPEN_BOUNDS = (("min", -np.inf), ("max", np.inf))


@dataclass(frozen=True, slots=True, eq=False)
class Synapses:
    """A projection with its equations parsed; resolves Brian2's ``x_pre``, ``x_post`` and plain names."""

    projection: Projection
    equations: Equations
    constants: Mapping[str, Quantity]
    pre: Neurons | None
    post: Neurons
    where: str

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

    def meaning(self, expression: Expression) -> Expression:
        """The expression with units replaced and every symbol on its side."""

        def scoped(part: Expression) -> Expression | None:
            return self.symbol(part.name) if isinstance(part, Symbol) else None

        known = {part.name for part in symbols(expression) if self.symbol(part.name) != part}
        names = (*known, *self.own)
        return replace(resolved(expression, self.equations, names, self.where), scoped)

    @property
    def dimensions(self) -> dict[str, Dimension]:
        """Name -> dimension of everything the code of this projection may name."""
        known: dict[str, Dimension] = dict(self.post.dimensions)
        for suffix, neurons in (("pre", self.pre), ("post", self.post)):
            if neurons is not None:
                known |= {f"{name}_{suffix}": dimension for name, dimension in neurons.dimensions.items()}
        known |= {name: constant.dimension for name, constant in self.constants.items()}
        return known | dict(self.equations.dimensions)


def lower_projection(projection: Projection, neurons: Mapping[str, Neurons], dt: float) -> ProjectionProgram:
    """One projection's share of a step."""
    where = f"projection {projection.name!r}"
    equations = parse_equations(projection.model.equations, where)
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
            raise EquationError(f"{name!r} of {where} differs by synapse; declare it in the equations of the synapse")
    synapses = Synapses(
        projection,
        equations,
        {**constants, "dt": Quantity(np.array(dt), seconds())},
        neurons.get(projection.source),
        neurons[projection.target],
        where,
    )
    model = projection.model
    check_units(equations, synapses.dimensions, [], [model.on_pre, model.on_post], where)
    on_pre = tuple(_synaptic(synapses, statement) for statement in parse_statements(model.on_pre))
    on_post = tuple(_synaptic(synapses, statement) for statement in parse_statements(model.on_post))
    _check_order(on_pre, f"on_pre of {where}")
    _check_order(on_post, f"on_post of {where}")
    step = _integrated(synapses, dt)
    states = tuple(
        State(name, _synaptic_initial(synapses, name, declared))
        for name in (*equations.variables, *(name for name in equations.constants if name in declared))
    )
    _check_bounds(states, constants, where)
    return ProjectionProgram(
        name=projection.name,
        source=projection.source,
        target=projection.target,
        row_start=np.asarray(projection.connections.row_start),
        column=np.asarray(projection.connections.column),
        delay=to_ticks(
            quantity(projection.delay, seconds(), f"the delay of {where}").values, dt, f"the delay of {where}"
        ),
        states=states,
        coefficients=(*step.coefficients, *_synaptic_coefficients(synapses, (*on_pre, *on_post))),
        on_pre=on_pre,
        on_post=on_post,
        update=step.update,
    )


def _integrated(synapses: Synapses, dt: float) -> Step:
    """The step of the differential equations of a synapse: linear ones, with shared constants."""
    equations = synapses.equations
    if not equations.differential:
        return Step((), ())
    rates = {name: synapses.meaning(rate) for name, rate in equations.differential.items()}
    if any(symbol.scope is not Scope.OWN for rate in rates.values() for symbol in symbols(rate)):
        raise EquationError(f"an equation of {synapses.where} reads a neuron; only statements may")
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
    return exact_step(system, (), values, dt)


def _synaptic_initial(synapses: Synapses, name: str, declared: Mapping[str, Any]) -> np.ndarray:
    label = f"{name!r} of {synapses.where}"
    values = quantity(declared.get(name, 0.0), synapses.equations.dimensions[name], label).values
    return np.broadcast_to(values, (synapses.projection.connections.synapses,)).copy()


def _check_bounds(states: Iterable[State], constants: Mapping[str, Quantity], where: str) -> None:
    """Refuse a start value outside the bounds ``NAME_min`` and ``NAME_max`` that the model declares for it."""
    values = {name: constant.values for name, constant in constants.items()}
    values |= {state.name: state.initial for state in states}
    for state in states:
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


def check_sums(projections: Iterable[ProjectionProgram]) -> None:
    """Refuse code that reads a neuron variable which the synapses of the same tick add to.

    What it would see is a partial sum, which depends on the order of the projections and, in integers, is not yet
    saturated. The tick contract says that sums are read from the next tick on.

    Raises:
        EquationError: naming the projection that reads, the one that adds, and the variable.
    """
    adds: dict[tuple[str, str], str] = {}
    parts = list(projections)
    for projection in parts:
        for part in (*projection.on_pre, *projection.on_post):
            if part.accumulate:
                adds.setdefault((_owner(projection, part.target), part.target.name), projection.name)
    for projection in parts:
        for part in (*projection.on_pre, *projection.on_post):
            for symbol in sorted(symbols(part.value), key=lambda item: item.name):
                key = (_owner(projection, symbol), symbol.name)
                if symbol.scope is not Scope.OWN and key in adds:
                    raise EquationError(
                        f"the code of projection {projection.name!r} reads {key[0]}.{key[1]}, to which projection "
                        f"{adds[key]!r} adds in the same tick; it would see a partial sum. Read a variable that no "
                        "synapse writes, such as one that the neuron's equations derive from it"
                    )


def _owner(projection: ProjectionProgram, symbol: Symbol) -> str:
    return projection.source if symbol.scope is Scope.PRE else projection.target


def _synaptic(synapses: Synapses, statement: Statement) -> Assignment:
    target = synapses.symbol(statement.name)
    value = synapses.meaning(statement.value)
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
