"""Which model runs on which target: worked out from the code, and what does not run everywhere in docs/support.md.

``python -m tests.conformance.support > docs/support.md`` renews the page. Each model of ``neuro.models`` stands for a
circuit, its own or one that is derived from it; the conformance suite runs it on every target that does not refuse it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType

from neuro import models
from neuro.circuit.circuit import Circuit
from neuro.compiler.lower_circuit import lower
from neuro.errors import UnsupportedByTarget
from neuro.models.base import NeuronModel, SynapseModel
from neuro.quantise.integers import quantise
from neuro.simulators.brian2.reference import native_namespace
from rtl_export import build_core
from tests.conformance.circuits import DRIVES, adding_up, one_of_each_model
from tests.conformance.derived import neuron_circuit, synapse_circuit
from tests.conformance.language_circuits import (
    CASES,
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

BY_HAND: Mapping[str, Callable[[], Circuit]] = MappingProxyType(
    {
        **{name: partial(one_of_each_model, name, DRIVES[name]) for name in DRIVES},
        "INTEGRATE_AND_FIRE": adding_up,
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
"""Name in ``neuro.models`` -> a circuit that shows more of the model than the one derived from it would."""


def shipped() -> dict[str, NeuronModel | SynapseModel]:
    """Name in ``neuro.models`` -> the model, those of functions without an argument."""
    found = {name: getattr(models, name) for name in models.__all__}
    functions = {name: value for name, value in found.items() if callable(value) and not isinstance(value, type)}
    made = {name: value() for name, value in functions.items()}
    return {name: model for name, model in (found | made).items() if isinstance(model, NeuronModel | SynapseModel)}


def derived(name: str, model: NeuronModel | SynapseModel) -> Callable[[], Circuit]:
    """The circuit of a model that has none of its own."""
    if isinstance(model, NeuronModel):
        return partial(neuron_circuit, name, model)
    return partial(synapse_circuit, name, model)


DERIVED = {name: derived(name, model) for name, model in shipped().items() if name not in BY_HAND}
MODELS: Mapping[str, Callable[[], Circuit]] = MappingProxyType({**BY_HAND, **DERIVED})
"""Name in ``neuro.models`` -> the circuit that stands for it."""

PAGE = Path(__file__).parents[2] / "docs" / "support.md"

_TITLE = """# Which model runs where

Every other model of `neuro.models` runs on all four targets (Brian2, compiled, fixed point, Verilog), equal on each of
them in the conformance suite. These are refused by name, before anything runs:

| model | not on | because of |
| --- | --- | --- |
"""


_LANGUAGE = """
What a model may say runs on Brian2, compiled and in the plain interpreter; of the suite's circuits for the language,
these are refused by integers, and so by Verilog. Besides, Verilog refuses by name linked variables, operations at the
start of a tick, refractoriness by a condition or from before the start, time constants that differ by synapse and
spikes from before the start; the event-driven search refuses all of these.

| feature | not on | because of |
| --- | --- | --- |
"""


def refusals() -> dict[str, list[str]]:
    """Model -> the targets that refuse it, as the page has them."""
    rows = [line.split(" | ") for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    return {row[0].strip("| `"): row[1].split(", ") for row in rows}


def support(circuit: Circuit) -> dict[str, str]:
    """Target -> what it refuses; none where it runs the circuit."""
    lowered = lower(circuit)
    said = {"Brian2": _said(lambda: [native_namespace(part, 0) for part in circuit.populations])}
    said["fixed point"] = _said(lambda: quantise(lowered, {}))
    said["Verilog"] = said["fixed point"] or _said(lambda: build_core(quantise(lowered, {}).program))
    return {target: reason for target, reason in said.items() if reason}


def _said(step: Callable[[], object]) -> str:
    try:
        step()
    except UnsupportedByTarget as refusal:
        return refusal.feature
    return ""


def page() -> str:
    """The text of docs/support.md."""
    rows = []
    for name in sorted(MODELS, key=str.lower):
        refused = support(MODELS[name]())
        if refused:
            rows.append(f"| `{name}` | {', '.join(refused)} | {'; '.join(dict.fromkeys(refused.values()))} |")
    language = []
    for name, case in CASES.items():
        refused = support(case.build())
        if refused:
            language.append(f"| {name} | {', '.join(refused)} | {'; '.join(dict.fromkeys(refused.values()))} |")
    return _TITLE + "\n".join(rows) + "\n" + _LANGUAGE + "\n".join(language) + "\n"


if __name__ == "__main__":
    print(page(), end="")
