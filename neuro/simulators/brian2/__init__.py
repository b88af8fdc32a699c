"""Brian2 as a simulator: a circuit's own text, its lowered step program, and a C++ program."""

from __future__ import annotations

from neuro.simulators.brian2.lowered import Brian2Lowered, run_program_in_brian2
from neuro.simulators.brian2.reference import Brian2Reference
from neuro.simulators.brian2.standalone import Brian2Standalone, StandaloneBuild

__all__ = ["Brian2Lowered", "Brian2Reference", "Brian2Standalone", "StandaloneBuild", "run_program_in_brian2"]
