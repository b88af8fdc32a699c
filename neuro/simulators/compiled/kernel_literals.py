"""Literal numbers of a float program as coefficients, so that another number in the text is no other kernel.

An operation whose text says ``theta - 2.6e-5`` in one epoch of a training and ``theta - 2.6e-6`` in the next keeps its
structure. Whole numbers stay in the text: exponents, signs and counts belong to the structure.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

import numpy as np

from neuro.compiler.ir import (
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Flush,
    OperationProgram,
    PopulationProgram,
    ProjectionProgram,
    RoundShift,
    Select,
    StepProgram,
    Symbol,
    Threshold,
    Unary,
)


def hoist_literals(program: StepProgram) -> StepProgram:
    """The same program with its fractional literals as coefficients; a quantised program has none and stays."""
    if program.quantised:
        return program
    return replace(
        program,
        populations=tuple(_population(part) for part in program.populations),
        projections=tuple(_projection(part) for part in program.projections),
        operations=tuple(_operation(part) for part in program.operations),
    )


class _Literals:
    """The coefficients that one part's literals became, in the order in which they stand."""

    def __init__(self) -> None:
        self.found: list[Coefficient] = []

    def code(self, statements: Iterable[Assignment]) -> tuple[Assignment, ...]:
        return tuple(replace(part, value=self.expression(part.value)) for part in statements)

    def expression(self, given: Expression) -> Expression:
        match given:
            case Constant(value):
                return given if float(value).is_integer() else self._named(float(value))
            case Unary(operator, operand):
                return Unary(operator, self.expression(operand))
            case Binary("**", base, exponent):
                return Binary("**", self.expression(base), exponent)
            case Binary(operator, left, right):
                return Binary(operator, self.expression(left), self.expression(right))
            case Call(function, arguments):
                return Call(function, tuple(self.expression(part) for part in arguments))
            case Select(condition, then, otherwise):
                return Select(self.expression(condition), self.expression(then), self.expression(otherwise))
            case Flush(operand):
                return Flush(self.expression(operand))
            case Symbol() | RoundShift():
                return given

    def _named(self, value: float) -> Symbol:
        # No name that a user gives holds two underscores.
        name = f"literal__{len(self.found)}"
        self.found.append(Coefficient(name, np.array(value)))
        return Symbol(name)


def _population(part: PopulationProgram) -> PopulationProgram:
    literals, threshold = _Literals(), part.threshold
    if threshold is not None:
        threshold = Threshold(literals.expression(threshold.left), literals.expression(threshold.right))
    return replace(
        part,
        stages=literals.code(part.stages),
        update=literals.code(part.update),
        threshold=threshold,
        reset=literals.code(part.reset),
        held_while=None if part.held_while is None else literals.expression(part.held_while),
        coefficients=(*part.coefficients, *literals.found),
    )


def _projection(part: ProjectionProgram) -> ProjectionProgram:
    literals = _Literals()
    return replace(
        part,
        summed=literals.code(part.summed),
        update=literals.code(part.update),
        on_pre=literals.code(part.on_pre),
        on_post=literals.code(part.on_post),
        coefficients=(*part.coefficients, *literals.found),
    )


def _operation(part: OperationProgram) -> OperationProgram:
    literals = _Literals()
    statements = literals.code(part.statements)
    return replace(part, statements=statements, coefficients=(*part.coefficients, *literals.found))
