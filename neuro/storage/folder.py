"""Output folders that appear whole or not at all.

The content is made in a hidden sibling of the folder, brought to the disk and renamed. An existing folder is
never written into; it is replaced only where the caller knows it for its own, untouched output
(:func:`is_untouched`).
"""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from neuro.errors import InvalidInput
from neuro.storage.files import read_json, sync_folder, write_json

MANIFEST = "manifest.json"
"""The file of an output folder that lists all others with their SHA-256."""


def check_output_folder(folder: Path, replaceable: Callable[[Path], bool] | None = None) -> None:
    """Raise InvalidInput unless the folder can be made: new, empty, or one that ``replaceable`` agrees to."""
    what = f"the output folder {folder}"
    try:
        if folder.is_symlink() or (folder.exists() and not folder.is_dir()):
            raise InvalidInput(f"{what} is no folder; give a new or empty one")
        known = replaceable is not None and replaceable(folder)
        if folder.is_dir() and any(folder.iterdir()) and not known:
            raise InvalidInput(f"{what} exists and is not empty; give a new or empty one, or remove it")
        _check_writable(folder.parent, what)
    except OSError as error:
        raise InvalidInput(f"{what} can't be made ({error.strerror}); give another one") from None


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
    check_output_folder(folder, replaceable)
    made = _make_parents(folder.absolute().parent)
    staging = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=".part", dir=folder.absolute().parent))
    try:
        yield staging
        staging.chmod(0o755)
        _sync(staging)
        check_output_folder(folder, replaceable)
        _put_in_place(staging, folder)
    except BaseException:
        shutil.rmtree(staging, ignore_errors=True)
        for parent in made:
            _remove_if_empty(parent)
        raise


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


def _put_in_place(staging: Path, folder: Path) -> None:
    old = staging.with_suffix(".old")
    replaces = folder.is_dir() and any(folder.iterdir())
    if replaces:
        folder.rename(old)
    try:
        staging.rename(folder)
    except OSError:
        if replaces:
            old.rename(folder)
        raise
    sync_folder(folder.absolute().parent)
    if replaces:
        shutil.rmtree(old, ignore_errors=True)


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
