"""Unsupervised learning of digits by STDP, winner-take-all and homeostasis, after Diehl & Cook (2015)."""

from __future__ import annotations

from neuro.experiments.diehl_cook.experiment import (
    DiehlCookResult,
    plot_confusion,
    plot_receptive_fields,
    run_diehl_cook,
)
from neuro.experiments.diehl_cook.settings import Dataset, Decay, DiehlCookSettings, mnist_settings

__all__ = [
    "Dataset",
    "Decay",
    "DiehlCookResult",
    "DiehlCookSettings",
    "mnist_settings",
    "plot_confusion",
    "plot_receptive_fields",
    "run_diehl_cook",
]
