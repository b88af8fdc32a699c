"""``spikeloom demo``, ``experiment`` and ``bench``: runs that are held against a threshold."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Annotated

import typer

from neuro.errors import InvalidInput, VerificationError
from spikeloom.cli.terminal import ShownStages, print_table

if TYPE_CHECKING:
    from spikeloom.demo import DemoResult

_SHOWN_NOISE = 0.4


def demo_command(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to make; an earlier demo's is replaced.")
    ] = Path("runs/demo"),
    seed: Annotated[int | None, typer.Option(help="Of everything random; 0 by default.")] = None,
    liberty: Annotated[Path | None, typer.Option(help="Cell library (.lib); adds area and fmax.")] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with other settings.")] = None,
    data: Annotated[
        Path | None, typer.Option(metavar="FILE.npz", help="Arrays embeddings and labels; digits by default.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics as JSON, not as a table.")] = False,
) -> None:
    """One circuit from embedding to answer: learned, asked, taken apart and proven in Verilog.

    Leaves a folder with report.html, metrics.json, times.json, circuit.npz, rtl/ and rtl_learning/.
    """
    from neuro.storage import canonical_json
    from spikeloom.demo import metrics, read_examples, read_settings, run_demo

    settings, examples = read_settings(config, seed), read_examples(data)
    with ShownStages() as stages:
        result = run_demo(settings, output, stages, liberty, examples)
    if as_json:
        typer.echo(canonical_json(metrics(result)), nl=False)
    else:
        print_table("One circuit from embedding to answer", ("Metric", "Value ", "Compare "), _rows(result))
        typer.echo(f"Report: {output / 'report.html'}   ({stages.elapsed:.0f} s)")
    if result.software_mismatches or not result.rtl_passed:
        raise VerificationError(
            f"targets differ: {result.software_mismatches} mismatches in software, {result.rtl_mismatches} in Verilog; "
            f"see {output / 'report.html'}"
        )


def _rows(result: DemoResult) -> list[tuple[str, str, str]]:
    answers, off, verdicts = result.answers, result.ablations[-1].whole, result.verdicts
    k = answers.network.settings.winners
    spikes = sum(pair.spikes for pair in result.software)
    states = max(verdict.states for verdict in verdicts)
    rows = [
        ("stored", f"{len(result.stored):,}", f"weights {result.learning.encoder.digest[:12]}"),
        *(
            (f"recall@1 at {noise:.0%} noise", f"{share:.4f}", f"exact search {result.exact[noise]:.4f}")
            for noise, share in result.recall.items()
            if noise <= _SHOWN_NOISE
        ),
        ("held-out named", f"{answers.quality.named:.4f}", f"5 neighbours {answers.neighbours:.4f}"),
        (f"recall@{k}", f"{answers.quality.recall:.4f}", f"graph off {off.recall:.4f}"),
        ("software: spikes", f"{spikes:,}", f"{result.software_mismatches} mismatches"),
        ("Verilog: registers", f"{states:,}", f"{result.rtl_mismatches} mismatches"),
        ("Verilog: ticks", ", ".join(f"{verdict.simulator} {verdict.ticks:,}" for verdict in verdicts), ""),
        ("logic cells", f"{result.synthesis.cells:,}", f"{result.silicon.neurons} neurons"),
    ]
    if result.synthesis.area_um2 is not None:
        rows.append(("area", f"{result.synthesis.area_um2:,.0f} um2", "logic, before layout"))
    if result.synthesis.fmax_mhz is not None:
        rows.append(("highest clock", f"{result.synthesis.fmax_mhz:,.0f} MHz", "estimated"))
    return rows


def experiment_command(
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

    Leaves a folder with result.json and the plots; an earlier run's is replaced.
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
    from neuro.experiments.experiment import COLUMNS, cells, run_to_folder
    from neuro.storage import check_output_file, write_json

    chosen = find_experiment(name)
    if json_file is not None:
        check_output_file(json_file)
    with ShownStages() as stages:
        result, report = run_to_folder(chosen, seed, folder, stages)
    if json_file is not None:
        write_json(json_file, report)
    print_table(f"{chosen.name}: {chosen.summary}", COLUMNS, cells(result))
    plots = ", ".join(f"{plot}.png" for plot in result.plots)
    typer.echo(f"Folder: {folder}   ({plots}; {stages.elapsed:.0f} s)")
    if result.missed:
        typer.echo(f"Thresholds missed: {', '.join(result.missed)}")
        raise typer.Exit(1)


def bench_command(
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
    from neuro.storage import check_output_file

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


def _benches() -> ModuleType:
    """The benches of the checkout that this code runs from."""
    spec, root = importlib.util.find_spec("benchmarks"), Path(__file__).resolve().parents[2]
    if spec is None or spec.origin is None or Path(spec.origin).resolve() != root / "benchmarks" / "__init__.py":
        raise InvalidInput("benches need a checkout of Spikeloom; clone the repository and run `make bench` there")
    return importlib.import_module("benchmarks.run")
