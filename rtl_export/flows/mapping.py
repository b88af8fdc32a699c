"""Mapping: Verilog to a netlist of standard cells, with Yosys and ABC. Before any layout."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import InvalidInput, ToolError
from rtl_export import yosys

_SECONDS = 1200.0
# Yosys' own recipe for a library with a delay target, and sizing at its end.
_SCRIPT = "+strash;ifraig;scorr;dc2;dch,-f;map,-B,0.9;topo;buffer,-c;upsize,{D};dnsize,{D}"


@dataclass(frozen=True, slots=True)
class Library:
    """A Liberty library of standard cells.

    Args:
        path: of the file.
        sha256: of its bytes.
    """

    path: Path
    sha256: str

    @classmethod
    def read(cls, path: Path | str) -> Library:
        """The library in a file.

        Raises:
            InvalidInput: there is no such file.
        """
        file = Path(path).resolve()
        if not file.is_file():
            raise InvalidInput(f"{path} is no file; give a Liberty library (.lib)")
        return cls(file, hashlib.sha256(file.read_bytes()).hexdigest())


@dataclass(frozen=True, slots=True)
class Mapped:
    """A netlist of cells.

    Args:
        top: its module.
        verilog: the netlist's file.
        json: the same netlist as Yosys' JSON.
        cells: number of cells; black boxes are not among them.
        area_um2: their area in square micrometres.
        cells_by_type: how many of each.
    """

    top: str
    verilog: Path
    json: Path
    cells: int
    area_um2: float
    cells_by_type: dict[str, int]


def map_to_cells(
    sources: Sequence[Path],
    top: str,
    library: Library,
    scratch: Path,
    *,
    period_ns: float,
    keep: Sequence[str] = (),
    seconds: float = _SECONDS,
) -> Mapped:
    """Synthesise modules into the cells of a library.

    Args:
        sources: Verilog files.
        top: the module.
        library: to map to.
        scratch: folder for what is made.
        period_ns: the clock that ABC aims for.
        keep: modules that stay as they are, as black boxes (memories).
        seconds: time limit.

    Raises:
        ToolError: pyosys is missing, a pass failed or it took too long.
    """
    named, netlist, tables = yosys.quoted(library.path), scratch / f"{top}.mapped.v", scratch / f"{top}.mapped.json"
    statistics = scratch / f"{top}.cells.json"
    passes = [f"read_verilog {yosys.quoted(path)}" for path in sources]
    passes += [*(f"blackbox {name}" for name in keep), f"hierarchy -check -top {top}", "proc"]
    passes += ["flatten", "delete t:$scopeinfo", "opt -full", "wreduce", "peepopt", "opt_clean", "alumacc", "share"]
    passes += ["opt", "fsm", "memory -nomap", "memory_map", "opt -full", "techmap", "opt -full"]
    passes += [f"dfflibmap -liberty {named}"]
    passes += [f"abc -liberty {named} -D {round(1000 * period_ns)} -script {_SCRIPT}", "opt_clean -purge"]
    passes += ["setundef -zero", "rename -enumerate", "opt_clean"]
    passes += [f"tee -q -o {yosys.quoted(statistics)} stat -json -liberty {named}"]
    passes += [f"write_verilog -noattr -noexpr -nohex -nodec -simple-lhs {yosys.quoted(netlist)}"]
    # With the library's cells known, the JSON says which pins are outputs.
    passes += [f"read_liberty -lib -ignore_miss_func {named}", f"write_json {yosys.quoted(tables)}"]
    yosys.run_passes(f"mapping {top}", passes, seconds=seconds)
    # OpenSTA's reader knows no signed nets; in a netlist of cells the word means nothing.
    netlist.write_text(netlist.read_text(encoding="utf-8").replace(" signed ", " "), encoding="utf-8")
    try:
        design = json.loads(statistics.read_text(encoding="utf-8"))["design"]
    except (OSError, ValueError, KeyError) as error:
        raise ToolError(f"mapping {top}: Yosys wrote no statistics ({error})") from None
    types = {name: int(count) for name, count in sorted(design["num_cells_by_type"].items()) if name not in keep}
    return Mapped(top, netlist, tables, sum(types.values()), float(design["area"]), types)
