"""Kernels of the bridge: numba, no fastmath, so every sum is the one that :mod:`hnsw_bridge.metric` computes.

Those of the proximity graph come last: 8-bit codes of vectors, walks over links, repairs of what no link leads to.

A code is c = round((v - centre) / s) with a step s a row, |c| <= 127; products of codes are integers, so no sum depends
on an order. The rounding's length |v - centre - s c| bounds how far any estimate is from the exact distance, so what a
bound rules out can't be among the nearest, and the rest is measured exactly.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
from numba import njit

from neuro.arrays import BoolArray, Float32Array, FloatArray, IntArray

L2, COSINE, INNER_PRODUCT = 0, 1, 2

Codes = npt.NDArray[np.int8]
Links = npt.NDArray[np.int32]
Hashes = npt.NDArray[np.uint64]

NOBODY = -1
"""A place of a table of links in which there is none."""

_ROUNDING = 1e-5
"""What sums of float64 and stored float32 numbers may add to a rounding's length, relative to a vector's."""


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def term(squared: bool, a: np.float32, b: float) -> float:
    """(a - b)^2 or a b."""
    d = np.float64(a) - b
    return d * d if squared else np.float64(a) * b


@njit(cache=True, nogil=True, error_model="numpy")
def summed(squared: bool, a: Float32Array, b: FloatArray) -> float:
    """Sum of the terms in eight partial sums."""
    s0 = s1 = s2 = s3 = s4 = s5 = s6 = s7 = 0.0
    whole = a.size - a.size % 8
    for i in range(0, whole, 8):
        s0 += term(squared, a[i + 0], b[i + 0])
        s1 += term(squared, a[i + 1], b[i + 1])
        s2 += term(squared, a[i + 2], b[i + 2])
        s3 += term(squared, a[i + 3], b[i + 3])
        s4 += term(squared, a[i + 4], b[i + 4])
        s5 += term(squared, a[i + 5], b[i + 5])
        s6 += term(squared, a[i + 6], b[i + 6])
        s7 += term(squared, a[i + 7], b[i + 7])
    total = ((s0 + s1) + (s2 + s3)) + ((s4 + s5) + (s6 + s7))
    for i in range(whole, a.size):
        total += term(squared, a[i], b[i])
    return total


@njit(cache=True, nogil=True, error_model="numpy")
def product_sum(a: Float32Array, b: FloatArray) -> float:
    """Sum a b."""
    return summed(False, a, b)


@njit(cache=True, nogil=True, error_model="numpy")
def apart(metric: int, a: Float32Array, b: FloatArray, squares: float) -> float:
    """The exact distance of two vectors; ``squares`` is the product of their squared lengths."""
    if metric == L2:
        return summed(True, a, b)
    if metric == COSINE:
        return 1.0 - product_sum(a, b) / math.sqrt(squares)
    return 1.0 - product_sum(a, b)


@njit(cache=True, nogil=True, error_model="numpy")
def insert(nodes: IntArray, near: FloatArray, count: int, node: int, distance: float) -> int:
    """Put a node into its place among ``count`` by distance, then by node; one that is there stays once."""
    at = count
    while at > 0 and (near[at - 1] > distance or (near[at - 1] == distance and nodes[at - 1] > node)):
        at -= 1
    if at == nodes.size or (at > 0 and near[at - 1] == distance and nodes[at - 1] == node):
        return count
    count = min(count + 1, nodes.size)
    for b in range(count - 1, at, -1):
        near[b], nodes[b] = near[b - 1], nodes[b - 1]
    near[at], nodes[at] = distance, node
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def rank_into(
    metric: int,
    vectors: Float32Array,
    squares: FloatArray,
    query: Float32Array,
    candidates: IntArray,
    nodes: IntArray,
    near: FloatArray,
    count: int = 0,
) -> int:
    """Put candidates among the ``count`` nearest so far, by exact distance, then by node; gives how many there are.

    Negative and repeated candidates don't count.
    """
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in candidates:
        if node >= 0:
            distance = apart(metric, vectors[node], asked, squares[node] * square)
            count = insert(nodes, near, count, node, distance)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def rank(
    metric: int, vectors: Float32Array, squares: FloatArray, query: Float32Array, candidates: IntArray, k: int
) -> tuple[IntArray, FloatArray]:
    """The k nearest candidates by exact distance, then by node; negative and repeated ones don't count."""
    size = min(k, candidates.size)
    nodes, near = np.empty(size, np.int64), np.empty(size, np.float64)
    count = rank_into(metric, vectors, squares, query, candidates, nodes, near)
    return nodes[:count], near[:count]


@njit(cache=True, nogil=True, error_model="numpy")
def holds(ascending: IntArray, value: int) -> bool:
    """Whether a value is among the ascending ones."""
    low, high = 0, ascending.size
    while low < high:
        middle = (low + high) // 2
        if ascending[middle] < value:
            low = middle + 1
        else:
            high = middle
    return low < ascending.size and ascending[low] == value


@njit(cache=True, nogil=True, error_model="numpy")
def join_fired(
    metric: int,
    items: tuple[Float32Array, FloatArray, IntArray],
    query: Float32Array,
    fired: IntArray,
    ruled_out: IntArray,
    nodes: IntArray,
    near: FloatArray,
    count: int,
) -> int:
    """Put those that fired in their places among the ``count`` nearest; gives how many there are then.

    Args:
        metric: its code.
        items: vectors, squares and labels; one below 0 is a deleted item's, which does not count.
        query: shape (dimension,).
        fired: nodes.
        ruled_out: ascending: nodes that are among the nearest already, or are known to be farther.
        nodes, near: the nearest so far and their distances.
        count: how many these are.
    """
    vectors, squares, labels = items
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in fired:
        if labels[node] >= 0 and not holds(ruled_out, node):
            distance = apart(metric, vectors[node], asked, squares[node] * square)
            count = insert(nodes, near, count, node, distance)
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def near_enough(metric: int, query: Float32Array, longest: float, distances: Float32Array, k: int) -> int:
    """How many of hnswlib's ascending distances could belong to the k smallest exact ones.

    A float32 sum of n terms is off by less than n 2^-23 of the sum of their sizes: of the distance itself for l2, of
    1 + |a| |b| for the others, where |b| is at most ``longest``. Twice that is allowed for; what is beyond it can't be
    among the k nearest.
    """
    if distances.size <= k:
        return distances.size
    error = (query.size + 8) * 2.0**-21
    limit = np.float64(distances[k - 1])
    if metric == L2:
        limit *= 1.0 + error
    elif metric == COSINE:
        limit += 2.0 * error
    else:
        limit += error * (1.0 + longest * math.sqrt(product_sum(query, query.astype(np.float64))))
    count = k
    while count < distances.size and distances[count] <= limit:
        count += 1
    return count


@njit(cache=True, nogil=True, error_model="numpy")
def refine(
    metric: int,
    vectors: Float32Array,
    squares: FloatArray,
    longest: float,
    queries: Float32Array,
    found: IntArray,
    rounded: Float32Array,
    aside: IntArray,
    nodes: IntArray,
    near: FloatArray,
) -> None:
    """The nearest of what hnswlib found and of the items aside, for each query, by exact distance, then by node.

    Args:
        metric: its code.
        vectors, squares: of the items, the second their squared lengths.
        longest: the greatest length of a vector.
        queries: shape (rows, dimension).
        found: shape (rows, candidates), with hnswlib's ascending distances ``rounded``; only those that these do not
            rule out are measured: most of a query's time would go into fetching the others from memory.
        aside: nodes that are measured for every query.
        nodes, near: shape (rows, k), for the answers; there are at least k candidates.
    """
    for row in range(queries.shape[0]):
        close = near_enough(metric, queries[row], longest, rounded[row], nodes.shape[1])
        count = rank_into(metric, vectors, squares, queries[row], found[row, :close], nodes[row], near[row])
        rank_into(metric, vectors, squares, queries[row], aside, nodes[row], near[row], count)


@njit(cache=True, nogil=True, error_model="numpy")
def sound(vectors: Float32Array, low: float, high: float) -> bool:
    """Whether the squared length of every row is above ``low`` and not beyond ``high``, which NaN and infinity are."""
    for row in range(vectors.shape[0]):
        total = np.float32(0.0)
        for i in range(vectors.shape[1]):
            total += vectors[row, i] * vectors[row, i]
        if not low < total <= high:
            return False
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def enter(metric: int, near: FloatArray, least: float, share: FloatArray) -> None:
    """How strongly seeds are driven, by their similarity relative to the nearest one's."""
    for a in range(near.size):
        similar = 1.0 / (1.0 + math.sqrt(near[a])) if metric == L2 else 1.0 - near[a]
        similar = max(similar, 0.0)
        if a == 0:
            best = similar
        share[a] = max(similar / best if best > 0.0 else 1.0, least)


@njit(cache=True, nogil=True, error_model="numpy")
def drive(share: FloatArray, most: float, steps: float, threshold: float, currents: FloatArray) -> None:
    """The current into each seed, on a grid of threshold / steps."""
    for a in range(share.size):
        currents[a] = math.floor(share[a] * most * steps + 0.5) * (threshold / steps)


@njit(cache=True, nogil=True, error_model="numpy")
def measure(metric: int, vectors: Float32Array, squares: FloatArray, query: Float32Array, out: FloatArray) -> None:
    """The exact distance of every row."""
    asked = query.astype(np.float64)
    square = product_sum(query, asked) if metric == COSINE else 0.0
    for node in range(vectors.shape[0]):
        out[node] = apart(metric, vectors[node], asked, squares[node] * square)


@njit(cache=True, nogil=True, error_model="numpy")
def measure_links(metric: int, vectors: Float32Array, row_start: IntArray, column: IntArray, out: FloatArray) -> None:
    """The exact distance along every link."""
    for source in range(row_start.size - 1):
        start = vectors[source].astype(np.float64)
        square = product_sum(vectors[source], start) if metric == COSINE else 0.0
        for link in range(row_start[source], row_start[source + 1]):
            end = vectors[column[link]]
            other = product_sum(end, end.astype(np.float64)) if metric == COSINE else 0.0
            out[link] = apart(metric, end, start, square * other)


@njit(cache=True, nogil=True, error_model="numpy")
def hashed(rows: Float32Array, out: Hashes) -> None:
    """A hash of each row; equal rows have equal ones, and 0 counts as -0."""
    for row in range(rows.shape[0]):
        state = np.uint64(0x9E3779B97F4A7C15)
        bits = (rows[row] + np.float32(0.0)).view(np.uint32)
        for i in range(bits.size):
            state = (state ^ np.uint64(bits[i])) * np.uint64(0xFF51AFD7ED558CCD)
            state ^= state >> np.uint64(32)
        out[row] = state


@njit(cache=True, nogil=True, error_model="numpy")
def encode(
    metric: int, rows: Float32Array, centre: FloatArray, most: float, codes: npt.NDArray[np.int16], facts: FloatArray
) -> None:
    """Codes of rows in units of their step; facts: step, squared length of what the code says, rounding's length."""
    moved = np.empty(rows.shape[1])
    for row in range(rows.shape[0]):
        length = 1.0
        if metric == COSINE:
            length = math.sqrt(product_sum(rows[row], rows[row].astype(np.float64)))
        largest, size = 0.0, 0.0
        for i in range(moved.size):
            moved[i] = np.float64(rows[row, i]) / length - centre[i]
            largest = max(largest, abs(moved[i]))
            size += moved[i] * moved[i]
        step = largest / most if largest > 0.0 else 1.0
        said, lost = 0.0, 0.0
        for i in range(moved.size):
            code = math.floor(moved[i] / step + 0.5)
            codes[row, i] = code
            said += (step * code) * (step * code)
            lost += (moved[i] - step * code) * (moved[i] - step * code)
        facts[row, 0], facts[row, 1] = step, 0.0 if metric == INNER_PRODUCT else said
        facts[row, 2] = math.sqrt(lost) + _ROUNDING * math.sqrt(size)


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def estimate(codes: Codes, facts: FloatArray, node: int, asked: npt.NDArray[np.int16], twice: float) -> float:
    """|x|^2 - 2 q x of what the codes say, or its second part alone where facts[:, 1] is 0."""
    total = np.int32(0)
    for i in range(asked.size):
        total += np.int32(codes[node, i]) * np.int32(asked[i])
    found: float = facts[node, 1] - twice * facts[node, 0] * np.float64(total)
    return found


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def at_least(metric: int, key: float, lost: float, question: FloatArray) -> float:
    """The least exact distance that an estimate leaves possible; ``question``: see :func:`ask`."""
    if metric == INNER_PRODUCT:
        least: float = 1.0 - question[2] + 0.5 * key - question[3] * lost - question[4]
        return least
    seen = math.sqrt(max(key + question[0], 0.0)) - lost - question[1]
    if seen <= 0.0:
        return -1.0
    bound: float = seen * seen * (1.0 - _ROUNDING) * (0.5 if metric == COSINE else 1.0) - 1e-12
    return bound


@njit(cache=True, nogil=True, error_model="numpy")
def ask(
    metric: int,
    query: Float32Array,
    frame: tuple[FloatArray, float],
    asked: npt.NDArray[np.int16],
    question: FloatArray,
) -> float:
    """Codes of a query, what bounds need to know of it, and twice its step.

    question: squared length of what its code says, its rounding's length; for inner products q . centre, |q|, and the
    rounding's length times the longest vector's.
    """
    centre, longest = frame
    facts, codes = np.empty((1, 3)), np.empty((1, query.size), np.int16)
    most = min(32000.0, 2.0**31 / (128.0 * query.size) - 1.0)
    origin = np.zeros(query.size) if metric == INNER_PRODUCT else centre
    encode(metric, query.reshape(1, query.size), origin, most, codes, facts)
    asked[:] = codes[0]
    question[0], question[1] = facts[0, 1], facts[0, 2]
    if metric == INNER_PRODUCT:
        question[2] = product_sum(query, centre)
        question[3] = math.sqrt(product_sum(query, query.astype(np.float64)))
        question[4] = facts[0, 2] * longest + _ROUNDING * (question[3] * longest + abs(question[2]))
    step: float = 2.0 * facts[0, 0]
    return step


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def offer(
    pool: tuple[FloatArray, Links, BoolArray],
    present: Links,
    counts: IntArray,
    effort: int,
    key: float,
    node: int,
) -> int:
    """Put a node into the ascending pool unless it is too far; gives its place, or the number of places.

    ``counts``: how many nodes there are, and how many of them with items. Those without don't count towards ``effort``,
    as long as the pool has room for them.
    """
    keys, nodes, done = pool
    count = counts[0]
    if (counts[1] >= effort or count == keys.size) and key >= keys[count - 1]:
        return keys.size
    if count == keys.size:
        count -= 1
        counts[1] -= present[nodes[count]] > 0
    low, high = 0, count
    while low < high:
        middle = (low + high) // 2
        if keys[middle] <= key:
            low = middle + 1
        else:
            high = middle
    for b in range(count, low, -1):
        keys[b], nodes[b], done[b] = keys[b - 1], nodes[b - 1], done[b - 1]
    keys[low], nodes[low], done[low] = key, node, False
    count, counts[1] = count + 1, counts[1] + (present[node] > 0)
    while counts[1] > effort:
        count -= 1
        counts[1] -= present[nodes[count]] > 0
    counts[0] = count
    return low


@njit(cache=True, nogil=True, error_model="numpy", inline="always")
def first_time(seen: Hashes, node: int) -> bool:
    """Whether a node was not marked yet; marks it."""
    word, bit = node >> 6, np.uint64(1) << np.uint64(node & 63)
    if seen[word] & bit:
        return False
    seen[word] |= bit
    return True


@njit(cache=True, nogil=True, error_model="numpy")
def walk(
    graph: tuple[Codes, FloatArray, Links, Links],
    starts: Links,
    asked: npt.NDArray[np.int16],
    twice: float,
    effort: int,
    pool: tuple[FloatArray, Links, BoolArray],
) -> int:
    """Best-first search from the nearest starts; fills keys and nodes of the pool, ascending, and gives how many."""
    codes, facts, links, present = graph
    seen, counts = np.zeros((codes.shape[0] + 63) // 64, np.uint64), np.zeros(2, np.int64)
    for start in starts:
        if start >= 0 and first_time(seen, start):
            offer(pool, present, counts, effort, estimate(codes, facts, start, asked, twice), start)
    _, nodes, done = pool
    cursor = 0
    while cursor < counts[0]:
        if done[cursor]:
            cursor += 1
            continue
        done[cursor] = True
        source, first = nodes[cursor], cursor + 1
        for place in range(links.shape[1]):
            node = links[source, place]
            if node < 0:
                break
            if first_time(seen, node):
                key = estimate(codes, facts, node, asked, twice)
                first = min(first, offer(pool, present, counts, effort, key, node))
        cursor = first
    kept: int = counts[0]
    return kept


@njit(cache=True, nogil=True, error_model="numpy")
def lookup(hashes: Hashes, owners: Links, wanted: np.uint64) -> int:
    """The node of a hash among the ascending ones, or NOBODY."""
    low, high = 0, hashes.size
    while low < high:
        middle = (low + high) // 2
        if hashes[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    return owners[low] if low < hashes.size and hashes[low] == wanted else NOBODY


@njit(cache=True, nogil=True, error_model="numpy")
def answer(
    items: tuple[int, Float32Array, FloatArray, BoolArray],
    frame: tuple[FloatArray, float],
    graph: tuple[Codes, FloatArray, Links, Links, Links, Hashes, Links, IntArray, Links, BoolArray],
    side: tuple[Links, Codes, FloatArray],
    batch: Float32Array,
    effort: int,
    out: tuple[IntArray, FloatArray],
) -> int:
    """The k nearest of each row, exact and ascending; gives the first row for which fewer were found, or how many rows.

    Args:
        items: metric, vectors, squared lengths, which are alive.
        frame: the codes' centre, and the length of the longest vector.
        graph: codes, facts, links, how many items of each node are present, starts, hashes and their nodes, members of
            each node as CSR, which items are where the graph has them.
        side: items that are scanned, their codes and facts.
        batch: shape (rows, dimension).
        effort: how many nodes a walk keeps.
        out: nodes and distances, shape (rows, k).
    """
    metric, vectors, squares, alive = items
    codes, facts, links, present, starts, hashes, owners, member_start, members, placed = graph
    others, other_codes, other_facts = side
    answers, distances = out
    k = answers.shape[1]
    asked, question = np.empty(batch.shape[1], np.int16), np.zeros(5)
    room = min(4 * effort + 64, max(codes.shape[0], 1))
    keys, nodes = np.empty(room), np.empty(room, np.int32)
    pool = (keys, nodes, np.empty(room, np.bool_))
    began, own = np.empty(starts.size + 1, np.int32), np.empty(1, np.uint64)
    began[1:] = starts
    for row in range(batch.shape[0]):
        query = batch[row]
        twice = ask(metric, query, frame, asked, question)
        exact = query.astype(np.float64)
        square = product_sum(query, exact) if metric == COSINE else 0.0
        best, near, count = answers[row], distances[row], 0
        if codes.shape[0]:
            hashed(batch[row : row + 1], own)
            began[0] = lookup(hashes, owners, own[0])
            found = walk((codes, facts, links, present), began, asked, twice, effort, pool)
            for place in range(found):
                leader = nodes[place]
                if present[leader] == 0:
                    continue
                if count == k and at_least(metric, keys[place], facts[leader, 2], question) > near[k - 1]:
                    continue
                taken = 0
                for at in range(member_start[leader], member_start[leader + 1]):
                    node = members[at]
                    if taken < k and placed[node]:
                        away = apart(metric, vectors[node], exact, squares[node] * square)
                        count, taken = insert(best, near, count, node, away), taken + 1
        for place in range(others.size):
            node = others[place]
            if not alive[node]:
                continue
            if count == k:
                key = estimate(other_codes, other_facts, place, asked, twice)
                if at_least(metric, key, other_facts[place, 2], question) > near[k - 1]:
                    continue
            count = insert(best, near, count, node, apart(metric, vectors[node], exact, squares[node] * square))
        if count < k:
            return row
    return int(batch.shape[0])


@njit(cache=True, nogil=True, error_model="numpy")
def contract(links: Links, leader: Links, out: Links) -> None:
    """Links between leaders: those of each node as its leader's, each once, in their order, while there is room."""
    out[:] = NOBODY
    for node in range(links.shape[0]):
        own = leader[node]
        for place in range(links.shape[1]):
            if links[node, place] < 0:
                break
            end = leader[links[node, place]]
            at = 0
            while at < out.shape[1] and out[own, at] >= 0 and out[own, at] != end:
                at += 1
            if end != own and at < out.shape[1] and out[own, at] < 0:
                out[own, at] = end


@njit(cache=True, nogil=True, error_model="numpy")
def spread_reach(links: Links, start: int, reached: BoolArray, queue: Links) -> None:
    """Mark a node and all that links lead to from it; ``queue`` is scratch, shape (nodes,)."""
    if reached[start]:
        return
    reached[start] = True
    queue[0], first, last = start, 0, 1
    while first < last:
        source, first = queue[first], first + 1
        for place in range(links.shape[1]):
            node = links[source, place]
            if node < 0:
                break
            if not reached[node]:
                reached[node] = True
                queue[last], last = node, last + 1


@njit(cache=True, nogil=True, error_model="numpy")
def add_link(links: Links, source: int, end: int) -> bool:
    """Whether a link is there or was put into a free place."""
    for place in range(links.shape[1]):
        if links[source, place] == end:
            return True
        if links[source, place] < 0:
            links[source, place] = end
            return True
    return False


@njit(cache=True, nogil=True, error_model="numpy")
def join(
    graph: tuple[Codes, FloatArray, Links, Links],
    starts: Links,
    reached: BoolArray,
    thin: Links,
    few: int,
    effort: int,
    lone: BoolArray,
) -> None:
    """Link what nothing leads to, and what has fewer than ``few`` links, with the nearest that a walk finds.

    ``reached`` is kept up to date; ``lone`` marks the nodes for which no neighbour had room.
    """
    codes, facts, links, _ = graph
    queue = np.empty(links.shape[0], np.int32)
    room = min(4 * effort + 64, codes.shape[0])
    nodes = np.empty(room, np.int32)
    pool = (np.empty(room), nodes, np.empty(room, np.bool_))
    for node in thin:
        hidden = not reached[node]
        asked = codes[node].astype(np.int16)
        twice = 2.0 * facts[node, 0]
        found = walk(graph, starts, asked, twice, effort, pool)
        into = 0
        for place in range(found):
            near = nodes[place]
            if near == node:
                continue
            if into < few and add_link(links, near, node):
                into += 1
            if place < 2 * few:
                add_link(links, node, near)
        if hidden:
            lone[node] = into == 0
            if into:
                spread_reach(links, node, reached, queue)
