"""Short Brian2 scripts, as users write them, and what becomes of each when it is read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.interop.brian2_scripts import networks, plasticity, single_neurons
from tests.interop.brian2_scripts.script import Script


@dataclass(frozen=True)
class Case:
    """A script, for how many ticks it runs, and why it is refused today; None: it loads and spikes are equal.

    ``random``: it draws numbers as it runs, each simulator its own, so that only counts can be compared.
    """

    build: Callable[[], Script]
    ticks: int
    refused: str | None = None
    random: bool = False

    @property
    def name(self) -> str:
        """The script's name."""
        return self.build.__name__


CASES = (
    Case(single_neurons.if_curve_lif, 600),
    Case(single_neurons.if_curve_hodgkin_huxley, 500),
    Case(single_neurons.hodgkin_huxley_euler, 4000),
    Case(single_neurons.adaptive_threshold, 1000),
    Case(single_neurons.izhikevich, 1000),
    Case(single_neurons.adaptive_exponential, 1000),
    Case(single_neurons.timed_array_drive, 1200),
    Case(single_neurons.reads_the_time, 800),
    Case(single_neurons.noisy_neurons, 5000, random=True),
    Case(single_neurons.non_reliability, 500),
    Case(single_neurons.refractory_by_neuron, 500),
    Case(single_neurons.regular_operations, 1000),
    Case(networks.cuba, 400),
    Case(networks.coba, 400),
    Case(networks.coba_hodgkin_huxley, 400),
    Case(networks.brunel, 500),
    Case(networks.synfire_chain, 500),
    Case(networks.licklider, 1400),
    Case(networks.delays_per_synapse, 1000),
    Case(networks.several_synapses, 1000),
    Case(networks.barrels, 600),
    Case(networks.gap_junctions, 500),
    Case(networks.pyramidal_interneuron_gamma, 600),
    Case(networks.jittered_input, 1000),
    Case(plasticity.song_abbott_stdp, 2000),
    Case(plasticity.inhibitory_plasticity, 2000),
    Case(plasticity.short_term_plasticity, 3000),
    Case(plasticity.nonlinear_nmda, 500),
    Case(plasticity.decaying_weights, 2000),
)
