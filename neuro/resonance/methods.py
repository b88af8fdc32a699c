"""Three ways to run a layer of resonators over a sequence; they agree, and differ in cost.

    z_t = lambda z_(t-1) + x_t,   spike_t = 1 where Re z_t > theta

:class:`Scan` walks the steps in compiled code, O(T): the default on a CPU. :class:`Fft` takes chunks of the sequence as
convolutions with the powers of lambda, O(T log chunk): for devices that run numba's loops badly. :class:`ResonatorStep`
is plain torch, one step at a time: the reference, and what a stream of single steps uses. In the gradient a spike
counts as ``(width / (width + |Re z - theta|))^2``, the fast sigmoid of Zenke & Ganguli (2018).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple, Protocol

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from neuro.checks import check_whole
from neuro.errors import InvalidInput


class ResonantState(NamedTuple):
    """Where the oscillators of a layer stand: Re z and Im z, (batch, units) each."""

    x: Tensor
    y: Tensor


class Oscillation(NamedTuple):
    """The numbers of a layer, (units,) each: log |lambda|, its angle a step, threshold; the surrogate's width."""

    decay: Tensor
    omega: Tensor
    threshold: Tensor
    width: float


class Run(NamedTuple):
    """Spikes and Re z of each step, (steps, batch, units), and the state after the last."""

    spikes: Tensor
    x: Tensor
    state: ResonantState


class Stack(NamedTuple):
    """The numbers of a network and of the filters of its spikes.

    ``d_1 = W_0 u``, layer l runs under ``gain_l (d_l + bias_l)``, ``d_(l+1) = d_l + W_l s_l``, a silent
    oscillator filters each spike train of s_l.

    Args:
        stem: W_0, (units, input_dimension).
        mixes: W_1 and so on, (layers - 1, units, units).
        gain, bias: (layers, units).
        layers, filters: oscillators, (layers, units) each number.
    """

    stem: Tensor
    mixes: Tensor
    gain: Tensor
    bias: Tensor
    layers: Oscillation
    filters: Oscillation


class StackRun(NamedTuple):
    """Spikes of each oscillator, (layers, batch, units), and the last states of layers and filters, Re and Im, (2,
    layers, batch, units).
    """

    count: Tensor
    states: Tensor
    filtered: Tensor


class ResonanceMethod(Protocol):
    """A way to run the oscillators over (steps, batch, units) of drive."""

    def __call__(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> Run:
        """Run them from ``state``."""
        ...

    def last(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> ResonantState:
        """Only the state after the last step: what silent oscillators have to tell."""
        ...

    def through(self, inputs: Tensor, net: Stack, states: Tensor, filtered: Tensor) -> StackRun:
        """Run (steps, batch, input_dimension) through a network and its filters, which stand at these states."""
        ...


@dataclass(frozen=True, slots=True)
class Scan:
    """Compiled loop over the steps with an adjoint gradient; tensors on the CPU, float32 or float64."""

    def __call__(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> Run:
        """Run the oscillators from ``state``.

        Raises:
            InvalidInput: a drive that is not on the CPU, or neither float32 nor float64.
        """
        from neuro.resonance.scan import Resonate

        _check_compiled(drive)
        turn_x, turn_y = _turn(layer)
        spikes, x, last_x, last_y = Resonate.apply(drive, turn_x, turn_y, layer.threshold, *state, layer.width)
        return Run(spikes, x, ResonantState(last_x, last_y))

    def last(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> ResonantState:
        """The state after the last step.

        Raises:
            InvalidInput: a drive that is not on the CPU, or neither float32 nor float64.
        """
        from neuro.resonance.scan import ResonateToEnd

        _check_compiled(drive)
        return ResonantState(*ResonateToEnd.apply(drive, *_turn(layer), *state))

    def through(self, inputs: Tensor, net: Stack, states: Tensor, filtered: Tensor) -> StackRun:
        """All layers and filters in one pass; nothing is kept of the filters' steps.

        Raises:
            InvalidInput: inputs that are not on the CPU, or neither float32 nor float64.
        """
        from neuro.resonance.stack import ResonateStack

        _check_compiled(inputs)
        layers = torch.stack([*_turn(net.layers), net.layers.threshold, net.gain, net.bias], dim=1)
        filters = torch.stack(_turn(net.filters), dim=1)
        return StackRun(
            *ResonateStack.apply(inputs, states, filtered, net.layers.width, net.stem, net.mixes, layers, filters)
        )


@dataclass(frozen=True, slots=True)
class Fft:
    """Convolution with the powers of lambda, chunk by chunk.

    Args:
        chunk: steps taken at once, at least 1; a chunk as long as the sequence is one full convolution.

    Raises:
        InvalidInput: no whole number of at least 1.
    """

    chunk: int = 1024

    def __post_init__(self) -> None:
        check_whole("chunk", self.chunk, 1, 1 << 40)

    def __call__(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> Run:
        """Run the oscillators from ``state``."""
        z, powers = torch.complex(state.x, state.y), self._powers(drive, layer)
        parts = []
        for part in drive.split(len(powers) - 1):
            parts.append(_convolved(part, powers, z))
            z = _carried(part, powers, z)
        x = torch.cat(parts)
        return Run(spike(x, layer), x, ResonantState(z.real, z.imag))

    def last(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> ResonantState:
        """The state after the last step: no convolution, a sum with the powers for each chunk."""
        z, powers = torch.complex(state.x, state.y), self._powers(drive, layer)
        for part in drive.split(len(powers) - 1):
            z = _carried(part, powers, z)
        return ResonantState(z.real, z.imag)

    def through(self, inputs: Tensor, net: Stack, states: Tensor, filtered: Tensor) -> StackRun:
        """Layer after layer."""
        return _layer_by_layer(self, inputs, net, states, filtered)

    def _powers(self, drive: Tensor, layer: Oscillation) -> Tensor:
        # In double: the angle of a late power would lose float32's digits.
        rate = torch.complex(layer.decay.double(), layer.omega.double())
        steps = torch.arange(min(self.chunk, drive.shape[0]) + 1, dtype=torch.float64, device=drive.device)
        whole = torch.exp(steps[:, None] * rate)
        return whole if drive.dtype == torch.float64 else whole.to(torch.complex64)


@dataclass(frozen=True, slots=True)
class ResonatorStep:
    """One step after the other in plain torch."""

    def __call__(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> Run:
        """Run the oscillators from ``state``."""
        turn_x, turn_y = _turn(layer)
        x, y = state
        rows = []
        for row in drive:
            x, y = x * turn_x - y * turn_y + row, x * turn_y + y * turn_x
            rows.append(x)
        whole = torch.stack(rows)
        return Run(spike(whole, layer), whole, ResonantState(x, y))

    def last(self, drive: Tensor, layer: Oscillation, state: ResonantState) -> ResonantState:
        """The state after the last step."""
        return self(drive, layer, state).state

    def through(self, inputs: Tensor, net: Stack, states: Tensor, filtered: Tensor) -> StackRun:
        """Layer after layer."""
        return _layer_by_layer(self, inputs, net, states, filtered)


class _Spike(torch.autograd.Function):
    @staticmethod
    def forward(ctx: FunctionCtx, distance: Tensor, width: float) -> Tensor:
        ctx.save_for_backward(distance)
        ctx.width = width
        return (distance > 0).to(distance.dtype)

    @staticmethod
    def backward(ctx: FunctionCtx, given: Tensor) -> tuple[Tensor, None]:
        (distance,) = ctx.saved_tensors
        return given * (ctx.width / (ctx.width + distance.abs())) ** 2, None


def spike(x: Tensor, layer: Oscillation) -> Tensor:
    """1 where x is above the threshold, else 0, with the surrogate's gradient."""
    spikes: Tensor = _Spike.apply(x - layer.threshold, layer.width)
    return spikes


def _of_layer(numbers: Oscillation, place: int) -> Oscillation:
    return Oscillation(numbers.decay[place], numbers.omega[place], numbers.threshold[place], numbers.width)


def _layer_by_layer(method: ResonanceMethod, inputs: Tensor, net: Stack, states: Tensor, filtered: Tensor) -> StackRun:
    drive, counts, after, last = inputs @ net.stem.T, [], [], []
    for place in range(len(net.gain)):
        layer, silent = (_of_layer(part, place) for part in (net.layers, net.filters))
        run = method((drive + net.bias[place]) * net.gain[place], layer, ResonantState(*states[:, place]))
        counts.append(run.spikes.sum(0))
        after.append(torch.stack(run.state))
        last.append(torch.stack(method.last(run.spikes, silent, ResonantState(*filtered[:, place]))))
        if place < len(net.mixes):
            drive = drive + run.spikes @ net.mixes[place].T
    return StackRun(torch.stack(counts), torch.stack(after, dim=1), torch.stack(last, dim=1))


def _turn(layer: Oscillation) -> tuple[Tensor, Tensor]:
    length = torch.exp(layer.decay)
    return length * torch.cos(layer.omega), length * torch.sin(layer.omega)


def _check_compiled(drive: Tensor) -> None:
    if drive.device.type != "cpu":
        raise InvalidInput(f"the drive is on {drive.device}; Scan runs on the CPU: use Fft() there")
    if drive.dtype not in {torch.float32, torch.float64}:
        raise InvalidInput(
            f"the drive has dtype {drive.dtype}; Scan computes in float32 and float64: use ResonatorStep() for it"
        )


def _carried(part: Tensor, powers: Tensor, z: Tensor) -> Tensor:
    """The state after a chunk that starts from z."""
    turned = torch.einsum("tu,tbu->bu", powers[: len(part)].flip(0), part.to(z.dtype))
    return turned + powers[len(part)] * z


def _convolved(part: Tensor, powers: Tensor, z: Tensor) -> Tensor:
    """Re z of each step of one chunk that starts from z."""
    count = len(part)
    size = 1 << (2 * count - 1).bit_length()
    # Time last: transforms run along contiguous rows.
    drive = part.permute(1, 2, 0).contiguous()
    kernel = powers[:count].real.T.contiguous()
    both = torch.fft.rfft(drive, n=size) * torch.fft.rfft(kernel, n=size)
    driven = torch.fft.irfft(both, n=size)[..., :count].permute(2, 0, 1)
    return driven + (powers[1 : count + 1, None] * z).real
