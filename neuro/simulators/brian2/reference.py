"""Brian2Reference: the circuit's own text run by Brian2, the oracle of every other target.

Nothing is lowered here: Brian2 gets the equations, thresholds, resets and synapses as the user wrote them. What
Brian2 has no word for is added around it: restarts (a network operation) and the winners rule (a registered
function inside the threshold). Runs on Brian2's numpy runtime target. Populations without neurons and
projections without synapses are left out of the network: Brian2 refuses them.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import AnyArray, Value
from neuro.circuit.circuit import Circuit, Operation, Population, Projection
from neuro.compiler.equations import random_functions, without_comments
from neuro.compiler.expressions import parse_expression
from neuro.compiler.integrate_nonlinear import NOISE, is_noise
from neuro.compiler.ir import (
    INDEX,
    LAST_SPIKE,
    NEVER_FIRED,
    Binary,
    InputProgram,
    PopulationProgram,
    Slot,
    SourceProgram,
    StepProgram,
)
from neuro.compiler.lower_circuit import every_tick_name, lower
from neuro.compiler.lower_neurons import RESET_BLOCK, THRESHOLD_BLOCK
from neuro.compiler.lower_synapses import POST_BLOCK, PRE_BLOCK
from neuro.compiler.statements import draw_seed, hashed_text
from neuro.counter_hash import stream_seed
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.models.base import Method
from neuro.simulators.brian2.operations import operation_objects
from neuro.simulators.brian2.recorder import AFTER_ALL, Brian2Network, assemble, on_numpy, recording, run_network
from neuro.simulators.brian2.winners import WinnersCode, WinnersCount, WinnersWriter, limited, numpy_winners
from neuro.spikes import Progress, Recording

if TYPE_CHECKING:
    import brian2

_NUMBER = "spikeloom_synapse"
"""The number of a synapse, a variable of Synapses whose code draws."""


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
    from brian2 import Clock, second

    program = lower(circuit)
    clock = Clock(dt=circuit.dt * second, name="spikeloom_clock*")
    winners = {part.name: WinnersCount(part.winners) for part in program.populations if limited(part.winners)}
    groups: dict[str, brian2.Group] = {}
    for population in circuit.populations:
        if population.size:
            lowered = program.population(population.name)
            count = winners.get(population.name)
            namespace = native_namespace(population, circuit.seed)
            drawn = _with_draws(population, namespace, circuit.seed)
            groups[population.name] = _neuron_group(drawn, lowered, (count, write_winners), namespace, clock)
    _link(program, groups)
    groups |= {source.name: spike_generator(source, clock, circuit.dt) for source in program.sources if source.size}
    synapses = {
        projection.name: _synapse_group(circuit, projection, program, groups, (order, clock))
        for order, projection in enumerate(circuit.projections)
        if projection.connections.synapses
    }
    every_tick = [
        Operation(every_tick_name(part), part.name, part.model.every_tick)
        for part in circuit.populations
        if part.model.every_tick.strip()
    ]
    operations = [
        item
        for order, part in enumerate((*every_tick, *circuit.operations))
        if part.of in groups or part.of in synapses
        for item in _operation(groups.get(part.of, synapses.get(part.of)), part, order, circuit)
    ]
    operations += stimulus_operations(program, groups, winners, clock, _rested)
    operations += past_operations(program, synapses, clock)
    return assemble(program, groups, synapses, operations, winners, clock)


def _link(program: StepProgram, groups: Mapping[str, brian2.Group]) -> None:
    """Link variables, and let Brian2 update the groups in the order of the circuit, where that matters."""
    from brian2 import linked_var

    if not any(part.links for part in program.populations):
        return
    for place, part in enumerate(program.populations):
        group = groups.get(part.name)
        if group is None:
            continue
        if group.state_updater is not None:
            group.state_updater.order = place + 1
        for link in part.links:
            setattr(group, link.variable, linked_var(groups[link.source], link.source_variable, index=link.index))


def _with_draws(population: Population, namespace: dict[str, Value | brian2.Function], seed: int) -> Population:
    """The population with the random draws of its model as hashes."""
    model, stream = population.model, (seed, population.name)
    drawn = replace(
        model,
        equations=_drawn(model.equations, "equations", namespace, stream, INDEX),
        threshold=None
        if model.threshold is None
        else _drawn(model.threshold, THRESHOLD_BLOCK, namespace, stream, INDEX),
        reset=_drawn(model.reset, RESET_BLOCK, namespace, stream, INDEX),
    )
    return replace(population, model=drawn)


def _operation(group: brian2.Group, part: Operation, order: int, circuit: Circuit) -> list[brian2.BrianObject]:
    on_synapses = part.of in {projection.name for projection in circuit.projections}
    code = _drawn(part.code, part.name, group.namespace, (circuit.seed, part.of), _NUMBER if on_synapses else INDEX)
    slot = Slot.START if part.at_start else Slot.END
    return operation_objects(group, code, part.every * circuit.dt, order, slot)


def _drawn(
    code: str, block: str, namespace: dict[str, Value | brian2.Function], stream: tuple[int, str], index: str
) -> str:
    """The code with its random draws as hashes, whose seeds go into the namespace; ``stream``: (seed, part)."""
    text, names = hashed_text(without_comments(code), block, index)
    namespace |= {name: draw_seed(*stream, name) for name in names}
    return text


def native_namespace(population: Population, seed: int) -> dict[str, Value | brian2.Function]:
    """What a population's code may name besides its variables: parameters, random functions, seeds."""
    names = {name for name in get_names(population.model.equations) if is_noise(name)}
    method = population.model.method
    if names and method in (Method.HEUN, Method.MILSTEIN):
        raise UnsupportedByTarget(
            f"noise with Method.{method.name} in population {population.name!r}",
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


def _native_equations(text: str) -> str:
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
    winners: tuple[WinnersCount | None, WinnersWriter],
    namespace: dict[str, Value | brian2.Function],
    clock: brian2.Clock,
) -> brian2.NeuronGroup:
    from brian2 import NeuronGroup, second

    model = population.model
    equations, refractory = _native_equations(model.equations), model.refractory
    if isinstance(refractory, str):
        period: str | bool | brian2.Quantity = refractory
    elif program.refractory is not None:
        refractory = program.refractory * float(clock.dt)
        if np.max(refractory, initial=0.0) > -NEVER_FIRED:
            raise UnsupportedByTarget(
                f"a refractory time above {-NEVER_FIRED:g} s in population {population.name!r}",
                "Brian2",
                "its neurons start as if they had fired so long ago; use a shorter time",
            )
        if program.refractory.ndim:
            equations += "\nrefractory_time : second (constant)"
    if not isinstance(refractory, str):
        times = np.asarray(0.0 if refractory is None else refractory)
        period = "refractory_time" if times.ndim else refractory is not None and float(times) * second
    code = None if winners[0] is None else _winners_code(population, program, winners[0], winners[1])
    if code is not None:
        equations += code.equations
        namespace |= code.functions
    group = NeuronGroup(
        population.size,
        equations,
        threshold=model.threshold if code is None else code.threshold,
        reset=model.reset or None,
        refractory=period,
        method=model.method.value,
        namespace=namespace,
        clock=clock,
        name=f"{population.name}*",
    )
    if refractory is not None and np.ndim(refractory):
        group.variables["refractory_time"].set_value(refractory)
    if program.left is not None:
        _hold(group, program, float(clock.dt))
    _set_constants(group, {**model.parameters, **population.parameters}, namespace)
    for state in program.states:
        # What the compiler keeps for itself, Brian2 keeps in its own way.
        if state.name in {link.variable for link in program.links}:
            continue
        if "__" not in state.name and (state.name != LAST_SPIKE or LAST_SPIKE in population.initial):
            group.variables[state.name].set_value(np.array(state.initial))
    if code is not None and code.before:
        group.run_regularly(code.before, when="before_thresholds")
    return group


def _hold(group: brian2.NeuronGroup, program: PopulationProgram, dt: float) -> None:
    """Brian2 knows neurons that are refractory still by when they last fired."""
    left = np.asarray(program.left)
    group.variables["not_refractory"].set_value(left == 0)
    if program.held_while is None:
        ago = np.asarray(program.refractory) - left + 1
        group.variables[LAST_SPIKE].set_value(np.where(left > 0, -ago * dt, NEVER_FIRED))


def _set_constants(
    group: brian2.Group, parameters: Mapping[str, Value], namespace: dict[str, Value | brian2.Function]
) -> None:
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


def spike_generator(source: SourceProgram, clock: brian2.Clock, dt: float) -> brian2.SpikeGeneratorGroup:
    """A spike list as a SpikeGeneratorGroup."""
    from brian2 import SpikeGeneratorGroup, second

    times = source.ticks * dt * second
    return SpikeGeneratorGroup(source.size, source.indices, times, clock=clock, name=f"{source.name}*")


def _synapse_group(
    circuit: Circuit,
    projection: Projection,
    program: StepProgram,
    groups: Mapping[str, brian2.Group],
    schedule: tuple[int, brian2.Clock],
) -> brian2.Synapses:
    from brian2 import Synapses

    order, clock = schedule

    lowered = program.projection(projection.name)
    model, parameters = projection.model, {**projection.model.parameters, **projection.parameters}
    namespace = {**random_functions(), **parameters}
    on_pre, on_post = (
        _drawn(code, block, namespace, (circuit.seed, projection.name), _NUMBER)
        for code, block in ((model.on_pre, PRE_BLOCK), (model.on_post, POST_BLOCK))
    )
    codes = (on_pre, on_post, *(part.code for part in circuit.operations if part.of == projection.name))
    draws = any(_NUMBER in hashed_text(code, "", _NUMBER)[0] for code in codes)
    group = Synapses(
        groups[projection.source],
        groups[projection.target],
        model=model.equations + (f"\n{_NUMBER} : integer (constant)" if draws else ""),
        on_pre=on_pre or None,
        on_post=on_post or None,
        method=model.method.value if lowered.update else None,
        namespace=namespace,
        clock=clock,
        name=f"{projection.name}*",
    )
    group.connect(i=projection.connections.pre(), j=np.asarray(projection.connections.column))
    if draws:
        group.variables[_NUMBER].set_value(np.arange(lowered.synapses))
    _set_constants(group, parameters, namespace)
    set_pathways(group, lowered.delay, float(clock.dt), order)
    return group


def set_pathways(group: brian2.Synapses, delay: AnyArray, dt: float, order: int) -> None:
    """Delays in ticks, shape () or (synapses,), for on_pre; all on_pre of a network run before all on_post."""
    from brian2 import second

    if hasattr(group, "pre"):
        group.pre.delay = (delay if delay.ndim else float(delay)) * dt * second
        group.pre.order = order
    if hasattr(group, "post"):
        group.post.order = AFTER_ALL + order


def stimulus_operations(
    program: StepProgram,
    groups: Mapping[str, brian2.Group],
    winners: Mapping[str, WinnersCount],
    clock: brian2.Clock,
    rested: Callable[[PopulationProgram], Mapping[str, AnyArray]],
) -> list[brian2.BrianObject]:
    """Inputs and restarts of the populations; ``rested`` says what a restart sets back besides the states."""
    objects = [_input(groups[part.population], part, clock) for part in program.inputs if part.population in groups]
    for restart in program.restarts:
        if restart.population in groups:
            population = program.population(restart.population)
            initial = {name: population.state(name).initial for name in restart.variables} | dict(rested(population))
            group, rule = groups[population.name], winners.get(population.name)
            objects.append(_restart(group, restart.ticks, initial, rule, clock))
    return objects


def past_operations(
    program: StepProgram, synapses: Mapping[str, brian2.Synapses], clock: brian2.Clock
) -> list[brian2.BrianObject]:
    """Before tick 0, let the queues of the synapses see the spikes of the past, tick by tick."""
    from brian2 import NetworkOperation

    if not program.past:
        return []
    oldest = min(int(part.ticks.min(initial=0)) for part in program.past)
    queues = [
        (synapses[part.name].pre, [past for past in program.past if past.of == part.source])
        for part in program.projections
        if part.name in synapses and hasattr(synapses[part.name], "pre")
    ]

    def remember() -> None:
        if int(clock.variables["timestep"].get_value().item()) > 0:
            return
        for pathway, spikes in queues:
            for tick in range(oldest, 0):
                for past in spikes:
                    pathway.queue.push(past.indices[past.ticks == tick].astype(np.int32))
                pathway.queue.advance()

    return [NetworkOperation(remember, clock=clock, when="start", order=-2)]


def _rested(population: PopulationProgram) -> Mapping[str, AnyArray]:
    """What Brian2 knows a neuron by that may fire at once."""
    if population.refractory is None:
        return {}
    size = population.size
    return {"lastspike": np.full(size, NEVER_FIRED), "not_refractory": np.ones(size, dtype=bool)}


def _input(group: brian2.Group, stimulus: InputProgram, clock: brian2.Clock) -> brian2.CodeRunner:
    """Writes a TimedArray into a variable at the start of each tick; a row of zeros ends it."""
    from brian2 import Quantity, TimedArray, second

    variable, values = stimulus.variable, stimulus.values
    ended = np.vstack([values, np.zeros((1, values.shape[1]))]).astype(np.float64)
    step = stimulus.every * float(clock.dt) * second
    timed = TimedArray(Quantity(ended, dim=group.variables[variable].dim), dt=step)
    group.namespace[f"spikeloom_input_{variable}"] = timed
    return group.run_regularly(f"{variable} = spikeloom_input_{variable}(t, i)", when="start", order=0, clock=clock)


def _restart(
    group: brian2.Group,
    ticks: AnyArray,
    initial: Mapping[str, AnyArray],
    winners: WinnersCount | None,
    clock: brian2.Clock,
) -> brian2.NetworkOperation:
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
