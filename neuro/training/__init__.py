"""Training: codes learned by spikes, contrastive learning with analytic gradients, classifiers."""

from importlib import import_module
from typing import TYPE_CHECKING

from neuro.training.checkpoint import recall_hits
from neuro.training.encoder_training import EncoderState, EncoderTraining, train_encoder
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
    from neuro.training.estimator import KWTATransformer, LearnedCodeTransformer

__all__ = [
    "Adam",
    "AdamW",
    "ContrastiveEncoderTrainer",
    "CurriculumScheduler",
    "EncoderState",
    "EncoderTraining",
    "HardNegativeMiner",
    "InfoNCELoss",
    "KWTATransformer",
    "Kept",
    "LIFClassifier",
    "LearnedCodeTransformer",
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
    "train_encoder",
]

if not TYPE_CHECKING:

    def __getattr__(name):
        """Import a scikit-learn transformer when it is first used: nothing else here needs scikit-learn."""
        if name not in ("KWTATransformer", "LearnedCodeTransformer"):
            raise AttributeError(f"module 'neuro.training' has no attribute {name!r}")
        return getattr(import_module("neuro.training.estimator"), name)
