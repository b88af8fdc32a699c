"""Experiments: whole stories that use every part, one package each, stages as files."""

from __future__ import annotations

from neuro.experiments.stages import QuietStages, Stages

__all__ = ["QuietStages", "Stages"]
