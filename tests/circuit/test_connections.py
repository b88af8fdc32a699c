"""Subgroups and Gaussian delays."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from neuro import Circuit, Connections, CurrentInput, Population, Projection, gaussian_delays, simulate
from neuro.errors import CircuitError
from neuro.models import LIF_DELTA, static_synapse


def test_a_subgroup_reaches_only_its_part() -> None:
    """Neurons 2 and 3 of five drive neurons 1 to 3 of six, exactly as a dense mask says."""
    small = Connections.from_dense([[True, False, True], [False, True, True]])
    whole = small.within(5, 6, first_source=2, first_target=1)
    mask = np.zeros((5, 6), bool)
    mask[2:4, 1:4] = [[True, False, True], [False, True, True]]
    expected = Connections.from_dense(mask)
    assert np.array_equal(whole.row_start, expected.row_start)
    assert np.array_equal(whole.column, expected.column)
    assert (whole.sources, whole.targets) == (5, 6)


@pytest.mark.parametrize(
    ("first", "message"), [({"first_source": 4}, "first_source is 4"), ({"first_target": -1}, "-1")]
)
def test_a_subgroup_that_does_not_fit_is_refused(first: dict[str, int], message: str) -> None:
    with pytest.raises(CircuitError, match=message):
        Connections.one_to_one(2).within(5, 4, **first)


def test_gaussian_delays_arrive_when_they_say() -> None:
    delays = gaussian_delays(5e-3, 2e-3, 400, 1e-4, seed=1)
    assert delays.mean() == pytest.approx(5e-3, abs=3 * 2e-3 / np.sqrt(400))
    assert delays.std() == pytest.approx(2e-3, rel=0.15)
    assert delays.min() >= 0
    assert np.array_equal(delays, gaussian_delays(5e-3, 2e-3, 400, 1e-4, seed=1))
    circuit = Circuit(
        1e-4,
        [Population("a", 1, LIF_DELTA), Population("b", 400, LIF_DELTA)],
        [Projection("ab", "a", "b", static_synapse("v"), Connections.all_to_all(1, 400), {"w": 30e-3}, delays)],
        [CurrentInput("a", "I", [[25e-3]], every=330)],
    )
    recording = simulate(circuit, 700)
    (emission,) = recording.spikes["a"].ticks.tolist()
    arrived = recording.spikes["b"]
    at = arrived.ticks[np.argsort(arrived.indices, kind="stable")]
    # A spike that arrives in tick n is seen by the threshold of tick n + 1.
    assert np.array_equal(at, emission + np.rint(delays / 1e-4).astype(int) + 1)
    slower = replace(circuit, projections=[replace(circuit.projections[0], delay=delays + 1e-3)])
    assert np.array_equal(simulate(slower, 710).spikes["b"].ticks, arrived.ticks + 10)


def test_bad_delays_are_refused() -> None:
    for mean, deviation in ((-1e-3, 1e-3), (1e-3, -1e-3), (np.nan, 1e-3)):
        with pytest.raises(CircuitError, match="finite times >= 0"):
            gaussian_delays(mean, deviation, 3, 1e-4, seed=0)
