"""Pattern finder: one neuron that finds, by STDP alone, a spike pattern that comes back among noise, at random times.

Every afferent fires at the same mean rate all the time. In each presentation the first ``involved`` afferents repeat
one fixed stretch of spikes, drawn once, at random and of the same mean rate: nothing but the timing betrays it.

    tau_m dv/dt = v_rest - v + g,   tau_g dg/dt = -g;   a spike of afferent i adds w_i to g, 0 <= w_i <= 1 V
    a spike where v > v_threshold + theta;   each raises theta by theta_step;   tau_theta dtheta/dt = -theta
    dw = a_plus exp(-dt/tau_plus) for pre before post,   dw = -a_minus exp(dt/tau_minus) for post before pre

By chance alone depression outweighs (a_minus tau_minus = 1.2 a_plus tau_plus) and all weights fall. Spikes of the
pattern arrive together every time; those just before the neuron's own spike grow, make it fire earlier in the
pattern, and starve the rest: in the end it fires in each presentation and at no other time.

Source: Masquelier, Guyonneau & Thorpe, PLoS ONE 3 (2008) e1377, in a small version: 400 afferents instead of 2,000,
all-to-all instead of nearest-spike STDP, hence its own constants. The moving threshold (Diehl & Cook 2015) is not in
the paper: with few afferents the weights may fall silent before the pattern is found, and it keeps the neuron firing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import IntArray, Value
from neuro.checks import check_whole, to_ticks
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.adaptive_lif import ADAPTIVE_LIF
from neuro.models.stdp import pair_stdp

_DT = 1e-3
_TAU_G = 2.5e-3
_NEURON = {"tau_m": 10e-3, "tau_g": _TAU_G, "tau_theta": 4.0, "v_rest": 0.0, "v_reset": 0.0}
_THETA_STEP = 0.025
"""Of the mean potential at the start, as is the threshold."""
_START = 0.5
"""Volts: all weights begin half way to their bound of 1 V."""
_TAU_PLUS, _TAU_MINUS = 6e-3, 24e-3


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPattern:
    """Spike trains with a pattern in them.

    Args:
        source: the spike source ``afferents``, ticks of 1 ms.
        onsets: first tick of each presentation, ascending, int64.
        length: of the pattern, ticks.
        ticks: of the whole stimulus.
    """

    source: SpikeSource
    onsets: IntArray
    length: int
    ticks: int


def embedded_pattern(
    duration: Value,
    *,
    afferents: int = 400,
    involved: int = 300,
    rate: float = 30.0,
    length: Value = 50e-3,
    share: float = 0.4,
    seed: int = 0,
) -> EmbeddedPattern:
    """Draw the trains, the pattern and its presentations.

    Args:
        duration: seconds, whole ticks of 1 ms.
        afferents: how many.
        involved: how many of them take part in the pattern; 0 for none, which leaves plain Poisson trains.
        rate: hertz, of every afferent, inside of the pattern and outside.
        length: seconds, of the pattern.
        share: of the time that presentations take. Two of them never follow each other directly.
        seed: of everything.

    Raises:
        InvalidInput: more involved than there are, a rate above 1 kHz, a share above 1/2.
    """
    check_whole("involved", involved, 0, afferents)
    if not (0 <= rate * _DT <= 1 and 0 < share <= 0.5):
        raise InvalidInput(f"rate is {rate!r}, share {share!r}; 0 to 1000 Hz and above 0 to 1/2 are allowed")
    ticks, span = (int(to_ticks(time, _DT, "a duration")) for time in (duration, length))
    rng = np.random.default_rng(seed)
    fired = rng.random((ticks, afferents)) < rate * _DT
    pattern = np.zeros((span, involved), dtype=bool)
    # As many spikes as are expected, so that the pattern itself is neither denser nor sparser than the noise.
    pattern.flat[rng.choice(pattern.size, round(pattern.size * rate * _DT), replace=False)] = True
    onsets = _onsets(rng, ticks // span, share) * span
    for onset in onsets:
        fired[onset : onset + span, :involved] = pattern
    at, index = np.nonzero(fired)
    return EmbeddedPattern(SpikeSource("afferents", afferents, at, index), onsets, span, ticks)


def _onsets(rng: np.random.Generator, slots: int, share: float) -> IntArray:
    """Slots with a presentation: a random set, no two of them neighbours, each such set as likely as any other."""
    count = int(slots * share)
    return np.sort(rng.choice(slots - count + 1, count, replace=False)) + np.arange(count)


def pattern_finder(
    afferents: SpikeSource,
    *,
    rate: float = 30.0,
    threshold: float = 0.4,
    a_plus: float = 0.03,
    depression: float = 1.2,
    seed: int = 0,
) -> Circuit:
    """The population ``finder`` of one neuron behind plastic synapses, the projection ``afferents_finder``.

    Args:
        afferents: spikes on ticks of 1 ms, e.g. of :func:`embedded_pattern`.
        rate: hertz, the mean rate of an afferent; it sets the scale of the threshold.
        threshold: in units of the mean potential at the start, ``afferents.size * rate * 0.5 V * tau_g``; below 1
            the neuron fires from the start, whatever it hears. Each spike raises it by 0.025, for about 4 s.
        a_plus: volts, a potentiation step; 0 switches learning off.
        depression: a_minus tau_minus over a_plus tau_plus.
        seed: of the circuit; nothing here is random.
    """
    mean = afferents.size * rate * _START * _TAU_G
    neuron = {**_NEURON, "v_threshold": threshold * mean, "theta_step": _THETA_STEP * mean}
    synapses = {
        "w": _START,
        "w_max": 1.0,
        "a_plus": a_plus,
        "a_minus": depression * a_plus * _TAU_PLUS / _TAU_MINUS,
        "tau_plus": _TAU_PLUS,
        "tau_minus": _TAU_MINUS,
    }
    return Circuit(
        _DT,
        [Population("finder", 1, ADAPTIVE_LIF, neuron)],
        [
            Projection(
                "afferents_finder",
                afferents.name,
                "finder",
                pair_stdp(),
                Connections.all_to_all(afferents.size, 1),
                synapses,
            )
        ],
        [afferents],
        seed=seed,
    )
