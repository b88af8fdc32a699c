"""Shipped neurons and the shipped static synapse fit each other (case S6)."""

from __future__ import annotations

from brian2 import Equations

from neuro import models
from neuro.models import NeuronModel


def test_no_neuron_declares_what_every_synapse_declares() -> None:
    neurons = {name: model for name in models.__all__ if isinstance(model := getattr(models, name), NeuronModel)}
    assert len(neurons) > 8
    weight = set(Equations(models.static_synapse().equations))
    for name, neuron in neurons.items():
        assert not set(Equations(neuron.equations)) & weight, name
