"""The thresholds, as data: bench -> row -> what it has to reach. A row without one is reported and not judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Better, Threshold

_LEAST, _MOST = Better.AT_LEAST, Better.AT_MOST

THRESHOLDS: Mapping[str, Mapping[str, Threshold]] = MappingProxyType(
    {
        "main": MappingProxyType(
            {
                "recall-at-20-noise": Threshold(0.99, _LEAST),
                "heldout-against-knn": Threshold(-2.0, _LEAST),
                "graph-recall": Threshold(0.98, _LEAST),
                "graph-gain-of-spreading": Threshold(20.0, _LEAST),
                "brian2-mismatches": Threshold(0, _MOST),
                "brian2-quantised-mismatches": Threshold(0, _MOST),
                "brian2-search-mismatches": Threshold(0, _MOST),
                "brian2-speed": Threshold(10.0, _LEAST),
                "fixed-against-float": Threshold(1.0, _MOST),
                "rtl-mismatches": Threshold(0, _MOST),
                "rtl-neurons": Threshold(256, _LEAST),
            }
        ),
        "memory": MappingProxyType(
            {
                "hopfield-query": Threshold(1.2, _MOST),
                "hopfield-query-rule-beta": Threshold(1.2, _MOST),
                "hopfield-query-sparsemax": Threshold(0.75, _MOST),
                "hopfield-query-us": Threshold(1000, _MOST),
                "hopfield-batch": Threshold(0.8, _LEAST),
                "hopfield-batch-sparsemax": Threshold(0.8, _LEAST),
                "hopfield-100-x-64-us": Threshold(100, _MOST),
                "hopfield-1000-x-128-us": Threshold(500, _MOST),
                "hopfield-spiking-winners": Threshold(99.9, _LEAST),
                "hippocampal-recall-20000": Threshold(0.0, _LEAST),
                "hippocampal-cue-variants": Threshold(0.0, _LEAST),
                "hippocampal-abstention": Threshold(0.0, _LEAST),
                "hippocampal-latency-100000": Threshold(1.0, _MOST),
                "swarm-update-of-30": Threshold(1.0, _MOST),
                "swarm-step-on-100": Threshold(5.0, _MOST),
                "swarm-memory-at-64m-edges": Threshold(2.0, _MOST),
                "swarm-plain-rho-collinear": Threshold(0.999, _LEAST),
                "swarm-potential-rises": Threshold(0, _MOST),
                "swarm-merge-violations": Threshold(0, _MOST),
                "hebbian-exact-cue": Threshold(0.999, _LEAST),
                "hebbian-gloss-cue": Threshold(0.99, _LEAST),
                "hebbian-blurred-cue": Threshold(0.95, _LEAST),
                "hebbian-synapses": Threshold(33.6, _MOST),
                "hebbian-100000-random": Threshold(0.99, _LEAST),
                "hebbian-75000-random-damaged": Threshold(0.95, _LEAST),
                "hebbian-six-hops": Threshold(0.99, _LEAST),
                "hebbian-four-chains": Threshold(1.0, _LEAST),
                "hebbian-insert": Threshold(100, _MOST),
                "hebbian-recall": Threshold(500, _MOST),
                "hebbian-encode": Threshold(200, _MOST),
                "hebbian-abstention": Threshold(0.0, _LEAST),
                "hebbian-merge": Threshold(0, _MOST),
                "hebbian-spiking-winners": Threshold(99.9, _LEAST),
                "grid-documented-code-below-best": Threshold(0.0, _MOST),
            }
        ),
        "resonance": MappingProxyType(
            {
                "fft-against-step": Threshold(1e-12, _MOST),
                "fft-float32-mismatches": Threshold(1e-4, _MOST),
                "scan-gradients": Threshold(1e-5, _MOST),
                "scan-against-full-fft": Threshold(8.0, _LEAST),
                "scan-growth": Threshold(1.3, _MOST),
                "streaming-state": Threshold(16.0, _MOST),
                "gradient-norm": Threshold(10.0, _MOST),
                "associative-recall-against-theory": Threshold(2.0, _MOST),
                "associative-recall-250": Threshold(0.98, _LEAST),
                "fhrr-capacity": Threshold(3.0, _MOST),
                "tpam-recall": Threshold(0.95, _LEAST),
                "tpam-spikes": Threshold(3.0, _MOST),
                "resonator-network": Threshold(95.0, _LEAST),
            }
        ),
        "resonance-training": MappingProxyType(
            {
                "sequential-digits": Threshold(98.5, _LEAST),
                "permuted-digits": Threshold(94.0, _LEAST),
                "sequential-mnist": Threshold(95.0, _LEAST),
                "language-model": Threshold(0.0, _MOST),
            }
        ),
        "simulation": MappingProxyType(
            {
                "static-against-brian2": Threshold(3.0, _LEAST),
                "static-against-nest": Threshold(15.0, _LEAST),
                "stdp-against-brian2": Threshold(5.0, _LEAST),
                "stdp-against-nest": Threshold(15.0, _LEAST),
                "growth-of-neuron-step": Threshold(1.5, _MOST),
                "growth-of-synaptic-event": Threshold(1.5, _MOST),
                "batch-of-two": Threshold(1.7, _LEAST),
                "small-graph-tick": Threshold(499, _MOST),
                "small-graph-tick-stdp": Threshold(499, _MOST),
                "cold-process-warm-cache": Threshold(5.0, _MOST),
                "cold-process-cold-cache": Threshold(20.0, _MOST),
                "parallel-stdp-differences": Threshold(0, _MOST),
            }
        ),
        "search": MappingProxyType(
            {
                "graph-as-read": Threshold(0, _MOST),
                "self-retrieval": Threshold(1.0, _LEAST),
                "recall-over-hnswlib-20k": Threshold(0.0, _LEAST),
                "recall-over-hnswlib-100k": Threshold(0.0, _LEAST),
                "circuit-fires": Threshold(32, _MOST),
                "every-stage-matters": Threshold(1, _LEAST),
                "multi-hop-recall-at-5": Threshold(8.0, _LEAST),
                "multi-hop-all-support-at-10": Threshold(12.0, _LEAST),
                "hypernyms-against-cosine": Threshold(5.0, _LEAST),
                "hypernyms-against-entry": Threshold(0.85, _LEAST),
                "use-raises-partners": Threshold(0.5, _LEAST),
                "use-spares-others": Threshold(-0.5, _LEAST),
                "time-against-hnswlib-20k": Threshold(2.0, _MOST),
                "time-against-hnswlib-100k": Threshold(2.0, _MOST),
                "growth-of-spreading-100k": Threshold(1.5, _MOST),
                "event-mismatches": Threshold(0, _MOST),
            }
        ),
        "search-million": MappingProxyType(
            {
                "time-against-hnswlib-1m": Threshold(2.0, _MOST),
                "growth-of-spreading-1m": Threshold(1.5, _MOST),
            }
        ),
        "silicon": MappingProxyType(
            {
                "conformance-mismatches": Threshold(0, _MOST),
                "one-neuron-mismatches": Threshold(0, _MOST),
                "classifier-against-float": Threshold(1.0, _MOST),
                "on-chip-learning-mismatches": Threshold(0, _MOST),
                "hebbian-mismatches": Threshold(0, _MOST),
                "graph-mismatches": Threshold(0, _MOST),
                "many-cores-mismatches": Threshold(0, _MOST),
                "verilator-speed": Threshold(10.0, _LEAST),
                "synaptic-events-a-clock": Threshold(1.0, _LEAST),
                "neuron-updates-a-clock": Threshold(1.0, _LEAST),
                "event-driven-lif-area": Threshold(2261, _MOST),
                "delta-lif-area": Threshold(3583, _MOST),
                "netlist-mismatches": Threshold(0, _MOST),
                "formal-properties": Threshold(7, _LEAST),
                "lint-complaints": Threshold(0, _MOST),
                "mutation-score": Threshold(95.0, _LEAST),
                "axi-spikes-lost": Threshold(0, _MOST),
            }
        ),
        "training": MappingProxyType(
            {
                "gradients-against-differences": Threshold(1e-6, _MOST),
                "optimisers-against-torch": Threshold(1e-6, _MOST),
                "losses-against-peers": Threshold(1e-6, _MOST),
                "miner-against-brute-force": Threshold(0, _MOST),
                "patches-gain": Threshold(20.0, _LEAST),
                "patches-seconds": Threshold(10.0, _MOST),
                "nuisance-recall": Threshold(0.95, _LEAST),
                "nuisance-recall-untrained": Threshold(0.1, _MOST),
                "text-against-identity": Threshold(-1.0, _LEAST),
                "neighbours-shared-units": Threshold(0.1, _LEAST),
                "spreading-recall-gain": Threshold(0.1, _LEAST),
                "digits-nir-mismatches": Threshold(0, _MOST),
                "digits-brian2-mismatches": Threshold(0, _MOST),
                "digits-fixed-against-float": Threshold(1.0, _MOST),
                "digits-quantised-mismatches": Threshold(0, _MOST),
                "digits-rtl-mismatches": Threshold(0, _MOST),
            }
        ),
    }
)
