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
        "memory": MappingProxyType(
            {
                "hopfield-query": Bar(1.2, _MOST),
                "hopfield-query-rule-beta": Bar(1.2, _MOST),
                "hopfield-query-sparsemax": Bar(0.75, _MOST),
                "hopfield-query-us": Bar(1000, _MOST),
                "hopfield-batch": Bar(0.8, _LEAST),
                "hopfield-batch-sparsemax": Bar(0.8, _LEAST),
                "hopfield-100-x-64-us": Bar(100, _MOST),
                "hopfield-1000-x-128-us": Bar(500, _MOST),
                "hopfield-spiking-winners": Bar(99.9, _LEAST),
                "hippocampal-recall-20000": Bar(0.0, _LEAST),
                "hippocampal-cue-variants": Bar(0.0, _LEAST),
                "hippocampal-abstention": Bar(0.0, _LEAST),
                "hippocampal-latency-100000": Bar(1.0, _MOST),
                "swarm-update-of-30": Bar(1.0, _MOST),
                "swarm-step-on-100": Bar(5.0, _MOST),
                "swarm-memory-at-64m-edges": Bar(2.0, _MOST),
                "swarm-plain-rho-collinear": Bar(0.999, _LEAST),
                "swarm-potential-rises": Bar(0, _MOST),
                "swarm-merge-violations": Bar(0, _MOST),
                "hebbian-exact-cue": Bar(0.999, _LEAST),
                "hebbian-gloss-cue": Bar(0.99, _LEAST),
                "hebbian-blurred-cue": Bar(0.95, _LEAST),
                "hebbian-synapses": Bar(33.6, _MOST),
                "hebbian-100000-random": Bar(0.99, _LEAST),
                "hebbian-75000-random-damaged": Bar(0.95, _LEAST),
                "hebbian-six-hops": Bar(0.99, _LEAST),
                "hebbian-four-chains": Bar(1.0, _LEAST),
                "hebbian-insert": Bar(100, _MOST),
                "hebbian-recall": Bar(500, _MOST),
                "hebbian-encode": Bar(200, _MOST),
                "hebbian-abstention": Bar(0.0, _LEAST),
                "hebbian-merge": Bar(0, _MOST),
                "hebbian-spiking-winners": Bar(99.9, _LEAST),
                "grid-documented-code-below-best": Bar(0.0, _MOST),
            }
        ),
        "resonance": MappingProxyType(
            {
                "fft-against-step": Bar(1e-12, _MOST),
                "fft-float32-mismatches": Bar(1e-4, _MOST),
                "scan-gradients": Bar(1e-5, _MOST),
                "scan-against-full-fft": Bar(8.0, _LEAST),
                "scan-growth": Bar(1.3, _MOST),
                "streaming-state": Bar(16.0, _MOST),
                "gradient-norm": Bar(10.0, _MOST),
                "associative-recall-against-theory": Bar(2.0, _MOST),
                "associative-recall-250": Bar(0.98, _LEAST),
                "fhrr-capacity": Bar(3.0, _MOST),
                "tpam-recall": Bar(0.95, _LEAST),
                "tpam-spikes": Bar(3.0, _MOST),
                "resonator-network": Bar(95.0, _LEAST),
            }
        ),
        "resonance-training": MappingProxyType(
            {
                "sequential-digits": Bar(98.5, _LEAST),
                "permuted-digits": Bar(94.0, _LEAST),
                "sequential-mnist": Bar(95.0, _LEAST),
                "language-model": Bar(0.0, _MOST),
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
        "search": MappingProxyType(
            {
                "graph-as-read": Bar(0, _MOST),
                "self-retrieval": Bar(1.0, _LEAST),
                "recall-over-hnswlib-20k": Bar(0.0, _LEAST),
                "recall-over-hnswlib-100k": Bar(0.0, _LEAST),
                "circuit-fires": Bar(32, _MOST),
                "every-stage-matters": Bar(1, _LEAST),
                "multi-hop-recall-at-5": Bar(8.0, _LEAST),
                "multi-hop-all-support-at-10": Bar(12.0, _LEAST),
                "hypernyms-against-cosine": Bar(5.0, _LEAST),
                "hypernyms-against-entry": Bar(0.85, _LEAST),
                "use-raises-partners": Bar(0.5, _LEAST),
                "use-spares-others": Bar(-0.5, _LEAST),
                "time-against-hnswlib-20k": Bar(2.0, _MOST),
                "time-against-hnswlib-100k": Bar(2.0, _MOST),
                "growth-of-spreading-100k": Bar(1.5, _MOST),
                "event-mismatches": Bar(0, _MOST),
            }
        ),
        "search-million": MappingProxyType(
            {
                "time-against-hnswlib-1m": Bar(2.0, _MOST),
                "growth-of-spreading-1m": Bar(1.5, _MOST),
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
                "synaptic-events-a-clock": Bar(1.0, _LEAST),
                "neuron-updates-a-clock": Bar(1.0, _LEAST),
                "event-driven-lif-area": Bar(2261, _MOST),
                "delta-lif-area": Bar(3583, _MOST),
                "netlist-mismatches": Bar(0, _MOST),
                "formal-properties": Bar(7, _LEAST),
                "lint-complaints": Bar(0, _MOST),
                "mutation-score": Bar(95.0, _LEAST),
                "axi-spikes-lost": Bar(0, _MOST),
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
