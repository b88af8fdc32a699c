"""A claim on a folder: one process at a time. It ends with the process, however that ends."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from neuro.errors import InvalidInput

LOCK_FILE = ".lock"


class FolderClaim:
    """An advisory lock on ``FOLDER/.lock`` (flock), held until :meth:`release` or the end of the process.

    Raises:
        InvalidInput: another process (or another object of this one) holds it, or the folder can't be written.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK_FILE
        try:
            self._handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InvalidInput(
                f"{path} can't be opened ({error.strerror}); give a folder that can be written"
            ) from None
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(self._handle)
            raise InvalidInput(
                f"{folder} is in use by another process; close it there, or wait until it is done"
            ) from None

    def release(self) -> None:
        """Give the folder free; more than once does nothing."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
