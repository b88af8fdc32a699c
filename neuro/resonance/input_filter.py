"""The input filter of a read-out: one oscillator for each spike train, so that its timing counts, not its rate.

h_t = mu h_(t-1) + s_t,   mu = exp(-1 / tau + i nu) for each channel;   features: rate, Re h_T / T, Im h_T / T
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from neuro.resonance.layer import ResonantLayer
from neuro.resonance.methods import ResonanceMethod, ResonantState, Scan
from neuro.resonance.network import ResonanceConfig, ResonanceNet, States

_SCAN = Scan()
_SCALE = 4.0
"""Of the features: brings rates of about .1 to the size that a linear layer learns from at once."""


class FilterState(NamedTuple):
    """What the filter carries along a stream: its oscillators, the spikes of each channel so far, and the steps."""

    state: ResonantState
    count: Tensor
    steps: int

    @property
    def features(self) -> Tensor:
        """Rates and states in scale, (batch, 3 channels)."""
        return torch.cat([self.count, *self.state], dim=-1) * (_SCALE / self.steps)


class Summary(NamedTuple):
    """Spikes of each oscillator a step, (batch, channels), in the last part; what the next part goes on from."""

    rates: Tensor
    states: States
    filtered: FilterState


class InputFilter(nn.Module):
    """One silent oscillator for each spike train of a network.

    Args:
        config: of the network whose spikes are filtered.
    """

    def __init__(self, config: ResonanceConfig) -> None:
        super().__init__()
        tau = (config.readout_tau, config.readout_tau)
        self.oscillators = ResonantLayer(config.channels, omega=config.readout, tau=tau)
        with torch.no_grad():
            # Evenly spaced frequencies go to the channels at random, so that a layer's neighbours differ.
            self.oscillators.anchor.copy_(self.oscillators.anchor[torch.randperm(config.channels)])
        # These oscillators never fire.
        self.oscillators.theta.requires_grad_(False)

    def summary(
        self,
        network: ResonanceNet,
        inputs: Tensor,
        states: States | None = None,
        before: FilterState | None = None,
        method: ResonanceMethod = _SCAN,
    ) -> Summary:
        """Run a network and filter its spikes: what is known after the last step, what a later part goes on from."""
        layers = network.config.layers
        filtered = None if before is None else torch.stack(before.state).unflatten(2, (layers, -1)).transpose(1, 2)
        count, after, found = network.through(inputs, self.oscillators, states, filtered, method)
        state, fired = found.transpose(1, 2).flatten(2), count.transpose(0, 1).flatten(1)
        return Summary(fired / len(inputs), after, _added(fired, len(inputs), ResonantState(*state), before))

    def of_spikes(self, spikes: Tensor, method: ResonanceMethod = _SCAN) -> Tensor:
        """Features, (batch, 3 channels), of given spikes, (steps, batch, channels)."""
        return _added(spikes.sum(0), len(spikes), self.oscillators.listen(spikes, None, method), None).features

    def every_step(
        self, spikes: Tensor, before: FilterState | None = None, method: ResonanceMethod = _SCAN
    ) -> tuple[Tensor, Tensor, FilterState]:
        """Features of each step, spikes and Re h, (steps, batch, 2 channels); the summary; what to go on from."""
        gain = self.oscillators.gain()
        run = self.oscillators(spikes, None if before is None else before.state, method)
        filtered = _added(spikes.sum(0), len(spikes), run.state, before)
        return torch.cat([spikes, run.x * gain], dim=-1), filtered.features, filtered


def _added(count: Tensor, steps: int, state: ResonantState, before: FilterState | None) -> FilterState:
    return FilterState(state, *((count, steps) if before is None else (count + before.count, steps + before.steps)))
