"""Numba kernels of the swarm memory: rows of edges that grow in place, steps over them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import Float32Array, FloatArray, IntArray, NodeArray

if TYPE_CHECKING:
    from neuro.memories.swarm.parameters import AssociationRule, Rows

_BLOCK = 256


@njit(cache=True)
def _place(neighbours: NodeArray, first: int, stop: int, node: int) -> int:
    """The first place from ``first`` whose neighbour is not below ``node``."""
    while first < stop:
        middle = (first + stop) >> 1
        if neighbours[middle] < node:
            first = middle + 1
        else:
            stop = middle
    return first


@njit(cache=True)
def _roomy(edges: int) -> int:
    """The room of a row that moves: a quarter more than it needs."""
    return edges + edges // 4 + 8


@njit(cache=True)
def spread(rows: Rows, active: IntArray, states: FloatArray, pull: float, push: float, net: Float32Array) -> None:
    """Add ``s_u (pull tau_uv - push rho_uv)`` to ``net[v]`` over all edges of active nodes u with states s_u."""
    for place in range(active.size):
        node = active[place]
        attract, repel = np.float32(states[place] * pull), np.float32(states[place] * push)
        first = np.uint64(rows.start[node])
        for edge in range(first, first + np.uint64(rows.length[node])):
            net[rows.neighbour[edge]] += attract * rows.tau[edge] - repel * rows.rho[edge]


@njit(cache=True)
def induced(
    rows: Rows, chosen: IntArray, local: npt.NDArray[np.int32], scale: float, tau: FloatArray, rho: FloatArray
) -> None:
    """Add the weights between chosen nodes, times ``scale``, to two dense matrices."""
    for place in range(chosen.size):
        local[chosen[place]] = place
    for place in range(chosen.size):
        first = rows.start[chosen[place]]
        for edge in range(first, first + rows.length[chosen[place]]):
            other = local[rows.neighbour[edge]]
            if other >= 0:
                tau[place, other] += scale * rows.tau[edge]
                rho[place, other] += scale * rows.rho[edge]
    for place in range(chosen.size):
        local[chosen[place]] = -1


@njit(cache=True)
def edges_between(rows: Rows, left: IntArray, right: IntArray, found: FloatArray) -> None:
    """Add tau of each pair of nodes to ``found``; nothing where there is no edge."""
    for pair in range(left.size):
        first = rows.start[left[pair]]
        stop = first + rows.length[left[pair]]
        edge = _place(rows.neighbour, first, stop, right[pair])
        if edge < stop and rows.neighbour[edge] == right[pair]:
            found[pair] += rows.tau[edge]


@njit(cache=True)
def _intruders(
    rows: Rows, pattern: IntArray, inflation: float, how: AssociationRule, net: Float32Array, chosen: IntArray
) -> tuple[int, FloatArray]:
    """The elements, as many as the pattern has, that one step from it wakes most and it does not hold.

    Only those count that are woken as if by ``intruder_share`` of the pattern, once. Gives how many there are and
    their states; ties go to the lower element. ``net`` is zero before and after.
    """
    states = np.zeros(pattern.size)
    spread(rows, pattern, np.ones(pattern.size), how.alpha / inflation, how.beta / inflation, net)
    for node in pattern:
        net[node] = 0.0
    floor = np.float32(max(how.alpha * how.eta * how.intruder_share * pattern.size, 1e-30))
    found, weakest = 0, 0
    for block in range(0, net.size, _BLOCK):
        drives = net[block : block + _BLOCK]
        # Most blocks hold nobody, and this sum is done by vector instructions.
        awake = 0
        for place in range(drives.size):
            awake += drives[place] >= floor
        if awake == 0:
            continue
        for place in range(drives.size):
            state = min(np.float64(drives[place]), 1.0)
            if drives[place] < floor or (found == chosen.size and state <= states[weakest]):
                continue
            here = found if found < chosen.size else weakest
            chosen[here], states[here] = block + place, state
            found = min(found + 1, chosen.size)
            weakest = int(np.argmin(states))
    net[:] = 0.0
    return found, states


@njit(cache=True)
def _repel(rows: Rows, node: int, others: IntArray, gains: FloatArray) -> None:
    """Raise rho of the edges that there are from a node to others."""
    first = rows.start[node]
    stop = first + rows.length[node]
    for place in range(others.size):
        edge = _place(rows.neighbour, first, stop, others[place])
        if edge < stop and rows.neighbour[edge] == others[place]:
            rows.rho[edge] += gains[place]


@njit(cache=True)
def _attract(rows: Rows, node: int, pattern: IntArray, tau: float, rho: float, missing: IntArray) -> int:
    """Raise the edges that there are from a node to the pattern; list the others, ascending, and count them."""
    edge = rows.start[node]
    stop = edge + rows.length[node]
    count = 0
    for other in pattern:
        if other == node:
            continue
        edge = _place(rows.neighbour, edge, stop, other)
        if edge < stop and rows.neighbour[edge] == other:
            rows.tau[edge] += tau
            rows.rho[edge] += rho
        else:
            missing[count] = other
            count += 1
    return count


@njit(cache=True)
def _insert(rows: Rows, node: int, missing: IntArray, tau: float, rho: float, used: int) -> int:
    """Put new edges into a row, which moves to the end of the arena if it is full. Gives the new end."""
    length = rows.length[node]
    needed = length + missing.size
    if needed > rows.room[node]:
        old = rows.start[node]
        for place in range(length):
            rows.neighbour[used + place] = rows.neighbour[old + place]
            rows.tau[used + place] = rows.tau[old + place]
            rows.rho[used + place] = rows.rho[old + place]
        rows.start[node], rows.room[node] = used, _roomy(needed)
        used += rows.room[node]
    first = rows.start[node]
    here, free, new = first + length - 1, first + needed - 1, missing.size - 1
    # Merged from the back, so that no edge is overwritten before it has moved.
    while new >= 0:
        if here >= first and rows.neighbour[here] > missing[new]:
            rows.neighbour[free] = rows.neighbour[here]
            rows.tau[free], rows.rho[free] = rows.tau[here], rows.rho[here]
            here -= 1
        else:
            rows.neighbour[free] = missing[new]
            rows.tau[free], rows.rho[free] = tau, rho
            new -= 1
        free -= 1
    rows.length[node] = needed
    return used


@njit(cache=True)
def learn(
    rows: Rows,
    offsets: IntArray,
    elements: IntArray,
    inflation: FloatArray,
    used: int,
    how: AssociationRule,
    net: Float32Array,
) -> tuple[int, int]:
    """Learn patterns one after the other, as long as the arena has room.

    Args:
        rows: the edges.
        offsets: where each pattern begins in ``elements``, (patterns + 1,).
        elements: ascending in each pattern.
        inflation: ``exp((t - origin) / lifetime)`` of each pattern's time.
        used: end of what is in use of the arena.
        how: rates and rule.
        net: work space over all nodes, zero before and after.

    Returns:
        How many patterns were learnt, and the new end.
    """
    for item in range(offsets.size - 1):
        pattern = elements[offsets[item] : offsets[item + 1]]
        end = used
        for node in pattern:
            needed = rows.length[node] + pattern.size - 1
            if needed > rows.room[node]:
                end += _roomy(needed)
        if end > rows.neighbour.size:
            return item, used
        tau = how.eta * inflation[item]
        found, chosen, states = 0, np.empty(pattern.size, np.int64), np.zeros(pattern.size)
        if how.contrast:
            found, states = _intruders(rows, pattern, inflation[item], how, net, chosen)
        plain = 0.0 if how.contrast else how.rho_ratio * tau
        missing = np.empty(pattern.size, np.int64)
        for node in pattern:
            count = _attract(rows, node, pattern, tau, plain, missing)
            if count:
                used = _insert(rows, node, missing[:count], tau, plain, used)
        gains = how.rho_ratio * tau * states
        for node in pattern:
            _repel(rows, node, chosen[:found], gains)
        for place in range(found):
            _repel(rows, chosen[place], pattern, np.full(pattern.size, gains[place]))
    return offsets.size - 1, used


@njit(cache=True)
def compact(rows: Rows, order: IntArray, factor: float, floor: float) -> int:
    """Close the gaps between rows; scale all weights, drop the edges whose tau falls below ``floor``.

    ``order`` holds the nodes by ascending start. Gives the new end of what is in use.
    """
    used = 0
    for node in order:
        first, kept = rows.start[node], used
        for edge in range(first, first + rows.length[node]):
            tau = np.float32(rows.tau[edge] * factor)
            if tau >= floor:
                rows.neighbour[kept] = rows.neighbour[edge]
                rows.tau[kept] = tau
                rows.rho[kept] = rows.rho[edge] * factor
                kept += 1
        rows.start[node], rows.length[node] = used, kept - used
        used += rows.room[node]
    return used


@njit(cache=True)
def gather(rows: Rows, offsets: IntArray, neighbours: NodeArray, tau: Float32Array, rho: Float32Array) -> None:
    """Copy all rows, in the order of the nodes, without gaps."""
    for node in range(rows.start.size):
        first, target = rows.start[node], offsets[node]
        for place in range(rows.length[node]):
            neighbours[target + place] = rows.neighbour[first + place]
            tau[target + place] = rows.tau[first + place]
            rho[target + place] = rows.rho[first + place]


@njit(cache=True)
def fits(offsets: IntArray, elements: NodeArray, state: FloatArray, scores: FloatArray) -> None:
    """``sum_i s_i / sqrt(|P|)`` of each pattern P."""
    for item in range(scores.size):
        total = 0.0
        for place in range(offsets[item], offsets[item + 1]):
            total += state[elements[place]]
        scores[item] = total / np.sqrt(offsets[item + 1] - offsets[item])
