"""One changed place in the generated Verilog, whichever it is, makes ``verify`` fail."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from neuro.errors import VerificationError
from rtl_export import ExportedCore, Outcome, RTLSimulator, SimulatorResult, require_equal, verify
from rtl_export.simulate import icarus
from tests.rtl_export.programs import PROGRAMS, joined
from tests.rtl_export.simulators import exported, needs_icarus

PARTS = ("network", "winners and quota", "saturation", "counter", "many winners")
"""p0: a (own values for each neuron), b, source s; p1: a (winners), b; p2: a (narrow registers); p3: a; p4: as p1."""


@dataclass(frozen=True)
class Mutation:
    """A file of ``rtl/``, a text that it holds exactly once, and what comes in its place."""

    file: str
    old: str
    new: str


MUTATIONS = {
    "operator": Mutation("pop_p0_b__step.v", "d1_update1_v + d2_update2_v", "d1_update1_v - d2_update2_v"),
    "sign": Mutation("pop_p0_b__step.v", "next_v - coef_v_threshold", "next_v + coef_v_threshold"),
    "strict comparison": Mutation("pop_p3_a__step.v", "(threshold1_margin > ", "(threshold1_margin >= "),
    "constant": Mutation("pop_p0_b__step.v", "coef_decay = 13'sd3500", "coef_decay = 13'sd3501"),
    "threshold": Mutation("pop_p0_b__step.v", "coef_v_threshold = 14'sd5000", "coef_v_threshold = 14'sd4900"),
    "width of the weights' sum": Mutation("pop_p0_b.v", "wire signed [17:0] sum_g =", "wire signed [12:0] sum_g ="),
    "rounding": Mutation("pop_p0_b__step.v", "update7_g + 13'sd2048", "update7_g + 13'sd0"),
    "saturation above": Mutation("pop_p2_a__step.v", "14'sd8191 : d1_settle1_v", "14'sd8190 : d1_settle1_v"),
    "saturation below": Mutation("pop_p2_a__step.v", "14'sh2000 : (d1_settle2_g", "14'sh2001 : (d1_settle2_g"),
    "reset value": Mutation("pop_p0_b__step.v", "coef_v_reset = -8'sd100", "coef_v_reset = -8'sd99"),
    "start value": Mutation("pop_p2_a__step.v", "initialising ? -14'sd77", "initialising ? -14'sd76"),
    "refractory time": Mutation("pop_p0_b__step.v", "settled_counter = fired ? 2'd2", "settled_counter = fired ? 2'd3"),
    "refractory end": Mutation(
        "pop_p0_b__step.v", "wire active = next_counter == 0", "wire active = next_counter <= 1"
    ),
    "held variable": Mutation(
        "pop_p0_b__step.v", "refractory = fired || stored_counter != 0", "refractory = fired && stored_counter != 0"
    ),
    "restart": Mutation("pop_p0_b__step.v", "start_g = (restart[1]) ?", "start_g = (restart[0]) ?"),
    "restart of the counter": Mutation("pop_p0_b__step.v", "(restart != 0) ? 2'd0", "(restart != 0) ? 2'd1"),
    "input": Mutation("pop_p0_a.v", ".write_address(row0_clear ? write_index : host_address)", ".write_address(0)"),
    "reset before the sums": Mutation("pop_p0_b__step.v", "d3_after1_v : d1_settled_v", "d3_after1_v : d1_stored_v"),
    "synapses before the update": Mutation("sequencer.v", "state <= START;", "state <= UNIT_START;"),
    "spikes grow old too early": Mutation("sequencer.v", "advance      = state == ADVANCE", "advance = state == START"),
    "one projection forgotten": Mutation("sequencer.v", "running <= 1;", "running <= 2;"),
    "delay": Mutation("proj_p0_ab.v", "DELAY = 2'd2", "DELAY = 2'd1"),
    "delay before the first spike": Mutation("spike_ring.v", "read_age > filled", "read_age >= filled"),
    "last synapse of a row": Mutation("row_walker.v", "left     <= length - 1'b1;", "left     <= length;"),
    "two events for one bank": Mutation("proj_p0_sa.v", "hold = at_synapse &&", "hold = 1'b0 &&"),
    "sums left over": Mutation("pop_p0_b.v", ".write(adding || write),", ".write(adding),"),
    "both banks": Mutation("sram_pair.v", "last_odd ? odd_rdata : even_rdata", "last_odd ? even_rdata : odd_rdata"),
    "first spike lost": Mutation("spike_sender.v", "position <= 0;", "position <= 1;"),
    "tie rule": Mutation("winners.v", "margin == cut && places != 0", "margin == cut && places > 1"),
    "ties all win": Mutation("winners.v", "(margin > cut ||", "(margin >= cut ||"),
    "largest margin": Mutation("winners.v", "places <= places - with_bit;", "places <= places;"),
    "winners per tick": Mutation("pop_p1_a.v", "PER_TICK = 4'd2", "PER_TICK = 4'd1"),
    "places for winners": Mutation("pop_p1_a.v", ".PLACES(2)", ".PLACES(1)"),
    "tie rule, sorted in": Mutation("few_winners.v", ">= candidate_margin", "> candidate_margin"),
    "order of winners": Mutation("few_winners.v", "first ? one : other", "first ? other : one"),
    "limit of few": Mutation("few_winners.v", "reached[i] = limit > i", "reached[i] = limit >= i"),
    "quota": Mutation("pop_p1_a.v", "QUOTA = 3'd7", "QUOTA = 3'd6"),
    "done too early": Mutation("sequencer.v", "done         = state == ADVANCE", "done         = state == UNIT_START"),
    "spikes refused": Mutation("sequencer.v", "(state >= START &&", "(state > START &&"),
    "written while busy": Mutation(
        "spikeloom_core.v", "host_writing = host_write && ready", "host_writing = host_write"
    ),
    "a reset starts a pass": Mutation("pop_p0_b.v", "fetch   <= 1'b0;", "fetch   <= 1'b1;"),
    "quota after a restart": Mutation("pop_p1_a.v", "if (ending && restart != 0)", "if (ending && restart == 0)"),
}


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> ExportedCore:
    program = joined({name: PROGRAMS[name] for name in PARTS})
    return exported(program, tmp_path_factory.mktemp("mutations") / "core", ticks=60)


@needs_icarus
def test_the_unchanged_core_passes(core: ExportedCore) -> None:
    results = verify(core.folder, simulators=(RTLSimulator.ICARUS,))
    assert [result.outcome for result in results] == [Outcome.PASSED]
    require_equal(results)


@needs_icarus
def test_rehearsals_find_what_a_reset_forgets(tmp_path: Path) -> None:
    def run(made: ExportedCore, rehearsals: int) -> SimulatorResult:
        return icarus.run_icarus(
            icarus.build_icarus(made, tmp_path), made, made.ticks, 60.0, stop=True, rehearsals=rehearsals
        )

    core = exported(PROGRAMS["counter"](), tmp_path / "core", ticks=12)
    assert run(core, 2) == run(core, 0)
    path = core.rtl / f"{core.name}.v"
    text, old = path.read_text(), "if (reset) begin\n            pop_a__states_coming <= 0;"
    assert text.count(old) == 1
    path.write_text(text.replace(old, old.replace("(reset)", "(reset && 1'b0)")))
    assert run(core, 0).outcome is Outcome.PASSED
    assert "a word came unasked" in run(core, 1).detail


@needs_icarus
def test_a_wrong_start_value_is_found_before_the_first_tick(core: ExportedCore, tmp_path: Path) -> None:
    mutant = replace(core, folder=tmp_path / "core")
    shutil.copytree(core.folder, mutant.folder)
    path = mutant.rtl / MUTATIONS["start value"].file
    path.write_text(path.read_text().replace(MUTATIONS["start value"].old, MUTATIONS["start value"].new))
    result = icarus.run_icarus(icarus.build_icarus(mutant, tmp_path), mutant, mutant.ticks, 60.0, stop=True)
    assert (result.outcome, result.ticks, result.mismatches) == (Outcome.FAILED, 0, 1)
    assert result.detail.startswith("tick 0, command 5, memory")


@needs_icarus
@pytest.mark.parametrize("name", MUTATIONS)
def test_every_mutation_is_found(name: str, core: ExportedCore, tmp_path: Path) -> None:
    mutation = MUTATIONS[name]
    mutant = replace(core, folder=tmp_path / "core")
    shutil.copytree(core.folder, mutant.folder)
    path = mutant.rtl / mutation.file
    text = path.read_text()
    assert text.count(mutation.old) == 1, f"{mutation.file} holds {mutation.old!r} {text.count(mutation.old)} times"
    path.write_text(text.replace(mutation.old, mutation.new))
    assert mutant.changed() == (f"rtl/{mutation.file}",)
    result = icarus.run_icarus(icarus.build_icarus(mutant, tmp_path), mutant, mutant.ticks, 60.0, stop=True)
    assert result.outcome is Outcome.FAILED
    assert result.mismatches == 1
    with pytest.raises(VerificationError, match=r"Icarus Verilog: 1 mismatches in"):
        require_equal([result])


@needs_icarus
def test_verify_counts_every_mismatch(core: ExportedCore, tmp_path: Path) -> None:
    mutation = MUTATIONS["reset value"]
    mutant = replace(core, folder=tmp_path / "core")
    shutil.copytree(core.folder, mutant.folder)
    path = mutant.rtl / mutation.file
    path.write_text(path.read_text().replace(mutation.old, mutation.new))
    (result,) = verify(mutant.folder, simulators=(RTLSimulator.ICARUS,))
    assert (result.outcome, result.ticks) == (Outcome.FAILED, core.ticks)
    assert result.mismatches > 1
    with pytest.raises(VerificationError, match=f"Icarus Verilog: {result.mismatches} mismatches in"):
        require_equal([result])
