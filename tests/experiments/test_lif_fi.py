"""The f-I curve: every interval within one tick, and not so without leak or refractoriness."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro.experiments import Result
from neuro.experiments.lif_fi import LifFiSettings, closed_form_interval, run_lif_fi
from neuro.models import LIF_DELTA
from neuro.models.base import NeuronModel
from neuro.progress import QuietStages


def run(model: NeuronModel) -> Result:
    return run_lif_fi(LifFiSettings(neurons=60, duration=0.5, model=model), 0, QuietStages())


def test_the_closed_form() -> None:
    # tau ln 2 at twice the rheobase, and never below it.
    assert closed_form_interval([40e-3, 20e-3, 10e-3]) == pytest.approx([2e-3 + 20e-3 * np.log(2), np.inf, np.inf])


def test_every_interval_lies_within_one_tick() -> None:
    result = run(LIF_DELTA)
    assert result.missed == ()
    assert 0 < result.row("largest-error-of-an-interval").value <= 1 + 1e-6
    assert result.row("highest-rate").value == pytest.approx(1 / closed_form_interval(60e-3), rel=0.02)


@pytest.mark.parametrize(
    "model",
    [
        replace(LIF_DELTA, equations=LIF_DELTA.equations.replace("v_rest - v + I", "I + 0 * v_rest")),
        replace(LIF_DELTA, refractory=1e-4),
    ],
    ids=["no leak", "no refractoriness"],
)
def test_without_its_mechanism_it_fails(model: NeuronModel) -> None:
    missed = run(model).missed
    assert "largest-error-of-an-interval" in missed
