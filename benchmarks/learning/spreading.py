"""Spikes that spread, beside the linear step and personalised PageRank; learning from use; every part on and off."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.learning.lab import LearningLab
from benchmarks.learning.mechanisms import TASKS, scores_of
from benchmarks.learning.multihop import (
    DYNAMICS,
    SETS,
    Measurements,
    PassageSet,
    Variant,
    held,
    interval,
    measure_set,
    variants,
)
from benchmarks.learning.use import (
    LEARNERS,
    REPORTED,
    UNUSED,
    VALIDATION,
    carried,
    chosen_by_validation,
    judge,
    usage,
)
from benchmarks.search.lab import Floats
from hnsw_bridge import ARRIVALS, NODES, FirstArrival, Seeds, edge_layer, first_arrival_circuit
from neuro.compiler.lower_circuit import lower
from neuro.simulators import Brian2Reference, simulate
from neuro.simulators.event_driven import EventRun, event_program

_SPIKES = "first arrival"
_COLUMNS = ("recall-at-5", "all-support-at-10")


def first_arrival_mismatches(_: LearningLab) -> Measured:
    """Spikes in which clock-driven, Brian2's, the event-driven kernel's and ``spread``'s runs of one circuit differ."""
    size, queries, settings, wrong, spikes = 400, 5, FirstArrival(relays=30), 0, 0
    for seed in (1, 2, 3):
        generator = np.random.default_rng(seed)
        pairs = generator.integers(0, size, (2, 3000))
        pairs = pairs[:, pairs[0] != pairs[1]]
        links = edge_layer("links", size, pairs[0], pairs[1], generator.uniform(-0.1, 1.2, pairs.shape[1]))
        nodes = np.array([generator.choice(size, 3, replace=False) for _ in range(queries)])
        share = np.sort(generator.uniform(0.4, 1.0, nodes.shape))[:, ::-1].copy()
        circuit = first_arrival_circuit(links, Seeds(nodes, share), settings)
        clock = simulate(circuit, queries * settings.ticks)
        brian = simulate(circuit, queries * settings.ticks, on=Brian2Reference())
        wrong += sum(brian.spikes[name].mismatches(clock.spikes[name]) for name in (NODES, ARRIVALS))
        events = EventRun(event_program(lower(circuit), NODES))
        for query in range(queries):
            run = settings.spread(links, nodes[query], share[query])
            printed = events.query(nodes[query], settings.currents(share[query]))
            fired = set(zip(run.run.ticks.tolist(), run.run.nodes.tolist(), strict=True))
            times = np.round(-settings.resolution * np.log(run.activation)).astype(int)
            arrived = set(zip(times.tolist(), run.nodes.tolist(), strict=True))
            wrong += len(fired ^ set(zip(printed.ticks.tolist(), printed.nodes.tolist(), strict=True)))
            for name, found in ((NODES, fired), (ARRIVALS, arrived)):
                own = clock.spikes[name].ticks // settings.ticks == query
                ticks = (clock.spikes[name].ticks[own] - query * settings.ticks).tolist()
                wrong += len(found ^ set(zip(ticks, clock.spikes[name].indices[own].tolist(), strict=True)))
                spikes += len(found)
    equal = checked(spikes > 1000, f"{spikes} spikes of both populations were compared")
    note = f"{size} nodes, 3 graphs of {queries} queries, 3 seeds and 30 relays"
    return Measured(wrong, "spikes", equal, peer="spikes compared", peer_value=spikes, note=note)


def _measured(lab: LearningLab) -> dict[str, Measurements]:
    result: dict[str, Measurements] = lab.keep(
        "multi-hop questions by each dynamics", lambda: {name: measure_set(PassageSet(name)) for name in SETS}
    )
    return result


def _held(lab: LearningLab, name: str, allowed: Callable[[Variant], bool] = lambda _: True) -> dict[str, Floats]:
    """Each set's questions by one dynamics, settings chosen on other folds among those that are allowed."""
    chosen = [number for number, one in enumerate(variants(DYNAMICS[name])) if allowed(one)]
    return {of: held(one.fused[name], chosen)[0] for of, one in _measured(lab).items()}


def _most_chosen(lab: LearningLab, name: str) -> str:
    known = list(variants(DYNAMICS[name]))
    picks = {of: Counter(held(one.fused[name])[1]).most_common(1)[0] for of, one in _measured(lab).items()}
    return "; ".join(f"{of} {times} of 15: {known[pick]}" for of, (pick, times) in picks.items())


def _percent(found: Mapping[str, Floats], column: int) -> list[float]:
    return [100 * float(found[of][:, column].mean()) for of in SETS]


def over_today(column: int) -> Row:
    """Points of first arrival over the search as it was, on the mean of both sets, settings chosen on other folds."""

    def measure(lab: LearningLab) -> Measured:
        mine, today = _held(lab, _SPIKES), {of: one.today for of, one in _measured(lab).items()}
        gain, low, high = interval([mine[of][:, column] - today[of][:, column] for of in SETS])
        samples = {f"{name}, %": _percent(_held(lab, name), column) for name in DYNAMICS}
        samples |= {"as it was, %": _percent(today, column)}
        equal = checked(all(len(mine[of]) == len(today[of]) == 100 for of in SETS), "all rank the same passages")
        note = (
            f"95 % paired bootstrap {low:.1f} to {high:.1f}; samples: {', '.join(SETS)}; {_most_chosen(lab, _SPIKES)}"
        )
        peer = float(np.mean(samples["as it was, %"]))
        return Measured(gain, "points", equal, samples, "2 seeds, no bonus, LIF spreading, %", peer, note)

    return measure


def against(rival: str, column: int) -> Row:
    """The upper end of the interval of first arrival minus a rival: not below it where this is not below 0."""

    def measure(lab: LearningLab) -> Measured:
        mine, theirs = _held(lab, _SPIKES), _held(lab, rival)
        mean, low, high = interval([mine[of][:, column] - theirs[of][:, column] for of in SETS])
        samples = {_SPIKES: _percent(mine, column), rival: _percent(theirs, column)}
        equal = checked(len(DYNAMICS) == 3, "the same seeds, bonus, links and gate; each its own best on other folds")
        note = f"{mean:+.1f} points, 95 % paired bootstrap {low:.1f} to {high:.1f}; {_most_chosen(lab, rival)}"
        peer = float(np.mean(samples[rival]))
        return Measured(high, "points", equal, samples, f"{rival}, %", peer, note)

    return measure


def costs(allowed: Callable[[Variant], bool], what: str) -> Row:
    """What it costs first arrival at R@5 to be without something, in points."""

    def measure(lab: LearningLab) -> Measured:
        whole, less = _held(lab, _SPIKES), _held(lab, _SPIKES, allowed)
        samples, notes = {}, []
        for column, name in enumerate(_COLUMNS):
            mean, low, high = interval([whole[of][:, column] - less[of][:, column] for of in SETS])
            samples[name] = [mean, low, high]
            notes.append(f"{name} {mean:+.1f} ({low:.1f} to {high:.1f})")
        equal = checked(True, f"the same folds with and without {what}")
        return Measured(samples[_COLUMNS[0]][0], "points", equal, samples, note=f"{what}: {', '.join(notes)}")

    return measure


def beyond_seeds(lab: LearningLab) -> Measured:
    """Share of questions in which nodes beyond the seeds fire, the lower of both sets."""
    shares = {of: [100 * one.beyond[_SPIKES], 100 * one.beyond["today"]] for of, one in _measured(lab).items()}
    equal = checked(len(shares) == len(SETS), "every question and every number of seeds and relays counts")
    before = max(today for _, today in shares.values())
    return Measured(min(now for now, _ in shares.values()), "%", equal, shares, "as it was, at most", before)


def spreading_time(lab: LearningLab) -> Measured:
    """Median time of one question's spread, links and gates cached, of first arrival."""
    times = {of: [one.milliseconds[name] for name in (*DYNAMICS, "today")] for of, one in _measured(lab).items()}
    equal = checked(True, "the same questions, seeds and gated links")
    note = f"samples: {', '.join(DYNAMICS)}, LIF spreading with its gate; 2 to 8 relays"
    linear = float(np.mean([row[1] for row in times.values()]))
    return Measured(float(np.mean([row[0] for row in times.values()])), "ms", equal, times, "linear step", linear, note)


@dataclass(frozen=True, slots=True, eq=False)
class _Use:
    """Partners found, in % by seed, and what was chosen; STDP minus counts; change of unused items, the worst seed."""

    found: dict[str, list[float]]
    chosen: dict[str, tuple[str, float]]
    difference: tuple[float, float, float]
    spared: float


def _use(lab: LearningLab, drift: bool) -> _Use:
    def make() -> _Use:
        chosen, differences, spared = chosen_by_validation(drift), [], []
        found: dict[str, list[float]] = {name: [] for name in (*chosen, "nothing learned")}
        for seed in REPORTED:
            used = usage(seed, drift)
            rows = {"nothing learned": judge(used, np.zeros(used.cosines.shape), 0.0)}
            for name, (rule, weight) in chosen.items():
                rows[name] = judge(used, carried(used, LEARNERS[name][rule](used.sessions)), weight)
            for name, (partners, _) in rows.items():
                found[name].append(100 * float(partners.mean()))
            differences.append(rows["STDP"][0] - rows["counts"][0])
            spared.append(100 * float((rows["STDP"][1] - rows["nothing learned"][1]).mean()))
        return _Use(found, chosen, interval(differences), min(spared))

    result: _Use = lab.keep(f"use, partners {'dealt anew after half' if drift else 'that stay'}", make)
    return result


def stdp_against_counts(drift: bool) -> Row:
    """Partners among the three best after 500 sessions, by edges that STDP learned, minus by counts; points."""

    def measure(lab: LearningLab) -> Measured:
        use = _use(lab, drift)
        gain, low, high = use.difference
        equal = checked(len(use.found["STDP"]) == len(use.found["counts"]), "the same sessions, cues and spreading")
        note = (
            f"95 % paired bootstrap {low:.1f} to {high:.1f}; 100 groups of 4 and 3 strangers a session, some of them "
            f"popular; chosen on seed {VALIDATION}: {use.chosen}; samples: each seed, %"
        )
        return Measured(gain, "points", equal, use.found, "counts, %", float(np.mean(use.found["counts"])), note)

    return measure


def use_spares_unused(lab: LearningLab) -> Measured:
    """Items that no session used, found by their own gloss among three, after STDP minus before; the worst seed."""
    equal = checked(UNUSED > 0, f"{UNUSED} items outside all sessions are asked for before and after")
    return Measured(_use(lab, False).spared, "points", equal, note="among the 3 best, the worst of 3 seeds")


def mechanisms(task: str) -> Row:
    """How many parts of the spreading neuron gain on a task, interval above 0; samples: off, on, gain, interval."""

    def measure(lab: LearningLab) -> Measured:
        found: dict[str, tuple[Floats, Floats]] = lab.keep(f"parts on {task}", lambda: scores_of(TASKS[task]()))
        samples = {
            name: [100 * float(off.mean()), 100 * float(on.mean()), *interval([on - off])]
            for name, (off, on) in found.items()
        }
        gains = [name for name, row in samples.items() if row[3] > 0]
        questions = next(iter(found.values()))[0].size
        note = f"{questions} questions; gains: {', '.join(gains) or 'none'}; samples: % off, % on, points, interval"
        return Measured(len(gains), "parts", checked(True, "the same questions off and on"), samples, note=note)

    return measure


SPREADING_ROWS: Mapping[str, Row] = MappingProxyType(
    {"first-arrival-mismatches": first_arrival_mismatches}
    | {f"spreading-over-today-{name}": over_today(column) for column, name in enumerate(_COLUMNS)}
    | {
        f"spreading-against-{rival.lower().replace(' ', '-')}-{name}": against(rival, column)
        for rival in ("linear step", "PageRank")
        for column, name in enumerate(_COLUMNS)
    }
    | {
        "spreading-bonus": costs(lambda one: one.bonus == 0, "the seeds' bonus"),
        "spreading-covering-seeds": costs(lambda one: one.tire == 0, "seeds that cover different words"),
        "spreading-beyond-seeds": beyond_seeds,
        "spreading-time": spreading_time,
        "use-stdp-against-counts": stdp_against_counts(False),
        "use-stdp-against-counts-drift": stdp_against_counts(True),
        "use-spares-unused": use_spares_unused,
    }
    | {f"mechanisms-{task}": mechanisms(task) for task in TASKS}
)
