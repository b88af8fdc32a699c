"""Training: contrastive learning for the k-winners encoder, with analytic gradients."""

from neuro.training.info_nce import InfoNCELoss
from neuro.training.local_contrastive import LocalContrastiveLoss
from neuro.training.loss import LossGradient, PairLoss
from neuro.training.miner import HardNegativeMiner, Indexing, Mining, Neighbours, exact_neighbours
from neuro.training.optimisers import SGD, Adam, AdamW, Optimiser, clip_gradient
from neuro.training.pairs import distinct_pairs
from neuro.training.report import Epoch, Kept, TrainedEncoder, TrainingReport
from neuro.training.schedules import CurriculumScheduler, Lesson, Shape, TemperatureAnnealing, scheduled
from neuro.training.settings import Start, TrainingSettings
from neuro.training.spectral import SpectralRegularization, laplacian
from neuro.training.trainer import ContrastiveEncoderTrainer
from neuro.training.validation import recall_hits

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
    "Start",
    "TemperatureAnnealing",
    "TrainedEncoder",
    "TrainingReport",
    "TrainingSettings",
    "clip_gradient",
    "distinct_pairs",
    "exact_neighbours",
    "laplacian",
    "recall_hits",
    "scheduled",
]
