"""Bench ``silicon``: exported Verilog, its equality, size, speed and proofs."""
