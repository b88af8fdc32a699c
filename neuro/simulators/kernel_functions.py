"""The shared functions that a printed kernel calls, as the line that imports them."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path

_SHARED = Path(__file__).with_name("_kernels.py")
SHARED_MODULE = f"{__package__}._kernels"
_DEFINED = re.compile(r"^def ((?!_)\w+)\(", re.MULTILINE)


def functions_for(body: str) -> str:
    """The import of every function of ``_kernels.py`` that a kernel's body calls."""
    called = [name for name in _shared_names() if re.search(rf"\b{name}\(", body)]
    return f"from {SHARED_MODULE} import {', '.join(sorted(called))}\n\n\n" if called else ""


@cache
def functions_digest() -> str:
    """Of the shared functions' source: numba's cache looks at the caller's source only."""
    return hashlib.sha256(_SHARED.read_bytes()).hexdigest()


@cache
def _shared_names() -> tuple[str, ...]:
    return tuple(_DEFINED.findall(_SHARED.read_text()))
