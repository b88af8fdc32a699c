"""Brunel's network of sparse excitation and inhibition, and its four regimes.

Source: Brunel, Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, J. Comput.
Neurosci. 8 (2000) 183.
"""

from __future__ import annotations

from collections.abc import Sequence as _Sequence

from neuro.experiments.brunel.network import (
    BrunelNetwork,
    brunel_circuit,
    draw_connections,
    stationary_cv,
    stationary_rate,
)
from neuro.experiments.brunel.plots import plot_regimes, plot_spectra
from neuro.experiments.brunel.regimes import REGIMES, Observed, Regime, judge, observe
from neuro.experiments.experiment import Experiment as _Experiment
from neuro.experiments.experiment import Result as _Result
from neuro.progress import Stages as _Stages

__all__ = [
    "BRUNEL",
    "BrunelNetwork",
    "Observed",
    "REGIMES",
    "Regime",
    "brunel_circuit",
    "draw_connections",
    "judge",
    "observe",
    "plot_regimes",
    "plot_spectra",
    "run_brunel",
    "stationary_cv",
    "stationary_rate",
]


def run_brunel(
    seed: int,
    stages: _Stages,
    *,
    regimes: _Sequence[Regime] = REGIMES,
    excitatory: int = 10_000,
    coupling: float = 1.0,
) -> _Result:
    """Run the regimes on one set of connections.

    Args:
        seed: of connections, drive and start.
        stages: what to report to.
        regimes: which.
        excitatory: N_E; the published figures are those of 10,000.
        coupling: scales the synapses inside the network.
    """
    with stages.stage("Draw the connections"):
        connections = draw_connections(excitatory, seed)
    seen = [
        observe(
            regime,
            BrunelNetwork(regime.inhibition, regime.drive, excitatory, coupling),
            connections,
            seed,
            stages,
        )
        for regime in regimes
    ]
    rows = [row for observed in seen for row in judge(observed)]
    return _Result(rows, (seed,), {"regimes": lambda: plot_regimes(seen), "spectra": lambda: plot_spectra(seen)})


BRUNEL = _Experiment(
    "brunel",
    "Four regimes of a sparse random network, told apart by synchrony and irregularity",
    "Brunel, J. Comput. Neurosci. 8 (2000)",
    run_brunel,
)
"""12,500 neurons at the four points of the paper's figure 8."""
