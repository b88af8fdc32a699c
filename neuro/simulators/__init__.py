"""Simulators: one circuit on Brian2 (the oracle), compiled float64, and fixed point."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from neuro.circuit.circuit import Circuit as _Circuit
from neuro.deferred import deferred_names as _deferred_names
from neuro.spikes import Progress as _Progress
from neuro.spikes import Recording as _Recording

if TYPE_CHECKING:
    from neuro.simulators.brian2.lowered import Brian2Lowered
    from neuro.simulators.brian2.reference import Brian2Reference
    from neuro.simulators.brian2.standalone import Brian2Standalone, StandaloneBuild
    from neuro.simulators.compiled.simulation import Checkpoint, Simulation, simulate_batch
    from neuro.simulators.compiled.simulator import Compiled
    from neuro.simulators.fixed_point import FixedPoint

__all__ = [
    "Brian2Lowered",
    "Brian2Reference",
    "Brian2Standalone",
    "Checkpoint",
    "Compiled",
    "FixedPoint",
    "Simulation",
    "Simulator",
    "StandaloneBuild",
    "simulate",
    "simulate_batch",
]


class Simulator(Protocol):
    """Anything that runs a circuit for a number of ticks."""

    def run(self, circuit: _Circuit, ticks: int, progress: _Progress | None = None) -> _Recording:
        """Run the circuit from its initial state."""


def simulate(
    circuit: _Circuit, ticks: int, on: Simulator | None = None, progress: _Progress | None = None
) -> _Recording:
    """Run a circuit from its initial state.

    Args:
        circuit: what to run.
        ticks: how many ticks of ``circuit.dt``.
        on: the simulator, ``Compiled()`` by default.
        progress: called now and then with the number of ticks done.

    >>> from neuro import Circuit, CurrentInput, Population
    >>> from neuro.models import LIF_DELTA
    >>> drive = CurrentInput("neuron", "I", [[25e-3]], every=100)  # 25 mV for 100 ticks
    >>> circuit = Circuit(1e-3, [Population("neuron", 1, LIF_DELTA)], stimuli=[drive])
    >>> simulate(circuit, 100).spikes["neuron"].ticks.tolist()
    [32, 66]
    """
    from neuro.simulators.compiled.simulator import Compiled

    return (Compiled() if on is None else on).run(circuit, ticks, progress)


if not TYPE_CHECKING:
    __getattr__, __dir__ = _deferred_names(__name__, __file__)
