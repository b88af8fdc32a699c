"""Whatever 0.1.0 wrote opens, and answers as it did then."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from tests.fixtures.make_0_1_0 import KEPT

ARCHIVES = Path(__file__).parents[1] / "fixtures" / "v0_1_0"
CASES = [pytest.param(name, marks=pytest.mark.long if kept.slow else (), id=name) for name, kept in KEPT.items()]
EXTRAS = {"torch": "train", "wordllama": "text"}


@pytest.mark.parametrize("name", CASES)
def test_it_opens_and_answers_as_it_did(name: str, tmp_path: Path) -> None:
    kept = KEPT[name]
    if kept.needs is not None:
        pytest.importorskip(kept.needs, reason=f"install the extra {EXTRAS[kept.needs]!r}")
    with zipfile.ZipFile(ARCHIVES / f"{name}.zip") as archive:
        archive.extractall(tmp_path)
    answers = kept.ask(tmp_path / "kept")
    with np.load(tmp_path / "answers.npz", allow_pickle=False) as then:
        assert sorted(answers) == sorted(then.files)
        for question in then.files:
            given, expected = np.asarray(answers[question]), then[question]
            assert given.shape == expected.shape, question
            if expected.dtype.kind in "fc":
                off = kept.tolerance
                np.testing.assert_allclose(given, expected, rtol=off, atol=off, err_msg=question)
            else:
                np.testing.assert_array_equal(given, expected, err_msg=question)


def test_every_archive_is_asked() -> None:
    assert sorted(path.stem for path in ARCHIVES.iterdir()) == sorted(KEPT)
