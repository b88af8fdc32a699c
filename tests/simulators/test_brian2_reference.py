"""The reference leaves Brian2 as the user had it, and its network is there to be looked into."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from brian2 import mV, prefs

from neuro.circuit import Circuit, CurrentInput, Population
from neuro.errors import InvalidInput
from neuro.models import LIF_DELTA
from neuro.simulators import Brian2Reference
from neuro.simulators.brian2_reference import on_numpy, to_brian2

CIRCUIT = Circuit(
    1e-3, [Population("a", 2, LIF_DELTA)], stimuli=[CurrentInput("a", "I", np.array([[25.0, 30.0]]) * mV, every=50)]
)


def test_the_target_is_numpy_for_a_while() -> None:
    before = prefs.codegen.target

    def inside() -> None:
        with on_numpy():
            assert prefs.codegen.target == "numpy"
            raise RuntimeError("stop")

    with pytest.raises(RuntimeError, match="stop"):
        inside()
    assert prefs.codegen.target == before


def test_the_network_has_its_parts_by_name_and_units() -> None:
    with on_numpy():
        network = to_brian2(CIRCUIT)
    assert network.groups["a"].v[:] / mV == pytest.approx([-70.0, -70.0])
    assert network.groups["a"].v_threshold[:] / mV == pytest.approx([-50.0, -50.0])


@pytest.mark.parametrize("ticks", [-1, 1.5, True])
def test_bad_tick_counts_are_refused(ticks: Any) -> None:
    with pytest.raises(InvalidInput, match="a whole number >= 0 is allowed"):
        Brian2Reference().run(CIRCUIT, ticks)


def test_running_reports_progress() -> None:
    seen: list[int] = []
    Brian2Reference().run(CIRCUIT, 1200, seen.append)
    assert seen == [500, 1000, 1200]
