"""Results of the literature, run again: each experiment of the catalogue gives rows with thresholds, and plots.

Run it:  python examples/04_experiments.py [FOLDER] [NAME ...]   (default: runs/experiments and the quick ones)
The same on the command line, with progress: spikeloom experiment NAME
"""

import sys
from pathlib import Path

from neuro.experiments.catalogue import find_experiment
from neuro.experiments.experiment import save_plots
from neuro.progress import QuietStages

QUICK = ("lif_fi",)


def main(folder: Path, names: tuple[str, ...] = QUICK) -> None:
    for name in names:
        experiment = find_experiment(name)
        result = experiment.run(0, QuietStages())
        print(f"{name}: {experiment.summary} ({experiment.source})")
        for row in result.rows:
            bar, met = row.threshold, "yes" if row.met else "NO"
            verdict = "" if bar is None else f"   {bar.better.value} {bar.value:g}: {met}"
            print(f"    {row.name}: {row.value:.4g} {row.unit}{verdict}")
        (folder / name).mkdir(parents=True, exist_ok=True)
        print(f"    plots: {', '.join(str(path) for path in save_plots(result, folder / name))}")


if __name__ == "__main__":
    given = sys.argv[1:]
    main(Path(given[0]) if given else Path("runs/experiments"), tuple(given[1:]) or QUICK)
