"""Snapshots keep named arrays, such as the state of a memory, in one folder, whole and checked.

    FOLDER/arrays.npz        the arrays, without pickle
    FOLDER/about.json        {"kind": ..., and what else the caller says of them}
    FOLDER/manifest.json     the SHA-256 of both

A folder appears whole or not at all (:func:`neuro.storage.output_folder`); one that was changed in any bit is refused.
"""

from __future__ import annotations

import io
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from neuro.arrays import AnyArray, JSONValue
from neuro.errors import InvalidInput
from neuro.storage.files import npy_bytes, read_json, write_bytes, write_json
from neuro.storage.folder import (
    check_output_folder,
    is_untouched,
    output_folder,
    read_steadily,
    recover_folder,
    write_manifest,
)

if TYPE_CHECKING:
    from neuro.encoders.learned import LearnedEncoder
    from neuro.memories.base import Memory

_ARRAYS, _ABOUT = "arrays.npz", "about.json"
_MADE_BY = "spikeloom snapshot"
_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The earliest time a zip can hold: equal arrays give equal bytes."""

KINDS_OF_0_1_0: Mapping[str, str] = MappingProxyType(
    {
        "AutoAssociativeMemory": "memory.auto_associative",
        "ChainMemory": "memory.chain",
        "ContrastiveEncoderTrainer": "training.contrastive",
        "HebbianMemory": "memory.hebbian",
        "HippocampalMemory": "memory.hippocampal",
        "HolographicMemory": "memory.holographic",
        "LinearMemory": "memory.linear",
        "ModernHopfield": "memory.modern_hopfield",
        "PalimpsestMemory": "memory.palimpsest",
        "PseudoInverseMemory": "memory.pseudo_inverse",
        "SpikeIndex": "index",
        "SwarmMemory": "memory.swarm",
        "ThresholdPhasorAssociativeMemory": "memory.threshold_phasor",
    }
)
"""What 0.1.0 called kinds (the classes of that time) -> what they are called; read, never written."""


def save_snapshot(
    folder: Path, kind: str, arrays: Mapping[str, AnyArray], about: Mapping[str, JSONValue] | None = None
) -> None:
    """Write arrays; an earlier, unchanged snapshot of the same kind is replaced.

    Args:
        folder: new, empty, or an untouched snapshot of this kind.
        kind: what the arrays are, e.g. ``"memory.hebbian"``; a reader must ask for the same.
        arrays: of numbers, truth values or fixed-width text, by name.
        about: JSON values to keep beside them.

    Raises:
        InvalidInput: an array of objects, or a folder that can't be written or holds something else.
    """
    for name, array in arrays.items():
        if np.asarray(array).dtype.hasobject:
            raise InvalidInput(f"array {name!r} holds Python objects; only plain numbers and text can be kept")
    with output_folder(folder, lambda path: _holds(path, kind)) as staging:
        write_bytes(staging / _ARRAYS, _npz(arrays))
        write_json(staging / _ABOUT, {**(about or {}), "kind": kind})
        write_manifest(staging, _MADE_BY)


def check_snapshot_folder(folder: Path, kind: str) -> None:
    """Raise InvalidInput unless :func:`save_snapshot` could write there: to be asked before long work."""
    check_output_folder(folder, lambda path: _holds(path, kind))


def load_snapshot(folder: Path, kind: str) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    """The arrays of a snapshot, and what was said about them.

    A writer may put a newer one in its place meanwhile: what is read is wholly the earlier or wholly the newer one.

    Raises:
        InvalidInput: no snapshot, one of another kind, or one whose files differ from their manifest.
    """
    recover_folder(folder)
    return read_steadily(folder, lambda: _loaded(folder, kind))


def _loaded(folder: Path, kind: str) -> tuple[dict[str, AnyArray], dict[str, Any]]:
    if not (folder / _ARRAYS).is_file():
        raise InvalidInput(f"{folder} holds no snapshot ({_ARRAYS} is missing); give a folder that was saved")
    try:
        if not is_untouched(folder, _MADE_BY):
            raise InvalidInput(f"the snapshot {folder} is damaged: its files differ from manifest.json; rebuild it")
        about = read_json(folder / _ABOUT)
        if not isinstance(about, dict):
            raise InvalidInput(f"{folder / _ABOUT} holds no object; rebuild the snapshot")
        if not _same(about.get("kind"), kind):
            raise InvalidInput(f"{folder} is a snapshot of {about.get('kind')!r}; {kind!r} was asked for")
        with np.load(folder / _ARRAYS, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
    except InvalidInput:
        raise
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise InvalidInput(f"the snapshot {folder} can't be read ({error}); rebuild it") from None
    return arrays, {name: value for name, value in about.items() if name != "kind"}


def _holds(folder: Path, kind: str) -> bool:
    if not is_untouched(folder, _MADE_BY):
        return False
    about = read_json(folder / _ABOUT)
    return isinstance(about, dict) and _same(about.get("kind"), kind)


def _same(found: object, kind: str) -> bool:
    return isinstance(found, str) and KINDS_OF_0_1_0.get(found, found) == KINDS_OF_0_1_0.get(kind, kind)


def _npz(arrays: Mapping[str, AnyArray]) -> bytes:
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(arrays):
            archive.writestr(zipfile.ZipInfo(f"{name}.npy", _EPOCH), npy_bytes(arrays[name]))
    return whole.getvalue()


M = TypeVar("M", bound="Memory")

_ENCODER = "encoder.learned"


def save_encoder(folder: str | os.PathLike[str], encoder: LearnedEncoder) -> None:
    """Write a learned encoder; an earlier, unchanged snapshot of one is replaced.

    Raises:
        InvalidInput: a folder that can't be written or holds something else.
    """
    save_snapshot(Path(folder), _ENCODER, encoder.state(), {"digest": encoder.digest})


def load_encoder(folder: str | os.PathLike[str]) -> LearnedEncoder:
    """The encoder that :func:`save_encoder` wrote.

    Raises:
        InvalidInput: no snapshot of a learned encoder, or a damaged one.
    """
    from neuro.encoders.learned import LearnedEncoder

    arrays, _ = load_snapshot(Path(folder), _ENCODER)
    return LearnedEncoder.from_state(arrays)


def save_memory(folder: str | os.PathLike[str], memory: Memory) -> None:
    """Write a memory; an earlier, unchanged snapshot of the same kind of memory is replaced.

    Raises:
        InvalidInput: a folder that can't be written or holds something else; a memory whose class has no ``kind``.
    """
    save_snapshot(Path(folder), _kind_of(type(memory)), memory.state())


def load_memory(folder: str | os.PathLike[str], kind: type[M]) -> M:
    """The memory that :func:`save_memory` wrote.

    Args:
        folder: where it lies.
        kind: its class, e.g. ``HebbianMemory``.

    Raises:
        InvalidInput: no snapshot of such a memory, or a damaged one.
    """
    arrays, _ = load_snapshot(Path(folder), _kind_of(kind))
    return kind.from_state(arrays)


def _kind_of(memory: type[Memory]) -> str:
    kind = getattr(memory, "kind", None)
    if not isinstance(kind, str):
        raise InvalidInput(
            f"{memory.__name__} has no kind, the name that files call it by; give the class one: kind = 'memory.mine'"
        )
    return kind
