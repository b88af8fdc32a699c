"""The synapse models of the suite: one circuit for any of them, and which targets refuse which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import numpy as np

from neuro import models
from neuro.circuit.circuit import Circuit, Population, Projection, SpikeSource
from neuro.circuit.connections import Connections
from neuro.models.base import SynapseModel
from neuro.models.conductance_lif import CONDUCTANCE_LIF
from neuro.models.lif import LIF_EXPONENTIAL
from neuro.models.static import static_synapse

DT = 1e-3
TICKS = 150
SOURCES, TARGETS = 5, 3
SYNAPSES = 12


@dataclass(frozen=True)
class Rule:
    """A synapse model, its parameters, its delays in ticks (one number, or some to be repeated over the synapses)."""

    model: SynapseModel
    parameters: Mapping[str, Any]
    delay: Any = 1


TRACES = {"pre_trace": 0.2e-3, "post_trace": 0.3e-3}
STEPS = {"w": 2e-3, "a_plus": 0.3e-3, "a_minus": 0.4e-3, "w_max": 3e-3, **TRACES}
PARTS = {"w": 2e-3, "a_plus": 0.1, "a_minus": 0.12, "w_max": 3e-3, "pre_trace": 0.06, "post_trace": 0.05}
TRIPLETS = {"w": 2e-3, "scale": 30e-3, "w_max": 3e-3, "r1": 10e-3, "o1": 8e-3, "o2": 4e-3}
SHORT = {"w": 10e-3, "u_0": 0.3, "tau_d": 100e-3, "tau_f": 60e-3, "x": 0.7, "u": 0.2}
NEURONS = {"v": np.array([-70e-3, -60e-3, -47e-3]), "g": np.array([0.0, 2e-3, 1e-3])}

RULES: Mapping[str, Rule] = MappingProxyType(
    {
        "pair": Rule(models.pair_stdp(), {**STEPS, "w_max": np.linspace(2.5e-3, 4e-3, SYNAPSES)}),
        "nearest": Rule(models.nearest_neighbour_stdp(), {**STEPS, "post_trace": 0.2e-3}),
        "symmetric": Rule(models.symmetric_stdp(), {"w": 2e-3, "a": 0.3e-3, "offset": 0.5e-3, "w_max": 3e-3, **TRACES}),
        "reward": Rule(models.reward_modulated_stdp(), {**STEPS, "c": 0.1e-3}, (0, 2, 1)),
        "multiplicative": Rule(models.multiplicative_stdp(), PARTS),
        "van_rossum": Rule(models.van_rossum_stdp(), PARTS),
        "power_law": Rule(models.power_law_stdp(), {**PARTS, "mu": 0.4}),
        "triplet": Rule(models.triplet_stdp(), {**TRIPLETS, "r2": 0.2e-3}, (0, 3, 1, 2)),
        "minimal_triplet": Rule(models.minimal_triplet_stdp(), TRIPLETS),
        "tsodyks_markram": Rule(models.tsodyks_markram(), SHORT, (2, 0, 5)),
        "inhibitory": Rule(models.inhibitory_current_plasticity(), {"w": 1e-3, "eta": 1e-3, "w_max": 3e-3, **TRACES}),
    }
)
"""Name -> a synapse model that acts on a current."""

NO_INTEGERS: Mapping[str, str] = MappingProxyType({"power_law": r"the operator '\*\*' in projection 'power_law'"})
"""What integers refuse, and what they say: a power that is no whole number."""


def learning(names: Sequence[str], delay: int | None = None) -> Circuit:
    """Plastic synapses from 5 sources, one projection a rule, beside strong static ones from teachers.

    Nothing is at rest at tick 0: traces are above 0, a neuron above its threshold, and every source fires.

    ``delay``: ticks, the same for all synapses; by default the rules' own delays.
    """
    return learning_of({name: RULES[name] if delay is None else replace(RULES[name], delay=delay) for name in names})


def learning_of(rules: Mapping[str, Rule]) -> Circuit:
    """The same for rules that need not stand in ``RULES``."""
    rng = np.random.default_rng(7)
    pairs = np.sort(rng.permutation(SOURCES * TARGETS)[:SYNAPSES])
    connections = Connections.from_pairs(pairs // TARGETS, pairs % TARGETS, SOURCES, TARGETS)
    return Circuit(
        DT,
        [Population("a", TARGETS, LIF_EXPONENTIAL, initial=NEURONS)],
        [
            *(_projection(name, rule, connections) for name, rule in rules.items()),
            Projection("ta", "t", "a", static_synapse(), Connections.one_to_one(TARGETS), {"w": 90e-3}),
        ],
        [_spikes("s", SOURCES, 0.1, rng), _spikes("t", TARGETS, 0.08, rng)],
    )


def inhibited() -> Circuit:
    """The conductance neuron under plastic inhibition; integers refuse the neuron."""
    rng = np.random.default_rng(8)
    traces = {"pre_trace": 0.5e-9, "post_trace": 0.3e-9}
    inhibition = Rule(models.inhibitory_plasticity(), {"w": 2e-9, "eta": 1e-9, "w_max": 20e-9, **traces})
    starts = {"v": (-60e-3, -55e-3, -47e-3), "g_e": (0.0, 20e-9, 10e-9), "g_i": (0.0, 5e-9, 3e-9)}
    initial = {state: np.array(values) for state, values in starts.items()}
    return Circuit(
        DT,
        [Population("a", TARGETS, CONDUCTANCE_LIF, initial=initial)],
        [
            _projection("conductance", inhibition, Connections.all_to_all(SOURCES, TARGETS)),
            Projection(
                "ta", "t", "a", static_synapse("g_e", "siemens"), Connections.one_to_one(TARGETS), {"w": 150e-9}
            ),
        ],
        [_spikes("s", SOURCES, 0.1, rng), _spikes("t", TARGETS, 0.08, rng)],
    )


def _projection(name: str, rule: Rule, connections: Connections) -> Projection:
    delay = np.resize(rule.delay, connections.synapses) * DT if np.ndim(rule.delay) else rule.delay * DT
    return Projection(name, "s", "a", rule.model, connections, rule.parameters, delay)


def _spikes(name: str, size: int, rate: float, rng: np.random.Generator) -> SpikeSource:
    fires = rng.random((TICKS, size)) < rate
    fires[0] = True
    at, who = np.nonzero(fires)
    return SpikeSource(name, size, at, who)
