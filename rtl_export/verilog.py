"""Verilog: prints a netlist as readable Verilog-2005, one module a file, from the templates beside this file."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.metadata import PackageNotFoundError, version

from jinja2 import Environment, PackageLoader, StrictUndefined

from rtl_export.expressions import narrowed
from rtl_export.names import STATIC_MODULES, part_name, signal_of, variable_name
from rtl_export.netlist import CoreNetlist, Ring
from rtl_export.population_core import PopulationCore, StateCore
from rtl_export.projection_core import ProjectionCore
from rtl_export.words import Field, Word


def verilog_files(core: CoreNetlist) -> dict[str, bytes]:
    """File name -> contents of all sources and memory images of a core. The same netlist gives the same bytes."""
    files = {f"{name}.v": render(f"{name}.v") for name in STATIC_MODULES}
    for population in core.populations:
        files[f"{population.module}.v"] = render("population.v", population=population)
    for projection in core.projections:
        ring = core.ring_of(projection.source)
        files[f"{projection.module}.v"] = render("projection.v", projection=projection, ring=ring)
    files[f"{core.name}.v"] = render("core.v", core=core)
    return {name: text.encode("ascii") for name, text in files.items()} | {rom.file: rom.image for rom in core.roms}


def render(template: str, **values: object) -> str:
    """The text of a template, which is named without its ending."""
    return _environment().get_template(f"{template}.j2").render(values)


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("rtl_export"),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 - Verilog, not HTML
    )
    filters = (
        after,
        chosen,
        lanes,
        layout,
        margin_bits,
        packed,
        ring_signal,
        source_of,
        start_text,
        type_of,
        unpacked,
    )
    environment.filters |= {function.__name__: function for function in filters} | {"signal": signal_of}
    environment.globals["version"] = _version()
    return environment


def _version() -> str:
    try:
        return version("spikeloom")
    except PackageNotFoundError:
        return "(from a checkout)"


# ------------------------------------------------------------------------------------- words for the templates


def after(name: str, prefix: str) -> str:
    """The name without a prefix."""
    return name.removeprefix(prefix)


def ring_signal(ring: Ring, signal: str) -> str:
    """A signal of an emitter's spike ring."""
    return signal_of(part_name("spikes", ring.emitter), signal)


def chosen(projections: Sequence[ProjectionCore], signal: str) -> str:
    """The signal of the one projection that is running."""
    texts = [signal_of(part.module, signal) for part in projections]
    guards = [f"{signal_of(part.module, 'busy')} ? {text} : " for part, text in zip(projections, texts, strict=True)]
    return "".join(guards[:-1]) + texts[-1]


def lanes(core: CoreNetlist, signal: str, width: int) -> str:
    """All populations' signals side by side, each filled up with zeros to the lane's width."""
    own = {"spike_index": "index_width", "state_index": "index_width"}
    parts = []
    for population in reversed(core.populations):
        has = {"state_word": population.read_word.width}.get(signal, getattr(population, own.get(signal, ""), 1))
        filling = f"{width - has}'d0, " if width > has else ""
        parts.append(filling + signal_of(population.module, signal))
    return _concatenation(parts)


def _concatenation(parts: Sequence[str]) -> str:
    """The parts side by side, highest first; a single one stands alone."""
    return parts[0] if len(parts) == 1 and "," not in parts[0] else "{" + ", ".join(parts) + "}"


def layout(fields: Sequence[Field]) -> str:
    """A word's fields and their bits, for a comment."""
    return ", ".join(f"{part.name} {part.bits}" for part in fields)


def margin_bits(population: PopulationCore) -> str:
    """The bits of a margin above 0."""
    return narrowed(population.margin, population.margin_width)


def start_text(population: PopulationCore, state: StateCore) -> str:
    """A state at the start of a tick: its input, or its start value at a restart, or what the last tick left."""
    rows = [given for given in population.inputs if given.state == state.name]
    if rows:
        return f"row{rows[-1].number}"
    last = "last" + next(part.bits for part in population.word.fields if part.name == f"state_{state.name}")
    bits = [f"restart[{population.restarts.index(bit)}]" for bit in state.restarts]
    condition = bits[0] if len(bits) == 1 else f"({' || '.join(bits)})"
    return f"{condition} ? {state.initial} : {last}" if bits else last


def packed(population: PopulationCore, value: str, counter: str) -> str:
    """A concatenation of the state word: the states' ``initial``, ``next`` or ``final`` values, and a counter."""
    parts = [counter] if population.counter_width else []
    return _concatenation(parts + [getattr(state, value) for state in reversed(population.states)])


def unpacked(fields: Sequence[Field], role: str) -> str:
    """A word's fields as a concatenation of variables ``role_name``, to take the word apart."""
    return _concatenation([role + after(after(part.name, "state_"), "sum_") for part in reversed(fields)])


def type_of(population: PopulationCore, name: str) -> str:
    """The type of a state or coefficient that a projection reads."""
    words: list[Word] = [population.word] + ([population.rom.word] if population.rom else [])
    wanted = (variable_name("state", name), variable_name("coef", name))
    return next(part.declaration for word in words for part in word.fields if part.name in wanted)


def source_of(population: PopulationCore, name: str) -> str:
    """The signal behind a state or coefficient that a projection reads."""
    return f"stored_{name}" if any(state.name == name for state in population.states) else f"coef_{name}"
