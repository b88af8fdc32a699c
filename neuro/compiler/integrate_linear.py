"""One time step of differential equations that are linear in the states: one matrix for every method.

For dx/dt = A x + B u + r with x the differential variables, u the other states (constant over a tick) and r
a constant, let M = [[A B r], [0 0 0]]. One step of length dt is x' = first rows of S(dt M) (x, u, 1), with

    exact:              S(M) = exp(M)                              (Van Loan 1978)
    Euler, RK2, RK4:    S(M) = sum over k <= order of M^k / k!     (order 1, 2, 4)
    exponential Euler:  S(M) = the same as exact in each variable while all others stand still

The branch for refractory neurons is the same with the rows of clamped variables set to zero, so no closed form divides
by a difference of time constants. What is not linear stands in :mod:`neuro.compiler.integrate_nonlinear`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray
from neuro.compiler.expressions import ZERO, add, evaluate, linear_parts
from neuro.compiler.ir import ACTIVE, Assignment, Binary, Coefficient, Expression, Flush, Select, Symbol
from neuro.errors import EquationError

_ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class LinearMethod:
    """S of the module's docstring, and how many matrix powers its entries can reach (None: all)."""

    matrix: Callable[[FloatArray, float], FloatArray]
    powers: int | None


@dataclass(frozen=True, slots=True)
class LinearSystem:
    """dx/dt = A x + B u + r, coefficients still symbolic (free of states).

    ``terms[name][other]`` is the coefficient of state ``other`` in d name/dt; ``rest[name]`` is r.
    """

    differential: tuple[str, ...]
    others: tuple[str, ...]
    terms: Mapping[str, Mapping[str, Expression]]
    rest: Mapping[str, Expression]


def linear_system(rates: Mapping[str, Expression], states: Collection[str]) -> LinearSystem | None:
    """The linear form of right-hand sides, or None where one of them is not linear in the states."""
    terms, rest = {}, {}
    for name, rate in rates.items():
        parts = linear_parts(rate, states)
        if parts is None:
            return None
        terms[name], rest[name] = parts
    others = tuple(name for name in states if name not in rates and any(name in row for row in terms.values()))
    return LinearSystem(tuple(rates), others, terms, rest)


@dataclass(frozen=True, slots=True)
class LinearStep:
    """The update of one step, the stages before it and the numbers they refer to."""

    update: tuple[Assignment, ...]
    coefficients: tuple[Coefficient, ...]
    stages: tuple[Assignment, ...] = ()


def _exponential(generator: FloatArray, dt: float) -> FloatArray:
    from scipy.linalg import expm

    flat = (generator * dt).reshape(-1, *generator.shape[-2:])
    unique, inverse = np.unique(flat, axis=0, return_inverse=True)
    return np.asarray(expm(unique)[inverse.reshape(-1)]).reshape(generator.shape)


def _taylor(order: int) -> Callable[[FloatArray, float], FloatArray]:
    def matrix(generator: FloatArray, dt: float) -> FloatArray:
        power = np.eye(generator.shape[-1])
        total = power + np.zeros_like(generator)
        for k in range(1, order + 1):
            power = power @ (dt * generator)
            total = total + power / math.factorial(k)
        return total

    return matrix


def _one_by_one(generator: FloatArray, dt: float) -> FloatArray:
    """Each row exact in its own variable: x' = exp(a dt) x + dt exprel(a dt) (the rest of the row)."""
    from scipy.special import exprel

    own = np.diagonal(generator, axis1=-2, axis2=-1) * dt
    matrix = generator * (dt * exprel(own))[..., np.newaxis]
    index = np.arange(generator.shape[-1])
    matrix[..., index, index] = np.exp(own)
    return np.asarray(matrix)


EXACT = LinearMethod(_exponential, None)
FORWARD_EULER = LinearMethod(_taylor(1), 1)
MIDPOINT = LinearMethod(_taylor(2), 2)
RUNGE_KUTTA_4 = LinearMethod(_taylor(4), 4)
ONE_BY_ONE = LinearMethod(_one_by_one, 1)


@dataclass(frozen=True, slots=True)
class _Branch:
    """The step matrices of one branch: ``matrix`` (..., n + m + 1 squared) and which entries can be non-zero."""

    prefix: str
    matrix: FloatArray
    pattern: npt.NDArray[np.bool_]


def linear_step(
    system: LinearSystem, clamped: Collection[str], values: Mapping[str, FloatArray], dt: float, method: LinearMethod
) -> LinearStep:
    """One step of a linear system; ``values`` gives the constants, shape () or (size,)."""
    generator = _generator(system, values)
    pattern = _generator_pattern(system)
    active = _Branch("a", method.matrix(generator, dt), _step_pattern(pattern, method))
    _check_stable(system, generator, active.matrix, dt)
    frozen = [index for index, name in enumerate(system.differential) if name in clamped]
    still_generator, still_pattern = generator.copy(), pattern.copy()
    still_generator[..., frozen, :] = 0.0
    still_pattern[frozen, :] = False
    still = _Branch("h", method.matrix(still_generator, dt), _step_pattern(still_pattern, method))
    affected = _affected(_step_pattern(pattern, method), frozen)
    update: list[Assignment] = []
    coefficients: list[Coefficient] = []
    for index, name in enumerate(system.differential):
        value, used = _row(system, active, index)
        coefficients += used
        if index in frozen:
            value = Select(Symbol(ACTIVE), value, Symbol(name))
        elif index in affected:
            other, used = _row(system, still, index)
            coefficients += used
            value = Select(Symbol(ACTIVE), value, other)
        update.append(Assignment(Symbol(name), value))
    return LinearStep(tuple(update), tuple(coefficients))


def _check_stable(system: LinearSystem, generator: FloatArray, step: FloatArray, dt: float) -> None:
    """Refuse a step that lets a decaying system grow: dt is too long for one of its time constants."""
    count = len(system.differential)
    own = np.s_[..., :count, :count]
    rates = np.linalg.eigvals(generator[own]).real.max(axis=-1)
    factors = np.abs(np.linalg.eigvals(step[own])).max(axis=-1)
    if np.any((rates <= 0) & (factors > 1 + _ROUNDING)):
        fastest = float(np.abs(np.linalg.eigvals(generator[own])).max())
        raise EquationError(
            f"dt = {dt:g} s is too long for the equations of {', '.join(system.differential)}: their shortest time "
            f"constant is {1 / fastest:.3g} s, and the step would grow without bound; use a shorter dt or Method.EXACT"
        )


def _generator(system: LinearSystem, values: Mapping[str, FloatArray]) -> FloatArray:
    """[[A B r], [0 0 0]], shape (k, k) or, with per-neuron constants, (size, k, k)."""
    columns = (*system.differential, *system.others)
    entries = {
        (row, column): np.asarray(evaluate(expression, values), dtype=np.float64)
        for row, name in enumerate(system.differential)
        for column, expression in (
            *((columns.index(other), term) for other, term in system.terms[name].items()),
            (len(columns), system.rest[name]),
        )
    }
    shape = np.broadcast_shapes(*(entry.shape for entry in entries.values()))
    generator = np.zeros((*shape, len(columns) + 1, len(columns) + 1))
    for (row, column), entry in entries.items():
        generator[..., row, column] = entry
    if not np.all(np.isfinite(generator)):
        raise EquationError("a coefficient of the equations is not finite; check for a time constant of zero")
    return generator


def _generator_pattern(system: LinearSystem) -> npt.NDArray[np.bool_]:
    columns = (*system.differential, *system.others)
    pattern = np.zeros((len(columns) + 1, len(columns) + 1), dtype=bool)
    for row, name in enumerate(system.differential):
        for other in system.terms[name]:
            pattern[row, columns.index(other)] = True
        pattern[row, -1] = system.rest[name] != ZERO
    return pattern


def _step_pattern(pattern: npt.NDArray[np.bool_], method: LinearMethod) -> npt.NDArray[np.bool_]:
    """Which entries of the step matrix can be non-zero: those that the method's powers of the system reach."""
    once: npt.NDArray[np.bool_] = pattern | np.eye(len(pattern), dtype=bool)
    reach = once
    for _ in range((len(pattern) if method.powers is None else method.powers) - 1):
        reach = reach.astype(int) @ once.astype(int) > 0
    return reach


def _affected(pattern: npt.NDArray[np.bool_], frozen: list[int]) -> set[int]:
    """Rows whose step depends on whether the frozen rows move."""
    return {int(row) for row in np.nonzero(pattern[:, frozen].any(axis=1))[0]} if frozen else set()


def _row(system: LinearSystem, branch: _Branch, index: int) -> tuple[Expression, list[Coefficient]]:
    name = system.differential[index]
    columns = (*system.differential, *system.others)
    value: Expression = ZERO
    used = []
    for column, other in enumerate((*columns, "")):
        if not branch.pattern[index, column]:
            continue
        coefficient = f"{branch.prefix}__{name}__{other}" if other else f"{branch.prefix}__{name}"
        used.append(Coefficient(coefficient, np.array(branch.matrix[..., index, column])))
        term = Symbol(coefficient)
        value = add(value, Binary("*", term, Symbol(other)) if other else term)
    # Only a state that decays to zero can become subnormal; one with a constant drive settles elsewhere.
    return (value if branch.pattern[index, -1] else Flush(value)), used
