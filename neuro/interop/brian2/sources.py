"""SpikeGeneratorGroup, PoissonGroup and PoissonInput -> SpikeSource; what is random is drawn beforehand.

Where synapses end at them, or code changes their rates, they become populations of neurons that do nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray
from neuro.circuit.circuit import CurrentInput, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.compiler.expressions import Numbers, evaluate, parse_expression
from neuro.interop.brian2.code import Renames, assigned, calls_of, free_name, identifiers, rewritten
from neuro.interop.brian2.neurons import ReadNeurons, TimedCalls, Usage, operation_of, regular_code
from neuro.interop.brian2.reading import (
    Reading,
    needed_generator,
    needed_ticks,
    outside_names,
    parent,
    refuse,
    uniform_value,
    unit_text,
    unit_values,
)
from neuro.models.base import NeuronModel, SynapseModel

if TYPE_CHECKING:
    from brian2 import Group, PoissonGroup, PoissonInput, SpikeGeneratorGroup

_GRID = 1e-3
_MOST_WEIGHTS = 16


def read_spike_generator(group: SpikeGeneratorGroup, reading: Reading) -> SpikeSource:
    """The spikes from now on; a period is unrolled over the duration."""
    if group.when != "thresholds":
        refuse(f"SpikeGeneratorGroup {group.name!r} in the slot {group.when!r}", "leave it in 'thresholds'")
    times = np.asarray(group.variables["spike_time"].get_value(), dtype=np.float64)
    indices = np.asarray(group.variables["neuron_index"].get_value(), dtype=np.int64)
    ticks = np.floor(times / reading.dt + _GRID).astype(np.int64)
    period = round(float(np.asarray(group.variables["period"].get_value()).item()) / reading.dt)
    if period:
        end = reading.start + needed_ticks(reading, f"SpikeGeneratorGroup {group.name!r} with a period")
        rounds = np.arange(-(-end // period))
        ticks = (ticks[None, :] + period * rounds[:, None]).ravel()
        indices = np.tile(indices, len(rounds))
    ahead = ticks >= reading.start
    return SpikeSource(group.name, len(group), ticks[ahead] - reading.start, indices[ahead])


def read_poisson_group(group: PoissonGroup, reading: Reading) -> SpikeSource:
    """Spikes drawn tick by tick with probability rate dt, as Brian2 draws them (from another generator)."""
    what = f"PoissonGroup {group.name!r}"
    _check_poisson(group, what)
    ticks, rng = needed_ticks(reading, what), needed_generator(reading, what)
    if isinstance(group._rates, str):
        rates = _over_time(group, group._rates, ticks, reading)
    else:
        rates = np.asarray(group.variables["rates"].get_value(), dtype=np.float64)[None, :]
    fires = rng.random((ticks, len(group))) < rates * reading.dt
    at, index = np.nonzero(fires)
    return SpikeSource(group.name, len(group), at, index)


def read_generator_neurons(group: SpikeGeneratorGroup, reading: Reading) -> ReadNeurons:
    """The same as neurons that an input makes fire, for synapses to end at."""
    source = read_spike_generator(group, reading)
    ticks, indices = np.asarray(source.ticks), np.asarray(source.indices)
    values = np.zeros((int(ticks.max(initial=-1)) + 1, source.size))
    values[ticks, indices] = 1.0
    model = NeuronModel("fires : 1", threshold="fires > 0.5")
    drive = CurrentInput(source.name, "fires", values)
    return ReadNeurons(Population(source.name, source.size, model), (drive,), (), {})


def read_poisson_neurons(group: PoissonGroup, owners: Iterable[Group], usage: Usage, reading: Reading) -> ReadNeurons:
    """Neurons that draw in every tick, from the seed of the circuit."""
    what = f"PoissonGroup {group.name!r}"
    _check_poisson(group, what)
    regular = regular_code(owners, reading)
    written = usage.written | {name for item in regular for name in assigned(item.code)}
    text = group._rates if isinstance(group._rates, str) else None
    if text is not None and "rates" in written:
        refuse(f"{what} whose rates are a text and are written", "set the rates to numbers")
    used = identifiers(text, *(item.code for item in regular))
    own = {name for name in written if name not in group.variables}
    outside = outside_names(group, used - {"rates", "i", "N", *own}, reading)
    timed = TimedCalls(group, outside, {}, {*used, "rates"}, reading)
    timed.read([text, *(item.code for item in regular)])
    renames = Renames({"N": str(len(group)), **reading.clock_names}, timed.names)
    line = "rates : hertz" if text is None else f"rates = {rewritten(text, renames)} : hertz"
    model = NeuronModel("\n".join([line, *timed.lines]), threshold="rand() < rates*dt")
    initial = {} if text is not None else {"rates": uniform_value(group.variables["rates"].get_value())}
    population = Population(group.name, len(group), model, outside.constants, initial)
    operations = tuple(operation_of(group.name, item, renames, ({"rates"}, ()), reading) for item in regular)
    return ReadNeurons(population, tuple(timed.inputs), operations, {})


def _check_poisson(group: PoissonGroup, what: str) -> None:
    if group.events != {"spike": "rand() < rates * dt"}:
        refuse(f"{what} with events {group.events}", "leave them as Brian2 makes them")


def _over_time(group: Group, text: str, ticks: int, reading: Reading) -> FloatArray:
    """An expression of the time, the index and timed arrays, shape (ticks, size)."""
    outside = outside_names(group, identifiers(text) - {"t", "i", "N", "dt"}, reading)
    at = (np.arange(ticks) + reading.start)[:, None]
    values: dict[str, Numbers] = {"t": at * reading.dt, "t_in_timesteps": at, "dt": reading.dt}
    values |= {"i": np.arange(len(group))[None, :], "N": len(group)}
    values |= {name: float(np.asarray(value)) for name, value in outside.constants.items()}
    values |= unit_values(identifiers(text) - set(values))
    names = {}
    for number, (call, (name, arguments)) in enumerate(calls_of([text], outside.arrays).items()):
        implementation = outside.arrays[name].implementations["numpy"].get_code(group)
        given = [np.asarray(evaluate(parse_expression(argument), values)) for argument in arguments]
        if len(given) > 1:
            given = list(np.broadcast_arrays(given[0], given[1].astype(np.int64)))
        names[call] = free_name(f"{name}_now{number}", values)
        values[names[call]] = implementation(*given)
    result = evaluate(parse_expression(rewritten(text, Renames(calls=names))), values)
    return np.broadcast_to(np.asarray(result, dtype=np.float64), (ticks, len(group)))


def read_poisson_input(part: PoissonInput, reading: Reading) -> tuple[SpikeSource, Projection]:
    """N Poisson spike trains summed for each neuron, as one source neuron for each spike that shares a tick.

    A weight that changes with time gives each of its values a source of its own.
    """
    what = f"PoissonInput {part.name!r}"
    if part.when != "synapses":
        refuse(f"{what} out of the slot 'synapses'", "leave it where Brian2 puts it")
    ticks, rng = needed_ticks(reading, what), needed_generator(reading, what)
    group, first = part._group, part._group.start
    whole = parent(group)
    if isinstance(part._weight, str):
        known = {*unit_values(identifiers(part._weight)), "t", "i", "N", "dt", "t_in_timesteps"}
        changing = (identifiers(part._weight) - known) & set(getattr(whole, "user_equations", {}))
        if changing:
            refuse(f"{what} whose weight reads {min(changing)!r}", "give the weight as a quantity, or a text of t")
        each = _over_time(group, part._weight, ticks, reading)
    else:
        each = np.broadcast_to(float(part._weight), (ticks, len(group)))
    weights, which = np.unique(each, return_inverse=True)
    if weights.size > _MOST_WEIGHTS:
        refuse(f"{what} with {weights.size} weights", f"use up to {_MOST_WEIGHTS} in time")
    counts = rng.binomial(int(part.N), min(float(part.rate) * reading.dt, 1.0), (ticks, len(group)))
    most = max(int(counts.max(initial=0)), 1)
    at, neuron, copy = np.nonzero(counts[:, :, None] > np.arange(most))
    kind = which.reshape(each.shape)[at, neuron]
    effective = weights[kind] != 0
    size = len(group) * most * weights.size
    index = (neuron * most + copy) * weights.size + kind
    source = SpikeSource(part.name, size, at[effective], index[effective])
    target = np.repeat(np.arange(len(group)) + first, most * weights.size)
    connections = Connections.from_pairs(np.arange(size), target, size, len(whole))
    unit = unit_text(whole.variables[part.target_var].dim)
    alone = weights.size == 1
    model = SynapseModel(f"w : {unit}" + (" (constant)" if alone else ""), f"{part.target_var}_post += w")
    weight = {"w": float(weights[0]) if alone else np.tile(weights, len(group) * most)}
    return source, Projection(f"{part.name}_synapses", part.name, whole.name, model, connections, weight)
