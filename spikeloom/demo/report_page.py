"""The demo's report: every number and every claim on its page is read from the result."""

from __future__ import annotations

import numpy as np

from spikeloom.demo.plots import (
    ablations_plot,
    activated_graph,
    cells_plot,
    fields_plot,
    graph_plot,
    misread,
    raster_plot,
    recall_plot,
    thresholds_plot,
    usage_plot,
)
from spikeloom.demo.result import DemoResult, nodes_fired
from spikeloom.demo.retrieval import DAMAGE, share_named
from spikeloom.demo.silicon import most_clocks, rtl_comparison
from spikeloom.demo.targets import Comparison
from spikeloom.report import Figure, Page, ReportStep, Section, Table, Tile

_ALMOST_ALL = 0.99


def build_page(result: DemoResult, seconds: float) -> Page:
    """The whole report."""
    comparisons = _comparisons(result)
    return Page(
        kicker="Spikeloom demo",
        title="One spiking circuit from embedding to answer",
        lead=_lead(result, comparisons),
        tiles=_tiles(result, comparisons),
        steps=_steps(result),
        sections=[
            _learning(result),
            _naming(result),
            _graph(result),
            _ablations(result),
            _equality(comparisons),
            _silicon(result),
        ],
        footer=_footer(result, seconds),
    )


def _percent(share: float) -> str:
    """A share as per cent, without zeros that say nothing."""
    return f"{100 * share:.1f}".removesuffix(".0") + "\N{NO-BREAK SPACE}%"


def _comparisons(result: DemoResult) -> list[Comparison]:
    return [
        *result.software,
        *(rtl_comparison(result.silicon, "the circuit", verdict) for verdict in result.verdicts),
        *(rtl_comparison(result.learner, "learning", verdict) for verdict in result.learner_verdicts),
    ]


def _mismatches(comparisons: list[Comparison]) -> int:
    return sum(pair.mismatches for pair in comparisons)


def _things(result: DemoResult) -> str:
    return "embeddings" if result.stored.image is None else "digits"


def _lead(result: DemoResult, comparisons: list[Comparison]) -> str:
    wrong, things = _mismatches(comparisons), _things(result)
    equal = "identical" if wrong == 0 else f"different in {wrong:,} places"
    return (
        f"LIF neurons with STDP, winner-take-all and homeostatic thresholds learn a code from {len(result.stored):,} "
        f"{things}; a Hebbian memory keeps them as nodes of an hnswlib graph, over which spikes spread. The circuit, "
        f"{result.silicon.neurons:,} neurons, names {_percent(result.answers.quality.named)} of "
        f"{len(result.held_out)} {things} it has never seen. Written once, it runs in Brian2, in integers and in "
        f"generated Verilog: {equal}, tick by tick."
    )


def _tiles(result: DemoResult, comparisons: list[Comparison]) -> list[Tile]:
    wrong, answers = _mismatches(comparisons), result.answers
    values = sum(pair.spikes + pair.states for pair in comparisons)
    noise = max((noise for noise, share in result.recall.items() if share >= _ALMOST_ALL), default=0.0)
    compared = f"{values / 1e6:.1f} million spikes and states compared"
    k, off = answers.network.settings.winners, result.ablations[-1]
    return [
        Tile(f"{wrong:,}", f"mismatches in {len(comparisons)} comparisons", compared, wrong == 0),
        Tile(
            _percent(answers.quality.named),
            f"held-out {_things(result)} named by spikes",
            f"5 nearest neighbours: {_percent(answers.neighbours)}",
        ),
        Tile(_percent(noise), "of a cue may be wrong", f"recall stays at {_percent(_ALMOST_ALL)} or more"),
        Tile(_percent(answers.quality.recall), f"of the {k} nearest fire", f"graph off: {_percent(off.whole.recall)}"),
        Tile(f"{result.synthesis.cells:,}", "logic cells in silicon", f"{result.silicon.neurons:,} neurons"),
    ]


def _steps(result: DemoResult) -> list[ReportStep]:
    chosen, network = result.settings, result.answers.network
    return [
        ReportStep("Currents", f"{2 * result.stored.embeddings.shape[1]} on and off neurons spike"),
        ReportStep("Encoder", f"{chosen.active} of {chosen.units:,} units win; STDP, homeostasis"),
        ReportStep("Memory", f"{network.items:,} items, 1-bit Hebbian weights"),
        ReportStep("Graph", f"{len(network.graph.links):,} links of hnswlib carry spikes"),
        ReportStep("Winners", f"{network.settings.winners} memories fire, a label answers"),
        ReportStep("Verilog", f"{_bits(result)} bits a state, equal"),
    ]


def _bits(result: DemoResult) -> str:
    states = [
        form.bits
        for (part, _), form in result.integers.quantised.formats.items()
        if part in result.integers.recording.spikes
    ]
    return f"{min(states)} to {max(states)}"


def _learning(result: DemoResult) -> Section:
    learning = result.learning
    spread = float(learning.used.std() / learning.used.mean())
    return Section(
        "STDP turns noise into strokes, homeostasis shares the work",
        "One unit wins each presentation; its synapses move towards the spikes it has just seen, and its threshold "
        "rises. No label takes part.",
        [
            Figure(
                fields_plot(learning, result.stored.image),
                "Weights of some units, on less off channel, before the first and after the last presentation. "
                f"Kept: {result.settings.synapses} synapses a unit.",
                wide=True,
            ),
            Figure(
                thresholds_plot(learning),
                f"Each line is a unit, the thick one their median. {learning.winners.size} of {learning.used.size} "
                "units won and learned: their thresholds rise and settle; the others' fall until they win.",
            ),
            Figure(
                usage_plot(learning),
                f"Units are used evenly: standard deviation {_percent(spread)} of the mean.",
            ),
        ],
        side=True,
    )


def _naming(result: DemoResult) -> Section:
    answers, things = result.answers, _things(result)
    wrong = int(np.count_nonzero(answers.retrieved.labels != result.held_out.labels))
    network = answers.network
    milliseconds = network.ticks * result.silicon.circuit.dt * 1e3
    by_integers = share_named(network, result.integers.recording, result.held_out.labels)
    shown = result.silicon.ticks // network.ticks
    return Section(
        f"A query enters as currents and is named by one spike, within {milliseconds:.0f} ms",
        f"The encoder's winners drive the memories that share their units; the most driven fire, and one label neuron "
        f"answers. {len(result.held_out) - wrong} of {len(result.held_out)} held-out {things} get the right name; "
        f"five nearest neighbours on the embeddings get {_percent(answers.neighbours)}.",
        [
            Figure(
                raster_plot(network, result.held_out, result.integers.recording),
                f"One dot is one spike of the circuit that becomes Verilog ({result.silicon.neurons:,} neurons, in "
                f"integers; it names {_percent(by_integers)} of {shown} {things}).",
                wide=True,
            ),
            Figure(
                recall_plot(result.recall, result.exact),
                f"Recall of {len(result.stored):,} stored items from damaged codes: some active units are replaced by "
                "random others.",
            ),
            Figure(
                misread(result.held_out, answers),
                f"{'All' if wrong <= 12 else 'The first 12 of'} {wrong} held-out {things} that are named wrongly.",
            ),
        ],
    )


def _graph(result: DemoResult) -> Section:
    answers = result.answers
    settings = answers.network.settings
    return Section(
        f"Spikes spread over {len(answers.network.graph.links):,} links to {nodes_fired(result):.0f} memories",
        f"The {settings.nodes_per_tick} most driven memories fire first and excite their neighbours; in the next tick "
        f"the next {settings.nodes_per_tick} fire, until {settings.winners} have. The links are read from an hnswlib "
        "index over the codes.",
        [
            Figure(
                graph_plot(answers, result.stored, result.held_out, _telling_query(result)),
                "The query, among the first hundred, whose memories are of most kinds. Blue: fired first. Orange: "
                "fired later. Faint: neighbours that stayed silent.",
                wide=True,
            ),
        ],
    )


def _ablations(result: DemoResult) -> Section:
    whole = result.ablations[0]
    k = result.answers.network.settings.winners
    columns = ["Named", f"Recall@{k}", "Named, damaged", f"Recall@{k}, damaged"]

    rows = [
        [
            part.name,
            *(
                f"{value:.3f}" if part is whole else f"{value:.3f} ({value - all_on:+.3f})"
                for value, all_on in (
                    (part.whole.named, whole.whole.named),
                    (part.whole.recall, whole.whole.recall),
                    (part.damaged.named, whole.damaged.named),
                    (part.damaged.recall, whole.damaged.recall),
                )
            ),
        ]
        for part in result.ablations
    ]
    costs = [part.name for part in result.ablations[1:] if part.whole.recall < whole.whole.recall]
    return Section(
        f"{len(costs)} of {len(result.ablations) - 1} mechanisms cost neighbours when they are off",
        "Each is taken away alone; where learning changes, the encoder is trained anew with the same seed.",
        [
            Figure(ablations_plot(result.ablations), "One seed; the bench has three and intervals."),
            Table(
                ["Off", *columns],
                rows,
                f"{len(result.held_out)} held-out {_things(result)}; damaged: {DAMAGE:.0%} of the active units of a "
                "code replaced. In brackets: the change.",
                frozenset(columns),
                wide=True,
            ),
        ],
    )


def _telling_query(result: DemoResult) -> int:
    """The query whose memories are of most kinds, among the first hundred."""
    kinds = [
        np.unique(result.stored.labels[list(activated_graph(result.answers, query).answer)]).size
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


def _silicon(result: DemoResult) -> Section:
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


def _footer(result: DemoResult, seconds: float) -> list[str]:
    from importlib.metadata import version

    lines = [
        f"spikeloom demo --seed {result.settings.seed} · Spikeloom {version('spikeloom')} · {seconds:.0f} s",
        f"Learned weights: {result.learning.encoder.digest[:12]}.",
        "The generated Verilog belongs to whoever ran this. All metrics: metrics.json beside this page.",
    ]
    if result.stored.image is not None:
        lines.insert(2, "Digits: scikit-learn's copy of the UCI Optical Recognition of Handwritten Digits (CC BY 4.0).")
    return lines
