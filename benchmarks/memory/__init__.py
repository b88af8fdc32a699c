"""Bench ``memory``: associative memories, each beside exact cosine."""
