"""PING: the gamma rhythm of excitatory and inhibitory cells, and how it is gone once their loop is cut.

The circuit is :func:`neuro.motifs.ping`. The criterion of a rhythm has two parts. In the spectrum of the
excitatory population's rate the highest line from 20 to 60 Hz lies from 35 to 45 Hz; and the highest line from 35 to 45
Hz stands at least 13 dB (a factor of 20) above its neighbourhood, the median of the lines from 20 to 60 Hz farther than
5 Hz from it. The loop is cut at either place: no synapses from excitatory to inhibitory cells, or none back.
Source: Boergers & Kopell, Neural Computation 15 (2003) 509 and 17 (2005) 557.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import Spectrum, population_rate, population_spectrum
from neuro.circuit.circuit import Circuit
from neuro.experiments.experiment import Experiment, Published, Result, Row, at_least, at_most
from neuro.motifs import ping
from neuro.progress import Stages
from neuro.simulators import simulate
from neuro.spikes import Recording

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_DT = 1e-4
_SETTLE = 0.2
_SEGMENT, _BIN = 1.0, 1e-3
_SEARCH, _BAND, _APART, _PROMINENCE = (20.0, 60.0), (35.0, 45.0), 5.0, 13.0
_PAPER = "Boergers & Kopell, Neural Computation 17 (2005) 557: gamma from 30 to 80 Hz"

WHOLE = "whole loop"
CUTS: Mapping[str, str] = {"E to I cut": "e_i", "I to E cut": "i_e"}
"""Condition -> the projection of the motif that is silenced."""


@dataclass(frozen=True, slots=True, eq=False)
class RhythmRun:
    """One run under one condition.

    Args:
        spectrum: of the rate of the excitatory population.
        rate: hertz, of a mean excitatory cell.
    """

    spectrum: Spectrum
    rate: float

    @property
    def frequency(self) -> float:
        """Hertz of the highest line from 20 to 60 Hz; NaN without any power."""
        return self.spectrum.peak(*_SEARCH).frequency

    @property
    def prominence(self) -> float:
        """Decibels from the median of the neighbourhood to the highest line from 35 to 45 Hz; NaN without any power."""
        peak = self.spectrum.peak(*_BAND)
        lines = self.spectrum.frequencies
        around = (lines >= _SEARCH[0]) & (lines <= _SEARCH[1]) & (np.abs(lines - peak.frequency) > _APART)
        floor = float(np.median(self.spectrum.power[around])) if around.any() else 0.0
        return 10 * float(np.log10(peak.power / floor)) if floor > 0 else float("nan")

    @property
    def rhythm(self) -> bool:
        """Whether the criterion of this module is met."""
        return _BAND[0] <= self.frequency <= _BAND[1] and self.prominence >= _PROMINENCE


@dataclass(frozen=True, slots=True, eq=False)
class RhythmResult:
    """What the experiment found: rows, the runs of each condition, one a seed, and spikes to show, of the first seed.

    ``runs`` and ``shown`` have the conditions :data:`WHOLE` and those of :data:`CUTS`.
    """

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    runs: Mapping[str, tuple[RhythmRun, ...]]
    shown: Mapping[str, Recording]


def run_ping(seed: int, stages: Stages, *, seeds: int = 10, seconds: float = 4.0) -> RhythmResult:
    """Seeds from ``seed`` on under three conditions; ``seconds`` of each run, of which the first 0.2 are left out."""
    ticks, start = round(seconds / _DT), round(_SETTLE / _DT)
    used = tuple(range(seed, seed + seeds))
    runs: dict[str, list[RhythmRun]] = {name: [] for name in (WHOLE, *CUTS)}
    shown: dict[str, Recording] = {}
    with stages.stage("Run with and without the loop", seeds) as advance:
        for number, each in enumerate(used):
            for name, circuit in _conditions(seconds, each).items():
                recording = simulate(circuit, ticks)
                spikes = recording.spikes["excitatory"]
                spectrum = population_spectrum(spikes, _DT, bin_width=_BIN, segment=_SEGMENT, stop=ticks, start=start)
                runs[name].append(RhythmRun(spectrum, population_rate(spikes, _DT, stop=ticks, start=start)))
                shown.setdefault(name, recording)
            advance(number + 1)
    found = {name: tuple(parts) for name, parts in runs.items()}
    return RhythmResult(_rows(found), used, found, shown)


def _conditions(seconds: float, seed: int) -> dict[str, Circuit]:
    whole = ping(seconds, dt=_DT, seed=seed)
    cut = {}
    for name, silenced in CUTS.items():
        parts = [replace(part, parameters={"w": 0.0}) if part.name == silenced else part for part in whole.projections]
        cut[name] = replace(whole, projections=parts)
    return {WHOLE: whole, **cut}


def _rows(runs: Mapping[str, tuple[RhythmRun, ...]]) -> tuple[Row, ...]:
    whole = runs[WHOLE]
    frequencies = [run.frequency for run in whole]
    decibels = "highest line from 35 to 45 Hz over the median of those from 20 to 60 Hz farther than 5 Hz from it"
    criterion = f"highest line from 20 to 60 Hz lies in 35 to 45 Hz and stands out by 13 dB; {_PAPER}"
    over = "over the seeds"
    rows = [
        Row("seeds-with-the-rhythm", _rhythmic(whole), "%", at_least(100.0), note=criterion),
        Row("lowest-frequency", min(frequencies), "Hz", at_least(_BAND[0]), Published(30.0, _PAPER), note=over),
        Row("highest-frequency", max(frequencies), "Hz", at_most(_BAND[1]), Published(80.0, _PAPER), note=over),
        Row(
            "least-prominence",
            min(run.prominence for run in whole),
            "dB",
            at_least(_PROMINENCE),
            note=f"{decibels}; worst seed",
        ),
    ]
    for name in CUTS:
        words = name.replace(" ", "-")
        rows += [
            Row(f"seeds-with-the-rhythm-{words}", _rhythmic(runs[name]), "%", at_most(0.0), note="the same criterion"),
            Row(
                f"prominence-{words}",
                max(run.prominence for run in runs[name]),
                "dB",
                at_most(_PROMINENCE),
                note=f"{decibels}; the seed that stands out most",
            ),
        ]
    for name in (WHOLE, *CUTS):
        mean = float(np.mean([run.rate for run in runs[name]]))
        rows.append(Row(f"rate-{name.replace(' ', '-')}", mean, "Hz", note="of a mean excitatory cell"))
    return tuple(rows)


def _rhythmic(runs: tuple[RhythmRun, ...]) -> float:
    """Percent of the runs that meet the criterion."""
    return 100.0 * float(np.mean([run.rhythm for run in runs]))


def plot_ping_spectra(result: RhythmResult) -> Axes:
    """The spectra of all conditions, mean over the seeds, with the band of the criterion."""
    from neuro.analysis.plots import PALETTE, new_axes, plot_spectrum

    axes = new_axes(6.8, 4.2)
    # Both cuts leave the excitatory cells alone, so one line lies on the other: broad below, dashed above.
    looks = ((PALETTE[0], 1.6, "-"), (PALETTE[5], 3.0, "-"), (PALETTE[6], 1.2, (0, (3, 3))))
    for (name, runs), (color, width, dashes) in zip(result.runs.items(), looks, strict=True):
        mean = Spectrum(runs[0].spectrum.frequencies, np.mean([run.spectrum.power for run in runs], axis=0))
        before = len(axes.lines)
        plot_spectrum(mean, band=_BAND if name == WHOLE else None, highest=100.0, axes=axes)
        axes.lines[before].set(label=name, color=color, linewidth=width, linestyle=dashes)
    axes.legend(loc="upper right", frameon=False)
    axes.set_title(f"rate of the excitatory cells, mean of {len(result.seeds)} seeds", loc="left", fontsize=11)
    return axes


def plot_ping_rasters(result: RhythmResult) -> Axes:
    """A quarter of a second of the first seed: the excitatory cells of each condition, one above the other."""
    from neuro.analysis.plots import new_axes, plot_spikes

    names = (WHOLE, "E to I cut")
    spikes = {name: result.shown[name].spikes["excitatory"] for name in names}
    first = result.shown[WHOLE]
    stacked = Recording(_DT, first.ticks, {**spikes})
    middle = first.ticks // 2
    axes = plot_spikes(stacked, start=middle, stop=middle + round(0.25 / _DT), axes=new_axes(6.8, 4.6), s=5)
    axes.set_title("excitatory cells", loc="left", fontsize=11)
    return axes


def _run(seed: int, stages: Stages) -> Result:
    result = run_ping(seed, stages)
    plots = {"spectra": partial(plot_ping_spectra, result), "rasters": partial(plot_ping_rasters, result)}
    return Result(result.rows, result.seeds, plots)


PING = Experiment("ping", "PING gamma: a rhythm of 35 to 45 Hz that needs the inhibitory loop", _PAPER, _run)
"""Ten seeds; the criterion stands in the module's docstring."""
