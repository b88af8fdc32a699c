"""Numbers: what the bits of every memory mean: the weight of a field's lowest bit, its sign, its bounds, its unit.

The value of integer q is ``q * 2**exponent``, in the SI unit of its variable (volt, second, 1, ...), unless the unit
says otherwise. Values between ``lowest`` and ``highest`` are safe: the widths of sums are derived from these.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuro.compiler.ir import Coefficient, PopulationProgram, ProjectionProgram, State, StepProgram
from rtl_export.core.core import Core
from rtl_export.core.host_memory import HostMemory
from rtl_export.core.words import Field

_SI = "SI"
_COUNTS = {"counter": "ticks", "period": "ticks", "used": "spikes", "column": "neurons", "bits": "synapses"}
_COUNTS |= {"first": "entries", "count": "entries", "synapse": "synapses", "source": "neurons"}


@dataclass(frozen=True, slots=True)
class Number:
    """One field of a memory's word.

    Args:
        name: of the variable, or of what is counted.
        low: its lowest bit in the word.
        width: its bits.
        signed: whether it is in two's complement.
        exponent: its lowest bit weighs ``2**exponent``.
        unit: ``"SI"`` for the variable's own SI unit, else what is counted.
        lowest, highest: integers that it may hold.
    """

    name: str
    low: int
    width: int
    signed: bool
    exponent: int
    unit: str
    lowest: int
    highest: int

    @property
    def text(self) -> str:
        """One line for people."""
        bits = f"{self.name} [{self.low + self.width - 1}:{self.low}]"
        sign = "signed" if self.signed else "unsigned"
        weight = f"lowest bit 2^{self.exponent} in its SI unit" if self.unit == _SI else f"counts {self.unit}"
        return f"{bits} {sign}, {weight}, {self.lowest} to {self.highest}"


def memory_numbers(core: Core, program: StepProgram) -> Mapping[int, tuple[Number, ...]]:
    """The fields of each memory of a core, by its select, lowest bits first."""
    return {
        memory.select: tuple(_number(core, program, memory, field) for field in memory.word.fields)
        for memory in core.memories
    }


def _number(core: Core, program: StepProgram, memory: HostMemory, field: Field) -> Number:
    signed = field.signed
    full = (-(1 << (field.width - 1)), (1 << (field.width - 1)) - 1) if signed else (0, (1 << field.width) - 1)
    if field.name in _COUNTS:
        return Number(field.name, field.low, field.width, signed, 0, _COUNTS[field.name], *full)
    if memory.kind == "row":
        given = program.inputs[memory.number]
        name = given.variable
        source: State | Coefficient = program.population(given.population).state(name)
    else:
        role, _, name = field.name.partition("_")
        source = _variable(program, memory, role, name)
        # Names of counts, start values and operations' numbers keep their role: others may be called the same.
        name = field.name if name in _COUNTS or role.startswith(("initial", "op")) else name
    exponent = source.exponent if isinstance(source, Coefficient) else source.format and source.format.exponent
    lowest, highest = full
    values = _exported(core, memory, field.name)
    if values is not None and values.size:
        lowest, highest = int(values.min()), int(values.max())
    unit = "steps" if exponent is None else _SI
    return Number(name, field.low, field.width, signed, exponent or 0, unit, lowest, highest)


def _variable(program: StepProgram, memory: HostMemory, role: str, name: str) -> State | Coefficient:
    """The state or coefficient that a field holds."""
    parts: Sequence[PopulationProgram | ProjectionProgram] = (*program.populations, *program.projections)
    part = next(part for part in parts if part.name == memory.part)
    known: list[State | Coefficient] = [*part.states, *part.coefficients]
    if role.startswith("op"):
        known = list(program.operations[int(role.removeprefix("op"))].coefficients)
    return next(found for found in known if found.name == name)


def _exported(core: Core, memory: HostMemory, field: str) -> np.ndarray | None:
    """The values that widths were derived from, where these are not the whole format."""
    if memory.kind == "parameters":
        if field.startswith("initial_"):
            return None
        return np.asarray(core.population(memory.part).values[field])
    if memory.kind == "links":
        return np.asarray(core.projection(memory.part).link_values[field])
    return None
