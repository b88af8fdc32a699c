"""The current-based Vogels and Abbott network: irregular activity that keeps itself going, equal to Brian2's.

    tau_m dv/dt = (g_e + g_i) - (v - E_l)  (unless refractory),   tau_e dg_e/dt = -g_e,   tau_i dg_i/dt = -g_i

3,200 excitatory and 800 inhibitory neurons, each pair joined with a probability of 2 %, no delay and no noise: what is
irregular comes from the network itself. Brian2 runs the same circuit for a short time, and every spike must agree.
Source: Vogels & Abbott, J. Neurosci. 25 (2005); benchmark 2 of Brette et al., J. Comput. Neurosci. 23 (2007).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import interval_cv, population_rate, synchrony_index
from neuro.circuit.circuit import Circuit, Population, Projection
from neuro.circuit.connections import Connections
from neuro.experiments.experiment import Experiment, Result, Row, at_least, at_most
from neuro.models.base import NeuronModel
from neuro.models.static import static_synapse
from neuro.progress import Stages
from neuro.simulators import Brian2Reference, simulate
from neuro.spikes import Recording, Spikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

CUBA_LIF = NeuronModel(
    equations="""
    dv/dt = (g_e + g_i - (v - e_leak)) / tau_m : volt (unless refractory)
    dg_e/dt = -g_e / tau_e : volt
    dg_i/dt = -g_i / tau_i : volt
    tau_m : second (constant)
    tau_e : second (constant)
    tau_i : second (constant)
    e_leak : volt (constant)
    v_reset : volt (constant)
    v_threshold : volt (constant)
    """,
    threshold="v > v_threshold",
    reset="v = v_reset",
    refractory=5e-3,
    parameters={
        "tau_m": 20e-3,
        "tau_e": 5e-3,
        "tau_i": 10e-3,
        "e_leak": -49e-3,
        "v_reset": -60e-3,
        "v_threshold": -50e-3,
    },
)
"""The neuron of the benchmark; it would fire on its own, for E_l is above the threshold."""

_DT = 1e-4
_EXCITATORY, _INHIBITORY = 1.62e-3, -9e-3
_BIN = 2e-3
_IRREGULAR = 0.5


@dataclass(frozen=True, slots=True)
class CubaSettings:
    """What to run.

    Args:
        size: neurons; four fifths are excitatory.
        probability: of a synapse between two neurons.
        duration: seconds.
        settle: seconds at the start that the statistics leave out.
        against_brian2: seconds that Brian2 runs too.
        inhibition: scales the inhibitory synapses; 0 switches them off.
    """

    size: int = 4000
    probability: float = 0.02
    duration: float = 10.0
    settle: float = 0.1
    against_brian2: float = 0.2
    inhibition: float = 1.0


def cuba_circuit(settings: CubaSettings, seed: int) -> Circuit:
    """Population ``neurons``, excitatory ones first; the seed draws the synapses and the potentials at the start."""
    rng = np.random.default_rng(seed)
    excitatory = settings.size * 4 // 5
    joined = rng.random((settings.size, settings.size)) < settings.probability
    start = rng.uniform(-60e-3, -50e-3, settings.size)
    is_excitatory = (np.arange(settings.size) < excitatory)[:, None]
    projections = [
        Projection(name, "neurons", "neurons", static_synapse(variable), Connections.from_dense(mask), {"w": weight})
        for name, variable, mask, weight in (
            ("excitation", "g_e", joined & is_excitatory, _EXCITATORY),
            ("inhibition", "g_i", joined & ~is_excitatory, settings.inhibition * _INHIBITORY),
        )
    ]
    return Circuit(_DT, [Population("neurons", settings.size, CUBA_LIF, {}, {"v": start})], projections, seed=seed)


def run_cuba(settings: CubaSettings, seed: int, stages: Stages) -> Result:
    """Run the network compiled, the start of it on Brian2 as well, and compare."""
    ticks, start, shared = (round(time / _DT) for time in (settings.duration, settings.settle, settings.against_brian2))
    circuit = cuba_circuit(settings, seed)
    with stages.stage("Simulate the network", ticks) as advance:
        recording = simulate(circuit, ticks, progress=advance)
    with stages.stage("Run it on Brian2", shared) as advance:
        reference = simulate(circuit, shared, Brian2Reference(), progress=advance).spikes["neurons"]
    spikes = recording.spikes["neurons"]
    rows = [*_against_brian2(spikes.between(0, shared), reference, shared), *_activity(spikes, start, ticks)]
    return Result(rows, (seed,), {"activity": partial(_plot_activity, recording)})


def _against_brian2(ours: Spikes, reference: Spikes, ticks: int) -> list[Row]:
    note = f"the first {ticks * _DT * 1e3:.0f} ms"
    rates = [population_rate(spikes, _DT, stop=ticks) for spikes in (ours, reference)]
    cvs = [_mean_cv(spikes) for spikes in (ours, reference)]
    # In a short run no neuron may have three spikes, on neither of the two.
    cv_off = 0.0 if np.isnan(cvs).all() else abs(cvs[0] - cvs[1])
    return [
        Row("spikes-brian2", float(len(reference)), "", at_least(1), note=f"{note}; Brian2's own text, numpy"),
        Row("mismatches-with-brian2", float(ours.mismatches(reference)), "spikes", at_most(0), note=note),
        Row("rate-off-brian2", abs(rates[0] - rates[1]), "Hz", at_most(0), samples={"ours, Brian2 in Hz": rates}),
        Row("cv-off-brian2", cv_off, "", at_most(0), samples={"ours, Brian2": cvs}),
    ]


def _activity(spikes: Spikes, start: int, stop: int) -> list[Row]:
    """The first second, as the benchmark runs it, and the whole run, for the CV of slow neurons needs longer."""
    second = min(round(1 / _DT), stop)
    return [
        Row(
            "rate-in-the-first-second",
            population_rate(spikes, _DT, stop=second, start=start),
            "Hz",
            note=f"{start * _DT:g} s left out; the sources print rasters of this benchmark and no rate",
        ),
        Row("cv-in-the-first-second", _mean_cv(spikes.between(start, second)), "", note="short trains look regular"),
        Row("rate", population_rate(spikes, _DT, stop=stop, start=start), "Hz", note=f"over {stop * _DT:g} s"),
        Row(
            "cv",
            _mean_cv(spikes.between(start, stop)),
            "",
            at_least(_IRREGULAR),
            note="nearer to 1, a Poisson process, than to 0, a clock: irregular, as Vogels & Abbott (2005) describe",
        ),
        Row(
            "synchrony-index",
            synchrony_index(spikes, _DT, _BIN, stop=stop, start=start),
            "",
            note="of bins of 2 ms; 1 for independent neurons",
        ),
        Row("spikes-in-the-last-tenth", float(len(spikes.between(stop - stop // 10, stop))), "", at_least(1)),
    ]


def _mean_cv(spikes: Spikes) -> float:
    cvs = interval_cv(spikes)
    return float(np.mean(cvs[~np.isnan(cvs)])) if not np.isnan(cvs).all() else float("nan")


def _plot_activity(recording: Recording) -> Axes:
    from neuro.analysis.plots import figure_of, new_axes, plot_intervals, plot_rate, plot_spikes

    figure = figure_of(new_axes(11, 6))
    figure.clear()
    panes = figure.subplot_mosaic([["raster", "intervals"], ["rate", "intervals"]], height_ratios=(3, 1))
    start = max(recording.ticks - 5000, 0)
    plot_spikes(recording, start=start, axes=panes["raster"], s=0.6)
    plot_rate(recording, start=start, axes=panes["rate"])
    plot_intervals(recording, "neurons", axes=panes["intervals"])
    return panes["raster"]


VOGELS_ABBOTT_CUBA = Experiment(
    "vogels_abbott_cuba",
    "Self-sustained irregular activity of 4,000 current-based neurons, spike for spike as on Brian2",
    "Vogels & Abbott (2005); Brette et al. (2007), benchmark 2",
    partial(run_cuba, CubaSettings()),
)
"""Ten seconds compiled, 0.2 s of it on Brian2."""
