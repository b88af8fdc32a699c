"""Mutated circuits: what mutants are made of, small and together with every feature, and driven to every bound."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.arrays import BoolArray, IntArray
from neuro.compiler.ir import (
    Assignment,
    Binary,
    Format,
    PopulationProgram,
    ProjectionProgram,
    RoundShift,
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

_ALONE = 0.04
"""Share of ticks in which a neuron of the program's own sources fires on top, from a third of the run to half time."""

_SHOWER = 16
"""Ticks of rain at the start, so that runs that are broken off early have something to forget."""


def mutated_circuits() -> tuple[tuple[str, StepProgram, int], ...]:
    """Name, program and ticks of each. Small cores: a simulator needs time for every module in every clock."""
    from tests.rtl_export.programs import PROGRAMS, joined
    from tests.rtl_export.test_circuits import CIRCUITS, integers
    from tests.rtl_export.test_storage import connected

    rng = np.random.default_rng(3)
    some = rng.random((8, 37)) < 0.3
    bits = connected(some, np.full(np.count_nonzero(some), 700))
    dense = connected(np.ones((6, 5), bool), rng.integers(-300, 1500, 30))
    programs = [(joined({name: PROGRAMS[name] for name in names}), 120) for names in _MECHANISMS]
    programs += [(integers(*CIRCUITS[name]), 240) for name in _LEARNING]
    programs += [(bits, 120), (dense, 120)]
    return tuple((f"core{k}", stressed(program, ticks), ticks) for k, (program, ticks) in enumerate(programs))


def stressed(program: StepProgram, ticks: int) -> StepProgram:
    """The program with one more source: rain from half time on, at the end what drives every state out of bounds.

    What events change in a synapse starts out of its bounds here and there, which the first event has to mend.
    A row of synapses that only deliver has its first one twice, so that two events in a row meet at one neuron.
    Before, single neurons of the program's own sources fire as well, so that few spikes meet at a target.
    In between all neurons are driven (traces of targets fill), then braked while the sources fire in every tick
    (weights fall), then driven while the sources fire (weights rise), a twelfth of the run each. Traces start where
    the first decay has a tie to round.

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
    alone = rng.random((ticks // 2 - ticks // 3, max(part.size for part in program.sources))) < _ALONE
    sources = [_bursting(part, np.r_[braked, raised], ticks // 3, alone) for part in program.sources]
    storms = [_storm(part, rng) for part in program.populations if part.size and _bounded(part)]
    return replace(
        program,
        sources=(*sources, SourceProgram("storm", 12, *np.nonzero(raster))),
        projections=(*(_twinned(_extreme(_tied(part))) for part in program.projections), *storms),
    )


def _bounded(part: PopulationProgram) -> tuple[tuple[State, Format], ...]:
    return tuple((state, state.format) for state in part.states if state.format is not None)


def _bursting(source: SourceProgram, at: IntArray, first: int, more: BoolArray) -> SourceProgram:
    """The source, but all of its neurons fire in these ticks, and some of them from ``first`` on as ``more`` says."""
    raster = np.zeros((max(int(source.ticks.max(initial=0)), int(at.max())) + 1, source.size), bool)
    raster[source.ticks, source.indices] = True
    raster[at] = True
    raster[first : first + len(more)] |= more[:, : source.size]
    ticks, indices = np.nonzero(raster)
    return replace(source, ticks=ticks, indices=indices)


def _tied(part: ProjectionProgram) -> ProjectionProgram:
    """The projection, but each trace starts at a value whose product with its decay is half way between two steps."""
    starts: dict[str, int] = {}
    for item in part.update:
        match item.value:
            case RoundShift(Binary("*", Symbol(factor), Symbol(name)), bits) if name in part.shared:
                decay = next(int(one.values) for one in part.coefficients if one.name == factor)
                tie = 2 ** (bits - 1) // (decay & -decay)
                form = part.state(name).format
                for start in (-tie, tie):
                    if form is not None and form.lowest <= start <= form.highest:
                        starts[name] = start
    states = tuple(
        replace(state, initial=np.full_like(state.initial, starts[state.name])) if state.name in starts else state
        for state in part.states
    )
    return replace(part, states=states)


def _extreme(part: ProjectionProgram) -> ProjectionProgram:
    """The projection, but what events change starts as high as its format reaches in each sixth synapse, or as low."""
    changed = {item.target.name for item in (*part.on_pre, *part.on_post) if item.target.scope is Scope.OWN}
    states = (_spread(state) if state.name in changed - set(part.shared) else state for state in part.states)
    return replace(part, states=tuple(states))


def _spread(state: State) -> State:
    initial = np.array(state.initial)
    if state.format is not None:
        initial[::6], initial[3::6] = state.format.highest, state.format.lowest
    return replace(state, initial=initial)


def _twinned(part: ProjectionProgram) -> ProjectionProgram:
    """The projection with one of its synapses twice, if it is static and neither complete nor all of one weight."""
    lengths = np.diff(part.row_start)
    alike = all(np.unique(state.initial).size == 1 for state in part.states)
    if part.on_post or part.update or not part.synapses or alike or np.unique(lengths).size == 1:
        return part
    row = int(np.flatnonzero(lengths)[0])
    at = int(part.row_start[row])
    states = tuple(replace(state, initial=np.insert(state.initial, at, state.initial[at])) for state in part.states)
    starts = part.row_start + (np.arange(part.row_start.size) > row)
    delay = np.insert(part.delay, at, part.delay[at]) if part.delay.ndim else part.delay
    column = np.insert(part.column, at, part.column[at])
    return replace(part, row_start=starts, column=column, delay=delay, states=states)


def _storm(target: PopulationProgram, rng: np.random.Generator) -> ProjectionProgram:
    """From each neuron of the source to each of the target: rain, up, down, drive and brake.

    Rain adds an amount of each synapse's own to the first variable, drive and brake a quarter of what it can hold; up
    and down add all that each variable can hold.
    """
    states, on_pre = [], []
    for number, (state, form) in enumerate(_bounded(target)):
        low, high = form.lowest, form.highest
        amounts = np.repeat([0, 0, 0, 0, high, high, low, low, 0, 0, 0, 0], target.size)
        if number == 0:
            amounts[: 4 * target.size] = rng.integers(low // 16, high // 4 + 1, 4 * target.size)
            amounts[8 * target.size :] = np.repeat([high // 4, high // 4, low // 4, low // 4], target.size)
        states.append(State(f"w{state.name}", amounts, form))
        on_pre.append(Assignment(Symbol(state.name, Scope.POST), Symbol(f"w{state.name}"), accumulate=True))
    columns, rows = np.tile(np.arange(target.size), 12), np.arange(13) * target.size
    name = f"storm_{target.name}"
    return ProjectionProgram(
        name, "storm", target.name, rows, columns, np.array(0), tuple(states), on_pre=tuple(on_pre)
    )
