"""On/off channels: a signed direction becomes regular spikes of integrate-and-fire neurons, two an entry.

Entry j drives neuron 2 j (on) where it is positive and neuron 2 j + 1 (off) where it is negative, in proportion to its
share of all entries. A channel adds its drive up; past one half it fires and gives one off, so that after t ticks it
has fired ``floor(t drive + 1/2)`` times: the rounded value, with no randomness. Drives are odd multiples of 2**-16, so
no phase ever meets the threshold exactly, and every simulator fires alike.
Source: on and off cells, Kuffler, J. Neurophysiol. 16 (1953).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import CurrentInput, Population
from neuro.encoders.base import check_setting
from neuro.errors import InvalidInput
from neuro.models.base import Method, NeuronModel

CHANNEL = NeuronModel(
    equations="""
    dphase/dt = drive / step : 1
    drive : 1
    step : second (constant)
    """,
    threshold="phase > 0.5",
    reset="phase -= 1",
    method=Method.EULER,
)
"""An integrator whose start phase is half a spike; ``step`` is the tick, ``drive`` spikes a tick, below 1."""

DRIVE_BITS = 16
"""A drive counts steps of 2**-16 spikes a tick."""

_ONE = 1 << DRIVE_BITS
_LONGEST = 1 << 14


@dataclass(frozen=True, slots=True)
class OnOffChannels:
    """How directions are told by spikes.

    Args:
        window: ticks of input in a presentation, 1 to 16,384.
        spikes: of all channels together in a window, about: rounding loses or adds some, a channel fires once a tick
            at most.

    Raises:
        InvalidInput: a value outside its range.
    """

    window: int = 16
    spikes: float = 400.0

    def __post_init__(self) -> None:
        check_whole("window", self.window, 1, _LONGEST)
        check_setting("spikes", self.spikes, 1.0, 1e9)

    def levels(self, directions: FloatArray) -> IntArray:
        """Signed drives in steps of 2**-16, odd or zero, shape of ``directions`` (n, dimensions)."""
        size = np.abs(directions).sum(axis=1, keepdims=True)
        share = np.divide(directions, size, out=np.zeros_like(directions), where=size > 0)
        steps = np.minimum(np.abs(share) * (self.spikes / self.window * _ONE), _ONE - 1).astype(np.int64)
        return np.asarray(np.where(steps > 0, np.sign(directions).astype(np.int64) * (steps | 1), 0))

    def counts(self, levels: IntArray) -> IntArray:
        """Signed spikes of each on/off pair in a window, shape of ``levels``."""
        return np.asarray(np.sign(levels) * ((self.window * np.abs(levels) + _ONE // 2) >> DRIVE_BITS))

    def population(self, dimensions: int, dt: float, name: str) -> Population:
        """The channels as neurons, two an entry."""
        return Population(name, 2 * dimensions, CHANNEL, {"step": dt})

    def stimulus(self, levels: IntArray, name: str, every: int) -> CurrentInput:
        """The drives of one presentation after the other, ``every`` ticks each."""
        if every < self.window:
            raise InvalidInput(f"presentations of {every} ticks; at least {self.window} are needed")
        return CurrentInput(name, "drive", on_and_off(levels) * 2.0**-DRIVE_BITS, every)


def on_and_off(values: IntArray) -> IntArray:
    """Signed values (n, dimensions) as those of on and off channels in turn, >= 0, shape (n, 2 dimensions)."""
    pairs = np.stack([np.maximum(values, 0), np.maximum(-values, 0)], axis=-1)
    return np.asarray(pairs.reshape(len(values), -1))
