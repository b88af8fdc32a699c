"""``spikeloom demo``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from neuro.cli.tables import print_table
from neuro.errors import VerificationError


def demo(
    output: Annotated[
        Path, typer.Option("--output", "-o", help="Folder to make; an earlier demo's is replaced.")
    ] = Path("runs/demo"),
    seed: Annotated[int | None, typer.Option(help="Of everything random; 0 by default.")] = None,
    liberty: Annotated[Path | None, typer.Option(help="Cell library (.lib); adds area and fmax.")] = None,
    config: Annotated[Path | None, typer.Option(help="JSON file with other settings.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the metrics as JSON, not as a table.")] = False,
) -> None:
    """From handwritten digits to proven Verilog.

    Leaves a folder with report.html, metrics.json, times.json, circuit.npz and rtl/.
    """
    from neuro.experiments.digits_to_verilog import metrics, read_settings, run_demo
    from neuro.experiments.stages import ShownStages
    from neuro.store import canonical_json

    settings = read_settings(config, seed)
    with ShownStages() as stages:
        figures = metrics(run_demo(settings, output, stages, liberty))
    if as_json:
        typer.echo(canonical_json(figures), nl=False)
    else:
        print_table("From handwritten digits to proven Verilog", ("Figure", "Value ", "Compare "), _rows(figures))
        typer.echo(f"Report: {output / 'report.html'}   ({stages.elapsed:.0f} s)")
    if figures["brian2_mismatches"] or not figures["rtl_passed"]:
        raise VerificationError(
            f"targets differ: {figures['brian2_mismatches']} mismatches with Brian2, {figures['rtl_mismatches']} in "
            f"Verilog; see {output / 'report.html'}"
        )


def _rows(figures: dict[str, Any]) -> list[tuple[str, str, str]]:
    recall, exact = figures["recall_at_1"], figures["recall_at_1_exact_search"]
    seeds_only = figures["graph_recall_at_10_without_spreading"]
    rows = [("digits stored", f"{figures['digits_stored']:,}", "")]
    rows += [
        (f"recall@1 at {float(noise):.0%} noise", f"{share:.4f}", f"exact search {exact[noise]:.4f}")
        for noise, share in recall.items()
        if float(noise) <= _SHOWN_NOISE
    ]
    rows += [
        ("held-out digits named", f"{figures['heldout_accuracy']:.4f}", f"k-NN {figures['knn_accuracy']:.4f}"),
        ("recall@10 on the graph", f"{figures['graph_recall_at_10']:.4f}", f"seeds only {seeds_only:.4f}"),
        ("spikes a query", f"{figures['spikes_per_query']:,.0f}", f"limit {figures['spikes_per_query_limit']:,}"),
        ("Brian2: spikes", f"{figures['brian2_spikes']:,}", f"{figures['brian2_mismatches']} mismatches"),
        ("Verilog: registers", f"{figures['rtl_states']:,}", f"{figures['rtl_mismatches']} mismatches"),
        ("Verilog: ticks", f"{figures['rtl_ticks']:,}", ", ".join(figures["rtl_simulators"])),
        ("logic cells", f"{figures['cells']:,}", f"{figures['circuit_neurons']} neurons"),
    ]
    if figures["area_um2"] is not None:
        rows.append(("area", f"{figures['area_um2']:,.0f} um2", "logic, before layout"))
    if figures["fmax_mhz"] is not None:
        rows.append(("highest clock", f"{figures['fmax_mhz']:,.0f} MHz", "estimated"))
    return rows


_SHOWN_NOISE = 0.4
