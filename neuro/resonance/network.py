"""A stack of resonant layers on one stream of drive.

    d_1 = W_in u + c,   s_l = spikes of layer l under gain_l d_l,   d_(l+1) = d_l + W_l s_l + c_l

The stream is added to, so the input and every layer's spikes reach all later layers.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from neuro.checks import check_positive, check_whole
from neuro.errors import InvalidInput
from neuro.resonance.layer import ResonantLayer, angle, evening_gain
from neuro.resonance.methods import Oscillation, ResonanceMethod, ResonantState, Scan, Stack

States = tuple[ResonantState, ...]

_SCAN = Scan()
_DRIVE = 3.0
"""Scale of the initial weights: at torch's own, hardly an oscillator reaches its threshold."""


@dataclass(frozen=True, slots=True)
class ResonanceConfig:
    """The shape of a network.

    Args:
        input_dimension: numbers in a step of the input.
        frequencies: oscillators of a layer.
        layers: how many.
        omega, tau, theta, width, oscillates: of every layer, see :class:`ResonantLayer`.
        readout: lowest and highest initial angle of the read-out's oscillators, radian a step.
        readout_tau: initial time constant of the read-out's oscillators, steps.

    Raises:
        InvalidInput: a number out of range.
    """

    input_dimension: int
    frequencies: int
    layers: int = 2
    omega: tuple[float, float] = (0.0, math.pi)
    tau: tuple[float, float] = (4.0, 64.0)
    theta: float = 0.5
    width: float = 0.2
    oscillates: bool = True
    readout: tuple[float, float] = (0.0, math.pi)
    readout_tau: float = 90.0

    def __post_init__(self) -> None:
        for name in ("input_dimension", "frequencies", "layers"):
            check_whole(name, getattr(self, name), 1, 1 << 20)
        check_positive("readout_tau", self.readout_tau)

    @property
    def channels(self) -> int:
        """Spike trains that a read-out sees: all layers' oscillators."""
        return self.layers * self.frequencies


class ResonanceNet(nn.Module):
    """Input of any length to the spikes of all layers; carries its state from part to part of a stream.

    Args:
        config: its shape.
    """

    def __init__(self, config: ResonanceConfig) -> None:
        super().__init__()
        self.config = config
        self.stem = nn.Linear(config.input_dimension, config.frequencies)
        self.resonators = nn.ModuleList(
            ResonantLayer(
                config.frequencies,
                omega=config.omega,
                tau=config.tau,
                theta=config.theta,
                width=config.width,
                oscillates=config.oscillates,
            )
            for _ in range(config.layers)
        )
        self.mixes = nn.ModuleList(nn.Linear(config.frequencies, config.frequencies) for _ in range(config.layers - 1))
        with torch.no_grad():
            for linear in (self.stem, *self.mixes):
                linear.weight.mul_(_DRIVE)

    def forward(
        self, inputs: Tensor, states: States | None = None, method: ResonanceMethod = _SCAN
    ) -> tuple[Tensor, States]:
        """Spikes of all layers, (steps, batch, layers * frequencies), and the states to go on from.

        Args:
            inputs: (steps, batch, input_dimension), at least one step.
            states: of the part before; at rest by default.
            method: how the layers run.

        Raises:
            InvalidInput: another shape or dtype, no steps, states of another number of layers.
        """
        self._check(inputs, states)
        drive = self.stem(inputs)
        spikes, after = [], []
        for place, layer in enumerate(self.resonators):
            run = layer(drive * layer.gain(), None if states is None else states[place], method)
            spikes.append(run.spikes)
            after.append(run.state)
            if place < len(self.mixes):
                drive = drive + self.mixes[place](run.spikes)
        return torch.cat(spikes, dim=-1), tuple(after)

    def through(
        self,
        inputs: Tensor,
        filters: ResonantLayer,
        states: States | None = None,
        filtered: Tensor | None = None,
        method: ResonanceMethod = _SCAN,
    ) -> tuple[Tensor, States, Tensor]:
        """Spikes of each oscillator, (layers, batch, frequencies), and the states to go on from, of layers and filters.

        In one pass, which keeps little: as :meth:`forward` and the filters after it but for rounding.

        Args:
            inputs, states, method: as there.
            filters: a silent oscillator for each channel.
            filtered: where they stand, Re and Im, (2, layers, batch, frequencies); at rest by default.

        Raises:
            InvalidInput: as :meth:`forward`.
        """
        self._check(inputs, states)
        given = [layer.start(inputs.shape[1]) for layer in self.resonators] if states is None else states
        start = torch.stack([torch.stack(parts) for parts in zip(*given, strict=True)])
        rest = torch.zeros_like(start) if filtered is None else filtered
        count, after, found = method.through(inputs, self._stack(filters), start, rest)
        return count, tuple(ResonantState(*parts) for parts in zip(*after, strict=True)), found

    def _stack(self, filters: ResonantLayer) -> Stack:
        layers = self.config.layers
        # All at once: a dozen small steps for each layer would take as long as the run.
        log_rate, shift, anchor = (
            torch.stack([*(getattr(layer, name) for layer in self.resonators), *getattr(filters, name).chunk(layers)])
            for name in ("log_rate", "shift", "anchor")
        )
        theta = torch.stack([layer.theta for layer in self.resonators])
        decay, omega = -torch.exp(log_rate), angle(anchor, shift, log_rate)
        bias = torch.stack([linear.bias for linear in (self.stem, *self.mixes)]).cumsum(0)
        units = self.config.frequencies
        mixes = torch.stack([mix.weight for mix in self.mixes]) if self.mixes else theta.new_empty((0, units, units))
        width = self.resonators[0].width
        return Stack(
            self.stem.weight,
            mixes,
            evening_gain(log_rate[:layers]),
            bias,
            Oscillation(decay[:layers], omega[:layers], theta, width),
            Oscillation(decay[layers:], omega[layers:], theta, width),
        )

    def _check(self, inputs: Tensor, states: States | None) -> None:
        width = self.config.input_dimension
        if inputs.ndim != 3 or inputs.shape[2] != width:
            raise InvalidInput(f"the input has shape {tuple(inputs.shape)}; (steps, batch, {width}) is allowed")
        if not inputs.shape[0] or not inputs.shape[1]:
            raise InvalidInput(f"the input has shape {tuple(inputs.shape)}; at least one step and one item are needed")
        if inputs.dtype != self.stem.weight.dtype:
            raise InvalidInput(
                f"the input has dtype {inputs.dtype}; this network computes in {self.stem.weight.dtype}: "
                "convert one of them"
            )
        if not inputs.is_meta and not bool(torch.isfinite(inputs).all()):
            raise InvalidInput("the input holds NaN or infinity; only finite numbers are allowed")
        if states is not None and len(states) != len(self.resonators):
            raise InvalidInput(f"{len(states)} states were given for {len(self.resonators)} layers; give one each")
