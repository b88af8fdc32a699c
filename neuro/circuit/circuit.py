"""Circuit: a spiking model, written once, as frozen data.

The tick contract
=================
Every target runs one tick n like this (Brian2's default schedule):

0. Start of tick. Restarts due at n: named states back to their initial value, the population's refractory
   counters and count of winners cleared. Inputs: row ``n // every`` is written to the input variable (zero past the
   end). Operations with ``at_start``, in the order of declaration. Before all of them, what equations flag
   ``(constant over dt)`` takes its value for the tick.
1. State update of every population. A refractory counter above 0 counts down by one first; a neuron is
   refractory while it is above 0. Where a condition holds neurons, the counter has no end, but is cleared as soon as
   the condition, which reads the values from before the update, does not hold. All equations read the values from
   before the update. A variable marked ``(linked)`` takes its value right before; populations are updated in the order
   of their declaration, so it is the new value of one that is declared before. Equations marked
   ``(unless refractory)`` hold while refractory; the others go on. With exact
   integration ``v`` uses the synaptic current from before its decay. Synaptic variables take their step too,
   ``(event-driven)`` ones from tick 1 on: as in Brian2 their start value is that of t = 0, so at tick n they have
   taken n steps, the others n + 1.
2. Thresholds: ``left > right``, strictly, and not refractory; margin = left - right. Then the winners rule:
   ``Winners(k)`` lets only the k largest margins fire in a tick; ``Winners(max_winners=k)`` admits only k minus
   those that fired since the last restart. Ties go to the lower index. A loser is neither reset nor made
   refractory. Firing loads the refractory counter at once: the synapses of this same tick already see it.
3. Synapses: spikes of tick n - d arrive, in the order of the projections' declaration; inside one, ordered by
   (emission tick, source, synapse). What they write is read from tick n + 1 on, so delay 0 acts one tick later.
   A variable marked ``(unless refractory)`` takes no synaptic write while refractory, as in Brian2.
   Integers are summed wide and saturate once, at the end of this phase.
4. Resets of the neurons that fired, statement by statement, in order.
5. Operations without ``at_start``, in the order of declaration. 6. Probes read last.

A spike at tick n with a refractory time of r ticks holds the neuron through n + 1 .. n + r - 1.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from neuro.arrays import FrozenMapping, Value
from neuro.checks import check_name, frozen_integers, is_real, is_whole, to_ticks
from neuro.circuit.connections import Connections
from neuro.circuit.draws import DrawnValues, check_grid, drawn
from neuro.errors import CircuitError
from neuro.models.base import NeuronModel, SynapseModel


def _frozen(values: Mapping[str, Value], size: int, label: str) -> Mapping[str, Value]:
    """The values as they are, in a mapping that stays; CircuitError unless each is a number or one for each."""
    for name, value in values.items():
        if isinstance(value, DrawnValues) and value.shape == (size,):
            continue
        array, what = np.asarray(value), label.format(name)
        if not is_real(array):
            raise CircuitError(f"{what} is {value!r}; a number, an array or a Brian2 quantity is allowed")
        if array.shape not in ((), (size,)):
            raise CircuitError(f"{what} has shape {array.shape}; () or ({size},) is allowed")
        if not np.all(np.isfinite(array)):
            raise CircuitError(f"{what} holds NaN or infinity; only finite numbers are allowed")
    return FrozenMapping(values)


@dataclass(frozen=True, slots=True)
class Winners:
    """At most ``k`` neurons fire in one tick, at most ``max_winners`` between two restarts; None means no limit."""

    k: int | None = None
    max_winners: int | None = None

    def __post_init__(self) -> None:
        for name, value in (("k", self.k), ("max_winners", self.max_winners)):
            if value is not None and not is_whole(value, 1):
                raise CircuitError(f"Winners({name}={value!r}); a whole number >= 1 or None is allowed")


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """Where a variable flagged ``(linked)`` takes its value: from a variable of another population, in every tick.

    Args:
        population: whose variable.
        variable: a variable that only state updates, inputs and operations at the start of a tick change.
        index: the neuron that each neuron reads, shape () or (size,); None: the one of the same number.
    """

    population: str
    variable: str
    index: npt.ArrayLike | None = None

    def __post_init__(self) -> None:
        if self.index is not None:
            object.__setattr__(
                self, "index", frozen_integers(self.index, f"the index of a link to {self.population!r}")
            )


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
        refractory_left: seconds for which neurons are refractory still at the start, shared or one per neuron; where a
            condition holds them, any time above 0.
        links: variable flagged ``(linked)`` -> where its value comes from.
    """

    name: str
    size: int
    model: NeuronModel
    parameters: Mapping[str, Value] = field(default_factory=dict)
    initial: Mapping[str, Value] = field(default_factory=dict)
    winners: Winners = field(default_factory=Winners)
    refractory_left: Value = 0.0
    links: Mapping[str, Link] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_name(self.name, "a population")
        object.__setattr__(self, "links", FrozenMapping(self.links))
        if not is_whole(self.size, 0):
            raise CircuitError(f"population {self.name!r} has size {self.size!r}; a whole number >= 0 is allowed")
        where = f"population {self.name!r}"
        object.__setattr__(self, "parameters", _frozen(self.parameters, self.size, "parameter {!r} of " + where))
        object.__setattr__(self, "initial", _frozen(self.initial, self.size, "initial value {!r} of " + where))
        _frozen({"refractory_left": self.refractory_left}, self.size, "{!r} of " + where)
        for name, limit in (("k", self.winners.k), ("max_winners", self.winners.max_winners)):
            if limit is not None and limit > self.size:
                raise CircuitError(
                    f"population {self.name!r} of {self.size} neurons has Winners({name}={limit}); "
                    f"1 to {self.size} is allowed"
                )


@dataclass(frozen=True, slots=True, eq=False)
class SpikeSource:
    """A population whose spikes are given: neuron ``indices[j]`` fires at tick ``ticks[j]``, once at most."""

    name: str
    size: int
    ticks: npt.ArrayLike
    indices: npt.ArrayLike

    def __post_init__(self) -> None:
        check_name(self.name, "a spike source")
        if not is_whole(self.size, 0):
            raise CircuitError(f"spike source {self.name!r} has size {self.size!r}; a whole number >= 0 is allowed")
        ticks = frozen_integers(self.ticks, f"ticks of spike source {self.name!r}")
        indices = frozen_integers(self.indices, f"indices of spike source {self.name!r}")
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
        object.__setattr__(self, "ticks", frozen_integers(ticks, "ticks"))
        object.__setattr__(self, "indices", frozen_integers(indices, "indices"))


@dataclass(frozen=True, slots=True, eq=False)
class Projection:
    """Synapses of one model from one population or source to another.

    Args:
        name: identifier, unique in the circuit.
        source: name of the population or spike source it starts at.
        target: name of the population it ends at.
        model: what a presynaptic spike does (:class:`neuro.models.base.SynapseModel`).
        connections: who reaches whom.
        parameters: synaptic variable -> value, shared or one per synapse, shape (synapses,), or drawn for each synapse
            (:mod:`neuro.circuit.draws`); e.g. ``{"w": Normal(1e-3, 1e-4, seed=1)}``.
        delay: seconds from spike to arrival, shared, per synapse or drawn; whole ticks.
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
        size, where = self.connections.synapses, f"{{!r}} of projection {self.name!r}"
        parameters = {name: drawn(value, size) for name, value in self.parameters.items()}
        object.__setattr__(self, "parameters", _frozen(parameters, size, where))
        object.__setattr__(self, "delay", drawn(self.delay, size))
        _frozen({"delay": self.delay}, size, where)


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
        if array.ndim != 2 or not is_real(array):
            raise CircuitError(
                f"{label} has shape {array.shape}, dtype {array.dtype}; numbers of shape (rows, size) are allowed"
            )
        if not np.all(np.isfinite(array)):
            raise CircuitError(f"{label} holds NaN or infinity; only finite numbers are allowed")
        if not is_whole(self.every, 1):
            raise CircuitError(f"{label} has every={self.every!r}; a whole number of ticks >= 1 is allowed")


@dataclass(frozen=True, slots=True, eq=False)
class Restart:
    """Start of a presentation: at these ticks states go back to their initial values.

    Args:
        population: whose states; its refractory counters and its count of winners are cleared too.
        ticks: when, whole ticks >= 0.
        variables: which states; None means all.
    """

    population: str
    ticks: npt.ArrayLike
    variables: tuple[str, ...] | None = None

    def __post_init__(self) -> None:
        ticks = np.unique(frozen_integers(self.ticks, f"restart ticks of {self.population!r}"))
        if ticks.ndim != 1 or (ticks.size and ticks[0] < 0):
            raise CircuitError(f"restart ticks of {self.population!r} must be a vector of whole numbers >= 0")
        object.__setattr__(self, "ticks", frozen_integers(ticks, "ticks"))


@dataclass(frozen=True, slots=True)
class Operation:
    """Statements in Brian2's language, run on a population or projection in ticks 0, every, 2 every, ...

    Args:
        name: identifier, unique in the circuit.
        of: whose neurons (a population) or synapses (a projection).
        code: e.g. ``"theta = clip(theta - step, 0*mV, 20*mV)"``. On a projection the code may read variables of the
            neurons (``v_post``, ``rate_pre``), and ``incoming(x)`` or ``outgoing(x)``: the sum of x over all
            synapses onto the same target, or from the same source, e.g. ``"w = w * total / incoming(w)"``.
        every: ticks between two runs.
        at_start: run at the start of the tick, behind restarts and inputs, in place of its end.
    """

    name: str
    of: str
    code: str
    every: int = 1
    at_start: bool = False

    def __post_init__(self) -> None:
        check_name(self.name, "an operation")
        if not is_whole(self.every, 1):
            raise CircuitError(f"operation {self.name!r} has every={self.every!r}; whole ticks >= 1 are allowed")


@dataclass(frozen=True, slots=True)
class Probe:
    """Records a variable of a population or projection at the end of ticks 0, every, 2 every, ..."""

    of: str
    variable: str
    every: int = 1

    def __post_init__(self) -> None:
        if not is_whole(self.every, 1):
            raise CircuitError(
                f"the probe of {self.of}.{self.variable} has every={self.every!r}; whole ticks >= 1 are allowed"
            )


@dataclass(frozen=True, slots=True, eq=False)
class PastSpikes:
    """Spikes from before the start that are still under way: neuron ``indices[j]`` fired at tick ``ticks[j]`` < 0.

    They arrive as their delays say. A recording does not hold them, and nothing else of the past happens again.

    Args:
        of: whose neurons, a population or a spike source.
        ticks: when, whole ticks < 0.
        indices: which, as many.
    """

    of: str
    ticks: npt.ArrayLike
    indices: npt.ArrayLike

    def __post_init__(self) -> None:
        ticks = frozen_integers(self.ticks, f"ticks of past spikes of {self.of!r}")
        indices = frozen_integers(self.indices, f"indices of past spikes of {self.of!r}")
        if ticks.ndim != 1 or ticks.shape != indices.shape:
            raise CircuitError(f"past spikes of {self.of!r} need ticks and indices that are two vectors of one length")
        if ticks.size and (ticks.max() >= 0 or indices.min() < 0):
            raise CircuitError(f"past spikes of {self.of!r} need ticks < 0 and indices >= 0")
        pairs = np.unique(np.stack([ticks, indices]), axis=1)
        object.__setattr__(self, "ticks", frozen_integers(pairs[0], "ticks"))
        object.__setattr__(self, "indices", frozen_integers(pairs[1], "indices"))


Stimulus = SpikeSource | CurrentInput


@dataclass(frozen=True, slots=True, eq=False)
class Circuit:
    """A whole model: populations, synapses, stimuli and what is recorded. Knows no target.

    Args:
        dt: length of a tick in seconds; a Brian2 quantity is turned into them.
        populations, projections, stimuli, restarts, operations, probes: the parts, in canonical order.
        seed: for everything random that belongs to the circuit.
        past: spikes that are under way when it starts.

    Raises:
        CircuitError: names clash or are unknown, sizes differ, dt is not a positive time, a seed below 0.
    """

    dt: float
    populations: Sequence[Population]
    projections: Sequence[Projection] = ()
    stimuli: Sequence[Stimulus] = ()
    restarts: Sequence[Restart] = ()
    operations: Sequence[Operation] = ()
    probes: Sequence[Probe] = ()
    seed: int = 0
    past: Sequence[PastSpikes] = ()

    def __post_init__(self) -> None:
        given = np.asarray(self.dt)
        if given.ndim or not is_real(given) or not (np.isfinite(given) and given > 0):
            raise CircuitError(f"dt is {self.dt}; a time above 0 s is allowed, such as 0.001")
        object.__setattr__(self, "dt", float(given))
        for name in ("populations", "projections", "stimuli", "restarts", "operations", "probes", "past"):
            object.__setattr__(self, name, tuple(getattr(self, name)))
        if not is_whole(self.seed, 0):
            raise CircuitError(f"seed is {self.seed!r}; a whole number >= 0 is allowed")
        self._check_names()
        self._check_projections()
        self._check_stimuli()

    @property
    def neurons(self) -> tuple[Population | SpikeSource, ...]:
        """Everything that spikes: the populations, then the sources."""
        return (*self.populations, *self.sources)

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
        for part in self.neurons:
            if part.name == name:
                return int(part.size)
        raise CircuitError(f"no population or spike source {name!r}; there are {[part.name for part in self.neurons]}")

    def _check_names(self) -> None:
        seen: set[str] = set()
        for part in (*self.neurons, *self.projections, *self.operations):
            if part.name.lower() in seen:
                raise CircuitError(
                    f"the name {part.name!r} is used twice (case does not count); give each part its own"
                )
            seen.add(part.name.lower())
        for population in self.populations:
            for name, link in population.links.items():
                size = self.population(link.population).size
                index = np.arange(population.size) if link.index is None else np.asarray(link.index)
                if index.shape not in ((), (population.size,)) or np.any((index < 0) | (index >= size)):
                    raise CircuitError(
                        f"{population.name}.{name} is linked to neurons {index.min(initial=0)} to "
                        f"{index.max(initial=0)} in shape {index.shape} of {link.population!r}, which has {size}; "
                        f"give an index of shape () or ({population.size},)"
                    )
        for restart in self.restarts:
            self.population(restart.population)
        known = {part.name for part in self.populations} | {part.name for part in self.projections}
        for operation in self.operations:
            if operation.of not in known:
                raise CircuitError(
                    f"operation {operation.name!r} is on {operation.of!r}; "
                    f"populations and projections are {sorted(known)}"
                )
        for past in self.past:
            if np.asarray(past.indices).max(initial=-1) >= self.size_of(past.of):
                raise CircuitError(f"past spikes of {past.of!r} have indices above {self.size_of(past.of) - 1}")
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
            what = f"the delay of projection {projection.name!r}"
            if isinstance(projection.delay, DrawnValues):
                check_grid(projection.delay, self.dt, what)
            else:
                to_ticks(projection.delay, self.dt, what)

    def _check_stimuli(self) -> None:
        for stimulus in self.inputs:
            size = self.population(stimulus.population).size
            columns = np.asarray(stimulus.values).shape[1]
            if columns != size:
                raise CircuitError(
                    f"the input to {stimulus.population}.{stimulus.variable} has {columns} "
                    f"columns; the population has {size} neurons"
                )
