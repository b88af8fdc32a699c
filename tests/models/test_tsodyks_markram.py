"""Short-term plasticity against the closed form of its steady state (Tsodyks & Markram 1997; Tsodyks et al. 1998)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro import models
from neuro.circuit.circuit import Probe
from tests.models.pairing import DT, pairing, run

PERIODS = (10, 20, 50, 125)
SPIKES = 16


def amplitudes(parameters: dict[str, float]) -> list[np.ndarray]:
    """What each spike of a regular train delivers, for each period in ticks."""
    trains = [[1 + period * k for k in range(SPIKES)] for period in PERIODS]
    circuit = pairing({"tm": (models.tsodyks_markram("g", "1"), {"w": 2.0, **parameters})}, trains, [[5000]] * 4)
    g = run(replace(circuit, probes=[Probe("a", "g")]), trains[-1][-1] + 2).probes["a", "g"]
    return [g[train, i] - g[np.array(train) - 1, i] for i, train in enumerate(trains)]


@pytest.mark.parametrize(
    "parameters",
    [{"u_0": 0.5, "tau_d": 60e-3, "tau_f": 1e-4}, {"u_0": 0.1, "tau_d": 30e-3, "tau_f": 60e-3}],
    ids=["depression", "facilitation"],
)
def test_regular_spikes_settle_at_the_steady_state(parameters: dict[str, float]) -> None:
    """A spike delivers w u x: u = u_0 / (1 - (1 - u_0) e_f), x = (1 - e_d) / (1 - (1 - u) e_d), e = exp(-T/tau)."""
    for period, delivered in zip(PERIODS, amplitudes(parameters), strict=True):
        e_d, e_f = (np.exp(-period * DT / parameters[name]) for name in ("tau_d", "tau_f"))
        u = parameters["u_0"] / (1 - (1 - parameters["u_0"]) * e_f)
        x = (1 - e_d) / (1 - (1 - u) * e_d)
        assert delivered[0] == pytest.approx(2.0 * parameters["u_0"], rel=1e-12)
        assert delivered[-1] == pytest.approx(2.0 * u * x, rel=0.01 if period == 10 else 1e-3)


def test_the_second_spike_tells_depression_from_facilitation() -> None:
    """Paired-pulse ratio: (1 - u_0 e_d) (1 + (1 - u_0) e_f), below 1 for depression, above 1 for facilitation."""
    for parameters, facilitates in (
        ({"u_0": 0.5, "tau_d": 60e-3, "tau_f": 1e-4}, False),
        ({"u_0": 0.1, "tau_d": 30e-3, "tau_f": 60e-3}, True),
    ):
        first, second = amplitudes(parameters)[1][:2]
        e_d, e_f = (np.exp(-PERIODS[1] * DT / parameters[name]) for name in ("tau_d", "tau_f"))
        expected = (1 - parameters["u_0"] * e_d) * (1 + (1 - parameters["u_0"]) * e_f)
        assert second / first == pytest.approx(expected, rel=1e-12)
        assert (second > first) == facilitates
