"""Shipped models fit each other: no synapse declares what a neuron declares (case S6)."""

from __future__ import annotations

import inspect

from brian2 import Equations

from neuro import models
from neuro.models import NeuronModel, SynapseModel


def with_defaults(model: object) -> object:
    """What a function of models gives where all of its arguments have defaults; else what it is."""
    if not inspect.isfunction(model):
        return model
    needed = [part for part in inspect.signature(model).parameters.values() if part.default is inspect.Parameter.empty]
    return model if needed else model()


def test_no_synapse_declares_what_a_neuron_declares() -> None:
    shipped = [getattr(models, name) for name in models.__all__]
    neurons = [model for model in shipped if isinstance(model, NeuronModel)]
    synapses = [made for made in map(with_defaults, shipped) if isinstance(made, SynapseModel)]
    assert len(neurons) > 8
    assert len(synapses) > 8
    for neuron in neurons:
        for synapse in synapses:
            common = set(Equations(neuron.equations)) & set(Equations(synapse.equations))
            assert not common, f"{common} of {synapse.equations}"
