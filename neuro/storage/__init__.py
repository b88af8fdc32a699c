"""Storage writes files and folders whole or not at all, and checks what it reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from neuro.storage.circuit_file import load_circuit, save_circuit
    from neuro.storage.files import canonical_json, read_json, write_bytes, write_json
    from neuro.storage.folder import (
        MANIFEST,
        check_output_file,
        check_output_folder,
        is_untouched,
        output_folder,
        write_manifest,
    )
    from neuro.storage.snapshot import check_snapshot_folder, load_memory, load_snapshot, save_memory, save_snapshot

__all__ = [
    "MANIFEST",
    "canonical_json",
    "check_output_file",
    "check_output_folder",
    "check_snapshot_folder",
    "is_untouched",
    "load_circuit",
    "load_memory",
    "load_snapshot",
    "output_folder",
    "read_json",
    "save_circuit",
    "save_memory",
    "save_snapshot",
    "write_bytes",
    "write_json",
    "write_manifest",
]

if not TYPE_CHECKING:
    from importlib import import_module

    _HOMES = {
        "neuro.storage.circuit_file": "load_circuit save_circuit",
        "neuro.storage.files": "canonical_json read_json write_bytes write_json",
        "neuro.storage.folder": "MANIFEST check_output_file check_output_folder is_untouched output_folder "
        "write_manifest",
        "neuro.storage.snapshot": "check_snapshot_folder load_memory load_snapshot save_memory save_snapshot",
    }
    _HOME = {name: module for module, names in _HOMES.items() for name in names.split()}

    def __getattr__(name: str):
        """Import a public name when it is first used: a question to a text memory needs few of them."""
        if name not in _HOME:
            raise AttributeError(f"module 'neuro.storage' has no attribute {name!r}")
        return getattr(import_module(_HOME[name]), name)

    def __dir__():
        return __all__
