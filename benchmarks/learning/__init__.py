"""Bench ``learning``: what learning is worth in the codes, in the composed circuit and in spreading."""
