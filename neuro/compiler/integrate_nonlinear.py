"""One time step of differential equations that no matrix describes: explicit methods as expressions, and noise.

    Euler:  x' = x + dt f(x, t) + sqrt(dt) g(x, t) n                     (Euler-Maruyama, Ito)
    Heun:   s  = x + sqrt(dt) g(x, t) n
            x' = x + dt f(x, t) + sqrt(dt) n (g(x, t) + g(s, t)) / 2     (Stratonovich)
    Milstein:  s = x + dt f(x, t) + sqrt(dt) g(x, t)
            x' = x + dt f(x, t) + sqrt(dt) g(x, t) n + sqrt(dt) n^2 (g(s, t) - g(x, t)) / 2    (Stratonovich)
    RK2:    x' = x + dt f(x + dt f(x, t) / 2, t + dt / 2)
    RK4:    x' = x + (k1 + 2 k2 + 2 k3 + k4) / 6
    exponential Euler, for dx/dt = a x + b:  x' = (x + b / a) exp(a dt) - b / a

with n a standard normal number for each neuron and noise symbol, drawn by :mod:`neuro.counter_hash`. Held variables
have the rate 0 while refractory. Source: Kloeden & Platen, *Numerical Solution of Stochastic Differential
Equations* (1992); the forms are those of Brian2, whose results are to be met.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.compiler.expressions import ZERO, add, factored, linear_parts, multiply
from neuro.compiler.expressions import replace as replaced
from neuro.compiler.integrate_linear import LinearStep
from neuro.compiler.ir import (
    ACTIVE,
    INDEX,
    TICK,
    TIME,
    Assignment,
    Binary,
    Call,
    Coefficient,
    Constant,
    Expression,
    Select,
    Symbol,
    symbols,
)
from neuro.errors import EquationError

NOISE = "xi"
"""Brian2's name of white noise; ``xi_a`` and the like are further, independent ones."""

Rates = Mapping[str, Expression]
_DT = Symbol("dt")
_ROOT = Symbol("sqrt__dt")


def is_noise(name: str) -> bool:
    """Whether a name means white noise."""
    return name == NOISE or name.startswith(f"{NOISE}_")


@dataclass(frozen=True, slots=True)
class Noisy:
    """Rates split into drift f and diffusion: variable -> noise name -> g."""

    drift: Rates
    diffusion: Mapping[str, Mapping[str, Expression]]

    @property
    def names(self) -> tuple[str, ...]:
        """The noise symbols, sorted."""
        return tuple(sorted({name for row in self.diffusion.values() for name in row}))


def split_noise(rates: Rates, where: str) -> Noisy:
    """Drift and diffusion of rates that are linear in the noise.

    Raises:
        EquationError: a rate is not linear in its noise.
    """
    names = {symbol.name for rate in rates.values() for symbol in symbols(rate) if is_noise(symbol.name)}
    drift, diffusion = {}, {}
    for variable, rate in rates.items():
        parts = linear_parts(rate, names)
        if parts is None:
            raise EquationError(f"the equation of {variable!r} of {where} is not linear in its noise")
        diffusion[variable], drift[variable] = parts
    return Noisy(drift, diffusion)


def euler_step(rates: Rates, clamped: Collection[str], dt: float) -> LinearStep:
    """Forward Euler of any equations."""
    update = tuple(_stored(name, _moved(name, rate), clamped) for name, rate in rates.items())
    return LinearStep(update, (Coefficient("dt", np.array(dt)),))


def midpoint_step(rates: Rates, clamped: Collection[str], dt: float) -> LinearStep:
    """Second-order Runge-Kutta."""
    rates = _stopped(rates, clamped)
    first = _stage("k", rates)
    half = {name: _offset(name, Binary("*", Constant(0.5), Symbol(f"k__{name}"))) for name in rates}
    update = tuple(Assignment(Symbol(name), _moved(name, _at(rate, half, 0.5))) for name, rate in rates.items())
    return LinearStep(update, (Coefficient("dt", np.array(dt)),), first)


def runge_kutta_step(rates: Rates, clamped: Collection[str], dt: float) -> LinearStep:
    """Fourth-order Runge-Kutta."""
    rates = _stopped(rates, clamped)
    stages = list(_stage("k1", rates))
    for number, share in ((2, 0.5), (3, 0.5), (4, 1.0)):
        before = {name: _offset(name, multiply(Constant(share), Symbol(f"k{number - 1}__{name}"))) for name in rates}
        stages += _stage(f"k{number}", {name: _at(rate, before, share) for name, rate in rates.items()})
    update = []
    for name in rates:
        k1, k2, k3, k4 = (Symbol(f"k{number}__{name}") for number in (1, 2, 3, 4))
        middle = Binary("*", Constant(2.0), add(k2, k3))
        total = Binary("/", add(add(k1, middle), k4), Constant(6.0))
        update.append(Assignment(Symbol(name), add(Symbol(name), total)))
    return LinearStep(tuple(update), (Coefficient("dt", np.array(dt)),), tuple(stages))


def exponential_euler_step(rates: Rates, clamped: Collection[str], dt: float, where: str) -> LinearStep:
    """Exponential Euler of equations that are each linear in their own variable, once products are multiplied out.

    A function of the variable, such as ``tanh(v)``, counts as a number that stands still for the tick, as in Brian2.

    Raises:
        EquationError: an equation holds another power of its variable.
    """
    update = []
    for name, rate in rates.items():
        parts = factored(rate, name)
        if parts is None:
            raise EquationError(
                f"the equation of {name!r} of {where} is not linear in {name!r}, so exponential Euler can't be used; "
                "use Method.EULER, RK2 or RK4"
            )
        slope, rest = parts
        value = _moved(name, rest)
        if slope != ZERO:
            level = Binary("/", rest, slope)
            growth = Call("exp", (Binary("*", _DT, slope),))
            value = Binary("-", Binary("*", Binary("+", Symbol(name), level), growth), level)
        update.append(_stored(name, value, clamped))
    return LinearStep(tuple(update), (Coefficient("dt", np.array(dt)),))


def with_noise(
    step: LinearStep, noisy: Noisy, clamped: Collection[str], dt: float, *, seeds: Mapping[str, int]
) -> LinearStep:
    """A step of the drift with sqrt(dt) g n added; ``seeds`` gives the seed of each noise symbol."""
    added = {name: _kick(row) for name, row in noisy.diffusion.items()}
    return _noisy(step, noisy, added, clamped, _Draws(dt, seeds))


def with_heun_noise(
    step: LinearStep, noisy: Noisy, clamped: Collection[str], dt: float, *, seeds: Mapping[str, int]
) -> LinearStep:
    """A step of the drift with Heun's noise added."""
    support = {name: _offset(name, _kick(row)) for name, row in noisy.diffusion.items() if row}
    added = {}
    for name, row in noisy.diffusion.items():
        mean = {noise: Binary("*", Constant(0.5), add(g, _at(g, support, 0.0))) for noise, g in row.items()}
        added[name] = _kick(mean)
    return _noisy(step, noisy, added, clamped, _Draws(dt, seeds))


def with_milstein_noise(
    step: LinearStep, noisy: Noisy, clamped: Collection[str], dt: float, *, seeds: Mapping[str, int], where: str
) -> LinearStep:
    """A step of the drift with the noise of the derivative-free Milstein method added.

    Raises:
        EquationError: an equation has several noises, or two share one.
    """
    used = [noise for row in noisy.diffusion.values() for noise in row]
    if len(used) > len(set(used)) or any(len(row) > 1 for row in noisy.diffusion.values()):
        raise EquationError(
            f"the equations of {where} share noise or hold several; Method.MILSTEIN takes one xi of its own in each: "
            "use Method.HEUN"
        )
    rates = _stopped(noisy.drift, clamped)
    support = {
        name: add(_moved(name, rates[name]), multiply(_ROOT, next(iter(row.values()), ZERO)))
        for name, row in noisy.diffusion.items()
    }
    added = {}
    for name, row in noisy.diffusion.items():
        added[name] = kick = _kick(row)
        for noise, g in row.items():
            normal, later = Symbol(f"normal__{noise}"), _at(g, support, 0.0)
            if later != g:
                growth = Binary("*", Binary("*", normal, normal), Binary("*", Constant(0.5), Binary("-", later, g)))
                added[name] = add(kick, Binary("*", _ROOT, growth))
    return _noisy(step, noisy, added, clamped, _Draws(dt, seeds))


@dataclass(frozen=True, slots=True)
class _Draws:
    dt: float
    seeds: Mapping[str, int]


def _noisy(step: LinearStep, noisy: Noisy, added: Rates, clamped: Collection[str], draws: _Draws) -> LinearStep:
    stages = tuple(
        Assignment(
            Symbol(f"normal__{noise}"), Call("random_normal", (Symbol(f"seed__{noise}"), Symbol(TICK), Symbol(INDEX)))
        )
        for noise in noisy.names
    )
    update = []
    for part in step.update:
        kick = added[part.target.name]
        match part.value:
            case Select(Symbol(name), then, otherwise) if name == ACTIVE and part.target.name in clamped:
                value: Expression = Select(Symbol(ACTIVE), add(then, kick), otherwise)
            case _:
                value = add(part.value, kick)
        update.append(replace(part, value=value))
    numbers = (
        Coefficient("sqrt__dt", np.array(np.sqrt(draws.dt))),
        *(Coefficient(f"seed__{noise}", np.array(float(draws.seeds[noise]))) for noise in noisy.names),
    )
    return LinearStep(tuple(update), (*step.coefficients, *numbers), (*step.stages, *stages))


def _kick(row: Mapping[str, Expression]) -> Expression:
    """sqrt(dt) times the sum of g n."""
    total: Expression = ZERO
    for noise, g in sorted(row.items()):
        total = add(total, multiply(g, Symbol(f"normal__{noise}")))
    return total if total == ZERO else Binary("*", _ROOT, total)


def _moved(name: str, rate: Expression) -> Expression:
    return Symbol(name) if rate == ZERO else Binary("+", Symbol(name), Binary("*", _DT, rate))


def _offset(name: str, amount: Expression) -> Expression:
    return add(Symbol(name), amount)


def _stored(name: str, value: Expression, clamped: Collection[str]) -> Assignment:
    return Assignment(Symbol(name), Select(Symbol(ACTIVE), value, Symbol(name)) if name in clamped else value)


def _stopped(rates: Rates, clamped: Collection[str]) -> Rates:
    return {name: Select(Symbol(ACTIVE), rate, ZERO) if name in clamped else rate for name, rate in rates.items()}


def _stage(prefix: str, rates: Rates) -> tuple[Assignment, ...]:
    return tuple(Assignment(Symbol(f"{prefix}__{name}"), Binary("*", _DT, rate)) for name, rate in rates.items())


def _at(rate: Expression, states: Rates, share: float) -> Expression:
    """The rate with states replaced, ``share`` of a tick later."""
    later = Symbol(TIME) if share == 0 else add(Symbol(TIME), multiply(Constant(share), _DT))

    def moved(part: Expression) -> Expression | None:
        if not isinstance(part, Symbol):
            return None
        return later if part.name == TIME else states.get(part.name)

    return replaced(rate, moved)
