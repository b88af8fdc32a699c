"""Shares: the neurons that each of several threads runs, with all synapses onto them.

A share is a step program of its own: its neurons, their numbers, the columns of the inputs; sources and what lies with
source neurons, such as traces, every share keeps for itself. Shares meet where one could need a spike of another: a
spike of tick n arrives at n + shortest delay at the earliest, so that all meet once in as many ticks, plus one, between
thresholds and synapses.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from neuro.arrays import AnyArray
from neuro.compiler.ir import (
    Coefficient,
    PopulationProgram,
    ProjectionProgram,
    Scope,
    StepProgram,
    WinnersRule,
    symbols,
)
from neuro.simulators.compiled.drawn import delay_range
from neuro.simulators.compiled.kernel_lines import part_name
from neuro.simulators.compiled.kernel_module import KernelArgument

_BLOCK = 64
"""Kernels look through the flags of that many neurons at a time."""

_GATE = 16

_NEURON_WORK, _SYNAPSE_WORK = 1.0, 0.005
"""What a neuron and a synapse cost in a tick, about, in ns: a synapse is visited at some 5 Hz."""

_LEAST_WORK = 10_000
"""ns a tick that are worth a thread."""


@dataclass(frozen=True, slots=True)
class Share:
    """Which neurons of each population one thread runs: ``bounds[name] = (first, stop)``."""

    number: int
    bounds: Mapping[str, tuple[int, int]]


def shares_of(program: StepProgram, count: int) -> tuple[Share, ...]:
    """``count`` shares of a program, in ascending order of the neurons."""
    whole = _undivided(program)
    cuts = {}
    for part in program.populations:
        blocks = -(-part.size // _BLOCK)
        ends = [min(blocks * at // count * _BLOCK, part.size) for at in range(count + 1)]
        cuts[part.name] = [0, *[part.size] * count] if part.name in whole else ends
    return tuple(
        Share(number, {name: (ends[number], ends[number + 1]) for name, ends in cuts.items()})
        for number in range(count)
    )


def share_of(program: StepProgram, share: Share) -> StepProgram:
    """The program of one share; its projections keep all synapses and are cut where they are laid out."""
    return replace(
        program,
        populations=tuple(_cut(part, slice(*share.bounds[part.name])) for part in program.populations),
        inputs=tuple(
            replace(part, values=np.asarray(part.values)[:, slice(*share.bounds[part.population])])
            for part in program.inputs
        ),
        operations=tuple(
            replace(part, coefficients=_cut_numbers(part.coefficients, slice(*share.bounds[part.of])))
            if part.of in share.bounds
            else part
            for part in program.operations
        ),
    )


def is_divisible(program: StepProgram) -> bool:
    """Whether shares can run a program: no population looks into another one's, and no spike is older than the run."""
    return not program.past and not any(part.links for part in program.populations)


def fitting_threads(program: StepProgram) -> int:
    """How many threads a program is worth, of the cores that this process may use."""
    if not is_divisible(program):
        return 1
    work = sum(part.size for part in program.populations) * _NEURON_WORK
    work += sum(part.synapses for part in program.projections) * _SYNAPSE_WORK
    divided = sum(part.size for part in program.populations if part.name not in _undivided(program))
    if not divided:
        return 1
    return max(1, min(len(os.sched_getaffinity(0)), int(work // _LEAST_WORK)))


def common_memory(program: StepProgram, shares: tuple[Share, ...]) -> dict[str, KernelArgument]:
    """What the shares of a program have in common: everybody's spikes, and where they meet."""
    longest, shortest = 0, None
    for part in program.projections:
        if part.synapses:
            least, most = delay_range(part)
            longest, shortest = max(longest, most), least if shortest is None else min(shortest, least)
    shortest = 0 if shortest is None else shortest
    depth = longest + shortest + 2
    memory: dict[str, KernelArgument] = {
        "gate": np.zeros(_GATE, np.int64),
        "threads": np.int64(len(shares)),
        "meet_every": np.int64(shortest + 1),
        "meet_at": np.int64(shortest),
    }
    for index, population in enumerate(program.populations):
        begin = [share.bounds[population.name][0] for share in shares]
        arrays = {
            "all_ring": np.zeros((depth, population.size), np.int64),
            "all_counts": np.zeros((depth, len(shares)), np.int64),
            "all_begin": np.array(begin, np.int64),
        }
        memory |= {part_name("p", index, name): array for name, array in arrays.items()}
    return memory


def own_numbers(program: StepProgram, share: Share) -> dict[str, KernelArgument]:
    """Where a share's neurons begin, and its number."""
    memory: dict[str, KernelArgument] = {}
    for index, population in enumerate(program.populations):
        memory[part_name("p", index, "all_first")] = np.int64(share.bounds[population.name][0])
        memory[part_name("p", index, "all_share")] = np.int64(share.number)
    return memory


def _cut(part: PopulationProgram, neurons: slice) -> PopulationProgram:
    refractory, left = part.refractory, part.left
    return replace(
        part,
        left=None if left is None else left[neurons],
        size=neurons.stop - neurons.start,
        states=tuple(replace(state, initial=state.initial[neurons]) for state in part.states),
        coefficients=_cut_numbers(part.coefficients, neurons),
        refractory=refractory[neurons] if refractory is not None and refractory.ndim else refractory,
    )


def _cut_numbers(coefficients: tuple[Coefficient, ...], neurons: slice) -> tuple[Coefficient, ...]:
    return tuple(replace(part, values=_cut_array(part.values, neurons)) for part in coefficients)


def _cut_array(values: AnyArray, neurons: slice) -> AnyArray:
    return values[neurons] if values.ndim else values


def _undivided(program: StepProgram) -> set[str]:
    """Populations that one thread runs alone: who wins, or what synapses read or write at a source, hangs on all."""
    whole = {part.name for part in program.populations if part.winners != WinnersRule()}
    operated = {operation.of for operation in program.operations}
    for projection in program.projections:
        if projection.name in operated or any(scope is Scope.PRE for scope in _scopes(projection)):
            whole |= {projection.source, projection.target}
    return whole


def _scopes(projection: ProjectionProgram) -> Iterator[Scope]:
    for part in (*projection.on_pre, *projection.on_post, *projection.summed, *projection.update):
        yield part.target.scope
        yield from (symbol.scope for symbol in symbols(part.value))
