"""A layer of resonators: damped oscillators, each with its frequency, that spike and are never reset.

    z_t = lambda z_(t-1) + x_t,   lambda = exp(-1 / tau + i omega),   spike_t = 1 where Re z_t > theta

The oscillators are linear, so a step remembers the past as a spectrum: nothing of it is kept but z, O(1) memory however
long the input is. :data:`neuro.models.RESONATOR` is the same neuron in Brian2's language.
Sources: Izhikevich, Neural Networks 14 (2001); Gu, Goel & Re, *S4*, ICLR 2022 (diagonal state spaces); Orvieto et al.,
*Resurrecting recurrent neural networks for long sequences*, ICML 2023 (initial values, gain).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.resonance.methods import Oscillation, ResonanceMethod, ResonantState, Run, Scan

_SCAN = Scan()
_RESOLVED = 256.0
"""Time constant in steps from which on an angle is learned in units of the bandwidth 1 / tau."""


class ResonantLayer(nn.Module):
    """So many resonators with learned tau, omega and theta.

    Args:
        units: number of oscillators.
        omega: lowest and highest initial angle, radian a step, evenly spaced; 0 to pi is all there is to hear.
        tau: shortest and longest initial time constant in steps, evenly spaced in their logarithm.
        theta: initial threshold.
        width: of a spike's surrogate gradient.
        oscillates: False keeps omega at 0: leaky integrators, the baseline.

    Raises:
        InvalidInput: a number out of range.
    """

    def __init__(
        self,
        units: int,
        *,
        omega: tuple[float, float] = (0.0, math.pi),
        tau: tuple[float, float] = (4.0, 64.0),
        theta: float = 0.5,
        width: float = 0.2,
        oscillates: bool = True,
    ) -> None:
        super().__init__()
        check_whole("units", units, 1, 1 << 24)
        if not 0 < tau[0] <= tau[1] < math.inf:
            raise InvalidInput(f"tau is {tau}; two numbers of steps, 0 < shortest <= longest, are allowed")
        if not all(map(math.isfinite, omega)) or not width > 0:
            raise InvalidInput(f"omega is {omega} and width {width!r}; finite angles and a width above 0 are allowed")
        self.units, self.width = units, float(width)
        self.anchor: Tensor
        self.register_buffer("anchor", torch.linspace(*omega, units) if oscillates else torch.zeros(units))
        # Learned in units of the bandwidth where memory is long: an angle's own gradient grows with tau.
        self.shift = nn.Parameter(torch.zeros(units), oscillates)
        # Frequencies and time constants are paired at random, from torch's generator, which the caller seeds.
        steps = torch.linspace(math.log(tau[0]), math.log(tau[1]), units)[torch.randperm(units)]
        self.log_rate = nn.Parameter(-steps)
        self.theta = nn.Parameter(torch.full((units,), float(theta)))

    def start(self, batch: int) -> ResonantState:
        """All oscillators at rest, (batch, units)."""
        rest = self.theta.new_zeros((batch, self.units))
        return ResonantState(rest, rest.clone())

    @property
    def omega(self) -> Tensor:
        """``anchor + shift / (1 + tau / 256)``, radian a step, (units,)."""
        return angle(self.anchor, self.shift, self.log_rate)

    def gain(self) -> Tensor:
        """``sqrt(1 - |lambda|^2)``, (units,): white drive of this size gives every oscillator the same variance."""
        return evening_gain(self.log_rate)

    def oscillation(self) -> Oscillation:
        """The numbers that a method runs on."""
        return Oscillation(-torch.exp(self.log_rate), self.omega, self.theta, self.width)

    def forward(self, drive: Tensor, state: ResonantState | None = None, method: ResonanceMethod = _SCAN) -> Run:
        """Run over a drive, time first.

        Args:
            drive: (steps, batch, units), at least one step.
            state: where the oscillators stand before it; at rest by default.
            method: how: :class:`Scan`, :class:`Fft` or :class:`ResonatorStep`.

        Returns:
            Spikes and Re z, (steps, batch, units), and the state to go on from.

        Raises:
            InvalidInput: a drive or state of another shape or dtype, no steps.
        """
        self._check(drive, state)
        return method(drive, self.oscillation(), self.start(drive.shape[1]) if state is None else state)

    def listen(
        self, drive: Tensor, state: ResonantState | None = None, method: ResonanceMethod = _SCAN
    ) -> ResonantState:
        """The state after the last step of a drive; nothing is kept of the steps between, unlike in :meth:`forward`.

        Raises:
            InvalidInput: as :meth:`forward`.
        """
        self._check(drive, state)
        return method.last(drive, self.oscillation(), self.start(drive.shape[1]) if state is None else state)

    def _check(self, drive: Tensor, state: ResonantState | None) -> None:
        if drive.ndim != 3 or drive.shape[2] != self.units:
            raise InvalidInput(f"the drive has shape {tuple(drive.shape)}; (steps, batch, {self.units}) is allowed")
        if not drive.shape[0] or not drive.shape[1]:
            raise InvalidInput(f"the drive has shape {tuple(drive.shape)}; at least one step and one item are needed")
        if drive.dtype != self.theta.dtype:
            raise InvalidInput(f"the drive has dtype {drive.dtype}; this layer computes in {self.theta.dtype}")
        wanted = (drive.shape[1], self.units)
        if state is not None and (state.x.shape != wanted or state.y.shape != wanted):
            raise InvalidInput(f"the state has shape {tuple(state.x.shape)}; {wanted} is allowed: one for each item")


def angle(anchor: Tensor, shift: Tensor, log_rate: Tensor) -> Tensor:
    """What an oscillator turns by in a step, see :attr:`ResonantLayer.omega`; any shape."""
    return anchor + shift / (1 + torch.exp(-log_rate) / _RESOLVED)


def evening_gain(log_rate: Tensor) -> Tensor:
    """``sqrt(1 - |lambda|^2)``, see :meth:`ResonantLayer.gain`; any shape."""
    return torch.sqrt(-torch.expm1(-2 * torch.exp(log_rate)))
