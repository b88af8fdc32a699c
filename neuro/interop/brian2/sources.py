"""SpikeGeneratorGroup, PoissonGroup and PoissonInput -> SpikeSource; what is random is drawn beforehand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from neuro.arrays import FloatArray
from neuro.circuit.circuit import Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.compiler.expressions import Numbers, evaluate, parse_expression
from neuro.interop.brian2.code import Renames, identifiers, rewritten
from neuro.interop.brian2.reading import (
    Reading,
    needed_generator,
    needed_ticks,
    outside_names,
    parent,
    refuse,
    unit_text,
    unit_values,
)
from neuro.models.base import SynapseModel

if TYPE_CHECKING:
    from brian2 import PoissonGroup, PoissonInput, SpikeGeneratorGroup

_GRID = 1e-3


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
    if group.events != {"spike": "rand() < rates * dt"}:
        refuse(f"{what} with events {group.events}", "leave them as Brian2 makes them")
    ticks, rng = needed_ticks(reading, what), needed_generator(reading, what)
    if isinstance(group._rates, str):
        rates = _rates_text(group, group._rates, ticks, reading)
    else:
        rates = np.asarray(group.variables["rates"].get_value(), dtype=np.float64)[None, :]
    fires = rng.random((ticks, len(group))) < rates * reading.dt
    at, index = np.nonzero(fires)
    return SpikeSource(group.name, len(group), at, index)


def _rates_text(group: PoissonGroup, text: str, ticks: int, reading: Reading) -> FloatArray:
    """Rates in hertz, shape (ticks, size), of an expression of the time, the index and timed arrays."""
    outside = outside_names(group, identifiers(text) - {"t", "i", "N", "dt"}, reading)
    times = (np.arange(ticks) + reading.start)[:, None] * reading.dt
    index = np.arange(len(group))
    values: dict[str, Numbers] = {"t": times, "i": index[None, :], "N": len(group), "dt": reading.dt}
    values["t_in_timesteps"] = (np.arange(ticks) + reading.start)[:, None]
    values |= {name: float(np.asarray(value)) for name, value in outside.constants.items()}
    calls = {name: f"{name}_now" for name in outside.arrays}
    for name, array in outside.arrays.items():
        implementation = array.implementations["numpy"].get_code(group)
        values[calls[name]] = implementation(times) if array.values.ndim == 1 else implementation(times, index[None, :])
    values |= unit_values(identifiers(text) - set(values))
    rates = evaluate(parse_expression(rewritten(text, Renames(calls=calls))), values)
    return np.broadcast_to(np.asarray(rates, dtype=np.float64), (ticks, len(group)))


def read_poisson_input(part: PoissonInput, reading: Reading) -> tuple[SpikeSource, Projection]:
    """N Poisson spike trains summed for each neuron, as one source neuron for each spike that shares a tick."""
    what = f"PoissonInput {part.name!r}"
    if isinstance(part._weight, str) or part.when != "synapses":
        refuse(f"{what} with a weight as text or out of the slot 'synapses'", "give the weight as a quantity")
    ticks, rng = needed_ticks(reading, what), needed_generator(reading, what)
    group, first = part._group, part._group.start
    whole = parent(group)
    counts = rng.binomial(int(part.N), min(float(part.rate) * reading.dt, 1.0), (ticks, len(group)))
    most = max(int(counts.max(initial=0)), 1)
    at, neuron, copy = np.nonzero(counts[:, :, None] > np.arange(most))
    source = SpikeSource(part.name, len(group) * most, at, neuron * most + copy)
    target = np.repeat(np.arange(len(group)) + first, most)
    connections = Connections.from_pairs(np.arange(len(target)), target, len(target), len(whole))
    unit = unit_text(whole.variables[part.target_var].dim)
    model = SynapseModel(f"w : {unit} (constant)", f"{part.target_var}_post += w")
    weight = {"w": float(part._weight)}
    return source, Projection(f"{part.name}_synapses", part.name, whole.name, model, connections, weight)
