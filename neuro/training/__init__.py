"""Training: contrastive learning for the k-winners encoder, with analytic gradients."""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from neuro.training.info_nce import InfoNCELoss
from neuro.training.lif_classifier import LIFClassifier, bernoulli_spikes
from neuro.training.local_contrastive import LocalContrastiveLoss
from neuro.training.loss import LossGradient, PairLoss
from neuro.training.miner import HardNegativeMiner, Indexing, Mining, Neighbours, exact_neighbours
from neuro.training.optimisers import SGD, Adam, AdamW, Optimiser, clip_gradient
from neuro.training.pairs import distinct_pairs
from neuro.training.report import Epoch, Kept, TrainedEncoder, TrainingReport
from neuro.training.schedules import CurriculumScheduler, Lesson, Shape, TemperatureAnnealing, scheduled
from neuro.training.settings import Start, TrainingSettings
from neuro.training.spectral import SpectralRegularization, laplacian
from neuro.training.surrogate_gradient import SurrogateGradientTrainer, torch_spikes
from neuro.training.trainer import ContrastiveEncoderTrainer
from neuro.training.validation import recall_hits

if TYPE_CHECKING:
    from neuro.training.estimator import SpikeEncoder

__all__ = [
    "Adam",
    "AdamW",
    "ContrastiveEncoderTrainer",
    "CurriculumScheduler",
    "Epoch",
    "HardNegativeMiner",
    "Indexing",
    "InfoNCELoss",
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
    "Shape",
    "SpectralRegularization",
    "SpikeEncoder",
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


def __getattr__(name: str) -> Any:
    """Import the scikit-learn transformer when it is first used: nothing else here needs scikit-learn."""
    if name != "SpikeEncoder":
        raise AttributeError(f"module 'neuro.training' has no attribute {name!r}")
    return import_module("neuro.training.estimator").SpikeEncoder
