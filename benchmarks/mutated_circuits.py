"""Mutated circuits: what mutants are made of, small and together with every feature, and driven to every bound."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from benchmarks.silicon_circuits import side_by_side
from neuro.program import (
    Assignment,
    Coefficient,
    Format,
    IntArray,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
)

_MECHANISMS = ("network", "winners and quota", "saturation", "counter")
_LEARNING = (
    "several projections and an adaptive threshold",
    "pair STDP",
    "two dendritic branches",
    "reward-modulated STDP",
    "pair rule",
)


STORMS = ("proj_rain_", "proj_up_", "proj_down_")
"""How the modules begin that :func:`stressed` adds."""

_RAIN = 0.3
"""Share of ticks in which a neuron of the rain fires."""


def mutated_circuits() -> tuple[tuple[str, StepProgram, int], ...]:
    """Name, program and ticks of each."""
    from tests.rtl_export.programs import PROGRAMS, joined
    from tests.rtl_export.test_circuits import CIRCUITS, integers

    mechanisms = joined({name: PROGRAMS[name] for name in _MECHANISMS})
    learning = side_by_side([integers(*CIRCUITS[name]) for name in _LEARNING])
    return ("mechanisms", stressed(mechanisms, 120), 120), ("learning", stressed(learning, 160), 160)


def stressed(program: StepProgram, ticks: int) -> StepProgram:
    """The program with more sources: spikes from half time on, at the end some that drive every state out of bounds.

    What a natural run never reaches can't be told from what does not work: a quantiser leaves room above every state,
    and a small circuit may hardly fire.
    """
    rng = np.random.default_rng(7)
    at, who = np.nonzero(rng.random((ticks, 4)) < _RAIN)
    at, who = at[at >= ticks // 2], who[at >= ticks // 2]
    sources = (
        SourceProgram("rain", 4, at.astype(np.int64), who.astype(np.int64)),
        _source("up", ticks * 7 // 8),
        _source("down", ticks * 15 // 16),
    )
    projections = []
    for part in program.populations:
        bounds = {state.name: state.format for state in part.states if state.format is not None}
        if part.size and bounds:
            first = next(iter(bounds))
            drops = rng.integers(bounds[first].lowest // 16, bounds[first].highest // 4 + 1, 4 * part.size)
            projections += [
                _rain(f"rain_{part.name}", part, first, drops, bounds[first]),
                _storm("up", part, {name: form.highest for name, form in bounds.items()}),
                _storm("down", part, {name: form.lowest for name, form in bounds.items()}),
            ]
    return replace(program, sources=(*program.sources, *sources), projections=(*program.projections, *projections))


def _source(name: str, tick: int) -> SourceProgram:
    """Two neurons that fire together in two ticks, a few apart."""
    at = np.array([tick, tick, tick + 4, tick + 4], np.int64)
    return SourceProgram(name, 2, at, np.array([0, 1, 0, 1], np.int64))


def _rain(name: str, target: PopulationProgram, variable: str, drops: IntArray, form: Format) -> ProjectionProgram:
    """Every neuron of the source adds a weight of its own to a variable of every neuron."""
    on_pre = (Assignment(Symbol(variable, Scope.POST), Symbol("w"), accumulate=True),)
    return _dense(name, "rain", 4, target, (State("w", drops, form),), (), on_pre)


def _storm(source: str, target: PopulationProgram, bounds: Mapping[str, int]) -> ProjectionProgram:
    """Every neuron of the source adds to each variable of every neuron as much as it can hold."""
    weights = tuple(Coefficient(f"w{name}", np.array(value)) for name, value in bounds.items())
    on_pre = tuple(Assignment(Symbol(name, Scope.POST), Symbol(f"w{name}"), accumulate=True) for name in bounds)
    return _dense(f"{source}_{target.name}", source, 2, target, (), weights, on_pre)


def _dense(
    name: str,
    source: str,
    size: int,
    target: PopulationProgram,
    states: tuple[State, ...],
    coefficients: tuple[Coefficient, ...],
    on_pre: tuple[Assignment, ...],
) -> ProjectionProgram:
    columns = np.tile(np.arange(target.size), size)
    rows = np.arange(size + 1) * target.size
    return ProjectionProgram(name, source, target.name, rows, columns, np.array(0), states, coefficients, on_pre)
