"""Leaks that are shifts: a decay by a power of two costs an adder where any other costs a multiplier.

A decay ``x = a x + ...`` gets the nearest ``a = 1 - 2**-k``; what drives ``x`` is scaled by ``(1 - a') / (1 - a)``, so
that its steady state stays. In integers ``a x`` is then ``x - x / 2**k`` to the bit, whatever the rounding.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.expressions import replace as replace_parts
from neuro.compiler.ir import (
    Binary,
    Coefficient,
    Constant,
    Expression,
    PopulationProgram,
    RoundShift,
    StepProgram,
    Symbol,
)


def nearest_leak(factor: AnyArray) -> AnyArray:
    """``1 - 2**-k`` nearest to each decay factor (0 < factor < 1) on the scale of time constants, k >= 1."""
    k = np.maximum(np.rint(-np.log2(1.0 - np.asarray(factor, np.float64))), 1.0)
    return np.asarray(1.0 - np.exp2(-k))


def round_leaks(program: StepProgram) -> StepProgram:
    """A float program whose decays of neurons are all powers of two."""
    return replace(program, populations=tuple(_rounded(part) for part in program.populations))


def shift_leaks(program: StepProgram) -> StepProgram:
    """An integer program with every product by such a decay written as a difference of shifts: the same integers."""
    return replace(program, populations=tuple(_shifted(part) for part in program.populations))


def _rounded(population: PopulationProgram) -> PopulationProgram:
    numbers = {part.name: part for part in population.coefficients}
    changed = dict(numbers)
    for target in (part.target.name for part in population.update):
        decay = numbers.get(f"a__{target}__{target}")
        if decay is None or not bool(np.all((decay.values > 0.0) & (decay.values < 1.0))):
            continue
        leak = nearest_leak(decay.values)
        changed[decay.name] = replace(decay, values=leak)
        gain = (1.0 - leak) / (1.0 - decay.values)
        for name, part in numbers.items():
            drives = name == f"a__{target}" or name.startswith(f"a__{target}__")
            if drives and name != decay.name:
                changed[name] = replace(part, values=np.asarray(part.values * gain))
    return replace(population, coefficients=tuple(changed.values()))


def _shifted(population: PopulationProgram) -> PopulationProgram:
    leaks = {part.name: shifts for part in population.coefficients if (shifts := _shifts(part)) is not None}
    update = tuple(replace(part, value=_with_shifts(part.value, leaks)) for part in population.update)
    return replace(population, update=update)


def _shifts(part: Coefficient) -> tuple[int, int] | None:
    """(p, q) where all values of a decay's coefficient are ``2**p - 2**q``, p > q."""
    values = np.unique(part.values)
    if not part.name.startswith("a__") or values.size != 1 or values[0] <= 0:
        return None
    value = int(values[0])
    lowest = (value & -value).bit_length() - 1
    highest = (value + (1 << lowest)).bit_length() - 1
    return (highest, lowest) if value == (1 << highest) - (1 << lowest) else None


def _with_shifts(value: Expression, leaks: Mapping[str, tuple[int, int]]) -> Expression:
    def written(part: Expression) -> Expression | None:
        match part:
            case RoundShift(Binary("*", Symbol(name), Symbol() as state), bits) if name in leaks:
                high, low = leaks[name]
                shared = min(low, bits - 1)
                return RoundShift(_difference(state, high - shared, low - shared), bits - shared)
            case Binary("*", Symbol(name), Symbol() as state) if name in leaks:
                return _difference(state, *leaks[name])
        return None

    return replace_parts(value, written)


def _difference(state: Symbol, high: int, low: int) -> Expression:
    lower = state if low == 0 else Binary("*", state, Constant(1 << low))
    return Binary("-", Binary("*", state, Constant(1 << high)), lower)
