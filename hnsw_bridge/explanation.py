"""Why an item was found: the path of spikes that led to it, edge by edge."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from hnsw_bridge.spreading import LINKS, THRESHOLD
from neuro.simulators.event_driven import QuerySpikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from hnsw_bridge.search import NeuromorphicSearch


@dataclass(frozen=True, slots=True)
class PathStep:
    """A spike of ``source`` at ``tick`` that reached ``target`` along an edge of ``layer``, weight in thresholds."""

    tick: int
    source: int
    target: int
    layer: str
    weight: float


@dataclass(frozen=True, slots=True)
class Trace:
    """Why a node was found: the strongest path from a seed to it, first step first; empty for a seed.

    ``fired`` is the tick of its first spike, None where it was reached below threshold or not at all.
    """

    label: int
    fired: int | None
    seed: bool
    path: tuple[PathStep, ...]

    def __str__(self) -> str:
        if self.seed:
            return f"{self.label}: a seed"
        if not self.path:
            return f"{self.label}: found by hnswlib alone, no spike reached it"
        steps = " ".join(f"{step.source} -{step.layer} {step.weight:.2f}->" for step in self.path)
        return f"{steps} {self.label}" + (" (below threshold)" if self.fired is None else f" (tick {self.fired})")


def explain(search: NeuromorphicSearch, run: QuerySpikes, label: int) -> Trace:
    """The trace of one item in a query's run; steps name labels.

    Raises:
        InvalidInput: an unknown label.
    """
    (node,) = search.graph.nodes_of([label]).tolist()
    first = {int(who): int(when) for when, who in reversed([*zip(run.ticks, run.nodes, strict=True)])}
    path: list[PathStep] = []
    names, at, before = search.graph.labels, node, first.get(node, search.program.ticks)
    while step := _strongest(search, first, at, before):
        path.insert(0, PathStep(step.tick, int(names[step.source]), int(names[at]), step.layer, step.weight))
        at, before = step.source, step.tick
    return Trace(label, first.get(node), first.get(node) is not None and not path, tuple(path))


def _strongest(search: NeuromorphicSearch, first: dict[int, int], node: int, before: int) -> PathStep | None:
    """The strongest arrival at a node before a tick."""
    best: PathStep | None = None
    for layer in search.program.layers:
        for source, tick in first.items():
            row = slice(int(layer.row_start[source]), int(layer.row_start[source + 1]))
            for place in np.flatnonzero(layer.column[row] == node).tolist():
                weight = float(layer.weights["w"][row][place]) / THRESHOLD
                if tick + int(layer.delay) < before and (best is None or weight > best.weight):
                    best = PathStep(tick, source, node, layer.name, weight)
    return best


def plot_activated(search: NeuromorphicSearch, run: QuerySpikes, *, axes: Axes | None = None) -> Axes:
    """The activated subgraph: fired nodes by tick of their first spike, and the edges that carried the spikes."""
    from neuro.analysis.plots.axes import PALETTE, name_lines, new_axes

    drawn = new_axes() if axes is None else axes
    first: dict[int, int] = {}
    for when, who in zip(run.ticks.tolist(), run.nodes.tolist(), strict=True):
        first.setdefault(who, when)
    place = {node: (tick, sum(1 for other in list(first)[:rank] if first[other] == tick))
             for rank, (node, tick) in enumerate(first.items())}  # fmt: skip
    for number, layer in enumerate(search.program.layers):
        shown = False
        for source, tick in first.items():
            ends = layer.column[layer.row_start[source] : layer.row_start[source + 1]].tolist()
            for end in (end for end in ends if first.get(end, -1) > tick):
                (x0, y0), (x1, y1) = place[source], place[end]
                name = None if shown else ("similarity" if layer.name == LINKS else layer.name)
                drawn.plot(
                    [x0, x1], [y0, y1], color=PALETTE[(number + 1) % len(PALETTE)], alpha=0.4, lw=0.8, label=name
                )
                shown = True
    points = np.array(list(place.values()), dtype=np.float64).reshape(-1, 2)
    drawn.scatter(points[:, 0], points[:, 1], color=PALETTE[0], zorder=3, s=18)
    if len(first) <= 40:
        for node, (x, y) in place.items():
            drawn.annotate(
                str(int(search.graph.labels[node])), (x, y), textcoords="offset points", xytext=(4, 2), fontsize=7
            )
    drawn.locator_params(integer=True)
    drawn.set_xlabel("tick of the first spike")
    drawn.set_ylabel("nodes that fired in it")
    name_lines(drawn)
    return drawn
