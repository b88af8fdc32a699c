"""Masquelier: one neuron finds, by STDP alone, a 50 ms spike pattern hidden in 2,000 spike trains.

    tau_m dv/dt = g - v,   tau_s dg/dt = -g;   a spike of afferent i moves v along a bump that peaks at w_i
    v > T: all bumps are flushed and v goes on as 2 T exp(-s/tau_m) - 4 T (exp(-s/tau_m) - exp(-s/tau_s))

The paper's spike response model is this pair of equations with this reset, exactly. STDP is additive and pairs nearest
spikes only, each spike once, so that potentiation and depression of a synapse alternate. Half of the afferents repeat
the pattern in a quarter of the time, with 1 ms of jitter; everything else fires at the same, ever changing rates.
Source: Masquelier, Guyonneau & Thorpe, PLoS ONE 3 (2008) e1377; parameters and criterion also in the replication by
Hathway & Goodman, ReScience 4 (2018), which names the pairing and finds that spikes of one tick decide at 1 ms.
"""

from __future__ import annotations

from neuro.experiments.masquelier.circuit import ALTERNATING_STDP, SPIKE_RESPONSE, Afferents, PatternSettings
from neuro.experiments.masquelier.experiment import MASQUELIER, find_pattern, run_masquelier, run_patterns
from neuro.experiments.masquelier.plots import draw_latencies, draw_pattern
from neuro.experiments.masquelier.result import PatternResult, PatternRun

__all__ = [
    "ALTERNATING_STDP",
    "Afferents",
    "MASQUELIER",
    "PatternResult",
    "PatternRun",
    "PatternSettings",
    "SPIKE_RESPONSE",
    "draw_latencies",
    "draw_pattern",
    "find_pattern",
    "run_masquelier",
    "run_patterns",
]
