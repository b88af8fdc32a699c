"""Synapses in memory: the smallest format is taken, each runs the same, and a hesitating receiver loses no spike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from neuro.compiler.ir import Format, ProjectionProgram, State, StepProgram
from rtl_export import Outcome, build_core, tools
from rtl_export.core.storage import Storage, shard
from rtl_export.simulate import icarus
from rtl_export.simulate.result import read_result
from tests.rtl_export.programs import lif, network, source
from tests.rtl_export.simulators import exported, needs_icarus, run_icarus

SOURCES, TARGETS = 40, 37


def connected(mask: np.ndarray, weights: np.ndarray) -> StepProgram:
    """A source that drives neurons through the pairs of a mask."""
    rng = np.random.default_rng(1)
    sources, targets = mask.shape
    neurons, spikes = lif("a", targets, rng), source("s", sources, rng, ticks=60, rate=0.1)
    row_start = np.concatenate([[0], np.cumsum(mask.sum(axis=1))]).astype(np.int64)
    projection = ProjectionProgram(
        "sa",
        "s",
        "a",
        row_start,
        np.nonzero(mask)[1].astype(np.int64),
        np.array(1, np.int64),
        states=(State("w", weights.astype(np.int64), Format(14, -12)),),
        on_pre=network().projections[0].on_pre,
    )
    return StepProgram(1e-3, (neurons,), (spikes,), (projection,))


def programs() -> dict[Storage, StepProgram]:
    rng = np.random.default_rng(2)
    some = rng.random((SOURCES, TARGETS)) < 0.3
    everyone = np.ones((SOURCES, TARGETS), bool)
    count = int(some.sum())
    return {
        Storage.BITS: connected(some, np.full(count, 700)),
        Storage.ROWS: connected(some, rng.integers(-500, 4000, count)),
        Storage.DENSE: connected(everyone, rng.integers(-300, 1500, everyone.size)),
    }


@needs_icarus
@pytest.mark.parametrize("storage", Storage)
def test_each_format_runs_the_same(storage: Storage, tmp_path: Path) -> None:
    program = programs()[storage]
    core = build_core(program)
    assert core.projection("sa").storage is storage
    result = run_icarus(exported(program, tmp_path / "core", 60))
    assert (result.outcome, result.ticks) == (Outcome.PASSED, 60), result.detail
    assert result.spikes > 100
    assert 0 < result.most_clocks <= core.most_clocks


@needs_icarus
def test_a_hesitating_receiver_loses_no_spike(tmp_path: Path) -> None:
    core = exported(network(), tmp_path / "core", 120)
    program = icarus.build_icarus(core, tmp_path)
    logs = [
        tools.run_tool("run", ["vvp", "-n", str(program), f"+stall={stall}"], folder=core.rtl, seconds=60)
        for stall in (0, 1)
    ]
    steady, hesitating = (read_result("icarus", log, 120) for log in logs)
    assert (hesitating.outcome, hesitating.spikes) == (Outcome.PASSED, steady.spikes)
    assert hesitating.most_clocks > steady.most_clocks


def test_rows_take_even_and_odd_targets_in_turn() -> None:
    program = connected(np.array([[1, 0, 1, 0, 1, 1, 0, 1]], bool), np.arange(5))
    part = shard(program.projections[0], 0, 8, static=True)
    assert part.column.tolist() == [0, 5, 2, 7, 4]
    assert part.order.tolist() == [0, 3, 1, 4, 2]
    kept = shard(program.projections[0], 0, 8, static=False)
    assert kept.column.tolist() == [0, 2, 4, 5, 7]


def test_a_shard_holds_what_ends_in_it() -> None:
    projection = programs()[Storage.ROWS].projections[0]
    projection = replace(projection, column=projection.column % 36)
    parts = [shard(projection, core, 12, static=True) for core in range(3)]
    assert sorted(np.concatenate([part.order for part in parts]).tolist()) == list(range(projection.synapses))
    for core, part in enumerate(parts):
        assert np.array_equal(projection.column[part.order], part.column + 12 * core)


@needs_icarus
def test_one_synaptic_event_a_clock_is_sustained(tmp_path: Path) -> None:
    program = programs()[Storage.DENSE]
    core, result = build_core(program), run_icarus(exported(program, tmp_path / "core", 60))
    most = int(np.bincount(program.sources[0].ticks).max())
    assert most > 5
    # Rows of an odd number of targets meet in a bank where one ends and the next begins: a clock a row.
    assert result.most_clocks <= most * (TARGETS + 1) + core.pass_clocks + core.send_clocks + 30


def test_two_synapses_of_one_pair_do_not_make_up_for_a_pair_without_one() -> None:
    part = build_core(connected(np.ones((4, 1), bool), np.arange(4))).projections[0]
    doubled = connected(np.ones((4, 1), bool), np.arange(4))
    link = replace(doubled.projections[0], row_start=np.array([0, 2, 2, 3, 4]))
    assert part.storage is Storage.DENSE
    assert build_core(replace(doubled, projections=(link,))).projections[0].storage is Storage.ROWS
