"""Settings of the whole test run."""

from __future__ import annotations

from hypothesis import settings

# The same examples in every run, and no time limit per example: the first call of a kernel compiles it.
settings.register_profile("spikeloom", deadline=None, derandomize=True)
settings.load_profile("spikeloom")
