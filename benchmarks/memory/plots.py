"""The plots of docs/memories: ``python -m benchmarks.memory.plots docs/images``, from a checkout."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.memory.data import Ints, MemoryLab
from benchmarks.memory.grid import BACKGROUNDS, CODES, COLUMNS, KINDS, Grid, measure_grid
from benchmarks.memory.hebbian import palimpsest_curve, random_codes
from neuro.analysis.plots import PALETTE, figure_of, new_axes
from neuro.encoders import KWTAEncoder
from neuro.memories import HebbianMemory, LinearMemory, PointerMemory
from neuro.progress import QuietStages

if TYPE_CHECKING:
    from matplotlib.figure import Figure

LOADS = (500, 1_000, 2_000, 5_000, 10_000, 15_000, 20_000)
_UNITS, _ACTIVE = 1_024, 40


def lines_of(grid: Grid) -> dict[str, str]:
    """Label -> memory, one of those whose cells are all the same: their lines would lie on each other."""
    alike: dict[tuple[float, ...], list[str]] = {}
    for name in COLUMNS:
        cells = tuple(share for code in CODES for kind in KINDS for share in grid.cells[name, code, kind])
        alike.setdefault(cells, []).append(name)
    return {" = ".join(names): names[0] for names in alike.values()}


def grid_plot(grid: Grid) -> Figure:
    """R@1 against background: one panel a code, one line a memory, or several that are the same everywhere."""
    figure, panels = _panels(len(KINDS), len(CODES), 14.0, 5.5)
    places = np.arange(len(BACKGROUNDS))
    for row, kind in enumerate(KINDS):
        for column, code in enumerate(CODES):
            axes = panels[row, column]
            for colour, (label, name) in zip(PALETTE, lines_of(grid).items(), strict=False):
                axes.plot(places, grid.cells[name, code, kind], "o-", ms=3, color=colour, label=label)
            axes.set_xticks(places, [f"{background:,}" for background in BACKGROUNDS], rotation=60, fontsize=7)
            axes.set_ylim(-0.02, 1.02)
            axes.set_title(f"{code[0]:,} units, {code[1]} active", fontsize=9)
            if column == 0:
                axes.set_ylabel(f"R@1, {kind} cue")
            if row == len(KINDS) - 1:
                axes.set_xlabel("others stored")
    handles, labels = panels[0, 0].get_legend_handles_labels()
    figure.legend(handles, labels, fontsize=8, loc="outside upper center", ncols=len(labels), frameon=False)
    return figure


def failure_plot(lab: MemoryLab) -> Figure:
    """Recall of exact cues against load, in a memory that is too small: random, centred, uncentred codes."""
    pool = lab.pool(0)
    codes = random_codes(LOADS[-1], _UNITS, _ACTIVE, 0)
    centred = KWTAEncoder.centred_on(pool.stored, units=_UNITS, active=_ACTIVE, nonzeros=12).encode(pool.stored)
    plain = KWTAEncoder(pool.stored.shape[1], units=_UNITS, active=_ACTIVE, nonzeros=12).encode(pool.stored)
    cases: list[tuple[str, Ints, Callable[..., PointerMemory], str]] = [
        ("random codes, 1 bit", codes, HebbianMemory, "-"),
        ("nouns, centred, 1 bit", centred, HebbianMemory, "-"),
        ("nouns, not centred, 1 bit", plain, HebbianMemory, "-"),
        ("nouns, centred, counts", centred, LinearMemory, "--"),
    ]
    figure, panels = _panels(1, 1, 7.0, 4.0)
    axes = panels[0, 0]
    for colour, (label, stored, kind, line) in zip(PALETTE, cases, strict=False):
        axes.plot(LOADS, _curve(kind, stored), "o" + line, ms=4, color=colour, label=label)
    axes.set_xlabel("items stored")
    axes.set_ylabel("R@1, exact cue")
    axes.set_title(f"{_UNITS:,} x {_UNITS:,} synapses, {_ACTIVE} active units, pointers of 8", fontsize=9)
    axes.set_ylim(-0.02, 1.02)
    axes.legend(fontsize=8)
    return figure


def ageing_plot() -> Figure:
    """Recall against age in a palimpsest, measured and expected."""
    ages, measured, expected, _ = palimpsest_curve()
    figure, panels = _panels(1, 1, 6.0, 3.5)
    axes = panels[0, 0]
    axes.plot(ages, measured, "o", ms=4, color=PALETTE[0], label="measured")
    axes.plot(ages, expected, "-", color=PALETTE[1], label="theory")
    axes.set_xlabel("age (inserts since)")
    axes.set_ylabel("R@1, exact cue")
    axes.legend()
    return figure


def _curve(kind: Callable[..., PointerMemory], codes: Ints) -> list[float]:
    memory = kind(_UNITS, pointer_units=_UNITS, pointer_active=8)
    shares = []
    for begin, end in zip((0, *LOADS[:-1]), LOADS, strict=True):
        memory.store(codes[begin:end])
        asked = np.arange(0, end, end // 500)
        shares.append(float(np.mean(memory.recall(codes[asked]).indices[:, 0] == asked)))
    return shares


def _panels(rows: int, columns: int, width: float, height: float) -> tuple[Figure, Any]:
    figure = figure_of(new_axes(width, height))
    for axes in figure.axes:
        axes.remove()
    return figure, figure.subplots(rows, columns, sharey=True, squeeze=False)


def main(folder: Path) -> None:
    """Write all plots into the folder."""
    lab = MemoryLab(QuietStages())
    plots: dict[str, Callable[[], Figure]] = {
        "memory_ageing": ageing_plot,
        "memory_hebbian_failure": lambda: failure_plot(lab),
        "memory_grid": lambda: grid_plot(measure_grid(lab)),
    }
    for name, draw in plots.items():
        figure = draw()
        figure.savefig(folder / f"{name}.png", dpi=110)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
