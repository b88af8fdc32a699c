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
        )
    }
)
