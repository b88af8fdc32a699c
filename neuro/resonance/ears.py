"""Ears: each spike train is heard by one oscillator of its own, so its timing counts, not its rate.

h_t = mu h_(t-1) + s_t,   mu = exp(-1 / tau + i nu) for each channel;   features: rate, Re h_T / T, Im h_T / T
"""

from __future__ import annotations

from typing import NamedTuple

import torch
from torch import Tensor, nn

from neuro.resonance.layer import ResonantLayer
from neuro.resonance.methods import Method, ResonantState, Scan
from neuro.resonance.network import ResonanceConfig

_SCAN = Scan()
_SCALE = 4.0
"""Of the features: brings rates of about .1 to the size that a linear layer learns from at once."""


class Heard(NamedTuple):
    """What the read-out carries along a stream: its oscillators, the spikes of each channel so far, and the steps."""

    state: ResonantState
    count: Tensor
    steps: int


class Ears(nn.Module):
    """One silent oscillator for each spike train of a network.

    Args:
        config: of the network that is heard.
    """

    def __init__(self, config: ResonanceConfig) -> None:
        super().__init__()
        tau = (config.readout_tau, config.readout_tau)
        self.oscillators = ResonantLayer(config.channels, omega=config.readout, tau=tau)
        with torch.no_grad():
            # Evenly spaced frequencies go to the channels at random, so that a layer's neighbours differ.
            self.oscillators.anchor.copy_(self.oscillators.anchor[torch.randperm(config.channels)])
        # Ears hear, they do not fire.
        self.oscillators.theta.requires_grad_(False)

    def summary(self, spikes: Tensor, before: Heard | None = None, method: Method = _SCAN) -> tuple[Tensor, Heard]:
        """Features after the last step, (batch, 3 channels), and what a later part goes on from."""
        state = self.oscillators.listen(spikes, None if before is None else before.state, method)
        heard = _added(spikes, state, before)
        found = torch.cat([heard.count, state.x, state.y], dim=-1) * (_SCALE / heard.steps)
        return found, heard

    def every_step(
        self, spikes: Tensor, before: Heard | None = None, method: Method = _SCAN
    ) -> tuple[Tensor, Tensor, Heard]:
        """Features of each step, spikes and Re h, (steps, batch, 2 channels); the summary; what to go on from."""
        gain = self.oscillators.gain()
        run = self.oscillators(spikes, None if before is None else before.state, method)
        heard = _added(spikes, run.state, before)
        summary = torch.cat([heard.count, run.state.x, run.state.y], dim=-1) * (_SCALE / heard.steps)
        return torch.cat([spikes, run.x * gain], dim=-1), summary, heard


def _added(spikes: Tensor, state: ResonantState, before: Heard | None) -> Heard:
    count, steps = spikes.sum(0), spikes.shape[0]
    if before is not None:
        count, steps = count + before.count, steps + before.steps
    return Heard(state, count, steps)
