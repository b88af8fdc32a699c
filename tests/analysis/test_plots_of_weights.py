"""Plots of connections show each weight in its place and each degree once."""

from __future__ import annotations

import numpy as np
import pytest
from matplotlib.patches import Polygon, Rectangle

from neuro.analysis.plots import plot_degrees, plot_weight_histogram, plot_weight_matrix
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput

# 0 -> 0 and 2 (twice), 1 -> 1
CONNECTIONS = Connections.from_pairs([0, 0, 0, 1], [0, 2, 2, 1], sources=2, targets=3)


def test_a_weight_stands_at_its_source_and_target() -> None:
    axes = plot_weight_matrix(CONNECTIONS, [1e-3, 2e-3, 3e-3, 4e-3], unit="mV", scale=1e3)
    (image,) = axes.images
    shown = np.ma.filled(np.ma.asarray(image.get_array()), np.nan)
    np.testing.assert_allclose(shown, [[1, np.nan, 5], [np.nan, 4, np.nan]])
    assert image.get_clim() == (0.0, 5.0)
    assert image.colorbar is not None
    assert image.colorbar.ax.get_ylabel() == "weight (mV)"


@pytest.mark.parametrize(
    ("weights", "ends", "colors"),
    [
        ([1.0, 0.0, 0.0, -3.0], (-3.0, 3.0), "RdBu_r"),
        ([-1.0, 0.0, 0.0, -3.0], (-3.0, 0.0), "viridis_r"),
        (2.0, (0.0, 4.0), "viridis"),
        (0.0, (0.0, 1.0), "viridis"),
    ],
)
def test_zero_is_the_middle_or_an_end_of_the_colours(
    weights: list[float] | float, ends: tuple[float, float], colors: str
) -> None:
    (image,) = plot_weight_matrix(CONNECTIONS, weights).images
    assert image.get_clim() == ends
    assert image.get_cmap().name == colors


def test_a_matrix_without_synapses_is_drawn() -> None:
    (image,) = plot_weight_matrix(Connections.from_dense(np.zeros((2, 2), dtype=bool)), []).images
    assert np.ma.getmaskarray(image.get_array()).all() or np.isnan(image.get_array()).all()


def test_weights_are_counted_before_and_after() -> None:
    axes = plot_weight_histogram(np.array([[1e-3, 1e-3], [3e-3, 5e-3]]), before=[2e-3] * 3, bins=4, scale=1e3)
    bars = [bar for bar in axes.patches if isinstance(bar, Rectangle)]
    assert [bar.get_height() for bar in bars] == [2, 0, 1, 1]
    assert bars[0].get_x() == pytest.approx(1.0)
    (outline,) = [patch for patch in axes.patches if isinstance(patch, Polygon)]
    assert outline.get_xy()[:, 1].max() == 3
    assert axes.get_xlabel() == "weight"


def test_degrees_are_those_of_the_connections() -> None:
    axes = plot_degrees(CONNECTIONS)
    assert [bar.get_height() for bar in axes.patches if isinstance(bar, Rectangle)] == [2, 1, 0]  # 1, 2, 3 synapses
    legend = axes.get_legend()
    assert legend is not None
    names = [text.get_text() for text in legend.get_texts()]
    assert names == ["in-degree, 1.333 ± 0.47", "out-degree, 2 ± 1"]


def test_what_cannot_be_drawn_is_named() -> None:
    with pytest.raises(InvalidInput, match=r"weights of shape \(3,\); \(\) or \(4,\) is allowed"):
        plot_weight_matrix(CONNECTIONS, [1.0, 2.0, 3.0])
    nobody = Connections([0], [], 0)
    for plot in (lambda: plot_weight_matrix(nobody, []), lambda: plot_degrees(nobody)):
        with pytest.raises(InvalidInput, match="0 sources and 0 targets; 1 of each is needed"):
            plot()
    with pytest.raises(InvalidInput, match="there are no weights"):
        plot_weight_histogram([])
