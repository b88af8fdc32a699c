"""``spikeloom export``, ``verify`` and ``explore``: a saved circuit as Verilog."""

from __future__ import annotations

import shlex
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from spikeloom.cli.terminal import ShownStages, print_table

if TYPE_CHECKING:
    from rtl_export.exploration import Explored


def export_command(
    circuit: Annotated[Path, typer.Argument(help="Circuit file, such as runs/demo/circuit.npz.")],
    output: Annotated[Path, typer.Option("--output", "-o", help="Folder to make; new or empty.")],
    ticks: Annotated[int, typer.Option(help="Length of the golden run in ticks.", min=1)] = 1000,
    name: Annotated[str, typer.Option(help="Name of the top module.")] = "spikeloom_core",
    cores: Annotated[int, typer.Option(help="Equal cores that share the neurons.", min=1)] = 1,
) -> None:
    """Quantise a circuit and write it as Verilog.

    The folder holds the sources, two test benches and the golden vectors.
    """
    from neuro.simulators import FixedPoint
    from neuro.storage import check_output_folder, load_circuit
    from rtl_export import export

    check_output_folder(output)
    described = load_circuit(circuit)
    with ShownStages(passing=True) as stages:
        with stages.stage("Quantise"):
            quantised = FixedPoint().quantise(described, ticks)
        with stages.stage("Export"):
            core = export(quantised.program, output, ticks=ticks, name=name, cores=cores)
    typer.echo(f"{core.name}: {len(core.sources)} Verilog files, {core.ticks:,} golden ticks in {output}")
    typer.echo(f"Prove it: spikeloom verify {shlex.quote(str(output))}")


def verify_command(
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
    from neuro.storage import check_output_file, write_json
    from rtl_export import require_equal, verify

    if json_file is not None:
        check_output_file(json_file)
    with ShownStages(passing=True) as stages, stages.stage("Simulate"):
        results = verify(folder, ticks=ticks, seconds=seconds)
    if json_file is not None:
        write_json(json_file, [asdict(result) | {"outcome": result.outcome.value} for result in results])
    rows = [
        (r.simulator, r.outcome.value, f"{r.ticks:,}", f"{r.spikes:,}", f"{r.states:,}", f"{r.mismatches:,}")
        for r in results
    ]
    print_table(str(folder), ("Simulator", "Outcome", "Ticks ", "Spikes ", "States ", "Mismatches "), rows)
    require_equal(results)


def explore_command(
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
    """Sweep widths and cores of a circuit's Verilog: spikes kept, area, cycles per tick, energy of a synaptic event.

    Writes explored.json and explored.png (the Pareto front) into the folder.
    """
    from neuro.errors import InvalidInput
    from neuro.storage import check_output_folder, load_circuit, write_json
    from rtl_export.exploration import Weighing, designs, explore, pareto
    from spikeloom.demo.silicon import check_liberty

    leaks = (False, True) if shifts else (False,)
    points = designs(_whole_numbers(widths, "--widths"), _whole_numbers(cores, "--cores"), leaks)
    check_output_folder(output, replaceable=lambda _: True)
    check_liberty(liberty)
    check_liberty(macro)
    if macro is not None and liberty is None:
        raise InvalidInput("--macro is given without --liberty; energy needs the standard cells too")
    weighing = None if liberty is None or macro is None else Weighing(liberty, macro)
    described = load_circuit(circuit)
    with ShownStages() as stages, stages.stage("Explore", len(points)) as advance:
        done = count(1)
        found = explore(
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
    columns = ("Bits ", "Cores ", "Leaks", "Spikes kept ", "Rates % ", area, "Memory bits ", "Cycles ")
    print_table(str(circuit), (*columns, "pJ per event + memory ", "Pareto"), rows)


def _whole_numbers(text: str, option: str) -> tuple[int, ...]:
    from neuro.errors import InvalidInput

    try:
        return tuple(int(part) for part in text.split(","))
    except ValueError:
        raise InvalidInput(f"{option} is {text!r}; give whole numbers separated by commas, such as 8,12,16") from None


def _plot(found: tuple[Explored, ...], front: tuple[Explored, ...], path: Path) -> None:
    """Spikes kept over area, a line for each way to share the work; the front is filled, with the bits of a state."""
    from neuro.analysis.plots.axes import figure_of, new_axes

    axes = new_axes()
    ways: dict[tuple[int, bool], list[Explored]] = {}
    for point in sorted(found, key=lambda point: (point.design.cores, point.design.power_of_two_leaks, point.area)):
        ways.setdefault((point.design.cores, point.design.power_of_two_leaks), []).append(point)
    for number, ((cores, shifts), points) in enumerate(ways.items()):
        cycles, colour = max(point.most_clocks for point in points), f"C{number}"
        label = f"{cores} core{'s' if cores > 1 else ''}{', shifts' if shifts else ''}: {cycles:,} cycles per tick"
        axes.plot([p.area for p in points], [p.accuracy for p in points], "-", color=colour, label=label)
        for point in points:
            at, text = (point.area, point.accuracy), f"{point.design.width} bits"
            if point.logic_pj is not None and point.memory_pj is not None:
                text += f", {point.logic_pj + point.memory_pj:.0f} pJ"
            axes.plot(*at, "o", color=colour, markerfacecolor=colour if point in front else "white")
            axes.annotate(text, at, xytext=(4, -10), textcoords="offset points")
    axes.set_xlabel("area of the logic (pre-layout)")
    axes.set_ylabel("spikes kept")
    axes.set_title("filled: on the Pareto front of spikes, area, clocks (and energy)")
    axes.legend(frameon=False)
    figure_of(axes).savefig(path)
