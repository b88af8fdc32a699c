"""Dendritic plateaus: coincidence on a branch, a fixed length, and branches that add up in the soma."""

from __future__ import annotations

import numpy as np
import pytest

from neuro import simulate
from neuro.errors import InvalidInput
from neuro.models import plateau_lif
from tests.conformance.language_circuits import branches, plateaus


def test_only_coincident_synapses_start_a_plateau_of_fixed_length() -> None:
    """Four within 4 ms pass 3.5 synapses' worth at tau_d = 5 ms only if they arrive together."""
    plateau = simulate(plateaus(), 360).probes["a", "plateau"][:, 0]
    on = np.flatnonzero(plateau)
    # Two pairs at ticks 300 and 301: 2 exp(-1/5) + 2 = 3.64 > 3.5; 0..3 one by one reach 2.9; the rest are alone.
    assert on.tolist() == list(range(301, 321))
    assert np.all(plateau[on] == 30e-3)


@pytest.mark.parametrize(("first", "second", "lifts", "fires"), [(4, 4, 2, True), (8, 0, 1, False), (3, 3, 0, False)])
def test_branches_count_their_own_synapses(first: int, second: int, lifts: int, fires: bool) -> None:
    """Eight synapses fire the soma where they are clustered on two branches, not all on one, not spread too thin."""
    recording = simulate(branches(first, second), 120)
    assert recording.probes["a", "plateau"].max() == pytest.approx(lifts * 13e-3)
    assert (len(recording.spikes["a"]) > 0) == fires


def test_branches_must_be_a_number() -> None:
    with pytest.raises(InvalidInput, match="branches is 0"):
        plateau_lif(0)
