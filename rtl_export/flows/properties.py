"""Properties: what is proven of the generated Verilog, for all inputs and any number of clocks.

Each is proven on a whole core of one of the small circuits here, or on one module whose surroundings may do anything.
The assertions stand in the templates of ``formal/``. A proof covers every input and any number of ticks, but its cost
grows with the number of registers. So the circuits are as little as shows every mechanism, with few neurons and few
bits; the text that is proven comes from the templates and rules that print the large ones.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from neuro.compiler.ir import (
    ACTIVE,
    Assignment,
    Binary,
    Call,
    Constant,
    Format,
    PopulationProgram,
    ProjectionProgram,
    RestartProgram,
    RoundShift,
    Scope,
    Select,
    SourceProgram,
    State,
    StepProgram,
    Symbol,
    Threshold,
    WinnersRule,
)
from rtl_export.core.core import Core, build_core
from rtl_export.core.datapath import Datapath, Signal
from rtl_export.core.expressions import Wire
from rtl_export.core.population_core import PopulationCore
from rtl_export.emit.template_filters import paths, widened
from rtl_export.emit.verilog import render, verilog_files
from rtl_export.flows.formal import Property, bound

_TICK = 1e-3
_NONE = np.zeros(0, np.int64)
_V, _W, _POST_V = Symbol("v"), Symbol("w"), Symbol("v", Scope.POST)

REFRACTORY = 2
"""Ticks that a neuron of these circuits holds still after a spike, its own included."""

PER_TICK, QUOTA = 1, 2
"""Winners in a tick, and spikes between two restarts, of :func:`competition`."""

LOWEST, HIGHEST = -2, 5
"""Bounds of a weight of :func:`plasticity`; its format reaches from -8 to 7."""


def relay() -> StepProgram:
    """Two leaky neurons with a refractory time behind two inputs."""
    return _circuit(_population(2), 2)


def competition() -> StepProgram:
    """Two leaky neurons of which one fires in a tick at most, and two spikes come between two restarts."""
    population = _population(2, WinnersRule(per_tick=PER_TICK, max_winners=QUOTA))
    restarts = (RestartProgram(population.name, _NONE, ("v",)),)
    return _circuit(population, 1, restarts=restarts)


def plasticity() -> StepProgram:
    """Two neurons whose incoming weights learn from pairs of spikes, by traces that decay and saturate."""
    pre, post = Symbol("x"), Symbol("y")

    def bounded(change: Binary) -> Call:
        return Call("clip", (change, Constant(LOWEST), Constant(HIGHEST)))

    def decay(trace: Symbol) -> Assignment:
        return Assignment(trace, RoundShift(Binary("*", trace, Constant(3)), 2))

    return _circuit(
        _population(2),
        2,
        traces=(State("x", np.zeros(4, np.int64), Format(3, 0)), State("y", np.zeros(4, np.int64), Format(3, 0))),
        update=(decay(pre), decay(post)),
        on_pre=(Assignment(_W, bounded(Binary("-", _W, post))), Assignment(pre, Binary("+", pre, Constant(2)))),
        on_post=(Assignment(_W, bounded(Binary("+", _W, pre))), Assignment(post, Binary("+", post, Constant(2)))),
    )


def _population(size: int, winners: WinnersRule | None = None) -> PopulationProgram:
    """Neurons that leak a quarter per tick, fire above 3 and start again at 6: only refractoriness stills them."""
    leak = RoundShift(Binary("-", Binary("*", _V, Constant(4)), _V), 2)
    return PopulationProgram(
        "a",
        size,
        (State("v", np.zeros(size, np.int64), Format(4, 0)),),
        (),
        (Assignment(_V, Select(Symbol(ACTIVE), leak, _V)),),
        Threshold(_V, Constant(3)),
        (Assignment(_V, Constant(6)),),
        np.array(REFRACTORY),
        frozenset({"v"}),
        winners or WinnersRule(),
    )


def _circuit(
    population: PopulationProgram,
    sources: int,
    *,
    restarts: tuple[RestartProgram, ...] = (),
    traces: tuple[State, ...] = (),
    update: tuple[Assignment, ...] = (),
    on_pre: tuple[Assignment, ...] = (),
    on_post: tuple[Assignment, ...] = (),
) -> StepProgram:
    """Inputs that all reach all neurons; the weights are the host's, these only keep them from being equal."""
    synapses = sources * population.size
    weights = State("w", np.arange(synapses) % 4 - 2, Format(4, 0) if traces else Format(3, 0))
    projection = ProjectionProgram(
        "sa",
        "s",
        population.name,
        np.arange(sources + 1) * population.size,
        np.tile(np.arange(population.size), sources),
        np.array(0),
        (weights, *traces),
        on_pre=(Assignment(_POST_V, _W, accumulate=True), *on_pre),
        on_post=on_post,
        update=update,
    )
    source = SourceProgram("s", sources, _NONE, _NONE)
    return StepProgram(_TICK, (population,), (source,), (projection,), restarts=restarts)


_SHIFT = ">" * 3
"""Verilog's arithmetic shift; written out it would look like an example in a docstring."""
_CUT = re.compile(r"\b([a-z]\w*)\[(\d+):(\d+)\]")


def no_overflow() -> tuple[Property, ...]:
    """No intermediate value and no sum wraps: each equals the same arithmetic with room to spare."""
    return _exact("overflow_relay", relay()), _exact("overflow_plasticity", plasticity())


def at_most_k() -> tuple[Property, ...]:
    """No more spikes in a tick, and between two restarts, than the winners rule admits."""
    claim = render("formal/claim_limits.sv", per_tick=PER_TICK, quota=QUOTA)
    return (_of_population("at_most_k", competition(), lambda _: claim),)


def largest_win(candidates: int = 3, bits: int = 2) -> tuple[Property, ...]:
    """Exactly the largest margins win, ties go to the lower index, and the choice ends."""
    width, address = candidates.bit_length(), (candidates - 1).bit_length()
    walks = (candidates + 2) + (bits + 2) * (candidates + 3) + 2
    given = {"n": candidates, "bits": bits, "width": width, "address": address}
    name, few = "formal_winners", "formal_few_winners"
    text = render("formal/formal_winners.sv", name=name, arbiter="winners", places=0, most=walks, **given)
    places = candidates - 1
    sorted_in = render(
        "formal/formal_winners.sv", name=few, arbiter="few_winners", places=places, most=places + 1, **given
    )
    return (
        _of_modules(name, text, "core", ("winners", "sram")),
        _of_modules(few, sorted_in, "core", ("few_winners",)),
    )


def refractory_kept() -> tuple[Property, ...]:
    """No neuron fires again before its refractory time is over."""

    def claim(core: Core) -> Mapping[str, str]:
        part = core.populations[0]
        return {part.module: render("formal/claim_refractory.sv", index_width=part.index_width, ticks=REFRACTORY)}

    return (_of_core("refractory", relay(), claim),)


def weights_bounded() -> tuple[Property, ...]:
    """No weight that learning writes lies outside its bounds, whatever the traces and the weight before."""

    def claim(core: Core) -> Mapping[str, str]:
        part = core.projections[0]
        roles = [role for role, _ in paths(part)]
        field = part.weights.field("own_w")
        return {part.module: render("formal/claim_bounds.sv", roles=roles, field=field, low=LOWEST, high=HIGHEST)}

    return (_of_core("weights", plasticity(), claim),)


def no_spike_lost() -> tuple[Property, ...]:
    """Every spike leaves once and in its tick, whatever the receiver does: of a core, and of its AXI4-Stream."""

    def claim(core: Core) -> Mapping[str, str]:
        lanes = [
            {
                "valid": f"{core.population(ring.emitter).module}__spike_valid",
                "address": f"{core.emitter_width}'d{number}, "
                + widened(
                    f"{core.population(ring.emitter).module}__spike_index", ring.index_width, core.spike_index_width
                ),
            }
            for number, ring in enumerate(core.sender_rings)
        ]
        return {core.core_name: render("formal/claim_spikes.sv", width=core.spike_width, lanes=lanes)}

    stream = render("formal/formal_stream.sv", width=3, bytes=1)
    return (
        _of_core("spikes_of_core", relay(), claim),
        _of_modules("formal_stream", stream, "bus", ("spike_stream",)),
    )


def ticks_end() -> tuple[Property, ...]:
    """A tick ends within the derived number of clocks, those left out in which others hold it up; so does a choice."""

    def core_ends(core: Core) -> Mapping[str, str]:
        return {"formal_core": render("formal/claim_ends.sv", clocks=core.most_clocks)}

    def pass_ends(part: PopulationCore) -> str:
        return render("formal/claim_pass.sv", clocks=part.most_clocks)

    return _of_core("tick_ends", relay(), core_ends), _of_population("choice_ends", competition(), pass_ends)


PROPERTIES: Mapping[str, Callable[[], tuple[Property, ...]]] = MappingProxyType(
    {
        "no overflow wraps": no_overflow,
        "at most k winners": at_most_k,
        "exactly the largest win": largest_win,
        "refractory kept": refractory_kept,
        "weights within bounds": weights_bounded,
        "no spike lost under back-pressure": no_spike_lost,
        "every tick terminates": ticks_end,
    }
)
"""What is claimed -> the proofs that show it."""


# -------------------------------------------------------------------------------------------------------- how


def _of_modules(name: str, text: str, folder: str, modules: Iterable[str]) -> Property:
    parts = {f"{part}.v": render(f"{folder}/{part}.v") for part in modules}
    return Property(name, name, {f"{name}.sv": text, **parts})


def _of_core(name: str, program: StepProgram, claims: Callable[[Core], Mapping[str, str]]) -> Property:
    """A whole core in surroundings that do what they like; ``claims``: module -> assertions put into it."""
    core = build_core(program, "small_core")
    external = []
    for ring in core.rings:
        if ring.external:
            first = ring.number << core.spike_index_width
            external.append((f"{core.spike_width}'d{first}", f"{core.spike_width}'d{first + ring.size - 1}"))
    files = _files(core)
    files["formal_core.v"] = render("formal/formal_core.sv", core=core, external=external)
    for module, claim in claims(core).items():
        files[f"{module}.v"] = bound(files[f"{module}.v"], claim)
    return Property(name, "formal_core", files)


def _of_population(name: str, program: StepProgram, claim: Callable[[PopulationCore], str]) -> Property:
    """The population of a core in surroundings that do what they like, with assertions put into its module."""
    core = build_core(program, "small_core")
    part = core.populations[0]
    files = {**_files(core), "formal_population.v": render("formal/formal_population.sv", population=part)}
    files[f"{part.module}.v"] = bound(files[f"{part.module}.v"], claim(part))
    return Property(name, "formal_population", files)


def _files(core: Core) -> dict[str, str]:
    return {name: text.decode("ascii") for name, text in verilog_files(core).items()}


def _exact(name: str, program: StepProgram) -> Property:
    def claims(core: Core) -> Mapping[str, str]:
        (population,), (projection,) = core.populations, core.projections
        parts = [population.datapath, *(path for _, path in paths(projection))]
        parts += [path for traces in projection.traces for path in (traces.decay, traces.rise)]
        found = {path.module: exact_claim(path) for path in parts}
        return {**found, population.module: render("formal/claim_sums.sv", fields=population.sums.fields)}

    return _of_core(name, program, claims)


@dataclass(frozen=True, slots=True)
class _Line:
    """A value: its name, its clock, and its arithmetic without any cut."""

    name: str
    stage: int
    signed: bool
    text: str


def exact_claim(path: Datapath) -> str:
    """Assertions that no value of a datapath is cut: each equals its own text worked out in wide wires."""
    valued = [(wire, stage) for stage, wires in enumerate(path.stages) for wire in wires if not wire.boolean]
    lines = [_line(wire, stage) for wire, stage in valued]
    lines += [_line(part, path.latency) for part in path.outputs if part.width > 1]
    steady = {part.name for part in path.steady}
    return render(
        "formal/claim_exact.sv",
        lines=lines,
        room=2 * max((wire.width for wire, _ in valued), default=8) + 8,
        delays=bool(path.delays),
        latency=path.latency,
        initialising="initialising" if "initialising" in steady else "1'b0",
    )


def _line(part: Wire | Signal, stage: int) -> _Line:
    """A part select that cuts upper bits off becomes the whole value, one that cuts lower bits off a shift."""
    text = _CUT.sub(lambda found: found[1] if found[3] == "0" else f"({found[1]} {_SHIFT} {found[3]})", part.text)
    return _Line(part.name, stage, part.signed, text)
