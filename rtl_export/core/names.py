"""Names: every identifier of the generated Verilog that holds a name of the circuit is built here.

A name always comes behind a role such as ``pop_`` or ``start_``. No Verilog keyword starts with a role, and names of
parts never hold two underscores in a row, so nothing can clash whatever a user calls it.
"""

from __future__ import annotations

import re

from neuro.errors import InvalidInput

STATIC_MODULES = (
    "bit_walker",
    "every",
    "few_winners",
    "row_walker",
    "sequencer",
    "spike_ring",
    "spike_sender",
    "spike_walker",
    "sram",
    "sram_pair",
    "winners",
)
"""Modules that every core uses; their text depends on parameters only."""

_RESERVED = frozenset((*STATIC_MODULES, "spike_router", "testbench"))
_KEYWORDS = frozenset(
    """always and assign automatic begin buf bufif0 bufif1 case casex casez cell cmos config deassign default defparam
    design disable edge else end endcase endconfig endfunction endgenerate endmodule endprimitive endspecify endtable
    endtask event for force forever fork function generate genvar highz0 highz1 if ifnone incdir include initial inout
    input instance integer join large liblist library localparam macromodule medium module nand negedge nmos nor
    noshowcancelled not notif0 notif1 or output parameter pmos posedge primitive pull0 pull1 pulldown pullup
    pulsestyle_ondetect pulsestyle_onevent rcmos real realtime reg release repeat rnmos rpmos rtran rtranif0 rtranif1
    scalared showcancelled signed small specify specparam strong0 strong1 supply0 supply1 table task time tran tranif0
    tranif1 tri tri0 tri1 triand trior trireg unsigned use uwire vectored wait wand weak0 weak1 while wire wor xnor
    xor

    accept_on alias always_comb always_ff always_latch assert assume before bind bins binsof bit break byte chandle
    checker class clocking const constraint context continue cover covergroup coverpoint cross dist do endchecker
    endclass endclocking endgroup endinterface endpackage endprogram endproperty endsequence enum eventually expect
    export extends extern final first_match foreach forkjoin global iff ignore_bins illegal_bins implements implies
    import inside int interface intersect join_any join_none let local logic longint matches modport nettype new
    nexttime null package packed priority program property protected pure rand randc randcase randsequence ref
    reject_on restrict return s_always s_eventually s_nexttime s_until s_until_with sequence shortint shortreal soft
    solve static string strong struct super sync_accept_on sync_reject_on tagged this throughout timeprecision
    timeunit type typedef union unique unique0 until until_with untyped var virtual void wait_order weak wildcard
    with within""".split()  # noqa: SIM905 - one name a line would hide the rest of this file
)
"""Of Verilog-2005 and, from the blank line on, of SystemVerilog: many tools read ``.v`` files as that."""
_LONGEST = 100
_IDENTIFIER = re.compile(r"[A-Za-z][A-Za-z0-9_]*\Z", re.ASCII)
_PART = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)*\Z", re.ASCII)
_VARIABLE = re.compile(r"[A-Za-z0-9]+(__?[A-Za-z0-9]+)*\Z", re.ASCII)


def check_core_name(name: str) -> str:
    """The name of the core's top module, as given.

    Raises:
        InvalidInput: not a Verilog identifier, a keyword, or a name that a module of the core has already.
    """
    if not isinstance(name, str) or len(name) > 200 or not _IDENTIFIER.match(name) or name in _KEYWORDS:
        raise InvalidInput(f"the core is named {str(name)[:60]!r}; use letters, digits and _, and no Verilog keyword")
    if name in _RESERVED or name.startswith(("pop_", "proj_")):
        raise InvalidInput(
            f"the core is named {name!r}, which a module inside is; use another name, such as {name}_core"
        )
    return name


def verilog_part_name(role: str, name: str) -> str:
    """``role_name``: the identifier of a population, projection or source in its role.

    Raises:
        InvalidInput: the name does not fit into Verilog.
    """
    return _joined(role, name, _PART, "single underscores")


def variable_name(role: str, name: str) -> str:
    """``role_name``: the identifier of a state or coefficient in its role; it may hold two underscores in a row.

    Raises:
        InvalidInput: the name does not fit into Verilog.
    """
    return _joined(role, name, _VARIABLE, "one underscore or two")


def _joined(role: str, name: str, pattern: re.Pattern[str], by: str) -> str:
    if not isinstance(name, str) or not pattern.match(name) or len(name) > _LONGEST:
        raise InvalidInput(
            f"the name {str(name)[:60]!r} can't become Verilog; use up to {_LONGEST} letters and digits, joined by {by}"
        )
    return f"{role}_{name}"


def population_module(name: str) -> str:
    """Module of a population."""
    return verilog_part_name("pop", name)


def projection_module(name: str) -> str:
    """Module of a projection."""
    return verilog_part_name("proj", name)


def signal_of(module: str, signal: str) -> str:
    """A module's signal in the core; two underscores part them, as names of parts have none."""
    return f"{module}__{signal}"
