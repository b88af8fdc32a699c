"""Brian2Reference: the circuit's own text run by Brian2, the oracle of every other target.

Nothing is lowered here: Brian2 gets the equations, thresholds, resets and synapses as the user wrote them. What
Brian2 has no word for is added around it: restarts (a network operation) and the winners rule (a registered
function inside the threshold). Runs on Brian2's numpy runtime target. Populations without neurons and
projections without synapses are left out of the network: Brian2 refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_ticks
from neuro.circuit import (
    Circuit,
    CurrentInput,
    Operation,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
)
from neuro.equations import random_functions
from neuro.errors import UnsupportedByTarget
from neuro.expressions import parse_expression
from neuro.integrate_nonlinear import NOISE, is_noise
from neuro.lowering import every_tick_name, lower
from neuro.models.base import Method
from neuro.program import Binary, PopulationProgram, ProbeProgram, StepProgram, WinnersRule
from neuro.random_bits import stream_seed
from neuro.simulators.brian2_operations import operation_objects
from neuro.spikes import Progress, Recording, Spikes

Array = npt.NDArray[Any]

_AFTER_ALL = 1_000_000
_NEVER = -1e4  # Brian2's own initial value of lastspike, in seconds


@dataclass(frozen=True, slots=True)
class Brian2Reference:
    """Brian2 running the native text of a circuit."""

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Build the network and run it for a number of ticks."""
        with on_numpy():
            network = to_brian2(circuit)
            done = run_network(network, ticks, circuit.dt, progress)
        return recording(network, lower(circuit), done)


@contextmanager
def on_numpy() -> Iterator[None]:
    """Build and run on Brian2's numpy target; the user's preference comes back at the end.

    Brian2's default compiles a C extension for every kind of synapse, about 15 s each on a new machine.
    """
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    try:
        yield
    finally:
        prefs.codegen.target = before


class WinnersCount:
    """The winners rule as a Brian2 function; remembers how many fired since the last restart."""

    def __init__(self, rule: WinnersRule) -> None:
        self.rule = rule
        self.used = 0

    def restart(self) -> None:
        """Start of a presentation: the whole quota is free again."""
        self.used = 0

    def __call__(self, margin: Array, able: Array) -> Array:
        """1.0 for each neuron that fires (margin > 0, able, among the largest), else 0.0; shape (size,)."""
        crossing = np.flatnonzero((margin > 0) & (able > 0))
        limit = crossing.size
        if self.rule.per_tick is not None:
            limit = min(limit, self.rule.per_tick)
        if self.rule.quota is not None:
            limit = min(limit, self.rule.quota - self.used)
        order = np.argsort(-margin[crossing], kind="stable")[:limit]
        fires = np.zeros(margin.shape)
        fires[crossing[order]] = 1.0
        self.used += limit
        return fires


@dataclass(frozen=True, slots=True, eq=False)
class Brian2Network:
    """A Brian2 network with its parts by the names of the circuit.

    Args:
        network: the ``brian2.Network``; run it with ``network.run(...)``.
        groups: population or source name -> NeuronGroup or SpikeGeneratorGroup.
        synapses: projection name -> Synapses.
        spikes: population or source name -> SpikeMonitor.
        states: (name, variable) -> StateMonitor.
        winners: population name -> its winners rule.
        clock: the clock that all parts share.
    """

    network: Any
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    spikes: Mapping[str, Any]
    states: Mapping[tuple[str, str], Any]
    winners: Mapping[str, WinnersCount]
    clock: Any


def to_brian2(circuit: Circuit) -> Brian2Network:
    """The native Brian2 network of a circuit, units and all, with monitors for its spikes and probes.

    Raises:
        EquationError, CircuitError: as :func:`neuro.lowering.lower`, before anything is built.
    """
    from brian2 import Clock, Network, SpikeMonitor, second

    program = lower(circuit)
    clock = Clock(dt=circuit.dt * second, name="spikeloom_clock*")
    winners = {part.name: WinnersCount(part.winners) for part in program.populations if limited(part.winners)}
    groups: dict[str, Any] = {}
    for population in circuit.populations:
        if population.size:
            lowered = program.population(population.name)
            namespace = native_namespace(population, circuit.seed)
            groups[population.name] = _neuron_group(population, lowered, namespace, winners.get(population.name), clock)
    groups |= {source.name: spike_generator(source, clock, circuit.dt) for source in circuit.sources if source.size}
    synapses = {
        projection.name: _synapse_group(projection, program, groups, order, clock)
        for order, projection in enumerate(circuit.projections)
        if projection.connections.synapses
    }
    inputs = [_input(part, program, groups, clock) for part in circuit.inputs if part.population in groups]
    restarts = [
        _restart(part, program, groups, winners, clock) for part in circuit.restarts if part.population in groups
    ]
    every_tick = [
        Operation(every_tick_name(part), part.name, part.model.every_tick)
        for part in circuit.populations
        if part.model.every_tick.strip()
    ]
    operations = [
        item
        for order, part in enumerate((*every_tick, *circuit.operations))
        if part.of in groups or part.of in synapses
        for item in operation_objects(
            groups.get(part.of, synapses.get(part.of)), part.code, part.every * circuit.dt, order
        )
    ]
    monitors = {name: SpikeMonitor(group, name=f"spikes_{name}*") for name, group in groups.items()}
    states = state_monitors(circuit.probes, {**groups, **synapses}, circuit.dt)
    parts = [
        *groups.values(),
        *synapses.values(),
        *inputs,
        *restarts,
        *operations,
        *monitors.values(),
        *states.values(),
    ]
    return Brian2Network(Network(parts), groups, synapses, monitors, states, winners, clock)


def limited(rule: WinnersRule) -> bool:
    """Whether a winners rule limits anything."""
    return rule.per_tick is not None or rule.quota is not None


def run_network(network: Brian2Network, ticks: int, dt: float, progress: Progress | None) -> int:
    """Run for a number of ticks, in parts where somebody wants to see the progress; gives the ticks done."""
    from brian2 import second

    check_ticks(ticks)
    done = 0
    while done < ticks:
        step = ticks - done if progress is None else min(500, ticks - done)
        network.network.run(step * dt * second, namespace={})
        done += step
        if progress is not None and progress(done) is False:
            break
    return done


def recording(network: Brian2Network, program: StepProgram, ticks: int) -> Recording:
    """What the monitors of a network saw, in the project's own form."""
    spikes = {}
    for part in program.neurons:
        monitor = network.spikes.get(part.name)
        at = np.zeros(0) if monitor is None else np.asarray(monitor.t) / program.dt
        index = np.zeros(0) if monitor is None else np.asarray(monitor.i)
        spikes[part.name] = Spikes(np.rint(at).astype(np.int64), index.astype(np.int64), part.size)
    dtype = np.int64 if program.quantised else np.float64
    probes = {}
    for probe in program.probes:
        rows = -(-ticks // probe.every)
        monitor = network.states.get((probe.of, probe.variable))
        values = np.zeros((rows, 0)) if monitor is None else np.array(monitor.variables[probe.variable].get_value())
        probes[probe.of, probe.variable] = values.astype(dtype)
    final = {}
    for owner in program.stateful:
        group = network.groups.get(owner.name, network.synapses.get(owner.name))
        for state in owner.states:
            values = state.initial if group is None else np.array(group.variables[state.name].get_value())
            final[owner.name, state.name] = values.astype(dtype)
    return Recording(program.dt, ticks, spikes, probes, final)


# ------------------------------------------------------------------------------------------------- the parts


def winners_function(count: WinnersCount) -> Any:
    """The winners rule as a ``brian2.Function`` of (margin, able)."""
    from brian2 import Function

    function = Function(
        count,
        arg_units=[None, 1],
        arg_names=["margin", "able"],
        return_unit=1,
        stateless=False,
    )
    function.implementations.add_implementation("numpy", code=count)
    return function


def native_namespace(population: Population, seed: int) -> dict[str, Any]:
    """What a population's code may name besides its variables: parameters, random functions, seeds."""
    names = {name for name in get_names(population.model.equations) if is_noise(name)}
    if names and population.model.method is Method.HEUN:
        raise UnsupportedByTarget(
            f"noise with Method.HEUN in population {population.name!r}",
            "Brian2's native text",
            "run it on Brian2Lowered() or Compiled(): Brian2's own noise can't be seeded like theirs",
        )
    return {
        **random_functions(),
        "seed": float(stream_seed(seed, population.name)),
        **{f"spikeloom_seed_{name}": float(stream_seed(seed, population.name, name)) for name in names},
        **population.model.parameters,
        **population.parameters,
    }


def native_equations(text: str) -> str:
    """The equations with each noise symbol replaced by a number that every target draws alike."""

    def drawn(match: re.Match[str]) -> str:
        return f"(random_normal(spikeloom_seed_{match[0]}, t_in_timesteps, i)*dt**-0.5)"

    return re.sub(rf"\b{NOISE}(_\w+)?\b", drawn, text)


def get_names(text: str) -> set[str]:
    """Every identifier of a text."""
    return set(re.findall(r"[A-Za-z_]\w*", text))


def _neuron_group(
    population: Population,
    program: PopulationProgram,
    namespace: dict[str, Any],
    winners: WinnersCount | None,
    clock: Any,
) -> Any:
    from brian2 import NeuronGroup

    model = population.model
    equations, refractory = native_equations(model.equations), model.refractory
    if program.refractory is not None:
        refractory = program.refractory * float(clock.dt)
        if program.refractory.ndim:
            equations += "\nrefractory_time : second (constant)"
    group = NeuronGroup(
        population.size,
        equations,
        threshold=_threshold(population, program, namespace, winners),
        reset=model.reset or None,
        refractory=False
        if refractory is None
        else ("refractory_time" if np.ndim(refractory) else _seconds(refractory)),
        method=model.method.value,
        namespace=namespace,
        clock=clock,
        name=f"{population.name}*",
    )
    if np.ndim(refractory):
        group.variables["refractory_time"].set_value(refractory)
    _set_constants(group, {**model.parameters, **population.parameters}, namespace)
    for state in program.states:
        group.variables[state.name].set_value(np.array(state.initial))
    return group


def _seconds(time: Any) -> Any:
    from brian2 import second

    return float(time) * second


def _set_constants(group: Any, parameters: Mapping[str, Any], namespace: dict[str, Any]) -> None:
    for name, value in parameters.items():
        if name in group.variables:
            values = np.asarray(value, dtype=np.float64)
            group.variables[name].set_value(
                values if group.variables[name].scalar else np.broadcast_to(values, len(group))
            )
            namespace.pop(name, None)


def _threshold(
    population: Population,
    program: PopulationProgram,
    namespace: dict[str, Any],
    winners: WinnersCount | None,
) -> str | None:
    text = population.model.threshold
    if text is None or winners is None:
        return text
    namespace["spikeloom_winners"] = winners_function(winners)
    tree = parse_expression(text)
    less = isinstance(tree, Binary) and tree.operator == "<"
    left, right = text.split("<" if less else ">")
    margin = f"({right}) - ({left})" if less else f"({left}) - ({right})"
    able = "1.0" if program.refractory is None else "int(not_refractory)"
    return f"spikeloom_winners({margin}, {able}) > 0.5"


def spike_generator(source: SpikeSource, clock: Any, dt: float) -> Any:
    """A spike list as a SpikeGeneratorGroup."""
    from brian2 import SpikeGeneratorGroup, second

    ticks, indices = np.asarray(source.ticks), np.asarray(source.indices)
    return SpikeGeneratorGroup(source.size, indices, ticks * dt * second, clock=clock, name=f"{source.name}*")


def _synapse_group(
    projection: Projection, program: StepProgram, groups: Mapping[str, Any], order: int, clock: Any
) -> Any:
    from brian2 import Synapses

    lowered = program.projection(projection.name)
    parameters = {**projection.model.parameters, **projection.parameters}
    namespace = dict(parameters)
    group = Synapses(
        groups[projection.source],
        groups[projection.target],
        model=projection.model.equations,
        on_pre=projection.model.on_pre or None,
        on_post=projection.model.on_post or None,
        method="exact" if lowered.update else None,
        namespace=namespace,
        clock=clock,
        name=f"{projection.name}*",
    )
    group.connect(i=projection.connections.pre(), j=np.asarray(projection.connections.column))
    _set_constants(group, parameters, namespace)
    set_pathways(group, lowered.delay, float(clock.dt), order)
    return group


def set_pathways(group: Any, delay: Array, dt: float, order: int) -> None:
    """Delays in ticks, shape () or (synapses,), for on_pre; all on_pre of a network run before all on_post."""
    from brian2 import second

    if hasattr(group, "pre"):
        group.pre.delay = (delay if delay.ndim else float(delay)) * dt * second
        group.pre.order = order
    if hasattr(group, "post"):
        group.post.order = _AFTER_ALL + order


def _input(stimulus: CurrentInput, program: StepProgram, groups: Mapping[str, Any], clock: Any) -> Any:
    from brian2.units.fundamentalunits import Quantity

    lowered = next(
        part for part in program.inputs if part.population == stimulus.population and part.variable == stimulus.variable
    )
    group = groups[stimulus.population]
    return input_operation(group, stimulus.variable, lowered.values, int(stimulus.every), clock, Quantity)


def input_operation(group: Any, variable: str, values: Array, every: int, clock: Any, quantity: Any) -> Any:
    """Writes a TimedArray into a variable at the start of each tick; a row of zeros ends it."""
    from brian2 import TimedArray, second

    ended = np.vstack([values, np.zeros((1, values.shape[1]))]).astype(np.float64)
    timed = TimedArray(quantity(ended, dim=group.variables[variable].dim), dt=every * float(clock.dt) * second)
    group.namespace[f"spikeloom_input_{variable}"] = timed
    return group.run_regularly(f"{variable} = spikeloom_input_{variable}(t, i)", when="start", order=0, clock=clock)


def _restart(
    restart: Restart,
    program: StepProgram,
    groups: Mapping[str, Any],
    winners: Mapping[str, WinnersCount],
    clock: Any,
) -> Any:
    lowered = next(
        part
        for part in program.restarts
        if part.population == restart.population and np.array_equal(part.ticks, restart.ticks)
    )
    population = program.population(restart.population)
    group = groups[restart.population]
    initial: dict[str, Any] = {name: population.state(name).initial for name in lowered.variables}
    if population.refractory is not None:
        initial |= {
            "lastspike": np.full(population.size, _NEVER),
            "not_refractory": np.ones(population.size, dtype=bool),
        }
    return restart_operation(group, lowered.ticks, initial, winners.get(restart.population), clock)


def restart_operation(
    group: Any, ticks: Array, initial: Mapping[str, Array], winners: WinnersCount | None, clock: Any
) -> Any:
    """Sets variables back at the start of the given ticks, before the inputs are written."""
    from brian2 import NetworkOperation

    due = frozenset(int(tick) for tick in ticks)

    def restart() -> None:
        if int(clock.variables["timestep"].get_value().item()) not in due:
            return
        for name, values in initial.items():
            group.variables[name].set_value(np.array(values))
        if winners is not None:
            winners.restart()

    return NetworkOperation(restart, clock=clock, when="start", order=-1)


def state_monitors(
    probes: Sequence[Probe | ProbeProgram], groups: Mapping[str, Any], dt: float
) -> dict[tuple[str, str], Any]:
    """One StateMonitor a probe, reading after everything else."""
    from brian2 import StateMonitor

    return {
        (probe.of, probe.variable): StateMonitor(
            groups[probe.of],
            probe.variable,
            record=True,
            dt=_seconds(probe.every * dt),
            when="end",
            order=_AFTER_ALL,
            name=f"probe_{probe.of}_{probe.variable}*",
        )
        for probe in probes
        if probe.of in groups
    }
