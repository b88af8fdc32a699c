"""What all plots have in common: units on the labels, given axes are used, and no text covers another."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import combinations
from typing import Any

import numpy as np
import pytest

from neuro.analysis import plots
from neuro.analysis.statistics import population_spectrum
from neuro.circuit.connections import Connections
from neuro.spikes import Recording, Spikes

RNG = np.random.default_rng(0)
TICKS = 2000


def _spikes(neurons: int) -> Spikes:
    ticks, indices = np.nonzero(RNG.random((TICKS, neurons)) < 0.02)
    return Spikes(ticks, indices, neurons)


RECORDING = Recording(
    1e-3,
    TICKS,
    {"excitatory": _spikes(80), "inhibitory": _spikes(20)},
    {("excitatory", "v"): RNG.normal(-0.06, 0.003, (TICKS, 4))},
)
SPECTRUM = population_spectrum(RECORDING.spikes["excitatory"], 1e-3, bin_width=1e-3, segment=0.25, stop=TICKS)
MASK = RNG.random((30, 40)) < 0.2
CONNECTIONS = Connections.from_dense(MASK)
WEIGHTS = RNG.normal(size=CONNECTIONS.synapses)
DELAYS = np.linspace(-0.1, 0.1, 20)

# Each plot of the package once, with the labels that it must carry.
PLOTS: dict[str, tuple[Callable[..., Any], str, str]] = {
    "plot_spikes": (lambda **more: plots.plot_spikes(RECORDING, **more), "time (ms)", ""),
    "plot_probe": (
        lambda **more: plots.plot_probe(RECORDING, "excitatory", "v", unit="mV", scale=1e3, **more),
        "time (ms)",
        "excitatory.v (mV)",
    ),
    "plot_rate": (lambda **more: plots.plot_rate(RECORDING, **more), "time (ms)", "rate (Hz)"),
    "plot_intervals": (
        lambda **more: plots.plot_intervals(RECORDING, "excitatory", **more),
        "inter-spike interval (ms)",
        "intervals of excitatory",
    ),
    "plot_stdp_window": (
        lambda **more: plots.plot_stdp_window(DELAYS, DELAYS, unit="nS", **more),
        r"$t_\mathrm{post} - t_\mathrm{pre}$ (ms)",
        "weight change (nS)",
    ),
    "plot_weight_matrix": (
        lambda **more: plots.plot_weight_matrix(CONNECTIONS, WEIGHTS, unit="mV", **more),
        "target neuron",
        "source neuron",
    ),
    "plot_weight_histogram": (
        lambda **more: plots.plot_weight_histogram(WEIGHTS, before=WEIGHTS / 2, unit="mV", **more),
        "weight (mV)",
        "synapses",
    ),
    "plot_spectrum": (
        lambda **more: plots.plot_spectrum(SPECTRUM, band=(10, 80), **more),
        "frequency (Hz)",
        "power (Hz²/Hz)",
    ),
    "plot_degrees": (lambda **more: plots.plot_degrees(CONNECTIONS, **more), "synapses of a neuron", "neurons"),
    "plot_bars": (
        lambda **more: plots.plot_bars(
            {
                name: {f"a category with a name {number}": 10.0 - number for number in range(5)}
                for name in ("Brian2", "compiled", "fixed point")
            },
            "rate (Hz)",
            **more,
        ),
        "",
        "rate (Hz)",
    ),
}


def test_every_plot_is_tried() -> None:
    assert set(PLOTS) == {name for name in plots.__all__ if name.startswith("plot_")}


@pytest.mark.parametrize("name", PLOTS)
def test_labels_carry_units_and_given_axes_are_used(name: str) -> None:
    draw, x_label, y_label = PLOTS[name]
    given = plots.new_axes()
    assert draw(axes=given) is given
    assert (given.get_xlabel(), given.get_ylabel()) == (x_label, y_label)
    assert len(plots.figure_of(draw()).axes) == (2 if name == "plot_weight_matrix" else 1)


def _texts(axes: Any) -> Iterator[Any]:
    """Every upright text of the axes that is drawn, the marks of ticks outside the limits left out."""
    yield from (axes.xaxis.label, axes.yaxis.label, *axes.texts)
    if axes.get_legend() is not None:
        yield from axes.get_legend().get_texts()
    for axis in (axes.xaxis, axes.yaxis):
        low, high = sorted(axis.get_view_interval())
        yield from (
            label
            for at, label in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=True)
            if low <= at <= high
        )


@pytest.mark.parametrize("name", PLOTS)
def test_no_text_covers_another_or_leaves_the_figure(name: str) -> None:
    figure = plots.figure_of(PLOTS[name][0]())
    figure.canvas.draw()
    texts = [text for axes in figure.axes for text in _texts(axes) if text.get_text()]
    upright = [text for text in texts if text.get_rotation() in (0, 90)]
    boxes = [(text.get_text(), text.get_window_extent().padded(-1)) for text in upright]
    assert len(boxes) > 5
    assert not [(one, two) for (one, first), (two, second) in combinations(boxes, 2) if first.overlaps(second)]
    page = figure.bbox
    inside = [page.x0 <= box.x0 and page.y0 <= box.y0 and box.x1 <= page.x1 and box.y1 <= page.y1 for _, box in boxes]
    assert all(inside), boxes


def test_the_palette_is_told_apart_without_red_or_green_cones() -> None:
    """Simulated by Viénot, Brettel and Mollon (1999): no two colours of the palette come close."""
    rgb = np.array([[int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)] for color in plots.PALETTE])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    for blind in (
        [[0.11238, 0.88762, 0.0], [0.11238, 0.88762, 0.0], [0.00401, -0.00401, 1.0]],
        [[0.29275, 0.70725, 0.0], [0.29275, 0.70725, 0.0], [-0.02234, 0.02234, 1.0]],
    ):
        seen = linear @ np.array(blind).T
        apart = np.linalg.norm(seen[:, None] - seen[None], axis=2) + np.eye(len(seen))
        assert apart.min() > 0.08
