"""ProjectionCore: one projection's share of the core, as :mod:`rtl_export.core.projection_build` makes it.

A projection walks the spikes that are due and of each the row of its synapses: one synapse per cycle, one event each.
Where it learns, the same walk reads and writes its weights, a second walk along the transposed rows does what the
target's spikes ask for, and operations walk all rows.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuro.arrays import AnyArray
from neuro.compiler.ir import ProjectionProgram, Scope
from rtl_export.core.datapath import Datapath
from rtl_export.core.intervals import Interval, unsigned_width
from rtl_export.core.storage import (
    Shard,
    Storage,
    bit_rows,
    bit_word,
    bit_words,
    incoming_word,
    rows,
    rows_word,
    shard,
    transposed,
)
from rtl_export.core.traces import TraceCore
from rtl_export.core.words import Contents, Word


@dataclass(frozen=True, slots=True)
class Delta:
    """What one event adds to a state of the target, and where a tick's sum over all events lies."""

    state: str
    width: int
    total: Interval


@dataclass(frozen=True, slots=True)
class PostRead:
    """A variable of the target neuron that code reads: a signed port of that width."""

    name: str
    width: int


@dataclass(frozen=True, slots=True)
class SynapticOperation:
    """An operation on the synapses: its number in the program, its arithmetic."""

    number: int
    path: Datapath


@dataclass(frozen=True, slots=True, eq=False)
class ProjectionCore:
    """Everything the projection's module is printed from.

    Args:
        program: the projection.
        module: its Verilog module.
        sources, targets: neurons on both sides, those of one core for the target.
        capacity: synapses that a core can hold.
        delay: ticks from spike to arrival.
        storage: where a synapse's target stands.
        link: the word of what a synapse holds for good: its target and its own numbers.
        link_values: those numbers, in the program's order.
        weights: the word of what a synapse changes.
        on_pre, on_post, step: arithmetic of an arriving spike, of the target's spike, of a tick.
        step_waits: whether the step of tick 0 is left out.
        operations: those on the synapses.
        pre_traces, post_traces: shared states of both sides.
        deltas: what an event adds.
        read_ports: states and parameters of the target that on_pre and on_post read.
        settled: states of the target that operations read.
    """

    program: ProjectionProgram
    module: str
    sources: int
    targets: int
    capacity: int
    delay: int
    storage: Storage
    link: Word
    link_values: dict[str, AnyArray]
    weights: Word
    on_pre: Datapath
    on_post: Datapath | None
    step: Datapath | None
    step_waits: bool
    operations: tuple[SynapticOperation, ...]
    pre_traces: TraceCore | None
    post_traces: TraceCore | None
    deltas: tuple[Delta, ...]
    read_ports: tuple[PostRead, ...]
    settled: tuple[PostRead, ...]

    @property
    def name(self) -> str:
        """Name of the projection."""
        return self.program.name

    @property
    def source(self) -> str:
        """Name of the population or source that it starts at."""
        return self.program.source

    @property
    def target(self) -> str:
        """Name of the population that it ends at."""
        return self.program.target

    @property
    def static(self) -> bool:
        """Whether nothing in it ever changes."""
        return not (self.weights.fields or self.traces)

    @property
    def traces(self) -> tuple[TraceCore, ...]:
        """The traces of both sides."""
        return tuple(part for part in (self.pre_traces, self.post_traces) if part is not None)

    @property
    def dense(self) -> bool:
        """Whether synapses are numbered source by source without a gap."""
        return self.storage is Storage.DENSE

    @property
    def bits(self) -> bool:
        """Whether it is stored as 1-bit rows."""
        return self.storage is Storage.BITS

    @property
    def pace(self) -> int:
        """Clocks for a synapse. Sparse rows of weights that change are walked at half speed, see ``sram_pair``."""
        return 1 if self.static or self.dense else 2

    @property
    def words(self) -> int:
        """Entries of a whole memory: synapses, or words of bits."""
        return self.sources * bit_words(self.targets) if self.bits else self.capacity

    @property
    def row_length(self) -> int:
        """Entries of each row, where all have the same."""
        return bit_words(self.targets) if self.bits else self.targets

    @property
    def entry_width(self) -> int:
        """Bits of an entry's number."""
        return unsigned_width(max(self.words - 1, 0))

    @property
    def synapse_width(self) -> int:
        """Bits of a synapse's number."""
        return unsigned_width(max(self.capacity - 1, 0))

    @property
    def length_width(self) -> int:
        """Bits of a number of entries in a row or column."""
        if self.storage is Storage.ROWS:
            return unsigned_width(self.capacity)
        return unsigned_width(max(self.row_length, self.sources))

    @property
    def source_width(self) -> int:
        """Bits of a source neuron's index."""
        return unsigned_width(self.sources - 1)

    @property
    def target_width(self) -> int:
        """Bits of a target neuron's index."""
        return unsigned_width(self.targets - 1)

    @property
    def rows_word(self) -> Word:
        """A row's entry."""
        return rows_word(self.capacity)

    @property
    def incoming_word(self) -> Word:
        """An entry of the transposed index."""
        return incoming_word(self.capacity, self.sources)

    @property
    def bit_word(self) -> Word:
        """A word of a 1-bit row."""
        return bit_word(self.targets)

    @property
    def latency(self) -> int:
        """Clocks from a synapse's values to the end of the longest arithmetic."""
        paths = [self.on_pre, self.on_post, self.step, *(part.path for part in self.operations)]
        return max(path.latency for path in paths if path is not None)

    @property
    def row_clocks(self) -> int:
        """Clocks for a row besides its synapses."""
        trace = max([part.rise.latency for part in self.traces], default=0)
        return 12 + (0 if self.static else max(self.latency, trace) + 6)

    @property
    def sweep_clocks(self) -> int:
        """No walk over all synapses takes more clocks."""
        # Synapses that wait for a bank of the sums take two clocks; zero words of bits take one.
        synapses = self.capacity * 2 + (self.words if self.bits else 0)
        return self.sources * self.row_clocks + synapses + self.latency + 12

    @property
    def column_clocks(self) -> int:
        """No walk over the columns of all targets takes more clocks."""
        return self.targets * self.row_clocks + 2 * self.capacity + self.latency + 12

    # ----------------------------------------------------------------------------------------- what the host loads

    def shard(self, core: int) -> Shard:
        """The synapses of a core, in the order in which they are stored."""
        return shard(self.program, core, self.targets, static=self.static)

    def contents(self, core: int) -> dict[str, Contents]:
        """What the host loads into the memories of a core: memory -> contents."""
        part = self.shard(core)
        loaded: dict[str, Contents] = {}
        if self.bits:
            return {"bits": bit_rows(part, self.sources, self.targets)}
        if self.storage is Storage.ROWS:
            loaded["rows"] = rows(part.source, self.sources, self.capacity)
        if self.link.fields:
            values = {name: numbers[part.order] for name, numbers in self.link_values.items()}
            names = {field.name for field in self.link.fields}
            loaded["links"] = Contents(self.link, {**({"column": part.column} if "column" in names else {}), **values})
        if self.weights.fields:
            states = {field.name: self.program.state(field.name.removeprefix("own_")) for field in self.weights.fields}
            loaded["weights"] = Contents(
                self.weights, {name: state.initial[part.order] for name, state in states.items()}
            )
        if self.on_post is not None and not self.dense:
            ends, synapses = transposed(part)
            loaded["columns"] = rows(ends, self.targets, self.capacity)
            loaded["incoming"] = Contents(self.incoming_word, {"synapse": synapses, "source": part.source[synapses]})
        return {name: contents for name, contents in loaded.items() if contents.rows}

    def trace(self, side: Scope) -> TraceCore | None:
        """The traces of a side."""
        return self.pre_traces if side is Scope.PRE else self.post_traces
