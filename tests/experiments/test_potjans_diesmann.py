"""The cortical microcircuit at a fiftieth: its synapses, and that it is alive; full size is the bench's."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.experiments.potjans_diesmann import (
    POPULATION_SIZES,
    microcircuit,
    parts,
    plot_column,
    run_microcircuit,
    synaptic_current,
)
from neuro.progress import QuietStages

SHARE = 0.02


def test_the_weight_is_that_of_the_published_model() -> None:
    assert synaptic_current() == pytest.approx(87.8081e-12, rel=1e-5)


def test_synapses_are_those_of_the_table() -> None:
    circuit = microcircuit(SHARE, seed=1)
    where = parts(SHARE)
    assert sum(part.stop - part.start for part in where.values()) == circuit.populations[0].size
    found = {part.name: part for part in circuit.projections}
    doubled = found["doubled"].connections
    pairs = POPULATION_SIZES["L23E"] * POPULATION_SIZES["L4E"]
    # p = 0.0437 from layer 4 E to layer 2/3 E.
    assert doubled.synapses == pytest.approx(np.log(1 - 0.0437) / np.log1p(-1 / pairs) * SHARE**2, abs=1)
    assert set(np.unique(doubled.pre())) <= set(range(where["L4E"].start, where["L4E"].stop))
    assert np.asarray(doubled.column).max() < where["L23E"].stop
    inhibitory = np.asarray(found["inhibitory"].parameters["w"])
    assert inhibitory.max() <= 0
    assert inhibitory.mean() == pytest.approx(-4 * synaptic_current() / np.sqrt(SHARE), rel=0.01)


def test_two_threads_run_the_same_column() -> None:
    runs = [run_microcircuit(2, QuietStages(), share=SHARE, seconds=0.2, threads=count) for count in (1, 2)]
    assert all(runs[0].spikes[name].mismatches(runs[1].spikes[name]) == 0 for name in POPULATION_SIZES)
    assert runs[0].rates["L4E"] > 0
    assert plot_column(runs[0], SHARE).get_xlabel() == "time (s)"
