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
        "silicon": MappingProxyType(
            {
                "conformance-mismatches": Bar(0, _MOST),
                "one-neuron-mismatches": Bar(0, _MOST),
                "classifier-against-float": Bar(1.0, _MOST),
                "on-chip-learning-mismatches": Bar(0, _MOST),
                "hebbian-mismatches": Bar(0, _MOST),
                "graph-mismatches": Bar(0, _MOST),
                "many-cores-mismatches": Bar(0, _MOST),
                "verilator-speed": Bar(10.0, _LEAST),
                "event-driven-lif-area": Bar(2261, _MOST),
                "delta-lif-area": Bar(3583, _MOST),
                "netlist-mismatches": Bar(0, _MOST),
                "formal-properties": Bar(2, _LEAST),
                "lint-complaints": Bar(0, _MOST),
                "mutation-score": Bar(95.0, _LEAST),
                "axi-spikes-lost": Bar(0, _MOST),
            }
        ),
    }
)
