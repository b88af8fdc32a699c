"""Bench ``simulation``: the compiled simulator beside Brian2's C++ and NEST."""
