"""Every metric that the project claims, measured beside its peers. Run with ``spikeloom bench``."""
