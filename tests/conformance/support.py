"""Which model runs on which target: worked out from the code, written to docs/support.md.

``python -m tests.conformance.support`` prints the page. Each model stands for a circuit of the conformance suite, which
runs it on every target whose cell says yes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from types import MappingProxyType

from neuro.circuit.circuit import Circuit
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.quantise.integers import quantise
from neuro.simulators.brian2.reference import native_namespace
from rtl_export import netlist
from tests.conformance.circuits import DRIVES, at_rest, one_of_each_model
from tests.conformance.language_circuits import (
    balanced,
    branches,
    homeostasis,
    one_poisson,
    one_regular,
    plateaus,
    reward,
)
from tests.conformance.synapse_circuits import inhibited, learning

_RULES = {
    "inhibitory_current_plasticity": "inhibitory",
    "minimal_triplet_stdp": "minimal_triplet",
    "multiplicative_stdp": "multiplicative",
    "nearest_neighbour_stdp": "nearest",
    "pair_stdp": "pair",
    "power_law_stdp": "power_law",
    "symmetric_stdp": "symmetric",
    "triplet_stdp": "triplet",
    "tsodyks_markram": "tsodyks_markram",
    "van_rossum_stdp": "van_rossum",
}

MODELS: Mapping[str, Callable[[], Circuit]] = MappingProxyType(
    {
        **{name: partial(one_of_each_model, name, DRIVES[name]) for name in DRIVES},
        "INTEGRATE_AND_FIRE": at_rest,
        "HOMEOSTATIC_LIF": homeostasis,
        "balanced_resonate_and_fire": balanced,
        "PLATEAU_LIF": plateaus,
        "plateau_lif": lambda: branches(4, 4),
        "POISSON": one_poisson,
        "REGULAR": one_regular,
        **{name: partial(learning, [rule], 1) for name, rule in _RULES.items()},
        "inhibitory_plasticity": inhibited,
        "reward_modulated_stdp": reward,
        "static_synapse": lambda: learning([]),
    }
)
"""Name in ``neuro.models`` -> a circuit of the conformance suite that is made of it."""

TARGETS = ("Brian2", "compiled", "fixed point", "Verilog")

_TITLE = """# Which model runs where

Worked out from the code by `python -m tests.conformance.support`; a test holds this page to it. Every cell that says
yes is run by the conformance suite, equal to Brian2; the others refuse by name, with the reason given here.

"""


def support(circuit: Circuit) -> dict[str, str]:
    """Target -> ``yes``, or what the target says."""
    lowered = lower(circuit)
    cells = {"compiled": "yes"}
    cells["Brian2"] = _said(lambda: [native_namespace(part, 0) for part in circuit.populations])
    cells["fixed point"] = _said(lambda: quantise(lowered, {}))
    if cells["fixed point"] == "yes":
        cells["Verilog"] = _said(lambda: netlist(quantise(lowered, {}).program))
    else:
        cells["Verilog"] = "not in integers"
    return cells


def _said(step: Callable[[], object]) -> str:
    try:
        step()
    except UnsupportedByTarget as refusal:
        return refusal.feature
    return "yes"


def page() -> str:
    """The text of docs/support.md."""
    rows = []
    for name in sorted(MODELS, key=str.lower):
        cells = support(MODELS[name]())
        rows.append(f"| `{name}` | {' | '.join(cells[target] for target in TARGETS)} |")
    header = f"| model | {' | '.join(TARGETS)} |\n| {' | '.join('---' for _ in (0, *TARGETS))} |\n"
    return _TITLE + header + "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(page(), end="")
