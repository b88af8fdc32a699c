"""The cortical microcircuit: eight populations of a column under one square millimetre, at their natural density.

77,169 neurons (excitatory and inhibitory cells of layers 2/3, 4, 5 and 6) and 0.3 billion synapses:

    C dv/dt = (C / tau_m) (E_L - v) + I,   tau_syn dI/dt = -I,   each synaptic or external spike adds its weight to I

Between two populations lie K = ln(1 - p) / ln(1 - 1 / (N_source N_target)) synapses, ends drawn with replacement.
Weights are normal (a tenth of their mean), inhibitory ones four times as large and those from layer 4 E to layer 2/3 E
twice; delays are normal (half of their mean: 1.5 ms excitatory, 0.75 ms inhibitory). Outside spikes come at
8 Hz from each of 1,500 to 2,900 fibres. A share of the network has as large a share of neurons, and of synapses each,
weights over the root of it, and the mean input that is lost so as a constant current.
Source: Potjans & Diesmann, Cerebral Cortex 24 (2014) 785; drive and reference rates of NEST's published model of it.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import interval_cv, population_counts, population_rate
from neuro.arrays import FloatArray
from neuro.circuit.circuit import Circuit, Population, Projection
from neuro.circuit.connections import Connections
from neuro.circuit.draws import Normal
from neuro.experiments.experiment import Experiment, Published, Result, Row, at_most
from neuro.models.base import NeuronModel, SynapseModel
from neuro.progress import Stages
from neuro.simulators.compiled.simulator import Compiled
from neuro.spikes import Spikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DT = 1e-4
_PAPER = "Potjans & Diesmann, Cerebral Cortex 24 (2014) 785"
_RATES_OF = "NEST's published model of Potjans & Diesmann (2014)"

POPULATION_SIZES: Mapping[str, int] = MappingProxyType(
    {"L23E": 20683, "L23I": 5834, "L4E": 21915, "L4I": 5479, "L5E": 4850, "L5I": 1065, "L6E": 14395, "L6I": 2948}
)
"""Population -> neurons."""

REFERENCE_RATES: Mapping[str, float] = MappingProxyType(
    dict(zip(POPULATION_SIZES, (0.903, 2.965, 4.414, 5.876, 7.569, 8.633, 1.105, 7.829), strict=True))
)
"""Population -> hertz."""

_PROBABILITY = np.array(
    [
        [0.1009, 0.1689, 0.0437, 0.0818, 0.0323, 0.0, 0.0076, 0.0],
        [0.1346, 0.1371, 0.0316, 0.0515, 0.0755, 0.0, 0.0042, 0.0],
        [0.0077, 0.0059, 0.0497, 0.135, 0.0067, 0.0003, 0.0453, 0.0],
        [0.0691, 0.0029, 0.0794, 0.1597, 0.0033, 0.0, 0.1057, 0.0],
        [0.1004, 0.0622, 0.0505, 0.0057, 0.0831, 0.3726, 0.0204, 0.0],
        [0.0548, 0.0269, 0.0257, 0.0022, 0.06, 0.3158, 0.0086, 0.0],
        [0.0156, 0.0066, 0.0211, 0.0166, 0.0572, 0.0197, 0.0396, 0.2252],
        [0.0364, 0.001, 0.0034, 0.0005, 0.0277, 0.008, 0.0658, 0.1443],
    ]
)
"""Of a synapse, by target (rows) and source (columns)."""

_FIBRES = np.array([1600, 1500, 2100, 1900, 2000, 1900, 2900, 2100])
_FIBRE_RATE = 8.0
_TAU_M, _TAU_SYN, _CAPACITY = 10e-3, 0.5e-3, 250e-12
_POTENTIAL = 0.15e-3
_INHIBITION, _DOUBLED = -4.0, 2.0
_SPREAD = 0.1
_DELAY, _INHIBITORY_DELAY, _DELAY_SPREAD = 1.5e-3, 0.75e-3, 0.5
_START, _START_SPREAD = -58e-3, 10e-3
_SETTLE, _BIN, _LOOKED_AT = 1.0, 3e-3, 1000

_CELL = NeuronModel(
    equations="""
    dv/dt = (E_L - v) / tau_m + (I + drive) / C_m : volt (unless refractory)
    dI/dt = -I / tau_syn : amp
    E_L : volt (constant)
    V_th : volt (constant)
    V_reset : volt (constant)
    tau_m : second (constant)
    tau_syn : second (constant)
    C_m : farad (constant)
    drive : amp (constant)
    outside : 1 (constant)
    step : amp (constant)
    """,
    threshold="v > V_th",
    reset="v = V_reset",
    refractory=2e-3,
    every_tick="I += step * random_poisson(seed, t_in_timesteps, i, outside)",
    parameters={
        "E_L": -65e-3,
        "V_th": -50e-3,
        "V_reset": -65e-3,
        "tau_m": _TAU_M,
        "tau_syn": _TAU_SYN,
        "C_m": _CAPACITY,
    },
)
_SYNAPSE = SynapseModel("w : amp", "I_post += w")


def synaptic_current() -> float:
    """Ampere of a spike whose potential peaks at 0.15 mV."""
    ratio: float = _TAU_M / _TAU_SYN
    apart = _TAU_M - _TAU_SYN
    peak = _TAU_M * _TAU_SYN / (_TAU_SYN - _TAU_M) / _CAPACITY
    peak *= ratio ** (-_TAU_M / apart) - ratio ** (-_TAU_SYN / apart)
    return float(_POTENTIAL / peak)


def _synapses() -> FloatArray:
    """Synapses of the whole network by target and source."""
    sizes = np.array(list(POPULATION_SIZES.values()), np.float64)
    pairs = np.outer(sizes, sizes)
    found: FloatArray = np.log1p(-_PROBABILITY) / np.log1p(-1 / pairs)
    return found


def _weights() -> FloatArray:
    """Mean ampere of a spike by target and source, whole network."""
    weights = np.full((8, 8), synaptic_current())
    weights[:, 1::2] *= _INHIBITION
    weights[0, 2] *= _DOUBLED
    return weights


def parts(share: float) -> dict[str, slice]:
    """Population -> its neurons in the circuit of a share of the network."""
    ends = np.cumsum([0, *(round(size * share) for size in POPULATION_SIZES.values())])
    return {
        name: slice(int(first), int(stop)) for name, first, stop in zip(POPULATION_SIZES, ends, ends[1:], strict=False)
    }


def microcircuit(share: float = 1.0, *, seed: int = 0) -> Circuit:
    """The circuit: one population of all cells, ordered as :data:`POPULATION_SIZES`.

    Args:
        share: of the neurons, and of the synapses of each, above 0, up to 1.
        seed: of synapses, weights, delays, start values and outside spikes.
    """
    where = parts(share)
    neurons = max(part.stop for part in where.values())
    root = math.sqrt(share)
    synapses, weights = _synapses(), _weights()
    sizes = np.array(list(POPULATION_SIZES.values()), np.float64)
    rates = np.array(list(REFERENCE_RATES.values()))
    current = synaptic_current()
    mean_input = (weights * synapses / sizes[:, None]) @ rates + current * _FIBRES * _FIBRE_RATE
    counts = [part.stop - part.start for part in where.values()]
    rng = np.random.default_rng(seed)
    cells = Population(
        "cells",
        neurons,
        _CELL,
        {
            "drive": np.repeat(_TAU_SYN * (1 - root) * mean_input, counts),
            "outside": np.repeat(_FIBRES * share * _FIBRE_RATE * _DT, counts),
            "step": current / root,
        },
        {"v": rng.normal(_START, _START_SPREAD, neurons)},
    )
    blocks = {"excitatory": (0, 2, 4, 6), "inhibitory": (1, 3, 5, 7)}
    pairs = {name: [(i, j) for j in columns for i in range(8)] for name, columns in blocks.items()}
    pairs["excitatory"].remove((0, 2))
    pairs["doubled"] = [(0, 2)]
    means = {"excitatory": current, "inhibitory": _INHIBITION * current, "doubled": _DOUBLED * current}
    projections = [
        Projection(
            name,
            "cells",
            "cells",
            _SYNAPSE,
            _blocks(pairs[name], synapses * share * share, list(where.values()), neurons, seed),
            {"w": _weight(mean / root, number + 3 * seed)},
            _delay(_INHIBITORY_DELAY if name == "inhibitory" else _DELAY, number + 3 * seed),
        )
        for number, (name, mean) in enumerate(means.items())
    ]
    return Circuit(_DT, [cells], projections, seed=seed)


def _blocks(
    pairs: list[tuple[int, int]], synapses: FloatArray, where: list[slice], neurons: int, seed: int
) -> Connections:
    found = []
    for target, source in pairs:
        sizes = (where[source].stop - where[source].start, where[target].stop - where[target].start)
        total = round(synapses[target, source])
        block = Connections.fixed_total(*sizes, total, seed=64 * seed + 8 * target + source)
        found.append((block, where[source].start, where[target].start))
    return Connections.joined(found, neurons, neurons)


def _weight(mean: float, seed: int) -> Normal:
    """Normal numbers that keep the sign of their mean."""
    ends = (0.0, math.inf) if mean > 0 else (-math.inf, 0.0)
    return Normal(mean, abs(mean) * _SPREAD, *ends, seed=seed)


def _delay(mean: float, seed: int) -> Normal:
    return Normal(mean, mean * _DELAY_SPREAD, low=_DT, step=_DT, seed=seed)


@dataclass(frozen=True, slots=True, eq=False)
class Column:
    """What a run of the network gave.

    Args:
        spikes: population -> its spikes.
        ticks: of the run.
        rates: population -> hertz, after the first second.
        irregularity: population -> mean coefficient of variation of the intervals of up to 1,000 neurons.
        synchrony: population -> variance over mean of the counts of up to 1,000 neurons in bins of 3 ms.
    """

    spikes: Mapping[str, Spikes]
    ticks: int
    rates: Mapping[str, float]
    irregularity: Mapping[str, float]
    synchrony: Mapping[str, float]


def run_microcircuit(
    seed: int, stages: Stages, *, share: float = 0.1, seconds: float = 3.0, threads: int | None = None
) -> Column:
    """Build and run a share of the network; the first second is not looked at."""
    ticks, start = round(seconds / _DT), round(min(_SETTLE, seconds / 2) / _DT)
    with stages.stage("Draw the synapses"):
        circuit = microcircuit(share, seed=seed)
    with stages.stage("Run the network"):
        spikes = Compiled(threads).run(circuit, ticks).spikes["cells"]
    found = {}
    for name, part in parts(share).items():
        own = (spikes.indices >= part.start) & (spikes.indices < part.stop)
        found[name] = Spikes(spikes.ticks[own], spikes.indices[own] - part.start, part.stop - part.start)
    rates = {name: population_rate(own, _DT, stop=ticks, start=start) for name, own in found.items()}
    few = {name: _few(own, start, ticks) for name, own in found.items()}
    irregularity = {name: _irregularity(own) for name, own in few.items()}
    synchrony = {name: _synchrony(own, start, ticks) for name, own in few.items()}
    return Column(found, ticks, rates, irregularity, synchrony)


def _few(spikes: Spikes, start: int, stop: int) -> Spikes:
    late = spikes.between(start, stop)
    own = late.indices < _LOOKED_AT
    return Spikes(late.ticks[own], late.indices[own], min(spikes.size, _LOOKED_AT))


def _irregularity(spikes: Spikes) -> float:
    known = interval_cv(spikes)
    known = known[np.isfinite(known)]
    return float(known.mean()) if known.size else math.nan


def _synchrony(spikes: Spikes, start: int, stop: int) -> float:
    width = round(_BIN / _DT)
    stop = start + (stop - start) // width * width
    counts = population_counts(spikes, _DT, _BIN, stop=stop, start=start)
    return float(counts.var() / counts.mean()) if counts.any() else math.nan


def _rows(column: Column, *, judged: bool) -> tuple[Row, ...]:
    rows = []
    for name, rate in column.rates.items():
        published = Published(REFERENCE_RATES[name], _RATES_OF)
        rows.append(Row(f"rate-{name}", rate, "Hz", None, published))
    for name, rate in column.rates.items():
        reference = REFERENCE_RATES[name]
        # A tenth of the rate, a tenth of a hertz where that is more.
        off = abs(rate - reference) / max(0.1 * reference, 0.1)
        note = "in tenths of the reference rate, of 0.1 Hz below 1 Hz"
        rows.append(Row(f"rate-off-{name}", off, "", at_most(1.0) if judged else None, note=note))
    for what, values in (("irregularity", column.irregularity), ("synchrony", column.synchrony)):
        rows += [Row(f"{what}-{name}", value) for name, value in values.items()]
    return tuple(rows)


def plot_column(column: Column, share: float) -> Axes:
    """The raster of the paper's figure 6: 400 ms, every 50th cell of the whole column, layer 2/3 on top."""
    from neuro.analysis.plots import PALETTE, new_axes

    axes = new_axes(6.8, 6.0)
    start = max(column.ticks - round(0.4 / _DT), 0)
    sizes = [spikes.size for spikes in column.spikes.values()]
    every = max(round(50 * share), 1)
    offsets = np.cumsum([0, *(-(-size // every) for size in sizes)])
    for number, (offset, spikes) in enumerate(zip(offsets, column.spikes.values(), strict=False)):
        late = spikes.between(start, column.ticks)
        shown = late.indices % every == 0
        color = PALETTE[0] if number % 2 == 0 else PALETTE[1]
        axes.scatter(late.ticks[shown] * _DT, offset + late.indices[shown] // every, s=1.5, color=color, linewidths=0)
    axes.set_yticks((offsets[:-1] + offsets[1:]) / 2, list(POPULATION_SIZES))
    axes.set_ylim(offsets[-1], 0)
    axes.set_xlabel("time (s)")
    axes.set_title(f"{sum(sizes):,} cells, every {every}th shown", loc="left", fontsize=11)
    return axes


def _run(seed: int, stages: Stages, *, share: float, seconds: float) -> Result:
    column = run_microcircuit(seed, stages, share=share, seconds=seconds)
    plots = {"raster": partial(plot_column, column, share)}
    return Result(_rows(column, judged=share == 1.0), (seed,), plots)


MICROCIRCUIT = Experiment(
    "microcircuit", "The cortical microcircuit at a tenth of its size", _PAPER, partial(_run, share=0.1, seconds=3.0)
)
"""Three seconds; rates are beside those of the whole network, which a tenth comes near to."""

MICROCIRCUIT_WHOLE = Experiment(
    "microcircuit-whole",
    "The cortical microcircuit: 77,169 neurons, 0.3 billion synapses, rates within 10 % of NEST's",
    _PAPER,
    partial(_run, share=1.0, seconds=11.0),
)
"""Eleven seconds at full size; needs some 6 GB of memory."""
