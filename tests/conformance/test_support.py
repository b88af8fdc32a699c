"""The page of what does not run everywhere is what the code says, of every model."""

from __future__ import annotations

import pytest

from tests.conformance.circuits import DRIVES, STARTS
from tests.conformance.support import MODELS, PAGE, page, refusals, shipped, support

MUST = (
    "ADAPTIVE_LIF",
    "HOMEOSTATIC_LIF",
    "LIF_ALPHA",
    "LIF_DELTA",
    "LIF_EXPONENTIAL",
    "PLATEAU_LIF",
    "RESONATE_AND_FIRE",
    "RESONATOR",
    "pair_stdp",
    "reward_modulated_stdp",
    "symmetric_stdp",
)
"""What silicon needs and so must run in integers."""


def test_the_page_is_what_the_code_says() -> None:
    expected, found = page().splitlines(), PAGE.read_text(encoding="utf-8").splitlines()
    missing = [line for line in expected if line not in found]
    stale = [line for line in found if line not in expected]
    assert found == expected, (
        f"docs/support.md lacks {missing} and has {stale} too many; where that is meant, renew it: "
        "python -m tests.conformance.support > docs/support.md"
    )


def test_every_model_stands_for_a_circuit_and_none_is_left_over() -> None:
    assert set(MODELS) == set(shipped()), "tests/conformance/support.py: BY_HAND names what neuro.models does not"
    assert len(shipped()) > 25
    assert set(STARTS) == set(DRIVES), "each model of DRIVES in tests/conformance/circuits.py needs its line in STARTS"


@pytest.mark.parametrize("name", MUST)
def test_what_silicon_needs_runs_in_integers(name: str) -> None:
    assert name not in refusals()
    assert not support(MODELS[name]())
