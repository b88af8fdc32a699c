"""Quantised programs made by hand: every feature that silicon carries, with random values from a seed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np

from neuro.arrays import IntArray
from neuro.compiler.ir import (
    ACTIVE,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Format,
    InputProgram,
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
    Unary,
    WinnersRule,
)

WIDE = Format(18, -12)
ONCE = np.array([0], np.int64)
S = Symbol


def plus(*terms: Expression) -> Expression:
    total = terms[0]
    for term in terms[1:]:
        total = Binary("+", total, term)
    return total


def times(left: Expression, right: Expression) -> Expression:
    return Binary("*", left, right)


def lif(
    name: str,
    size: int,
    rng: np.random.Generator,
    *,
    winners: WinnersRule | None = None,
    refractory: IntArray | int | None = 3,
    form: Format = WIDE,
    each: bool = False,
) -> PopulationProgram:
    """A leaky neuron with an exponential current; ``each`` gives every neuron its own coefficients and start."""

    def coefficient(name: str, value: int) -> Coefficient:
        spread = abs(value) // 8 + 1
        values = rng.integers(value - spread, value + spread, size) if each else np.array(value)
        return Coefficient(name, values.astype(np.int64))

    v, g, current = S("v"), S("g"), S("I")
    leak = RoundShift(plus(times(S("a"), v), times(S("b"), g), times(S("c"), current), S("d")), 12)
    update_v = leak if refractory is None else Select(S(ACTIVE), leak, v)
    start = rng.integers(-500, 500, size) if each else np.full(size, -77)
    zero = np.zeros(size, np.int64)
    return PopulationProgram(
        name,
        size,
        states=(State("v", start.astype(np.int64), form), State("g", zero, form), State("I", zero, form)),
        coefficients=(
            coefficient("a", 3900),
            coefficient("b", 400),
            coefficient("c", 330),
            coefficient("d", -1900),
            coefficient("decay", 3500),
            coefficient("v_threshold", 5000),
            coefficient("v_reset", -100),
        ),
        update=(Assignment(v, update_v), Assignment(g, RoundShift(times(S("decay"), g), 12))),
        threshold=Threshold(v, S("v_threshold")),
        reset=(Assignment(v, S("v_reset")),),
        refractory=None if refractory is None else np.asarray(refractory, np.int64),
        clamped=frozenset({"v"}) if refractory is not None else frozenset(),
        winners=winners or WinnersRule(),
    )


def projection(
    name: str,
    source: PopulationProgram | SourceProgram,
    target: PopulationProgram,
    rng: np.random.Generator,
    *,
    delay: int = 0,
    variable: str = "g",
    weights: tuple[int, int] = (-1000, 4000),
    most: int = 2,
    on_pre: tuple[Assignment, ...] | None = None,
) -> ProjectionProgram:
    """Random synapses, up to ``most`` for a pair; some rows may be empty."""
    counts = rng.integers(0, most + 1, (source.size, target.size))
    row_start = np.concatenate([[0], np.cumsum(counts.sum(axis=1))]).astype(np.int64)
    column = np.concatenate([np.repeat(np.arange(target.size), row) for row in counts] or [ONCE[:0]])
    weight = State("w", rng.integers(*weights, column.size), Format(14, -12))
    adds = (Assignment(S(variable, Scope.POST), S("w"), accumulate=True),)
    return ProjectionProgram(
        name,
        source.name,
        target.name,
        row_start,
        column.astype(np.int64),
        np.array(delay, np.int64),
        states=(weight,),
        on_pre=adds if on_pre is None else on_pre,
    )


def source(name: str, size: int, rng: np.random.Generator, ticks: int = 120, rate: float = 0.2) -> SourceProgram:
    at, indices = np.nonzero(rng.random((ticks, size)) < rate)
    return SourceProgram(name, size, at.astype(np.int64), indices.astype(np.int64))


def current(population: PopulationProgram, rng: np.random.Generator, *, rows: int = 12, every: int = 7) -> InputProgram:
    return InputProgram(population.name, "I", rng.integers(0, 9000, (rows, population.size)), every)


def network() -> StepProgram:
    """Several projections onto one target, a self-projection, delays, restarts, two winners a tick at most in b."""
    rng = np.random.default_rng(1)
    a, b = lif("a", 7, rng, each=True), lif("b", 5, rng, refractory=2, winners=WinnersRule(per_tick=2))
    s = source("s", 3, rng)
    return StepProgram(
        1e-3,
        (a, b),
        (s,),
        (
            projection("ab", a, b, rng, delay=2),
            projection("sa", s, a, rng, delay=1),
            projection("bb", b, b, rng, delay=0, variable="v", weights=(-500, 900)),
            projection("sb", s, b, rng, delay=4),
        ),
        (current(a, rng),),
        (RestartProgram("b", np.array([0, 31, 32, 80]), ("v",)), RestartProgram("b", np.array([50]), ("g", "v"))),
    )


def winners(rule: WinnersRule, size: int = 9, levels: tuple[int, ...] = (40000, 40000, 55000, 90000)) -> StepProgram:
    """More neurons cross than may fire, many of them with equal margins; presentations restart."""
    rng = np.random.default_rng(2)
    a = lif("a", size, rng, winners=rule, refractory=rng.integers(1, 5, size))
    b = lif("b", 4, rng)
    drive = rng.choice(levels, (12, size))
    return StepProgram(
        1e-3,
        (a, b),
        (),
        (projection("ab", a, b, rng, delay=1), projection("aa", a, a, rng, weights=(0, 900))),
        (InputProgram("a", "I", drive, 10),),
        (RestartProgram("a", np.arange(0, 120, 20), ("v", "g")),),
    )


def single() -> StepProgram:
    """One neuron whose step is one stage, with a current, spikes of its own that come back, restarts and a quota."""
    rng = np.random.default_rng(6)
    a, s = lif("a", 1, rng, winners=WinnersRule(max_winners=9)), source("s", 4, rng)
    back = projection("aa", a, a, rng, delay=3, variable="v", weights=(-900, -300))
    back = replace(back, row_start=np.array([0, 1]), column=ONCE, states=(State("w", ONCE - 700, Format(14, -12)),))
    return StepProgram(
        1e-3,
        (a,),
        (s,),
        (projection("sa", s, a, rng, delay=1), back),
        (current(a, rng),),
        (RestartProgram("a", np.array([0, 40, 80]), ("v", "g")),),
    )


def saturation() -> StepProgram:
    """Narrow registers and heavy weights: every register meets both of its bounds."""
    rng = np.random.default_rng(3)
    a = lif("a", 4, rng, form=Format(14, -12), refractory=None)
    s = source("s", 6, rng, rate=0.5)
    return StepProgram(
        1e-3,
        (a,),
        (s,),
        (
            projection("up", s, a, rng, weights=(7000, 8191)),
            projection("down", s, a, rng, weights=(-8192, -7000), delay=3),
            projection("aside", s, a, rng, variable="v", weights=(-8192, 8191)),
        ),
        (InputProgram("a", "I", rng.integers(-40000, 40000, (30, 4)), 4),),
    )


def corners() -> StepProgram:
    """Sizes 0 and 1, no synapse, no threshold, an unused source, shared weights, two writes in one on_pre."""
    rng = np.random.default_rng(4)
    none, one, quiet = lif("none", 0, rng), lif("one", 1, rng, refractory=1), lif("quiet", 3, rng)
    quiet = replace(quiet, threshold=None, reset=())
    always = replace(lif("always", 2, rng, refractory=4), threshold=Threshold(Constant(2), Constant(1)))
    s, unused, empty = source("s", 2, rng), source("unused", 2, rng), source("empty", 0, rng)
    w, post_g, post_v = S("w"), S("g", Scope.POST), S("v", Scope.POST)
    twice = (
        Assignment(post_g, times(w, Constant(3)), accumulate=True),
        Assignment(post_v, RoundShift(w, 3), accumulate=True),
        Assignment(post_g, Unary("-", w), accumulate=True),
    )
    shared = projection("shared", s, one, rng, most=1)
    shared = replace(shared, states=(State("w", np.full(shared.synapses, 900), Format(14, -12)),))
    reads = (
        Assignment(post_g, RoundShift(times(w, plus(S("I", Scope.POST), S("c", Scope.POST))), 12), accumulate=True),
    )
    own = lif("own", 3, rng, each=True)
    return StepProgram(
        1e-3,
        (none, one, quiet, always, own),
        (s, unused, empty),
        (
            projection("to_none", s, none, rng),
            projection("from_none", none, one, rng),
            shared,
            projection("from_quiet", quiet, one, rng),
            projection("to_quiet", one, quiet, rng, delay=3, on_pre=twice),
            projection("nothing", s, quiet, rng, most=0),
            projection("from_always", always, own, rng, weights=(-900, 900), on_pre=reads),
        ),
        (current(quiet, rng), current(quiet, rng, every=50), current(none, rng), current(own, rng)),
        (RestartProgram("none", ONCE, ("v",)), RestartProgram("quiet", np.array([9, 60]), ("I", "v"))),
    )


def language() -> StepProgram:
    """Everything of the integer language: choices, comparisons, logic, functions, and thresholds with arithmetic."""
    rng = np.random.default_rng(5)
    x, y, z, k = S("x"), S("y"), S("z"), S("k")
    form = Format(12, 0)
    near = Call("clip", (Binary("-", x, y), Constant(-900), Call("min", (k, Constant(700)))))
    logic = Binary("and", Binary("<=", x, z), Unary("not", Binary("or", Binary("==", y, Constant(5)), S(ACTIVE))))
    update = (
        Assignment(x, Call("max", (RoundShift(times(plus(x, k), Binary("-", z, Constant(3))), 9), Call("abs", (y,))))),
        Assignment(y, Select(logic, Unary("-", times(x, Constant(-2))), near)),
        Assignment(z, plus(z, Select(Binary("!=", x, y), Constant(37), Constant(-41)), Binary(">=", x, Constant(100)))),
    )
    right = plus(RoundShift(times(k, z), 7), Select(Binary("<", y, Constant(0)), Constant(-7), S("k")))
    population = PopulationProgram(
        "a",
        6,
        tuple(State(name, rng.integers(-2048, 2047, 6), form) for name in "xyz"),
        (Coefficient("k", rng.integers(-300, 900, 6)),),
        update,
        Threshold(Binary("-", times(x, Constant(2)), y), right),
        (Assignment(z, Binary("-", z, x)), Assignment(x, RoundShift(z, 1)), Assignment(y, plus(y, k, S(ACTIVE)))),
        np.array([1, 2, 3, 4, 5, 6]),
        frozenset({"z"}),
    )
    return StepProgram(1e-3, (population,))


def random_language(seed: int) -> StepProgram:
    """Random trees of the integer language, deep and wide, as the updates of one population."""
    rng = np.random.default_rng(seed)
    names = [f"x{number}" for number in range(8)]
    forms = [Format(int(rng.integers(3, 20)), 0) for _ in names]
    states = tuple(State(n, rng.integers(f.lowest, f.highest, 5), f) for n, f in zip(names, forms, strict=True))
    updates = tuple(Assignment(S(name), random_expression(rng, names, 5)) for name in names)
    return StepProgram(1e-3, (PopulationProgram("a", 5, states, update=updates),))


def random_expression(rng: np.random.Generator, names: list[str], depth: int) -> Expression:
    if depth == 0 or rng.random() < 0.1:
        return S(str(rng.choice(names))) if rng.random() < 0.7 else Constant(int(rng.integers(-300, 300)))

    def part() -> Expression:
        return random_expression(rng, names, depth - 1)

    def truth() -> Expression:
        compared = Binary(str(rng.choice(["<", "<=", ">", ">=", "==", "!="])), part(), part())
        return Unary("not", compared) if rng.random() < 0.3 else compared

    choices: list[Callable[[], Expression]] = [
        lambda: Binary(str(rng.choice(["+", "-", "*"])), part(), part()),
        lambda: Binary(str(rng.choice(["+", "-"])), part(), part()),
        lambda: Unary("-", part()),
        lambda: RoundShift(part(), int(rng.integers(1, 20))),
        lambda: Select(Binary(str(rng.choice(["and", "or"])), truth(), truth()), part(), part()),
        lambda: Select(part(), part(), truth()),
        lambda: Call("clip", (part(), Constant(-200), part())),
        lambda: Call(str(rng.choice(["min", "max"])), (part(), part())),
        lambda: Call("abs", (part(),)),
    ]
    return choices[int(rng.integers(len(choices)))]()


def counter() -> StepProgram:
    """Counts up to its threshold exactly; a neuron on the threshold must not fire."""
    v = S("v")
    population = PopulationProgram(
        "a",
        3,
        (State("v", np.array([0, 5, 10]), Format(8, 0)),),
        (Coefficient("step", np.array([1, 5, 10])), Coefficient("v_threshold", np.array(20))),
        (Assignment(v, plus(v, S("step"))),),
        Threshold(v, S("v_threshold")),
        (Assignment(v, Constant(0)),),
    )
    return StepProgram(1e-3, (population,))


PROGRAMS: Mapping[str, Callable[[], StepProgram]] = MappingProxyType(
    {
        "network": network,
        "winners per tick": lambda: winners(WinnersRule(per_tick=2)),
        "quota": lambda: winners(WinnersRule(max_winners=5)),
        "winners and quota": lambda: winners(WinnersRule(per_tick=2, max_winners=7)),
        "many winners": lambda: winners(WinnersRule(per_tick=9, max_winners=40), 16, (40000, 90000, 90000)),
        "one winner": lambda: winners(WinnersRule(per_tick=1)),
        "single": single,
        "saturation": saturation,
        "corners": corners,
        "language": language,
        "counter": counter,
    }
)
"""Name -> program."""


def joined(programs: Mapping[str, Callable[[], StepProgram]]) -> StepProgram:
    """All programs side by side in one, so that one compilation runs them all."""

    def renamed(number: int, name: str) -> str:
        return f"p{number}_{name}"

    parts = []
    for number, make in enumerate(programs.values()):
        p = make()
        parts.append(
            replace(
                p,
                populations=tuple(replace(x, name=renamed(number, x.name)) for x in p.populations),
                sources=tuple(replace(x, name=renamed(number, x.name)) for x in p.sources),
                projections=tuple(
                    replace(
                        x,
                        name=renamed(number, x.name),
                        source=renamed(number, x.source),
                        target=renamed(number, x.target),
                    )
                    for x in p.projections
                ),
                inputs=tuple(replace(x, population=renamed(number, x.population)) for x in p.inputs),
                restarts=tuple(replace(x, population=renamed(number, x.population)) for x in p.restarts),
            )
        )
    return StepProgram(
        1e-3,
        populations=tuple(x for p in parts for x in p.populations),
        sources=tuple(x for p in parts for x in p.sources),
        projections=tuple(x for p in parts for x in p.projections),
        inputs=tuple(x for p in parts for x in p.inputs),
        restarts=tuple(x for p in parts for x in p.restarts),
    )
