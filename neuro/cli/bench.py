"""``spikeloom bench``."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from typing import Annotated, Any

import typer

from neuro.cli.tables import print_table
from neuro.errors import InvalidInput


def bench(
    name: Annotated[str, typer.Argument(help="Which bench.")] = "main",
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Write the rows to this file, each as it is measured.")
    ] = None,
    rows: Annotated[str | None, typer.Option(metavar="A,B", help="Run these rows only.")] = None,
    page: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Renew this bench's section of a page (docs/performance.md).")
    ] = None,
) -> None:
    """Measure against thresholds and peers; needs a checkout."""
    from neuro.experiments.stages import ShownStages
    from neuro.store import check_output_file

    benches = _benches()
    wanted = None if rows is None else [part.strip() for part in rows.split(",") if part.strip()]
    benches.check_request(name, wanted)
    for target in (json_file, page):
        if target is not None:
            check_output_file(target)
    with ShownStages() as stages:
        report = benches.run_bench(name, wanted, stages, json_file)
    if page is not None:
        benches.renew_section(page, report)
    print_table(f"Bench {name}", benches.COLUMNS, benches.cells(report))
    missed = [row["name"] for row in report["rows"] if row["met"] is False]
    if missed:
        typer.echo(f"Thresholds missed: {', '.join(missed)}")
        raise typer.Exit(1)


def _benches() -> Any:
    """The benches of the checkout that this code runs from."""
    spec, root = importlib.util.find_spec("benchmarks"), Path(__file__).resolve().parents[2]
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != root / "benchmarks" / "__init__.py":
        raise InvalidInput("benches need a checkout of Spikeloom; clone the repository and run `make bench` there")
    return importlib.import_module("benchmarks.run")
