"""Mutated circuits: what mutants are made of, small and together with every feature, and driven to every bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from benchmarks.silicon_circuits import side_by_side
from neuro.program import (
    Assignment,
    Coefficient,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    SourceProgram,
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


STORMS = ("proj_up_", "proj_down_")
"""How the modules begin that :func:`stressed` adds."""


def mutated_circuits() -> tuple[tuple[str, StepProgram, int], ...]:
    """Name, program and ticks of each."""
    from tests.rtl_export.programs import PROGRAMS, joined
    from tests.rtl_export.test_circuits import CIRCUITS, integers

    mechanisms = joined({name: PROGRAMS[name] for name in _MECHANISMS})
    learning = side_by_side([integers(*CIRCUITS[name]) for name in _LEARNING])
    return ("mechanisms", stressed(mechanisms, 80), 80), ("learning", stressed(learning, 100), 100)


def stressed(program: StepProgram, ticks: int) -> StepProgram:
    """The program with two sources more, that drive every state of a neuron beyond its bounds in the last third.

    What a natural run never reaches can't be told from what does not work: a quantiser leaves room above every state.
    """
    first, last = ticks * 2 // 3, ticks * 5 // 6
    sources = (_source("up", first), _source("down", last))
    projections = tuple(
        _storm(f"{source.name}_{part.name}_{state.name}", source, part, state.name, bound)
        for part in program.populations
        for state in part.states
        if state.format is not None and part.size
        for source, bound in zip(sources, (state.format.highest, state.format.lowest), strict=True)
    )
    return replace(program, sources=(*program.sources, *sources), projections=(*program.projections, *projections))


def _source(name: str, tick: int) -> SourceProgram:
    """Two neurons that fire together in two ticks, a few apart."""
    at = np.array([tick, tick, tick + 4, tick + 4], np.int64)
    return SourceProgram(name, 2, at, np.array([0, 1, 0, 1], np.int64))


def _storm(
    name: str, source: SourceProgram, target: PopulationProgram, variable: str, weight: int
) -> ProjectionProgram:
    """Every neuron of the source adds a weight as large as the variable to it."""
    return ProjectionProgram(
        name,
        source.name,
        target.name,
        np.arange(source.size + 1) * target.size,
        np.tile(np.arange(target.size), source.size),
        np.array(0),
        (),
        (Coefficient("w", np.array(weight)),),
        on_pre=(Assignment(Symbol(variable, Scope.POST), Symbol("w"), accumulate=True),),
    )
