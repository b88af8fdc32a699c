"""Output folders that appear whole or not at all.

The content is made in a hidden sibling of the folder, brought to the disk and renamed. An existing folder is
never written into; it is replaced only where the caller knows it for its own, untouched output
(:func:`is_untouched`). Where the system can swap two folders in one step (Linux: renameat2), the folder is there at
every moment. Elsewhere the old one has a hidden name for an instant; a kill in it is mended by the next reader or
writer (:func:`recover_folder`). A writer holds its hidden folder by a lock, so that the next one knows what nobody
owns any more, and removes it.
"""

from __future__ import annotations

import ctypes
import errno
import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

from neuro.errors import InvalidInput
from neuro.storage.files import PART_SUFFIX, abandoned, hold, read_json, remove_parts, sync_folder, write_json

MANIFEST = "manifest.json"
"""The file of an output folder that lists all others with their SHA-256."""

Found = TypeVar("Found")

_OLD = ".old"
_TRIES = 32


class RecoveredFolder(UserWarning):
    """A folder was put back that a killed writer had taken out of its place."""


def check_output_folder(folder: Path, replaceable: Callable[[Path], bool] | None = None) -> None:
    """Raise InvalidInput unless the folder can be made: new, empty, or one that ``replaceable`` agrees to."""
    what = f"the output folder {folder}"
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InvalidInput(f"{what} is no folder; give a new or empty one")
        known = replaceable is not None and read_steadily(folder, lambda: replaceable(folder))
        if folder.is_dir() and any(folder.iterdir()) and not known:
            raise InvalidInput(f"{what} exists and is not empty; give a new or empty one, or remove it")
        _check_writable(folder.parent, what)
    except OSError as error:
        raise InvalidInput(f"{what} can't be made ({error.strerror}); give another one") from None


def read_steadily(folder: Path, read: Callable[[], Found]) -> Found:
    """What ``read`` gives of a folder that others may replace meanwhile: of one of them, never half of each.

    Raises:
        InvalidInput: it is replaced again and again; whatever else ``read`` raises.
    """
    for _ in range(_TRIES):
        before = _identity(folder)
        try:
            found = read()
        except (InvalidInput, OSError):
            if _identity(folder) == before:
                raise
            continue
        if _identity(folder) == before:
            return found
    raise InvalidInput(f"{folder} is being written again and again; try again when that has ended")


def _identity(folder: Path) -> tuple[int, int, int] | None:
    try:
        found = folder.stat()
    except (FileNotFoundError, NotADirectoryError):
        return None
    # The number of a folder that went is given to the next one; the time of its renaming is not.
    return found.st_dev, found.st_ino, found.st_ctime_ns


def check_output_file(path: Path) -> None:
    """Raise InvalidInput unless a file can be written there (an existing file may be replaced)."""
    what = f"the output file {path}"
    try:
        if path.is_dir():
            raise InvalidInput(f"{what} is a folder; give the name of a file")
        if not path.parent.is_dir():
            raise InvalidInput(f"{what} lies in no folder that exists; make {path.parent} first")
        _check_writable(path.parent, what)
    except OSError as error:
        raise InvalidInput(f"{what} can't be made ({error.strerror}); give another one") from None


def _check_writable(parent: Path, what: str) -> None:
    nearest = parent.absolute()
    while not nearest.exists():
        nearest = nearest.parent
    if not nearest.is_dir():
        raise InvalidInput(f"{what} can't be made: {nearest} is no folder")
    try:
        # Only trying tells: permission bits say nothing about root, read-only or virtual file systems.
        tempfile.TemporaryFile(dir=nearest).close()
    except OSError as error:
        raise InvalidInput(f"{what} can't be made: {nearest} is not writable ({error.strerror})") from None


@contextmanager
def output_folder(folder: Path, replaceable: Callable[[Path], bool] | None = None) -> Iterator[Path]:
    """A folder to fill, which becomes ``folder`` when the block ends without an error; else nothing is left.

    Args:
        folder: the final place; new, empty or replaceable.
        replaceable: says whether an existing folder with content may be replaced; None: never.

    Raises:
        InvalidInput: as :func:`check_output_folder`, before anything is made.
    """
    recover_folder(folder)
    check_output_folder(folder, replaceable)
    made = _make_parents(folder.absolute().parent)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=PART_SUFFIX, dir=folder.absolute().parent))
    handle = os.open(staging, os.O_RDONLY)
    try:
        hold(handle)
        remove_parts(folder)
        yield staging
        staging.chmod(0o755)
        _sync(staging)
        _put_in_place(staging, folder, replaceable)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            _remove_if_empty(parent)
        raise
    finally:
        os.close(handle)


def recover_folder(folder: Path) -> None:
    """Put back what a killed writer had taken out of its place, with a :class:`RecoveredFolder` warning."""
    if os.path.lexists(folder) or not folder.absolute().parent.is_dir():
        return
    for old in sorted(abandoned(folder, _OLD), key=lambda path: path.lstat().st_mtime, reverse=True):
        old.rename(folder)
        sync_folder(folder.absolute().parent)
        warnings.warn(
            f"{folder} was missing, for a writer was killed while it replaced it; the earlier one was put back",
            RecoveredFolder,
            stacklevel=3,
        )
        return


def _make_parents(parent: Path) -> list[Path]:
    """Make missing parents; gives those that were made, deepest first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for folder in reversed(missing):
        folder.mkdir(exist_ok=True)
    return missing


def _remove_if_empty(folder: Path) -> None:
    if folder.is_dir() and not any(folder.iterdir()):
        folder.rmdir()


def _sync(folder: Path) -> None:
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            with path.open("rb") as file:
                os.fsync(file.fileno())
        elif path.is_dir():
            sync_folder(path)
    sync_folder(folder)


def _put_in_place(staging: Path, folder: Path, replaceable: Callable[[Path], bool] | None) -> None:
    for _ in range(_TRIES):
        # Another writer may come between the check and the rename.
        check_output_folder(folder, replaceable)
        try:
            _replace(staging, folder)
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOENT):
                raise InvalidInput(f"{folder} can't be put in place ({error.strerror}); nothing was changed") from None
            continue
        sync_folder(folder.absolute().parent)
        shutil.rmtree(staging, ignore_errors=True)
        for old in abandoned(folder, _OLD):
            shutil.rmtree(old, ignore_errors=True)
        return
    raise InvalidInput(f"others keep writing {folder}; nothing was changed, try again or give a folder of its own")


def _replace(staging: Path, folder: Path) -> None:
    """Rename to the folder; one that is there lies at ``staging`` afterwards."""
    if not (folder.is_dir() and any(folder.iterdir())):
        staging.rename(folder)
    elif not _swap(staging, folder):
        old = staging.with_suffix(_OLD)
        folder.rename(old)
        try:
            staging.rename(folder)
        except OSError:
            old.rename(folder)
            raise
        old.rename(staging)


def _swap(one: Path, other: Path) -> bool:
    """Swap two folders in one step; False where the system can't. Source: renameat2(2), RENAME_EXCHANGE."""
    rename = getattr(ctypes.CDLL(None, use_errno=True), "renameat2", None)
    if rename is None:
        return False
    here, exchange = -100, 2
    if rename(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0:
        return True
    number = ctypes.get_errno()
    if number in (errno.ENOSYS, errno.EINVAL, errno.ENOTSUP):
        return False
    raise OSError(number, os.strerror(number), str(other))


# -------------------------------------------------------------------------------------------------- manifests


def write_manifest(folder: Path, made_by: str) -> None:
    """List every file of a folder with its SHA-256: its own output can be told from a person's files."""
    write_json(folder / MANIFEST, {"made_by": made_by, "sha256": _digests(folder)})


def is_untouched(folder: Path, made_by: str) -> bool:
    """Whether a folder is output of ``made_by`` in which no file was added, changed or removed."""
    if not (folder / MANIFEST).is_file():
        return False
    try:
        manifest = read_json(folder / MANIFEST)
    except InvalidInput:
        return False
    return bool(manifest == {"made_by": made_by, "sha256": _digests(folder)})


def _digests(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if not path.is_dir() and path != folder / MANIFEST)
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
