"""The bars, as data: bench -> row -> what it has to reach. A row without a bar is reported and not judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Bar, Better

_LEAST, _MOST = Better.AT_LEAST, Better.AT_MOST

BARS: Mapping[str, Mapping[str, Bar]] = MappingProxyType(
    {
        "main": MappingProxyType(
            {
                "recall-at-20-noise": Bar(0.99, _LEAST),
                "heldout-against-knn": Bar(-2.0, _LEAST),
                "graph-recall": Bar(0.98, _LEAST),
                "graph-gain-of-spreading": Bar(20.0, _LEAST),
                "brian2-mismatches": Bar(0, _MOST),
                "brian2-quantised-mismatches": Bar(0, _MOST),
                "brian2-search-mismatches": Bar(0, _MOST),
                "brian2-speed": Bar(10.0, _LEAST),
                "fixed-against-float": Bar(1.0, _MOST),
                "rtl-mismatches": Bar(0, _MOST),
                "rtl-neurons": Bar(256, _LEAST),
            }
        ),
        "simulation": MappingProxyType(
            {
                "static-against-brian2": Bar(3.0, _LEAST),
                "static-against-nest": Bar(15.0, _LEAST),
                "stdp-against-brian2": Bar(5.0, _LEAST),
                "stdp-against-nest": Bar(15.0, _LEAST),
                "growth-of-neuron-step": Bar(1.5, _MOST),
                "growth-of-synaptic-event": Bar(1.5, _MOST),
                "batch-of-two": Bar(1.7, _LEAST),
                "small-graph-tick": Bar(499, _MOST),
                "small-graph-tick-stdp": Bar(499, _MOST),
                "cold-process-warm-cache": Bar(5.0, _MOST),
                "cold-process-cold-cache": Bar(20.0, _MOST),
                "parallel-stdp-differences": Bar(0, _MOST),
            }
        ),
        "training": MappingProxyType(
            {
                "gradients-against-differences": Bar(1e-6, _MOST),
                "optimisers-against-torch": Bar(1e-6, _MOST),
                "losses-against-peers": Bar(1e-6, _MOST),
                "miner-against-brute-force": Bar(0, _MOST),
                "patches-gain": Bar(20.0, _LEAST),
                "patches-seconds": Bar(10.0, _MOST),
                "nuisance-recall": Bar(0.95, _LEAST),
                "nuisance-recall-untrained": Bar(0.1, _MOST),
                "text-against-identity": Bar(-1.0, _LEAST),
                "neighbours-shared-units": Bar(0.1, _LEAST),
                "spreading-recall-gain": Bar(0.1, _LEAST),
                "digits-nir-mismatches": Bar(0, _MOST),
                "digits-brian2-mismatches": Bar(0, _MOST),
                "digits-fixed-against-float": Bar(1.0, _MOST),
                "digits-quantised-mismatches": Bar(0, _MOST),
                "digits-rtl-mismatches": Bar(0, _MOST),
            }
        ),
    }
)
