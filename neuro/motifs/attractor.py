"""Hopfield attractor: LIF neurons with Hebbian weights that complete a pattern from a corrupted cue.

    W_ij = 1/N sum_p x_i^p x_j^p,  W_ii = 0          (or clipped: its sign, times sqrt(pi P / 2) / N)
    tau_m dv/dt = v_rest - v + g + I,   tau_g dg/dt = -g;   a spike of neuron j adds 2 delta W_ij / (f tau_g) to g_i
    I_i = rheobase - delta sum_j W_ij + (the cue, while it is shown)

A neuron stands for x = +1 where it fires at f, the rate of a neuron driven by rheobase + delta, and for x = -1 where
it is silent. With s_j = 0 or 1 for silent or firing the mean drive above rheobase is then
2 delta sum_j W_ij s_j - delta sum_j W_ij = delta sum_j W_ij x_j: Hopfield's field. A refractory time of 10 ms lets
rates saturate, as his units do; tau_g = 60 ms averages over the spikes.
Sources: Hopfield, PNAS 79 (1982) 2554; capacity 0.138 N: Amit, Gutfreund & Sompolinsky, Phys. Rev. Lett. 55 (1985);
clipped 0.10 N: Sompolinsky, Phys. Rev. A 34 (1986); by spikes: Gerstner et al., *Neuronal Dynamics* (2014), ch. 17.
"""

from __future__ import annotations

from dataclasses import replace
from math import gcd

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.static import static_synapse
from neuro.spikes import Recording

_DT = 1e-3
_RHEOBASE = 20e-3
_DELTA = 5e-3
_CUE_DRIVE = 15e-3
_REFRACTORY, _TAU_M, _TAU_G = 10e-3, 5e-3, 60e-3
_RATE = float(1 / (_REFRACTORY + _TAU_M * np.log((_RHEOBASE + _DELTA) / _DELTA)))
"""f in hertz, about 55."""


def hopfield_weights(patterns: npt.ArrayLike, *, clipped: bool = False) -> FloatArray:
    """W of stored patterns.

    Args:
        patterns: -1 or +1, shape (patterns, neurons).
        clipped: keep only the sign of each weight.

    Raises:
        InvalidInput: patterns of another shape or with other numbers.

    >>> hopfield_weights([[1, 1, -1]]) * 3
    array([[ 0.,  1., -1.],
           [ 1.,  0., -1.],
           [-1., -1.,  0.]])
    """
    x = _signs(patterns, "patterns")
    weights = x.T @ x
    np.fill_diagonal(weights, 0.0)
    if clipped:
        # Scaled so that a stored pattern drives its own neurons as strongly as without clipping.
        weights = np.sign(weights) * np.sqrt(np.pi * len(x) / 2)
    return np.asarray(weights / x.shape[1])


def hopfield(
    weights: npt.ArrayLike, cues: npt.ArrayLike, *, cue: Value = 0.1, free: Value = 0.4, seed: int = 0
) -> Circuit:
    """The population ``neurons``, all-to-all; each cue is shown for ``cue`` seconds, then the network runs ``free``.

    Args:
        weights: W, shape (neurons, neurons), of :func:`hopfield_weights`; zeros remove the memory.
        cues: -1, +1, or 0 for no cue, shape (cues, neurons); the network restarts before each.
        cue, free: seconds, whole ticks of 1 ms.
        seed: of the potentials at each start, uniform between rest and threshold.

    Raises:
        InvalidInput: shapes that don't fit.
    """
    W = np.asarray(weights, dtype=np.float64)
    shown = _signs(cues, "cues", (-1, 0, 1))
    size = shown.shape[1]
    if W.shape != (size, size):
        raise InvalidInput(f"weights have shape {W.shape}; ({size}, {size}) is allowed, as the cues have it")
    on, off = (int(to_ticks(time, _DT, "a duration")) for time in (cue, free))
    row = gcd(on, off)
    bias = _RHEOBASE - _DELTA * W.sum(axis=1)
    drive = np.repeat(bias + _CUE_DRIVE * shown[:, np.newaxis, :], (on + off) // row, axis=1)
    drive[:, on // row :] = bias
    others = ~np.eye(size, dtype=bool)
    # Row j of the connections is source j, so the weights are those of W transposed.
    synapses = {"w": (2 * _DELTA / (_RATE * _TAU_G) * W.T)[others]}
    start = np.random.default_rng(seed).uniform(-70e-3, -50e-3, size)
    model = replace(LIF_EXPONENTIAL, refractory=_REFRACTORY)
    return Circuit(
        _DT,
        [Population("neurons", size, model, {"tau_m": _TAU_M, "tau_g": _TAU_G}, {"v": start})],
        [
            Projection(
                "neurons_neurons", "neurons", "neurons", static_synapse(), Connections.from_dense(others), synapses, _DT
            )
        ],
        [CurrentInput("neurons", "I", drive.reshape(-1, size), every=row)],
        [Restart("neurons", np.arange(len(shown)) * (on + off))],
        seed=seed,
    )


def hopfield_states(recording: Recording, cues: int, *, window: Value = 0.2) -> FloatArray:
    """What the network settled on: +1 where a neuron fires at more than f/2 at the end of a cue's turn, else -1.

    Args:
        recording: of :func:`hopfield`, all cues.
        cues: how many were shown.
        window: seconds at the end of each turn that count, whole ticks.

    Returns:
        shape (cues, neurons); the overlap with a pattern x is ``states @ x / neurons``.
    """
    turn, counted = recording.ticks // cues, int(to_ticks(window, _DT, "the window"))
    ends = [(item + 1) * turn for item in range(cues)]
    rates = [recording.spikes["neurons"].between(end - counted, end).counts() / (counted * _DT) for end in ends]
    return np.where(np.array(rates) > _RATE / 2, 1.0, -1.0)


def _signs(values: npt.ArrayLike, what: str, allowed: tuple[int, ...] = (-1, 1)) -> FloatArray:
    array = np.asarray(values, dtype=np.float64)
    if array.ndim != 2 or array.size == 0 or not np.all(np.isin(array, allowed)):
        raise InvalidInput(f"{what} have shape {array.shape}; {allowed} of shape ({what}, neurons) are allowed")
    return array
