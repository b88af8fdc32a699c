"""What a run found, by the criteria of the paper."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.arrays import BoolArray, IntArray
from neuro.experiments.experiment import Better, Row, judged
from neuro.experiments.masquelier.circuit import DT, SLOT

_HITS, _SEEDS_THAT_SUCCEED = 0.95, 90.0
PAPER = "Masquelier et al., PLoS ONE 3 (2008) e1377"


@dataclass(frozen=True, slots=True, eq=False)
class PatternRun:
    """One run: what the neuron did.

    Args:
        shown: shape (slots,), whether the pattern was there.
        spikes: ticks of the neuron's spikes.
        pattern: the pattern itself, shape (50, involved), without jitter.
        weights: shape (afferents,), at the end.
    """

    shown: BoolArray
    spikes: IntArray
    pattern: BoolArray
    weights: npt.NDArray[np.float64]

    @property
    def judged(self) -> int:
        """The first slot of the last third."""
        return 2 * self.shown.size // 3

    @property
    def hit_rate(self) -> float:
        """Share of the presentations in the last third with a spike in them."""
        judged = np.flatnonzero(self.shown)
        judged = judged[judged >= self.judged]
        return float(np.isin(judged, self.spikes // SLOT).mean())

    @property
    def false_alarms(self) -> int:
        """Spikes outside of presentations in the last third."""
        slots = self.spikes // SLOT
        return int(np.count_nonzero(~self.shown[slots[slots >= self.judged]]))

    @property
    def latency(self) -> float:
        """Seconds from the start of a presentation to the first spike in it, mean over the last third; NaN for none."""
        slots, first = np.unique(self.spikes // SLOT, return_index=True)
        hit = self.shown[slots] & (slots >= self.judged)
        return float(np.mean(self.spikes[first][hit] % SLOT)) * DT if hit.any() else float("nan")

    @property
    def found_after(self) -> float:
        """Seconds until the last spike outside of the pattern; 0 if there was none."""
        outside = self.spikes[~self.shown[self.spikes // SLOT]]
        return float(outside[-1] + 1) * DT if outside.size else 0.0

    @property
    def success(self) -> bool:
        """At least 95 % hits and no false alarm."""
        return self.hit_rate >= _HITS and self.false_alarms == 0

    @property
    def strict_success(self) -> bool:
        """The paper's criterion: over 98 % hits, no false alarm, a mean latency below 10 ms."""
        return self.hit_rate > 0.98 and self.false_alarms == 0 and self.latency < 10e-3


@dataclass(frozen=True, slots=True, eq=False)
class PatternResult:
    """What the experiment found: rows, and the runs behind them, one a seed, and one without learning."""

    rows: tuple[Row, ...]
    seeds: tuple[int, ...]
    runs: tuple[PatternRun, ...]
    untaught: PatternRun


def judged_rows(runs: list[PatternRun], untaught: PatternRun) -> tuple[Row, ...]:
    """The rows of the experiment, from its runs and one without learning."""
    hits = "presentations with a spike, last third of the run, mean over seeds"
    succeeded = [run for run in runs if run.success]
    return (
        judged(
            "successful-runs",
            100.0 * len(succeeded) / len(runs),
            "%",
            _SEEDS_THAT_SUCCEED,
            published=96.0,
            source=PAPER,
            note="95 % hits and no false alarm in the last third; the paper: 100 runs, its last 150 of 450 s",
        ),
        judged(
            "successful-runs-without-learning",
            100.0 * untaught.success,
            "%",
            0.0,
            Better.AT_MOST,
            note="the first seed",
        ),
        judged(
            "runs-by-the-strict-criterion",
            100.0 * float(np.mean([run.strict_success for run in runs])),
            "%",
            published=96.0,
            source=PAPER,
            note="over 98 % hits, no false alarm, a mean latency below 10 ms",
        ),
        judged("hit-rate", 100.0 * float(np.mean([run.hit_rate for run in runs])), "%", note=hits),
        judged("false-alarms", float(sum(run.false_alarms for run in runs)), "spikes", note="of all seeds together"),
        judged(
            "latency",
            1e3 * float(np.mean([run.latency for run in succeeded])) if succeeded else float("nan"),
            "ms",
            note="first spike after the start of a presentation, mean over successful runs",
        ),
        judged(
            "found-after",
            float(np.median([run.found_after for run in succeeded])) if succeeded else float("nan"),
            "s",
            published=13.5,
            source=PAPER,
            note="the last spike outside of the pattern, median over successful runs; the paper shows one run",
        ),
    )
