"""Training: contrastive learning for the k-winners encoder, with analytic gradients."""

from importlib import import_module
from typing import TYPE_CHECKING

from neuro.training.checkpoint import recall_hits
from neuro.training.hard_negatives import HardNegativeMiner, Mining
from neuro.training.lif_classifier import LIFClassifier, bernoulli_spikes
from neuro.training.losses import InfoNCELoss, LocalContrastiveLoss, PairLoss
from neuro.training.optimisers import SGD, Adam, AdamW, Optimiser
from neuro.training.pairs import distinct_pairs
from neuro.training.schedules import CurriculumScheduler, Lesson, ScheduleShape, TemperatureAnnealing
from neuro.training.settings import Start, TrainingSettings
from neuro.training.spectral import SpectralRegularization, laplacian
from neuro.training.surrogate_gradient import SurrogateGradientTrainer
from neuro.training.trainer import ContrastiveEncoderTrainer, Kept, TrainedEncoder

if TYPE_CHECKING:
    from neuro.training.estimator import KWTATransformer

__all__ = [
    "Adam",
    "AdamW",
    "ContrastiveEncoderTrainer",
    "CurriculumScheduler",
    "HardNegativeMiner",
    "InfoNCELoss",
    "KWTATransformer",
    "Kept",
    "LIFClassifier",
    "Lesson",
    "LocalContrastiveLoss",
    "Mining",
    "Optimiser",
    "PairLoss",
    "SGD",
    "ScheduleShape",
    "SpectralRegularization",
    "Start",
    "SurrogateGradientTrainer",
    "TemperatureAnnealing",
    "TrainedEncoder",
    "TrainingSettings",
    "bernoulli_spikes",
    "distinct_pairs",
    "laplacian",
    "recall_hits",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import the scikit-learn transformer when it is first used: nothing else here needs scikit-learn."""
        if name != "KWTATransformer":
            raise AttributeError(f"module 'neuro.training' has no attribute {name!r}")
        return import_module("neuro.training.estimator").KWTATransformer
