"""Mutated circuits: what mutants are made of, small and together with every feature, and driven to every bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.program import (
    Assignment,
    IntArray,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
)

_MECHANISMS = (("network", "winners and quota"), ("saturation", "counter"))
"""Hand-made programs, those of a row side by side in one core."""

_LEARNING = (
    "several projections and an adaptive threshold",
    "pair STDP",
    "two dendritic branches",
    "reward-modulated STDP",
    "pair rule",
)

STORM = "proj_storm_"
"""How the modules begin that :func:`stressed` adds."""

_RAIN = 0.3
"""Share of ticks in which a neuron of the rain fires."""

_SHOWER = 16
"""Ticks of rain at the start, so that runs that are broken off early have something to forget."""


def mutated_circuits() -> tuple[tuple[str, StepProgram, int], ...]:
    """Name, program and ticks of each. Small cores: a simulator needs time for every module in every clock."""
    from tests.rtl_export.programs import PROGRAMS, joined
    from tests.rtl_export.test_circuits import CIRCUITS, integers

    programs = [(joined({name: PROGRAMS[name] for name in names}), 120) for names in _MECHANISMS]
    programs += [(integers(*CIRCUITS[name]), 240) for name in _LEARNING]
    return tuple((f"core{k}", stressed(program, ticks), ticks) for k, (program, ticks) in enumerate(programs))


def stressed(program: StepProgram, ticks: int) -> StepProgram:
    """The program with one more source: rain from half time on, at the end what drives every state out of bounds.

    In between the targets of plastic synapses are driven (their traces fill), then braked while the sources fire in
    every tick (weights fall), then driven while the sources fire (weights rise), a twelfth of the run each.

    What a natural run never reaches can't be told from what does not work: a quantiser leaves room above every state,
    and a small circuit may hardly fire.
    """
    rng = np.random.default_rng(7)
    driven, braked, raised = (np.arange(k * ticks // 12, (k + 1) * ticks // 12) for k in (6, 7, 8))
    raster = np.zeros((ticks, 12), bool)
    falls = np.r_[:_SHOWER, ticks // 2 : ticks]
    raster[falls, :4] = rng.random((falls.size, 4)) < _RAIN
    raster[[ticks * 7 // 8, ticks * 7 // 8 + 4], 4:6] = True
    raster[[ticks * 15 // 16, ticks * 15 // 16 + 4], 6:8] = True
    raster[np.r_[driven, raised], 8:10] = True
    raster[braked, 10:12] = True
    plastic = {part.source for part in program.projections if part.on_post or part.update}
    bursts = np.r_[braked, raised]
    sources = [_bursting(part, bursts) if part.name in plastic else part for part in program.sources]
    storms = [_storm(part, rng) for part in program.populations if part.size and _bounded(part)]
    return replace(
        program,
        sources=(*sources, SourceProgram("storm", 12, *np.nonzero(raster))),
        projections=(*program.projections, *storms),
    )


def _bounded(part: PopulationProgram) -> tuple[State, ...]:
    return tuple(state for state in part.states if state.format is not None)


def _bursting(source: SourceProgram, at: IntArray) -> SourceProgram:
    """The source, but all of its neurons fire in these ticks."""
    raster = np.zeros((max(int(source.ticks.max(initial=0)), int(at.max())) + 1, source.size), bool)
    raster[source.ticks, source.indices] = True
    raster[at] = True
    return replace(source, **dict(zip(("ticks", "indices"), np.nonzero(raster), strict=True)))


def _storm(target: PopulationProgram, rng: np.random.Generator) -> ProjectionProgram:
    """From each neuron of the source to each of the target: rain, up, down, drive and brake.

    Rain adds an amount of each synapse's own to the first variable, drive and brake a quarter of what it can hold; up
    and down add all that each variable can hold.
    """
    states, on_pre = [], []
    for number, state in enumerate(_bounded(target)):
        low, high = state.format.lowest, state.format.highest
        amounts = np.repeat([0, 0, 0, 0, high, high, low, low, 0, 0, 0, 0], target.size)
        if number == 0:
            amounts[: 4 * target.size] = rng.integers(low // 16, high // 4 + 1, 4 * target.size)
            amounts[8 * target.size :] = np.repeat([high // 4, high // 4, low // 4, low // 4], target.size)
        states.append(State(f"w{state.name}", amounts, state.format))
        on_pre.append(Assignment(Symbol(state.name, Scope.POST), Symbol(f"w{state.name}"), accumulate=True))
    columns, rows = np.tile(np.arange(target.size), 12), np.arange(13) * target.size
    name = f"storm_{target.name}"
    return ProjectionProgram(
        name, "storm", target.name, rows, columns, np.array(0), tuple(states), on_pre=tuple(on_pre)
    )
