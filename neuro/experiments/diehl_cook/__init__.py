"""Unsupervised learning of digits by STDP, winner-take-all and homeostasis, after Diehl & Cook (2015)."""

from __future__ import annotations

from neuro.experiments.diehl_cook.experiment import run
from neuro.experiments.diehl_cook.figures import plot_confusion, plot_receptive_fields
from neuro.experiments.diehl_cook.output import run_into
from neuro.experiments.diehl_cook.result import DiehlCookResult, metrics
from neuro.experiments.diehl_cook.settings import Dataset, Decay, DiehlCookSettings, mnist_settings

__all__ = [
    "Dataset",
    "Decay",
    "DiehlCookResult",
    "DiehlCookSettings",
    "metrics",
    "mnist_settings",
    "plot_confusion",
    "plot_receptive_fields",
    "run",
    "run_into",
]
