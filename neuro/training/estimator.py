"""The random and the learned k-winners codes as scikit-learn transformers, which fit themselves to data."""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt
from sklearn.base import BaseEstimator, ClassNamePrefixFeaturesOutMixin, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from neuro.checks import check_whole
from neuro.encoders import KWTAEncoder
from neuro.training.encoder_training import EncoderTraining, train_encoder
from neuro.training.settings import TrainingSettings
from neuro.training.trainer import ContrastiveEncoderTrainer


class KWTATransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Embeddings (n, features) -> 0 and 1 of each unit (n, units), ``active`` ones a row.

    ``fit(X)`` centres the encoder on X; :meth:`fit_pairs` also trains it on cues that must find their items.

    Args:
        units: n.
        active: k; at most ``units``.
        nonzeros: entries that a unit reads; all features where there are fewer.
        random_state: seed of the projection, a whole number.

    Attributes:
        encoder_: the :class:`neuro.encoders.KWTAEncoder`.
        report_: of the training; only after :meth:`fit_pairs`.
    """

    def __init__(self, units: int = 1024, active: int = 32, nonzeros: int = 16, random_state: int = 0) -> None:
        self.units = units
        self.active = active
        self.nonzeros = nonzeros
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn hands labels to everyone
        """Centre the encoder on X (n, features)."""
        rows = validate_data(self, X, dtype=(np.float64, np.float32))
        check_whole("nonzeros", self.nonzeros, 1, 1 << 15)
        self.encoder_ = KWTAEncoder.centred_on(
            rows,
            units=self.units,
            active=self.active,
            nonzeros=min(self.nonzeros, rows.shape[1]),
            seed=self.random_state,
        )
        self._n_features_out = self.units
        return self

    def fit_pairs(self, cues: npt.ArrayLike, items: npt.ArrayLike, settings: TrainingSettings | None = None) -> Self:
        """Centre the encoder on the items, then train it so that cue i finds item i.

        Raises:
            InvalidInput: as :meth:`neuro.training.ContrastiveEncoderTrainer.fit`.
        """
        self.fit(items)
        trainer = ContrastiveEncoderTrainer(self.encoder_, TrainingSettings() if settings is None else settings)
        trained = trainer.fit((cues, items))
        self.encoder_, self.report_ = trained.encoder, trained.report
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.floating]:
        """The codes of X (n, features), shape (n, units), in the precision of X."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return self.encoder_.features(self.encoder_.encode(rows)).astype(rows.dtype)


class LearnedCodeTransformer(ClassNamePrefixFeaturesOutMixin, TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Embeddings (n, features) -> 0 and 1 of each unit (n, units), ``active`` ones a row, learned without labels.

    Args:
        units: n; at most as many as rows to fit.
        active: k; at most ``units``.
        settings: of :func:`neuro.training.train_encoder`; None: the defaults.
        random_state: seed of the training, a whole number.

    Attributes:
        encoder_: the :class:`neuro.encoders.LearnedEncoder`.
    """

    def __init__(
        self,
        units: int = 1024,
        active: int = 32,
        settings: EncoderTraining | None = None,
        random_state: int = 0,
    ) -> None:
        self.units = units
        self.active = active
        self.settings = settings
        self.random_state = random_state

    def fit(self, X: npt.ArrayLike, y: npt.ArrayLike | None = None) -> Self:  # noqa: ARG002 - scikit-learn hands labels to everyone
        """Learn a code from X (n, features).

        Raises:
            InvalidInput: as :func:`neuro.training.train_encoder`.
        """
        rows = validate_data(self, X, dtype=(np.float64, np.float32), ensure_min_samples=self.units)
        self.encoder_ = train_encoder(rows, self.units, self.active, self.settings, self.random_state)
        self._n_features_out = self.units
        return self

    def transform(self, X: npt.ArrayLike) -> npt.NDArray[np.floating]:
        """The codes of X (n, features), shape (n, units), in the precision of X."""
        check_is_fitted(self)
        rows = validate_data(self, X, dtype=(np.float64, np.float32), reset=False)
        return self.encoder_.features(self.encoder_.encode(rows)).astype(rows.dtype)
