"""Circuit files: a circuit as one ``.npz`` file that holds no code and is checked byte by byte when read.

Members: ``circuit.json`` (:mod:`neuro.store.circuit_record`), ``a0.npy``, ``a1.npy``, ...; ``manifest.json``,
the SHA-256 of each of them. Members are stored uncompressed: no file unfolds into more than its own size.
Equal circuits give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
from pathlib import Path
from typing import Any, cast

import numpy as np
import numpy.typing as npt
from pydantic import ValidationError

from neuro.circuit import Circuit
from neuro.errors import InvalidInput
from neuro.store.circuit_record import CircuitRecord, from_record, to_record
from neuro.store.text import canonical_json, write_bytes

_DESCRIPTION, _DIGESTS = "circuit.json", "manifest.json"
_LONGEST_HEADER = 10_000


def save_circuit(circuit: Circuit, path: str | os.PathLike[str]) -> None:
    """Write a circuit to one file, in one step; an existing file is replaced.

    Args:
        circuit: what to write; Brian2 quantities keep their dimensions.
        path: the file, usually ``*.npz``.

    Raises:
        InvalidInput: the folder is missing or can't be written.
    """
    record, arrays = to_record(circuit)
    members = {_DESCRIPTION: canonical_json(record.model_dump(mode="json")).encode()}
    members |= {f"{name}.npy": _npy(values) for name, values in arrays.items()}
    members[_DIGESTS] = canonical_json({name: _digest(content) for name, content in members.items()}).encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            # A ZipInfo carries a fixed date, so equal circuits give equal bytes.
            archive.writestr(zipfile.ZipInfo(name), content)
    write_bytes(Path(path), whole.getvalue())


def load_circuit(path: str | os.PathLike[str]) -> Circuit:
    """Read a circuit that :func:`save_circuit` wrote. Nothing in the file is run or unpickled.

    Raises:
        InvalidInput: the file is missing, damaged, no circuit file, or its circuit contradicts itself.
    """
    members = _members(Path(path))
    try:
        record = CircuitRecord.model_validate_json(members.pop(_DESCRIPTION))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise InvalidInput(f"{path} does not describe a circuit: {place}: {first['msg']}") from None
    arrays = {name.removesuffix(".npy"): _array(content, name, path) for name, content in members.items()}
    try:
        return from_record(record, arrays)
    except InvalidInput as error:
        raise type(error)(f"{path} does not describe a circuit: {error}") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _npy(values: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _members(path: Path) -> dict[str, bytes]:
    """The checked members of a file, without the manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [member for member in archive.infolist() if member.compress_type == zipfile.ZIP_STORED]
            packed = len(archive.infolist()) - len(listed)
            names = [member.filename for member in listed]
            contents = {member.filename: archive.read(member) for member in listed}
    except OSError as error:
        raise InvalidInput(f"the circuit file {path} can't be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError, NotImplementedError) as error:
        raise InvalidInput(f"{path} is damaged or no circuit file ({str(error)[:120]})") from None
    if packed or len(set(names)) != len(names) or not {_DESCRIPTION, _DIGESTS} <= set(names):
        raise InvalidInput(f"{path} is no circuit file: write one with neuro.store.save_circuit")
    _check_digests(contents, path)
    return contents


def _check_digests(contents: dict[str, bytes], path: Path) -> None:
    """Take the manifest out of the contents and hold them against it."""
    try:
        expected = json.loads(contents.pop(_DIGESTS))
    except (ValueError, RecursionError):
        expected = None
    actual = {name: _digest(content) for name, content in contents.items()}
    if not isinstance(expected, dict) or expected.keys() != actual.keys():
        raise InvalidInput(f"{path} is damaged: its {_DIGESTS} does not list what it holds")
    for name, digest in actual.items():
        if expected[name] != digest:
            raise InvalidInput(f"{path} is damaged: {name} is not what was saved")


def _array(content: bytes, name: str, path: str | os.PathLike[str]) -> npt.NDArray[Any]:
    """An array of a ``.npy`` member, made only after its header fits the bytes that are there."""
    buffer, form = io.BytesIO(content), cast("Any", np.lib.format)
    try:
        if form.read_magic(buffer) != (1, 0):
            raise ValueError("its version is not 1.0")
        shape, fortran, dtype = form.read_array_header_1_0(buffer, max_header_size=_LONGEST_HEADER)
    except (ValueError, SyntaxError, TypeError) as error:
        raise InvalidInput(f"{path} holds the array {name} in an unknown form ({str(error)[:80]})") from None
    data, count = content[buffer.tell() :], math.prod(shape)
    if fortran or dtype.kind not in "biuf" or min(shape, default=0) < 0 or count * dtype.itemsize != len(data):
        raise InvalidInput(f"{path} holds the array {name}, {dtype} {shape}, in {len(data)} bytes")
    return np.frombuffer(data, dtype=dtype).reshape(shape)
