"""The plot of docs/vsa.md, from the rows of a run.

spikeloom bench resonance --rows fhrr-capacity --json FILE
python -m benchmarks.resonance.plots FILE docs/images
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.resonance.vsa import DIMENSIONS, FORMS, ITEMS

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def capacity_plot(samples: dict[str, list[float]]) -> Figure:
    """Measured points on the curves of theory, a panel for each form of the sum."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(10, 3.2), layout="constrained")
    for panel, form in zip(figure.subplots(1, len(FORMS), sharey=True), FORMS, strict=True):
        for dimensions in DIMENSIONS:
            pairs = [samples[f"{form.name}, D {dimensions}, N {items}"] for items in ITEMS]
            (line,) = panel.plot(ITEMS, [theory for _, theory in pairs], label=f"D = {dimensions:,}")
            panel.plot(ITEMS, [value for value, _ in pairs], "o", color=line.get_color())
        panel.set(title=form.name, xlabel="pairs in the sum")
    figure.axes[0].set_ylabel("recalled, %")
    figure.axes[0].legend(title="lines: theory")
    return figure


def main() -> None:
    """Draw the plot."""
    report, folder = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")), Path(sys.argv[2])
    rows = {row["name"]: row["samples"] for row in report["rows"]}
    capacity_plot(rows["fhrr-capacity"]).savefig(folder / "fhrr_capacity.png", dpi=110)


if __name__ == "__main__":
    main()
