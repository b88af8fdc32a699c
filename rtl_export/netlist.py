"""Netlist: what the generated core consists of, as frozen data between the StepProgram and the Verilog text.

The core runs one tick like this, one neuron or synapse a clock:

1. Every population, all at once, walks its neurons through a pipeline that first ends the tick before (synaptic sums
   into states, saturating once; resets: the ends of phases 3 and 4) and then begins this one (restart, input, update,
   threshold: phases 0 to 2). Its winners arbiter follows, if it has one.
2. One projection after the other walks the spikes that are due and adds to wide sums (phase 3).

So a state is read and written once a tick. Whoever reads it between two ticks reads it through the first stages of
the pipeline, and sees the tick ended.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neuro.program import StepProgram
from rtl_export.intervals import Interval, unsigned_width
from rtl_export.names import check_core_name
from rtl_export.population_build import population_core
from rtl_export.population_core import PopulationCore
from rtl_export.projection_core import ProjectionCore, projection_core
from rtl_export.support import check_supported, live
from rtl_export.words import Rom


@dataclass(frozen=True, slots=True)
class Ring:
    """The spikes of one population or source, kept for as many ticks as the longest delay asks for.

    Args:
        emitter: name of the population or source.
        size: how many neurons it has.
        capacity: spikes that one tick can bring.
        slots: ticks kept, the running one included.
        host: number of the host's write target where the spikes are given, None for a population.
    """

    emitter: str
    size: int
    capacity: int
    slots: int
    host: int | None

    @property
    def index_width(self) -> int:
        """Bits of a neuron's index."""
        return unsigned_width(self.size - 1)

    @property
    def count_width(self) -> int:
        """Bits of a number of spikes in one tick."""
        return unsigned_width(self.capacity)

    @property
    def slot_width(self) -> int:
        """Bits of a slot, and of an age in ticks."""
        return unsigned_width(self.slots - 1)

    @property
    def address_width(self) -> int:
        """Bits of an address in the memory of all slots."""
        return unsigned_width(self.slots * self.capacity - 1)


@dataclass(frozen=True, slots=True)
class CoreNetlist:
    """A whole core: populations with neurons, projections that can do something, and the rings between them.

    Args:
        name: module and file name of the top.
        dt: seconds a tick.
        populations, projections: in canonical order; empty ones are left out.
        rings: one for each emitter that a projection starts at, sources' first.
        restarts: number of bits of the restart bus, one for each RestartProgram in order.
        inputs: number of current inputs; the host's write targets 0 to inputs - 1.
    """

    name: str
    dt: float
    populations: tuple[PopulationCore, ...]
    projections: tuple[ProjectionCore, ...]
    rings: tuple[Ring, ...]
    restarts: int
    inputs: int

    @property
    def index_width(self) -> int:
        """Bits of an index on the host's and the read-back port: fits every population and source."""
        given = [ring.index_width for ring in self.rings if ring.host is not None]
        return max([part.index_width for part in self.populations] + given)

    @property
    def value_width(self) -> int:
        """Bits of a value on the host's port."""
        return max([1] + [given.width for part in self.populations for given in part.inputs])

    @property
    def select_width(self) -> int:
        """Bits that name a write target of the host."""
        targets = [self.inputs, *(ring.host + 1 for ring in self.rings if ring.host is not None)]
        return unsigned_width(max(targets) - 1)

    @property
    def read_width(self) -> int:
        """Bits of the read-back port."""
        return max(part.read_word.width for part in self.populations)

    @property
    def lane_width(self) -> int:
        """Bits that name a population."""
        return unsigned_width(len(self.populations) - 1)

    @property
    def restart_width(self) -> int:
        """Bits of the restart bus; at least 1."""
        return max(self.restarts, 1)

    @property
    def roms(self) -> tuple[Rom, ...]:
        """Every read-only memory."""
        parts = [part.rom for part in self.populations]
        parts += [rom for part in self.projections for rom in (part.rows, part.synapses)]
        return tuple(rom for rom in parts if rom is not None)

    def population(self, name: str) -> PopulationCore:
        """The population of that name."""
        return next(part for part in self.populations if part.name == name)

    def ring_of(self, emitter: str) -> Ring | None:
        """The ring of that population or source, if any projection starts there."""
        return next((ring for ring in self.rings if ring.emitter == emitter), None)

    def incoming(self, population: str) -> tuple[ProjectionCore, ...]:
        """The projections that end at a population, in order."""
        return tuple(part for part in self.projections if part.target == population)

    def outgoing(self, emitter: str) -> tuple[ProjectionCore, ...]:
        """The projections that start at a population or source, in order."""
        return tuple(part for part in self.projections if part.source == emitter)

    @property
    def most_clocks(self) -> int:
        """No tick takes more clocks: every neuron fires, and every arbiter has to choose among all."""
        size = max(part.size for part in self.populations)
        arbiters = [part.size + 2 for part in self.populations if part.limited]
        widest = max([part.margin_width for part in self.populations if part.limited], default=0)
        synapses = sum(part.most_clocks for part in self.projections)
        return size + 16 + (widest + 2) * max(arbiters, default=0) + synapses


def netlist(program: StepProgram, name: str = "spikeloom_core") -> CoreNetlist:
    """The core that runs a quantised program.

    Args:
        program: every state with a Format, see :mod:`neuro.program`.
        name: of the top module, a Verilog identifier.

    Raises:
        UnsupportedByTarget: the program asks for something that silicon does not carry, by name.
        InvalidInput: the name can't be used.
    """
    check_core_name(name)
    check_supported(program)
    projections = tuple(projection_core(program, part) for part in program.projections if live(program, part))
    sums: dict[str, dict[str, Interval]] = {part.name: {} for part in program.populations}
    for projection in projections:
        for delta in projection.deltas:
            known = sums[projection.target].get(delta.state, Interval(0, 0))
            sums[projection.target][delta.state] = known + delta.total
    reads = {part.name: _post_reads(projections, part.name) for part in program.populations}
    populations = tuple(
        population_core(program, part, MappingProxyType(sums[part.name]), reads[part.name])
        for part in program.populations
        if part.size
    )
    rings = _rings(program, projections)
    return CoreNetlist(name, program.dt, populations, projections, rings, len(program.restarts), len(program.inputs))


def _post_reads(projections: tuple[ProjectionCore, ...], population: str) -> tuple[str, ...]:
    names = {port.name for part in projections if part.target == population for port in part.post_reads}
    return tuple(sorted(names))


def _rings(program: StepProgram, projections: tuple[ProjectionCore, ...]) -> tuple[Ring, ...]:
    """Sources come first in the host's numbering, right behind the current inputs."""
    slots: Mapping[str, int] = {
        part.source: max(other.delay for other in projections if other.source == part.source) + 1
        for part in projections
    }
    rings = [
        Ring(source.name, source.size, source.size, slots[source.name], len(program.inputs) + number)
        for number, source in enumerate(program.sources)
        if source.name in slots
    ]
    for population in program.populations:
        if population.name in slots:
            limits = [population.size, population.winners.per_tick, population.winners.quota]
            capacity = min(limit for limit in limits if limit is not None)
            rings.append(Ring(population.name, population.size, max(capacity, 1), slots[population.name], None))
    return tuple(rings)
