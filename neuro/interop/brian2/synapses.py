"""Synapses -> Projections: code, delays, connections and synaptic values as they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import AnyArray, FloatArray, IntArray, Value
from neuro.circuit.circuit import Projection
from neuro.circuit.connections import Connections
from neuro.interop.brian2.code import Renames, assigned, free_name, identifiers, rewritten
from neuro.interop.brian2.equations import DIFFERENTIAL, PARAMETER, SUBEXPRESSION, declarations, expressions, reachable
from neuro.interop.brian2.integration import method_of
from neuro.interop.brian2.pathways import Pathways, pathways_of
from neuro.interop.brian2.reading import BRIAN2_NAMES, Reading, outside_names, parent, refuse, uniform_value, unit_text
from neuro.models.base import Method, SynapseModel

if TYPE_CHECKING:
    from brian2 import Group, Synapses
    from brian2.core.variables import ArrayVariable
    from brian2.equations.equations import SingleEquation

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
    """

    projection: Projection
    pre: tuple[int, str] | None
    post: tuple[int, str] | None
    since: IntArray | None


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
        if suffix == side and base in _equations(group):
            return Neuronal(side, base)
    return Neuronal("post", name) if name in _equations(synapses.target) else None


def _equations(group: Group) -> Mapping[str, SingleEquation]:
    return getattr(parent(group), "user_equations", {})


def _texts(synapses: Synapses) -> list[str]:
    own = declared(synapses)
    summed = [updater.expression.code for updater in synapses.summed_updaters.values()]
    return [*(part.code for part in synapses._pathways), *expressions(own, set(own)), *summed]


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
    if method_of(synapses, "t" in identifiers(*_texts(synapses)), {}, reading) is not Method.EXACT:
        refuse(f"the clock-driven equations of {where}, which are not linear", "make them linear, or move them")
    return [_projection(synapses, own, part, len(pathways) == 1, constants, sizes, reading) for part in pathways]


def _check(synapses: Synapses, sizes: Mapping[str, int], where: str) -> None:
    for group in (synapses.source, synapses.target):
        if parent(group).name not in sizes:
            refuse(f"{where} at {group.name!r}, which is not in the network", "add it; Synapses onto Synapses can't be")
    if not _equations(synapses.target) and synapses._pathways:
        refuse(f"{where} onto {synapses.target.name!r}, which has no equations", "let them end at a NeuronGroup")
    if synapses.subexpression_updater is not None:
        refuse(f"(constant over dt) in {where}", "remove the flag")
    for name in declared(synapses):
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
    roots = identifiers(part.on_pre, part.on_post, *summed.values())
    needed = reachable(own, roots) if alone else _without_idle(own, roots)
    codes = [part.on_pre, part.on_post, *expressions(own, needed), *summed.values()]
    copies = _Copies(synapses, constants, pre[sorting], post[sorting], {*own, *identifiers(*codes)})
    outside = outside_names(synapses, copies.unknown(codes, set(own)), reading)
    if outside.arrays:
        refuse(f"a timed array in Synapses {synapses.name!r}", "read it in the neurons")
    values = {name: _values(synapses.variables[name], sorting) for name in needed if own[name].type != SUBEXPRESSION}
    written = assigned(part.on_pre) | assigned(part.on_post)
    fixed = _fixed(own, needed - written, values)
    lines = declarations(own, needed, fixed, written, copies.renames, f"Synapses {synapses.name!r}")
    lines += [_summed_line(synapses, name, rewritten(code, copies.renames)) for name, code in summed.items()]
    source, target = parent(synapses.source).name, parent(synapses.target).name
    projection = Projection(
        part.name,
        source,
        target,
        SynapseModel(
            "\n".join([*lines, *copies.lines]),
            rewritten(part.on_pre, copies.renames),
            rewritten(part.on_post, copies.renames),
        ),
        Connections.from_pairs(pre[sorting], post[sorting], sizes[source], sizes[target]),
        {**outside.constants, **values, **copies.parameters},
        (part.delay[sorting] if part.delay.ndim else part.delay) * reading.dt,
    )
    return ReadSynapses(projection, part.pre, part.post, _since(synapses, needed, sorting, reading))


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

    @property
    def renames(self) -> Renames:
        """The names of the copies."""
        return Renames(self.names)

    def unknown(self, codes: list[str], own: set[str]) -> set[str]:
        """Copy what needs a copy; the names that are left to be found outside."""
        left = set()
        for name in sorted(identifiers(*codes) - own):
            item = neuronal(self.synapses, name)
            if item is not None:
                self._copy_neuronal(name, item)
            elif not self._copy_index(name):
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
        """``i``, ``j``, ``N_pre``, ``N_post``; what else Brian2 knows is refused."""
        sides = {"i": "pre", "j": "post", "N_pre": "pre", "N_post": "post"}
        if name in sides:
            group = self.synapses.source if sides[name] == "pre" else self.synapses.target
            values = np.arange(len(parent(group))) - group.start if name in ("i", "j") else np.array(len(group))
            self._add(
                name, f"index_{sides[name]}" if name in ("i", "j") else f"count_{sides[name]}", values, sides[name], "1"
            )
            return True
        if name in self.synapses.variables and name not in BRIAN2_NAMES - {"lastupdate", "lastspike"}:
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
