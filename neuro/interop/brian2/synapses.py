"""Synapses -> Projections: code, delays, connections and synaptic values as they stand."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import AnyArray, FloatArray, IntArray, Value
from neuro.circuit.circuit import Operation, PastSpikes, Projection
from neuro.circuit.connections import Connections
from neuro.compiler.ir import LAST_SPIKE
from neuro.interop.brian2.code import Renames, assigned, free_name, identifiers, rewritten
from neuro.interop.brian2.neurons import (
    DIFFERENTIAL,
    PARAMETER,
    SUBEXPRESSION,
    declarations,
    expressions,
    method_of,
    operation_of,
    reachable,
    regular_code,
)
from neuro.interop.brian2.reading import BRIAN2_NAMES, Reading, outside_names, parent, refuse, uniform_value, unit_text
from neuro.models.base import SynapseModel

if TYPE_CHECKING:
    from brian2 import Group, Synapses
    from brian2.core.variables import ArrayVariable
    from brian2.equations.equations import SingleEquation
    from brian2.groups.group import CodeRunner
    from brian2.synapses.synapses import SynapticPathway

Constants = Mapping[str, Mapping[str, Value]]
"""Group -> parameter that nobody writes -> SI number or array."""


@dataclass(frozen=True, slots=True)
class Neuronal:
    """A variable of a neuron as the code of a synapse names it: the side and the name there."""

    side: str
    name: str


@dataclass(frozen=True, slots=True, eq=False)
class ReadSynapses:
    """One projection, carried over.

    Args:
        projection: the projection.
        pre, post: where Brian2 runs its on_pre and its on_post, (order, name); None where it has none.
        since: ticks since each synapse's event-driven variables were brought up to date; None: they are.
        operations: what run_regularly does.
        waiting: the spikes under way in its pathways.
    """

    projection: Projection
    pre: tuple[int, str] | None
    post: tuple[int, str] | None
    since: IntArray | None
    operations: tuple[Operation, ...] = ()
    waiting: tuple[Waiting, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Waiting:
    """What waits in the queue of a pathway.

    Args:
        name, source: of the pathway, and of the group whose spikes it delivers.
        pre, delay: source neuron and ticks of each synapse, in Brian2's order.
        lag, synapse: of each event, in how many ticks it is due, and where.
    """

    name: str
    source: str
    pre: IntArray
    delay: IntArray
    lag: IntArray
    synapse: IntArray

    def spikes(self) -> set[tuple[int, int]]:
        """The (tick, neuron) of the spikes that the events come from; the next tick is 0."""
        ticks = self.lag - self.delay[self.synapse]
        return set(zip(ticks.tolist(), self.pre[self.synapse].tolist(), strict=True))

    def is_all_of(self, spikes: set[tuple[int, int]]) -> bool:
        """Whether just these events wait after those spikes."""
        expected = []
        for tick in {tick for tick, _ in spikes}:
            fired = [neuron for other, neuron in spikes if other == tick]
            due = np.flatnonzero(np.isin(self.pre, fired) & (tick + self.delay >= 0))
            expected += list(zip((tick + self.delay[due]).tolist(), due.tolist(), strict=True))
        return sorted(expected) == sorted(zip(self.lag.tolist(), self.synapse.tolist(), strict=True))


def past_spikes(waiting: Iterable[Waiting]) -> list[PastSpikes]:
    """The spikes of the past from which all that waits in queues follows.

    Raises:
        UnsupportedByTarget: what waits follows from no spikes with today's synapses and delays.
    """
    found: dict[str, set[tuple[int, int]]] = {}
    for part in waiting:
        found.setdefault(part.source, set()).update(part.spikes())
    for part in waiting:
        spikes = found[part.source]
        if any(tick >= 0 for tick, _ in spikes) or not part.is_all_of(spikes):
            refuse(
                f"spikes under way in {part.name!r} with other delays than its synapses have now",
                "change delays and synapses before the run, or when no spike is under way",
            )
    return [
        PastSpikes(source, [tick for tick, _ in sorted(spikes)], [neuron for _, neuron in sorted(spikes)])
        for source, spikes in found.items()
        if spikes
    ]


def _waiting(part: SynapticPathway, reading: Reading) -> Waiting | None:
    """The queue of a pathway; None before its first run."""
    if not reading.start or part.queue is None:
        return None
    state = part.queue._full_state()
    if len(state) == 2:
        offset, rows = state
        pairs = [((at - offset) % len(rows), number) for at, row in enumerate(rows) for number in row]
    else:
        pairs = [(int(lag), int(number)) for lag, number in np.asarray(state[1]).reshape(-1, 2)]
    lag, synapse = np.array(pairs, dtype=np.int64).reshape(-1, 2).T
    pre = np.asarray(part.synapses.variables["_synaptic_pre"].get_value(), dtype=np.int64)
    source = parent(part.synapses.source).name
    return Waiting(part.name, source, pre, np.broadcast_to(_delay(part, reading), pre.shape), lag, synapse)


def declared(synapses: Synapses) -> dict[str, SingleEquation]:
    """Name -> equation of everything that Synapses declare, event-driven equations included; no summed ones."""
    found = {name: synapses.equations[name] for name in synapses.equations}
    if synapses.event_driven is not None:
        found = {**{name: synapses.event_driven[name] for name in synapses.event_driven}, **found}
    return found


def neuronal(synapses: Synapses, name: str) -> Neuronal | None:
    """The neuron's variable that a name in the code of synapses means; None for anything else."""
    if name in declared(synapses):
        return None
    base, _, suffix = name.rpartition("_")
    for side, group in (("pre", synapses.source), ("post", synapses.target)):
        if suffix == side and base in _equations(group) | _kept_times(group):
            return Neuronal(side, base)
    return Neuronal("post", name) if name in _equations(synapses.target) | _kept_times(synapses.target) else None


def _kept_times(group: Group) -> set[str]:
    """The time of the last spike, where a group keeps it."""
    return {LAST_SPIKE} & set(parent(group).variables)


def _equations(group: Group) -> set[str]:
    return set(getattr(parent(group), "user_equations", {}))


def _texts(synapses: Synapses) -> list[str]:
    own = declared(synapses)
    summed = [updater.expression.code for updater in synapses.summed_updaters.values()]
    regular = [part.abstract_code for part in _runners(synapses)]
    return [*(part.code for part in synapses._pathways), *expressions(own, set(own)), *summed, *regular]


def _runners(synapses: Synapses) -> list[CodeRunner]:
    from brian2.groups.group import CodeRunner

    return [part for part in synapses.contained_objects if type(part) is CodeRunner and part.active]


def touched(synapses: Synapses) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """(read, written): the (group, variable) of the neurons that synapses read and write."""
    groups = {"pre": parent(synapses.source).name, "post": parent(synapses.target).name}

    def of_groups(names: set[str]) -> set[tuple[str, str]]:
        found = (neuronal(synapses, name) for name in names)
        return {(groups[item.side], item.name) for item in found if item is not None}

    written = {name for part in synapses._pathways for name in assigned(part.code)} | set(synapses.summed_updaters)
    return of_groups(identifiers(*_texts(synapses))), of_groups(written)


def read_synapses(
    synapses: Synapses, constants: Constants, sizes: Mapping[str, int], reading: Reading
) -> list[ReadSynapses]:
    """Carry Synapses over: one projection, or one for each delay of several pathways.

    Args:
        synapses: the Synapses.
        constants: parameters of the neurons that nobody writes; the synapses get copies of those that they read.
        sizes: name of a population or source -> its size.
        reading: the reading.

    Raises:
        UnsupportedByTarget, EquationError: a feature or name that can't be carried.
    """
    where = f"Synapses {synapses.name!r}"
    _check(synapses, sizes, where)
    own = declared(synapses)
    pathways = pathways_of(synapses, own, reading)
    if len(pathways) > 1 and (synapses.summed_updaters or synapses.state_updater is not None):
        refuse(f"pathways with different delays in {where} with equations of every tick", "give them one delay")
    if len(pathways) > 1 and _runners(synapses):
        refuse(f"run_regularly of {where} with pathways of different delays", "give them one delay")
    return [_projection(synapses, own, part, len(pathways) == 1, constants, sizes, reading) for part in pathways]


def _check(synapses: Synapses, sizes: Mapping[str, int], where: str) -> None:
    for group in (synapses.source, synapses.target):
        if parent(group).name not in sizes:
            refuse(f"{where} at {group.name!r}, which is not in the network", "add it; Synapses onto Synapses can't be")
    if synapses.subexpression_updater is not None:
        refuse(f"(constant over dt) in {where}", "remove the flag")
    for name, item in declared(synapses).items():
        if "linked" in item.flags:
            refuse(f"the linked variable {name!r} of {where}", "read it as x_pre or x_post of the neurons")
        if getattr(synapses.variables.get(name), "dtype", None) == np.float32:
            refuse(f"the float32 variable {name!r} of {where}", "use Brian2's default, float64")
    groups = (synapses, parent(synapses.source), parent(synapses.target))
    updaters = [part.state_updater for part in groups if getattr(part, "state_updater", None) is not None]
    for name, part in synapses.summed_updaters.items():
        if len(part.target) < len(parent(part.target)):
            refuse(f"{name!r} (summed) of {where} onto a part of a group", "let it end at the whole group")
        if any(part.order >= other.order for other in updaters):
            refuse(f"{name!r} (summed) of {where} after a state update", "leave the orders as Brian2 makes them")


def _projection(
    synapses: Synapses,
    own: Mapping[str, SingleEquation],
    part: Pathways,
    alone: bool,
    constants: Constants,
    sizes: Mapping[str, int],
    reading: Reading,
) -> ReadSynapses:
    pre, post = (np.asarray(synapses.variables[f"_synaptic_{side}"].get_value()) for side in ("pre", "post"))
    sorting = np.argsort(pre, kind="stable")
    summed = {name: updater.expression.code for name, updater in synapses.summed_updaters.items()}
    regular = regular_code([synapses], reading)
    runs = [item.code for item in regular]
    roots = identifiers(part.on_pre, part.on_post, *summed.values(), *runs)
    needed = reachable(own, roots) if alone else _without_idle(own, roots)
    codes = [part.on_pre, part.on_post, *expressions(own, needed), *summed.values(), *runs]
    copies = _Copies(synapses, constants, pre[sorting], post[sorting], {*own, *identifiers(*codes)})
    written = {name for code in (part.on_pre, part.on_post, *runs) for name in assigned(code)}
    # What code assigns and nothing declares is a name of its own.
    local = {name for name in written if name not in own and neuronal(synapses, name) is None}
    outside = outside_names(synapses, copies.unknown(codes, set(own) | local), reading)
    if outside.arrays:
        refuse(f"a timed array in Synapses {synapses.name!r}", "read it in the neurons")
    values = {name: _values(synapses.variables[name], sorting) for name in needed if own[name].type != SUBEXPRESSION}
    fixed = _fixed(own, needed - written, values)
    renames = Renames(copies.names | _clock_names(reading))
    method = method_of(synapses, False, reading)
    lines = declarations(own, needed, fixed, renames)
    lines += [_summed_line(synapses, name, rewritten(code, renames)) for name, code in summed.items()]
    source, target = parent(synapses.source).name, parent(synapses.target).name
    projection = Projection(
        part.name,
        source,
        target,
        SynapseModel(
            "\n".join([*lines, *copies.lines]),
            rewritten(part.on_pre, renames),
            rewritten(part.on_post, renames),
            method=method,
        ),
        Connections.from_pairs(pre[sorting], post[sorting], sizes[source], sizes[target]),
        {**outside.constants, **values, **copies.parameters},
        (part.delay[sorting] if part.delay.ndim else part.delay) * reading.dt,
    )
    operations = tuple(operation_of(part.name, item, renames, (own, ()), reading) for item in regular)
    since = _since(synapses, needed, sorting, reading)
    queues = (_waiting(item, reading) for item in synapses._pathways if item.name in part.queues)
    return ReadSynapses(
        projection, part.pre, part.post, since, operations, tuple(item for item in queues if item is not None)
    )


def _clock_names(reading: Reading) -> dict[str, str]:
    names = reading.clock_names
    last = names.get(LAST_SPIKE)
    if last is None:
        return {}
    return names | {
        f"{LAST_SPIKE}_{side}": last.replace(LAST_SPIKE, f"{LAST_SPIKE}_{side}") for side in ("pre", "post")
    }


def _values(variable: ArrayVariable, sorting: IntArray) -> float | FloatArray:
    """A synaptic variable in the circuit's order of synapses."""
    values = np.asarray(variable.get_value())
    return float(values.item()) if variable.scalar else uniform_value(values[sorting])


def _without_idle(own: Mapping[str, SingleEquation], roots: set[str]) -> set[str]:
    """What code needs, without differential equations that it does not read."""
    silent = {name: item for name, item in own.items() if item.type != DIFFERENTIAL}
    found = reachable(silent, roots)
    while True:
        more = identifiers(*expressions(own, found)) | roots
        wider = found | {name for name in own if name in more}
        if wider == found:
            return found
        found = wider


def _fixed(own: Mapping[str, SingleEquation], names: set[str], values: Mapping[str, float | FloatArray]) -> set[str]:
    """Parameters that become constants: shared numbers, flagged as such or read by rates."""
    rates = {name for name in own if own[name].type == DIFFERENTIAL}
    read = identifiers(*expressions(own, reachable(own, rates)))
    return {
        name
        for name in names
        if own[name].type == PARAMETER
        and np.ndim(values[name]) == 0
        and (name in read or "constant" in own[name].flags)
    }


def _summed_line(synapses: Synapses, name: str, code: str) -> str:
    return f"{name} = {code} : {unit_text(synapses.variables[name].dim)} (summed)"


def _since(synapses: Synapses, needed: set[str], sorting: IntArray, reading: Reading) -> IntArray | None:
    if synapses.event_driven is None or not needed & set(synapses.event_driven.diff_eq_names):
        return None
    last = np.round(np.asarray(synapses.variables["lastupdate"].get_value())[sorting] / reading.dt)
    if np.any((last < 0) | (last > reading.start)):
        refuse(f"lastupdate of Synapses {synapses.name!r} outside the run", "leave it as Brian2 sets it")
    return np.asarray(reading.start - last, dtype=np.int64)


class _Copies:
    """Numbers of the neurons and indices that the code of synapses reads, as parameters of the synapses."""

    def __init__(
        self, synapses: Synapses, constants: Constants, pre: IntArray, post: IntArray, taken: set[str]
    ) -> None:
        self.synapses, self.constants, self.taken = synapses, constants, taken
        self.side = {"pre": pre, "post": post}
        self.lines: list[str] = []
        self.parameters: dict[str, Value] = {}
        self.names: dict[str, str] = {}

    def unknown(self, codes: list[str], own: set[str]) -> set[str]:
        """Copy what needs a copy; the names that are left to be found outside."""
        left = set()
        for name in sorted(identifiers(*codes) - own):
            item = neuronal(self.synapses, name)
            if item is not None:
                self._copy_neuronal(name, item)
            elif name not in BRIAN2_NAMES - {"lastupdate"} and not self._copy_index(name):
                left.add(name)
        return left

    def _copy_neuronal(self, name: str, item: Neuronal) -> None:
        group = parent(self.synapses.source if item.side == "pre" else self.synapses.target)
        known = self.constants.get(group.name, {})
        if item.name not in known:
            return
        value = known[item.name]
        unit = unit_text(group.variables[item.name].dim)
        self._add(name, f"{item.name}_of_{item.side}", np.asarray(value), item.side, unit)

    def _copy_index(self, name: str) -> bool:
        """``i``, ``j``, ``N_pre``, ``N_post``; what else Brian2 knows is left to the lowering, or refused."""
        sides = {"i": "pre", "j": "post", "N_pre": "pre", "N_post": "post"}
        if name in sides:
            group = self.synapses.source if sides[name] == "pre" else self.synapses.target
            values = np.arange(len(parent(group))) - group.start if name in ("i", "j") else np.array(len(group))
            self._add(
                name, f"index_{sides[name]}" if name in ("i", "j") else f"count_{sides[name]}", values, sides[name], "1"
            )
            return True
        if name in self.synapses.variables and name not in BRIAN2_NAMES - {"lastupdate"}:
            refuse(f"{name!r} in the code of Synapses {self.synapses.name!r}", "use variables of the equations")
        return False

    def _add(self, name: str, wanted: str, values: AnyArray, side: str, unit: str) -> None:
        copy = free_name(wanted, self.taken)
        self.taken.add(copy)
        self.names[name] = copy
        value = uniform_value(values[self.side[side]]) if values.ndim else float(values)
        # A number for each synapse is a variable that nobody writes.
        self.lines.append(f"{copy} : {unit}" + ("" if np.ndim(value) else " (constant)"))
        self.parameters[copy] = value


# -------------------------------------------------------------------------------------------------- pathways


@dataclass(frozen=True, slots=True, eq=False)
class Pathways:
    """Pathways that become one projection.

    Args:
        name: of the projection.
        on_pre, on_post: their code.
        delay: of on_pre, in ticks, shape () or (synapses,) in Brian2's order.
        pre, post: where Brian2 runs the first on_pre and on_post of them, (order, name); None where there is none.
        queues: the names of those that deliver presynaptic spikes.
    """

    name: str
    on_pre: str
    on_post: str
    delay: IntArray
    pre: tuple[int, str] | None
    post: tuple[int, str] | None
    queues: tuple[str, ...] = ()


def pathways_of(synapses: Synapses, own: Mapping[str, SingleEquation], reading: Reading) -> list[Pathways]:
    """The pathways of Synapses, joined where their delays are equal.

    Args:
        synapses: the Synapses.
        own: what they declare, by name.
        reading: the reading.

    Raises:
        UnsupportedByTarget: a delay of on_post, or pathways with different delays that share a variable.
    """
    where = f"Synapses {synapses.name!r}"
    parts = sorted(synapses._pathways, key=lambda part: (part.order, part.name))
    for part in parts:
        _check_pathway(part, reading, where)
    before = [part for part in parts if part.prepost == "pre"]
    after = [part for part in parts if part.prepost == "post"]
    on_post = "\n".join(part.code for part in after)
    post = (after[0].order, after[0].name) if after else None
    joined = _joined(before, reading)
    for group in (after, *(group for _, group in joined)):
        if len({part.order for part in group}) > 1:
            refuse(f"pathways of {where} with one delay and different orders", "give them one order")
    if not joined:
        return [Pathways(synapses.name, "", on_post, np.array(0), None, post)]
    codes = ["\n".join(part.code for part in group) for _, group in joined]
    host = _host(codes, on_post, own, where) if len(codes) > 1 else 0
    return [
        Pathways(
            synapses.name if number == 0 else group[0].name,
            code,
            on_post if number == host else "",
            delay,
            (group[0].order, group[0].name),
            post if number == host else None,
            tuple(item.name for item in group),
        )
        for number, ((delay, group), code) in enumerate(zip(joined, codes, strict=True))
    ]


def _joined(parts: list[SynapticPathway], reading: Reading) -> list[tuple[IntArray, list[SynapticPathway]]]:
    """(delay, pathways with that delay), in the order of the first of each."""
    joined: list[tuple[IntArray, list[SynapticPathway]]] = []
    for part in parts:
        delay = _delay(part, reading)
        same = next((group for known, group in joined if np.array_equal(known, delay)), None)
        if same is None:
            joined.append((delay, [part]))
        else:
            same.append(part)
    return joined


def _check_pathway(part: SynapticPathway, reading: Reading, where: str) -> None:
    if part.eventspace_name != "_spikespace":
        refuse(f"the custom event of {part.name!r}", "use spikes")
    if part.prepost == "post" and np.any(_delay(part, reading)):
        refuse(f"a delay of on_post in {where}", "set it to 0 ms")


def _delay(part: SynapticPathway, reading: Reading) -> IntArray:
    """Whole ticks, rounded as Brian2 does; shape () where all are equal."""
    ticks = np.round(np.asarray(part.variables["delay"].get_value()) / reading.dt).astype(np.int64)
    return ticks if ticks.size and np.any(ticks != ticks.flat[0]) else np.array(ticks.flat[0] if ticks.size else 0)


def _host(codes: list[str], on_post: str, own: Mapping[str, SingleEquation], where: str) -> int:
    """Which of several on_pre codes keeps on_post; pathways with delays of their own may share no written variable."""
    texts = [*codes, on_post]
    uses = [identifiers(text) & set(own) for text in texts]
    written = [assigned(text) & set(own) for text in texts]
    partners = set()
    for one in range(len(texts)):
        for other in range(one + 1, len(texts)):
            shared = (uses[one] & written[other]) | (uses[other] & written[one])
            if shared and other == len(codes):
                partners.add(one)
            elif shared:
                refuse(
                    f"pathways with different delays in {where} that share {min(shared)!r}",
                    "give them one delay, or Synapses of their own",
                )
    if len(partners) > 1:
        refuse(f"on_post of {where}, which shares variables with several delays", "use Synapses of their own")
    return partners.pop() if partners else 0
