"""What every conformance circuit is printed as, for every target, so that two checkouts can be compared.

``python -m tests.conformance.printed FOLDER`` writes, one folder a circuit, the step program and its kernels, the
quantised program and its kernels, and the exported core; what a target refuses is written in its place. The same
sources give the same bytes: ``diff -r`` of two such folders shows what a change of the sources changes.
"""

from __future__ import annotations

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from functools import partial
from pathlib import Path

import numpy as np

from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import Assignment, Expression, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from neuro.simulators.compiled.kernel_literals import hoist_literals
from neuro.simulators.compiled.kernel_source import print_kernel
from rtl_export.exporter import export
from tests.conformance.circuits import CASES, DRIVES, one_of_each_model
from tests.conformance.language_circuits import CASES as LANGUAGE_CASES
from tests.conformance.support import DERIVED
from tests.conformance.synapse_circuits import RULES, inhibited, learning
from tests.oracle import interpret, probe_everything

MEASURED, TICKS = 40, 2
"""Ticks that give the formats their ranges, and ticks of an exported core's vectors: enough to show their form."""

CORES = {"corner pair STDP": 2, "corner delay 1": 3, "rule symmetric": 3}
"""Circuits that are exported for several cores as well, and how many."""


def circuits() -> Mapping[str, Callable[[], Circuit]]:
    """Name -> circuit: all that the suite is made of."""
    return {
        **{f"corner {name}": case.build for name, case in CASES.items()},
        **{f"language {name}": case.build for name, case in LANGUAGE_CASES.items()},
        **{f"model {name}": partial(one_of_each_model, name, drive) for name, drive in DRIVES.items()},
        **{f"model {name}": build for name, build in DERIVED.items()},
        **{f"rule {name}": partial(learning, [name], 2) for name in RULES},
        "rules": partial(learning, list(RULES)),
        "inhibition": inhibited,
    }


def lines(value: object, name: str = "", depth: int = 0) -> Iterator[str]:
    """A program or a part of it, line by line; statements and arrays on one line each."""
    start = "    " * depth + (f"{name}: " if name else "")
    if isinstance(value, Expression | Assignment):
        yield f"{start}{value!r}"
    elif is_dataclass(value) and not isinstance(value, type):
        yield f"{start}{type(value).__name__}"
        for part in fields(value):
            yield from lines(getattr(value, part.name), part.name, depth + 1)
    elif isinstance(value, tuple) and value:
        for number, item in enumerate(value):
            yield from lines(item, f"{name}[{number}]", depth)
    elif isinstance(value, np.ndarray | np.generic):
        yield f"{start}{value.dtype} {value.shape} {value.tolist()!r}"
    else:
        yield f"{start}{sorted(value) if isinstance(value, frozenset) else value!r}"


def write_program(folder: Path, program: StepProgram) -> None:
    """The step program and the kernels that run it."""
    folder.mkdir()
    (folder / "program.txt").write_text("\n".join(lines(program)) + "\n", encoding="utf-8")
    for parallel in (False, True):
        kernel, arguments = print_kernel(hoist_literals(program), parallel=parallel)
        text = f"{kernel}\n# arguments: {', '.join(arguments)}\n"
        (folder / f"kernel{'_parallel' if parallel else ''}.py").write_text(text, encoding="utf-8")


def write_circuit(folder: Path, circuit: Circuit, cores: tuple[int, ...]) -> None:
    """All that a circuit is printed as."""
    folder.mkdir()
    program = lower(circuit)
    write_program(folder / "float", program)
    try:
        seen = interpret(program, MEASURED, probe_everything(program)).probes
        ranges = {key: float(np.abs(values).max(initial=0.0)) for key, values in seen.items()}
        program = quantise(program, ranges).program
        write_program(folder / "integers", program)
        golden = interpret(program, TICKS, probe_everything(program))
        for count in cores:
            export(program, folder / f"verilog_{count}", ticks=TICKS, golden=golden, cores=count)
    except UnsupportedByTarget as refusal:
        (folder / "refused.txt").write_text(f"{refusal}\n", encoding="utf-8")


def main(arguments: list[str]) -> int:
    """Write all circuits into a new folder."""
    if len(arguments) != 1:
        print("usage: python -m tests.conformance.printed FOLDER", file=sys.stderr)
        return 2
    target = Path(arguments[0])
    target.mkdir(parents=True)
    every, start = circuits(), time.monotonic()
    for number, (name, build) in enumerate(every.items(), start=1):
        print(f"{number}/{len(every)} {time.monotonic() - start:.0f} s: {name}", file=sys.stderr)
        cores = (1, CORES[name]) if name in CORES else (1,)
        write_circuit(target / re.sub(r"\W+", "_", name), build(), cores)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
