"""The scikit-learn transformer."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.datasets import load_digits
from sklearn.linear_model import RidgeClassifier
from sklearn.pipeline import make_pipeline
from sklearn.utils.estimator_checks import check_estimator

from neuro.training import EncoderTraining, Kept, KWTATransformer, LearnedCodeTransformer
from tests.training.test_trainer import PAIRS, SHORT


@pytest.mark.parametrize(
    "estimator", [KWTATransformer(units=40, active=5), LearnedCodeTransformer(2, 1, EncoderTraining(passes=1))]
)
def test_scikit_learn_accepts_it(estimator: BaseEstimator) -> None:
    # on_skip: one check asks for another array library by an environment variable and is left out without it.
    results = check_estimator(estimator, on_skip=None)
    assert sum(result["status"] == "passed" for result in results) > 40
    assert {result["check_name"] for result in results if result["status"] != "passed"} <= {"check_array_api_input"}


def test_it_works_in_a_pipeline_and_is_cloned() -> None:
    digits, labels = load_digits(return_X_y=True)
    pipeline = make_pipeline(clone(KWTATransformer(units=512, active=40)), RidgeClassifier())
    assert pipeline.fit(digits[:900], labels[:900]).score(digits[900:], labels[900:]) > 0.9
    codes = pipeline[0].transform(digits[:5])
    np.testing.assert_array_equal(codes.sum(axis=1), 40)
    assert pipeline[0].get_feature_names_out()[1] == "kwtatransformer1"


def test_a_learned_code_works_in_a_pipeline() -> None:
    digits, labels = load_digits(return_X_y=True)
    pipeline = make_pipeline(clone(LearnedCodeTransformer(units=256, active=16)), RidgeClassifier())
    assert pipeline.fit(digits[:900], labels[:900]).score(digits[900:], labels[900:]) > 0.9
    np.testing.assert_array_equal(pipeline[0].transform(digits[:5]).sum(axis=1), 16)


def test_pairs_train_it() -> None:
    encoder = KWTATransformer(units=256, active=12).fit_pairs(*PAIRS, SHORT)
    assert encoder.report_.kept is Kept.TRAINED
    assert encoder.encoder_.weights is not None
