"""What a population's native text may name in Brian2: parameters, random functions, seeds, noise drawn alike."""

from __future__ import annotations

import re
from typing import Any

from neuro.circuit.circuit import Population
from neuro.compiler.equations import random_functions
from neuro.compiler.integrate_nonlinear import NOISE, is_noise
from neuro.counter_hash import stream_seed
from neuro.errors import UnsupportedByTarget
from neuro.models.base import Method


def native_namespace(population: Population, seed: int) -> dict[str, Any]:
    """What a population's code may name besides its variables: parameters, random functions, seeds."""
    names = {name for name in get_names(population.model.equations) if is_noise(name)}
    if names and population.model.method is Method.HEUN:
        raise UnsupportedByTarget(
            f"noise with Method.HEUN in population {population.name!r}",
            "Brian2's native text",
            "run it on Brian2Lowered() or Compiled(): Brian2's own noise can't be seeded like theirs",
        )
    return {
        **random_functions(),
        "seed": float(stream_seed(seed, population.name)),
        **{f"spikeloom_seed_{name}": float(stream_seed(seed, population.name, name)) for name in names},
        **population.model.parameters,
        **population.parameters,
    }


def native_equations(text: str) -> str:
    """The equations with each noise symbol replaced by a number that every target draws alike."""

    def drawn(match: re.Match[str]) -> str:
        return f"(random_normal(spikeloom_seed_{match[0]}, t_in_timesteps, i)*dt**-0.5)"

    return re.sub(rf"\b{NOISE}(_\w+)?\b", drawn, text)


def get_names(text: str) -> set[str]:
    """Every identifier of a text."""
    return set(re.findall(r"[A-Za-z_]\w*", text))
