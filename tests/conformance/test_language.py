"""The language beyond the basics on all targets that carry it; the others refuse it by name."""

from __future__ import annotations

import pytest

from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from tests.conformance.checks import FLOAT_TOLERANCE, check_fixed, check_float
from tests.conformance.language_circuits import CASES, LanguageCase

SLOW = ("two dendritic branches", "random and regular sources")
"""Kernels that take ten seconds to compile; their parts stand in other cases too."""
EACH = tuple(
    pytest.param(case, id=name, marks=[pytest.mark.long] if name in SLOW else []) for name, case in CASES.items()
)


@pytest.mark.parametrize("case", EACH)
def test_brian2_compiled_and_interpreter_are_equal(case: LanguageCase) -> None:
    recording = check_float(case.build(), case.ticks, native=case.native, lowered_tolerance=FLOAT_TOLERANCE)
    if case.build().populations[0].model.threshold is not None:
        assert recording.spike_count > 0, "a silent circuit shows nothing"


@pytest.mark.parametrize("case", EACH)
def test_integers_are_equal_or_refused(case: LanguageCase) -> None:
    if case.fixed:
        assert check_fixed(case.build(), case.ticks).spike_count > 0
    else:
        with pytest.raises(UnsupportedByTarget, match="fixed point"):
            quantise(lower(case.build()), {})
