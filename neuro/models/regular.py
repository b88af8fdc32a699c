"""Regular source: each neuron fires every 1/rate seconds.

A phase grows with the rate; at 1 the neuron fires and the phase loses 1, so that the mean interval is exact even
where 1/rate is no whole number of ticks.
"""

from __future__ import annotations

from neuro.models.base import Method, NeuronModel

REGULAR = NeuronModel(
    equations="""
    dphase/dt = rate : 1
    rate : hertz
    """,
    threshold="phase > 1 - rate*dt/2",
    reset="phase -= 1",
    method=Method.EULER,
)
"""``rate`` is a variable; start values of ``phase`` in 0 .. 1 set the neurons apart."""
