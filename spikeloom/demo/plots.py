"""The plots of the demo's report, in the page's own style.

What learning did to weights, thresholds and usage, recall under noise, what each mechanism is worth, counts of cells,
the spikes of a few queries on their way through the circuit, and one query on the graph: the memories that fired, with
the links between them and their neighbours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

import numpy as np

from hnsw_bridge import NODES, RetrievalNetwork
from neuro.analysis.plots import figure_of, new_axes, plot_spikes
from neuro.arrays import Float32Array, FloatArray, IntArray
from neuro.spikes import Recording
from spikeloom.demo.data import Examples
from spikeloom.demo.learning import Learning
from spikeloom.demo.retrieval import Ablation, Answers
from spikeloom.report import Paint, figure_svg, ink_png, plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIRST, _SECOND, _THIRD, _LINE = (paint.value for paint in (Paint.FIRST, Paint.SECOND, Paint.THIRD, Paint.LINE))
_FIELDS = 40
_RASTER_LAYERS = (
    ("encoder_channels", "input", _FIRST, 2.0),
    ("encoder", "encoder", _FIRST, 2.6),
    (NODES, "nodes", _SECOND, 3.0),
    ("labels", "labels", _THIRD, 1.4),
)
_RASTER_QUERIES = 4
_NODES = 44
_WIDTH, _HEIGHT, _LEFT, _MARGIN = 1060, 560, 190, 30
_TILE, _QUERY_TILE = 34, 92
_Place = tuple[float, float]


def fields_plot(learning: Learning, image: tuple[int, int] | None) -> str:
    """Weights of some units before and after learning, on less off: as images, or as rows of colour."""
    from matplotlib.figure import Figure

    won = learning.winners
    shown = won[:: max(1, won.size // _FIELDS)][:_FIELDS]
    with plot_style():
        figure = Figure(figsize=(12.6, 3.1 if image else 4.4))
        panels: Sequence[Axes] = figure.subplots(1, 2)
        for axes, rows, name in zip(panels, (learning.before, learning.after), ("before", "after"), strict=True):
            picture = _mosaic(rows[shown], image) if image else rows[shown]
            limit = float(np.nanmax(np.abs(picture))) or 1.0
            axes.imshow(picture, cmap="RdBu_r", vmin=-limit, vmax=limit, aspect="equal" if image else "auto")
            axes.set_xticks([])
            axes.set_yticks([])
            axes.spines[:].set_visible(False)
            axes.set_xlabel(f"{name} learning")
        words = f"weights of {shown.size} units: noise before learning, strokes of the inputs after it"
        return figure_svg(figure, "fields", words)


def _mosaic(rows: FloatArray, image: tuple[int, int], columns: int = 10) -> FloatArray:
    """Fields beside each other, each scaled to its largest weight, a blank line between."""
    height, width = image
    lines = -(-len(rows) // columns)
    picture = np.full((lines * (height + 1) - 1, columns * (width + 1) - 1), np.nan)
    for number, row in enumerate(rows):
        top, left = (number // columns) * (height + 1), (number % columns) * (width + 1)
        field = row.reshape(image) / (np.abs(row).max() or 1.0)
        picture[top : top + height, left : left + width] = field
    return picture


def thresholds_plot(learning: Learning) -> str:
    """How thresholds settle: each unit's, in the course of learning."""
    with plot_style():
        axes = new_axes(5.6, 3.4)
        axes.plot(learning.presentations, learning.thetas, color=_SECOND, linewidth=0.6, alpha=0.25)
        axes.plot(learning.presentations, np.median(learning.thetas, axis=1), color=_THIRD, linewidth=2)
        axes.set_xlabel("embeddings shown")
        axes.set_ylabel("threshold θ (input spikes taught)")
        axes.yaxis.grid(visible=True, linewidth=0.8)
        words = f"thresholds of {learning.thetas.shape[1]} units: those that win rise and settle, the others fall"
        return figure_svg(figure_of(axes), "thresholds", words)


def usage_plot(learning: Learning) -> str:
    """How evenly units are used, most used first."""
    with plot_style():
        axes = new_axes(5.6, 3.4)
        share = 100 * np.sort(learning.used)[::-1]
        axes.fill_between(np.arange(share.size), share, color=_SECOND, alpha=0.5, linewidth=0, step="mid")
        axes.axhline(float(share.mean()), color=_FIRST, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.set_xlabel("units, most used first")
        axes.set_ylabel("stored items it is active in (%)")
        axes.set_ylim(0, None)
        axes.set_xlim(0, share.size - 1)
        axes.yaxis.grid(visible=True, linewidth=0.8)
        return figure_svg(
            figure_of(axes), "usage", f"units are in {share.min():.0f} to {share.max():.0f} % of the codes"
        )


def ablations_plot(parts: Sequence[Ablation]) -> str:
    """What is named and found with each mechanism off."""
    with plot_style():
        axes = new_axes(7.2, 0.5 * len(parts) + 0.9)
        place = np.arange(len(parts))
        axes.barh(place - 0.19, [100 * part.whole.named for part in parts], 0.36, color=_SECOND, label="named")
        axes.barh(place + 0.19, [100 * part.whole.recall for part in parts], 0.36, color=_THIRD, label="neighbours")
        axes.set_yticks(place, [part.name for part in parts])
        axes.invert_yaxis()
        axes.tick_params(length=0)
        axes.set_xlim(0, 100)
        axes.set_xlabel("held-out embeddings named, nearest neighbours found (%)")
        axes.xaxis.grid(visible=True, linewidth=0.8)
        axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2, frameon=False, fontsize=10)
        return figure_svg(figure_of(axes), "ablations", "what each mechanism is worth, taken away one by one")


def recall_plot(found: Mapping[float, float], by_search: Mapping[float, float]) -> str:
    """Recall at 1 against noise, beside an exact search."""
    with plot_style():
        axes = new_axes(5.6, 3.7)
        noise = 100 * np.array(list(found))
        exact = 100 * np.array(list(by_search.values()))
        mine = 100 * np.array(list(found.values()))
        dashes = (0, (4, 3))
        axes.plot(
            noise, exact, color=_FIRST, linewidth=1.5, linestyle=dashes, marker="o", markersize=3, label="exact search"
        )
        axes.plot(noise, mine, color=_SECOND, linewidth=2.5, marker="o", markersize=5, label="Hebbian memory")
        axes.legend(loc="lower left", frameon=False, fontsize=11)
        axes.set_xlabel("active units of the cue replaced (%)")
        axes.set_ylabel("stored digit recalled (%)")
        axes.set_ylim(min(0.0, float(mine.min())), 104)
        axes.yaxis.grid(visible=True, linewidth=0.8)
        axes.set_xlim(noise.min() - 1, noise.max() + 1)
        axes.set_xticks(noise)
        words = f"recall at 1 is {mine[0]:.1f} % without noise and {mine[-1]:.1f} % at {noise[-1]:.0f} % noise"
        return figure_svg(figure_of(axes), "recall", words)


def cells_plot(by_type: Mapping[str, int], most: int = 10) -> str:
    """How many cells of each kind, the most frequent first."""
    counts = sorted(by_type.items(), key=lambda item: (-item[1], item[0]))[:most]
    names = [name.strip("$_").removeprefix("sg13g2_") for name, _ in counts]
    values = [count for _, count in counts]
    with plot_style():
        axes = new_axes(5.4, 0.34 * len(names) + 0.5)
        axes.barh(names, values, color=_SECOND, height=0.62)
        axes.invert_yaxis()
        axes.spines[["bottom", "left"]].set_visible(False)
        axes.tick_params(length=0)
        axes.set_xticks([])
        for place, value in enumerate(values):
            axes.annotate(f"{value:,}", (value, place), (6, 0), textcoords="offset points", va="center", fontsize=11)
        axes.set_xlim(0, max(values, default=1) * 1.18)
        return figure_svg(figure_of(axes), "cells", f"{len(names)} kinds of cells, most often {', '.join(names[:3])}")


def _digit_image(image: Float32Array, words: str) -> str:
    """A digit as an image element."""
    return f'<img class="digit" src="{ink_png(image)}" alt="{escape(words)}" width="60" height="60">'


def misread(held_out: Examples, answers: Answers, most: int = 12) -> str:
    """The held-out embeddings that were named wrongly."""
    told = answers.retrieved.labels
    wrong = np.flatnonzero(told != held_out.labels)[:most]
    items = [
        f"<li>{_picture(held_out, item)}<span>a <b>{held_out.labels[item]}</b><br>named <b>{told[item]}</b></span></li>"
        for item in wrong.tolist()
    ]
    return f'<ul class="errors">{"".join(items)}</ul>' if items else "<p>None.</p>"


def _picture(examples: Examples, item: int) -> str:
    """An embedding as an image element, if it is one."""
    if examples.image is None:
        return ""
    return _digit_image(examples.embeddings[item].reshape(examples.image), f"a {examples.labels[item]}")


def raster_plot(network: RetrievalNetwork, held_out: Examples, recording: Recording) -> str:
    """Spikes of a few presentations: input, encoder, nodes and labels, one above the other."""
    from matplotlib.figure import Figure

    length = network.ticks
    shown = min(_RASTER_QUERIES, recording.ticks // length)
    first = _distinct(held_out.labels[: recording.ticks // length].tolist(), shown)
    start, stop = first * length, (first + shown) * length
    told = network.retrieved(recording).labels
    with plot_style():
        figure = Figure(figsize=(12.6, 6.4))
        heights = [part[3] for part in _RASTER_LAYERS]
        panels: Sequence[Axes] = figure.subplots(len(heights), 1, sharex=True, height_ratios=heights)
        for axes, (name, called, color, _) in zip(panels, _RASTER_LAYERS, strict=True):
            size = 26 if name == "labels" else 4
            plot_spikes(recording, [name], start=start, stop=stop, axes=axes, s=size, color=color)
            axes.set_xlabel("")
            axes.set_ylabel(called, color=color)
            last = recording.spikes[name].size - 1
            axes.set_yticks([0, last], ["0", f"{last}"])
            axes.tick_params(length=0)
            for edge in range(1, shown):
                axes.axvline((first + edge) * length * recording.dt * 1e3 - 0.5, color=_LINE, linewidth=1)
        panels[-1].set_xlabel("time (ms)")
        for number in range(first, first + shown):
            at = ((number + 0.5) * length * recording.dt * 1e3 - 0.5, 1.25)
            _head(panels[0], held_out, number, at, f"a {held_out.labels[number]}, named {told[number]}")
        figure.align_ylabels(panels)
        figure.subplots_adjust(hspace=0.12)
        words = f"spikes of {shown} queries: input, the encoder's winners, the memories that fire, and one label each"
        return figure_svg(figure, "raster", words).replace("<image ", '<image class="digit" ')


def _head(axes: Axes, held_out: Examples, number: int, at: _Place, text: str) -> None:
    """What is shown in a presentation, above it."""
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    above = ("data", "axes fraction")
    axes.annotate(text, at, (20, 0), above, "offset points", va="center", fontsize=11)
    if held_out.image is not None:
        ink = _ink(held_out.embeddings[number].reshape(held_out.image))
        box = AnnotationBbox(
            OffsetImage(ink, zoom=3.4, interpolation="nearest"), at, xycoords=above, frameon=False, pad=0
        )
        box.set_annotation_clip(False)
        axes.add_artist(box)


def _distinct(labels: list[int], count: int) -> int:
    """Where the first run of so many different digits begins; 0 if there is none."""
    starts = range(len(labels) - count + 1)
    return next((start for start in starts if len(set(labels[start : start + count])) == count), 0)


def _ink(image: Float32Array) -> FloatArray:
    """Black ink on nothing, as RGBA."""
    pixels = np.zeros((*image.shape, 4))
    pixels[..., 3] = image
    return pixels


@dataclass(frozen=True, slots=True, eq=False)
class ActivatedGraph:
    """What one query did.

    Args:
        nodes: those shown, the ones that fired first, shape (nodes,).
        tick: node -> which tick of the nodes it fired in.
        answer: all that fired.
        seeds: those that fired in the first tick.
        links: pairs of shown nodes that are linked.
    """

    nodes: IntArray
    tick: dict[int, int]
    answer: frozenset[int]
    seeds: tuple[int, ...]
    links: tuple[tuple[int, int], ...]


def activated_graph(answers: Answers, query: int) -> ActivatedGraph:
    """The memories that fired for a query, in their ticks, and neighbours of theirs that did not."""
    network = answers.network
    fired = answers.retrieved.nodes[query]
    fired = fired[fired >= 0]
    tick = {node: place // network.settings.nodes_per_tick for place, node in enumerate(fired.tolist())}
    links = network.graph.links.both_ways()
    source = links.source()
    beside = links.column[np.isin(source, fired)]
    ordered = np.concatenate([fired, beside])
    kept = ordered[np.sort(np.unique(ordered, return_index=True)[1])][:_NODES]
    inside = np.isin(source, kept) & np.isin(links.column, kept) & (source < links.column)
    seeds = tuple(node for node, when in tick.items() if when == 0)
    return ActivatedGraph(
        kept,
        tick,
        frozenset(fired.tolist()),
        seeds,
        tuple(zip(source[inside].tolist(), links.column[inside].tolist(), strict=True)),
    )


def graph_plot(answers: Answers, stored: Examples, queries: Examples, query: int) -> str:
    """The activated part of the graph as an inline SVG element."""
    shown = activated_graph(answers, query)
    places = _places(shown, stored.embeddings[shown.nodes])
    middle = (_LEFT / 2 - 8, _HEIGHT / 2)
    parts = [_line(places[a], places[b], shown, a, b) for a, b in shown.links]
    parts += [_entry(middle, places[seed]) for seed in shown.seeds]
    order = sorted(shown.nodes.tolist(), key=lambda node: (node in shown.answer, node in shown.seeds))
    parts += [_node(places[node], stored, node, shown) for node in order]
    parts.append(_query(middle, queries, query))
    words = f"a query, the {len(shown.seeds)} memories that fired first, and their neighbours in the graph"
    return f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{words}">{"".join(parts)}</svg>'


def _places(shown: ActivatedGraph, embeddings: Float32Array) -> dict[int, _Place]:
    """A spring layout that starts from the two principal components of the images, pushed apart to be seen."""
    import networkx as nx

    graph = nx.Graph()
    graph.add_nodes_from(shown.nodes.tolist())
    graph.add_edges_from(shown.links)
    centred = embeddings.astype(np.float64) - embeddings.mean(axis=0)
    _, _, axes = np.linalg.svd(centred, full_matrices=False)
    plane = centred @ axes[:2].T
    plane /= np.abs(plane).max()
    start = dict(zip(shown.nodes.tolist(), plane.tolist(), strict=True))
    springs = nx.spring_layout(graph, pos=start, k=0.5, iterations=60, seed=0)
    at = np.array([springs[node] for node in shown.nodes.tolist()])
    seeds = np.isin(shown.nodes, shown.seeds)
    if at[seeds, 0].mean() > at[:, 0].mean():
        at[:, 0] = -at[:, 0]  # The seeds face the query.
    at = (at - at.min(axis=0)) / np.ptp(at, axis=0)
    at *= (_WIDTH - _LEFT - 2 * _MARGIN, _HEIGHT - 2 * _MARGIN)
    at += (_LEFT + _MARGIN, _MARGIN)
    return {node: (float(x), float(y)) for node, (x, y) in zip(shown.nodes.tolist(), _apart(at).tolist(), strict=True)}


def _apart(at: FloatArray) -> FloatArray:
    """Push tiles apart until none covers another."""
    lowest = (_LEFT + _MARGIN, _MARGIN)
    highest = (_WIDTH - _MARGIN, _HEIGHT - _MARGIN)
    for _ in range(200):
        gap = at[:, None] - at[None]
        distance = np.linalg.norm(gap, axis=2) + np.eye(len(at)) * 1e9
        push = np.clip(_TILE * 1.35 - distance, 0, None) / 2
        if not push.any():
            break
        at = np.clip(at + (gap / np.maximum(distance, 1e-6)[..., None] * push[..., None]).sum(axis=1), lowest, highest)
    return at


def _line(a: _Place, b: _Place, shown: ActivatedGraph, left: int, right: int) -> str:
    between = {left, right}
    paint, opacity = Paint.MUTED, 0.35
    if between <= shown.answer:
        paint, opacity = Paint.THIRD, 0.65
    elif between & set(shown.seeds):
        paint, opacity = Paint.SECOND, 0.5
    return (
        f'<line x1="{a[0]:.0f}" y1="{a[1]:.0f}" x2="{b[0]:.0f}" y2="{b[1]:.0f}" '
        f'stroke="{paint.css}" stroke-opacity="{opacity}"/>'
    )


def _entry(start: _Place, end: _Place) -> str:
    bend = (start[0] + end[0]) / 2
    return (
        f'<path d="M{start[0]:.0f} {start[1]:.0f} C{bend:.0f} {start[1]:.0f} {bend:.0f} {end[1]:.0f} '
        f'{end[0]:.0f} {end[1]:.0f}" fill="none" stroke="{Paint.SECOND.css}" stroke-width="2" stroke-dasharray="2 5" '
        'stroke-linecap="round"/>'
    )


def _node(at: _Place, stored: Examples, node: int, shown: ActivatedGraph) -> str:
    paint, width = (Paint.THIRD, 2.5) if node in shown.answer else (Paint.FIRST, 1.2)
    if node in shown.seeds:
        paint, width = Paint.SECOND, 3.5
    tick = shown.tick.get(node)
    words = f"a stored {stored.labels[node]}, " + ("silent" if tick is None else f"fired in tick {tick}")
    half = _TILE / 2
    return (
        f'<g opacity="{0.4 if tick is None else 1.0}"><title>{words}</title>'
        f'<rect x="{at[0] - half:.1f}" y="{at[1] - half:.1f}" width="{_TILE}" height="{_TILE}" rx="7" '
        f'fill="{Paint.CARD.css}" stroke="{paint.css}" stroke-width="{width}"/>'
        f"{_inside(stored, node, at, _TILE, 5)}</g>"
    )


def _inside(examples: Examples, item: int, at: _Place, size: int, margin: int) -> str:
    """What a tile shows: the image, or else the label."""
    if examples.image is None:
        return (
            f'<text x="{at[0]:.0f}" y="{at[1] + size / 6:.0f}" text-anchor="middle" font-size="{size / 2.4:.0f}" '
            f'fill="{Paint.INK.css}">{examples.labels[item]}</text>'
        )
    left, top, side = at[0] - size / 2 + margin, at[1] - size / 2 + margin, size - 2 * margin
    picture = ink_png(examples.embeddings[item].reshape(examples.image))
    return f'<image class="digit" href="{picture}" x="{left:.1f}" y="{top:.1f}" width="{side}" height="{side}"/>'


def _query(at: _Place, queries: Examples, query: int) -> str:
    half = _QUERY_TILE / 2
    return (
        f'<rect x="{at[0] - half:.1f}" y="{at[1] - half:.1f}" width="{_QUERY_TILE}" height="{_QUERY_TILE}" rx="12" '
        f'fill="{Paint.CARD.css}" stroke="{Paint.INK.css}" stroke-width="2"/>'
        f"{_inside(queries, query, at, _QUERY_TILE, 12)}"
        f'<text x="{at[0]:.0f}" y="{at[1] + half + 24:.0f}" text-anchor="middle" font-size="15" '
        f'fill="{Paint.MUTED.css}">query: a held-out {queries.labels[query]}</text>'
    )
