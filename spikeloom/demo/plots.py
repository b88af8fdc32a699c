"""The plots of the demo's report, in the page's own style.

Curves of recall and similarity, counts of cells, digits beside their codes and where they were misread, the spikes of a
few digits on their way through the circuit, and one query: the nodes that fired first, as digits, with the links over
which the spikes came.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.plots import figure_of, new_axes, plot_spikes
from neuro.arrays import Float32Array, FloatArray, IntArray
from neuro.encoders import overlap
from neuro.spikes import Recording
from spikeloom.demo.data import Digits
from spikeloom.demo.graph import GraphSearch
from spikeloom.demo.recall import DemoCodes, Naming, RecallOutcome
from spikeloom.demo.targets import SiliconCircuit
from spikeloom.report import Paint, figure_svg, ink_png, plot_style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_FIRST, _SECOND, _THIRD, _LINE = (paint.value for paint in (Paint.FIRST, Paint.SECOND, Paint.THIRD, Paint.LINE))
_CODE_COLUMNS = 128
_RASTER_LAYERS = (("encoder", _FIRST, 3.0), ("pointers", _SECOND, 3.0), ("labels", _THIRD, 1.6))
_RASTER_DIGITS = 4
_NODES = 60
_WIDTH, _HEIGHT, _LEFT, _MARGIN = 1060, 560, 190, 30
_TILE, _QUERY_TILE = 34, 92
_Place = tuple[float, float]


def recall_plot(recall: RecallOutcome) -> str:
    """Recall at 1 against noise, beside an exact search."""
    with plot_style():
        axes = new_axes(5.6, 3.7)
        noise = 100 * np.array(list(recall.at_1))
        exact = 100 * np.array(list(recall.exact_at_1.values()))
        mine = 100 * np.array(list(recall.at_1.values()))
        axes.plot(noise, exact, color=_FIRST, linewidth=1.5, linestyle=(0, (4, 3)), marker="o", markersize=3)
        axes.plot(noise, mine, color=_SECOND, linewidth=2.5, marker="o", markersize=5)
        _name_line(axes, noise, exact, "exact search\nover all codes", _FIRST, 8)
        _name_line(axes, noise, mine, "Hebbian\nmemory", _SECOND, -8)
        axes.set_xlabel("active units of the cue replaced (%)")
        axes.set_ylabel("stored digit recalled (%)")
        axes.set_ylim(min(0.0, float(mine.min())), 104)
        axes.yaxis.grid(visible=True, linewidth=0.8)
        axes.set_xlim(noise.min() - 1, noise.max() * 1.3 + 1)
        axes.set_xticks(noise)
        words = f"recall at 1 is {mine[0]:.1f} % without noise and {mine[-1]:.1f} % at {noise[-1]:.0f} % noise"
        return figure_svg(figure_of(axes), "recall", words)


def _name_line(axes: Axes, x: FloatArray, y: FloatArray, name: str, color: str, lift: float) -> None:
    """A line's name at its right end, in its colour."""
    end = (x[-1], y[-1])
    axes.annotate(name, end, (9, lift), textcoords="offset points", color=color, fontsize=11, va="center")


def similarity_plot(codes: DemoCodes, stored: Digits) -> str:
    """Code overlap against the cosine of the centred images."""
    encoder = codes.encoder
    centred = stored.embeddings[:400] - np.asarray(encoder.mean)
    directions = centred / np.linalg.norm(centred, axis=1, keepdims=True)
    pairs = np.triu_indices(len(directions), 1)
    cosine = (directions @ directions.T)[pairs]
    shared = overlap(codes.stored[:400], codes.stored[:400], encoder.units)[pairs]
    edges = np.arange(-0.6, 1.0001, 0.1)
    middles, bands = [], []
    for low, high in pairwise(edges.tolist()):
        inside = shared[(cosine >= low) & (cosine < high)]
        if inside.size >= 5:
            middles.append((low + high) / 2)
            bands.append(np.percentile(inside, [5, 50, 95]))
    band = np.array(bands).T
    with plot_style():
        axes = new_axes(5.6, 3.7)
        axes.fill_between(middles, band[0], band[2], color=_SECOND, alpha=0.16, linewidth=0)
        axes.plot(middles, band[1], color=_SECOND, linewidth=2.5, marker="o", markersize=4)
        chance = encoder.active**2 / encoder.units
        axes.axhline(chance, color=_FIRST, linewidth=1.2, linestyle=(0, (4, 3)))
        axes.annotate(
            "two random codes",
            (0.99, chance),
            (0, 5),
            xycoords=("axes fraction", "data"),
            textcoords="offset points",
            ha="right",
            color=_FIRST,
            fontsize=11,
        )
        axes.set_xlabel("cosine of two images, mean image taken off")
        axes.set_ylabel(f"active units shared (of {encoder.active})")
        axes.yaxis.grid(visible=True, linewidth=0.8)
        axes.set_ylim(0, None)
        return figure_svg(
            figure_of(axes), "similarity", "the more alike two images are, the more units their codes share"
        )


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


def code_cards(stored: Digits, held_out: Digits, codes: DemoCodes, recall: RecallOutcome) -> str:
    """One held-out digit of each kind: its image, its code, and the stored digit that the memory recalls."""
    shown = [int(np.flatnonzero(held_out.labels == label)[0]) for label in np.unique(held_out.labels)]
    found = recall.memory.recall(codes.held_out[shown]).indices
    cards = [
        _card(
            held_out.images[item],
            int(held_out.labels[item]),
            codes.held_out[item],
            codes.stored[match],
            (stored.images[match], int(stored.labels[match])),
            codes.encoder.units,
        )
        for item, match in zip(shown, found[:, 0].tolist(), strict=True)
    ]
    return f'<div class="codes">{"".join(cards)}</div>'


def _card(
    image: Float32Array,
    label: int,
    code: IntArray,
    match_code: IntArray,
    match: tuple[Float32Array, int],
    units: int,
) -> str:
    shared = set(np.intersect1d(code, match_code).tolist())
    dots = "".join(
        f'<circle cx="{unit % _CODE_COLUMNS + 0.5}" cy="{unit // _CODE_COLUMNS + 0.5}" r=".62" '
        f'fill="{(Paint.SECOND if unit in shared else Paint.FIRST).css}" '
        f'opacity="{1 if unit in shared else 0.55}"/>'
        for unit in code.tolist()
    )
    height = -(-units // _CODE_COLUMNS)
    words = f"code of a {label}: {len(code)} of {units} units, {len(shared)} shared with a stored {match[1]}"
    return (
        f'<div class="code">{_digit_image(image, f"a held-out {label}")}'
        f'<svg viewBox="0 0 {_CODE_COLUMNS} {height}" role="img" aria-label="{words}">{dots}</svg>'
        f"{_digit_image(match[0], f'the stored {match[1]} that was recalled')}"
        f"<small>a {label}</small><small>{len(shared)} of {len(code)} units shared</small>"
        f"<small>a {match[1]}</small></div>"
    )


def _digit_image(image: Float32Array, words: str) -> str:
    """A digit as an image element."""
    return f'<img class="digit" src="{ink_png(image)}" alt="{escape(words)}" width="60" height="60">'


def misread(held_out: Digits, naming: Naming, most: int = 12) -> str:
    """The held-out digits that were named wrongly."""
    wrong = np.flatnonzero(naming.labels != held_out.labels)[:most]
    items = [
        f"<li>{_digit_image(held_out.images[item], f'a {held_out.labels[item]}')}"
        f"<span>a <b>{held_out.labels[item]}</b><br>named <b>{naming.labels[item]}</b></span></li>"
        for item in wrong.tolist()
    ]
    return f'<ul class="errors">{"".join(items)}</ul>' if items else "<p>None.</p>"


def raster_plot(silicon: SiliconCircuit, recording: Recording) -> str:
    """Spikes of a few presentations: encoder, pointers and labels, one above the other."""
    from matplotlib.figure import Figure
    from matplotlib.offsetbox import AnnotationBbox, OffsetImage

    length, shown = silicon.presentation_ticks, min(_RASTER_DIGITS, len(silicon.digits))
    first = _distinct(silicon.digits.labels.tolist(), shown)
    start, stop = first * length, (first + shown) * length
    with plot_style():
        figure = Figure(figsize=(12.6, 5.4))
        panels: Sequence[Axes] = figure.subplots(3, 1, sharex=True, height_ratios=[part[2] for part in _RASTER_LAYERS])
        for axes, (name, color, _) in zip(panels, _RASTER_LAYERS, strict=True):
            size = 26 if name == "labels" else 7
            plot_spikes(recording, [name], start=start, stop=stop, axes=axes, s=size, color=color)
            axes.set_xlabel("")
            axes.set_ylabel(name, color=color)
            last = recording.spikes[name].size - 1
            axes.set_yticks([0, last], ["0", f"{last}"])
            axes.tick_params(length=0)
            for edge in range(1, shown):
                axes.axvline((first + edge) * length * recording.dt * 1e3 - 0.5, color=_LINE, linewidth=1)
        named = silicon.named(recording)
        panels[2].set_yticks(range(10), [str(digit) if digit % 3 == 0 else "" for digit in range(10)])
        panels[2].set_xlabel("time (ms)")
        for number in range(first, first + shown):
            at = ((number + 0.5) * length * recording.dt * 1e3 - 0.5, 1.2)
            truth, told = int(silicon.digits.labels[number]), int(named[number])
            text, above = f"a {truth}, named {told}", ("data", "axes fraction")
            panels[0].annotate(text, at, (20, 0), above, "offset points", va="center", fontsize=11)
            image = OffsetImage(_ink(silicon.digits.images[number]), zoom=3.4, interpolation="nearest")
            box = AnnotationBbox(image, at, xycoords=above, frameon=False, annotation_clip=False, pad=0)
            panels[0].add_artist(box)
        figure.align_ylabels(panels)
        figure.subplots_adjust(hspace=0.12)
        words = f"spikes of {shown} digits: the encoder's winners, the pointers they recall, and one label each"
        return figure_svg(figure, "raster", words).replace("<image ", '<image class="digit" ')


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
        nodes: those shown: the answer and the first to fire, shape (nodes,).
        tick: node -> tick of its spike.
        answer: the k nearest of the spiking nodes.
        seeds: where the query entered.
        links: pairs of shown nodes that are linked.
    """

    nodes: IntArray
    tick: dict[int, int]
    answer: frozenset[int]
    seeds: tuple[int, ...]
    links: tuple[tuple[int, int], ...]


def activated_graph(found: GraphSearch, query: int) -> ActivatedGraph:
    """The first nodes of a query."""
    length, graph = int(found.search.settings.ticks), found.search.graph
    spikes = found.result.spikes.between(query * length, (query + 1) * length)
    labels = found.result.labels[query]
    answer = graph.nodes_of(labels[labels >= 0])
    ordered = np.concatenate([answer, spikes.indices])
    kept = ordered[np.sort(np.unique(ordered, return_index=True)[1])][:_NODES]
    links = graph.links.both_ways()
    source = links.source()
    inside = np.isin(source, kept) & np.isin(links.column, kept) & (source < links.column)
    return ActivatedGraph(
        kept,
        dict(zip(spikes.indices.tolist(), (spikes.ticks - query * length).tolist(), strict=True)),
        frozenset(answer.tolist()),
        tuple(found.result.seeds.nodes[query].tolist()),
        tuple(zip(source[inside].tolist(), links.column[inside].tolist(), strict=True)),
    )


def graph_plot(found: GraphSearch, stored: Digits, queries: Digits, query: int) -> str:
    """The activated part of the graph as an inline SVG element."""
    shown = activated_graph(found, query)
    places = _places(shown, stored.embeddings[shown.nodes])
    middle = (_LEFT / 2 - 8, _HEIGHT / 2)
    parts = [_line(places[a], places[b], shown, a, b) for a, b in shown.links]
    parts += [_entry(middle, places[seed]) for seed in shown.seeds]
    order = sorted(shown.nodes.tolist(), key=lambda node: (node in shown.answer, node in shown.seeds))
    parts += [_node(places[node], stored, node, shown) for node in order]
    parts.append(_query(middle, queries, query))
    words = f"a query, its {len(shown.seeds)} seeds and the {len(shown.nodes)} digits nearest in the graph that fired"
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


def _node(at: _Place, stored: Digits, node: int, shown: ActivatedGraph) -> str:
    paint, width = (Paint.THIRD, 2.5) if node in shown.answer else (Paint.FIRST, 1.2)
    if node in shown.seeds:
        paint, width = Paint.SECOND, 3.5
    tick = shown.tick.get(node, 0)
    opacity = 1.0 if node in shown.answer or node in shown.seeds else max(0.35, 1.0 - 0.22 * tick)
    half = _TILE / 2
    return (
        f'<g opacity="{opacity:.2f}"><title>a stored {stored.labels[node]}, fired at tick {tick}</title>'
        f'<rect x="{at[0] - half:.1f}" y="{at[1] - half:.1f}" width="{_TILE}" height="{_TILE}" rx="7" '
        f'fill="{Paint.CARD.css}" stroke="{paint.css}" stroke-width="{width}"/>'
        f'<image class="digit" href="{ink_png(stored.images[node])}" x="{at[0] - half + 5:.1f}" '
        f'y="{at[1] - half + 5:.1f}" width="{_TILE - 10}" height="{_TILE - 10}"/></g>'
    )


def _query(at: _Place, queries: Digits, query: int) -> str:
    half = _QUERY_TILE / 2
    return (
        f'<rect x="{at[0] - half:.1f}" y="{at[1] - half:.1f}" width="{_QUERY_TILE}" height="{_QUERY_TILE}" rx="12" '
        f'fill="{Paint.CARD.css}" stroke="{Paint.INK.css}" stroke-width="2"/>'
        f'<image class="digit" href="{ink_png(queries.images[query])}" x="{at[0] - half + 12:.1f}" '
        f'y="{at[1] - half + 12:.1f}" width="{_QUERY_TILE - 24}" height="{_QUERY_TILE - 24}"/>'
        f'<text x="{at[0]:.0f}" y="{at[1] + half + 24:.0f}" text-anchor="middle" font-size="15" '
        f'fill="{Paint.MUTED.css}">query: a held-out {queries.labels[query]}</text>'
    )
