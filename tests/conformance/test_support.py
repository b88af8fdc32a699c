"""The support table in the docs is what the code says, and names every model."""

from __future__ import annotations

from pathlib import Path

import pytest

from neuro import models
from neuro.models import NeuronModel, SynapseModel
from tests.conformance.support import MODELS, page, support

PAGE = Path(__file__).parents[2] / "docs" / "support.md"
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
"""What silicon needs and so must be yes in integers."""


def test_the_page_is_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "renew it: python -m tests.conformance.support > docs/support.md"


def test_every_model_has_a_row() -> None:
    offered = {
        name
        for name in models.__all__
        if isinstance(getattr(models, name), NeuronModel)
        or (callable(getattr(models, name)) and not isinstance(getattr(models, name), type))
    }
    assert offered == set(MODELS)
    made = {name: getattr(models, name)() for name in offered if name.islower()}
    assert all(isinstance(model, NeuronModel | SynapseModel) for model in made.values())


@pytest.mark.parametrize("name", MUST)
def test_what_silicon_needs_runs_in_integers(name: str) -> None:
    assert support(MODELS[name]())["fixed point"] == "yes"
