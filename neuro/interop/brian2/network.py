"""A user's own Brian2 network as a Circuit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import IntArray, Value
from neuro.checks import to_ticks
from neuro.circuit.circuit import Circuit, Probe, SpikeSource
from neuro.compiler.expressions import evaluate
from neuro.compiler.ir import StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.interop.brian2.neurons import ReadNeurons, Usage, links_of, read_neurons
from neuro.interop.brian2.reading import Reading, parent, refuse
from neuro.interop.brian2.sources import (
    read_generator_neurons,
    read_poisson_group,
    read_poisson_input,
    read_poisson_neurons,
    read_spike_generator,
)
from neuro.interop.brian2.synapses import ReadSynapses, past_spikes, read_synapses, touched

if TYPE_CHECKING:
    from brian2 import BrianObject, EventMonitor, Network, PopulationRateMonitor, StateMonitor

    from neuro.interop.brian2.reading import Namespace

_MONITORS = ("SpikeMonitor", "StateMonitor", "PopulationRateMonitor", "EventMonitor")
_SOURCES = ("SpikeGeneratorGroup", "PoissonGroup")
_READ = ("NeuronGroup", *_SOURCES, "Synapses", "PoissonInput", *_MONITORS)
_INSTEAD = {
    "NetworkOperation": "write it with run_regularly, or call it between the ticks of a neuro.Simulation: "
    "simulation.step(), get and set",
    "SpatialNeuron": "use point neurons: a circuit has no compartments",
}
_RUN = ("NeuronGroup", "PoissonGroup", "Subgroup", "Synapses")
_SCHEDULE = ["start", "groups", "thresholds", "synapses", "resets", "end"]


@dataclass(frozen=True, slots=True, eq=False)
class Brian2Reading:
    """A Brian2 network, carried over.

    Args:
        circuit: the circuit.
        ignored: one line for each thing that a circuit does not need, with the reason.
    """

    circuit: Circuit
    ignored: tuple[str, ...]


def from_brian2(
    network: Network | Iterable[BrianObject],
    *,
    namespace: Namespace | None = None,
    duration: Value | None = None,
    seed: int | None = None,
) -> Circuit:
    """The circuit of a Brian2 network, which is left as it is.

    Names are kept: each group, Synapses and operation keeps its own. Values, connections and states are taken as
    they stand, so a network that has run goes on from where it is. A spike train is the same as Brian2's, tick for
    tick; what is random in Brian2 (PoissonGroup, PoissonInput) is drawn beforehand from ``seed``.

    Args:
        network: a ``brian2.Network``, or its objects, such as ``brian2.collect()``.
        namespace: where constants and functions are looked up that the groups' own namespaces do not hold,
            such as ``locals()``.
        duration: for how long the circuit will run (seconds or a Brian2 quantity); needed only by Poisson sources,
            repeated spikes and timed arrays that do not end in zero.
        seed: for Poisson sources.

    Raises:
        UnsupportedByTarget: the network has something that a circuit can't hold; the message names the object, the
            feature and what to do.
        EquationError: code outside the shared language, or a name that is nowhere.
        InvalidInput: no network, or one without neurons.

    >>> from brian2 import Network, NeuronGroup, SpikeMonitor, mV, ms
    >>> from neuro import simulate
    >>> neurons = NeuronGroup(1, "dv/dt = (25*mV - v) / (20*ms) : volt", threshold="v > 20*mV", reset="v = 0*mV",
    ...                       name="cells")
    >>> circuit = from_brian2(Network(neurons))
    >>> simulate(circuit, 1000).spikes["cells"].ticks.tolist()
    [321, 643, 965]
    """
    return read_brian2(network, namespace=namespace, duration=duration, seed=seed).circuit


def read_brian2(
    network: Network | Iterable[BrianObject],
    *,
    namespace: Namespace | None = None,
    duration: Value | None = None,
    seed: int | None = None,
) -> Brian2Reading:
    """As :func:`from_brian2`, with a list of what was ignored and why."""
    objects, notes = _objects(network)
    dt, start = _clock(network, objects)
    ticks = None if duration is None else int(to_ticks(duration, dt, "the duration"))
    rng = None if seed is None else np.random.default_rng(seed)
    reading = Reading(dt, start, dict(namespace or {}), ticks, rng, notes, 0 if seed is None else int(seed))
    kinds = {kind: [item for item in objects if _kind(item) == kind] for kind in _READ}
    usage = _usage(kinds)
    probes: list[Probe] = []
    for monitor in (item for kind in _MONITORS for item in kinds[kind]):
        found = _read_monitor(monitor, reading)
        probes += found
        usage.setdefault(parent(monitor.source).name, Usage()).read.update(probe.variable for probe in found)
    ends = {parent(item.target).name for item in kinds["Synapses"]}
    neurons, sources = [], []
    for kind in ("NeuronGroup", *_SOURCES):
        for group in kinds[kind]:
            owners = [group, *(item for item in group.contained_objects if _kind(item) == "Subgroup")]
            used, alive = usage.get(group.name, Usage()), group.name in ends or _runs_code(owners)
            if kind == "NeuronGroup":
                neurons.append(read_neurons(group, owners, used, reading))
            elif kind == "PoissonGroup":
                if alive:
                    neurons.append(read_poisson_neurons(group, owners, used, reading))
                else:
                    sources.append(read_poisson_group(group, reading))
            elif group.name in ends:
                neurons.append(read_generator_neurons(group, reading))
            else:
                sources.append(read_spike_generator(group, reading))
    if not neurons:
        raise InvalidInput("the network has no NeuronGroup; a circuit needs one at least")
    if any(part.population.links for part in neurons):
        # In Brian2's order of updates, which linked variables can tell.
        orders = {item.name: item.order for item in objects}
        neurons.sort(key=lambda part: (orders[part.population.name], f"{part.population.name}_stateupdater"))
    circuit, since = _circuit(reading, neurons, sources, kinds, probes)
    # The one lowering checks the language, and its steps bring event-driven variables up to date.
    circuit = _brought_up_to_date(circuit, lower(circuit), since)
    return Brian2Reading(circuit, tuple(reading.notes))


def _runs_code(owners: list[BrianObject]) -> bool:
    """Whether a group or a subgroup of it has a run_regularly."""
    return any(_kind(part) == "CodeRunner" and part.active for owner in owners for part in owner.contained_objects)


def _circuit(
    reading: Reading,
    neurons: list[ReadNeurons],
    sources: list[SpikeSource],
    kinds: Mapping[str, list[BrianObject]],
    probes: list[Probe],
) -> tuple[Circuit, dict[str, IntArray]]:
    """The circuit, and since when event-driven variables of its projections wait."""
    sizes = {part.population.name: part.population.size for part in neurons}
    sizes |= {source.name: source.size for source in sources}
    constants = {part.population.name: part.constants for part in neurons}
    found = [part for group in kinds["Synapses"] for part in read_synapses(group, constants, sizes, reading)]
    everything = list(found)
    for item in kinds["PoissonInput"]:
        source, projection = read_poisson_input(item, reading)
        sources.append(source)
        everything.append(ReadSynapses(projection, (item.order, item.name), None, None))
    circuit = Circuit(
        reading.dt,
        [part.population for part in neurons],
        [part.projection for part in _in_order(everything)],
        [*sources, *(item for part in neurons for item in part.inputs)],
        operations=[
            *(item for part in neurons for item in part.operations),
            *(item for part in found for item in part.operations),
        ],
        probes=probes,
        seed=reading.seed,
        past=past_spikes([queue for part in found for queue in part.waiting]),
    )
    return circuit, {part.projection.name: part.since for part in found if part.since is not None}


def _in_order(parts: list[ReadSynapses]) -> list[ReadSynapses]:
    """The order in which a circuit, which runs every on_pre and then every on_post, does what Brian2 does."""
    ordered = sorted((part for part in parts if part.pre is not None), key=lambda part: part.pre or (0, ""))
    for part in sorted((part for part in parts if part.pre is None), key=lambda part: part.post or (0, "")):
        later = (at for at, other in enumerate(ordered) if part.post and other.post and other.post > part.post)
        ordered.insert(next(later, len(ordered)), part)
    pre, post = ([key for part in ordered if (key := getattr(part, side))] for side in ("pre", "post"))
    if post != sorted(post) or (pre and post and pre[-1] > min(post)):
        refuse(
            f"the order of the pathways {', '.join(name for _, name in sorted([*pre, *post]))}",
            "leave it as Brian2 makes it, every on_pre before every on_post, and on_pre and on_post sorted alike",
        )
    return ordered


def _objects(network: Network | Iterable[BrianObject]) -> tuple[list[BrianObject], list[str]]:
    """The objects of a network in the order of their names, those that can't be carried over refused; and notes."""
    from brian2 import BrianObject, Network, magic_network, prefs

    schedule = list(network.schedule if isinstance(network, Network) else prefs.core.network.default_schedule)
    if schedule != _SCHEDULE:
        refuse(f"the schedule {schedule} of the network", f"use Brian2's own, {_SCHEDULE}")
    if isinstance(network, Network):
        given = list(network.objects)
    elif isinstance(network, Iterable):
        given = list(network)
    else:
        raise InvalidInput(
            f"from_brian2 is given {network!r:.80}; a brian2.Network or a list of its objects is allowed"
        )
    if network is magic_network and not given:
        raise InvalidInput(
            "from_brian2 is given Brian2's magic network, which collects its objects when it runs; "
            "give collect() (of brian2) or a Network"
        )
    found = {item.name: item for item in given if isinstance(item, BrianObject)}
    if not isinstance(network, Network):
        ran = next((item.name for item in found.values() if item._network not in (None, magic_network.id)), None)
        if ran is not None:
            raise InvalidInput(
                f"from_brian2 is given a list with {ran!r}, which ran in a Network; give the Network itself, "
                "which knows the time"
            )
    if len(found) < len(given):
        raise InvalidInput("from_brian2 is given things that are no Brian2 objects, or two of one name")
    inside = {part.name for item in given for part in item.contained_objects if _kind(part) == "CodeRunner"}
    kept = [found[name] for name in sorted(set(found) - inside)]
    for item in kept:
        if _kind(item) not in (*_READ, "Subgroup"):
            kind = _kind(item)
            refuse(f"{kind} {item.name!r}", _INSTEAD.get(kind, f"these are carried over: {', '.join(_READ)}"))
        if not item.active and _kind(item) not in _MONITORS:
            refuse(f"{item.name!r}, which is not active", "take it out of the network")
    return kept, [note for item in kept for note in _check_parts(item, kept)]


def _check_parts(item: BrianObject, kept: list[BrianObject]) -> list[str]:
    """Refuse parts of an object that were switched off, moved or added, unless they never run: those are noted."""
    own = _parts(item)
    for part, slot in own:
        if not part.active or not any(part is other for other in item.contained_objects):
            refuse(f"{part.name!r}, which is not active or no longer in {item.name!r}", "leave it as Brian2 made it")
        if part.when != slot:
            refuse(f"{part.name!r} in the slot {part.when!r}", f"leave it in the slot {slot!r}")
    notes, known = [], [*kept, *(part for part, _ in own)]
    for holder, part in _contained(item, kept):
        kind, runs = _kind(holder), _kind(part) == "CodeRunner" and part.template == "stateupdate"
        if any(part is other for other in known) or _kind(part) == "Subgroup":
            continue
        if not part.active:
            notes.append(f"{part.name!r} in {holder.name!r} is not active")
        elif not runs:
            refuse(f"{_kind(part)} {part.name!r} inside {holder.name!r}", "add it to the network itself, if it can be")
        elif kind not in _RUN or part.group.name != holder.name:
            refuse(f"run_regularly of {kind} {holder.name!r}", f"run it on one of {', '.join(_RUN)}")
    return notes


def _parts(item: BrianObject) -> list[tuple[BrianObject, str]]:
    """What Brian2 itself puts into an object, and the slot where each part runs; custom events as they are."""
    if _kind(item) == "NeuronGroup":
        events = [*item.thresholder.items(), *item.resetter.items()]
        found = [(item.state_updater, "groups"), (item.subexpression_updater, "before_start")]
        found += [(part, part.when) for event, part in events if event != "spike"]
        found += [(item.thresholder.get("spike"), "thresholds"), (item.resetter.get("spike"), "resets")]
    elif _kind(item) == "PoissonGroup":
        found = [(item.thresholder["spike"], "thresholds")]
    elif _kind(item) == "Synapses":
        found = [(item.state_updater, "groups"), (item.subexpression_updater, "before_start")]
        found += [(part, "groups") for part in item.summed_updaters.values()]
        found += [(part, "synapses") for part in item._pathways]
    else:
        found = []
    return [(part, slot) for part, slot in found if part is not None]


def _contained(item: BrianObject, kept: list[BrianObject]) -> Iterator[tuple[BrianObject, BrianObject]]:
    """(holder, part) of all that an object contains, however deep, but for what the network holds itself."""
    for part in item.contained_objects:
        if not any(part is other for other in kept):
            yield item, part
            yield from _contained(part, kept)


def _kind(item: BrianObject) -> str:
    return type(item).__name__


def _clock(network: Network | Iterable[BrianObject], objects: list[BrianObject]) -> tuple[float, int]:
    """(seconds per tick, ticks run already) of the clock that all groups share."""
    groups = [item for item in objects if _kind(item) not in _MONITORS]
    if not groups:
        raise InvalidInput("the network has no NeuronGroup; a circuit needs one at least")
    steps = {float(item.clock.dt_): item.name for item in groups}
    if len(steps) > 1:
        (one, first), (other, second) = list(steps.items())[:2]
        refuse(f"two clocks ({first!r} runs every {one:g} s, {second!r} every {other:g} s)", "use one dt")
    dt = next(iter(steps))
    return dt, round(_time(network, groups) / dt)


def _time(network: Network | Iterable[BrianObject], groups: list[BrianObject]) -> float:
    """Seconds that a network has run; clocks can't tell, because networks share the default one."""
    from brian2 import Network, magic_network

    if isinstance(network, Network):
        return float(network.t)
    names = {item.name for item in magic_network.objects}
    return float(magic_network.t) if all(item.name in names for item in groups) else 0.0


def _usage(kinds: Mapping[str, list[BrianObject]]) -> dict[str, Usage]:
    """Group -> what synapses and Poisson inputs read and write of it."""
    usage: dict[str, Usage] = {}
    for group in kinds["NeuronGroup"]:
        for link in links_of(group, group.user_equations).values():
            usage.setdefault(link.population, Usage()).read.add(link.variable)
    for synapses in kinds["Synapses"]:
        read, written = touched(synapses)
        for group, name in read:
            usage.setdefault(group, Usage()).read.add(name)
        for group, name in written:
            usage.setdefault(group, Usage()).written.add(name)
    for item in kinds["PoissonInput"]:
        usage.setdefault(parent(item._group).name, Usage()).written.add(item.target_var)
    return usage


def _read_monitor(monitor: StateMonitor | EventMonitor | PopulationRateMonitor, reading: Reading) -> list[Probe]:
    """The probes of a StateMonitor; a recording holds the spikes and rates that the other monitors see.

    A probe reads at the end of a tick and the whole group; a StateMonitor by default at the start of it, and the
    neurons it was told to.
    """
    kind, name = type(monitor).__name__, monitor.name
    if kind == "EventMonitor" and monitor.event != "spike":
        refuse(f"EventMonitor {name!r} of {monitor.event!r}", "watch spikes")
    if kind != "StateMonitor":
        reading.notes.append(f"{kind} {name!r}: a recording holds every spike; rates follow from them")
        return []
    if not monitor.active:
        reading.notes.append(f"StateMonitor {name!r} is not active")
        return []
    source = parent(monitor.source)
    every = round(monitor.clock.dt_ / reading.dt)
    if every < 1 or abs(every * reading.dt - monitor.clock.dt_) > 1e-9 * monitor.clock.dt_:
        refuse(f"StateMonitor {name!r} every {monitor.clock.dt}", f"record every whole multiple of {reading.dt:g} s")
    equations = getattr(source, "user_equations", None)
    if equations is None:
        equations = getattr(source, "equations", {})
    probes = []
    for variable in monitor.record_variables:
        item = equations.get(variable)
        if item is None or item.type == "subexpression" or "constant" in item.flags:
            reading.notes.append(f"StateMonitor {name!r}, {variable!r}: only states are probed")
        else:
            probes.append(Probe(source.name, variable, every))
    if probes and monitor.when not in ("end", "after_end"):
        reading.notes.append(f"StateMonitor {name!r} reads in the slot {monitor.when!r}: the probe reads at the end")
    return probes


def _brought_up_to_date(circuit: Circuit, program: StepProgram, since: Mapping[str, IntArray]) -> Circuit:
    """Event-driven variables of synapses at the first tick; ``since``: ticks since Brian2 last computed them."""
    late = {name: ticks for name, ticks in since.items() if np.any(ticks > 0)}
    if not late:
        return circuit
    projections = []
    for part in circuit.projections:
        if part.name not in late:
            projections.append(part)
            continue
        lowered = program.projection(part.name)
        update = [item for item in lowered.update if item.target.name in lowered.event_driven]
        constants = {item.name: item.values for item in lowered.coefficients}
        states = {state.name: state.initial for state in lowered.states}
        for tick in range(int(late[part.name].max())):
            due = tick < late[part.name]
            new = {item.target.name: evaluate(item.value, {**constants, **states}) for item in update}
            states |= {name: np.where(due, values, states[name]) for name, values in new.items()}
        changed = {item.target.name: states[item.target.name] for item in update}
        projections.append(replace(part, parameters={**part.parameters, **changed}))
    return replace(circuit, projections=projections)
