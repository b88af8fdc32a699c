"""Brian2's code generation target, chosen for a while."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def brian2_on_numpy() -> Iterator[None]:
    """Build and run Brian2 networks on its numpy target; the user's preference comes back at the end.

    Brian2's default compiles a C extension for each kind of synapse, 15 s each on a new machine.
    """
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    try:
        yield
    finally:
        prefs.codegen.target = before
