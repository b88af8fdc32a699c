"""A program whose neurons fire in every tick, under many spikes from outside: traffic for the buses."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from neuro.compiler.ir import Constant, StepProgram, Threshold
from tests.rtl_export.programs import lif, projection, source


def storm(neurons: int, ticks: int) -> StepProgram:
    """``neurons`` spikes out in every tick, two thirds as many in; what came in is summed up in the states."""
    rng = np.random.default_rng(7)
    target = replace(lif("a", neurons, rng, refractory=None), threshold=Threshold(Constant(2), Constant(1)))
    given = source("s", neurons, rng, ticks, rate=0.66)
    link = projection("sa", given, target, rng, weights=(-900, 900))
    # One synapse for each neuron of the source keeps the ticks short.
    link = replace(
        link,
        row_start=np.arange(neurons + 1),
        column=rng.permutation(neurons),
        states=(replace(link.states[0], initial=rng.integers(-900, 900, neurons)),),
    )
    return StepProgram(1e-3, (target,), (given,), (link,))
