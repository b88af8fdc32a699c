"""Training: contrastive learning for the k-winners encoder, with analytic gradients."""

from typing import TYPE_CHECKING

from neuro.training.hard_negatives import HardNegativeMiner, Indexing, Mining, Neighbours, exact_neighbours
from neuro.training.lif_classifier import LIFClassifier, bernoulli_spikes
from neuro.training.losses import InfoNCELoss, LocalContrastiveLoss, LossGradient, PairLoss
from neuro.training.optimisers import SGD, Adam, AdamW, Optimiser, clip_gradient
from neuro.training.pairs import distinct_pairs
from neuro.training.schedules import CurriculumScheduler, Lesson, ScheduleShape, TemperatureAnnealing, scheduled
from neuro.training.settings import Start, TrainingSettings
from neuro.training.spectral import SpectralRegularization, laplacian
from neuro.training.state import recall_hits
from neuro.training.surrogate_gradient import SurrogateGradientTrainer, torch_spikes
from neuro.training.trainer import ContrastiveEncoderTrainer, Epoch, Kept, TrainedEncoder, TrainingReport

if TYPE_CHECKING:
    from neuro.training.estimator import KWTATransformer

__all__ = [
    "Adam",
    "AdamW",
    "ContrastiveEncoderTrainer",
    "CurriculumScheduler",
    "Epoch",
    "HardNegativeMiner",
    "Indexing",
    "InfoNCELoss",
    "KWTATransformer",
    "Kept",
    "LIFClassifier",
    "Lesson",
    "LocalContrastiveLoss",
    "LossGradient",
    "Mining",
    "Neighbours",
    "Optimiser",
    "PairLoss",
    "SGD",
    "ScheduleShape",
    "SpectralRegularization",
    "Start",
    "SurrogateGradientTrainer",
    "TemperatureAnnealing",
    "TrainedEncoder",
    "TrainingReport",
    "TrainingSettings",
    "bernoulli_spikes",
    "clip_gradient",
    "distinct_pairs",
    "exact_neighbours",
    "laplacian",
    "recall_hits",
    "scheduled",
    "torch_spikes",
]

if not TYPE_CHECKING:
    from importlib import import_module

    def __getattr__(name: str):
        """Import the scikit-learn transformer when it is first used: nothing else here needs scikit-learn."""
        if name != "KWTATransformer":
            raise AttributeError(f"module 'neuro.training' has no attribute {name!r}")
        return import_module("neuro.training.estimator").KWTATransformer
