"""What a model costs: operations counted from its shape, beside the time that a run takes."""

from __future__ import annotations

import math
import time
from typing import TYPE_CHECKING, Any

import torch

from neuro.checks import check_whole
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from neuro.resonance.heads import _Head

_STEP = 8
"""Multiplications and additions of one oscillator in one step: a complex product, the drive, the threshold, the
gain."""


def complexity_estimate(
    model: _Head, seq_len: int, *, batch: int = 1, firing_rate: float = 0.1, measure: bool = False
) -> dict[str, Any]:
    """Operations of one forward run, counted from the shape.

    Args:
        model: one of the heads.
        seq_len: steps.
        batch: sequences at once.
        firing_rate: share of the steps in which an oscillator spikes, 0 to 1.
        measure: run it once, to have the time as well; refused on the meta device.

    Returns:
        ``complexity_class`` (in T steps); ``stem``, ``oscillators``, ``mixes``, ``ears``, ``linear`` and their
        ``total``, each multiplications and additions of dense arithmetic; ``total_fft``: with :class:`Fft` in place
        of the scan; ``synaptic_operations``: additions of an event-driven run, where a spike costs one per synapse;
        ``state_bytes``: what a stream carries; ``measured_seconds``: None unless measured.

    Raises:
        InvalidInput: a number out of range, or a measurement of a model that holds no numbers.
    """
    check_whole("seq_len", seq_len, 1, 1 << 40)
    check_whole("batch", batch, 1, 1 << 30)
    if not 0 <= firing_rate <= 1:
        raise InvalidInput(f"firing_rate is {firing_rate!r}; a share from 0 to 1 is allowed")
    shape = model.config
    width, units, layers, channels = shape.input_dimension, shape.frequencies, shape.layers, shape.channels
    steps = seq_len * batch
    each_step = model.linear.in_features == 2 * channels
    parts = {
        "stem": 2 * steps * width * units,
        "oscillators": _STEP * steps * channels,
        "mixes": 2 * steps * (layers - 1) * units * units,
        "ears": _STEP * steps * channels,
        "linear": 2 * (steps if each_step else batch) * model.linear.in_features * model.linear.out_features,
    }
    transform = 15 * math.log2(2 * seq_len) + 12
    fired = firing_rate * steps * units
    # Every spike reaches its ear; those of all layers but the last reach the stream.
    synapses = layers + (layers - 1) * units
    return {
        "complexity_class": "O(T)",
        **parts,
        "total": sum(parts.values()),
        "total_fft": int(sum(parts.values()) + (transform - _STEP) * 2 * steps * channels),
        "synaptic_operations": int(fired * synapses),
        "state_bytes": 4 * batch * channels * 5,
        "measured_seconds": _seconds(model, seq_len, batch) if measure else None,
    }


def _seconds(model: _Head, seq_len: int, batch: int) -> float:
    weight = next(model.parameters())
    if weight.is_meta:
        raise InvalidInput("a model on the meta device holds no numbers to run; make it on 'cpu' to measure it")
    if hasattr(model, "embedding"):
        x = torch.zeros((seq_len, batch), dtype=torch.long, device=weight.device)
    else:
        x = torch.zeros((seq_len, batch, model.config.input_dimension), dtype=weight.dtype, device=weight.device)
    with torch.no_grad():
        # The first run loads what later ones find loaded.
        model(x[:1])
        start = time.perf_counter()
        model(x)
        return time.perf_counter() - start
