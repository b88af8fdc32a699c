"""Picture of one query: the nodes that fired first, as digits, with the links over which the spikes came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.experiments.digits_to_verilog.data import Digits
from neuro.experiments.digits_to_verilog.graph import GraphSearch
from neuro.report import Paint, ink_png

Ints = npt.NDArray[np.int64]
Place = tuple[float, float]

_NODES = 60
_WIDTH, _HEIGHT, _LEFT, _MARGIN = 1060, 560, 190, 30
_TILE, _QUERY_TILE = 34, 92


@dataclass(frozen=True, slots=True, eq=False)
class Activation:
    """What one query did.

    Args:
        nodes: those shown: the answer and the first to fire, shape (nodes,).
        tick: node -> tick of its spike.
        answer: the k nearest of the spiking nodes.
        seeds: where the query entered.
        links: pairs of shown nodes that are linked.
    """

    nodes: Ints
    tick: dict[int, int]
    answer: frozenset[int]
    seeds: tuple[int, ...]
    links: tuple[tuple[int, int], ...]


def activation(found: GraphSearch, query: int) -> Activation:
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
    return Activation(
        kept,
        dict(zip(spikes.indices.tolist(), (spikes.ticks - query * length).tolist(), strict=True)),
        frozenset(answer.tolist()),
        tuple(found.result.seeds.nodes[query].tolist()),
        tuple(zip(source[inside].tolist(), links.column[inside].tolist(), strict=True)),
    )


def graph_picture(found: GraphSearch, stored: Digits, queries: Digits, query: int) -> str:
    """The activated part of the graph as an inline SVG element."""
    shown = activation(found, query)
    places = _places(shown, stored.embeddings[shown.nodes])
    middle = (_LEFT / 2 - 8, _HEIGHT / 2)
    parts = [_line(places[a], places[b], shown, a, b) for a, b in shown.links]
    parts += [_entry(middle, places[seed]) for seed in shown.seeds]
    order = sorted(shown.nodes.tolist(), key=lambda node: (node in shown.answer, node in shown.seeds))
    parts += [_node(places[node], stored, node, shown) for node in order]
    parts.append(_query(middle, queries, query))
    words = f"a query, its {len(shown.seeds)} seeds and the {len(shown.nodes)} digits nearest in the graph that fired"
    return f'<svg class="plot" viewBox="0 0 {_WIDTH} {_HEIGHT}" role="img" aria-label="{words}">{"".join(parts)}</svg>'


def _places(shown: Activation, embeddings: npt.NDArray[np.float32]) -> dict[int, Place]:
    """A spring layout that starts from the two principal components of the images, pushed apart to be seen."""
    import networkx as nx

    graph: Any = nx.Graph()
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


def _apart(at: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
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


def _line(a: Place, b: Place, shown: Activation, left: int, right: int) -> str:
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


def _entry(start: Place, end: Place) -> str:
    bend = (start[0] + end[0]) / 2
    return (
        f'<path d="M{start[0]:.0f} {start[1]:.0f} C{bend:.0f} {start[1]:.0f} {bend:.0f} {end[1]:.0f} '
        f'{end[0]:.0f} {end[1]:.0f}" fill="none" stroke="{Paint.SECOND.css}" stroke-width="2" stroke-dasharray="2 5" '
        'stroke-linecap="round"/>'
    )


def _node(at: Place, stored: Digits, node: int, shown: Activation) -> str:
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


def _query(at: Place, queries: Digits, query: int) -> str:
    half = _QUERY_TILE / 2
    return (
        f'<rect x="{at[0] - half:.1f}" y="{at[1] - half:.1f}" width="{_QUERY_TILE}" height="{_QUERY_TILE}" rx="12" '
        f'fill="{Paint.CARD.css}" stroke="{Paint.INK.css}" stroke-width="2"/>'
        f'<image class="digit" href="{ink_png(queries.images[query])}" x="{at[0] - half + 12:.1f}" '
        f'y="{at[1] - half + 12:.1f}" width="{_QUERY_TILE - 24}" height="{_QUERY_TILE - 24}"/>'
        f'<text x="{at[0]:.0f}" y="{at[1] + half + 24:.0f}" text-anchor="middle" font-size="15" '
        f'fill="{Paint.MUTED.css}">query: a held-out {queries.labels[query]}</text>'
    )
