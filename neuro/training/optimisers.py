"""Optimisers: one step down a gradient, as a function of parameters, gradient and the optimiser's own state.

Sources: Sutskever et al. (2013) for momentum; Kingma & Ba, *Adam* (2015); Loshchilov & Hutter, *Decoupled weight decay
regularization* (2019); Pascanu, Mikolov & Bengio (2013) for clipping by the norm.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from neuro.arrays import AnyArray, FloatingArray
from neuro.checks import check_not_negative, check_positive, check_share
from neuro.errors import InvalidInput

OptimiserState = Mapping[str, AnyArray]
"""What an optimiser remembers, as arrays by name, so that it can be kept in a checkpoint."""


class Optimiser(Protocol):
    """Anything that makes steps; frozen settings here, all that changes in the state."""

    @property
    def rate(self) -> float:
        """The learning rate."""

    def start(self, parameters: FloatingArray) -> OptimiserState:
        """The state before the first step."""

    def step(
        self, parameters: FloatingArray, gradient: FloatingArray, state: OptimiserState, rate: float | None = None
    ) -> tuple[FloatingArray, OptimiserState]:
        """Parameters and state after one step; ``rate`` in place of the own one, as a schedule gives it."""


@dataclass(frozen=True, slots=True)
class SGD:
    """Stochastic gradient descent with momentum: ``u = momentum u + gradient``, ``p = p - rate u``.

    Args:
        rate: > 0.
        momentum: 0 to 1, not including 1.

    Raises:
        InvalidInput: a value outside its range.
    """

    rate: float = 0.01
    momentum: float = 0.9

    def __post_init__(self) -> None:
        check_positive("rate", self.rate)
        check_share("momentum", self.momentum)

    def start(self, parameters: FloatingArray) -> OptimiserState:
        """The state before the first step."""
        return {"velocity": np.zeros_like(parameters)}

    def step(
        self, parameters: FloatingArray, gradient: FloatingArray, state: OptimiserState, rate: float | None = None
    ) -> tuple[FloatingArray, OptimiserState]:
        """Parameters and state after one step.

        Raises:
            InvalidInput: a gradient of another shape.
        """
        _check_shape(parameters, gradient)
        velocity = self.momentum * state["velocity"] + gradient
        return parameters - (self.rate if rate is None else rate) * velocity, {"velocity": velocity}


@dataclass(frozen=True, slots=True)
class Adam:
    """Adam with bias correction.

    ``m = b1 m + (1 - b1) g``, ``v = b2 v + (1 - b2) g^2``,
    ``p = p - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon)``.

    Args:
        rate: > 0.
        betas: b1 and b2, 0 to 1, not including 1.
        epsilon: > 0.

    Raises:
        InvalidInput: a value outside its range.
    """

    rate: float = 1e-3
    betas: tuple[float, float] = (0.9, 0.999)
    epsilon: float = 1e-8

    def __post_init__(self) -> None:
        check_positive("rate", self.rate)
        check_positive("epsilon", self.epsilon)
        for beta in self.betas:
            check_share("a beta", beta)

    def start(self, parameters: FloatingArray) -> OptimiserState:
        """The state before the first step."""
        zeros = np.zeros_like(parameters)
        return {"mean": zeros, "square": zeros, "steps": np.zeros((), np.int64)}

    def step(
        self, parameters: FloatingArray, gradient: FloatingArray, state: OptimiserState, rate: float | None = None
    ) -> tuple[FloatingArray, OptimiserState]:
        """Parameters and state after one step.

        Raises:
            InvalidInput: a gradient of another shape.
        """
        _check_shape(parameters, gradient)
        first, second = self.betas
        steps = int(state["steps"]) + 1
        mean = first * state["mean"] + (1.0 - first) * gradient
        square = second * state["square"] + (1.0 - second) * gradient**2
        root = np.sqrt(square / (1.0 - second**steps)) + self.epsilon
        moved = parameters - (self.rate if rate is None else rate) / (1.0 - first**steps) * mean / root
        return moved, {"mean": mean, "square": square, "steps": np.array(steps, np.int64)}


@dataclass(frozen=True, slots=True)
class AdamW(Adam):
    """Adam with decoupled decay: before each step ``p = p (1 - rate decay)``.

    Args:
        decay: >= 0.

    Raises:
        InvalidInput: as :class:`Adam`; decay below 0.
    """

    decay: float = 0.01

    def __post_init__(self) -> None:
        Adam.__post_init__(self)
        check_not_negative("decay", self.decay)

    def step(
        self, parameters: FloatingArray, gradient: FloatingArray, state: OptimiserState, rate: float | None = None
    ) -> tuple[FloatingArray, OptimiserState]:
        """Parameters and state after one step.

        Raises:
            InvalidInput: a gradient of another shape.
        """
        shrunk = parameters * (1.0 - (self.rate if rate is None else rate) * self.decay)
        return Adam.step(self, shrunk, gradient, state, rate)


def clip_gradient(gradient: FloatingArray, longest: float) -> FloatingArray:
    """The gradient, shortened to the norm ``longest`` where it is longer: ``g min(1, longest / |g|)``.

    Raises:
        InvalidInput: longest is not above 0.
    """
    check_positive("longest", longest)
    # Apart from the largest entry, whose square may be beyond floats.
    peak = float(np.abs(gradient).max(initial=0.0))
    if peak == 0:
        return gradient
    norm = float(np.linalg.norm(gradient / peak))
    return gradient if norm * peak <= longest else np.asarray(gradient / peak * (longest / norm))


def _check_shape(parameters: FloatingArray, gradient: FloatingArray) -> None:
    if parameters.shape != gradient.shape:
        raise InvalidInput(
            f"the gradient has shape {gradient.shape}, the parameters {parameters.shape}; the same is needed"
        )
