"""Core: what the generated hardware consists of, as frozen data between the StepProgram and the Verilog text.

The core runs one tick like this, one neuron or synapse per cycle:

1. Every population, all at once, walks its neurons through a pipeline that first ends the tick before (synaptic sums
   into states, saturating once; resets; operations: phases 3 to 5) and then begins this one (restart, input, update,
   threshold: phases 0 to 2). Its winners arbiter follows, if it has one. Traces and synapses decay meanwhile,
   event-driven ones not in tick 0.
2. The spikes are sent; spikes for this tick may come in until ``deliver``.
3. One projection after the other walks the spikes that are due: wide sums, weights (phase 3, on_pre). Then each walks
   the spikes of its target (on_post), then operations on synapses run (phase 5).

So a state is read and written once per tick. Whoever reads it between two ticks reads it through the pipeline, and sees
the tick ended.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

from neuro.compiler.ir import StepProgram
from neuro.errors import InvalidInput
from rtl_export.core.datapath import STAGE_NS
from rtl_export.core.host_memory import HostMemory, host_map
from rtl_export.core.intervals import Interval, unsigned_width
from rtl_export.core.names import check_core_name, verilog_part_name
from rtl_export.core.population_build import population_core
from rtl_export.core.population_core import PopulationCore
from rtl_export.core.projection_build import projection_core, settled_reads, with_operations
from rtl_export.core.projection_core import ProjectionCore
from rtl_export.core.support import check_cores, check_supported, live

UNPIPELINED = 1
"""Neurons of a core up to which their step is one stage: nothing follows in a pipeline, and its registers would take
three quarters of such a core."""

_ADDRESS_BITS = 31


@dataclass(frozen=True, slots=True)
class Ring:
    """The spikes of one population or source, kept for as many ticks as the longest delay asks for.

    Args:
        emitter: name of the population or source.
        number: of the emitter in addresses of spikes.
        external: whether the spikes come in from outside, else the population's own.
        size: how many neurons can be in it.
        capacity: spikes that one tick can bring.
        slots: ticks kept, the running one included.
    """

    emitter: str
    number: int
    external: bool
    size: int
    capacity: int
    slots: int

    @property
    def module(self) -> str:
        """Name of its instance."""
        return verilog_part_name("given" if self.external else "fired", self.emitter)

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
class Unit:
    """One of the parts of a tick that run one after the other: ``pre``, ``post`` or ``operate`` of a projection."""

    projection: str
    work: str
    operation: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Core:
    """A whole core, or one of several equal ones.

    Args:
        name: module and file name of the top.
        dt: seconds per tick.
        populations, projections: in canonical order; empty ones are left out.
        rings: own spikes of each population, then external ones.
        restarts: number of bits of the restart bus, one for each RestartProgram in order.
        operations: number of the program's operation -> its period in ticks; those that run in the core.
        emitters: names of populations and sources in the order of their numbers, each with its whole size.
        cores: how many cores share the circuit.
    """

    name: str
    dt: float
    populations: tuple[PopulationCore, ...]
    projections: tuple[ProjectionCore, ...]
    rings: tuple[Ring, ...]
    restarts: int
    operations: Mapping[int, int]
    emitters: Mapping[str, int]
    cores: int = 1

    @property
    def core_name(self) -> str:
        """The module of one core."""
        return self.name if self.cores == 1 else f"{self.name}_node"

    @property
    def units(self) -> tuple[Unit, ...]:
        """What runs one after the other in a tick."""
        units = [Unit(part.name, "pre") for part in self.projections]
        units += [Unit(part.name, "post") for part in self.projections if part.on_post is not None]
        operations = [
            Unit(part.name, "operate", operation.number) for part in self.projections for operation in part.operations
        ]
        return (*units, *sorted(operations, key=lambda unit: unit.operation or 0))

    @property
    def memories(self) -> tuple[HostMemory, ...]:
        """What the host can write and read."""
        return host_map(self.populations, self.projections)

    @property
    def spike_index_width(self) -> int:
        """Bits of a neuron's index in the address of a spike."""
        return unsigned_width(max(self.emitters.values()) - 1)

    @property
    def emitter_width(self) -> int:
        """Bits of the emitter's number in the address of a spike."""
        return unsigned_width(len(self.emitters) - 1)

    @property
    def spike_width(self) -> int:
        """Bits of a spike's address: emitter, then index."""
        return self.emitter_width + self.spike_index_width

    @property
    def host_width(self) -> int:
        """Bits of the host's data: the widest word."""
        return max(memory.word.width for memory in self.memories)

    @property
    def host_address_width(self) -> int:
        """Bits of the host's address."""
        return unsigned_width(max(memory.depth for memory in self.memories) - 1)

    @property
    def host_select_width(self) -> int:
        """Bits that name a memory of one core."""
        return unsigned_width(len(self.memories) - 1)

    @property
    def select_width(self) -> int:
        """Bits that name a memory: the core above the memory."""
        return self.host_select_width + (unsigned_width(self.cores - 1) if self.cores > 1 else 0)

    @property
    def restart_width(self) -> int:
        """Bits of the restart bus; at least 1."""
        return max(self.restarts, 1)

    @property
    def sender_rings(self) -> tuple[Ring, ...]:
        """The rings of the populations, in order."""
        return tuple(ring for ring in self.rings if not ring.external)

    def population(self, name: str) -> PopulationCore:
        """The population of that name."""
        return next(part for part in self.populations if part.name == name)

    def projection(self, name: str) -> ProjectionCore:
        """The projection of that name."""
        return next(part for part in self.projections if part.name == name)

    def pre_ring(self, projection: ProjectionCore) -> Ring:
        """The ring in which a projection finds the spikes of its source."""
        found = {ring.external: ring for ring in self.rings if ring.emitter == projection.source}
        return found.get(True) or found[False]

    def post_ring(self, projection: ProjectionCore) -> Ring:
        """The ring in which a projection finds the spikes of its target's own neurons."""
        return next(ring for ring in self.rings if ring.emitter == projection.target and not ring.external)

    def readers(self, ring: Ring) -> tuple[str, ...]:
        """The prefixes of the signals of all that read a ring, its sender apart."""
        pre = [f"{part.module}__pre" for part in self.projections if self.pre_ring(part) == ring]
        post = [
            f"{part.module}__post"
            for part in self.projections
            if part.on_post is not None and self.post_ring(part) == ring
        ]
        return (*pre, *post)

    def incoming(self, population: str) -> tuple[ProjectionCore, ...]:
        """The projections that end at a population, in order."""
        return tuple(part for part in self.projections if part.target == population)

    @property
    def pass_clocks(self) -> int:
        """No pass over populations, traces and synapses that decay takes more clocks."""
        traces = [part.size + part.decay.latency + 6 for q in self.projections for part in q.traces]
        steps = [part.sweep_clocks for part in self.projections if part.step is not None]
        return max([*(part.most_clocks for part in self.populations), *traces, *steps])

    @property
    def send_clocks(self) -> int:
        """Clocks for sending every spike that a tick can bring, when the receiver is always ready."""
        return sum(ring.capacity + 4 for ring in self.sender_rings) + 2

    @property
    def unit_clocks(self) -> int:
        """Clocks of all units when every neuron fires and every operation is due."""
        sweeps = sum(part.sweep_clocks * (1 + len(part.operations)) for part in self.projections)
        columns = sum(part.column_clocks for part in self.projections if part.on_post is not None)
        return sweeps + columns + 4 * len(self.units)

    @property
    def most_clocks(self) -> int:
        """No tick takes more clocks: every neuron fires, and every arbiter has to choose among all."""
        route = 0 if self.cores == 1 else self.cores * (self.send_clocks + 2) + 8
        return self.pass_clocks + self.send_clocks + self.unit_clocks + route + 12


def build_core(program: StepProgram, name: str = "spikeloom_core", *, cores: int = 1) -> Core:
    """The core that runs a quantised program, or one of ``cores`` equal ones that share its neurons.

    Args:
        program: every state with a Format, see :mod:`neuro.compiler.ir`.
        name: of the top module, a Verilog identifier.
        cores: 1 to as many as divide the size of each population.

    Raises:
        UnsupportedByTarget: the program asks for something that silicon does not carry, by name.
        InvalidInput: the name or the number of cores can't be used.
    """
    check_core_name(name)
    check_supported(program)
    if isinstance(cores, bool) or not isinstance(cores, int) or cores < 1:
        raise InvalidInput(f"cores is {cores!r}; a whole number >= 1 is allowed")
    check_cores(program, cores)
    projections = tuple(projection_core(program, part, cores) for part in program.projections if live(program, part))
    populations = _populations(program, projections, cores)
    latencies = {part.name: part.read_latency for part in populations}
    projections = tuple(with_operations(program, part, latencies[part.target], cores) for part in projections)
    emitters = {part.name: part.size for part in program.neurons if part.size}
    built = {part.name for part in populations} | {part.name for part in projections}
    core = Core(
        name,
        program.dt,
        populations,
        projections,
        _rings(program, projections, tuple(emitters), cores),
        len(program.restarts),
        {k: part.every for k, part in enumerate(program.operations) if part.of in built},
        MappingProxyType(emitters),
        cores,
    )
    _check_widths(core)
    return core


def _check_widths(core: Core) -> None:
    """Refuse addresses that a host can't write as one number."""
    widths = {"a spike's address": core.spike_width, "a memory's address": core.host_address_width}
    for what, width in {**widths, "the number of a memory": core.select_width}.items():
        if width > _ADDRESS_BITS:
            raise InvalidInput(f"{what} takes {width} bits, {_ADDRESS_BITS} are allowed; make the circuit smaller")


def _populations(
    program: StepProgram, projections: tuple[ProjectionCore, ...], cores: int
) -> tuple[PopulationCore, ...]:
    sums: dict[str, dict[str, Interval]] = {part.name: {} for part in program.populations}
    read_ports: dict[str, set[str]] = {part.name: set() for part in program.populations}
    settled: dict[str, set[str]] = {part.name: set() for part in program.populations}
    for projection in projections:
        for delta in projection.deltas:
            known = sums[projection.target].get(delta.state, Interval(0, 0))
            sums[projection.target][delta.state] = known + delta.total
        read_ports[projection.target] |= {port.name for port in projection.read_ports}
        settled[projection.target] |= set(settled_reads(program, projection.program))
    few = sum(part.size for part in program.populations) // cores <= UNPIPELINED
    return tuple(
        population_core(
            program,
            part,
            MappingProxyType(sums[part.name]),
            tuple(sorted(read_ports[part.name])),
            tuple(sorted(settled[part.name])),
            cores,
            stage_ns=math.inf if few else STAGE_NS,
        )
        for part in program.populations
        if part.size
    )


def _rings(
    program: StepProgram, projections: tuple[ProjectionCore, ...], emitters: tuple[str, ...], cores: int
) -> tuple[Ring, ...]:
    """One ring of its own spikes for each population, one of external spikes for each source.

    Where several cores share the populations, the spikes of all emitters come to each from outside.
    """
    slots: dict[str, int] = {}
    for part in projections:
        slots[part.source] = max(slots.get(part.source, 1), part.delay + 1)
    rings = []
    for number, name in enumerate(emitters):
        size = program.size_of(name)
        own = any(part.name == name for part in program.populations)
        capacity = size
        if own:
            rule = program.population(name).winners
            capacity = max(min(limit for limit in (size, rule.per_tick, rule.max_winners) if limit is not None), 1)
            local = Ring(name, number, False, size // cores, -(-capacity // cores), slots.get(name, 1))
            rings.append(local if cores == 1 else replace(local, slots=1))
        if name in slots and (cores > 1 or not own):
            rings.append(Ring(name, number, True, size, capacity, slots[name]))
    return tuple(sorted(rings, key=lambda ring: ring.external))
