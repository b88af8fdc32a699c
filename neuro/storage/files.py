"""Files written whole: equal content gives equal bytes, and a crash leaves the old file or the new one."""

from __future__ import annotations

import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.arrays import JSONValue
from neuro.errors import InvalidInput


def canonical_json(value: JSONValue) -> str:
    """JSON with sorted keys, two spaces of indent and a final newline; NaN and infinity are refused.

    Raises:
        InvalidInput: the value holds something that JSON can't say.
    """
    try:
        return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False) + "\n"
    except (TypeError, ValueError) as error:
        raise InvalidInput(f"this can't be written as JSON: {error}") from None


def write_bytes(path: Path, content: bytes) -> None:
    """Put a file in place in one step, on the disk when this returns; an existing file is replaced.

    Raises:
        InvalidInput: the folder is missing or can't be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
    except OSError as error:
        raise InvalidInput(f"{path} can't be written ({error.strerror}); give another file") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o666 & ~_umask())
        part.replace(path)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise InvalidInput(f"{path} can't be written ({error.strerror}); give another file") from None
    except BaseException:
        part.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def npy_bytes(array: npt.ArrayLike) -> bytes:
    """An array of numbers or fixed-width text as the content of a ``.npy`` file."""
    buffer = io.BytesIO()
    np.save(buffer, np.asanyarray(array), allow_pickle=False)
    return buffer.getvalue()


def write_json(path: Path, value: JSONValue) -> None:
    """Write a value as canonical JSON, in one step."""
    write_bytes(path, canonical_json(value).encode())


def read_json(path: Path) -> Any:
    """The content of a JSON file.

    Raises:
        InvalidInput: it can't be read or is no JSON.
    """
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise InvalidInput(f"{path} can't be read ({error.strerror})") from None
    except (ValueError, RecursionError) as error:
        raise InvalidInput(f"{path} is no JSON ({str(error)[:120]})") from None


def sync_folder(folder: Path) -> None:
    """Bring a folder's own entries to the disk."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _umask() -> int:
    """The process's file mode mask; it can only be read by setting it."""
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
