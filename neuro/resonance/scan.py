"""The resonators over a whole sequence in O(T): numba forward, its adjoint as the gradient of torch."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.autograd.function import FunctionCtx

from neuro.arrays import FloatingArray

PART = 256
"""Steps that the adjoint replays at once: of Im z one row in so many is kept."""


class Resonate(torch.autograd.Function):
    """(drive, Re lambda, Im lambda, threshold, Re z0, Im z0, width) -> (spikes, Re z, last Re z, last Im z)."""

    @staticmethod
    def forward(
        ctx: FunctionCtx,
        drive: Tensor,
        turn_x: Tensor,
        turn_y: Tensor,
        threshold: Tensor,
        x0: Tensor,
        y0: Tensor,
        width: float,
    ) -> tuple[Tensor, ...]:
        """Run all steps; (steps, batch, units), states (batch, units)."""
        from neuro.resonance._kernels import forward

        steps, batch, units = drive.shape
        plain = (torch.ones_like(threshold), torch.zeros_like(threshold))
        numbers = torch.stack([turn_x, turn_y, threshold, *plain]).repeat(1, batch).detach()
        state = torch.stack([x0.reshape(-1), y0.reshape(-1)]).detach()
        drive = drive.contiguous()
        out, spikes = (empty(drive, (steps, batch, units)) for _ in range(2))
        marks = drive.new_empty((-(-steps // PART), batch * units))
        rows = (value.view(steps, -1) for value in (drive, out, spikes))
        drive_rows, x_rows, spike_rows = arrays(*rows)
        kept = (x_rows, spike_rows, marks.numpy())
        nobody, none = arrays(state.new_empty((2, 0)), state.new_empty(0))
        forward(drive_rows, numbers.numpy(), state.numpy(), kept, PART, (nobody, nobody, nobody, none))
        ctx.save_for_backward(numbers, x0, out, marks)
        ctx.width = width
        ctx.set_materialize_grads(False)
        return spikes, out, state[0].view(batch, units).clone(), state[1].view(batch, units).clone()

    @staticmethod
    def backward(
        ctx: FunctionCtx, given: Tensor | None, given_x: Tensor | None, last_x: Tensor | None, last_y: Tensor | None
    ) -> tuple[Tensor | None, ...]:
        """Run the adjoint, last step first."""
        from neuro.resonance._kernels import backward

        numbers, x0, out, marks = ctx.saved_tensors
        steps, batch, units = out.shape
        flat = (steps, batch * units)
        none = out.new_empty((0, flat[1]))
        rows = (none if value is None else value.contiguous().view(flat) for value in (given, given_x))
        ends = torch.stack([out.new_zeros(flat[1]) if end is None else end.reshape(-1) for end in (last_x, last_y)])
        gradient, sums = empty(out, tuple(out.shape)), out.new_zeros((5, flat[1]))
        backward(
            arrays(*rows, ends),
            numbers.numpy(),
            as_number(ctx.width, out),
            arrays(x0.reshape(-1), out.view(flat), marks, none),
            PART,
            arrays(out.new_empty((2, 0)), out.new_empty((2, 0)), out.new_empty(0)),
            *arrays(gradient.view(flat), sums),
        )
        of_x, of_y, of_threshold = sums[:3].view(3, batch, units).sum(1)
        return gradient, of_x, of_y, of_threshold, ends[0].view(batch, units), ends[1].view(batch, units), None


class ResonateToEnd(torch.autograd.Function):
    """(drive, Re lambda, Im lambda, Re z0, Im z0) -> (last Re z, last Im z); keeps nothing of the steps."""

    @staticmethod
    def forward(
        ctx: FunctionCtx, drive: Tensor, turn_x: Tensor, turn_y: Tensor, x0: Tensor, y0: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Run all steps; (steps, batch, units), states (batch, units)."""
        from neuro.resonance._kernels import forward_last

        steps, batch, units = drive.shape
        turns = torch.stack([turn_x, turn_y]).repeat(1, batch).detach()
        state = torch.stack([x0.reshape(-1), y0.reshape(-1)]).detach()
        slopes = torch.empty_like(state)
        forward_last(*arrays(drive.contiguous().view(steps, -1), turns, state, slopes))
        ctx.save_for_backward(turns, slopes)
        ctx.shape = drive.shape
        return state[0].view(batch, units), state[1].view(batch, units)

    @staticmethod
    def backward(ctx: FunctionCtx, last_x: Tensor, last_y: Tensor) -> tuple[Tensor, ...]:
        """Turn the gradient of the last state back, step by step."""
        from neuro.resonance._kernels import backward_last

        turns, slopes = ctx.saved_tensors
        steps, batch, units = ctx.shape
        ends = torch.stack([last_x.reshape(-1), last_y.reshape(-1)])
        # dL/d lambda = g conj(dz/d lambda), of each item.
        of_x = (ends[0] * slopes[0] + ends[1] * slopes[1]).view(batch, units).sum(0)
        of_y = (ends[1] * slopes[0] - ends[0] * slopes[1]).view(batch, units).sum(0)
        gradient = empty(last_x, tuple(ctx.shape))
        backward_last(*arrays(turns, ends, gradient.view(steps, -1)))
        return gradient, of_x, of_y, ends[0].view(batch, units), ends[1].view(batch, units)


def empty(like: Tensor, shape: tuple[int, ...]) -> Tensor:
    """Room of a shape from numpy, which asks for huge pages: touching small ones costs more than the scan."""
    return torch.from_numpy(np.empty(shape, dtype=np.float32 if like.dtype == torch.float32 else np.float64))


def arrays(*tensors: Tensor) -> tuple[FloatingArray, ...]:
    """The arrays behind the tensors, as the kernels take them: in a tuple."""
    return tuple(tensor.detach().numpy() for tensor in tensors)


def as_number(value: float, like: Tensor) -> np.float32 | np.float64:
    """A scalar of the tensor's own precision, so that no loop widens to float64."""
    return np.float32(value) if like.dtype == torch.float32 else np.float64(value)
