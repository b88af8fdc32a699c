"""Printed kernels become modules: stored under their digest, loaded once.

The source lies below the cache folder (``$SPIKELOOM_CACHE``, default ``~/.cache/spikeloom``), because numba caches only
functions that live in a file. Python runs the text that was printed, not what lies in the file. What numba keeps beside
it is machine code and pickles, so the folder must belong to its user alone, and a file whose SHA-256 is not the listed
one is made again.
"""

from __future__ import annotations

import hashlib
import importlib.abc
import importlib.util
import json
import os
import stat
import sys
import tempfile
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from neuro.arrays import AnyArray
from neuro.errors import InvalidInput
from neuro.simulators.compiled.kernel_lines import source_digest

KernelArgument = AnyArray | np.generic | int | float
"""What a printed kernel takes: arrays to work on, and numbers."""

_LOADING = threading.Lock()
"""A module stands in `sys.modules` before its body has run; another thread must not take it until then."""


def cache_folder() -> Path:
    """Where printed kernels live: ``$SPIKELOOM_CACHE`` or ``~/.cache/spikeloom``."""
    return Path(os.environ.get("SPIKELOOM_CACHE") or Path.home() / ".cache" / "spikeloom")


@dataclass(frozen=True, slots=True)
class PrintedModule:
    """A printed module that was loaded.

    Args:
        module: its functions compile at their first call, or come from numba's cache.
        folder: where it is cached.
    """

    module: ModuleType
    folder: Path
    _functions: dict[str, Callable[..., Any]] = field(default_factory=dict, init=False, repr=False, compare=False)

    def function(self, name: str) -> Callable[..., Any]:
        """One of its functions, the same each time; what its first call adds to the cache is listed."""
        if name not in self._functions:
            self._functions[name] = _Function(getattr(self.module, name), self.folder, self.module.__name__)
        return self._functions[name]


def load_kernel(source: str) -> PrintedModule:
    """The module of a printed kernel.

    Raises:
        InvalidInput: the cache folder can't be written, belongs to another user, or others may write there.
    """
    digest = hashlib.sha256((source_digest() + source).encode()).hexdigest()
    name = f"spikeloom_kernel_{digest[:24]}"
    folder = cache_folder()
    with _LOADING:
        module = sys.modules[name] if name in sys.modules else _import_source(folder, name, source)
    return PrintedModule(module, folder)


class _Function:
    """A compiled function. Its first call may write to the cache."""

    def __init__(self, compiled: Callable[..., Any], folder: Path, name: str) -> None:
        self._compiled = compiled
        self._place: tuple[Path, str] | None = (folder, name)

    def __call__(self, *arguments: object) -> Any:
        if self._place is None:
            return self._compiled(*arguments)
        folder, name = self._place
        try:
            result = self._compiled(*arguments)
            _list_cached(folder, name)
        except OSError as error:
            raise _unwritable(folder, error) from None
        self._place = None
        return result


class _PrintedSource(importlib.abc.SourceLoader):
    """Loads the text that was printed; the file is only what numba looks at."""

    def __init__(self, path: Path, source: str) -> None:
        self._path, self._source = path, source

    def get_filename(self, fullname: str) -> str:  # noqa: ARG002 - importlib asks by name
        return str(self._path)

    def get_data(self, path: str | bytes) -> bytes:
        if path != str(self._path):
            raise FileNotFoundError(path)  # No bytecode is believed.
        return self._source.encode()


def _import_source(folder: Path, name: str, source: str) -> ModuleType:
    path = folder / f"{name}.py"
    try:
        _check_own(folder)
        if not path.exists() or path.read_bytes() != source.encode():
            _write(path, source)
        _drop_unlisted(folder, name)
    except OSError as error:
        raise _unwritable(folder, error) from None
    spec = importlib.util.spec_from_loader(name, _PrintedSource(path, source), origin=str(path))
    if spec is None:
        raise InvalidInput(f"the kernel {path} can't be loaded; remove it and run again")
    module = importlib.util.module_from_spec(spec)
    # numba's cache looks its functions' module up by name.
    sys.modules[name] = module
    try:
        _PrintedSource(path, source).exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module


def _unwritable(folder: Path, error: OSError) -> InvalidInput:
    return InvalidInput(f"the cache folder {folder} can't be written ({error.strerror}); set SPIKELOOM_CACHE")


def _check_own(folder: Path) -> None:
    """Make the folder, or see that nobody else can put files there."""
    for place in (folder, folder / "__pycache__"):
        place.mkdir(mode=0o700, parents=True, exist_ok=True)
        found = place.stat()
        if found.st_uid != os.geteuid():
            raise InvalidInput(
                f"the cache folder {place} belongs to user {found.st_uid}, and code from it would run as "
                f"{os.geteuid()}; set SPIKELOOM_CACHE to a folder of your own"
            )
        if found.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
            raise InvalidInput(
                f"others may write to the cache folder {place}, and code from it would run; chmod go-w it, or set "
                "SPIKELOOM_CACHE to a folder of your own"
            )


def _write(path: Path, content: str) -> None:
    handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
    part = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(content)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _cached(folder: Path, name: str) -> dict[str, str]:
    """File -> SHA-256 of what numba keeps of a module."""
    files = (folder / "__pycache__").glob(f"{name}.*")
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _listed(folder: Path, name: str) -> Mapping[str, object]:
    try:
        found = json.loads((folder / f"{name}.json").read_bytes())
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _drop_unlisted(folder: Path, name: str) -> None:
    """Remove what is not what was listed: half written, damaged, or put there; numba makes it again."""
    listed = _listed(folder, name)
    for file, digest in _cached(folder, name).items():
        if listed.get(file) != digest:
            (folder / "__pycache__" / file).unlink(missing_ok=True)


def _list_cached(folder: Path, name: str) -> None:
    found = _cached(folder, name)
    if found != _listed(folder, name):
        _write(folder / f"{name}.json", json.dumps(found, indent=1, sort_keys=True) + "\n")
