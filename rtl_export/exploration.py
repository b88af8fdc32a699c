"""Explore: a sweep over widths and cores to a table: accuracy, area, clocks per tick, energy. It can be resumed.

Each point is one file in a folder, named after what it is; a point whose file is there is not measured again.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np

from neuro.circuit.circuit import Circuit
from neuro.compiler.ir import Format, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput
from neuro.quantise.formats import Rules
from neuro.simulators import FixedPoint
from neuro.simulators.quantisation_report import quantisation_cost
from neuro.spikes import Recording
from neuro.storage import read_json, save_circuit, write_json
from rtl_export.core.core import build_core
from rtl_export.core.support import check_cores
from rtl_export.exporter import export, record_run
from rtl_export.flows.ppa import measure_ppa
from rtl_export.flows.synthesis import synthesise

_VERSION = 2
_WIDEST = 64
"""No register is wider: integers are computed in 64 bits."""


@dataclass(frozen=True, slots=True)
class Weighing:
    """How the energy of a synaptic event is measured: gates simulated, every net's activity weighed by OpenSTA.

    Args:
        liberty: the standard cells.
        macro: an SRAM macro of the same process, for the memories.
        ticks: how many from the start; the netlist's simulation is slow.
    """

    liberty: Path
    macro: Path
    ticks: int = 20


@dataclass(frozen=True, slots=True)
class Design:
    """A point of the sweep.

    Args:
        width: most bits of a neuron's state; wider ones lose their lowest bits.
        cores: that share the circuit.
        power_of_two_leaks: whether decays are shifts.
    """

    width: int
    cores: int = 1
    power_of_two_leaks: bool = False


@dataclass(frozen=True, slots=True)
class Explored:
    """What one design gives.

    Args:
        design: the point.
        accuracy: of the task, or without one the worst coincidence of a population's spikes with the float run.
        rate_change: the largest change of a rate, as a share of the float's.
        area: of the logic of all cores: square micrometres with a library, else generic cells. Pre-layout.
        memory_bits: of all cores.
        most_clocks: no tick takes more (derived; the test benches assert it).
        logic_pj: picojoules of logic a synaptic event, from simulated activity; None where nothing was weighed.
        memory_pj: of the memories, estimated from one macro's energy an access.
    """

    design: Design
    accuracy: float
    rate_change: float
    area: float
    memory_bits: int
    most_clocks: int
    logic_pj: float | None = None
    memory_pj: float | None = None


def designs(widths: Sequence[int], cores: Sequence[int] = (1,), leaks: Sequence[bool] = (False,)) -> tuple[Design, ...]:
    """Every combination.

    Raises:
        InvalidInput: a width below 2 or beyond 64, fewer than one core, or no point at all.
    """
    if not (widths and cores and leaks) or min(widths) < 2 or max(widths) > _WIDEST or min(cores) < 1:
        raise InvalidInput(
            f"widths {list(widths)}, cores {list(cores)}: give at least one of each, widths from 2 to {_WIDEST} bits "
            "and 1 core or more"
        )
    return tuple(Design(width, count, leak) for width in widths for count in cores for leak in leaks)


def explore(
    circuit: Circuit,
    ticks: int,
    points: Iterable[Design],
    folder: Path,
    *,
    liberty: Path | None = None,
    weighing: Weighing | None = None,
    accuracy: Callable[[Recording], float] | None = None,
    advance: Callable[[], object] = lambda: None,
) -> tuple[Explored, ...]:
    """Measure every point, or take it from the folder.

    Args:
        circuit: any that silicon carries.
        ticks: of the run that calibrates and compares.
        points: the sweep.
        folder: keeps the points; made where it is not.
        liberty: standard cells to map to; generic cells are counted without.
        weighing: also measure the energy of a synaptic event; minutes a point.
        accuracy: of a recording at a task. A folder belongs to one: nothing tells two apart.
        advance: called after each point.

    Raises:
        UnsupportedByTarget: silicon does not carry the circuit, by name.
        InvalidInput: a number of cores that does not divide the circuit; nothing was measured.
        ToolError: synthesis failed, or a tool that weighing needs is missing.
    """
    points = tuple(points)
    program = lower(circuit)
    for count in sorted({design.cores for design in points}):
        check_cores(program, count)
    folder.mkdir(parents=True, exist_ok=True)
    library = "" if liberty is None else _digest_of(liberty)
    weighed = [] if weighing is None else [_digest_of(weighing.liberty), _digest_of(weighing.macro), weighing.ticks]
    found = []
    for design in points:
        known = {
            "version": _VERSION,
            "circuit": _digest(circuit),
            "ticks": ticks,
            "liberty": library,
            "weighed": weighed,
        }
        text = json.dumps({**known, **asdict(design)}, sort_keys=True)
        path = folder / f"{hashlib.sha256(text.encode()).hexdigest()[:16]}.json"
        if not path.is_file():
            write_json(path, asdict(_measure(circuit, ticks, design, liberty, weighing, accuracy)))
        found.append(_read(read_json(path)))
        advance()
    return tuple(found)


def pareto(points: Sequence[Explored]) -> tuple[Explored, ...]:
    """The points that no other beats: none is as accurate, small, fast and thrifty, and better in one of them."""

    def key(point: Explored) -> tuple[float, ...]:
        return -point.accuracy, point.area, float(point.most_clocks), (point.logic_pj or 0.0) + (point.memory_pj or 0.0)

    def beats(one: Explored, other: Explored) -> bool:
        a, b = key(one), key(other)
        return a != b and all(x <= y for x, y in zip(a, b, strict=True))

    return tuple(point for point in points if not any(beats(other, point) for other in points))


def _digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest(circuit: Circuit) -> str:
    """SHA-256 of the circuit as a file."""
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        path = Path(scratch) / "circuit.npz"
        save_circuit(circuit, path)
        return _digest_of(path)


def _measure(
    circuit: Circuit,
    ticks: int,
    design: Design,
    liberty: Path | None,
    weighing: Weighing | None,
    accuracy: Callable[[Recording], float] | None,
) -> Explored:
    rules = Rules(power_of_two_leaks=design.power_of_two_leaks)
    natural = FixedPoint(rules=rules).quantise(circuit, ticks)
    neurons = {part.name for part in circuit.populations}
    narrow = {
        key: Format(design.width, form.exponent + form.bits - design.width)
        for key, form in natural.formats.items()
        if key[0] in neurons and form.bits > design.width
    }
    fixed = FixedPoint(narrow, rules)
    cost = quantisation_cost(circuit, ticks, fixed=fixed, accuracy=accuracy)
    program = replace(fixed.quantise(circuit, ticks).program, probes=())
    core = build_core(program, cores=design.cores)
    with tempfile.TemporaryDirectory(prefix="spikeloom_") as scratch:
        export(program, Path(scratch) / "core", ticks=1, cores=design.cores)
        cells = synthesise(Path(scratch) / "core", liberty=liberty)
        energy = (None, None) if weighing is None else _weigh(program, Path(scratch) / "weighed", design, weighing)
    reached = min(cost.coincidence.values(), default=1.0) if cost.accuracy is None else cost.accuracy[1]
    area = float(cells.cells) if cells.area_um2 is None else cells.area_um2
    return Explored(design, reached, cost.worst_rate_change, area, cells.memory_bits, core.most_clocks, *energy)


def _weigh(program: StepProgram, folder: Path, design: Design, weighing: Weighing) -> tuple[float, float]:
    """Picojoules of logic and of memories a synaptic event."""
    ticks = weighing.ticks
    events = synaptic_events(program, record_run(program, ticks, ticks), ticks)
    if not events:
        raise InvalidInput(f"no spike arrives in the first {ticks} ticks, so no event can be weighed; weigh more ticks")
    export(program, folder, ticks=ticks, every=ticks, cores=design.cores)
    report = measure_ppa(folder, liberty=weighing.liberty, macro=weighing.macro, events=events, ticks=(0, ticks - 1))
    return report.logic_pj_per_event, report.memory_pj_per_event


def synaptic_events(program: StepProgram, recording: Recording, ticks: int) -> int:
    """Synapses that spikes reach before that tick, each spike after its delay."""
    events = 0
    for part in program.projections:
        spikes = recording.spikes[part.source]
        sources = np.repeat(np.arange(part.row_start.size - 1), np.diff(part.row_start))
        delays = np.broadcast_to(part.delay, sources.shape)
        for delay in np.unique(delays):
            fan_out = np.bincount(sources[delays == delay], minlength=part.row_start.size - 1)
            events += int(fan_out[spikes.indices[spikes.ticks + delay < ticks]].sum())
    return events


def _read(values: Mapping[str, object]) -> Explored:
    given = dict(values)
    design = given.pop("design")
    return Explored(Design(**design), **given)  # type: ignore[arg-type]
