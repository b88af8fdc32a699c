"""Prints an EventProgram as the source of one numba function: a query from its seeds to its last spike.

Awake nodes live in small dense arrays, a slot each; a hash table leads from a node to its slot, and a generation number
in its entries makes those of earlier queries invisible. So nothing is cleared between queries, and no array but the
links (and states that last) is as long as the graph. The update, threshold, reset and synapse code is printed from the
program's expressions; the text depends on structure only, so a changed number never compiles again.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hnsw_bridge.event_program import FINISHED, FULL, SHORT, EventLayer, EventProgram, can_sleep
from hnsw_bridge.index import MISSING
from neuro.compiler.ir import ACTIVE, TICK, Assignment, OperationProgram, Symbol
from neuro.simulators.compiled.kernel_lines import Names, functions_for, print_expression

_HEADER = '''"""One query over a graph, event by event. Printed from a step program; do not edit.

It calls the bridge's kernels of digest {digest}.
"""

import math

import numpy as np
from numba import njit

from hnsw_bridge import _kernels as bridge


{functions}@njit(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
def query({arguments}):
'''

_ANSWER = """

@njit(cache=True, error_model="numpy", nogil=True, no_cfunc_wrapper=True)
def answer({own}, {arguments}):
    few, k = shares.shape[1], answers.shape[1]
    best, near, strength = np.empty(wanted, np.int64), np.empty(wanted), np.empty(few)
    known, last, exact = np.empty(found.shape[1], np.int64), np.empty(k, np.int64), np.empty(k)
    for row in range(first, batch.shape[0]):
        total = run_ends[row - 1] if row else 0
        if total + min(quota, spike_nodes.size) > run_nodes.size:
            return row, {short}
        asked = batch[row]
        close = bridge.near_enough(metric, asked, longest, rounded[row], wanted)
        kept = bridge.rank_into(metric, vectors, squares, asked, found[row, :close], best, near)
        bridge.enter(metric, near[:few], least, shares[row])
        bridge.drive(shares[row], most, steps, threshold, strength)
        count = 0
        for a in range(few):
            entered[row, a] = best[a]
            if best[a] < graph_nodes:
                seeds[count], currents[count] = best[a], strength[a]
                count += 1
        fired = query({passed})
        if fired < 0:
            return row, {full}
        run_ticks[total : total + fired], run_nodes[total : total + fired] = spike_ticks[:fired], spike_nodes[:fired]
        run_ends[row], awakes[row] = total + fired, result[0]
        count = 0
        if join:
            known[:] = found[row]
            bridge.ascend(known, known.size)
            count = min(k, kept)
            last[:count], exact[:count] = best[:count], near[:count]
        ruled_out = known[: known.size if join else 0]
        items = (vectors, squares, labels)
        count = bridge.join_fired(metric, items, asked, spike_nodes[:fired], ruled_out, last, exact, count)
        for a in range(k):
            answers[row, a] = labels[last[a]] if a < count else {missing}
            distances[row, a] = exact[a] if a < count else np.inf
    return batch.shape[0], {finished}
"""

ANSWER_ARGUMENTS = (
    "first",
    "metric",
    "vectors",
    "squares",
    "labels",
    "longest",
    "batch",
    "found",
    "rounded",
    "wanted",
    "graph_nodes",
    "least",
    "most",
    "steps",
    "threshold",
    "join",
    "answers",
    "distances",
    "entered",
    "shares",
    "run_ticks",
    "run_nodes",
    "run_ends",
    "awakes",
)
"""What ``answer`` takes before the arguments of ``query``: how it finds the seeds, ranks what fired, and writes it."""


@dataclass(slots=True)
class _Text:
    lines: list[str] = field(default_factory=list)
    arguments: dict[str, None] = field(default_factory=dict)

    def add(self, depth: int, *texts: str) -> None:
        self.lines += ["    " * (depth + 1) + text for text in texts]

    def use(self, name: str) -> str:
        self.arguments[name] = None
        return name


def print_query(program: EventProgram) -> tuple[str, tuple[str, ...]]:
    """The source of the module that runs the program's queries, and the arguments of ``query`` in order."""
    out = _Text()
    for name in ("ticks", "generation", "done", "per_tick", "quota", "seeds", "currents"):
        out.use(name)
    out.add(0, f"mask, capacity = {out.use('table')}.size - 1, {out.use('node_of')}.size")
    out.add(0, "count, fired, left, listed_count = 0, 0, quota, 0")
    _print_seeds(out, program)
    out.add(0, "for n in range(ticks):")
    _print_visits(out, program)
    _print_winners(out, program)
    # What would arrive after the last spike that the quota allows, or after the query, changes nothing.
    out.add(1, "arrives = left > 0 and n + 1 < ticks")
    for index, layer in enumerate(program.layers):
        _print_layer(out, program, index, layer)
    _print_resets(out, program)
    _print_operations(out, program)
    out.add(1, "if left == 0:", "    break")
    _print_commit(out, program)
    out.add(0, f"{out.use('result')}[0] = count", "return fired")
    body = "\n".join(out.lines)
    # The bridge has its own winners rule, over slots.
    functions = functions_for(body.replace("bridge.keep_winners(", ""))
    names = ", ".join(out.arguments)
    header = _HEADER.replace("{arguments}", names).replace("{functions}", functions)
    own = {"seeds": "seeds[:count]", "currents": "currents[:count]"}
    own |= {name: f"{name} + row" for name in ("generation", "done")}
    parts = {
        "own": ", ".join(ANSWER_ARGUMENTS),
        "arguments": names,
        "passed": ", ".join(own.get(name, name) for name in out.arguments),
        "full": FULL,
        "short": SHORT,
        "finished": FINISHED,
        "missing": MISSING,
    }
    answer = _ANSWER.format_map(parts)
    return header.replace("{digest}", _digest()) + body + "\n" + answer, tuple(out.arguments)


def _digest() -> str:
    """Of the kernels that printed ones call: numba's cache looks at the caller's source only."""
    return hashlib.sha256(Path(__file__).with_name("_kernels.py").read_bytes()).hexdigest()[:16]


def _names(out: _Text, program: EventProgram, states: dict[str, str], prefix: str = "c") -> Names:
    coefficients = {part.name: part.values for part in program.neurons.coefficients}

    def name(symbol: Symbol) -> str:
        if symbol.name in states:
            return states[symbol.name]
        if symbol.name in (ACTIVE, TICK):
            return {ACTIVE: "active", TICK: "n"}[symbol.name]
        argument = out.use(f"{prefix}_{symbol.name}")
        values = coefficients[symbol.name] if prefix == "c" else np.zeros(())
        return f"{argument}[node_of[slot]]" if values.ndim else argument

    return name


def _arrays(out: _Text, program: EventProgram) -> dict[str, str]:
    return {state.name: f"{out.use(f's_{state.name}')}[slot]" for state in program.neurons.states}


def _print_rest(out: _Text, program: EventProgram, depth: int) -> None:
    """A fresh slot: states at rest, or as earlier queries left them, with what happened to them since."""
    for state in program.neurons.states:
        target = f"{out.use(f's_{state.name}')}[slot]"
        if state.name in program.lasting:
            out.add(depth, f"{target} = {out.use(f'l_{state.name}')}[node]")
        else:
            out.add(depth, f"{target} = {out.use(f'r_{state.name}')}{'[node]' if np.ptp(state.initial) else ''}")
    if program.every_query:
        # The same statements as often as they ran for this node in its sleep, until they change nothing.
        out.add(depth, f"for elapsed in range(done - {out.use('seen')}[node]):", "    changed = False")
        _print_statements(out, program, program.every_query, depth + 1, watch=True)
        out.add(depth + 1, "if not changed:", "    break")


def _print_find(out: _Text, program: EventProgram, depth: int, at: str) -> None:
    """The slot of ``node``, which wakes up if it sleeps."""
    table, node_of = out.use("table"), out.use("node_of")
    out.add(depth, "place = (node * 2654435761) & mask", f"entry = {table}[place]")
    out.add(depth, f"while entry >> 32 == generation and {node_of}[entry & 0xFFFFFFFF] != node:")
    out.add(depth + 1, "place = (place + 1) & mask", f"entry = {table}[place]")
    out.add(depth, "if entry >> 32 == generation:", "    slot = entry & 0xFFFFFFFF", "else:")
    out.add(depth + 1, "if count == capacity:", f"    return {FULL}", "slot = count", "count += 1")
    out.add(depth + 1, f"{table}[place] = (generation << 32) | slot", f"{node_of}[slot] = node")
    _print_rest(out, program, depth + 1)
    ready, at_name, listed, order = (out.use(name) for name in ("ready", "at", "listed", "order"))
    out.add(depth + 1, f"{ready}[slot] = 0", f"{at_name}[slot] = {at}", f"{listed}[slot] = True")
    out.add(depth + 1, f"{order}[listed_count] = slot", "listed_count += 1")


def _print_seeds(out: _Text, program: EventProgram) -> None:
    out.add(0, "n = 0", "for a in range(seeds.size):", "    node = seeds[a]")
    _print_find(out, program, 1, "-1")
    out.add(1, f"{out.use(f's_{program.variable}')}[slot] = currents[a]")


def _print_update(out: _Text, program: EventProgram, depth: int) -> None:
    states = {state.name: f"x_{state.name}" for state in program.neurons.states}
    arrays = _arrays(out, program)
    for name, local in states.items():
        out.add(depth, f"{local} = {arrays[name]}")
    names = _names(out, program, states)
    for part in program.neurons.update:
        out.add(depth, f"y_{part.target.name} = {print_expression(part.value, names)}")
    for part in program.neurons.update:
        out.add(depth, f"{arrays[part.target.name]} = y_{part.target.name}")


def _print_visits(out: _Text, program: EventProgram) -> None:
    """Phases 1 and 2 of a tick: update those that could cross, and collect who does."""
    keys, margins = out.use("keys"), out.use("margins")
    out.add(1, "hits, kept, visits = 0, 0, listed_count", "for a in range(visits):", "    slot = order[a]")
    out.add(2, "active = ready[slot] <= n")
    _print_update(out, program, 2)
    threshold = program.neurons.threshold
    if threshold is None:
        raise ValueError("an event program has a threshold")
    moved = {part.target.name for part in program.neurons.update}
    states = {s.name: f"{'y' if s.name in moved else 'x'}_{s.name}" for s in program.neurons.states}
    names = _names(out, program, states)
    left, right = (print_expression(side, names) for side in (threshold.left, threshold.right))
    out.add(2, "at[slot] = n", f"above, below = {left}, {right}", "if above > below and active:")
    out.add(
        3, f"{keys}[hits] = (np.int64(node_of[slot]) << 32) | slot", f"{margins}[hits] = above - below", "hits += 1"
    )
    out.add(3, "order[kept] = slot", "kept += 1")
    if can_sleep(program):
        rest = f"x_{program.variable} == 0.0 and above <= below and below >= 0.0"
        out.add(2, f"elif {rest}:", "    listed[slot] = False", "else:")
    else:
        out.add(2, "else:")
    out.add(3, "order[kept] = slot", "kept += 1")
    out.add(1, "listed_count = kept")


def _print_winners(out: _Text, program: EventProgram) -> None:
    """The winners rule, then the spikes in ascending order of nodes, and refractoriness."""
    spike_ticks, spike_nodes, spike_slots, ends = (
        out.use(name) for name in ("spike_ticks", "spike_nodes", "spike_slots", "ends")
    )
    out.add(1, "limit = min(per_tick, left)")
    out.add(
        1,
        "if hits > limit:",
        f"    hits = bridge.keep_winners(keys, margins, {out.use('room')}, {out.use('ties')}, hits, limit)",
    )
    out.add(1, "left -= hits", f"if fired + hits > {spike_nodes}.size:", f"    return {FULL}")
    out.add(1, "first = fired", "if hits > 1:", "    bridge.ascend(keys, hits)", "for a in range(hits):")
    out.add(2, "slot = keys[a] & 0xFFFFFFFF", f"{spike_ticks}[fired] = n", f"{spike_nodes}[fired] = keys[a] >> 32")
    out.add(2, f"{spike_slots}[fired] = slot", "fired += 1")
    out.add(
        2,
        *(f"bridge.prefetch({out.use(f'q{index}_row_start')}, keys[a] >> 32)" for index in range(len(program.layers))),
    )
    if program.neurons.refractory is not None:
        period = out.use("period")
        out.add(2, f"ready[slot] = n + {f'{period}[node_of[slot]]' if program.period.ndim else period}")
    out.add(1, f"{ends}[n] = fired")


def _print_layer(out: _Text, program: EventProgram, index: int, layer: EventLayer) -> None:
    """Phase 3: spikes of ``delay`` ticks ago arrive, ordered by (emission tick, source, synapse)."""
    row_start, column = out.use(f"q{index}_row_start"), out.use(f"q{index}_column")
    delay, longest = out.use(f"q{index}_delay"), out.use(f"q{index}_longest")
    if layer.delay.ndim:
        out.add(1, f"for past in range(max(n - {longest}, 0), n + 1 if arrives else 0):")
    else:
        out.add(1, f"for past in range(n - {delay}, n - {delay} + 1 if arrives else n - {delay}):")
    out.add(2, "start = 0 if past < 1 else ends[past - 1]", "stop = 0 if past < 0 else ends[past]")
    # In a large graph a row of links is far away: all rows of the tick are on their way before the first is used.
    rows = [column, *(out.use(f"q{index}_{name}") for name in layer.weights)]
    out.add(2, "for b in range(start, stop):", f"    ahead = {row_start}[spike_nodes[b]]")
    out.add(3, *(f"bridge.prefetch({row}, ahead + {far})" for far in (0, 16) for row in rows))
    out.add(2, "for b in range(start, stop):", "    source = spike_nodes[b]")
    out.add(3, f"for synapse in range({row_start}[source], {row_start}[source + 1]):")
    if layer.delay.ndim:
        out.add(4, f"if {delay}[synapse] != n - past:", "    continue")
    out.add(4, f"node = np.int64({column}[synapse])", f"if {out.use('masked')} and not {out.use('allowed')}[node]:")
    out.add(5, "continue")
    _print_find(out, program, 4, "n")
    held = {part.target.name for part in layer.on_pre} <= program.neurons.clamped
    if program.neurons.refractory is not None:
        out.add(4, "active = ready[slot] <= n", *(["if not active:", "    continue"] if held else []))
    else:
        out.add(4, "active = True")
    if can_sleep(program):
        # Asleep since a while: the same step as often as it was left out.
        out.add(4, "if not listed[slot]:", "    for n_missed in range(at[slot] + 1, n + 1):")
        out.add(6, "active = ready[slot] <= n_missed")
        _print_update(out, program, 6)
        out.add(5, "at[slot] = n", "listed[slot] = True", "order[listed_count] = slot", "listed_count += 1")
    arrays = _arrays(out, program)
    for part in layer.on_pre:
        value = print_expression(
            part.value, lambda symbol: f"np.float64({out.use(f'q{index}_{symbol.name}')}[synapse])"
        )
        guard = "if active: " if part.target.name in program.neurons.clamped and not held else ""
        out.add(4, f"{guard}{arrays[part.target.name]} += {value}")


def _print_statements(
    out: _Text, program: EventProgram, operations: Sequence[OperationProgram], depth: int, watch: bool = False
) -> None:
    arrays = _arrays(out, program)
    for run in operations:
        names = _names(out, program, arrays, f"o_{run.name}")
        for part in run.statements:
            value = print_expression(part.value, names)
            target = arrays[part.target.name]
            if watch:
                out.add(depth, f"fresh = {value}", f"changed = changed or fresh != {target}", f"{target} = fresh")
            else:
                guard = "if active: " if part.target.name in program.neurons.clamped else ""
                out.add(depth, f"{guard}{target} = {value}")


def _print_resets(out: _Text, program: EventProgram) -> None:
    if program.neurons.reset:
        out.add(1, "for b in range(first, fired):", "    slot = spike_slots[b]")
        out.add(2, f"active = {program.neurons.refractory is None}")
        _print_in_order(out, program, program.neurons.reset)


def _print_in_order(out: _Text, program: EventProgram, code: Sequence[Assignment]) -> None:
    arrays = _arrays(out, program)
    names = _names(out, program, arrays)
    for part in code:
        out.add(2, f"{arrays[part.target.name]} = {print_expression(part.value, names)}")


def _print_operations(out: _Text, program: EventProgram) -> None:
    if program.every_tick:
        out.add(1, "for slot in range(count):", "    active = ready[slot] <= n")
        _print_statements(out, program, program.every_tick, 2)
    if program.every_query:
        out.add(1, "if n == 0:", "    done += 1", "    for slot in range(count):")
        _print_statements(out, program, program.every_query, 3)


def _print_commit(out: _Text, program: EventProgram) -> None:
    if program.lasting:
        out.add(0, "for slot in range(count):", "    node = node_of[slot]")
        for name in program.lasting:
            out.add(1, f"{out.use(f'l_{name}')}[node] = {out.use(f's_{name}')}[slot]")
        if program.every_query:
            out.add(1, f"{out.use('seen')}[node] = done")
