"""Template filters: small texts of Verilog that the templates ask for by name."""

from __future__ import annotations

from collections.abc import Sequence

from rtl_export.core.core import Core, Ring, Unit
from rtl_export.core.datapath import Datapath
from rtl_export.core.host_memory import HostMemory
from rtl_export.core.names import signal_of, variable_name
from rtl_export.core.population_core import PopulationCore
from rtl_export.core.projection_core import ProjectionCore
from rtl_export.core.traces import FIRST_TICK, TraceCore
from rtl_export.core.words import Field


def after(name: str, prefix: str) -> str:
    """The name without a prefix."""
    return name.removeprefix(prefix)


def bit_length(value: int) -> int:
    """Bits of an unsigned number."""
    return value.bit_length()


def bits_of(name: str, width: int, has: int) -> str:
    """The lowest bits of a signal; the signal where that is all of it."""
    return f"{name}[{width - 1}:0]" if width < has else name


def widened(name: str, has: int, width: int) -> str:
    """A signal filled up with zeros to a width."""
    return f"{{{width - has}'d0, {name}}}" if has < width else name


def chain(name: str, length: int, bit: str) -> str:
    """A shift register's next value: ``bit`` comes in at the bottom of ``length`` stages and one."""
    return f"{{{name}[{length - 1}:0], {bit}}}" if length else bit


def chosen(parts: Sequence[ProjectionCore], wanted: str, guard: str) -> str:
    """The signal of the one projection whose guard is up."""
    texts = [signal_of(part.module, wanted) for part in parts]
    guards = [f"{signal_of(part.module, guard)} ? {text} : " for part, text in zip(parts, texts, strict=True)]
    return "".join(guards[:-1]) + texts[-1]


def layout(fields: Sequence[Field]) -> str:
    """A word's fields and their bits, for a comment."""
    return ", ".join(f"{part.name} {part.bits}" for part in fields)


# ------------------------------------------------------------------------------------------------ populations


def _stored(population: PopulationCore, names: Sequence[str]) -> tuple[str, Field] | None:
    """The memory word and the field of the first of these names that one holds."""
    for signal, word in (("stored", population.word), ("parameter_word", population.parameters)):
        for part in word.fields:
            if part.name in names:
                return signal, part
    return None


def step_input(population: PopulationCore, name: str) -> str:
    """What an input of the datapath is connected to: a field of a word, or the signal of that name."""
    stored = name.removeprefix("stored_")
    if stored != name:
        found = _stored(population, ["counter" if name == "stored_counter" else variable_name("state", stored)])
    else:
        found = _stored(population, [name])
    return name if found is None else f"{found[0]}{found[1].bits}"


def last_word(population: PopulationCore) -> str:
    """The word that the host reads: the neuron as the last tick left it."""
    parts = [f"final_{part.name.removeprefix('state_')}" for part in reversed(population.word.fields)]
    return "{" + ", ".join((["used"] if population.used_width else []) + parts) + "}"


def _looked_at(population: PopulationCore, name: str) -> tuple[str, Field]:
    found = _stored(population, [variable_name("state", name), variable_name("coef", name)])
    if found is None:
        raise ValueError(f"{population.name} stores no {name}")  # the core asked for it
    return found


def type_of(population: PopulationCore, name: str) -> str:
    """The type of a state or parameter that a projection reads."""
    return _looked_at(population, name)[1].declaration


def source_of(population: PopulationCore, name: str) -> str:
    """The signal behind a state or parameter that a projection reads."""
    signal, part = _looked_at(population, name)
    return f"{signal}{part.bits}"


# ------------------------------------------------------------------------------------------------ projections


def paths(projection: ProjectionCore) -> list[tuple[str, Datapath]]:
    """Role -> arithmetic, for all that a projection can do with a synapse."""
    roles = [("pre", projection.on_pre), ("step", projection.step), ("post", projection.on_post)]
    roles += [(f"operate{k}", part.path) for k, part in enumerate(projection.operations)]
    return [(role, path) for role, path in roles if path is not None]


def modes(projection: ProjectionCore) -> list[str]:
    """Names of what a walk can be for; none where nothing ever changes."""
    return [] if projection.static else [role.upper() for role, _ in paths(projection)]


def mode_width(projection: ProjectionCore) -> int:
    """Bits of the mode."""
    return max(len(modes(projection)) - 1, 1).bit_length()


def step_start(waits: bool) -> str:
    """What starts the step of a tick, which may be left out in tick 0."""
    return f"(update_start && !{FIRST_TICK})" if waits else "update_start"


def mode_start(projection: ProjectionCore, mode: str) -> str:
    """The signal that starts a walk of that mode."""
    if mode.startswith("OPERATE"):
        return f"operate_start[{mode.removeprefix('OPERATE')}]"
    return {"PRE": "pre_start", "POST": "post_start", "STEP": step_start(projection.step_waits)}[mode]


def sweep_start(projection: ProjectionCore) -> str:
    """What starts a walk over all rows."""
    starts = [step_start(projection.step_waits)] if projection.step is not None else []
    starts += ["operate_start != 0"] if projection.operations else []
    return " || ".join(starts) or "1'b0"


def stride(projection: ProjectionCore) -> str:
    """The way from one synapse of a dense column to the next, around the end of the width."""
    width = projection.entry_width
    return f"{width}'d{projection.targets % (1 << width)}"


def stage(projection: ProjectionCore, latency: int) -> str:
    """Whether a synapse is at the end of arithmetic of that latency."""
    return f"stages[{latency}]" if projection.latency else "stages"


def synapse_input(projection: ProjectionCore, role: str, name: str) -> str:
    """What an input of a synapse's arithmetic is connected to."""
    if name in ("synapse", "target"):
        return "synapse" if name == "synapse" else "column"
    if name == FIRST_TICK:
        return name
    kind, _, variable = name.partition("_")
    if kind in ("look", "settled"):
        return name
    if kind == "own":
        return f"weight_word{projection.weights.field(name).bits}"
    if kind in ("held", "trace"):
        side = "pre" if (kind == "held") != (role == "post") else "post"
        traces = projection.pre_traces if side == "pre" else projection.post_traces
        field = "" if traces is None else traces.word.field(f"trace_{variable}").bits
        return f"{side}_{'held' if kind == 'held' else 'trace_word'}{field}"
    return f"link_word{projection.link.field(name).bits}"


def trace_input(traces: TraceCore, name: str) -> str:
    """What an input of a trace's arithmetic is connected to."""
    return name if name == FIRST_TICK else f"word{traces.word.field(name).bits}"


def synapse_output(projection: ProjectionCore, role: str, name: str) -> str:
    """What an output of a synapse's arithmetic is connected to."""
    kind, _, variable = name.partition("_")
    if kind == "new":
        return f"{role}_weights{projection.weights.field(f'own_{variable}').bits}"
    return {"hit": "event_index", "written": f"{role}_written"}.get(name, f"sent_{variable}")


# ------------------------------------------------------------------------------------------------ the core


def ring_reads(ring: Ring, readers: Sequence[str], what: str) -> str:
    """Whether anybody asks a ring for a count or a spike."""
    asks = [f"{reader}_{what}_read" for reader in readers]
    return " || ".join(([] if ring.external else [f"{ring.module}__send_{what}"]) + asks)


def _asking(ring: Ring, readers: Sequence[str], signal: str, last: str) -> str:
    guarded = readers[:-1] if ring.external else readers
    texts = [f"({name}_count_read || {name}_spike_read) ? {name}_spike_{signal} : " for name in guarded]
    return "".join(texts) + (f"{readers[-1]}_spike_{signal}" if ring.external else last)


def ring_age(ring: Ring, readers: Sequence[str]) -> str:
    """The age that the one who asks a ring wants; the sender wants this tick's spikes."""
    return _asking(ring, readers, "age", f"{ring.slot_width}'d0")


def ring_position(ring: Ring, readers: Sequence[str]) -> str:
    """The position that the one who asks a ring wants."""
    return _asking(ring, readers, "position", f"{ring.module}__send_position")


def side_by_side(rings: Sequence[Ring], what: str, width: int) -> str:
    """All rings' counts or indices side by side, each filled up with zeros to a width."""
    parts = [
        widened(f"{ring.module}__{what}", ring.count_width if what == "count" else ring.index_width, width)
        for ring in reversed(rings)
    ]
    return "{" + ", ".join(parts) + "}"


def unit_bit(core: Core, projection: ProjectionCore, work: str, operation: int | None = None) -> str:
    """The bit that starts a part of the tick."""
    return f"unit_start[{core.units.index(Unit(projection.name, work, operation))}]"


def known_spikes(core: Core, address: str) -> str:
    """Whether an address is one of a source's neurons."""
    own = {part.name for part in core.populations}
    wide, narrow = core.spike_width, core.spike_index_width
    texts = []
    for number, (name, size) in enumerate(core.emitters.items()):
        if name not in own:
            named = f"{address}[{wide - 1}:{narrow}] == {core.emitter_width}'d{number}"
            inside = f" && {address}[{narrow - 1}:0] <= {narrow}'d{size - 1}" if size < 1 << narrow else ""
            texts.append(f"({named}{inside})")
    return " || ".join(texts) or "1'b0"


def allowed(core: Core, memory: HostMemory) -> str:
    """Whether the host may do with a word of a memory what the command asks for."""
    width = core.host_address_width
    inside = [f"address <= {width}'d{memory.depth - 1}"] if memory.depth < 1 << width else []
    use = [] if memory.writable and memory.readable else ["write_data[2]" if memory.writable else "write_data[3]"]
    return " && ".join(inside + use) or "1'b1"
