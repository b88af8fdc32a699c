"""``spikeloom explore``."""

from __future__ import annotations

from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from neuro.cli.tables import print_table

if TYPE_CHECKING:
    from rtl_export.explore import Explored


def explore(
    circuit: Annotated[Path, typer.Argument(help="Circuit file, such as runs/demo/circuit.npz.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder of the sweep; run again to resume.")],
    ticks: Annotated[int, typer.Option(help="Length of the runs that are compared.", min=1)] = 1000,
    widths: Annotated[str, typer.Option(help="Bits of a state, separated by commas.")] = "8,10,12,16",
    cores: Annotated[str, typer.Option(help="Numbers of cores, separated by commas.")] = "1",
    shifts: Annotated[bool, typer.Option("--shifts", help="Also with power-of-two leaks.")] = False,
    liberty: Annotated[Path | None, typer.Option(help="Standard cells to map to (.lib).")] = None,
    macro: Annotated[
        Path | None,
        typer.Option(help="SRAM macro (.lib); with --liberty: measure energy too, of 20 ticks, minutes a point."),
    ] = None,
) -> None:
    """Sweep widths and cores of a circuit's Verilog: spikes kept, area, clocks a tick, energy of a synaptic event.

    Writes explored.json and explored.png (the Pareto front) into the folder.
    """
    from neuro.errors import InvalidInput
    from neuro.experiments.digits_to_verilog.silicon import check_liberty
    from neuro.experiments.stages import ShownStages
    from neuro.store import check_output_folder, load_circuit, write_json
    from rtl_export.explore import Weighing, designs, pareto
    from rtl_export.explore import explore as sweep

    points = designs(_numbers(widths, "--widths"), _numbers(cores, "--cores"), (False, True) if shifts else (False,))
    check_output_folder(output, replaceable=lambda _: True)
    check_liberty(liberty)
    check_liberty(macro)
    if macro is not None and liberty is None:
        raise InvalidInput("--macro is given without --liberty; energy needs the standard cells too")
    weighing = None if liberty is None or macro is None else Weighing(liberty, macro)
    described = load_circuit(circuit)
    with ShownStages() as stages, stages.stage("Explore", len(points)) as advance:
        done = count(1)
        found = sweep(
            described,
            ticks,
            points,
            output / "points",
            liberty=liberty,
            weighing=weighing,
            advance=lambda: advance(next(done)),
        )
    front = pareto(found)
    write_json(output / "explored.json", [asdict(point) | {"pareto": point in front} for point in found])
    _plot(found, front, output / "explored.png")
    rows = [
        (
            f"{point.design.width}",
            f"{point.design.cores}",
            "shifts" if point.design.power_of_two_leaks else "exact",
            f"{point.accuracy:.3f}",
            f"{100 * point.rate_change:.1f}",
            f"{point.area:,.0f}",
            f"{point.memory_bits:,}",
            f"{point.most_clocks:,}",
            "" if point.logic_pj is None else f"{point.logic_pj:.1f} + {point.memory_pj:.1f}",
            "yes" if point in front else "",
        )
        for point in found
    ]
    area = "Cells " if liberty is None else "Area um2 "
    columns = (
        "Bits ",
        "Cores ",
        "Leaks",
        "Spikes kept ",
        "Rates % ",
        area,
        "Memory bits ",
        "Clocks ",
        "pJ an event + memory ",
        "Pareto",
    )
    print_table(str(circuit), columns, rows)


def _numbers(text: str, option: str) -> tuple[int, ...]:
    from neuro.errors import InvalidInput

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{option} is {text!r}; give whole numbers separated by commas, such as 8,12,16") from None


def _plot(found: tuple[Explored, ...], front: tuple[Explored, ...], path: Path) -> None:
    """Spikes kept over area, a line for each way to share the work; the front is filled, with the bits of a state."""
    from neuro.plots.axes import figure_of, new_axes

    axes = new_axes()
    ways = sorted({(point.design.cores, point.design.power_of_two_leaks) for point in found})
    for number, (cores, shifts) in enumerate(ways):
        points = sorted(
            (p for p in found if (p.design.cores, p.design.power_of_two_leaks) == (cores, shifts)), key=lambda p: p.area
        )
        clocks = max(point.most_clocks for point in points)
        label = f"{cores} core{'s' if cores > 1 else ''}{', shifts' if shifts else ''}: {clocks:,} clocks a tick"
        colour = f"C{number}"
        axes.plot([p.area for p in points], [p.accuracy for p in points], "-", color=colour, label=label)
        for point in points:
            face = colour if point in front else "white"
            axes.plot(point.area, point.accuracy, "o", color=colour, markerfacecolor=face)
            energy = (
                ""
                if point.logic_pj is None or point.memory_pj is None
                else f", {point.logic_pj + point.memory_pj:.0f} pJ"
            )
            axes.annotate(
                f"{point.design.width} bits{energy}",
                (point.area, point.accuracy),
                xytext=(4, -10),
                textcoords="offset points",
            )
    axes.set_xlabel("area of the logic (pre-layout)")
    axes.set_ylabel("spikes kept")
    axes.set_title("filled: on the Pareto front of spikes, area, clocks (and energy)")
    axes.legend(frameon=False)
    figure_of(axes).savefig(path)
