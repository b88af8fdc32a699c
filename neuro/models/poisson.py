"""Poisson source: each neuron fires in a tick with probability rate dt, drawn inside the circuit.

A neuron fires where rate dt 2^32 > random_bits(seed, tick, index): the same spikes on every target, from the seed of
the circuit. The probability of a spike is rate dt, so rates far below 1/dt are Poisson's.
Source: Dayan & Abbott, *Theoretical Neuroscience* (2001), chapter 1.4.
"""

from __future__ import annotations

from neuro.models.base import NeuronModel

POISSON = NeuronModel(
    equations="rate : hertz",
    threshold="rate * dt * 4294967296 > random_bits(seed, t_in_timesteps, i)",
)
"""``rate`` is a variable: give it as initial value, drive it by a CurrentInput, or write it in an operation."""
