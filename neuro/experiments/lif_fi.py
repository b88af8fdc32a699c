"""The f-I curve of a leaky integrate-and-fire neuron against its closed form.

A constant drive I above rheobase makes the neuron fire at intervals of

    T = t_ref + tau ln((v_rest + I - v_reset) / (v_rest + I - v_threshold)),      f = 1 / T

and one below it, v_rest + I <= v_threshold, never. Spikes lie on the grid of ticks, so an interval of the simulation
is T rounded by one tick at most. With the leak switched off the curve is another one, and the experiment fails.
Source: Gerstner, Kistler, Naud & Paninski, *Neuronal Dynamics* (2014), section 1.3; Lapicque (1907).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.analysis.statistics import firing_rates, inter_spike_intervals
from neuro.arrays import FloatArray
from neuro.circuit.circuit import Circuit, Population
from neuro.experiments.experiment import Experiment, Result, Row, at_least, at_most
from neuro.models import LIF_DELTA
from neuro.models.base import NeuronModel
from neuro.progress import Stages
from neuro.simulators import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_SOURCE = "Gerstner et al. (2014), section 1.3"


@dataclass(frozen=True, slots=True)
class LifFiSettings:
    """What to run.

    Args:
        neurons: how many drives, spread evenly.
        lowest, highest: drives in volts; rheobase is at 20 mV.
        duration: seconds.
        dt: length of a tick in seconds.
        model: with the parameters of :data:`neuro.models.LIF_DELTA`, whose closed form it is held against.
    """

    neurons: int = 200
    lowest: float = 15e-3
    highest: float = 60e-3
    duration: float = 2.0
    dt: float = 1e-4
    model: NeuronModel = LIF_DELTA


def closed_form_interval(drive: npt.ArrayLike, model: NeuronModel = LIF_DELTA) -> FloatArray:
    """T in seconds for each drive in volts; infinite at and below rheobase.

    >>> round(float(closed_form_interval(40e-3)) * 1e3, 3)  # ms
    15.863
    """
    names = ("v_rest", "v_reset", "v_threshold", "tau_m")
    rest, reset, threshold, tau = (np.asarray(model.parameters[name]) for name in names)
    level = rest + np.asarray(drive, dtype=np.float64)
    above = level > threshold
    safe = np.where(above, level, threshold + 1.0)
    period = float(np.asarray(model.refractory)) + tau * np.log((safe - reset) / (safe - threshold))
    return np.where(above, period, np.inf)


def run_lif_fi(settings: LifFiSettings, seed: int, stages: Stages) -> Result:
    """Drive every neuron with its own constant and compare each interval with the closed form.

    Nothing is random; the seed is kept for the record.
    """
    drive = np.linspace(settings.lowest, settings.highest, settings.neurons)
    neurons = Population("neurons", settings.neurons, settings.model, initial={"I": drive, "v": -70e-3})
    ticks = round(settings.duration / settings.dt)
    with stages.stage("Simulate the neurons", ticks) as advance:
        recording = simulate(Circuit(settings.dt, [neurons], seed=seed), ticks, progress=advance)
    spikes = recording.spikes["neurons"]
    expected = closed_form_interval(drive)
    found = inter_spike_intervals(spikes, settings.dt)
    away = [np.abs(intervals - period) for intervals, period in zip(found, expected, strict=True) if len(intervals)]
    worst = float(np.max(np.concatenate([*away, np.full(1, 0.0 if away else np.nan)]))) / settings.dt
    silent = np.isinf(expected)
    rates = np.array([1 / intervals.mean() if intervals.size else 0.0 for intervals in found])
    rows = [
        Row(
            "largest-error-of-an-interval",
            worst,
            "ticks",
            at_most(1.0 + 1e-6),
            note=f"over {sum(map(len, away)):,} intervals of {settings.neurons} neurons; {_SOURCE}",
        ),
        Row("spikes-below-rheobase", float(spikes.counts()[silent].sum()), "", at_most(0), note=_SOURCE),
        Row(
            "firing-above-rheobase",
            float(np.mean(firing_rates(spikes, settings.dt, stop=ticks)[~silent] > 0)),
            "of the neurons",
            at_least(1.0),
            note="every neuron whose interval fits into the run",
        ),
        Row(
            "highest-rate",
            float(rates.max()),
            "Hz",
            samples={"drive in mV": list(drive * 1e3), "rate in Hz": list(rates)},
        ),
    ]
    return Result(rows, (seed,), {"f_i_curve": partial(_plot_curve, drive, rates)})


def _plot_curve(drive: FloatArray, rates: FloatArray) -> Axes:
    from neuro.analysis.plots import PALETTE, new_axes

    axes = new_axes()
    fine = np.linspace(drive[0], drive[-1], 2000)
    axes.plot(fine * 1e3, 1 / closed_form_interval(fine), color=PALETTE[0], linewidth=1.6, label="closed form")
    step = max(len(drive) // 40, 1)
    axes.plot(drive[::step] * 1e3, rates[::step], "o", color=PALETTE[1], markersize=4, label="simulated")
    axes.axvline(20, color="0.6", linewidth=0.8, linestyle="--")
    axes.text(20, axes.get_ylim()[1], " rheobase", va="top", color="0.35")
    axes.set_xlabel("drive (mV)")
    axes.set_ylabel("rate (Hz)")
    axes.legend(frameon=False, loc="lower right")
    return axes


LIF_FI = Experiment(
    "lif_fi",
    "f-I curve of a leaky integrate-and-fire neuron, interval by interval",
    _SOURCE,
    partial(run_lif_fi, LifFiSettings()),
)
"""Every interval within one tick of the closed form."""
