"""Synapses from similarity: how strong the synapse along a link is.

Rules look at a link's contrast, its distance measured against the other links of the same node:

    c_ij = (d_ij - min_j d_ij) / (mean_j d_ij - min_j d_ij)

which is 0 for the nearest neighbour and 1 for an average one, whatever the metric, scale or dimension is (0
for all links of a node whose neighbours are equally far). A rule gives weights in units of the distance from
rest to threshold; ``synaptic_weights`` puts them on a grid of 1 / ``STEPS`` thresholds, so that sums are
exact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hnsw_bridge.graph import Links
from neuro.arrays import FloatArray, IntArray
from neuro.errors import InvalidInput

STEPS = 32
"""Weight steps from rest to threshold; a power of two."""


class WeightRule(Protocol):
    """Anything that gives each link a weight >= 0 in units of the distance to threshold, shape (links,)."""

    def __call__(self, links: Links) -> FloatArray:
        """The weights."""


@dataclass(frozen=True, slots=True)
class ExponentialWeights:
    """w = nearest * 2^-c : ``nearest`` for the nearest neighbour, half of it at the average one.

    Raises:
        InvalidInput: nearest is not above 0, or above 1000.
    """

    nearest: float = 4.0

    def __post_init__(self) -> None:
        if not 0 < self.nearest <= 1000:
            raise InvalidInput(f"nearest is {self.nearest!r}; a number above 0 and up to 1000 is allowed")

    def __call__(self, links: Links) -> FloatArray:
        """The weights."""
        return np.asarray(self.nearest * np.exp2(-contrast(links)))


def contrast(links: Links) -> FloatArray:
    """c_ij of each link, shape (links,), >= 0."""
    nearest = _per_link(np.minimum, links.distance, links.row_start)
    degree = np.repeat(np.diff(links.row_start), np.diff(links.row_start))
    spread = _per_link(np.add, links.distance - nearest, links.row_start) / np.maximum(degree, 1)
    result = np.zeros(len(links))
    np.divide(links.distance - nearest, spread, out=result, where=spread > 0)
    return result


def synaptic_weights(rule: WeightRule, links: Links, threshold: float) -> FloatArray:
    """The weight of each link in the unit of ``threshold`` (volts from rest), on a grid of threshold / STEPS.

    Raises:
        InvalidInput: the rule gives another shape, a weight below 0, NaN or infinity.
    """
    weights = np.asarray(rule(links), dtype=np.float64)
    if weights.shape != (len(links),) or not np.all(np.isfinite(weights)) or np.any(weights < 0):
        raise InvalidInput(f"{rule!r} must give {len(links)} finite weights >= 0; it gave shape {weights.shape}")
    return np.asarray(np.floor(weights * STEPS + 0.5) * (threshold / STEPS))


def _per_link(reduce: np.ufunc, values: FloatArray, row_start: IntArray) -> FloatArray:
    """A reduction over each node's links, repeated for each of them."""
    filled = np.flatnonzero(np.diff(row_start))
    if not filled.size:
        return np.zeros(0)
    return np.repeat(reduce.reduceat(values, row_start[filled]), np.diff(row_start)[filled])
