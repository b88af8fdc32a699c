"""What quantisation cost: rates, spike coincidence and task accuracy of the integers beside the floats.

Spiking circuits are chaotic, so these are statistics, never equalities.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from neuro.checks import is_whole
from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import Format
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.quantise.formats import Key
from neuro.simulators.compiled.simulator import run_program
from neuro.simulators.fixed_point import FixedPoint
from neuro.spikes import Recording, Spikes


@dataclass(frozen=True, slots=True)
class QuantisationCost:
    """Integers beside floats over one run.

    Args:
        rates: population -> (spikes a neuron and tick in float, in integers).
        coincidence: population -> share of all spikes of both runs that have a partner: the same neuron within
            ``window`` ticks; 1 where none fired.
        accuracy: of a task in float and in integers; None where none was given.
        formats: (part, variable) -> Format.
        reasons: (part, variable) -> why.
        window: ticks.
    """

    rates: Mapping[str, tuple[float, float]]
    coincidence: Mapping[str, float]
    accuracy: tuple[float, float] | None
    formats: Mapping[Key, Format]
    reasons: Mapping[Key, str] = field(repr=False)
    window: int

    @property
    def worst_rate_change(self) -> float:
        """The largest change of a rate, as a share of the float's; infinite where a silent population woke."""
        changes = [abs(fixed - real) / real if real else np.inf * (fixed > 0) for real, fixed in self.rates.values()]
        return float(np.nan_to_num(max(changes, default=0.0), nan=0.0, posinf=np.inf))

    @property
    def state_bits(self) -> int:
        """Bits of all formats together, one of each."""
        return sum(form.bits for form in self.formats.values())


def quantisation_cost(
    circuit: Circuit,
    ticks: int,
    *,
    fixed: FixedPoint | None = None,
    accuracy: Callable[[Recording], float] | None = None,
    window: int = 1,
) -> QuantisationCost:
    """Run a circuit in float and in integers and compare.

    Args:
        circuit: any that integers carry.
        ticks: how many.
        fixed: how to quantise.
        accuracy: of a recording's spikes at a task.
        window: ticks by which a spike may move and still coincide, >= 0.

    Raises:
        UnsupportedByTarget: the circuit has no integer form, by name.
        InvalidInput: ``window`` is negative.
    """
    _check_window(window)
    quantised = (fixed or FixedPoint()).quantise(circuit, ticks)
    real, integers = run_program(lower(circuit), ticks), run_program(quantised.program, ticks)
    rates, coincidence = {}, {}
    for population in quantised.program.populations:
        one, other = real.spikes[population.name], integers.spikes[population.name]
        cells = max(population.size * real.ticks, 1)
        rates[population.name] = len(one) / cells, len(other) / cells
        coincidence[population.name] = spike_coincidence(one, other, window)
    measured = None if accuracy is None else (accuracy(real), accuracy(integers))
    return QuantisationCost(rates, coincidence, measured, quantised.formats, quantised.reasons, window)


def spike_coincidence(one: Spikes, other: Spikes, window: int) -> float:
    """Share of the spikes of both trains that pair up, one to one, within ``window`` ticks; 1 for two silent trains."""
    _check_window(window)
    total, paired = len(one) + len(other), 0
    for neuron in np.union1d(one.indices, other.indices):
        left, right = one.train(int(neuron)), other.train(int(neuron))
        i = j = 0
        while i < left.size and j < right.size:
            if abs(int(left[i]) - int(right[j])) <= window:
                paired, i, j = paired + 2, i + 1, j + 1
            elif left[i] < right[j]:
                i += 1
            else:
                j += 1
    return paired / total if total else 1.0


def _check_window(window: int) -> None:
    if not is_whole(window, 0):
        raise InvalidInput(f"window is {window!r}; a whole number of ticks >= 0 is allowed")
