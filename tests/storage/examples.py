"""A circuit with one of each part, and circuit files whose content was changed on purpose."""

from __future__ import annotations

import hashlib
import json
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
from brian2 import ms, mV

from neuro import (
    Circuit,
    Connections,
    CurrentInput,
    Operation,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Winners,
)
from neuro.models import LIF_DELTA, LIF_EXPONENTIAL, static_synapse
from neuro.storage import save_circuit


def everything() -> Circuit:
    """A circuit with one of each part."""
    return Circuit(
        1e-3,
        populations=[
            Population("a", 3, LIF_EXPONENTIAL, {"tau_m": 20 * ms, "v_threshold": np.array([-50, -51, -52]) * mV}),
            Population(
                "b", 2, LIF_DELTA, {"tau_m": 0.01}, {"v": np.array([-0.06, -0.07])}, Winners(k=1, max_winners=2)
            ),
        ],
        projections=[
            Projection(
                "feed", "s", "a", static_synapse(), Connections.all_to_all(2, 3), {"w": np.arange(6.0) * mV}, 2 * ms
            ),
            Projection(
                "ab",
                "a",
                "b",
                static_synapse("v"),
                Connections.from_dense(np.eye(3, 2)),
                {"w": 3e-3},
                np.array([0, 1e-3]),
            ),
        ],
        stimuli=[
            SpikeSource("s", 2, [0, 4, 4], [1, 0, 1]),
            CurrentInput("b", "I", np.full((2, 2), 30.0) * mV, every=5),
        ],
        restarts=[Restart("b", [5, 15], ("v",)), Restart("a", [10])],
        operations=[Operation("cap", "a", "v = clip(v, -80*mV, 0*mV)", every=4)],
        probes=[Probe("a", "v"), Probe("feed", "w", every=3)],
        seed=7,
    )


def rewritten(path: Path, change: Callable[[dict[str, bytes]], None], *, digests: bool = True) -> Path:
    """A circuit file with changed members, and digests that fit them."""
    save_circuit(everything(), path)
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    change(members)
    if digests:
        members.pop("manifest.json")
        listed = {name: hashlib.sha256(content).hexdigest() for name, content in members.items()}
        members["manifest.json"] = json.dumps(listed).encode()
    with zipfile.ZipFile(path, "w") as archive:
        for name, content in members.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return path
