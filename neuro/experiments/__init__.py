"""Experiments: stories that use every part, and experiments from the literature held against their papers.

``neuro.experiments.catalogue`` lists those from the literature; ``spikeloom experiment NAME`` runs one. A new one is a
file (or folder) here that ends with an :class:`Experiment`, and one line in the catalogue.
"""

from __future__ import annotations

from neuro.experiments.experiment import Better, Experiment, Published, Result, Row, RowThreshold, at_least, at_most

__all__ = [
    "Better",
    "Experiment",
    "Published",
    "Result",
    "Row",
    "RowThreshold",
    "at_least",
    "at_most",
]
