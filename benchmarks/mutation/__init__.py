"""Mutants of exported Verilog: whether its verification finds them, and which of them change nothing."""
