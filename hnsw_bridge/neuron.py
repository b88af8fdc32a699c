"""The spreading neuron: a leaky integrate-and-fire node, plus the parts that are switched on.

    v <- decay v + (1 - decay) I ,   a spike where v > v_threshold + fatigue - primed - depth history + gate(t)

Each part is a few lines of Brian2's language; without any it is :data:`neuro.models.lif.LIF_DELTA`.

Sources: gamma gating: Fries, *Neuron* 88 (2015). Resonance: Izhikevich, *Neural Networks* 14 (2001). Coincidence on a
    branch: Poirazi, Brannon & Mel, *Neuron* 37 (2003). Priming: Collins & Loftus (1975). Homeostasis: Turrigiano &
    Nelson, *Nature Rev. Neurosci.* 5 (2004).
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.checks import is_whole
from neuro.errors import InvalidInput
from neuro.models.base import NeuronModel
from neuro.models.lif import LIF_DELTA

NEVER = 1e9
"""Volts that no node reaches: what a closed gate, or a node that is left out, adds to its threshold."""

HISTORY = "history"
"""Name of the state that holds a node's trace of past activations."""

_LEAST_TRACE = 2.0**-16

_WEAKEST_SEED = 0.7
"""Thresholds that the current into a seed of share one half lifts v to in a tick (0.75), less 7 %."""


@dataclass(frozen=True, slots=True)
class Gamma:
    """Nodes fire only in the first share ``open`` of each gamma cycle, whatever the length of a tick is.

    What arrives while the gate is closed leaks until it opens, so inputs late in the cycle count most. Each query
    begins a cycle; one that ends before the gate closes is not gated at all.

    Args:
        frequency: hertz, above 0 and up to 10,000.
        open: share of a cycle, above 0 and up to 1.

    Raises:
        InvalidInput: a value outside its range.
    """

    frequency: float = 40.0
    open: float = 0.5

    def __post_init__(self) -> None:
        if not (0 < self.frequency <= 10_000 and 0 < self.open <= 1):
            raise InvalidInput(f"{self!r}: frequency above 0 and up to 10,000 Hz, open above 0 and up to 1 are allowed")

    def cycle(self, dt: float) -> tuple[int, int]:
        """Ticks of a cycle and of its open share, each at least 1, at ``dt`` seconds a tick."""
        ticks = max(round(1.0 / (self.frequency * dt)), 1)
        return ticks, max(round(self.open * ticks), 1)


@dataclass(frozen=True, slots=True)
class Resonance:
    """v turns with its quadrature u once in ``period`` ticks: inputs a period apart add up, half of it apart cancel.

    Turning takes height from v, so the node's threshold is lowered by :meth:`sensitivity`.
    """

    period: float = 16.0

    def __post_init__(self) -> None:
        if not 2 <= self.period <= 1000:
            raise InvalidInput(f"period is {self.period!r}; 2 to 1000 ticks are allowed")

    def sensitivity(self, decay: float) -> float:
        """The share of the threshold with which whatever fires a plain node fires a resonant one.

        It is the smallest of 1, the highest v that one spike leads to, over that of a plain node, and the highest v
        that the current into the weakest seed leads to, in thresholds (with 7 % to spare):

            v_k / w = Re e^(-a k) ,   v_k / I = Re (-log decay / a) (1 - e^(-a k)) ,   a = -log decay - 2 pi i / period
        """
        ticks = np.arange(1, math.ceil(self.period) + 1)
        rate = complex(-math.log(decay), -2.0 * math.pi / self.period)
        turned = np.exp(-rate * ticks)
        spike = float(turned.real.max()) / decay
        seed = _WEAKEST_SEED / (1.0 - decay) * float((-math.log(decay) / rate * (1.0 - turned)).real.max())
        return min(1.0, spike, seed)


@dataclass(frozen=True, slots=True)
class Dendrites:
    """m spikes that arrive on one branch in one tick add ``gain`` clip(m - 1, 0, most) thresholds to their sum.

    Each edge layer is a branch of its own.
    """

    gain: float = 0.5
    most: int = 8

    def __post_init__(self) -> None:
        if not (0 < self.gain <= 100 and is_whole(self.most, 1) and self.most <= 1000):
            raise InvalidInput(f"gain is {self.gain!r}, most {self.most!r}; up to 100 and 1 to 1000 are allowed")


@dataclass(frozen=True, slots=True)
class Priming:
    """A spike lowers its node's threshold by ``depth`` thresholds, which comes back over the next ``queries``."""

    depth: float = 0.25
    queries: int = 8

    def __post_init__(self) -> None:
        if not (0 < self.depth < 1 and is_whole(self.queries, 1) and self.queries <= 1_000_000):
            raise InvalidInput(f"depth is {self.depth!r}, queries {self.queries!r}; 0 < depth < 1, queries >= 1 go")


@dataclass(frozen=True, slots=True)
class Homeostasis:
    """A spike raises its node's threshold by ``step``, each query lowers it by ``step * rate``, 0 to ``most`` of them.

    So a node that fires in more than a share ``rate`` of the queries grows harder to fire.
    """

    step: float = 0.125
    rate: float = 0.125
    most: float = 4.0

    def __post_init__(self) -> None:
        if not (0 < self.step <= self.most <= 1000 and 0 < self.rate < 1):
            raise InvalidInput(
                f"step is {self.step!r}, rate {self.rate!r}, most {self.most!r}: 0 < step <= most, rate < 1"
            )


@dataclass(frozen=True, slots=True)
class History:
    """An exponential trace of when each node fired: a spike adds 1, up to ``most``; each query fades what is there.

        history <- clip(fade history - 2^-16, 0, most)   at the end of a query's first tick

    It lowers the node's threshold by ``depth`` thresholds a unit; with 0 it only remembers. The small constant brings a
    trace back to exactly 0, so that nodes that sleep for long cost nothing.
    """

    fade: float = 0.75
    depth: float = 0.0625
    most: float = 8.0

    def __post_init__(self) -> None:
        if not (0 < self.fade < 1 and 1 <= self.most <= 1000 and 0 <= self.depth * self.most < 1 and self.depth >= 0):
            raise InvalidInput(f"{self!r}: 0 < fade < 1, 1 <= most <= 1000 and 0 <= depth * most < 1 are allowed")


@dataclass(frozen=True, slots=True)
class SpreadingParts:
    """The switchable parts of a spreading neuron; None leaves one out."""

    gamma: Gamma | None = None
    resonance: Resonance | None = None
    dendrites: Dendrites | None = None
    priming: Priming | None = None
    homeostasis: Homeostasis | None = None
    history: History | None = None

    @property
    def lasting(self) -> bool:
        """Whether anything stays from query to query."""
        return any(part is not None for part in (self.priming, self.homeostasis, self.history))


def spreading_neuron(parts: SpreadingParts, branches: int, silent: int, refractory: float) -> NeuronModel:
    """The model's text.

    Args:
        parts: what is switched on.
        branches: edge layers that reach the node.
        silent: ticks at the end of a query in which nothing fires, so that no delay reaches into the next.
        refractory: seconds.
    """
    equations, threshold, reset, tick = LIF_DELTA.equations, "v_threshold", [str(LIF_DELTA.reset)], []
    if parts.resonance is not None:
        drift = "dv/dt = (v_rest - v + I) / tau_m - omega*u : volt (unless refractory)"
        turn = "du/dt = (omega*v - u / tau_m) : volt (unless refractory)"
        equations = "\n".join([drift, turn, "omega : hertz (constant)", *equations.strip().splitlines()[1:]])
    lasting = {"fatigue : volt": parts.homeostasis, "primed : volt": parts.priming, f"{HISTORY} : 1": parts.history}
    equations += "".join(f"\n{line}" for line, part in lasting.items() if part is not None)
    if parts.resonance is not None:
        reset.append("u = 0*volt")
    if parts.homeostasis is not None:
        threshold += " + fatigue"
        reset.append("fatigue = clip(fatigue + fatigue_step, 0*volt, fatigue_most)")
        equations += "\nfatigue_step : volt (constant)\nfatigue_most : volt (constant)"
    if parts.priming is not None:
        threshold += " - primed"
        reset.append("primed = prime_depth")
        equations += "\nprime_depth : volt (constant)"
    if parts.history is not None:
        threshold += f" - history_depth*{HISTORY}"
        reset.append(f"{HISTORY} = clip({HISTORY} + 1, 0, history_most)")
        equations += "\nhistory_depth : volt (constant)\nhistory_most : 1 (constant)"
    if parts.gamma is not None:
        threshold += " + never*int(t_in_timesteps % gamma_period >= gamma_open)"
        equations += "\ngamma_period : 1 (constant)\ngamma_open : 1 (constant)"
    if silent:
        threshold += " + never*int(t_in_timesteps % query_ticks >= last_ticks)"
        equations += "\nquery_ticks : 1 (constant)\nlast_ticks : 1 (constant)"
    if parts.gamma is not None or silent:
        equations += "\nnever : volt (constant)"
    if parts.dendrites is not None:
        for branch in range(branches):
            equations += f"\nd{branch} : 1"
            tick += [f"v = v + branch_gain*clip(d{branch} - 1, 0, branch_most)", f"d{branch} = 0"]
        equations += "\nbranch_gain : volt (constant)\nbranch_most : 1 (constant)" if branches else ""
    return replace(
        LIF_DELTA,
        equations=equations,
        threshold=f"v > {threshold}",
        reset="; ".join(reset),
        refractory=refractory,
        every_tick="\n".join(tick),
    )


def neuron_parameters(
    parts: SpreadingParts, branches: int, silent: int, threshold: float, ticks: int, dt: float
) -> Mapping[str, float]:
    """Values of the parameters that the parts bring, in SI units; ``threshold`` is volts from rest to threshold."""
    given: dict[str, float] = {}
    if parts.resonance is not None:
        given["omega"] = 2.0 * math.pi / (parts.resonance.period * dt)
    if parts.homeostasis is not None:
        given["fatigue_step"] = parts.homeostasis.step * threshold
        given["fatigue_most"] = parts.homeostasis.most * threshold
    if parts.priming is not None:
        given["prime_depth"] = parts.priming.depth * threshold
    if parts.history is not None:
        given |= {"history_depth": parts.history.depth * threshold, "history_most": parts.history.most}
    if parts.gamma is not None:
        cycle, opened = parts.gamma.cycle(dt)
        given |= {"gamma_period": float(min(cycle, ticks)), "gamma_open": float(min(opened, ticks))}
    if silent:
        given |= {"query_ticks": float(ticks), "last_ticks": float(ticks - silent)}
    if parts.gamma is not None or silent:
        given["never"] = NEVER
    if parts.dendrites is not None and branches:
        given |= {"branch_gain": parts.dendrites.gain * threshold, "branch_most": float(parts.dendrites.most)}
    return given


def between_queries(parts: SpreadingParts, threshold: float) -> Mapping[str, str]:
    """Statements that run once a query, by name: how what lasts comes back."""
    code: dict[str, str] = {}
    if parts.homeostasis is not None:
        leak, most = (
            value * threshold for value in (parts.homeostasis.step * parts.homeostasis.rate, parts.homeostasis.most)
        )
        code["recovery"] = f"fatigue = clip(fatigue - {leak!r}*volt, 0*volt, {most!r}*volt)"
    if parts.priming is not None:
        leak, most = (value * threshold for value in (parts.priming.depth / parts.priming.queries, parts.priming.depth))
        code["forgetting"] = f"primed = clip(primed - {leak!r}*volt, 0*volt, {most!r}*volt)"
    if parts.history is not None:
        fade, top = parts.history.fade, parts.history.most
        code["fading"] = f"{HISTORY} = clip({fade!r}*{HISTORY} - {_LEAST_TRACE!r}, 0, {top!r})"
    return code
