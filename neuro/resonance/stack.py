"""A whole network and the filters of its spikes in one pass, with one gradient; items in blocks that fit the cache.

    d_1 = W_0 u,   s_l = spikes of layer l under gain_l (d_l + b_l),   d_(l+1) = d_l + W_l s_l

Layer by layer the same takes 1.6 times as long (bench ``resonance``, row one-pass): each number goes through main
memory a dozen times, and a thousand small calls cost as much as the sums.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from neuro.resonance.scan import PART, arrays, as_number, empty

_BLOCK = 1 << 20
"""Bytes of the drive that goes through the network together."""


class _Numbers(NamedTuple):
    """Of a network, or their gradients; see :class:`ResonateStack`."""

    stem: Tensor
    mixes: Tensor
    layers: Tensor
    filters: Tensor


class ResonateStack(torch.autograd.Function):
    """(inputs, states, filtered, width, stem, mixes, layers, filters) -> (count, states, filtered).

    inputs (steps, batch, input_dimension); states and filtered, Re and Im, (2, layers, batch, units); stem (units,
    input_dimension); mixes (layers - 1, units, units); layers: Re lambda, Im lambda, threshold, gain, bias,
    (layers, 5, units); filters: Re mu, Im mu, (layers, 2, units); count of spikes (layers, batch, units).
    """

    @staticmethod
    def forward(
        ctx: FunctionCtx, inputs: Tensor, states: Tensor, filtered: Tensor, width: float, *numbers: Tensor
    ) -> tuple[Tensor, Tensor, Tensor]:
        """Run all steps, block by block."""
        from neuro.resonance._stack_kernels import layer_forward

        net = _Numbers(*numbers)
        last, ear, states = _copied(states), _copied(filtered), states.contiguous()
        slopes, count = torch.empty_like(ear), torch.empty_like(last[0])
        moving, tables = arrays(last, ear, slopes, count), arrays(net.layers, net.filters)
        room, marks = _room(inputs, states)
        rows = arrays(room, marks)
        for start, stop in _blocks(inputs, states):
            drives, spikes = _block(room, states, start, stop)
            torch.mm(_rows(inputs, start, stop), net.stem.T, out=drives[0])
            for place in range(len(count)):
                layer_forward((place, start, stop), rows, PART, tables, moving)
                if place < len(net.mixes):
                    torch.addmm(drives[place], spikes[place], net.mixes[place].T, out=drives[place + 1])
        ctx.width = width
        ctx.save_for_backward(inputs, states, slopes, room, marks, *numbers)
        return count, last, ear

    @staticmethod
    def backward(
        ctx: FunctionCtx, of_count: Tensor, of_states: Tensor, of_filtered: Tensor
    ) -> tuple[Tensor | None, ...]:
        """Run the adjoints, block by block, the last layer first."""
        from neuro.resonance._stack_kernels import layer_backward

        inputs, states, slopes, room, marks, *numbers = ctx.saved_tensors
        net, sums = _Numbers(*numbers), _Numbers(*(torch.zeros_like(value) for value in numbers))
        of_first, of_ear, count = _copied(of_states), _copied(of_filtered), of_count.contiguous().numpy()
        moving, tables = arrays(states, of_first, of_ear, slopes), arrays(net.layers, net.filters)
        rows, found, width = arrays(room, marks), arrays(sums.layers, sums.filters), as_number(ctx.width, states)
        of_inputs = torch.empty_like(inputs) if ctx.needs_input_grad[0] else None
        for start, stop in _blocks(inputs, states):
            _, spikes = _block(room, states, start, stop)
            stream, lanes = spikes.new_empty((0, 0)), (stop - start) * states.shape[3]
            for place in reversed(range(len(count))):
                gradient = torch.empty_like(spikes[place])
                given = stream @ net.mixes[place] if len(stream) else gradient[:0]
                wide = (*arrays(given.view(-1, lanes)), count, *arrays(gradient.view(-1, lanes)))
                layer_backward((place, start, stop), wide, rows, PART, tables, width, moving, found)
                stream = gradient.add_(stream) if len(stream) else gradient
                if place:
                    sums.mixes[place - 1].addmm_(stream.T, spikes[place - 1])
            sums.stem.addmm_(stream.T, _rows(inputs, start, stop))
            if of_inputs is not None:
                of_inputs[:, start:stop] = (stream @ net.stem).view(len(inputs), -1, inputs.shape[2])
        return of_inputs, of_first, of_ear, None, *sums


def _copied(value: Tensor) -> Tensor:
    """A copy in the order that the kernels were compiled for."""
    return value.clone(memory_format=torch.contiguous_format)


def _room(inputs: Tensor, states: Tensor) -> tuple[Tensor, Tensor]:
    """For drive, Re z and spikes, (layers, 3, steps * lanes), and for the marks, (layers, marks * lanes)."""
    (_, layers, batch, units), steps = states.shape, len(inputs)
    lanes = batch * units
    return empty(inputs, (layers, 3, steps * lanes)), empty(inputs, (layers, -(-steps // PART) * lanes))


def _block(room: Tensor, states: Tensor, start: int, stop: int) -> tuple[Tensor, Tensor]:
    """Drives and spikes of some items, (layers, steps * items, units)."""
    _, _, batch, units = states.shape
    each = room.shape[2] // batch
    part = room[:, :, each * start : each * stop].unflatten(2, (-1, units))
    return part[:, 0], part[:, 2]


def _blocks(inputs: Tensor, states: Tensor) -> Iterator[tuple[int, int]]:
    """First item and last + 1."""
    steps, batch, _ = inputs.shape
    items = max(1, _BLOCK // (steps * states.shape[3] * inputs.element_size()))
    for start in range(0, batch, items):
        yield start, min(batch, start + items)


def _rows(inputs: Tensor, start: int, stop: int) -> Tensor:
    """The inputs of a block, (steps * items, input_dimension)."""
    return inputs[:, start:stop].reshape(-1, inputs.shape[2])
