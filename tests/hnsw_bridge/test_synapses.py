from __future__ import annotations

import re

import numpy as np
import pytest

from hnsw_bridge import ExponentialWeights, IndexGraph, Links, contrast, synaptic_weights
from hnsw_bridge.synapses import STEPS
from neuro.errors import InvalidInput

LINKS = Links(np.array([0, 3, 3, 5]), np.array([1, 2, 0, 0, 1]), np.array([1.0, 4.0, 1.0, 7.0, 7.0]))
"""Node 0: nearest 1, mean 2. Node 1: no links. Node 2: two links of one length."""


def test_contrast_is_zero_at_the_nearest_and_one_at_the_average_neighbour() -> None:
    assert contrast(LINKS).tolist() == [0.0, 3.0, 0.0, 0.0, 0.0]


def test_contrast_does_not_depend_on_scale(graph: IndexGraph) -> None:
    links = graph.links
    scaled = Links(links.row_start, links.column, links.distance * 4.0 + 3.0)
    assert contrast(scaled) == pytest.approx(contrast(links))


def test_exponential_weights_halve_with_contrast() -> None:
    assert ExponentialWeights(4.0)(LINKS).tolist() == [4.0, 0.5, 4.0, 4.0, 4.0]


def test_weights_lie_on_a_dyadic_grid(graph: IndexGraph) -> None:
    threshold = 2.0**-6
    weights = synaptic_weights(ExponentialWeights(), graph.links, threshold)
    steps = weights / (threshold / STEPS)
    assert np.array_equal(steps, np.rint(steps))
    assert np.abs(weights / threshold - ExponentialWeights()(graph.links)).max() <= 0.5 / STEPS
    assert steps.max() == 4 * STEPS


@pytest.mark.parametrize("values", [np.array([-1.0, 0, 0, 0, 0]), np.ones(4), np.full(5, np.nan)])
def test_a_rule_must_give_usable_weights(values: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match=r"must give 5 finite weights >= 0; it gave shape"):
        synaptic_weights(lambda _: values, LINKS, 1.0)


@pytest.mark.parametrize("value", [0.0, -1.0, float("nan"), 1e9])
def test_parameters_out_of_range_are_refused(value: float) -> None:
    text = re.escape(f"nearest is {value!r}; a number above 0 and up to 1000 is allowed")
    with pytest.raises(InvalidInput, match=text):
        ExponentialWeights(value)
