"""``spikeloom experiment``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from neuro.cli.tables import print_table
from neuro.errors import InvalidInput


def experiment(
    name: Annotated[str | None, typer.Argument(help="Which experiment; --list shows them.")] = None,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the rows to this file too.")
    ] = None,
    seed: Annotated[int, typer.Option(min=0, max=2**32 - 1, help="Of everything random.")] = 0,
    output: Annotated[
        Path | None,
        typer.Option("--output", "-o", metavar="FOLDER", help="Folder to make; runs/NAME by default."),
    ] = None,
    show_list: Annotated[bool, typer.Option("--list", help="Show the experiments and stop.")] = False,
) -> None:
    """Run an experiment from the literature and hold it against its paper.

    Leaves a folder with result.json and the pictures; an earlier run's is replaced.
    """
    if show_list:
        _print_list()
        return
    if name is None:
        raise InvalidInput("which experiment? give a name; spikeloom experiment --list shows them")
    _run(name, seed, Path("runs") / name if output is None else output, json_file)


def _print_list() -> None:
    from neuro.experiments.catalogue import EXPERIMENTS

    rows = [(part.name, part.summary, part.source) for part in EXPERIMENTS]
    print_table("Experiments", ("Name", "What it shows", "Source"), rows)


def _run(name: str, seed: int, folder: Path, json_file: Path | None) -> None:
    from neuro.experiments.catalogue import find_experiment
    from neuro.experiments.output import COLUMNS, cells, run_to_folder
    from neuro.experiments.stages import ShownStages
    from neuro.store import check_output_file, write_json

    chosen = find_experiment(name)
    if json_file is not None:
        check_output_file(json_file)
    with ShownStages() as stages:
        result, report = run_to_folder(chosen, seed, folder, stages)
    if json_file is not None:
        write_json(json_file, report)
    print_table(f"{chosen.name}: {chosen.summary}", COLUMNS, cells(result))
    pictures = ", ".join(f"{picture}.png" for picture in result.pictures)
    typer.echo(f"Folder: {folder}   ({pictures}; {stages.elapsed:.0f} s)")
    if result.missed:
        typer.echo(f"Bars missed: {', '.join(result.missed)}")
        raise typer.Exit(1)
