"""Datapath: straight-line arithmetic becomes a pipeline, registers placed by a simple model of delays.

The wires of :class:`rtl_export.core.expressions.WirePrinter` are put into stages in their order: a wire goes into the
stage of what it reads, or into the next one where the stage's time is used up. What is read in a later stage waits in
registers (``d1_x`` is x one clock ago). So the text of a stage is what a reader expects, and any depth works.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from rtl_export.core.expressions import Operand, Wire, narrowed

STAGE_NS = 4.2
"""Time for the logic of one stage: 150 MHz, less flip-flops, memory access and the wires of a layout."""

_NAME = re.compile(r"(?<!')\b[a-z][A-Za-z0-9_]*\b")
_COMPARES = re.compile(r" [<>]=? | [!=]= ")
_MEMORY_NS = 1.5


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named constant of a module."""

    name: str
    width: int
    text: str


@dataclass(frozen=True, slots=True)
class Signal:
    """An input or output: its name, width and type, and for an output what it is connected to."""

    name: str
    width: int
    signed: bool = True
    text: str = ""
    comment: str = ""

    @property
    def type(self) -> str:
        """What stands before the name in a declaration, a space included."""
        return f"{'signed ' if self.signed else ''}[{self.width - 1}:0] "


@dataclass(frozen=True, slots=True)
class Delay:
    """A register that holds a signal for one clock more."""

    name: str
    type: str
    source: str


@dataclass(frozen=True, slots=True)
class Datapath:
    """A pipeline of arithmetic without any control.

    Args:
        module: its Verilog module.
        purpose: one line that says what it works out.
        inputs: those that come with the first stage, or as many clocks later as their comment says.
        steady: inputs that do not change while anything is in the pipeline.
        constants: values that never change.
        stages: the wires of each clock.
        delays: registers, in the order of the stages.
        outputs: all of them ``latency`` clocks after the first inputs.
        latency: clocks.
    """

    module: str
    purpose: str
    inputs: tuple[Signal, ...]
    steady: tuple[Signal, ...]
    constants: tuple[Parameter, ...]
    stages: tuple[tuple[Wire, ...], ...]
    delays: tuple[Delay, ...]
    outputs: tuple[Signal, ...]
    latency: int

    @property
    def ports(self) -> tuple[Signal, ...]:
        """Every input, in the order of the ports."""
        return (*self.inputs, *self.steady)


@dataclass(slots=True)
class _Known:
    """When a value is there: its stage, the time used up in it, its type."""

    stage: int
    time: float
    type: str


@dataclass(slots=True)
class DatapathBuilder:
    """Collects inputs, wires and outputs, then places them.

    Args:
        module, purpose: of the datapath.
        even: whether the latency must be even (a write then follows its read by an odd number of clocks).
        stage_ns: time for the logic of one stage; infinite where all of it is to be one.
    """

    module: str
    purpose: str
    even: bool = True
    stage_ns: float = STAGE_NS
    _inputs: dict[str, Signal] = field(default_factory=dict)
    _steady: dict[str, Signal] = field(default_factory=dict)
    _constants: list[Parameter] = field(default_factory=list)
    _wires: list[Wire] = field(default_factory=list)
    _known: dict[str, _Known] = field(default_factory=dict)
    _outputs: list[Signal] = field(default_factory=list)

    def input(self, name: str, width: int, *, signed: bool = True, stage: int = 0) -> None:
        """An input that comes ``stage`` clocks after the first ones."""
        comment = f"{stage} clock{'s' if stage != 1 else ''} later" if stage else ""
        self._inputs[name] = Signal(name, width, signed, comment=comment)
        self._known[name] = _Known(stage, _MEMORY_NS, self._inputs[name].type)

    def steady(self, name: str, width: int, *, signed: bool = True) -> None:
        """An input that keeps its value while anything is in the pipeline."""
        self._steady[name] = Signal(name, width, signed)

    def constant(self, parameter: Parameter) -> None:
        """A value that never changes."""
        self._constants.append(parameter)

    def wires(self, wires: Iterable[Wire]) -> None:
        """Arithmetic, each wire after those that it reads."""
        self._wires.extend(wires)

    def output(self, name: str, width: int, value: Operand | str, *, signed: bool = True) -> None:
        """An output of that width; the value fits into it."""
        text = value if isinstance(value, str) else narrowed(value, width)
        self._outputs.append(Signal(name, width, signed, text))

    def build(self) -> Datapath:
        """Place everything; what nothing reads is left out."""
        wires = self._needed()
        placed = [self._place(wire) for wire in wires]
        reads = [name for part in self._outputs for name in _names(part.text) if name in self._known]
        last = max([0, *(stage for _, stage in placed), *(self._known[name].stage for name in reads)])
        latency = last + last % 2 if self.even else last
        depths: dict[str, int] = {}
        stages: list[list[Wire]] = [[] for _ in range(latency + 1)]
        for wire, stage in placed:
            stages[stage].append(replace(wire, text=self._at(wire.text, stage, depths)))
        outputs = tuple(replace(part, text=self._at(part.text, latency, depths)) for part in self._outputs)
        used = {name for wire in placed for name in _names(wire[0].text)}
        used |= {name for part in self._outputs for name in _names(part.text)}
        return Datapath(
            self.module,
            self.purpose,
            tuple(part for name, part in self._inputs.items() if name in used),
            tuple(part for name, part in self._steady.items() if name in used),
            tuple(part for part in self._constants if part.name in used),
            tuple(tuple(stage) for stage in stages),
            self._delays(depths),
            outputs,
            latency,
        )

    def _needed(self) -> list[Wire]:
        """The wires that an output depends on."""
        wanted = {name for part in self._outputs for name in _names(part.text)}
        kept: list[Wire] = []
        for wire in reversed(self._wires):
            if wire.name in wanted:
                kept.append(wire)
                wanted |= _names(wire.text)
        return kept[::-1]

    def _place(self, wire: Wire) -> tuple[Wire, int]:
        reads = [self._known[name] for name in _names(wire.text) if name in self._known]
        stage = max([known.stage for known in reads], default=0)
        # Without a number of clocks of its own a wire of steady inputs stays in the first stage.
        time = max([known.time for known in reads if known.stage == stage], default=0.0) + _delay_ns(wire)
        if time > self.stage_ns and any(known.time > 0.0 for known in reads if known.stage == stage):
            stage, time = stage + 1, _delay_ns(wire)
        self._known[wire.name] = _Known(stage, time, wire.type)
        return wire, stage

    def _at(self, text: str, stage: int, depths: dict[str, int]) -> str:
        """The text as it reads in a stage: values of earlier stages come from their registers."""

        def named(match: re.Match[str]) -> str:
            name = match.group()
            known = self._known.get(name)
            if known is None or known.stage == stage:
                return name
            depths[name] = max(depths.get(name, 0), stage - known.stage)
            return f"d{stage - known.stage}_{name}"

        return _NAME.sub(named, text)

    def _delays(self, depths: Mapping[str, int]) -> tuple[Delay, ...]:
        return tuple(
            Delay(f"d{depth}_{name}", self._known[name].type, name if depth == 1 else f"d{depth - 1}_{name}")
            for name in depths
            for depth in range(1, depths[name] + 1)
        )


def _names(text: str) -> set[str]:
    return set(_NAME.findall(text))


def _delay_ns(wire: Wire) -> float:
    """A rough time for a wire's logic in a 130 nm process; registers are placed by it, nothing is claimed from it."""
    text, width = wire.text, max(wire.width, 2)
    time = 0.3 * text.count("?")
    if " * " in text:
        return 1.2 + 0.5 * math.log2(width) + 0.03 * width
    carries = text.count(" + ") + text.count(" - ") + len(_COMPARES.findall(text))
    return time + (0.6 + 0.25 * math.log2(width)) * min(carries, 2) + 0.4 * max(carries - 2, 0) + 0.1
