"""The demo's report: every number and every claim on its page is read from the result."""

from __future__ import annotations

import numpy as np

from spikeloom.demo.plots import (
    activated_graph,
    cells_plot,
    code_cards,
    graph_plot,
    misread,
    raster_plot,
    recall_plot,
    similarity_plot,
)
from spikeloom.demo.result import DigitsResult
from spikeloom.demo.silicon import most_clocks, rtl_comparison
from spikeloom.demo.targets import Comparison
from spikeloom.report import Figure, Page, ReportStep, Section, Table, Tile

_ALMOST_ALL = 0.99


def build_page(result: DigitsResult, seconds: float) -> Page:
    """The whole report."""
    comparisons = _comparisons(result)
    return Page(
        kicker="Spikeloom demo",
        title="From handwritten digits to proven Verilog",
        lead=_lead(result, comparisons),
        tiles=_tiles(result, comparisons),
        steps=_steps(result),
        sections=[
            _codes(result),
            _recall(result),
            _naming(result),
            _graph(result),
            _equality(comparisons),
            _silicon(result),
        ],
        footer=_footer(result, seconds),
    )


def _percent(share: float) -> str:
    """A share as per cent, without zeros that say nothing."""
    return f"{100 * share:.1f}".removesuffix(".0") + "\N{NO-BREAK SPACE}%"


def _comparisons(result: DigitsResult) -> list[Comparison]:
    return [*result.brian2, *(rtl_comparison(result.silicon, verdict) for verdict in result.verdicts)]


def _mismatches(comparisons: list[Comparison]) -> int:
    return sum(pair.mismatches for pair in comparisons)


def _lead(result: DigitsResult, comparisons: list[Comparison]) -> str:
    wrong = _mismatches(comparisons)
    equal = "identical" if wrong == 0 else f"different in {wrong:,} places"
    return (
        f"{len(result.stored):,} digits become sparse spike codes and are stored in a Hebbian memory that names "
        f"{_percent(result.naming.accuracy)} of {len(result.held_out)} digits it has never seen. A version of "
        f"{result.silicon.neurons} neurons, written once, runs in Brian2, in integers and in generated Verilog: "
        f"{equal}, tick by tick."
    )


def _tiles(result: DigitsResult, comparisons: list[Comparison]) -> list[Tile]:
    wrong = _mismatches(comparisons)
    values = sum(pair.spikes + pair.states for pair in comparisons)
    noise = _robust_noise(result)
    k = result.settings.neighbours
    naming, graph = result.naming, result.graph
    compared = f"{values / 1e6:.1f} million spikes and states compared"
    kept = f"recall stays at {_percent(_ALMOST_ALL)} or more"
    baseline, alone = _percent(naming.knn_accuracy), _percent(graph.seeds_only)
    return [
        Tile(f"{wrong:,}", f"mismatches in {len(comparisons)} comparisons", compared, wrong == 0),
        Tile(_percent(naming.accuracy), "held-out digits named by spikes", f"nearest neighbours: {baseline}"),
        Tile(_percent(noise), "of a cue may be wrong", kept),
        Tile(_percent(graph.recall), f"recall@{k} on the graph", f"without spreading: {alone}"),
        Tile(f"{result.synthesis.cells:,}", "logic cells in silicon", f"{result.silicon.neurons} neurons"),
    ]


def _robust_noise(result: DigitsResult) -> float:
    return max((noise for noise, at_1 in result.recall.at_1.items() if at_1 >= _ALMOST_ALL), default=0.0)


def _steps(result: DigitsResult) -> list[ReportStep]:
    memory, silicon = result.settings.memory, result.settings.silicon
    return [
        ReportStep("Digits", f"{len(result.stored):,} stored, {len(result.held_out)} held out"),
        ReportStep("Codes", f"{memory.active} of {memory.units:,} units spike"),
        ReportStep("Memory", f"1-bit weights, {_percent(float(result.recall.memory.weights.mean()))} set"),
        ReportStep("Graph", f"{len(result.graph.search.graph.links):,} links carry spikes"),
        ReportStep("Integers", f"{_bits(result)} bits a state"),
        ReportStep("Verilog", f"{silicon.units} + {silicon.pointer_units} + 10 neurons"),
    ]


def _bits(result: DigitsResult) -> str:
    states = [
        form.bits
        for (part, _), form in result.integers.quantised.formats.items()
        if part in result.integers.recording.spikes
    ]
    return f"{min(states)} to {max(states)}"


def _codes(result: DigitsResult) -> Section:
    memory = result.settings.memory
    cards = code_cards(result.stored, result.held_out, result.codes, result.recall)
    return Section(
        f"A digit becomes {memory.active} spikes",
        f"A random sparse projection drives {memory.units:,} neurons; the first {memory.active} to fire are the "
        "code. Similar digits share units, so a digit that was never stored still finds its like.",
        [
            Figure(
                cards,
                "Left: a held-out digit. Middle: its code, one place a unit; blue units are also in the code of the "
                "stored digit that the memory recalls (right), grey ones are not.",
            )
        ],
    )


def _recall(result: DigitsResult) -> Section:
    noise = _percent(_robust_noise(result))
    return Section(
        f"Recall holds while {noise} of the cue is wrong",
        "Each stored digit is asked for with a damaged cue: some of its active units are replaced by random others.",
        [
            Figure(
                recall_plot(result.recall),
                f"Share of {len(result.stored):,} stored digits that come back first. The memory holds "
                f"{result.recall.memory.weights.size / 8 / 1024:,.0f} KiB of 1-bit weights; the exact search compares "
                "the cue with every stored code.",
            ),
            Figure(
                similarity_plot(result.codes, result.stored),
                "Median and 5th to 95th percentile. Correlation of overlap with cosine: "
                f"{result.codes.correlation:.2f}.",
            ),
        ],
        side=True,
    )


def _naming(result: DigitsResult) -> Section:
    wrong = int(np.count_nonzero(result.naming.labels != result.held_out.labels))
    milliseconds = result.silicon.presentation_ticks * result.silicon.circuit.dt * 1e3
    return Section(
        f"A digit is named by one spike, {milliseconds:.0f} ms after it is shown",
        f"The encoder's winners reach the pointers through the memory's weights; the most driven pointers fire "
        f"together and vote, and one label neuron answers. {len(result.held_out) - wrong} of "
        f"{len(result.held_out)} held-out digits get the right name; nearest neighbours on the images get "
        f"{_percent(result.naming.knn_accuracy)}.",
        [
            Figure(
                raster_plot(result.silicon, result.integers.recording),
                f"One dot is one spike of the circuit that becomes Verilog ({result.silicon.neurons} neurons, in "
                f"integers; it names {_percent(result.silicon.accuracy(result.integers.recording))} of "
                f"{len(result.silicon.digits)} digits).",
                wide=True,
            ),
            Figure(
                misread(result.held_out, result.naming),
                f"{'All' if wrong <= 12 else 'The first 12 of'} {wrong} held-out digits that the memory names wrongly.",
            ),
        ],
    )


def _graph(result: DigitsResult) -> Section:
    found, k = result.graph.result, result.settings.neighbours
    seeds = int(found.seeds.nodes.shape[1])
    rows = [
        ["Brute force", "1.000", f"{len(result.stored):,}"],
        ["Plain hnswlib", f"{result.graph.hnswlib:.3f}", "not counted"],
        ["Spikes, spreading on", f"{result.graph.recall:.3f}", f"{found.activated.mean():,.0f}"],
        ["Spikes, spreading off", f"{result.graph.seeds_only:.3f}", f"{seeds}"],
    ]
    return Section(
        f"From {seeds} seeds, spikes find {_percent(result.graph.recall)} of the {k} nearest",
        f"Every stored digit is a neuron, every link of the hnswlib graph a synapse that grows with similarity. A "
        f"query drives {seeds} seeds; the nodes that fire are ranked by exact distance.",
        [
            Figure(
                graph_plot(result.graph, result.stored, result.held_out, _telling_query(result)),
                "The query, among the first hundred, whose spikes meet most kinds of digits. Blue: the seeds. "
                f"Orange: the others of its {k} nearest. Fainter ones fired later; the first of "
                f"{found.activated.mean():.0f} are shown.",
                wide=True,
            ),
            Table(
                ["Method", f"Recall@{k}", "Nodes ranked per query"],
                rows,
                f"Mean of {len(result.held_out)} queries over {len(result.stored):,} digits.",
                frozenset((f"Recall@{k}", "Nodes ranked per query")),
            ),
        ],
    )


def _telling_query(result: DigitsResult) -> int:
    """The query whose wave meets most kinds of digits, among the first hundred."""
    kinds = [
        np.unique(result.stored.labels[activated_graph(result.graph, query).nodes]).size
        for query in range(min(100, len(result.held_out)))
    ]
    return int(np.argmax(kinds))


def _equality(comparisons: list[Comparison]) -> Section:
    wrong = _mismatches(comparisons)
    title = "Equal on every target, spike by spike" if wrong == 0 else f"{wrong:,} mismatches between targets"
    rows = [
        [
            "✓\N{NO-BREAK SPACE}equal" if pair.mismatches == 0 else "✗\N{NO-BREAK SPACE}differs",
            f"{pair.left} = {pair.right}",
            pair.relation,
            f"{pair.neurons:,}",
            f"{pair.ticks:,}",
            f"{pair.spikes:,}",
            f"{pair.states:,}" if pair.states else "–",
            f"{pair.mismatches:,}",
        ]
        for pair in comparisons
    ]
    numbers = ["Neurons", "Ticks", "Spikes", "States compared", "Mismatches"]
    return Section(
        title,
        "One description of the model, several machines. Brian2 runs the equations as they are written and is the "
        "reference; the integers are what the Verilog must reproduce bit for bit.",
        [
            Table(
                ["", "Pair", "Relation", *numbers],
                rows,
                "A state is one variable of one neuron at one tick. In Verilog, registers are read back after every "
                "tick.",
                frozenset(numbers),
                wide=True,
            )
        ],
    )


def _silicon(result: DigitsResult) -> Section:
    synthesis, silicon = result.synthesis, result.silicon
    synapses = sum(part.connections.synapses for part in silicon.circuit.projections)
    rows = [
        ["Neurons", f"{silicon.neurons:,}"],
        ["Synapses", f"{synapses:,}"],
        ["Logic cells, flip-flops among them", f"{synthesis.cells:,}"],
        ["Flip-flops", f"{synthesis.flip_flops:,}"],
        ["Memories", f"{synthesis.memories}"],
        ["Bits in memories", f"{synthesis.memory_bits:,}"],
        ["Cycles per tick, at most", f"{most_clocks(result.integers):,}"],
    ]
    library = "generic gates; give a cell library with --liberty for area and speed"
    if synthesis.area_um2 is not None:
        rows.append(["Area of the logic", f"{synthesis.area_um2:,.0f} µm²"])
        library = "a standard-cell library; before layout, without wires and memories"
    if synthesis.fmax_mhz is not None:
        rows.append(["Highest clock, estimated", f"{synthesis.fmax_mhz:,.0f} MHz"])
    return Section(
        f"{synthesis.cells:,} cells, and memory for {synapses:,} synapses",
        "The neurons of a population share one datapath: one neuron or synapse is worked on in each cycle.",
        [
            Table(["Metric", "Value"], rows, f"Yosys, mapped to {library}.", frozenset(("Value",))),
            Figure(cells_plot(synthesis.cells_by_type), "The most frequent cells."),
        ],
        side=True,
    )


def _footer(result: DigitsResult, seconds: float) -> list[str]:
    from importlib.metadata import version

    return [
        f"spikeloom demo --seed {result.settings.seed} · Spikeloom {version('spikeloom')} · {seconds:.0f} s",
        "Digits: scikit-learn's copy of the UCI Optical Recognition of Handwritten Digits (CC BY 4.0).",
        "The generated Verilog belongs to whoever ran this. All metrics: metrics.json beside this page.",
    ]
