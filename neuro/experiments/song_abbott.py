"""The experiment: a course of learning at each input rate, and the same rates with the learnt weights frozen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray
from neuro.experiments.experiment import Experiment, Result, Row, at_least, at_most
from neuro.experiments.song_abbott.neuron import Course, Plasticity, competing_circuit, pieces, run_course
from neuro.experiments.song_abbott.window import Window, measure_window
from neuro.progress import Stages

if TYPE_CHECKING:
    from matplotlib.axes import Axes


_SOURCE = "Song, Miller & Abbott, Nat. Neurosci. 3 (2000)"
_END_OVER_MIDDLE = 2.0
_STEADIER = 4.0


@dataclass(frozen=True, slots=True)
class SongSettings:
    """What to run.

    Args:
        rates: of the excitatory inputs in Hz, ascending; the first is where the frozen weights come from.
        inputs: excitatory ones; a fifth as many are inhibitory.
        duration: seconds of learning at each rate.
        frozen: seconds without learning at each rate.
        dt: length of a tick in seconds.
        rule: how weights change.
    """

    rates: tuple[float, ...] = (10.0, 20.0, 30.0, 40.0)
    inputs: int = 1000
    duration: float = 400.0
    frozen: float = 20.0
    dt: float = 5e-4
    rule: Plasticity = field(default_factory=Plasticity)


def run_song_abbott(settings: SongSettings, seed: int, stages: Stages) -> Result:
    """Learn at every rate from uniform weights, then run every rate with the weights that the first one gave."""
    start = np.random.default_rng(seed).uniform(0.0, 1.0, settings.inputs)
    learnt: dict[float, Course] = {}
    for rate in settings.rates:
        learnt[rate] = _course(settings, rate, start, settings.rule, settings.duration, seed, stages)
    off, weights = Plasticity(a_plus=0.0), learnt[settings.rates[0]].weights
    still = {rate: _course(settings, rate, weights, off, settings.frozen, seed + 1, stages) for rate in settings.rates}
    with stages.stage("Measure the window"):
        window = measure_window(settings.rule.a_plus, settings.rule.a_minus(settings.dt), dt=settings.dt)
    rows = [*_competition(weights), *_steadiness(learnt, still), *_window(window)]
    pictures = {
        "weights": lambda: _plot_weights(weights, start),
        "rates": lambda: _plot_rates(learnt, still),
        "window": lambda: _plot_window(window),
    }
    return Result(rows, (seed, seed + 1), pictures)


def _course(
    settings: SongSettings,
    rate: float,
    weights: FloatArray,
    rule: Plasticity,
    duration: float,
    seed: int,
    stages: Stages,
) -> Course:
    what = "Learn" if rule.a_plus else "Frozen"
    circuit = competing_circuit(rate, weights, rule, dt=settings.dt, seed=seed)
    with stages.stage(f"{what} at {rate:g} Hz", pieces(duration)) as advance:
        return run_course(circuit, duration, advance)


def _competition(weights: FloatArray) -> list[Row]:
    """Bimodal: each outer fifth of the range holds at least twice as many weights as the middle fifth."""
    fifths = np.histogram(weights, 5, (0.0, 1.0))[0]
    ends = float(min(fifths[0], fifths[-1]) / max(fifths[2], 1))
    return [
        Row(
            "fuller-ends-of-the-weights",
            ends,
            "times the middle",
            at_least(_END_OVER_MIDDLE),
            samples={"weights in each fifth": [float(count) for count in fifths]},
            note="the emptier outer fifth against the middle one; 1 where weights are uniform",
        ),
        Row("weights-in-the-outer-fifths", float((fifths[0] + fifths[-1]) / weights.size), "of all"),
    ]


def _steadiness(learnt: Mapping[float, Course], still: Mapping[float, Course]) -> list[Row]:
    with_stdp, without = ([course.settled_rate() for course in courses.values()] for courses in (learnt, still))
    spread = [max(rates) / max(min(rates), 1e-9) for rates in (with_stdp, without)]
    inputs = list(learnt)
    return [
        Row("output-rate-at-the-lowest-input", with_stdp[0], "Hz", at_least(1.0), note="it fires at all"),
        Row("spread-with-stdp", spread[0], "times", samples={"input in Hz": inputs, "output in Hz": with_stdp}),
        Row("spread-without", spread[1], "times", samples={"input in Hz": inputs, "output in Hz": without}),
        Row(
            "steadier-by-stdp",
            spread[1] / spread[0],
            "times",
            at_least(_STEADIER),
            note=f"highest over lowest output rate for inputs of {inputs[0]:g} to {inputs[-1]:g} Hz, frozen over "
            "learning; the frozen weights are those learnt at the lowest rate",
        ),
    ]


def _window(window: Window) -> list[Row]:
    before = window.delays < 0
    return [
        Row("largest-error-of-the-window", window.largest_error, "of the step", at_most(1e-9)),
        Row("potentiation-at-one-tick", float(window.changes[~before][0]), "of w_max", at_least(1e-12)),
        Row("depression-at-one-tick", float(window.changes[before][-1]), "of w_max", at_most(-1e-12)),
    ]


def _plot_weights(weights: FloatArray, start: FloatArray) -> Axes:
    from neuro.analysis.plots import plot_weight_histogram

    axes = plot_weight_histogram(weights, before=start, bins=20)
    axes.set_xlabel("weight / largest weight")
    return axes


def _plot_rates(learnt: Mapping[float, Course], still: Mapping[float, Course]) -> Axes:
    from matplotlib.ticker import LogLocator, NullFormatter

    from neuro.analysis.plots import PALETTE, figure_of, new_axes

    figure = figure_of(new_axes(10, 4))
    figure.clear()
    left, right = figure.add_subplot(1, 2, 1), figure.add_subplot(1, 2, 2)
    for number, (rate, course) in enumerate(learnt.items()):
        at = 10.0 * (1 + np.arange(len(course.rates)))
        left.plot(at, course.rates, color=PALETTE[number % len(PALETTE)], label=f"inputs of {rate:g} Hz")
    left.set_yscale("log")
    left.set_xlabel("time of learning (s)")
    left.set_ylabel("output rate (Hz)")
    left.legend(frameon=False)
    for label, courses, color in (("STDP", learnt, PALETTE[0]), ("frozen weights", still, PALETTE[1])):
        settled = [course.settled_rate() for course in courses.values()]
        right.plot(list(courses), settled, "o-", color=color, label=label)
    right.set_yscale("log")
    right.set_xlabel("input rate (Hz)")
    right.set_ylabel("settled output rate (Hz)")
    right.legend(frameon=False)
    for axes in (left, right):
        # Plain numbers, a few of them, where the range is too short for powers of ten.
        axes.yaxis.set_major_locator(LogLocator(10, (1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter(NullFormatter())
    return left


def _plot_window(window: Window) -> Axes:
    from neuro.analysis.plots import plot_stdp_window

    axes = plot_stdp_window(window.delays, window.changes, unit="% of the largest", scale=100.0)
    few = slice(None, None, 6)
    axes.plot(window.delays[few] * 1e3, window.expected[few] * 100, ".", color="black", markersize=4, label="the rule")
    axes.set_xlim(-100, 100)
    axes.legend(frameon=False)
    return axes


def _run(seed: int, stages: Stages) -> Result:
    return run_song_abbott(SongSettings(), seed, stages)


SONG_ABBOTT = Experiment(
    "song_abbott",
    "STDP makes synapses compete, steadies the output rate and has the window of its rule",
    _SOURCE,
    _run,
)
"""400 s of learning at each of four input rates."""
