"""Homeostasis: cells come back to their target rate after their drive grows tenfold, and after it falls again.

    threshold:  theta <- clip(theta + alpha (rate - target), ...)      every tick   (neuro.models.HOMEOSTATIC_LIF)
    scaling:    w <- clip(w (1 + eta (target - rate_post)), 0, w_max)  every 100 ms, on all synapses of the cell alike

Poisson inputs that differ from cell to cell in number and strength drive a population. It first settles at the target;
then the rate of every input is 1, 10 and 1 times what it was, with one of the two mechanisms at work, or with the
thresholds and weights that it had settled at held fixed.
Source: Turrigiano, Leslie, Desai, Rutherford & Nelson, Nature 391 (1998) 892; Turrigiano, Cell 135 (2008) 422: rates
that blocked inhibition raises come back in two days, by one factor for all synapses of a cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import Enum
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import binned_counts, firing_rates
from neuro.arrays import FloatArray, IntArray, Value
from neuro.circuit.circuit import Circuit, CurrentInput, Operation, Population, Probe, Projection
from neuro.circuit.connections import Connections
from neuro.experiments.experiment import Experiment, Result, Row, at_least, at_most
from neuro.models import HOMEOSTATIC_LIF, POISSON
from neuro.models.base import SynapseModel
from neuro.progress import Stages
from neuro.simulators import simulate

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DT = 1e-3
_TARGET, _RISE, _WITHIN = 10.0, 10.0, 10.0
"""Hz; the factor of the drive; percent of the target."""
_INPUT_RATE, _CHANCE, _MEAN = 2.0, 0.2, 5e-3
"""Hz of an input at first, probability of a synapse, volts that they lift a mean cell by."""
_ALPHA, _ETA, _EVERY = 3e-7, 1e-3, 100
"""Volts a tick and Hz; per Hz; ticks between two scalings."""
_TAU_RATE, _TAU_G = 2.0, 5e-3
_BIN = 1.0
_PAPER = "Turrigiano et al., Nature 391 (1998) 892"

_SCALED = SynapseModel(
    equations="""
    w : volt
    eta : second (constant)
    target : hertz (constant)
    w_max : volt (constant)
    """,
    on_pre="g_post += w",
)
_SCALING = "w = clip(w*(1 + eta*(target - rate_post)), 0*volt, w_max)"


class Mechanism(Enum):
    """What brings the rates back; the value is its name in rows and plots."""

    THRESHOLD = "threshold"
    SCALING = "scaling"


@dataclass(frozen=True, slots=True)
class HomeostasisSettings:
    """What is run.

    Args:
        seeds: how many runs, with seeds from the given one on.
        cells, inputs: how many.
        phase: seconds of each of the three drives, and of settling before; the second half of each is judged.
    """

    seeds: int = 5
    cells: int = 100
    inputs: int = 200
    phase: float = 240.0


@dataclass(frozen=True, slots=True, eq=False)
class HomeostasisRun:
    """One run of one mechanism, at work or held fixed.

    Args:
        course: rate of each cell in bins of 1 s, shape (bins, cells), in Hz, over the three phases.
        settled: rate of each cell in the second half of each phase, shape (3, cells), in Hz.
        weights: of all synapses before and after the phase of the tenfold drive, shape (2, synapses), in volts.
        cell: shape (synapses,), whose they are.
    """

    course: FloatArray
    settled: FloatArray
    weights: FloatArray
    cell: IntArray

    @property
    def deviations(self) -> FloatArray:
        """Percent of the target by which each cell is off, shape (3, cells)."""
        return 100 * np.abs(self.settled / _TARGET - 1)

    @property
    def factor_spread(self) -> float:
        """Largest percentage by which a synapse's growth differs from the mean growth of its cell's synapses."""
        growth = self.weights[1] / self.weights[0]
        synapses = np.bincount(self.cell)
        mean = np.bincount(self.cell, growth) / np.maximum(synapses, 1)
        return 100 * float(np.max(np.abs(growth / mean[self.cell] - 1)))


@dataclass(frozen=True, slots=True, eq=False)
class HomeostasisResult:
    """What the experiment found: rows, and for each mechanism the runs with it at work and held fixed, one a seed."""

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    at_work: Mapping[Mechanism, tuple[HomeostasisRun, ...]]
    held: Mapping[Mechanism, tuple[HomeostasisRun, ...]]


def run_homeostasis(settings: HomeostasisSettings, seed: int, stages: Stages) -> HomeostasisResult:
    """Both mechanisms, each at work and held fixed, on seeds from ``seed`` on."""
    seeds = tuple(range(seed, seed + settings.seeds))
    at_work: dict[Mechanism, list[HomeostasisRun]] = {mechanism: [] for mechanism in Mechanism}
    held: dict[Mechanism, list[HomeostasisRun]] = {mechanism: [] for mechanism in Mechanism}
    for mechanism in Mechanism:
        with stages.stage(f"Tenfold drive, {mechanism.value}", settings.seeds) as advance:
            for number, each in enumerate(seeds):
                start = _settled(each, mechanism, settings)
                at_work[mechanism].append(_run_phases(start, settings))
                held[mechanism].append(_run_phases(_fixed(start), settings))
                advance(number + 1)
    working, fixed = ({part: tuple(runs) for part, runs in found.items()} for found in (at_work, held))
    return HomeostasisResult(_rows(working, fixed), seeds, working, fixed)


def _settled(seed: int, mechanism: Mechanism, settings: HomeostasisSettings) -> Circuit:
    """The circuit with the three drives, as the mechanism leaves it after a phase of the first one."""
    phase = round(settings.phase / _DT)
    circuit = _circuit(seed, mechanism, settings, phase)
    final = simulate(replace(circuit, probes=()), phase).final
    inputs, cells = circuit.populations
    projection = circuit.projections[0]
    state = {name: final["cells", name] for name in ("v", "g", "rate", "theta")}
    weights = {**projection.parameters, "w": final["synapses", "w"]}
    return replace(
        circuit,
        populations=[inputs, replace(cells, initial=state)],
        projections=[replace(projection, parameters=weights)],
        seed=seed + 2**20,
    )


def _fixed(circuit: Circuit) -> Circuit:
    """The same, with thresholds and weights held where they are."""
    inputs, cells = circuit.populations
    held = replace(cells, parameters={**cells.parameters, "alpha": 0.0})
    projection = circuit.projections[0]
    still = replace(projection, parameters={**projection.parameters, "eta": 0.0})
    return replace(circuit, populations=[inputs, held], projections=[still])


def _circuit(seed: int, mechanism: Mechanism, settings: HomeostasisSettings, phase: int) -> Circuit:
    rng = np.random.default_rng(seed)
    connections = Connections.from_dense(rng.random((settings.inputs, settings.cells)) < _CHANCE)
    mean = _MEAN / (settings.inputs * _CHANCE * _INPUT_RATE * _TAU_G)
    weights = mean * rng.lognormal(-0.125, 0.5, connections.synapses)
    drive = _INPUT_RATE * np.outer([1.0, _RISE, 1.0], np.ones(settings.inputs))
    scaled = mechanism is Mechanism.SCALING
    cells = {
        "alpha": 0.0 if scaled else _ALPHA,
        "target_rate": _TARGET,
        "tau_rate": _TAU_RATE,
        "tau_g": _TAU_G,
        # Scaling starts where the threshold is: at rest plus 20 mV.
        "theta_min": -20e-3,
    }
    synapses: dict[str, Value] = {"w": weights, "eta": _ETA if scaled else 0.0, "target": _TARGET, "w_max": 1.0}
    return Circuit(
        _DT,
        [
            Population("inputs", settings.inputs, POISSON),
            Population("cells", settings.cells, HOMEOSTATIC_LIF, cells),
        ],
        [Projection("synapses", "inputs", "cells", _SCALED, connections, synapses)],
        [CurrentInput("inputs", "rate", drive, every=phase)],
        operations=[Operation("scaling", "synapses", _SCALING, every=_EVERY)],
        probes=[Probe("synapses", "w", every=phase)],
        seed=seed,
    )


def _run_phases(circuit: Circuit, settings: HomeostasisSettings) -> HomeostasisRun:
    phase = round(settings.phase / _DT)
    # One tick more, so that the probe of every ``phase`` ticks also reads the end of the last phase.
    recording = simulate(circuit, 3 * phase + 1)
    spikes = recording.spikes["cells"]
    course = binned_counts(spikes, _DT, _BIN, stop=3 * phase) / _BIN
    halves = [(number * phase + phase // 2, (number + 1) * phase) for number in range(3)]
    settled = np.stack([firing_rates(spikes, _DT, start=start, stop=stop) for start, stop in halves])
    weights = np.asarray(recording.probes["synapses", "w"][1:3])
    return HomeostasisRun(course, settled, weights, np.asarray(circuit.projections[0].connections.column))


def _rows(
    at_work: Mapping[Mechanism, tuple[HomeostasisRun, ...]], held: Mapping[Mechanism, tuple[HomeostasisRun, ...]]
) -> tuple[Row, ...]:
    rows = []
    for mechanism in Mechanism:
        working = np.stack([run.deviations for run in at_work[mechanism]])
        fixed = np.stack([run.deviations for run in held[mechanism]])
        first = np.concatenate([run.course[len(run.course) // 3] for run in at_work[mechanism]])
        worst = f"off the target of 10 Hz in the second half of the phase, worst cell of all seeds; {_PAPER}"
        best = "off the target with the mechanism held fixed, best cell of all seeds"
        name = mechanism.value
        rows += [
            Row(f"{name}-worst-tenfold", float(working[:, 1].max()), "%", at_most(_WITHIN), note=worst),
            Row(f"{name}-worst-back", float(working[:, 2].max()), "%", at_most(_WITHIN), note=worst),
            Row(f"{name}-held-best-tenfold", float(fixed[:, 1].min()), "%", at_least(_WITHIN), note=best),
            Row(f"{name}-first-second", float(first.mean()), "Hz", note="mean rate after the drive grew"),
        ]
    scaled = at_work[Mechanism.SCALING]
    factor = np.concatenate([run.weights[1] / run.weights[0] for run in scaled])
    none = f"largest difference between the growths of two synapses of a cell; multiplicative means none; {_PAPER}"
    return (
        *rows,
        Row("scaling-factor-spread", max(run.factor_spread for run in scaled), "%", at_most(1e-6), note=none),
        Row("scaling-factor", float(factor.mean()), note="mean weight after over before tenfold drive"),
    )


def plot_homeostasis(result: HomeostasisResult) -> Axes:
    """Rates of the first seed over time: mean and 5 to 95 % of the cells, at work and held fixed."""
    from neuro.analysis.plots import PALETTE, new_axes

    axes = new_axes(7.2, 4.2)
    lines = [
        ("threshold", result.at_work[Mechanism.THRESHOLD][0], PALETTE[0], "-"),
        ("scaling", result.at_work[Mechanism.SCALING][0], PALETTE[2], "-"),
        ("held fixed", result.held[Mechanism.THRESHOLD][0], PALETTE[1], "-"),
    ]
    bins = len(lines[0][1].course)
    at = (np.arange(bins) + 0.5) * _BIN
    axes.axvspan(bins / 3, 2 * bins / 3, color="0.94", linewidth=0, zorder=0)
    for name, part, color, style in lines:
        low, high = np.percentile(part.course, [5, 95], axis=1)
        axes.fill_between(at, low, high, color=color, alpha=0.18, linewidth=0)
        axes.plot(at, part.course.mean(axis=1), color=color, linewidth=1.6, linestyle=style, label=name)
    axes.axhline(_TARGET, color="0.25", linewidth=0.9, linestyle=(0, (4, 3)))
    axes.set_yscale("symlog", linthresh=10, linscale=0.8)
    axes.set_yticks([0, 5, 10, 20, 50, 100, 200], ["0", "5", "10", "20", "50", "100", "200"])
    axes.minorticks_off()
    axes.set_ylim(0, None)
    axes.set_xlim(0, bins * _BIN)
    axes.text(bins / 2, 0.04, "drive × 10", transform=axes.get_xaxis_transform(), ha="center", color="0.4")
    axes.set_xlabel("time (s)")
    axes.set_ylabel("rate of a cell (Hz)")
    axes.legend(loc="lower right", bbox_to_anchor=(1.0, 1.0), ncols=3, frameon=False, handlelength=1.2)
    return axes


def _run(seed: int, stages: Stages) -> Result:
    result = run_homeostasis(HomeostasisSettings(), seed, stages)
    return Result(result.rows, result.seeds, {"rates": partial(plot_homeostasis, result)})


HOMEOSTASIS = Experiment(
    "homeostasis", "rates come back to their target after the drive grew tenfold, by two mechanisms", _PAPER, _run
)
"""Moving thresholds and synaptic scaling, each at work and held fixed."""
