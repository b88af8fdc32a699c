"""Draws where the swarm memory fails: ``python -m benchmarks.memory.swarm_plot docs/images/swarm_load.png``."""

from __future__ import annotations

import sys
from pathlib import Path

from rich.console import Console

from benchmarks.memory.swarm_lab import SEED, failure, load_curve

ACTIVE = 20
SHARES = (0.01, 0.02, 0.04, 0.06, 0.08, 0.1, 0.125, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65)
"""Patterns over (n/k)^2."""


def draw(path: Path) -> None:
    """SwarmCompletion from half a pattern against the load, over nodes and over edges."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    console = Console()
    figure, (left, right) = plt.subplots(1, 2, figsize=(9, 3.4), sharey=True, layout="constrained")
    for nodes in (1000, 2000, 4000):
        scale = (nodes / ACTIVE) ** 2
        curve = load_curve(nodes, ACTIVE, [round(share * scale) for share in SHARES])
        stored, edges = failure(curve)
        console.print(f"{nodes} nodes: .9 at {stored:.0f} patterns, {stored / scale:.3f} (n/k)^2, {edges:.0f} edges")
        completed = [at.completed for at in curve]
        left.plot([at.patterns / scale for at in curve], completed, "o-", ms=3, label=f"{nodes:,} nodes")
        right.plot([at.patterns / at.edges for at in curve], completed, "o-", ms=3, label=f"{nodes:,} nodes")
    right.axvline(0.14, color="black", ls="--", label=".14 a directed edge")
    left.set(xlabel="patterns stored / (n/k)$^2$", ylabel="missing half completed", ylim=(0, 1.03))
    right.set(xlabel="patterns stored / directed edges", xscale="log")
    right.legend(fontsize=8)
    figure.suptitle(f"Random patterns of {ACTIVE} elements, asked by half; seed {SEED}", fontsize=10)
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
