"""Printed kernels become modules: stored under their digest, loaded once.

The source lies below the cache folder (``$SPIKELOOM_CACHE``, default ``~/.cache/spikeloom``), because numba caches only
functions that live in a file.
"""

from __future__ import annotations

import hashlib
import importlib.util
import os
import sys
import tempfile
import threading
from pathlib import Path
from types import ModuleType

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


def load_kernel(source: str) -> ModuleType:
    """The module of a printed kernel; numba compiles it at its first call, or finds it in its cache."""
    digest = hashlib.sha256((source_digest() + source).encode()).hexdigest()
    name = f"spikeloom_kernel_{digest[:24]}"
    with _LOADING:
        return sys.modules[name] if name in sys.modules else _import_source(name, source)


def _import_source(name: str, source: str) -> ModuleType:
    path = cache_folder() / f"{name}.py"
    try:
        if not path.exists() or path.read_text() != source:
            path.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile("w", dir=path.parent, suffix=".tmp", delete=False) as file:
                file.write(source)
            Path(file.name).replace(path)
    except OSError as error:
        raise InvalidInput(
            f"the cache folder {path.parent} can't be written ({error.strerror}); set SPIKELOOM_CACHE"
        ) from None
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise InvalidInput(f"the kernel {path} can't be loaded; remove it and run again")
    module = importlib.util.module_from_spec(spec)
    # numba's cache looks its functions' module up by name.
    sys.modules[name] = module
    try:
        spec.loader.exec_module(module)
    except BaseException:
        del sys.modules[name]
        raise
    return module
