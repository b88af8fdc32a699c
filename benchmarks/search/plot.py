"""What a query activates: ``python -m benchmarks.search.plot docs/images/activated.png``, from a checkout."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
from sklearn.datasets import load_digits

from hnsw_bridge import IndexSettings, Metric, Spreading, build_index, build_search, edge_layer, plot_activated
from neuro.analysis.plots.axes import figure_of

_ITEMS = 300
_EVERY = 10


def draw(path: Path) -> None:
    """Digits, their similarity links, and a layer that leads from each to the next of the next class."""
    digits = load_digits()
    images, classes = digits.data[:_ITEMS], digits.target[:_ITEMS]
    index = build_index(images, metric=Metric.COSINE, settings=IndexSettings(links=4))
    pairs = [
        (i, int(np.flatnonzero((classes == (classes[i] + 1) % _EVERY) & (np.arange(_ITEMS) > i))[0]))
        for i in range(_ITEMS - 3 * _EVERY)
    ]
    ends = np.array(pairs)
    layer = edge_layer("next_digit", _ITEMS, ends[:, 0], ends[:, 1], 1.5)
    search = build_search(index, Spreading(max_winners=24), layers=[layer])
    (run,) = search.query(images[:1], 1, seeds=2).runs
    axes = plot_activated(search, run)
    axes.set_title("What one query activates", loc="left")
    figure_of(axes).savefig(path, dpi=120)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
