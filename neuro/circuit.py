"""Circuit: a spiking model, written once, as frozen data.

The tick contract
=================
Every target runs one tick n like this (Brian2's default schedule):

0. Start of tick. Restarts due at n: named states back to their initial value, the population's refractory
   counters and quota cleared. Inputs: row ``n // every`` is written to the input variable (zero past the end).
1. State update of every population. A refractory counter above 0 counts down by one first; a neuron is
   refractory while it is above 0. All equations read the values from before the update. Equations marked
   ``(unless refractory)`` hold while refractory; the others go on. With exact integration ``v`` uses the
   synaptic current from before its decay.
2. Thresholds: ``left > right``, strictly, and not refractory; margin = left - right. Then the winners rule:
   ``Winners(k)`` lets only the k largest margins fire in a tick; ``Winners(quota=k)`` admits only k minus
   those that fired since the last restart. Ties go to the lower index. A loser is neither reset nor made
   refractory. Firing loads the refractory counter at once: the synapses of this same tick already see it.
3. Synapses: spikes of tick n - d arrive, in the order of the projections' declaration; inside one, ordered by
   (emission tick, source, synapse). What they write is read from tick n + 1 on, so delay 0 acts one tick later.
   A variable marked ``(unless refractory)`` takes no synaptic write while refractory, as in Brian2.
   Integers are summed wide and saturate once, at the end of this phase.
4. Resets of the neurons that fired, statement by statement, in order.
5. Operations, in the order of declaration. 6. Probes read last.

A spike at tick n with a refractory time of r ticks holds the neuron through n + 1 .. n + r - 1.
"""

from __future__ import annotations

import keyword
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.errors import CircuitError
from neuro.models.base import NeuronModel, SynapseModel

Value = Any
"""A number, an array or a Brian2 quantity of either; plain numbers are in SI units."""

_GRID_TOLERANCE = 1e-3


def _freeze(values: npt.ArrayLike, dtype: type, what: str) -> npt.NDArray[Any]:
    array = np.array(values, dtype=dtype, copy=True)
    if np.issubdtype(array.dtype, np.floating) and not np.all(np.isfinite(array)):
        raise CircuitError(f"{what} holds NaN or infinity; only finite numbers are allowed")
    array.setflags(write=False)
    return array


def _integers(values: npt.ArrayLike, what: str) -> npt.NDArray[np.int64]:
    given = np.asarray(values)
    if given.size and not np.issubdtype(given.dtype, np.integer):
        raise CircuitError(f"{what} has dtype {given.dtype}; integers are allowed")
    return _freeze(given.astype(np.int64), np.int64, what)


def check_name(name: str, what: str) -> None:
    """Raise CircuitError unless ``name`` is an ASCII identifier, no Python keyword, without edge or double underscores."""
    if not isinstance(name, str) or not name.isascii() or not name.isidentifier() or keyword.iskeyword(name):
        raise CircuitError(f"{what} is named {str(name)[:60]!r}; use letters, digits and _, not starting with a digit")
    if name.startswith("_") or name.endswith("_") or "__" in name:
        raise CircuitError(f"{what} is named {name!r}; a name can't start or end with _ or hold two in a row")


def to_ticks(time: Any, dt: float, what: str) -> npt.NDArray[np.int64]:
    """Times in seconds (numbers, arrays or Brian2 quantities) as whole ticks, same shape.

    Raises:
        CircuitError: a time is negative or more than 1e-3 tick off the grid.
    """
    exact = np.asarray(time, dtype=np.float64) / dt
    ticks = np.asarray(np.rint(exact))
    if not np.all(np.isfinite(exact)) or np.any(ticks < 0):
        raise CircuitError(f"{what} is {time}; finite times >= 0 s are allowed")
    if np.any(np.abs(exact - ticks) > _GRID_TOLERANCE):
        raise CircuitError(f"{what} is {time}, not a whole number of ticks of {dt:g} s; round it or change dt")
    return ticks.astype(np.int64)


@dataclass(frozen=True, slots=True)
class Winners:
    """At most ``k`` neurons fire in one tick, at most ``quota`` between two restarts; None means no limit."""

    k: int | None = None
    quota: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("k", self.k), ("quota", self.quota)):
            if value is not None and (isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1):
                raise CircuitError(f"Winners({name}={value!r}); a whole number >= 1 or None is allowed")


@dataclass(frozen=True, slots=True, eq=False)
class Population:
    """A group of ``size`` neurons of one model.

    Args:
        name: identifier, unique in the circuit.
        size: number of neurons, >= 0.
        model: equations, threshold, reset and defaults (:class:`neuro.models.base.NeuronModel`).
        parameters: name -> value; shared (a number) or one value per neuron, shape (size,). Brian2 quantities
            of any dimension are accepted; a plain number counts in the SI unit that the equations declare.
        initial: state name -> start value, the same forms; states start at 0 otherwise.
        winners: how many neurons may fire in a tick or between restarts.
    """

    name: str
    size: int
    model: NeuronModel
    parameters: Mapping[str, Value] = field(default_factory=dict)
    initial: Mapping[str, Value] = field(default_factory=dict)
    winners: Winners = field(default_factory=Winners)

    def __post_init__(self) -> None:
        check_name(self.name, "a population")
        if isinstance(self.size, bool) or not isinstance(self.size, int | np.integer) or self.size < 0:
            raise CircuitError(f"population {self.name!r} has size {self.size!r}; a whole number >= 0 is allowed")
        object.__setattr__(self, "parameters", self._checked(self.parameters, "parameter"))
        object.__setattr__(self, "initial", self._checked(self.initial, "initial value"))
        for name, limit in (("k", self.winners.k), ("quota", self.winners.quota)):
            if limit is not None and limit > self.size:
                raise CircuitError(
                    f"population {self.name!r} of {self.size} neurons has Winners({name}={limit}); "
                    f"1 to {self.size} is allowed"
                )

    def _checked(self, values: Mapping[str, Value], what: str) -> Mapping[str, Value]:
        for name, value in values.items():
            array = np.asarray(value)
            label = f"{what} {name!r} of population {self.name!r}"
            if not np.issubdtype(array.dtype, np.number):
                raise CircuitError(f"{label} is {value!r}; a number, an array or a Brian2 quantity is allowed")
            if array.shape not in ((), (self.size,)):
                raise CircuitError(f"{label} has shape {array.shape}; () or ({self.size},) is allowed")
            if not np.all(np.isfinite(array)):
                raise CircuitError(f"{label} holds NaN or infinity; only finite numbers are allowed")
        return MappingProxyType(dict(values))


@dataclass(frozen=True, slots=True, eq=False)
class SpikeSource:
    """A population whose spikes are given: neuron ``indices[j]`` fires at tick ``ticks[j]``, once at most."""

    name: str
    size: int
    ticks: npt.ArrayLike
    indices: npt.ArrayLike

    def __post_init__(self) -> None:
        check_name(self.name, "a spike source")
        ticks = _integers(self.ticks, f"ticks of spike source {self.name!r}")
        indices = _integers(self.indices, f"indices of spike source {self.name!r}")
        if ticks.ndim != 1 or ticks.shape != indices.shape:
            raise CircuitError(
                f"spike source {self.name!r} has ticks of shape {ticks.shape} and indices of shape {indices.shape}; "
                "two vectors of one length are allowed"
            )
        if ticks.size and (ticks.min() < 0 or indices.min() < 0 or indices.max() >= self.size):
            raise CircuitError(f"spike source {self.name!r} needs ticks >= 0 and indices from 0 to {self.size - 1}")
        order = np.lexsort((indices, ticks))
        ticks, indices = ticks[order], indices[order]
        if np.any((np.diff(ticks) == 0) & (np.diff(indices) == 0)):
            raise CircuitError(f"spike source {self.name!r} lets a neuron fire twice in a tick; once is allowed")
        object.__setattr__(self, "ticks", _freeze(ticks, np.int64, "ticks"))
        object.__setattr__(self, "indices", _freeze(indices, np.int64, "indices"))


@dataclass(frozen=True, slots=True, eq=False)
class Connections:
    """Which source neuron reaches which target neuron: CSR rows, canonical order (source, then synapse).

    Args:
        row_start: shape (sources + 1,), ascending from 0.
        column: shape (synapses,), target neuron of each synapse; a pair may occur more than once.
        targets: number of target neurons.
    """

    row_start: npt.ArrayLike
    column: npt.ArrayLike
    targets: int

    def __post_init__(self) -> None:
        row_start = _integers(self.row_start, "row_start")
        column = _integers(self.column, "column")
        if row_start.ndim != 1 or row_start.size < 1 or column.ndim != 1:
            raise CircuitError(f"row_start {row_start.shape} and column {column.shape} must be vectors, row_start not empty")
        if row_start[0] != 0 or row_start[-1] != column.size or np.any(np.diff(row_start) < 0):
            raise CircuitError(f"row_start must ascend from 0 to the number of synapses, {column.size}")
        if column.size and (column.min() < 0 or column.max() >= self.targets):
            raise CircuitError(
                f"column holds {column.min()} to {column.max()}; target neurons 0 to {self.targets - 1} are allowed"
            )
        object.__setattr__(self, "row_start", row_start)
        object.__setattr__(self, "column", column)

    @property
    def sources(self) -> int:
        """Number of source neurons."""
        return int(np.asarray(self.row_start).size - 1)

    @property
    def synapses(self) -> int:
        """Number of synapses."""
        return int(np.asarray(self.column).size)

    def pre(self) -> npt.NDArray[np.int64]:
        """Source neuron of each synapse, shape (synapses,)."""
        return np.repeat(np.arange(self.sources, dtype=np.int64), np.diff(np.asarray(self.row_start)))

    @classmethod
    def from_pairs(cls, pre: npt.ArrayLike, post: npt.ArrayLike, sources: int, targets: int) -> Connections:
        """Connections from a list of (pre, post) pairs that is already ordered by ``pre``."""
        pre_array, post_array = _integers(pre, "pre"), _integers(post, "post")
        if pre_array.shape != post_array.shape or pre_array.ndim != 1:
            raise CircuitError(f"pre has shape {pre_array.shape}, post {post_array.shape}; two vectors of one length are allowed")
        if pre_array.size and (pre_array.min() < 0 or pre_array.max() >= sources):
            raise CircuitError(f"pre holds {pre_array.min()} to {pre_array.max()}; sources 0 to {sources - 1} are allowed")
        if np.any(np.diff(pre_array) < 0):
            raise CircuitError("pairs must be ordered by pre; sort them (and their weights) with a stable argsort first")
        row_start = np.zeros(sources + 1, dtype=np.int64)
        np.cumsum(np.bincount(pre_array, minlength=sources), out=row_start[1:])
        return cls(row_start, post_array, targets)

    @classmethod
    def from_dense(cls, mask: npt.ArrayLike) -> Connections:
        """One synapse per true entry of a (sources, targets) mask; ``weights[mask]`` is in the same order."""
        dense = np.asarray(mask, dtype=bool)
        if dense.ndim != 2:
            raise CircuitError(f"the mask has shape {dense.shape}; (sources, targets) is allowed")
        pre, post = np.nonzero(dense)
        return cls.from_pairs(pre, post, dense.shape[0], dense.shape[1])

    @classmethod
    def all_to_all(cls, sources: int, targets: int) -> Connections:
        """Every source to every target, row by row."""
        return cls.from_dense(np.ones((sources, targets), dtype=bool))

    @classmethod
    def one_to_one(cls, size: int) -> Connections:
        """Neuron i to neuron i."""
        return cls(np.arange(size + 1), np.arange(size), size)


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Synapses of one model from one population or source to another.

    Args:
        name: identifier, unique in the circuit.
        source: name of the population or spike source it starts at.
        target: name of the population it ends at.
        model: what a presynaptic spike does (:class:`neuro.models.base.SynapseModel`).
        connections: who reaches whom.
        parameters: synaptic variable -> value, shared or one per synapse, shape (synapses,); e.g. ``{"w": ...}``.
        delay: seconds from spike to arrival, shared or per synapse; whole ticks.
    """

    name: str
    source: str
    target: str
    model: SynapseModel
    connections: Connections
    parameters: Mapping[str, Value] = field(default_factory=dict)
    delay: Value = 0.0

    def __post_init__(self) -> None:
        check_name(self.name, "a projection")
        shapes = ((), (self.connections.synapses,))
        for name, value in (*self.parameters.items(), ("delay", self.delay)):
            array = np.asarray(value)
            label = f"{name!r} of projection {self.name!r}"
            if not np.issubdtype(array.dtype, np.number):
                raise CircuitError(f"{label} is {value!r}; a number, an array or a Brian2 quantity is allowed")
            if array.shape not in shapes:
                raise CircuitError(f"{label} has shape {array.shape}; () or {shapes[1]} is allowed")
            if not np.all(np.isfinite(array)):
                raise CircuitError(f"{label} holds NaN or infinity; only finite numbers are allowed")
        object.__setattr__(self, "parameters", MappingProxyType(dict(self.parameters)))


@dataclass(frozen=True, slots=True, eq=False)
class CurrentInput:
    """Writes an array into a variable of a population, row by row, ``every`` ticks a row; zero past the end.

    Args:
        population: whose variable.
        variable: a variable that the equations declare without ``constant``, such as ``I : volt``.
        values: shape (rows, size): numbers in the variable's SI unit or a Brian2 quantity.
        every: ticks for which a row holds.
    """

    population: str
    variable: str
    values: Value
    every: int = 1

    def __post_init__(self) -> None:
        array = np.asarray(self.values)
        label = f"the input to {self.population}.{self.variable}"
        if array.ndim != 2 or not np.issubdtype(array.dtype, np.number):
            raise CircuitError(f"{label} has shape {array.shape}, dtype {array.dtype}; numbers of shape (rows, size) are allowed")
        if not np.all(np.isfinite(array)):
            raise CircuitError(f"{label} holds NaN or infinity; only finite numbers are allowed")
        if isinstance(self.every, bool) or not isinstance(self.every, int | np.integer) or self.every < 1:
            raise CircuitError(f"{label} has every={self.every!r}; a whole number of ticks >= 1 is allowed")


@dataclass(frozen=True, slots=True, eq=False)
class Restart:
    """Start of a presentation: at these ticks states go back to their initial values.

    Args:
        population: whose states; its refractory counters and its quota are cleared too.
        ticks: when, whole ticks >= 0.
        variables: which states; None means all.
    """

    population: str
    ticks: npt.ArrayLike
    variables: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        ticks = np.unique(_integers(self.ticks, f"restart ticks of {self.population!r}"))
        if ticks.ndim != 1 or (ticks.size and ticks[0] < 0):
            raise CircuitError(f"restart ticks of {self.population!r} must be a vector of whole numbers >= 0")
        object.__setattr__(self, "ticks", _freeze(ticks, np.int64, "ticks"))


@dataclass(frozen=True, slots=True)
class Operation:
    """Statements in Brian2's language, run on a population at the end of ticks 0, every, 2 every, ...

    Args:
        name: identifier, unique in the circuit.
        population: whose neurons.
        code: e.g. ``"theta = clip(theta - step, 0*mV, 20*mV)"``.
        every: ticks between two runs.
    """

    name: str
    population: str
    code: str
    every: int = 1

    def __post_init__(self) -> None:
        check_name(self.name, "an operation")
        if isinstance(self.every, bool) or not isinstance(self.every, int | np.integer) or self.every < 1:
            raise CircuitError(f"operation {self.name!r} has every={self.every!r}; whole ticks >= 1 are allowed")


@dataclass(frozen=True, slots=True)
class Probe:
    """Records a variable of a population or projection at the end of ticks 0, every, 2 every, ..."""

    of: str
    variable: str
    every: int = 1

    def __post_init__(self) -> None:
        if isinstance(self.every, bool) or not isinstance(self.every, int | np.integer) or self.every < 1:
            raise CircuitError(f"the probe of {self.of}.{self.variable} has every={self.every!r}; whole ticks >= 1 are allowed")


Stimulus = SpikeSource | CurrentInput


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """A whole model: populations, synapses, stimuli and what is recorded. Knows no target.

    Args:
        dt: length of a tick in seconds (or a Brian2 quantity).
        populations, projections, stimuli, restarts, operations, probes: the parts, in canonical order.
        seed: for everything random that belongs to the circuit.

    Raises:
        CircuitError: names clash or are unknown, sizes differ, dt is not a positive time.
    """

    dt: Value
    populations: Sequence[Population]
    projections: Sequence[Projection] = ()
    stimuli: Sequence[Stimulus] = ()
    restarts: Sequence[Restart] = ()
    operations: Sequence[Operation] = ()
    probes: Sequence[Probe] = ()
    seed: int = 0

    def __post_init__(self) -> None:
        dt = float(self.dt)
        if not (np.isfinite(dt) and dt > 0):
            raise CircuitError(f"dt is {self.dt}; a time above 0 s is allowed, such as 0.001")
        object.__setattr__(self, "dt", dt)
        for name in ("populations", "projections", "stimuli", "restarts", "operations", "probes"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        self._check_names()
        self._check_projections()
        self._check_stimuli()

    @property
    def sources(self) -> tuple[SpikeSource, ...]:
        """The stimuli that are spike lists."""
        return tuple(stimulus for stimulus in self.stimuli if isinstance(stimulus, SpikeSource))

    @property
    def inputs(self) -> tuple[CurrentInput, ...]:
        """The stimuli that are current arrays."""
        return tuple(stimulus for stimulus in self.stimuli if isinstance(stimulus, CurrentInput))

    def population(self, name: str) -> Population:
        """The population of that name."""
        for population in self.populations:
            if population.name == name:
                return population
        raise CircuitError(f"no population {name!r}; there are {[population.name for population in self.populations]}")

    def size_of(self, name: str) -> int:
        """How many neurons a population or spike source has."""
        for part in (*self.populations, *self.sources):
            if part.name == name:
                return int(part.size)
        raise CircuitError(f"no population or spike source {name!r}; there are {self._neuron_names()}")

    def _neuron_names(self) -> list[str]:
        return [part.name for part in (*self.populations, *self.sources)]

    def _check_names(self) -> None:
        parts: Iterable[Any] = (*self.populations, *self.sources, *self.projections, *self.operations)
        seen: set[str] = set()
        for part in parts:
            if part.name.lower() in seen:
                raise CircuitError(f"the name {part.name!r} is used twice (case does not count); give each part its own")
            seen.add(part.name.lower())
        for restart in self.restarts:
            self.population(restart.population)
        for operation in self.operations:
            self.population(operation.population)
        known = {part.name for part in (*self.populations, *self.projections)}
        for probe in self.probes:
            if probe.of not in known:
                raise CircuitError(f"a probe reads {probe.of!r}; populations and projections are {sorted(known)}")

    def _check_projections(self) -> None:
        for projection in self.projections:
            self.population(projection.target)
            expected = (self.size_of(projection.source), self.size_of(projection.target))
            given = (projection.connections.sources, projection.connections.targets)
            if given != expected:
                raise CircuitError(
                    f"projection {projection.name!r} connects {given[0]} to {given[1]} neurons, but "
                    f"{projection.source!r} and {projection.target!r} have {expected[0]} and {expected[1]}"
                )
            to_ticks(projection.delay, self.dt, f"the delay of projection {projection.name!r}")

    def _check_stimuli(self) -> None:
        for stimulus in self.inputs:
            size = self.population(stimulus.population).size
            if np.asarray(stimulus.values).shape[1] != size:
                raise CircuitError(
                    f"the input to {stimulus.population}.{stimulus.variable} has {np.asarray(stimulus.values).shape[1]} "
                    f"columns; the population has {size} neurons"
                )


def compose(*circuits: Circuit, projections: Sequence[Projection] = ()) -> Circuit:
    """Join circuits into one, linked by further projections; parts keep their order.

    Raises:
        CircuitError: no circuit is given, their dt or seed differ, or names clash (see :func:`prefixed`).
    """
    if not circuits:
        raise CircuitError("compose needs at least one circuit")
    for name in ("dt", "seed"):
        values = {getattr(circuit, name) for circuit in circuits}
        if len(values) > 1:
            raise CircuitError(f"circuits of different {name} ({sorted(values)}) can't be joined; give them one")

    def joined(part: str) -> tuple[Any, ...]:
        return tuple(item for circuit in circuits for item in getattr(circuit, part))

    return Circuit(
        circuits[0].dt,
        populations=joined("populations"),
        projections=(*joined("projections"), *projections),
        stimuli=joined("stimuli"),
        restarts=joined("restarts"),
        operations=joined("operations"),
        probes=joined("probes"),
        seed=circuits[0].seed,
    )


def prefixed(circuit: Circuit, prefix: str) -> Circuit:
    """The same circuit with ``prefix_`` before every name, so that it can be composed with its like."""
    check_name(prefix, "a prefix")

    def rename(name: str) -> str:
        return f"{prefix}_{name}"

    return replace(
        circuit,
        populations=[replace(part, name=rename(part.name)) for part in circuit.populations],
        projections=[
            replace(part, name=rename(part.name), source=rename(part.source), target=rename(part.target))
            for part in circuit.projections
        ],
        stimuli=[
            replace(part, name=rename(part.name))
            if isinstance(part, SpikeSource)
            else replace(part, population=rename(part.population))
            for part in circuit.stimuli
        ],
        restarts=[replace(part, population=rename(part.population)) for part in circuit.restarts],
        operations=[
            replace(part, name=rename(part.name), population=rename(part.population)) for part in circuit.operations
        ],
        probes=[replace(part, of=rename(part.of)) for part in circuit.probes],
    )
