"""What the rows of bench ``learning`` share."""

from __future__ import annotations

from typing import Any

from neuro.progress import Stages

SEEDS = (1, 2, 3)
"""Of what is reported. Settings were chosen on validation splits, with other seeds."""


class LearningLab:
    """The data and the learned codes, each part read or made once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self._kept: dict[str, Any] = {}

    def keep(self, name: str, make: Any) -> Any:
        """What ``make`` gives, made once."""
        if name not in self._kept:
            with self.stages.stage(name):
                self._kept[name] = make()
        return self._kept[name]
