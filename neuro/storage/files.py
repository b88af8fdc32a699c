"""Files written whole: equal content gives equal bytes, and a crash leaves the old file or the new one."""

from __future__ import annotations

import fcntl
import io
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import suppress
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


PART_SUFFIX = ".part"
"""The end of the names of hidden files and folders that are being made."""

_LEFT_ALONE = 60.0
"""Seconds for which a part that nobody holds is left alone: its maker may be about to take hold of it."""


def write_bytes(path: Path, content: bytes) -> None:
    """Put a file in place in one step, on the disk when this returns; an existing file is replaced.

    What an earlier writer of this file left behind when it was killed goes.

    Raises:
        InvalidInput: the folder is missing or can't be written.
    """
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=PART_SUFFIX, dir=path.parent)
    except OSError as error:
        raise InvalidInput(f"{path} can't be written ({error.strerror}); give another file") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            hold(handle)
            remove_parts(path)
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


def hold(handle: int) -> bool:
    """Take hold of an open file or folder until it is closed, by an advisory lock; False where somebody has it."""
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def abandoned(path: Path, suffix: str) -> Iterator[Path]:
    """Hidden siblings that were being made for ``path``, or kept from before, and that no living process holds."""
    prefix = f".{path.name}."
    for found in path.absolute().parent.iterdir():
        if not (found.name.startswith(prefix) and found.name.endswith(suffix)):
            continue
        # It may have gone meanwhile: somebody else cleans too.
        with suppress(FileNotFoundError):
            if time.time() - found.lstat().st_mtime > _LEFT_ALONE and not found.is_symlink() and _unheld(found):
                yield found


def remove_parts(path: Path) -> None:
    """Remove what killed writers of ``path`` left behind."""
    for part in abandoned(path, PART_SUFFIX):
        if part.is_dir():
            shutil.rmtree(part, ignore_errors=True)
        else:
            part.unlink(missing_ok=True)


def _unheld(path: Path) -> bool:
    handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        return hold(handle)
    finally:
        os.close(handle)


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
