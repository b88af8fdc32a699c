"""Where the hippocampal memory fails: ``python -m benchmarks.memory.hippocampal_plot docs/images/NAME.png``."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from benchmarks.memory.data import MemoryLab
from benchmarks.memory.hippocampal import phrased
from neuro.analysis.plots import PALETTE, figure_of, new_axes
from neuro.memories import HippocampalMemory
from neuro.progress import QuietStages

DISTANCES = (0.5, 1.0, 1.25, 1.5, 1.75, 2.0, 2.5, 3.0)
SEED, CUES = 0, 500


def curves(lab: MemoryLab) -> dict[int, list[float]]:
    """R@1 at each distance, by further cues."""
    pool = lab.pool(SEED)
    asked = pool.asked[:CUES]
    found: dict[int, list[float]] = {0: [], 1: [], 3: []}
    for distance in DISTANCES:
        questions = phrased(lab, pool.stored[asked], (SEED, 99), distance)
        memory = HippocampalMemory(pool.stored.shape[1])
        memory.store(phrased(lab, pool.stored, (SEED, 0), distance))
        for variant in range(4):
            if variant:
                cues = phrased(lab, pool.stored, (SEED, variant), distance)
                memory.add_cues(np.arange(len(pool.stored)), cues)
            if variant in found:
                found[variant].append(float(np.mean(memory.recall(questions).indices[:, 0] == asked)))
    return found


def draw(path: Path) -> None:
    """R@1 against the distance of phrasings."""
    axes = new_axes(6.5, 3.8)
    for colour, (variants, shares) in zip(PALETTE, curves(MemoryLab(QuietStages())).items(), strict=False):
        axes.plot(DISTANCES, shares, "o-", ms=4, color=colour, label=f"{variants} further cue" + "s" * (variants != 1))
    axes.set(
        xlabel="distance of a phrasing, in steps from an entry to its gloss",
        ylabel="R@1 of 20,000",
        ylim=(-0.02, 1.02),
    )
    axes.legend(fontsize=8)
    figure_of(axes).savefig(path, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
