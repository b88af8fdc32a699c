"""Folder: the layout of an exported core on disk, and its manifest.

rtl/            Verilog sources
tb/             testbench.v, driver.cpp, commands.txt
bus/            wrappers for AXI and Wishbone, registers.h, registers.py
flows/          what LibreLane needs, constraints
<core>.core     for FuseSoC
README.md       ports, registers, how to run
manifest.json   name of the core, ticks of the vectors, SHA-256 of every file
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

from neuro.errors import InvalidInput
from rtl_export.core.names import check_core_name

CORE_MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class ExportedCore:
    """A core in a folder.

    Args:
        folder: where it is.
        name: of the top module.
        ticks: how many ticks the golden vectors cover.
        files: path inside the folder -> SHA-256 at export.
    """

    folder: Path
    name: str
    ticks: int
    files: dict[str, str]

    @property
    def rtl(self) -> Path:
        """The folder of the sources; simulators run there, because memory images are named without a folder."""
        return self.folder / "rtl"

    @property
    def tb(self) -> Path:
        """The folder of the test benches and vectors."""
        return self.folder / "tb"

    @property
    def sources(self) -> tuple[Path, ...]:
        """The Verilog sources, sorted."""
        return tuple(sorted(self.rtl.glob("*.v")))

    def changed(self) -> tuple[str, ...]:
        """Files that are missing or not as they were exported."""
        return tuple(name for name, digest in self.files.items() if _digest(self.folder / name) != digest)


def write_core_manifest(folder: Path, name: str, ticks: int) -> None:
    """Write the manifest of everything that is in the folder."""
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    files = {path.relative_to(folder).as_posix(): _digest(path) for path in paths}
    text = json.dumps({"core": name, "ticks": ticks, "files": files}, indent=2, sort_keys=True)
    (folder / CORE_MANIFEST).write_text(text + "\n", encoding="ascii")


def read_core(folder: Path) -> ExportedCore:
    """The core that lies in a folder.

    Raises:
        InvalidInput: the folder holds no exported core, or its manifest is damaged.
    """
    path = folder / CORE_MANIFEST
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        if "made_by" in manifest:  # a demo's folder, an experiment's
            inside = [part.parent.name for part in sorted(folder.glob(f"*/{CORE_MANIFEST}"))]
            where = f"; give {folder / inside[0]}" if inside else "; export one first"
            raise InvalidInput(f"{folder} holds something else than an exported core{where}")
        name, ticks, files = manifest["core"], manifest["ticks"], manifest["files"]
        valid = isinstance(ticks, int) and ticks >= 0 and isinstance(files, dict)
    except OSError as error:
        raise InvalidInput(
            f"{folder} holds no exported core ({error.strerror}: {CORE_MANIFEST}); export one first"
        ) from None
    except InvalidInput:
        raise
    except (ValueError, KeyError, TypeError, RecursionError):
        valid = False
    if not valid:
        raise InvalidInput(f"{path} is damaged; export the core again")
    return ExportedCore(folder, check_core_name(name), ticks, {str(key): str(value) for key, value in files.items()})


def _digest(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError:
        return None
