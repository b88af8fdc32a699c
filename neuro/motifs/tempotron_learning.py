"""Tempotron: one LIF neuron that learns to fire for some spatiotemporal spike patterns and to stay silent for others.

    tau_m dv/dt = v_rest - v + g,   tau_g dg/dt = -g;   a spike of afferent i adds w_i to g

Before the threshold v is a sum of postsynaptic potentials K, v(t) = v_rest + sum_i w_i K(t - t_i), where

    K(t) = tau_g / (tau_m - tau_g) (exp(-t / tau_m) - exp(-t / tau_g)),   here scaled so that w = 1 peaks at 1 V.

The neuron fires at most once a pattern (it shunts what comes after). The rule changes the weights after an error
only, where t_max is the time of the largest v of the pattern, computed without threshold:

    missed a pattern:      dw_i = + rate K(t_max - t_i)            with momentum: dw + momentum * (last dw)
    fired for the other:   dw_i = - rate K(t_max - t_i)

Source: Guetig & Sompolinsky, Nature Neuroscience 9 (2006) 420; tau_m = 15 ms, tau_g = tau_m / 4, patterns of 500 ms.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray, Value
from neuro.checks import check_whole, to_ticks
from neuro.circuit.circuit import Circuit, Population, Probe, Projection, Restart, SpikeSource
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.static import static_synapse
from neuro.simulators import simulate

_TAU_M = 15e-3
_TAU_G = _TAU_M / 4
_THRESHOLD = 1.0
_DT = 1e-3


def latency_patterns(count: int, afferents: int, *, seed: int, window: Value = 0.5) -> FloatArray:
    """Random patterns in which each afferent fires once, uniformly in 0 .. window: seconds, (count, afferents)."""
    rng = np.random.default_rng(seed)
    ticks = rng.integers(0, int(to_ticks(window, _DT, "the window")), (count, afferents))
    return np.asarray(ticks * _DT, dtype=np.float64)


def tempotron(patterns: Value, weights: npt.ArrayLike, *, window: Value = 0.5, seed: int = 0) -> Circuit:
    """A source ``afferents``, the population ``tempotron`` of one neuron, and one pattern after the other.

    Args:
        patterns: seconds, shape (patterns, afferents), on ticks of 1 ms, 0 <= t < window.
        weights: volts, shape (afferents,): the peak of one postsynaptic potential; the threshold is 1 V above rest.
        window: seconds a pattern, whole ticks. The neuron restarts from rest with each pattern.
        seed: of the circuit; nothing here is random.

    Raises:
        InvalidInput: patterns or weights of another shape, times outside of the window.
    """
    ticks, length = _latency_ticks(patterns, window)
    drive = np.asarray(weights, dtype=np.float64)
    if drive.shape != (ticks.shape[1],):
        raise InvalidInput(f"weights have shape {drive.shape}; ({ticks.shape[1]},) is allowed, one an afferent")
    starts = np.arange(len(ticks)) * length
    # Refractory to the end of the pattern: after its spike the neuron is shunted.
    neuron = Population(
        "tempotron",
        1,
        replace(LIF_EXPONENTIAL, refractory=length * _DT),
        {"tau_m": _TAU_M, "tau_g": _TAU_G, "v_rest": 0.0, "v_reset": 0.0, "v_threshold": _THRESHOLD},
    )
    times, afferents = ticks + starts[:, np.newaxis], np.broadcast_to(np.arange(drive.size), ticks.shape)
    return Circuit(
        _DT,
        [neuron],
        [
            Projection(
                "afferents_tempotron",
                "afferents",
                "tempotron",
                static_synapse(),
                Connections.all_to_all(drive.size, 1),
                {"w": drive / _peak()},
            )
        ],
        [SpikeSource("afferents", drive.size, times.ravel(), afferents.ravel())],
        restarts=[Restart("tempotron", starts)],
        probes=[Probe("tempotron", "v")],
        seed=seed,
    )


@dataclass(frozen=True, slots=True, eq=False)
class TempotronFit:
    """What training gave.

    Args:
        weights: volts, shape (afferents,), for :func:`tempotron`.
        errors: wrong patterns in each epoch; the last is 0 where training converged.
    """

    weights: FloatArray
    errors: tuple[int, ...]


def train_tempotron(
    patterns: Value,
    labels: npt.ArrayLike,
    *,
    rate: float = 0.01,
    momentum: float = 0.9,
    epochs: int = 200,
    window: Value = 0.5,
    seed: int = 0,
) -> TempotronFit:
    """Learn weights with which :func:`tempotron` fires for the patterns labelled true, and only for those.

    One pattern after the other, in a new random order each epoch, until an epoch has no error. The postsynaptic
    potential is the circuit's own: it is read from the compiled simulator once.

    Args:
        patterns: seconds, shape (patterns, afferents), as in :func:`tempotron`.
        labels: true or false, shape (patterns,).
        rate: volts, the largest change of a weight in one step before momentum.
        momentum: share of the last step in the next, 0 <= momentum < 1.
        epochs: at most so many.
        window: seconds a pattern.
        seed: of the weights at the start (normal, deviation 0.3/sqrt(afferents) V) and of the order.

    Raises:
        InvalidInput: shapes that don't fit, momentum out of range.
    """
    ticks, length = _latency_ticks(patterns, window)
    wanted = np.asarray(labels, dtype=bool)
    if wanted.shape != (len(ticks),):
        raise InvalidInput(f"labels have shape {wanted.shape}; ({len(ticks)},) is allowed, one a pattern")
    if not 0 <= momentum < 1:
        raise InvalidInput(f"momentum is {momentum!r}; a number from 0 to below 1 is allowed")
    check_whole("epochs", epochs, 1, 1_000_000)
    rng = np.random.default_rng(seed)
    potential = _postsynaptic_potential(length)
    response = _response_matrix(potential)
    weights = rng.normal(0.0, 0.3 / np.sqrt(ticks.shape[1]), ticks.shape[1])
    step = np.zeros_like(weights)
    errors: list[int] = []
    while len(errors) < epochs and (not errors or errors[-1]):
        wrong = 0
        for item in rng.permutation(len(ticks)):
            v = response @ np.bincount(ticks[item], weights, minlength=length)
            latest = int(np.argmax(v))
            if (v[latest] > _THRESHOLD) != wanted[item]:
                since = latest - ticks[item]
                eligible = np.where(since >= 0, potential[since], 0.0)
                step = momentum * step + rate * (1.0 if wanted[item] else -1.0) * eligible
                weights = weights + step
                wrong += 1
        errors.append(wrong)
    return TempotronFit(weights, tuple(errors))


def _latency_ticks(patterns: Value, window: Value) -> tuple[IntArray, int]:
    length = int(to_ticks(window, _DT, "the window"))
    ticks = to_ticks(patterns, _DT, "a spike of a pattern")
    if ticks.ndim != 2 or ticks.size == 0 or ticks.max() >= length:
        raise InvalidInput(
            f"patterns have shape {ticks.shape}, the window {length} ticks; times inside of the window, shape "
            "(patterns, afferents), are allowed"
        )
    return ticks, length


def _peak() -> float:
    """The largest v for a weight of 1, in closed form."""
    at = np.log(_TAU_M / _TAU_G) * _TAU_M * _TAU_G / (_TAU_M - _TAU_G)
    return float(_TAU_G / (_TAU_M - _TAU_G) * (np.exp(-at / _TAU_M) - np.exp(-at / _TAU_G)))


def _postsynaptic_potential(length: int) -> FloatArray:
    """V of the circuit, tick by tick, after one spike of weight 1 at tick 0: shape (length,)."""
    # Half the weight stays below the threshold.
    circuit = tempotron([[0.0]], [0.5], window=length * _DT)
    return 2 * simulate(circuit, length).probes["tempotron", "v"][:, 0]


def _response_matrix(potential: FloatArray) -> FloatArray:
    """Matrix (length, length) that turns the summed weights of each tick into v."""
    since = np.subtract.outer(np.arange(potential.size), np.arange(potential.size))
    return np.where(since >= 0, potential[since], 0.0)
