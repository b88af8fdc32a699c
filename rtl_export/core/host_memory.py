"""HostMap: the memories of a core that a host writes before the first tick, or writes and reads between two ticks."""

from __future__ import annotations

from dataclasses import dataclass

from rtl_export.core.population_core import PopulationCore
from rtl_export.core.projection_core import ProjectionCore
from rtl_export.core.storage import Storage
from rtl_export.core.words import Word


@dataclass(frozen=True, slots=True)
class HostMemory:
    """A memory on the host's port.

    Args:
        select: its number.
        part: name of the population or projection.
        module: the Verilog module that holds it.
        kind: what it holds: states, parameters, row (of an input), rows, links, bits, weights, columns, incoming,
            pre_traces, post_traces.
        word, depth: its shape.
        writable, readable: what the host may do.
        number: of the input, for a row.
        latency: clocks from asking to the word.
    """

    select: int
    part: str
    module: str
    kind: str
    word: Word
    depth: int
    writable: bool
    readable: bool
    number: int = 0
    latency: int = 1

    @property
    def signal(self) -> str:
        """Name of its signals in its module."""
        return f"row{self.number}" if self.kind == "row" else self.kind


def host_map(
    populations: tuple[PopulationCore, ...], projections: tuple[ProjectionCore, ...]
) -> tuple[HostMemory, ...]:
    """Every memory, populations first, in order."""
    memories: list[HostMemory] = []

    def add(part: PopulationCore | ProjectionCore, kind: str, word: Word, depth: int, use: str, **more: int) -> None:
        memories.append(
            HostMemory(len(memories), part.name, part.module, kind, word, depth, "w" in use, "r" in use, **more)
        )

    for population in populations:
        add(population, "states", population.read_word, population.size, "r", latency=population.read_latency)
        if population.parameters.fields:
            add(population, "parameters", population.parameters, population.size, "w")
        for row in population.inputs:
            add(population, "row", Word.of([("row", row.width, True)]), population.size, "w", number=row.number)
    for part in projections:
        if part.bits:
            add(part, "bits", part.bit_word, part.words, "w")
        if part.storage is Storage.ROWS:
            add(part, "rows", part.rows_word, part.sources, "w")
        if part.link.fields:
            add(part, "links", part.link, part.capacity, "w")
        if part.weights.fields:
            add(part, "weights", part.weights, part.capacity, "wr")
        if part.on_post is not None and not part.dense:
            add(part, "columns", part.rows_word, part.targets, "w")
            add(part, "incoming", part.incoming_word, part.capacity, "w")
        if part.pre_traces is not None:
            add(part, "pre_traces", part.pre_traces.word, part.sources, "r")
        if part.post_traces is not None:
            add(part, "post_traces", part.post_traces.word, part.targets, "r")
    return tuple(memories)
