"""Plots show what a recording holds, with units, and refuse what it does not hold."""

from __future__ import annotations

import sys

import numpy as np
import pytest

from neuro.analysis.plots import new_axes, plot_probe, plot_spikes
from neuro.errors import InvalidInput, ToolError
from neuro.spikes import Recording, Spikes


def recording() -> Recording:
    spikes = {
        "a": Spikes(np.array([0, 2, 5]), np.array([1, 0, 1]), 2),
        "b": Spikes(np.array([4]), np.array([2]), 3),
    }
    return Recording(1e-3, 6, spikes, {("a", "v"): np.arange(6.0).reshape(3, 2)})


def test_a_raster_stacks_the_populations() -> None:
    axes = plot_spikes(recording())
    dots = [collection.get_offsets().tolist() for collection in axes.collections]
    assert dots == [[[0.0, 1.0], [2.0, 0.0], [5.0, 1.0]], [[4.0, 4.0]]]
    assert axes.get_xlabel() == "time (ms)"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["a\n(2)", "b\n(3)"]
    assert axes.get_xlim() == (0.0, 6.0)


def test_a_raster_shows_a_part_on_given_axes() -> None:
    axes = new_axes()
    assert plot_spikes(recording(), ["b"], start=4, stop=5, axes=axes, color="red") is axes
    assert axes.collections[0].get_offsets().tolist() == [[4.0, 2.0]]


def test_a_probe_is_drawn_over_time() -> None:
    axes = plot_probe(recording(), "a", "v", [1], unit="mV", scale=1e3)
    (line,) = axes.lines
    assert line.get_xdata().tolist() == [0.0, 2.0, 4.0]
    assert line.get_ydata().tolist() == [1e3, 3e3, 5e3]
    assert axes.get_ylabel() == "a.v (mV)"


def test_several_probed_neurons_are_named() -> None:
    axes = plot_probe(recording(), "a", "v")
    assert [line.get_ydata().tolist() for line in axes.lines] == [[0.0, 2.0, 4.0], [1.0, 3.0, 5.0]]
    legend = axes.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == ["neuron 0", "neuron 1"]


def test_what_is_not_there_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"no spikes of \['c'\]; the recording has \['a', 'b'\]"):
        plot_spikes(recording(), ["a", "c"])
    with pytest.raises(InvalidInput, match="ticks 6 to 6 hold nothing"):
        plot_spikes(recording(), start=6)
    with pytest.raises(InvalidInput, match=r"no probe of a\.w; the recording has \['a\.v'\]"):
        plot_probe(recording(), "a", "w")
    with pytest.raises(InvalidInput, match=r"neurons \[2\] of 'a'; 0 to 1 are allowed"):
        plot_probe(recording(), "a", "v", [2])


def test_matplotlib_is_optional(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib.figure", None)
    with pytest.raises(ToolError, match=r"matplotlib is not installed; pip install 'spikeloom\[report\]'"):
        plot_spikes(recording())
