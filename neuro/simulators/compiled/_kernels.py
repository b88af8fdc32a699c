"""What every printed kernel does alike, compiled once for all of them; and the functions that a model may call.

A printed kernel imports these by name, so its own text (and the time to compile it) is the model's part only. What
every spike passes through is inlined always.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit, types
from numba.core import cgutils
from numba.extending import intrinsic

from neuro.alias_tables import LARGEST_MEAN, MEAN_STEPS, SHARE_BITS
from neuro.arrays import AnyArray
from neuro.counter_hash import (
    INDEX_FACTOR,
    MIX_FACTORS,
    MOST_LEFT,
    POISSON_FACTOR,
    SECOND_WORD,
    TICK_FACTOR,
    WORD,
)

_FIRST_FACTOR, _SECOND_FACTOR = MIX_FACTORS
_SELDOM = 4_220_000_000
"""Below exp(-1/64) 2**32: no word under it is more than 0 of a mean under 1/64."""
_Typed = tuple[Any, Callable[..., Any]]
_LOOKS = 20_000
"""Some 20 us: longer than shares of an idle machine wait for each other."""
_NAP = 1
"""Microseconds to ask for; the system makes some 60 of it."""


@njit(cache=True, error_model="numpy", nogil=True)
def sign(x: float) -> int:
    return (x > 0) - (x < 0)


@njit(cache=True, error_model="numpy", nogil=True)
def exprel(x: float) -> float:
    """(exp(x) - 1) / x, 1 at x = 0."""
    return 1.0 if x == 0.0 else math.expm1(x) / x


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def mixed(x: int | np.int64) -> int | np.int64:
    """A bijection of 32-bit words; int64 products wrap, the mask keeps their low half."""
    x = x ^ (x >> 16)
    x = (x * _FIRST_FACTOR) & WORD
    x = x ^ (x >> 15)
    x = (x * _SECOND_FACTOR) & WORD
    return x ^ (x >> 16)


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def random_bits(seed: int | np.int64, tick: int, index: int) -> int | np.int64:
    """The words of :func:`neuro.counter_hash.random_bits`."""
    first = mixed((np.int64(seed) & WORD) ^ (np.int64(tick) * TICK_FACTOR & WORD))
    return mixed(first ^ (np.int64(index) * INDEX_FACTOR & WORD))


@njit(cache=True, error_model="numpy", nogil=True)
def random_normal(seed: int, tick: int, index: int) -> float:
    """The numbers of :func:`neuro.counter_hash.random_normal`."""
    first = random_bits(seed, tick, index)
    second = random_bits(np.int64(seed) ^ SECOND_WORD, tick, index)
    radius = math.sqrt(-2.0 * math.log((first + 1.0) / 4294967296.0))
    return radius * math.cos(second * (2.0 * math.pi / 4294967296.0))


@njit(cache=True, error_model="numpy", nogil=True)
def rest_of_mean(word: np.int64, left: float) -> np.int64:
    """The number of the small mean that the grid leaves: how many terms of the series a word passes."""
    level = 1.0 - left * (1.0 - left / 2.0 * (1.0 - left / 3.0 * (1.0 - left / 4.0 * (1.0 - left / 5.0))))
    term, passed = level, np.int64(0)
    at = (word + 0.5) / 4294967296.0
    for count in range(1, MOST_LEFT + 1):
        passed += at >= level
        term *= left / count
        level += term
    return passed


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def look_up(first: int | np.int64, mean: float, limits: AnyArray, others: AnyArray) -> np.int64:
    """The number that a random word means, of a mean up to the table's largest."""
    row = np.uint64(mean * MEAN_STEPS)
    column = np.uint64(first >> SHARE_BITS)
    # Both are read: a branch on chance would cost more.
    limit, other = np.int64(limits[row, column]), np.int64(others[row, column])
    number = np.int64(column) if (first & ((1 << SHARE_BITS) - 1)) < limit else other
    word = (first * TICK_FACTOR) & WORD
    # Below exp(-1/64) nothing of the rest can be.
    return number if word < _SELDOM else number + rest_of_mean(np.int64(word), mean - np.float64(row) / MEAN_STEPS)


@njit(cache=True, error_model="numpy", nogil=True)
def poisson_parts(seed: int, tick: int, index: int, mean: float, limits: AnyArray, others: AnyArray) -> float:
    """A large mean as the sum of equal parts."""
    parts = math.ceil(mean / LARGEST_MEAN)
    total = np.int64(0)
    for part in range(parts):
        first = random_bits(np.int64(seed) ^ (part * POISSON_FACTOR & WORD), tick, index)
        total += look_up(first, mean / parts, limits, others)
    return float(total)


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def random_poisson(seed: int, tick: int, index: int, mean: float, limits: AnyArray, others: AnyArray) -> float:
    """The numbers of :func:`neuro.counter_hash.random_poisson`; the tables are :mod:`neuro.alias_tables`'."""
    if not mean > 0.0:
        return 0.0
    if mean > LARGEST_MEAN:
        return poisson_parts(seed, tick, index, mean, limits, others)
    return float(look_up(random_bits(seed, tick, index), mean, limits, others))


@njit(cache=True, error_model="numpy", nogil=True)
def keep_largest(ring: AnyArray, slot: int, count: int, limit: int, margins: AnyArray, fire: AnyArray) -> int:
    """Keep the ``limit`` largest margins of the ascending list ``ring[slot]``; ties go to the lower index."""
    if count <= limit:
        return count
    best = np.empty(max(limit, 0), np.int64)
    kept = 0
    for a in range(count):
        i = ring[slot, a]
        fire[i] = False
        if kept < limit:
            at = kept
            kept += 1
        elif kept > 0 and margins[i] > margins[best[kept - 1]]:
            at = kept - 1
        else:
            continue
        while at > 0 and margins[i] > margins[best[at - 1]]:
            best[at] = best[at - 1]
            at -= 1
        best[at] = i
    for a in range(kept):
        fire[best[a]] = True
    left = 0
    for a in range(count):
        if fire[ring[slot, a]]:
            ring[slot, left] = ring[slot, a]
            left += 1
    return left


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def collect_fired(fire: AnyArray, words: AnyArray, ring: AnyArray, slot: int) -> int:
    """List who fires, ascending, in ``ring[slot]``; blocks of 64 silent neurons are skipped by their 8 words."""
    count = 0
    for block in range(0, words.size, 8):
        any_fires = np.uint64(0)
        for word in range(block, block + 8):
            any_fires |= words[word]
        if any_fires != 0:
            for i in range(block * 8, block * 8 + 64):
                if fire[i]:
                    ring[slot, count] = i
                    count += 1
    return count


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def rest_all(ready: AnyArray, ring: AnyArray, slot: int, count: int, tick: int, period: int) -> None:
    """The neurons of ``ring[slot]`` are refractory for a period."""
    for a in range(count):
        ready[ring[slot, a]] = tick + period


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def rest_each(ready: AnyArray, ring: AnyArray, slot: int, count: int, tick: int, period: AnyArray) -> None:
    """The neurons of ``ring[slot]`` are refractory, each for its own period."""
    for a in range(count):
        i = ring[slot, a]
        ready[i] = tick + period[i]


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def record_spikes(
    ring: AnyArray, slot: int, count: int, tick: int, ticks: AnyArray, indices: AnyArray, kept: AnyArray
) -> None:
    """Append the spikes of ``ring[slot]`` to the lists that Python reads between chunks; ``kept`` is their length."""
    at = kept[0]
    for a in range(count):
        ticks[at + a] = tick
        indices[at + a] = ring[slot, a]
    kept[0] = at + count


@njit(cache=True, error_model="numpy", nogil=True)
def take_spikes(ticks: AnyArray, indices: AnyArray, at: AnyArray, tick: int, ring: AnyArray, counts: AnyArray) -> None:
    """Copy a source's spikes of this tick to its ring; ``at`` is where its list goes on."""
    slot = tick % counts.size
    count = 0
    while at[0] < ticks.size and ticks[at[0]] == tick:
        ring[slot, count] = indices[at[0]]
        count += 1
        at[0] += 1
    counts[slot] = count


@njit(cache=True, error_model="numpy", nogil=True)
def is_due(ticks: AnyArray, at: AnyArray, tick: int) -> bool:
    """Whether the tick stands in the ascending list; ``at`` follows it."""
    while at[0] < ticks.size and ticks[at[0]] < tick:
        at[0] += 1
    due: bool = at[0] < ticks.size and ticks[at[0]] == tick
    return due


@njit(cache=True, error_model="numpy", nogil=True)
def copy_to(states: AnyArray, values: AnyArray) -> None:
    for i in range(states.size):
        states[i] = values[i]


@njit(cache=True, error_model="numpy", nogil=True)
def fill(states: AnyArray, value: float) -> None:
    for i in range(states.size):
        states[i] = value


@njit(cache=True, error_model="numpy", nogil=True)
def take_row(states: AnyArray, values: AnyArray, row: int) -> None:
    """A row of an input; 0 after its last."""
    for i in range(states.size):
        states[i] = values[row, i] if row < values.shape[0] else 0


@njit(cache=True, error_model="numpy", nogil=True)
def take_linked(states: AnyArray, source: AnyArray, index: AnyArray) -> None:
    for i in range(states.size):
        states[i] = source[index[i]]


@njit(cache=True, error_model="numpy", nogil=True)
def flush(states: AnyArray, below: float) -> None:
    """What has decayed to nothing becomes zero: numbers near the smallest double are slow."""
    for i in range(states.size):
        states[i] = 0.0 if abs(states[i]) < below else states[i]


@njit(cache=True, error_model="numpy", nogil=True)
def probe(values: AnyArray, row: int, states: AnyArray) -> None:
    for i in range(values.shape[1]):
        values[row, i] = states[i]


@njit(cache=True, error_model="numpy", nogil=True)
def probe_shared(values: AnyArray, row: int, states: AnyArray, neurons: AnyArray) -> None:
    """One value a synapse of a state that lies with its neuron."""
    for i in range(values.shape[1]):
        values[row, i] = states[neurons[i]]


@njit(cache=True, error_model="numpy", nogil=True, forceinline=True)
def share_spikes(
    ring: AnyArray, slot: int, count: int, tick: int, first: int, share: int, everyone: AnyArray, numbers: AnyArray
) -> None:
    """Write the spikes of one share of a population where all shares look them up."""
    common = tick % numbers.shape[0]
    for a in range(count):
        everyone[common, first + a] = first + ring[slot, a]
    numbers[common, share] = count


usleep: Any = types.ExternalFunction("usleep", types.int32(types.uint32))
"""The C library's: gives the core away for some microseconds."""


def _atomic_add(typing_context: Any, array: Any, index: Any, value: Any) -> _Typed:
    """Add to an element; gives what it was before."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        pointer = _element(context, builder, signature, arguments)
        return builder.atomic_rmw("add", pointer, arguments[2], "seq_cst")

    del typing_context, value
    return types.int64(array, index, types.int64), code


def _atomic_load(typing_context: Any, array: Any, index: Any) -> _Typed:
    """An element as some thread wrote it."""

    def code(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        return builder.load_atomic(_element(context, builder, signature, arguments), "acquire", 8)

    del typing_context
    return types.int64(array, index), code


def _element(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
    array = context.make_array(signature.args[0])(context, builder, arguments[0])
    return cgutils.gep_inbounds(builder, array.data, arguments[1])  # type: ignore[no-untyped-call]


atomic_add: Any = intrinsic(_atomic_add)
atomic_load: Any = intrinsic(_atomic_load)


@njit(cache=True, error_model="numpy", nogil=True)
def meet(gate: AnyArray, threads: int) -> None:
    """Wait until all threads are here; what each wrote before is read by all after.

    ``gate[0]`` counts who is here, ``gate[8]`` how often all were. Who waits looks for some microseconds and then
    sleeps, so that on a busy machine the core goes to the thread that is waited for.
    """
    round_before = atomic_add(gate, 8, 0)
    if atomic_add(gate, 0, 1) == threads - 1:
        atomic_add(gate, 0, -threads)
        atomic_add(gate, 8, 1)
        return
    looks = 0
    while atomic_load(gate, 8) == round_before:
        looks += 1
        if looks > _LOOKS:
            usleep(_NAP)
