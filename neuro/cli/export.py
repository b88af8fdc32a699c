"""``spikeloom export``."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import Annotated

import typer


def export(
    circuit: Annotated[Path, typer.Argument(help="Circuit file, such as runs/demo/circuit.npz.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make; new or empty.")],
    ticks: Annotated[int, typer.Option(help="Length of the golden run in ticks.", min=1)] = 1000,
    name: Annotated[str, typer.Option(help="Name of the top module.")] = "spikeloom_core",
    cores: Annotated[int, typer.Option(help="Equal cores that share the neurons.", min=1)] = 1,
) -> None:
    """Quantise a circuit and write it as Verilog.

    The folder holds the sources, two test benches and the golden vectors.
    """
    from neuro.experiments.stages import ShownStages
    from neuro.simulators import FixedPoint
    from neuro.store import check_output_folder, load_circuit
    from rtl_export import export as export_program

    check_output_folder(output)
    described = load_circuit(circuit)
    with ShownStages(passing=True) as stages:
        with stages.stage("Quantise"):
            quantised = FixedPoint().quantise(described, ticks)
        with stages.stage("Export"):
            core = export_program(quantised.program, output, ticks=ticks, name=name, cores=cores)
    typer.echo(f"{core.name}: {len(core.sources)} Verilog files, {core.ticks:,} golden ticks in {output}")
    typer.echo(f"Prove it: spikeloom verify {shlex.quote(str(output))}")
