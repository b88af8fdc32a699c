"""Plots of rates, intervals, spectra, STDP windows and comparisons show the numbers they were given."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Rectangle

from neuro.analysis.plots import plot_bars, plot_intervals, plot_rate, plot_spectrum, plot_stdp_window
from neuro.analysis.statistics import ExponentialKernel, Spectrum, instantaneous_population_rate
from neuro.errors import InvalidInput
from neuro.spikes import Recording, Spikes


def recording() -> Recording:
    ticks = np.arange(0, 1000, 20)
    regular = Spikes(np.repeat(ticks, 2), np.tile([0, 1], len(ticks)), 2)
    return Recording(1e-3, 1000, {"regular": regular, "silent": Spikes(ticks[:0], ticks[:0], 3)})


def test_a_rate_is_the_smoothed_rate_of_an_average_neuron() -> None:
    axes = plot_rate(recording(), start=300, stop=700)
    regular, silent = axes.lines
    assert np.asarray(regular.get_xdata())[[0, -1]] == pytest.approx([300.0, 699.0])
    assert np.mean(np.asarray(regular.get_ydata())) == pytest.approx(50.0, rel=1e-3)
    assert not np.any(silent.get_ydata())
    kernel = ExponentialKernel(30e-3)
    (line,) = plot_rate(recording(), ["regular"], kernel=kernel).lines
    expected = instantaneous_population_rate(recording().spikes["regular"], 1e-3, kernel, stop=1000)
    assert np.array_equal(np.asarray(line.get_ydata()), expected)


def test_intervals_are_counted_once() -> None:
    axes = plot_intervals(recording(), "regular")
    heights = [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)]
    assert sum(heights) == max(heights) == 98
    assert [text.get_text() for text in axes.texts] == ["mean 20 ms\nCV 0.00"]
    pair = Recording(1e-3, 10, {"a": Spikes(np.array([1, 6]), np.array([0, 0]), 1)})
    assert plot_intervals(pair, "a").texts[0].get_text() == "mean 5 ms"


def test_bins_of_intervals_hold_equally_many_ticks() -> None:
    """A uniform spread of intervals, 1 to 100 ticks once each, gives level bars."""
    ticks = np.cumsum(np.arange(101))
    axes = plot_intervals(Recording(1e-4, 6000, {"a": Spikes(ticks, np.zeros_like(ticks), 1)}), "a", bins=50)
    assert {bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)} == {2}


def test_the_peak_of_a_spectrum_is_marked_and_named() -> None:
    spectrum = Spectrum(np.array([0.0, 10, 20, 30, 40]), np.array([9.0, 1, 2, 5, 3]))
    axes = plot_spectrum(spectrum, band=(15, 35), highest=30)
    line, mark = axes.lines
    assert np.asarray(line.get_xdata()).tolist() == [10, 20, 30]
    assert (mark.get_xdata(), mark.get_ydata()) == ([30.0], [5.0])
    assert [text.get_text() for text in axes.texts] == ["30 Hz"]
    assert axes.get_yscale() == "log"
    silent = plot_spectrum(Spectrum(spectrum.frequencies, np.zeros(5)), band=(15, 35))
    assert len(silent.lines) == 1
    assert silent.get_yscale() == "linear"


def test_the_halves_of_an_stdp_window_are_not_joined() -> None:
    axes = plot_stdp_window([10e-3, -20e-3, 0.0, -10e-3], [1e-9, -2e-9, 3e-9, -4e-9], unit="nS", scale=1e9)
    after, before = axes.lines[-2:]
    assert np.asarray(after.get_xdata()).tolist() == [-20.0, -10.0]
    assert np.asarray(after.get_ydata()) == pytest.approx([-2.0, -4.0])
    assert np.asarray(before.get_xdata()).tolist() == [0.0, 10.0]
    assert np.asarray(before.get_ydata()) == pytest.approx([3.0, 1.0])


def test_bars_stand_side_by_side_with_their_numbers() -> None:
    axes = plot_bars(
        {"x": {"a": 1.25, "b": -2.0}, "y": {"b": 3.0, "a": float("nan")}}, "rate (Hz)", errors={"x": {"a": 0.5}}
    )
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
    np.testing.assert_equal([bar.get_height() for bar in bars], [1.25, -2.0, np.nan, 3.0])
    assert [text.get_text() for text in axes.texts] == ["1.25", "−2", "", "3"]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b"]
    left, right = bars[1], bars[3]
    assert left.get_x() + left.get_width() <= right.get_x()


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no spikes of \['c'\]"):
        plot_rate(recording(), ["c"])
    with pytest.raises(InvalidInput, match="ticks 9 to 3 hold nothing"):
        plot_rate(recording(), start=9, stop=3)
    with pytest.raises(InvalidInput, match="no neuron of 'silent' fired twice"):
        plot_intervals(recording(), "silent")
    with pytest.raises(InvalidInput, match="there are no bars to show"):
        plot_bars({"x": {}}, "y")
    with pytest.raises(InvalidInput, match=r"delays of shape \(1,\) and changes of \(2,\)"):
        plot_stdp_window([1.0], [1.0, 2.0])
    spectrum = Spectrum(np.array([0.0, 10.0]), np.array([0.0, 1.0]))
    with pytest.raises(InvalidInput, match="no line of the spectrum lies above 0 and up to 5 Hz"):
        plot_spectrum(spectrum, highest=5)
