"""Small circuits: what properties are proven on, as little as shows every mechanism; the generator makes them all.

A proof covers every input and any number of ticks, but its cost grows with the number of registers. So neurons are few
and numbers have few bits; the text that is proven comes from the templates and rules that print the large ones.
"""

from __future__ import annotations

import numpy as np

from neuro.program import (
    ACTIVE,
    Assignment,
    Binary,
    Call,
    Constant,
    Format,
    PopulationProgram,
    ProjectionProgram,
    RestartProgram,
    RoundShift,
    Scope,
    Select,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
    Threshold,
    WinnersRule,
)

_TICK = 1e-3
_NONE = np.zeros(0, np.int64)
_V, _W, _POST_V = Symbol("v"), Symbol("w"), Symbol("v", Scope.POST)

REFRACTORY = 2
"""Ticks that a neuron of these circuits holds still after a spike, its own included."""

PER_TICK, QUOTA = 1, 2
"""Winners in a tick, and spikes between two restarts, of :func:`competition`."""

LOWEST, HIGHEST = -2, 5
"""Bounds of a weight of :func:`plasticity`; its format reaches from -8 to 7."""


def relay() -> StepProgram:
    """Two leaky neurons with a refractory time behind two inputs."""
    return _circuit(_population(2), 2)


def competition() -> StepProgram:
    """Two leaky neurons of which one fires in a tick at most, and two spikes come between two restarts."""
    population = _population(2, WinnersRule(per_tick=PER_TICK, quota=QUOTA))
    restarts = (RestartProgram(population.name, _NONE, ("v",)),)
    return _circuit(population, 1, restarts=restarts)


def plasticity() -> StepProgram:
    """Two neurons whose incoming weights learn from pairs of spikes, by traces that decay and saturate."""
    pre, post = Symbol("x"), Symbol("y")

    def bounded(change: Binary) -> Call:
        return Call("clip", (change, Constant(LOWEST), Constant(HIGHEST)))

    def decay(trace: Symbol) -> Assignment:
        return Assignment(trace, RoundShift(Binary("*", trace, Constant(3)), 2))

    return _circuit(
        _population(2),
        2,
        traces=(State("x", np.zeros(4, np.int64), Format(3, 0)), State("y", np.zeros(4, np.int64), Format(3, 0))),
        update=(decay(pre), decay(post)),
        on_pre=(Assignment(_W, bounded(Binary("-", _W, post))), Assignment(pre, Binary("+", pre, Constant(2)))),
        on_post=(Assignment(_W, bounded(Binary("+", _W, pre))), Assignment(post, Binary("+", post, Constant(2)))),
    )


def _population(size: int, winners: WinnersRule | None = None) -> PopulationProgram:
    """Neurons that leak a quarter a tick, fire above 3 and start again at 6: only refractoriness stills them."""
    leak = RoundShift(Binary("-", Binary("*", _V, Constant(4)), _V), 2)
    return PopulationProgram(
        "a",
        size,
        (State("v", np.zeros(size, np.int64), Format(4, 0)),),
        (),
        (Assignment(_V, Select(Symbol(ACTIVE), leak, _V)),),
        Threshold(_V, Constant(3)),
        (Assignment(_V, Constant(6)),),
        np.array(REFRACTORY),
        frozenset({"v"}),
        winners or WinnersRule(),
    )


def _circuit(
    population: PopulationProgram,
    sources: int,
    *,
    restarts: tuple[RestartProgram, ...] = (),
    traces: tuple[State, ...] = (),
    update: tuple[Assignment, ...] = (),
    on_pre: tuple[Assignment, ...] = (),
    on_post: tuple[Assignment, ...] = (),
) -> StepProgram:
    """Inputs that all reach all neurons; the weights are the host's, these only keep them from being equal."""
    synapses = sources * population.size
    weights = State("w", np.arange(synapses) % 4 - 2, Format(4, 0) if traces else Format(3, 0))
    projection = ProjectionProgram(
        "sa",
        "s",
        population.name,
        np.arange(sources + 1) * population.size,
        np.tile(np.arange(population.size), sources),
        np.array(0),
        (weights, *traces),
        on_pre=(Assignment(_POST_V, _W, accumulate=True), *on_pre),
        on_post=on_post,
        update=update,
    )
    source = SourceProgram("s", sources, _NONE, _NONE)
    return StepProgram(_TICK, (population,), (source,), (projection,), restarts=restarts)
