"""The constants of a swarm memory, and the forms in which its kernels take them and its weights."""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import Enum
from typing import NamedTuple, Self

import numpy as np

from neuro.arrays import Float32Array, FloatArray, IntArray, NodeArray
from neuro.checks import check_whole
from neuro.encoders.base import check_setting
from neuro.errors import InvalidInput

_LARGEST = 1e12


class Rows(NamedTuple):
    """The arena of edges. Those of node u: places ``start[u]`` to ``start[u] + length[u] - 1``."""

    start: IntArray
    length: IntArray
    room: IntArray
    neighbour: NodeArray
    tau: Float32Array
    rho: Float32Array


class AssociationRule(NamedTuple):
    """Rates and rule, for the kernels."""

    alpha: float
    beta: float
    eta: float
    rho_ratio: float
    intruder_share: float
    contrast: bool


class RhoRule(Enum):
    """What the repelling weights W_rho learn from a teacher t."""

    CONTRAST = 0
    """``W_rho += rho_ratio eta (t (s (1 - t))' + its transpose)``: s is the state after one step from t, so the
    elements that t wakes and does not hold are pushed away from it."""

    PLAIN = 1
    """``W_rho += rho_ratio eta t t'``: at every edge rho_ratio times W_tau, so it only scales the attraction."""


@dataclass(frozen=True, slots=True)
class SwarmParameters:
    """Constants of :class:`neuro.memories.SwarmMemory`.

    Args:
        alpha: pull of W_tau in a step.
        beta: push of W_rho in a step.
        gamma: pull of W_tau from the teacher.
        eta: what one co-activation adds to W_tau.
        rho_ratio: W_rho learns at ``rho_ratio eta``.
        intruder_share: an element outside a teacher counts as woken by it from ``alpha eta`` times so many of its
            elements on.
        rho_rule: from what it learns.
        woken_share: recall counts an element that is not in the cue at so much of its state.
        steps: at most so many steps.
        tolerance: the state has settled once no element moves further.
        breadth: at most so many elements join those of the cue.
        lifetime: a weight falls to 1/e within so many updates.
        epoch: so many updates wait for each other before they are written.
        gate_overlap: the gate lets A pass for B if ``|A and B| / |B|`` is at least this ...
        gate_excess: ... and ``|A minus B| / |B|`` lies below this.

    Raises:
        InvalidInput: a value outside its range.
    """

    alpha: float = 0.2
    beta: float = 0.15
    gamma: float = 0.05
    eta: float = 0.02
    rho_ratio: float = 0.3
    intruder_share: float = 0.25
    rho_rule: RhoRule = RhoRule.CONTRAST
    woken_share: float = 0.1
    steps: int = 5
    tolerance: float = 1e-3
    breadth: int = 256
    lifetime: float = 100_000.0
    epoch: int = 100
    gate_overlap: float = 0.35
    gate_excess: float = 0.05

    def __post_init__(self) -> None:
        if not isinstance(self.rho_rule, RhoRule):
            raise InvalidInput(f"rho_rule is {self.rho_rule!r}; a RhoRule is allowed")
        for name in ("steps", "breadth", "epoch"):
            check_whole(name, getattr(self, name), 1, 1 << 31)
        for name in ("alpha", "beta", "gamma", "rho_ratio", "intruder_share", "woken_share", "tolerance"):
            check_setting(name, getattr(self, name), 0.0, _LARGEST)
        check_setting("gate_overlap", self.gate_overlap, 0.0, _LARGEST)
        check_setting("gate_excess", self.gate_excess, 0.0, _LARGEST)
        check_setting("eta", self.eta, 1e-6, _LARGEST)
        check_setting("lifetime", self.lifetime, 1.0, _LARGEST)

    def array(self) -> FloatArray:
        """All of them, (15,), for a state."""
        values = (getattr(self, field.name) for field in fields(self))
        return np.array([value.value if isinstance(value, RhoRule) else value for value in values], dtype=np.float64)

    @classmethod
    def from_array(cls, values: FloatArray) -> Self:
        """What :meth:`array` wrote.

        Raises:
            InvalidInput: a value outside its range.
        """
        given = dict(zip((field.name for field in fields(cls)), values.tolist(), strict=True))
        for name in ("steps", "breadth", "epoch"):
            given[name] = int(given[name]) if given[name].is_integer() else given[name]
        rules = {rule.value: rule for rule in RhoRule}
        return cls(**given | {"rho_rule": rules.get(given["rho_rule"], given["rho_rule"])})
