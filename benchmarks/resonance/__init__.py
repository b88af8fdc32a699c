"""Benches ``resonance`` and ``resonance-training``: resonators, hyperdimensional memories, trained networks."""
