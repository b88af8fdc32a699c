"""``spikeloom verify``."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from neuro.cli.tables import print_table


def verify(
    folder: Annotated[Path, typer.Argument(help="An exported core, such as runs/demo/rtl.")],
    ticks: Annotated[int | None, typer.Option(help="How many ticks; all by default.", min=1)] = None,
    seconds: Annotated[
        float, typer.Option(help="Limit of one simulator's run; an hour by default.", min=1.0, max=1e7)
    ] = 3600.0,
    json_file: Annotated[
        Path | None, typer.Option("--json", metavar="FILE", help="Also write the verdicts here.")
    ] = None,
) -> None:
    """Simulate exported Verilog and compare.

    Every simulator that is found runs it; each register must equal the golden run at each tick.
    """
    from neuro.experiments.stages import ShownStages
    from neuro.store import check_output_file, write_json
    from rtl_export import require_equal
    from rtl_export import verify as verify_core

    if json_file is not None:
        check_output_file(json_file)
    with ShownStages(passing=True) as stages, stages.stage("Simulate"):
        results = verify_core(folder, ticks=ticks, seconds=seconds)
    if json_file is not None:
        write_json(json_file, [asdict(result) | {"outcome": result.outcome.value} for result in results])
    rows = [
        (
            result.simulator,
            result.outcome.value,
            f"{result.ticks:,}",
            f"{result.spikes:,}",
            f"{result.states:,}",
            f"{result.mismatches:,}",
        )
        for result in results
    ]
    print_table(str(folder), ("Simulator", "Outcome", "Ticks ", "Spikes ", "States ", "Mismatches "), rows)
    require_equal(results)
