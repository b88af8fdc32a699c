"""Bench ``main``: the demo's stages beside brute force, plain hnswlib and Brian2."""
