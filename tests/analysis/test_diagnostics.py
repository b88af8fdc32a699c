"""The collapse detector on codes whose collapse is known."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.analysis.diagnostics import CollapseDetector
from neuro.errors import InvalidInput

RANDOM = np.random.default_rng(0)
SPREAD = np.array([RANDOM.choice(100, 10, replace=False) for _ in range(400)])


def test_spread_codes_show_no_collapse() -> None:
    report = CollapseDetector().examine(SPREAD, 100)
    assert not report.collapsed
    assert (report.dead_units, report.duplicate_codes) == (0, 0)
    assert 80 < report.effective_rank <= 100
    assert report.spectral_entropy > 0.9


def test_one_code_for_all_is_a_collapse_in_every_respect() -> None:
    report = CollapseDetector().examine(np.tile(np.arange(10), (50, 1)), 100)
    assert (report.effective_rank, report.spectral_entropy) == (0.0, 0.0)
    assert (report.dead_units, report.duplicate_codes) == (90, 49)
    assert len(report.signs) == 3


def test_orthogonal_codes_have_the_rank_of_their_number() -> None:
    report = CollapseDetector().examine(np.repeat(np.arange(40).reshape(8, 5), 3, axis=0), 40)
    assert report.effective_rank == pytest.approx(7.0)
    assert report.spectral_entropy == pytest.approx(np.log(7) / np.log(23))
    assert report.duplicate_codes == 16


@pytest.mark.parametrize("codes", [SPREAD[0], SPREAD[:1], SPREAD * 1.0, SPREAD + 5])
def test_what_is_no_set_of_codes_is_refused(codes: np.ndarray) -> None:
    with pytest.raises(InvalidInput, match="allowed"):
        CollapseDetector().examine(codes, 100)
