"""What the rows of bench ``learning`` share."""

from __future__ import annotations

from neuro.progress import Stages

SEEDS = (1, 2, 3)
"""Of what is reported. Settings were chosen on validation splits, with other seeds."""


class LearningLab:
    """The data and the learned codes, each part read or made once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
