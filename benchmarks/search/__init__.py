"""Bench ``search``: spreading spikes beside plain search, on vectors and texts."""
