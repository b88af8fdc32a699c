"""Simulators: the same circuit on Brian2, compiled float64 and fixed point."""
