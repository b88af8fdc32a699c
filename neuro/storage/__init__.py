"""Storage writes files and folders whole or not at all, and checks what it reads back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from neuro.deferred import deferred_names as _deferred_names

if TYPE_CHECKING:
    from neuro.storage.circuit_file import load_circuit, save_circuit
    from neuro.storage.files import canonical_json, read_json, write_bytes, write_json
    from neuro.storage.folder import (
        MANIFEST,
        RecoveredFolder,
        check_output_file,
        check_output_folder,
        is_untouched,
        output_folder,
        write_manifest,
    )
    from neuro.storage.snapshot import (
        check_snapshot_folder,
        load_encoder,
        load_memory,
        load_snapshot,
        save_encoder,
        save_memory,
        save_snapshot,
    )

__all__ = [
    "MANIFEST",
    "RecoveredFolder",
    "canonical_json",
    "check_output_file",
    "check_output_folder",
    "check_snapshot_folder",
    "is_untouched",
    "load_circuit",
    "load_encoder",
    "load_memory",
    "load_snapshot",
    "output_folder",
    "read_json",
    "save_circuit",
    "save_encoder",
    "save_memory",
    "save_snapshot",
    "write_bytes",
    "write_json",
    "write_manifest",
]

if not TYPE_CHECKING:
    __getattr__, __dir__ = _deferred_names(__name__, __file__)
