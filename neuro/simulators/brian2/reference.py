"""Brian2Reference: the circuit's own text run by Brian2, the oracle of every other target.

Nothing is lowered here: Brian2 gets the equations, thresholds, resets and synapses as the user wrote them. What
Brian2 has no word for is added around it: restarts (a network operation) and the winners rule (a registered
function inside the threshold). Runs on Brian2's numpy runtime target. Populations without neurons and
projections without synapses are left out of the network: Brian2 refuses them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.arrays import AnyArray
from neuro.circuit.circuit import Circuit, CurrentInput, Operation, Population, Projection, Restart, SpikeSource
from neuro.compiler.expressions import parse_expression
from neuro.compiler.ir import Binary, PopulationProgram, StepProgram
from neuro.compiler.lower_circuit import every_tick_name, lower
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.simulators.brian2.namespace import native_equations, native_namespace
from neuro.simulators.brian2.operations import operation_objects
from neuro.simulators.brian2.recorder import AFTER_ALL, Brian2Network, on_numpy, recording, run_network, state_monitors
from neuro.simulators.brian2.winners import WinnersCode, WinnersCount, WinnersWriter, limited, numpy_winners
from neuro.spikes import Progress, Recording

__all__ = [
    "Brian2Network",
    "Brian2Reference",
    "input_operation",
    "native_network",
    "on_numpy",
    "recording",
    "restart_operation",
    "run_network",
    "set_pathways",
    "spike_generator",
    "to_brian2",
]

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


def to_brian2(circuit: Circuit) -> Brian2Network:
    """The native Brian2 network of a circuit, units and all, with monitors for its spikes and probes.

    The texts are the circuit's own, so what a plain Brian2 user reads in ``groups["a"].equations`` is what the circuit
    says; parameters that the equations declare are variables of the group with their units, the others stand in its
    namespace. Nothing is looked up outside: run it with ``network.run(duration, namespace={})``. Restarts are a network
    operation, the winners rule is a function inside the threshold that only the numpy target has, so build and run it
    with ``prefs.codegen.target = "numpy"`` where a population has winners.

    Raises:
        EquationError, CircuitError: as :func:`neuro.compiler.lower_circuit.lower`, before anything is built.

    >>> from neuro import Circuit, Population
    >>> from neuro.models import LIF_DELTA
    >>> built = to_brian2(Circuit(1e-3, [Population("cells", 2, LIF_DELTA)]))
    >>> np.asarray(built.groups["cells"].v).tolist()
    [-0.07, -0.07]
    """
    return native_network(circuit, numpy_winners)


def native_network(circuit: Circuit, write_winners: WinnersWriter) -> Brian2Network:
    """The network of :func:`to_brian2`, with the winners rule for a target of choice."""
    from brian2 import Clock, Network, SpikeMonitor, second

    program = lower(circuit)
    clock = Clock(dt=circuit.dt * second, name="spikeloom_clock*")
    winners = {part.name: WinnersCount(part.winners) for part in program.populations if limited(part.winners)}
    groups: dict[str, Any] = {}
    for population in circuit.populations:
        if population.size:
            lowered = program.population(population.name)
            count = winners.get(population.name)
            namespace = native_namespace(population, circuit.seed)
            groups[population.name] = _neuron_group(population, lowered, (count, write_winners), namespace, clock)
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


# ------------------------------------------------------------------------------------------------- the parts


def _neuron_group(
    population: Population,
    program: PopulationProgram,
    winners: tuple[WinnersCount | None, WinnersWriter],
    namespace: dict[str, Any],
    clock: Any,
) -> Any:
    from brian2 import NeuronGroup

    model = population.model
    equations, refractory = native_equations(model.equations), model.refractory
    if program.refractory is not None:
        refractory = program.refractory * float(clock.dt)
        if np.max(refractory, initial=0.0) > -_NEVER:
            raise UnsupportedByTarget(
                f"a refractory time above {-_NEVER:g} s in population {population.name!r}",
                "Brian2",
                "its neurons start as if they had fired so long ago; use a shorter time",
            )
        if program.refractory.ndim:
            equations += "\nrefractory_time : second (constant)"
    code = None if winners[0] is None else _winners_code(population, program, winners[0], winners[1])
    if code is not None:
        equations += code.equations
        namespace |= code.functions
    group = NeuronGroup(
        population.size,
        equations,
        threshold=model.threshold if code is None else code.threshold,
        reset=model.reset or None,
        refractory=False
        if refractory is None
        else ("refractory_time" if np.ndim(refractory) else _seconds(refractory)),
        method=model.method.value,
        namespace=namespace,
        clock=clock,
        name=f"{population.name}*",
    )
    if refractory is not None and np.ndim(refractory):
        group.variables["refractory_time"].set_value(refractory)
    _set_constants(group, {**model.parameters, **population.parameters}, namespace)
    for state in program.states:
        group.variables[state.name].set_value(np.array(state.initial))
    if code is not None and code.before:
        group.run_regularly(code.before, when="before_thresholds")
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


def _winners_code(
    population: Population, program: PopulationProgram, count: WinnersCount, write_winners: WinnersWriter
) -> WinnersCode | None:
    text = population.model.threshold
    if text is None:
        return None
    tree = parse_expression(text)
    less = isinstance(tree, Binary) and tree.operator == "<"
    left, right = _sides(text)
    margin = f"(({right}) - ({left}))" if less else f"(({left}) - ({right}))"
    able = "1.0" if program.refractory is None else "int(not_refractory)"
    return write_winners(count, population.size, margin, able)


def _sides(comparison: str) -> tuple[str, str]:
    """Both sides of a threshold's text; comparisons in brackets (a gate's) are part of a side."""
    depth = 0
    for place, letter in enumerate(comparison):
        depth += (letter == "(") - (letter == ")")
        if letter in "<>" and depth == 0:
            return comparison[:place], comparison[place + 1 :]
    raise InvalidInput(f"threshold {comparison!r} compares nothing outside brackets; write it as left > right")


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


def set_pathways(group: Any, delay: AnyArray, dt: float, order: int) -> None:
    """Delays in ticks, shape () or (synapses,), for on_pre; all on_pre of a network run before all on_post."""
    from brian2 import second

    if hasattr(group, "pre"):
        group.pre.delay = (delay if delay.ndim else float(delay)) * dt * second
        group.pre.order = order
    if hasattr(group, "post"):
        group.post.order = AFTER_ALL + order


def _input(stimulus: CurrentInput, program: StepProgram, groups: Mapping[str, Any], clock: Any) -> Any:
    from brian2.units.fundamentalunits import Quantity

    lowered = next(
        part for part in program.inputs if part.population == stimulus.population and part.variable == stimulus.variable
    )
    group = groups[stimulus.population]
    return input_operation(group, stimulus.variable, lowered.values, int(stimulus.every), clock, Quantity)


def input_operation(group: Any, variable: str, values: AnyArray, every: int, clock: Any, quantity: Any) -> Any:
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
    group: Any, ticks: AnyArray, initial: Mapping[str, AnyArray], winners: WinnersCount | None, clock: Any
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
