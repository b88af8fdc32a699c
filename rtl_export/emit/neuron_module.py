"""Neuron: the arithmetic of one neuron as a module of its own, to be measured or built in without a core.

It is the very datapath that a core walks its neurons through (:mod:`rtl_export.core.population_build`), in one stage or
pipelined, with the state beside it in registers or left to the user.
"""

from __future__ import annotations

from dataclasses import dataclass

from neuro.compiler.ir import StepProgram
from rtl_export.core.core import build_core
from rtl_export.core.datapath import STAGE_NS
from rtl_export.core.intervals import Interval
from rtl_export.core.names import check_core_name
from rtl_export.core.population_build import population_core
from rtl_export.core.population_core import PopulationCore
from rtl_export.emit.verilog import render

_STEADY = ("initialising", "restart", "due")


@dataclass(frozen=True, slots=True)
class NeuronVerilog:
    """One neuron in Verilog.

    Args:
        name: of the top module.
        files: file name -> contents.
        latency: clocks from its inputs to its spike; 0 where it is combinational.
    """

    name: str
    files: dict[str, bytes]
    latency: int


def neuron_verilog(
    program: StepProgram, population: str, *, name: str = "neuron", registered: bool, stage_ns: float = STAGE_NS
) -> NeuronVerilog:
    """One neuron of a quantised program.

    Args:
        program: quantised; it may hold nothing that silicon does not carry.
        population: whose neuron.
        name: of the top module.
        registered: whether its state stands in registers, one tick per cycle; else it comes in and goes out.
        stage_ns: time for the logic of one stage of its pipeline; ``math.inf`` keeps it in one. A state in registers
            needs one stage: the next tick reads what this one wrote.

    Raises:
        UnsupportedByTarget: the program asks for something that silicon does not carry, by name.
        InvalidInput: the name can't be used.
    """
    check_core_name(name)
    whole = build_core(program)
    sums = {
        field.name.removeprefix("sum_"): Interval(-(1 << (field.width - 1)), (1 << (field.width - 1)) - 1)
        for field in whole.population(population).sums.fields
    }
    core = population_core(
        program, program.population(population), sums, (), (), 1, stage_ns=float("inf") if registered else stage_ns
    )
    files = {f"{core.datapath.module}.v": render("core/datapath.v", datapath=core.datapath)}
    files[f"{name}.v"] = _wrapper(core, name, registered)
    return NeuronVerilog(name, {file: text.encode("ascii") for file, text in files.items()}, core.datapath.latency)


def _wrapper(core: PopulationCore, name: str, registered: bool) -> str:
    path = core.datapath
    known = {f"stored_{field.name.removeprefix('state_')}" for field in core.word.fields} | {"fired", *_STEADY}
    return render(
        "core/neuron.v",
        name=name,
        population=core,
        datapath=path,
        words=core.word.fields,
        inputs=[part for part in path.ports if part.name not in known],
        registered=registered,
    )
