"""Coincidence detector with learned delays: STDP keeps, of a bank of delay lines, those that align a pattern.

Input i reaches the detector by one line for each delay of 1, 2, .. D ms, each with its own weight:

    tau_m dv/dt = v_rest - v + g,   tau_g dg/dt = -g;   line (i, d) adds w_id to g, d after the spike of input i

Pair STDP sees a spike when it arrives: a line that arrives just before the detector fires grows, one that arrives
later shrinks. Where input i fires at offset t_i of a pattern, the lines with t_i + d just before the detector's spike
are kept: their spikes then meet at the soma, and those of a pattern with other offsets do not. Without learning
any pattern fires the detector, about D ms after its start; inputs that come too late for that keep no line.
Source: Gerstner, Kempter, van Hemmen & Wagner, Nature 383 (1996) 76; STDP as in :mod:`neuro.models.stdp`.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import Value
from neuro.checks import check_whole, to_ticks
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.stdp import pair_stdp

_DT = 1e-3
_NEURON = {"tau_m": 3e-3, "tau_g": 1e-3, "v_rest": 0.0, "v_reset": 0.0}
_REFRACTORY = 40e-3
"""Longer than a pattern and its delays: one spike a pattern."""
_PEAK = 0.5 * (3.0**-0.5 - 3.0**-1.5)
"""Volts: the largest v after one spike on a line of 1 V, in closed form for tau_m = 3 tau_g."""
_START = 0.3
_TAU_PLUS, _TAU_MINUS = 1e-3, 10e-3


def offset_train(offsets: Value, *, period: Value = 0.1, noise: float = 0.0, seed: int = 0) -> SpikeSource:
    """The source ``inputs``: one pattern of offsets after the other, and Poisson noise in between.

    Args:
        offsets: seconds, shape (presentations, inputs), on ticks of 1 ms, 0 <= t < period: when each input fires.
        period: seconds from one presentation to the next, whole ticks.
        noise: hertz, rate of the spikes added to each input.
        seed: of the noise.

    Raises:
        InvalidInput: offsets of another shape or outside of the period.
    """
    ticks, length = to_ticks(offsets, _DT, "an offset"), int(to_ticks(period, _DT, "the period"))
    if ticks.ndim != 2 or ticks.size == 0 or ticks.max() >= length:
        raise InvalidInput(
            f"offsets have shape {ticks.shape}, the period {length} ticks; times inside of it, shape "
            "(presentations, inputs), are allowed"
        )
    fired = np.random.default_rng(seed).random((len(ticks) * length, ticks.shape[1])) < noise * _DT
    starts = np.arange(len(ticks))[:, np.newaxis] * length
    fired[starts + ticks, np.arange(ticks.shape[1])] = True
    at, index = np.nonzero(fired)
    return SpikeSource("inputs", ticks.shape[1], at, index)


def delay_selection(
    inputs: SpikeSource,
    *,
    delays: int = 20,
    weights: npt.ArrayLike | None = None,
    threshold: float = 1.3,
    a_plus: float = 0.03,
    depression: float = 2.5,
    seed: int = 0,
) -> Circuit:
    """The population ``detector`` of one neuron behind ``delays`` plastic lines an input, ``inputs_detector``.

    Args:
        inputs: spikes on ticks of 1 ms, e.g. of :func:`offset_train`, whose offsets spread over at most ``delays`` ms.
        delays: D, lines of 1 to D ms for each input.
        weights: volts, shape (inputs, delays), 0 .. 1; 0.3 V everywhere by default. Trained ones are
            ``recording.final["inputs_detector", "w"].reshape(inputs.size, delays)``.
        threshold: how many lines of 1 V must coincide to fire the detector, in lines an input.
        a_plus: volts, a potentiation step; 0 freezes the weights.
        depression: a_minus tau_minus over a_plus tau_plus.
        seed: of the circuit; nothing here is random.

    Raises:
        InvalidInput: weights of another shape.
    """
    check_whole("delays", delays, 1, 1000)
    w = np.full((inputs.size, delays), _START) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.shape != (inputs.size, delays):
        raise InvalidInput(f"weights have shape {w.shape}; ({inputs.size}, {delays}) is allowed")
    lines = Connections.from_pairs(
        np.repeat(np.arange(inputs.size), delays), np.zeros(w.size, np.int64), inputs.size, 1
    )
    synapses: dict[str, Value] = {
        "w": w.ravel(),
        "w_max": 1.0,
        "a_plus": a_plus,
        "a_minus": depression * a_plus * _TAU_PLUS / _TAU_MINUS,
        "tau_plus": _TAU_PLUS,
        "tau_minus": _TAU_MINUS,
    }
    delay = np.tile(np.arange(1, delays + 1), inputs.size) * _DT
    model = replace(LIF_EXPONENTIAL, refractory=_REFRACTORY)
    detector = Population("detector", 1, model, {**_NEURON, "v_threshold": threshold * inputs.size * _PEAK})
    return Circuit(
        _DT,
        [detector],
        [Projection("inputs_detector", inputs.name, "detector", pair_stdp(), lines, synapses, delay)],
        [inputs],
        seed=seed,
    )
