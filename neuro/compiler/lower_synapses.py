"""Projections -> ProjectionProgram: on_pre statements with their variables resolved to a side."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Mapping
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
from neuro.compiler.expressions import Statement, negate, replace
from neuro.compiler.integrate_linear import LinearStep
from neuro.compiler.ir import (
    SYNAPSE,
    TICK,
    TIME,
    Assignment,
    Coefficient,
    Constant,
    Expression,
    ProjectionProgram,
    Scope,
    State,
    Symbol,
    symbols,
    totals,
)
from neuro.compiler.lower_neurons import BUILT_IN, Neurons, RateSystem, combined
from neuro.compiler.statements import (
    DRAW,
    CodeBlock,
    as_truths,
    draw_seed,
    hashed,
    kept_states,
    read_block,
    stored_as,
)
from neuro.errors import CircuitError, EquationError
from neuro.models.base import Method

if TYPE_CHECKING:
    from neuro.compiler.equations import Dimension

PRE_BLOCK, POST_BLOCK = "pre", "post"

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
    seed: int
    blocks: Mapping[str, CodeBlock]
    operations: tuple[str, ...]
    where: str

    @classmethod
    def of(
        cls, projection: Projection, neurons: Mapping[str, Neurons], dt: float, seed: int, codes: Mapping[str, str]
    ) -> Synapses:
        """Parse a projection and sort its parameters into constants and values of their own.

        Args:
            projection: the projection.
            neurons: the populations by name.
            dt: seconds a tick.
            seed: the circuit's.
            codes: block -> code of the operations on it.
        """
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
        synapses = cls(
            projection,
            equations,
            {**constants, "dt": SIQuantity(np.array(dt), second_dimension())},
            declared,
            neurons.get(projection.source),
            neurons[projection.target],
            seed,
            {},
            tuple(codes.values()),
            where,
        )
        model = projection.model
        texts = {PRE_BLOCK: model.on_pre, POST_BLOCK: model.on_post, **codes}
        blocks = {block: read_block(code, block, synapses.declares) for block, code in texts.items()}
        return dataclasses.replace(synapses, blocks=blocks)

    def declares(self, name: str) -> bool:
        """Whether a name means anything besides a block's own."""
        if name in (*self.own, TIME, TICK) or name in self.equations.dimensions:
            return True
        return self.symbol(name) != Symbol(name) or self._of_neurons(Symbol(name)) is not None

    @property
    def own(self) -> frozenset[str]:
        """Names of the synapse's own variables and constants, also of those constants that differ by synapse."""
        return frozenset((*self.equations.variables, *self.equations.constants, *self.constants))

    def symbol(self, name: str) -> Symbol:
        """What a name in the code of a synapse means, and on which side."""
        if name in self.own or name in BUILT_IN:
            return Symbol(name)
        base, _, suffix = name.rpartition("_")
        if suffix == "pre" and self.pre is not None and base in self.pre.names and base not in BUILT_IN:
            return Symbol(base, Scope.PRE)
        if suffix == "post" and base in self.post.names and base not in BUILT_IN:
            return Symbol(base, Scope.POST)
        if name in self.post.names:
            return Symbol(name, Scope.POST)
        return Symbol(name)

    def resolve(self, expression: Expression) -> Expression:
        """The expression with units replaced and every symbol on its side."""

        def scoped(part: Expression) -> Expression | None:
            return self.symbol(part.name) if isinstance(part, Symbol) and part.scope is Scope.OWN else None

        expression = replace(replace(expression, self._written_out), self._of_neurons)
        known = {part.name for part in symbols(expression) if self.symbol(part.name) != part}
        names = (*known, *self.own, TIME, TICK)
        located = replace(resolve(expression, self.equations, names, self.where), scoped)
        return hashed(as_truths(located, self.truths), Symbol(TICK), Symbol(SYNAPSE))

    def _written_out(self, part: Expression) -> Expression | None:
        """What the name of a subexpression of the synapse stands for."""
        if not isinstance(part, Symbol) or part.name not in self.equations.subexpressions:
            return None
        return replace(self.equations.subexpressions[part.name], self._written_out)

    def _of_neurons(self, part: Expression) -> Expression | None:
        """What a neuron's subexpression means for a synapse: its text, with the neuron's variables and numbers."""
        if not isinstance(part, Symbol) or part.name in self.own:
            return None
        base, _, suffix = part.name.rpartition("_")
        sides = {"pre": (Scope.PRE, self.pre), "post": (Scope.POST, self.post)}
        scope, neurons = sides.get(suffix, (Scope.POST, self.post))
        name = base if suffix in sides else part.name
        if neurons is None or name not in neurons.equations.subexpressions:
            return None

        def located(inner: Expression) -> Expression | None:
            if not isinstance(inner, Symbol):
                return None
            if inner.name in neurons.constants:
                values = neurons.constants[inner.name].values
                if values.ndim:
                    raise EquationError(
                        f"{part.name!r} in the code of {self.where} reads {inner.name!r}, which differs by neuron; "
                        "give it to the synapse"
                    )
                return Constant(float(values))
            return inner if inner.name in (TIME, TICK) else Symbol(inner.name, scope)

        return replace(neurons.resolve(neurons.equations.subexpressions[name]), located)

    @property
    def truths(self) -> set[Symbol]:
        """The neurons' variables that hold truth values; the synapses' own are read as such by their equations."""
        return self._of_ends(lambda equations: equations.truths)

    def _of_ends(self, pick: Callable[[Equations], Iterable[str]]) -> set[Symbol]:
        ends = ((Scope.PRE, self.pre), (Scope.POST, self.post))
        return {Symbol(name, scope) for scope, end in ends if end is not None for name in pick(end.equations)}

    def named(self, pick: Callable[[Equations], Iterable[str]]) -> set[str]:
        """The names by which code knows variables of a kind, of the synapses and of both ends."""
        found = set(pick(self.equations)) | set(pick(self.post.equations))
        return found | {f"{symbol.name}_{symbol.scope.value}" for symbol in self._of_ends(pick)}

    def check_units(self, *codes: str) -> None:
        """Let Brian2 check the units of the equations and of these codes."""
        check_units(
            self.equations,
            self.dimensions,
            [],
            codes,
            self.where,
            truths=self.named(lambda equations: equations.truths),
            wholes=self.named(lambda equations: equations.wholes),
        )

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
    synapses.check_units(model.on_pre, model.on_post, *synapses.operations)
    on_pre, on_post = (
        tuple(_synaptic(synapses, statement) for statement in synapses.blocks[block].statements)
        for block in (PRE_BLOCK, POST_BLOCK)
    )
    _check_order(on_pre, f"on_pre of {where}")
    _check_order(on_post, f"on_post of {where}")
    step = _integrated(synapses, dt)
    summed = tuple(_summed(synapses, name, value) for name, value in equations.summed.items())
    states = tuple(
        State(name, _synaptic_initial(synapses, name, declared))
        for name in (*equations.variables, *(name for name in equations.constants if name in declared))
    ) + tuple(State(name, np.zeros(projection.connections.synapses)) for name in kept_states(synapses.blocks))
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
        coefficients=_all_coefficients(synapses, step, (*on_pre, *on_post, *summed)),
        on_pre=on_pre,
        on_post=on_post,
        update=step.update,
        summed=summed,
        event_driven=equations.event_driven,
    )


def _all_coefficients(synapses: Synapses, step: LinearStep, code: Iterable[Assignment]) -> tuple[Coefficient, ...]:
    known = {coefficient.name for coefficient in step.coefficients}
    used = _synaptic_coefficients(synapses, (*step.stages, *step.update, *code))
    return (*step.coefficients, *(part for part in used if part.name not in known))


def _integrated(synapses: Synapses, dt: float) -> LinearStep:
    """The step of the differential equations of a synapse: event-driven ones linear, the others by its method."""
    equations = synapses.equations
    if not equations.differential:
        return LinearStep((), ())
    rates = {name: synapses.resolve(rate) for name, rate in equations.differential.items()}
    for name, rate in rates.items():
        alike = {other for other in rates if (other in equations.event_driven) == (name in equations.event_driven)}
        for other in sorted({symbol.name for symbol in symbols(rate)} & (rates.keys() - alike)):
            raise EquationError(
                f"the equation of {name!r} of {synapses.where} reads {other!r}, but only one of the two is "
                "(event-driven); flag both alike, as Brian2 asks"
            )
    parts = []
    for events in (True, False):
        some = {name: rate for name, rate in rates.items() if (name in equations.event_driven) is events}
        if some:
            method = Method.EXACT if events else synapses.projection.model.method
            parts.append(_step(synapses, some, dt, method))
    # In the order of the declarations, whichever kind they are of.
    found = {part.target.name: part for step in parts for part in step.update}
    update = [found[name] for name in rates]
    numbers = {part.name: part for step in parts for part in step.coefficients}
    if any(step.stages for step in parts):
        raise EquationError(
            f"the equations of {synapses.where} are not linear, and {synapses.projection.model.method} takes several "
            "stages; use Method.EULER or EXPONENTIAL_EULER for synapses"
        )
    return LinearStep(tuple(update), tuple(numbers.values()))


def _step(synapses: Synapses, rates: Mapping[str, Expression], dt: float, method: Method) -> LinearStep:
    if any(symbol.scope is not Scope.OWN for rate in rates.values() for symbol in symbols(rate)):
        raise EquationError(f"an equation of {synapses.where} reads a neuron; only statements may")
    equations = synapses.equations
    values = {name: constant.values for name, constant in synapses.constants.items()}
    # A parameter that nobody writes is a number of the synapse, as good as a constant.
    written = {statement.name for block in synapses.blocks.values() for statement in block.statements}
    for name in (*equations.variables, *equations.constants):
        if name not in (*equations.differential, *written, *values):
            values[name] = _synaptic_initial(synapses, name, synapses.declared)
    states = [name for name in equations.variables if name not in values]
    return RateSystem(rates, states, values, synapses.where).step((), dt, method)


def _synaptic_initial(synapses: Synapses, name: str, declared: Mapping[str, Value]) -> FloatArray:
    label = f"{name!r} of {synapses.where}"
    values = quantity(declared.get(name, 0.0), synapses.equations.dimensions[name], label).values
    return np.broadcast_to(values, (synapses.projection.connections.synapses,))


def lower_synaptic_operation(
    synapses: Synapses, block: str, where: str
) -> tuple[tuple[Assignment, ...], tuple[Coefficient, ...]]:
    """The statements of an operation on a projection, and the numbers they read."""
    lowered = tuple(_synaptic(synapses, statement) for statement in synapses.blocks[block].statements)
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
    equations = synapses.equations
    if target.scope is Scope.OWN:
        if target.name not in (*equations.variables, *kept_states(synapses.blocks)):
            raise EquationError(f"{statement.name!r} is assigned in {synapses.where}, but is no variable of it")
        truths, wholes = ({Symbol(name) for name in kind} for kind in (equations.truths, equations.wholes))
        return Assignment(target, stored_as(combined(target, statement.operator, value), target, truths, wholes))
    neurons = synapses.post if target.scope is Scope.POST else synapses.pre
    if neurons is None or target.name not in set(neurons.equations.variables) - neurons.equations.linked:
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
    draws = sorted(s.name for s in used if s.name.startswith(DRAW))
    seeds = (draw_seed(synapses.seed, synapses.projection.name, name) for name in draws)
    return (
        *(Coefficient(name, synapses.constants[name].values) for name in own),
        *(Coefficient(name, np.array(seed)) for name, seed in zip(draws, seeds, strict=True)),
    )
