"""Store: what goes to disk, whole or not at all, and comes back checked."""

from __future__ import annotations

from neuro.store.circuit_file import load_circuit, save_circuit
from neuro.store.claim import FolderClaim
from neuro.store.folder import (
    MANIFEST,
    check_output_file,
    check_output_folder,
    is_untouched,
    output_folder,
    write_manifest,
)
from neuro.store.memory_file import load_memory, save_memory
from neuro.store.records import Edges, NewRecord, Record, RecordStore, open_records
from neuro.store.snapshot import check_snapshot_folder, load_snapshot, save_snapshot
from neuro.store.text import canonical_json, read_json, write_bytes, write_json

__all__ = [
    "Edges",
    "FolderClaim",
    "MANIFEST",
    "NewRecord",
    "Record",
    "RecordStore",
    "canonical_json",
    "check_output_file",
    "check_output_folder",
    "check_snapshot_folder",
    "is_untouched",
    "load_circuit",
    "load_memory",
    "load_snapshot",
    "open_records",
    "output_folder",
    "read_json",
    "save_circuit",
    "save_memory",
    "save_snapshot",
    "write_bytes",
    "write_json",
    "write_manifest",
]
