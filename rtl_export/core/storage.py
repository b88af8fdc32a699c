"""Storage: how the synapses of a projection lie in memory, and what the host loads there.

* dense: every source meets every target once; a synapse's number says which it is, and nothing else is stored.
* rows: for each source the first of its synapses and their number (CSR); each synapse names its target.
* bits: one bit for each pair, row by row; for static synapses that all share their numbers.

Synapses that do not learn may lie in any order within their row: targets of even and odd index then take turns, so that
the two banks of the target's sums are busy in turn.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from neuro.arrays import IntArray
from neuro.compiler.ir import ProjectionProgram
from rtl_export.core.intervals import unsigned_width
from rtl_export.core.words import Contents, Word

MOST_BITS = 32
"""Width of a word of 1-bit rows."""


class Storage(Enum):
    """Where a synapse's target stands."""

    DENSE = "dense"
    ROWS = "rows"
    BITS = "bits"


@dataclass(frozen=True, slots=True, eq=False)
class Shard:
    """The synapses of a projection that end in one core, in the order in which they are stored.

    Args:
        order: number of each in the program, shape (synapses,).
        source: source neuron of each.
        column: target neuron of each, counted within the core.
    """

    order: IntArray
    source: IntArray
    column: IntArray


def storage_of(projection: ProjectionProgram, targets: int, *, static: bool, stored: bool) -> Storage:
    """The format that takes least memory; ``stored``: whether synapses differ in any number."""
    rows = projection.row_start.size - 1
    # Rows and columns: two synapses of one pair may make up for a pair that has none.
    dense = np.array_equal(projection.row_start, targets * np.arange(rows + 1)) and np.array_equal(
        projection.column, np.tile(np.arange(targets), rows)
    )
    if dense:
        return Storage.DENSE
    pairs = _sources(projection) * targets + projection.column
    if not static or stored or np.unique(pairs).size < pairs.size:
        return Storage.ROWS
    wide = unsigned_width(targets - 1)
    csr = projection.synapses * wide + rows * 2 * unsigned_width(projection.synapses)
    return Storage.BITS if rows * bit_words(targets) * min(targets, MOST_BITS) < csr else Storage.ROWS


def shard(projection: ProjectionProgram, core: int, size: int, *, static: bool) -> Shard:
    """The synapses that end at the targets ``core * size`` to ``(core + 1) * size - 1``."""
    source = _sources(projection)
    order = np.flatnonzero(projection.column // size == core)
    source, column = source[order], projection.column[order] - core * size
    if static:
        # Of each row the first even target, the first odd one, the second even one, ...
        parity = column % 2
        rank = np.zeros(column.size, np.int64)
        for bit in (0, 1):
            some = np.flatnonzero(parity == bit)
            starts = np.searchsorted(source[some], source[some])
            rank[some] = np.arange(some.size) - starts
        turn = np.lexsort((parity, rank, source))
        order, source, column = order[turn], source[turn], column[turn]
    return Shard(order, source, column)


def _sources(projection: ProjectionProgram) -> IntArray:
    return np.repeat(np.arange(projection.row_start.size - 1), np.diff(projection.row_start)).astype(np.int64)


def bit_words(targets: int) -> int:
    """Words of a 1-bit row."""
    return -(-targets // min(targets, MOST_BITS))


def rows_word(capacity: int) -> Word:
    """A row's entry: its first synapse and how many there are."""
    width = unsigned_width(capacity)
    return Word.of([("first", width, False), ("count", width, False)])


def rows(ends: IntArray, size: int, capacity: int) -> Contents:
    """The entries of all neurons of one side; ``ends`` is that side's neuron of each synapse, ascending."""
    counts = np.bincount(ends, minlength=size).astype(np.int64)
    return Contents(rows_word(capacity), {"first": np.cumsum(counts) - counts, "count": counts})


def incoming_word(capacity: int, sources: int) -> Word:
    """An entry of the transposed index: a synapse and its source."""
    return Word.of([("synapse", unsigned_width(capacity - 1), False), ("source", unsigned_width(sources - 1), False)])


def transposed(part: Shard) -> tuple[IntArray, IntArray]:
    """Synapses by target, then by number: the targets, and the synapses."""
    by_target = np.argsort(part.column, kind="stable")
    return part.column[by_target], by_target


def bit_word(targets: int) -> Word:
    """A word of a 1-bit row: one bit a target."""
    return Word.of([("bits", min(targets, MOST_BITS), False)])


def bit_rows(part: Shard, sources: int, targets: int) -> Contents:
    """The 1-bit rows of all sources."""
    width, words = min(targets, MOST_BITS), bit_words(targets)
    values = np.zeros(sources * words, np.int64)
    np.bitwise_or.at(values, part.source * words + part.column // width, 1 << (part.column % width))
    return Contents(bit_word(targets), {"bits": values})
