"""Planted bugs: for each property that is claimed, changes of the generated Verilog that break it."""

from __future__ import annotations

from dataclasses import dataclass, replace

from rtl_export.flows.formal import Property
from rtl_export.flows.properties import PROPERTIES


@dataclass(frozen=True)
class Planted:
    """A bug: the property that it breaks, the proof that has to see it, and the one place that changes."""

    claim: str
    proof: str
    file: str
    old: str
    new: str

    def goal(self) -> Property:
        """The proof over the changed Verilog."""
        found = next(part for part in PROPERTIES[self.claim]() if part.name == self.proof)
        text = found.files[self.file]
        assert text.count(self.old) == 1, f"{self.file} holds {self.old!r} {text.count(self.old)} times"
        return replace(found, files={**found.files, self.file: text.replace(self.old, self.new)})


_OVERFLOW, _SPIKES, _END = "no overflow wraps", "no spike lost under back-pressure", "every tick terminates"

PLANTED = {
    "a value too narrow": Planted(
        _OVERFLOW, "overflow_relay", "pop_a__step.v", "wire signed [6:0] update2_v", "wire signed [5:0] update2_v"
    ),
    "a sum too narrow": Planted(
        _OVERFLOW, "overflow_relay", "pop_a.v", "wire signed [3:0] added_v", "wire signed [2:0] added_v"
    ),
    "a trace that wraps": Planted(
        _OVERFLOW,
        "overflow_plasticity",
        "proj_sa__pre_traces__rise.v",
        "wire signed [3:0] trace1_x =",
        "wire signed [2:0] trace1_x =",
    ),
    "a quota that never ends": Planted("at most k winners", "at_most_k", "pop_a.v", "= QUOTA - used", "= QUOTA"),
    "one winner too many": Planted("at most k winners", "at_most_k", "pop_a.v", "PER_TICK = 2'd1", "PER_TICK = 2'd2"),
    "ties to the higher index": Planted(
        "exactly the largest win",
        "formal_winners",
        "winners.v",
        "margin == cut && places != 0",
        "margin == cut && places != candidates",
    ),
    "ties to the higher index, sorted in": Planted(
        "exactly the largest win", "formal_few_winners", "few_winners.v", ">= candidate_margin", "> candidate_margin"
    ),
    "places never taken": Planted(
        "exactly the largest win", "formal_winners", "winners.v", "places <= places - with_bit;", "places <= places;"
    ),
    "a refractory time too short": Planted(
        "refractory kept",
        "refractory",
        "pop_a__step.v",
        "settled_counter = fired ? 2'd2",
        "settled_counter = fired ? 2'd1",
    ),
    "a bound too high": Planted(
        "weights within bounds",
        "weights",
        "proj_sa__on_post.v",
        "(event2_w < 4'sd5) ? event2_w : 4'sd5",
        "(event2_w < 4'sd6) ? event2_w : 4'sd6",
    ),
    "the first spike skipped": Planted(_SPIKES, "spikes_of_core", "spike_sender.v", "position <= 0;", "position <= 1;"),
    "an address that changes while it waits": Planted(
        _SPIKES,
        "spikes_of_core",
        "spike_sender.v",
        "(state == OFFER && spike_ready)) && more",
        "state == OFFER) && more",
    ),
    "a spike taken without room": Planted(
        _SPIKES, "formal_stream", "spike_stream.v", "(!waiting || room) && !ending", "!ending"
    ),
    "a last beat that is forgotten": Planted(
        _SPIKES, "formal_stream", "spike_stream.v", "done || (ending && !room)", "done"
    ),
    "a walk without end": Planted(
        _END, "tick_ends", "spike_walker.v", "state    <= spike_read ? NEURON : IDLE;", "state    <= NEURON;"
    ),
    "a choice without end": Planted(
        _END, "choice_ends", "few_winners.v", "choosing <= left != 0;", "choosing <= choosing;"
    ),
}
"""What is wrong -> where."""
