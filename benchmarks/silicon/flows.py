"""Rows of bench ``silicon``: areas, energy, netlists, proofs, mutation, lint, buses, FPGA."""

from __future__ import annotations

import math
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from benchmarks.data import data_folder
from benchmarks.form import Measured, Row, checked
from benchmarks.mutation.mutants import Verdict, judge
from benchmarks.mutation.mutated_circuits import mutated_circuits
from benchmarks.silicon.circuits import conformance, integers, interpreted, one_neuron
from benchmarks.silicon.neurons import (
    NEURON,
    SHIFTS,
    delta_neuron,
    event_driven,
    exponential_neuron,
    published_size,
)
from neuro.compiler.ir import StepProgram
from neuro.quantise.formats import Rules
from rtl_export import export
from rtl_export.emit.neuron_module import neuron_verilog
from rtl_export.exporter import record_run
from rtl_export.flows.formal import prove, prove_netlist
from rtl_export.flows.ice40 import place_and_route
from rtl_export.flows.linting import lint
from rtl_export.flows.mapping import Library, Mapped, map_to_cells
from rtl_export.flows.ppa import PRE_LAYOUT, PpaReport, measure_ppa
from rtl_export.flows.properties import PROPERTIES
from rtl_export.flows.timing import time_netlist

_CELLS = "sg13g2_stdcell_typ_1p20V_25C.lib"
_MACRO = "RM_IHPSG13_1P_1024x16_c2_bm_bist_typ_1p20V_25C.lib"
_PERIOD_NS = 6.0
_LEAST_MHZ = 150.0
_MUTANTS = 200
_SEED = 11


def _library(name: str = _CELLS) -> Path:
    return data_folder() / "liberty" / name


def _datapath(make: Callable[[], StepProgram], peer: float | None, *, registered: bool, pipelined: bool = False) -> Row:
    """The area of one neuron's datapath."""

    def measure(_: Any) -> Measured:
        program, library = make(), Library.read(_library())
        stage = {} if pipelined else {"stage_ns": math.inf}
        neuron = neuron_verilog(program, NEURON, name="datapath", registered=registered, **stage)
        with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
            mapped, sources = _mapped(neuron.files, library, Path(scratch))
            clock = "clk" if registered or neuron.latency else None
            timing = time_netlist(
                mapped.verilog, "datapath", [library], clock=clock, period_ns=_PERIOD_NS, scratch=Path(scratch)
            )
            equal = "the generator's own datapath, which the cores are proven equal with"
            if clock is None:
                prove_netlist(sources, mapped, library)
                equal = "netlist and RTL proven equal for all inputs"
        fast = checked(timing.fmax_mhz >= _LEAST_MHZ, f"{timing.fmax_mhz:.0f} MHz by OpenSTA")
        note = f"{mapped.cells} cells, {fast}, latency {neuron.latency}; {PRE_LAYOUT}; Liberty SHA-256 {library.sha256}"
        return Measured(
            mapped.area_um2, "um2", equal, peer="published area" if peer else None, peer_value=peer, note=note
        )

    return measure


def _mapped(files: Mapping[str, bytes], library: Library, folder: Path) -> tuple[Mapped, list[Path]]:
    sources = [folder / name for name in files]
    for path in sources:
        path.write_bytes(files[path.name])
    return map_to_cells(sources, "datapath", library, folder, period_ns=_PERIOD_NS), sources


def _weighed() -> PpaReport:
    """The core of a published size: 256 neurons, 65,536 synapses of 4 bits, weighed over its last ticks."""
    neurons, ticks, first = 256, 8, 5
    program = published_size(ticks, neurons)
    golden = record_run(program, ticks, ticks)
    spikes = golden.spikes["a"]
    events = neurons * int((spikes.ticks >= first).sum())
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch) / "core"
        export(program, folder, ticks=ticks, every=ticks)
        return measure_ppa(folder, liberty=_library(), macro=_library(_MACRO), events=events, ticks=(first, ticks - 1))


def core_area(_: Any) -> Measured:
    """The logic of ODIN's number of neurons and synapses, beside ODIN's own area brought to 130 nm."""
    report = _weighed()
    share = report.events / report.clocks
    scaled = 0.086e6 * (130 / 28) ** 2
    note = (
        f"logic in {report.cells} cells; memories apart: {report.memory_bits:,} bits, as {report.memory_macros} "
        f"macros of {_MACRO} estimated {report.memory_area_um2 / 1e6:.2f} mm2; "
        f"{share:.2f} synaptic events a clock over whole ticks; "
        f"{report.fmax_mhz:.0f} MHz. Peer: ODIN's 0.086 mm2 at 28 nm with its memories, times (130/28)^2; {PRE_LAYOUT}"
    )
    return Measured(
        report.area_um2,
        "um2",
        "the netlist runs the golden vectors",
        peer="ODIN, normalised",
        peer_value=scaled,
        note=note,
    )


def _one_neuron(rules: Rules) -> Row:
    """The logic of a core of one LIF neuron with exponential synapses, memories apart."""

    def measure(_: Any) -> Measured:
        ticks = 40
        program = integers(one_neuron(400, _SEED), 400, rules)
        with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
            folder = Path(scratch) / "core"
            export(program, folder, ticks=ticks)
            report = measure_ppa(folder, liberty=_library(), macro=_library(_MACRO), events=1, ticks=(0, 1))
        note = f"{report.cells} cells; {report.fmax_mhz:.0f} MHz, its step is one stage; memories apart; {PRE_LAYOUT}"
        return Measured(report.area_um2, "um2", "the netlist runs the golden vectors", note=note)

    return measure


def energy(_: Any) -> Measured:
    """Energy of a synaptic event in that core."""
    report = _weighed()
    note = (
        f"logic, from the simulated activity of every cell's output ({report.clocks:,.0f} clocks, "
        f"{report.events:,} events, "
        f"VCD SHA-256 {report.activity_sha256}); memories besides, estimated from {_MACRO}: "
        f"{report.memory_pj_per_event:.1f} pJ; peer at 28 nm, with memories, measured on silicon; {PRE_LAYOUT}"
    )
    return Measured(
        report.logic_pj_per_event,
        "pJ",
        "the netlist runs the golden vectors",
        peer="ODIN, pJ/SOP",
        peer_value=12.7,
        note=note,
    )


def netlist_mismatches(_: Any) -> Measured:
    """A whole core in cells against its golden vectors."""
    ticks = 40
    program = published_size(ticks, 32)
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch) / "core"
        core = export(program, folder, ticks=ticks)
        report = measure_ppa(folder, liberty=_library(), macro=_library(_MACRO), events=1, ticks=(0, 1))
    note = f"{core.ticks} ticks, every register after each; {report.cells} cells, memories as templates; Icarus Verilog"
    return Measured(float(report.netlist_mismatches), "", "the vectors are the fixed-point model's", note=note)


def properties(lab: Any) -> Measured:
    """Properties that hold, each by all of its proofs; one that does not ends the bench."""
    goals = {claim: make() for claim, make in PROPERTIES.items()}
    with lab.stages.stage("Proofs", sum(map(len, goals.values()))) as advance:
        for number, goal in enumerate(goal for proofs in goals.values() for goal in proofs):
            checked("DONE (PASS" in prove(goal), f"{goal.name} holds")
            advance(number + 1)
    note = "; ".join(f"{claim}: {', '.join(goal.name for goal in proofs)}" for claim, proofs in goals.items())
    equal = "SymbiYosys with ABC's pdr: any inputs, any number of clocks; small circuits of the same generator"
    return Measured(float(len(goals)), "", equal, note=note)


def lint_complaints(lab: Any) -> Measured:
    """What two linters say of every module of representative exports: all circuits of the tests, buses, many cores."""
    from tests.rtl_export.programs import PROGRAMS, joined
    from tests.rtl_export.test_circuits import CIRCUITS, CORES, integers

    programs: dict[str, tuple[StepProgram, int]] = {
        "hand_made": (joined(PROGRAMS), 1),
        "neurons_and_synapses": (published_size(1, 64), 1),
    }
    programs |= {f"conformance_{number}": (core, 1) for number, (_, core, _) in enumerate(conformance())}
    programs |= {f"cores_{k}": (integers(*CIRCUITS[name]), cores) for k, (name, cores) in enumerate(CORES.items())}
    complaints, linters, modules = 0, set(), set()
    with (
        tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch,
        lab.stages.stage("Lint", 2 * len(programs)) as advance,
    ):
        for number, (name, (program, cores)) in enumerate(programs.items()):
            folder = Path(scratch) / name
            core = export(program, folder, ticks=1, golden=interpreted(program, 1), name=name, cores=cores)
            sources = [*core.sources, *sorted((core.folder / "bus").glob("*.v"))]
            modules |= {(name, path.name) for path in sources}
            for place, top in enumerate(("axi", "wishbone")):
                for result in lint(sources, f"{name}_{top}"):
                    checked(result.found, f"{result.linter} is installed")
                    complaints += len(result.complaints)
                    linters.add(result.linter)
                advance(2 * number + place + 1)
    note = f"{len(modules):,} modules of {len(programs)} exports ({', '.join(programs)}), each behind AXI and Wishbone"
    return Measured(float(complaints), "", f"{' and '.join(sorted(linters))} ran", note=f"{note}; warnings are errors")


def mutation_score(lab: Any) -> Measured:
    """Blind single changes of the Verilog that the vectors find."""
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        cores = [
            export(
                program,
                Path(scratch) / name,
                ticks=ticks,
                golden=interpreted(program, ticks),
                name=name,
            )
            for name, program, ticks in mutated_circuits()
        ]
        with lab.stages.stage("Mutants", _MUTANTS) as advance:
            result = judge(cores, _MUTANTS, _SEED, Path(scratch), advance)
    checked(result.counted >= _MUTANTS, f"{result.counted} mutants compile and compute something else")
    missed, same, broken = (result.those(verdict) for verdict in (Verdict.MISSED, Verdict.EQUIVALENT, Verdict.INVALID))
    note = f"seed {_SEED}; seeds 0 and 5 served development; " + "; ".join(
        f"{len(those)} {what}: {' | '.join(mutant.place for mutant in those) or 'none'}"
        for what, those in (("missed", missed), ("proven to change nothing", same), ("not compiled", broken))
    )
    return Measured(result.share, "%", f"{result.counted} mutants ran in Icarus Verilog", note=note)


def spikes_lost(_: Any) -> Measured:
    """Spikes lost over AXI4-Stream while all sides hesitate at random."""
    from tests.rtl_export.buses.bus_runs import run_bus
    from tests.rtl_export.storm import storm

    ticks, neurons = 1000, 64
    program = storm(neurons, ticks)
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        run = run_bus(program, Path(scratch) / "core", ticks=ticks, every=250, pause=0.4, seconds=3600.0)
    total = run.sent + run.received
    checked(total >= 100_000 and run.wrong == 0, f"{total:,} spikes, each in its tick and place; states agree")
    lost = neurons * ticks - run.received
    note = f"{run.sent:,} in, {run.received:,} out, {run.words:,} words read back; cocotbext-axi, 40 % pauses"
    return Measured(float(lost), "", f"{total:,} spikes compared", note=note)


def ice40(_: Any) -> Measured:
    """A core of 64 neurons and 4,096 synapses, routed."""
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch) / "core"
        export(published_size(4, 64), folder, ticks=4, every=4)
        report = place_and_route(folder)
    note = f"hx8k, {report.logic_cells:,} of 7,680 cells, {report.block_rams} of 32 block RAMs, routed, not run"
    return Measured(report.fmax_mhz, "MHz", "the core of the netlist row, with more neurons", note=note)


FLOW_ROWS: Mapping[str, Row] = MappingProxyType(
    {
        "event-driven-lif-area": _datapath(event_driven, 2261.0, registered=False),
        "delta-lif-area": _datapath(delta_neuron, 3583.0, registered=True),
        "exponential-lif-area": _datapath(exponential_neuron, None, registered=False, pipelined=True),
        "one-neuron-area": _one_neuron(Rules()),
        "one-neuron-shifts-area": _one_neuron(SHIFTS),
        "published-size-area": core_area,
        "energy-per-synaptic-event": energy,
        "netlist-mismatches": netlist_mismatches,
        "formal-properties": properties,
        "lint-complaints": lint_complaints,
        "mutation-score": mutation_score,
        "axi-spikes-lost": spikes_lost,
        "ice40-fmax": ice40,
    }
)
"""Row -> what measures it; :mod:`benchmarks.silicon.bench` takes them up."""
