"""Models by size and task, and what they need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import Any

import torch
from torch import nn

from neuro.checks import check_not_negative, check_positive, check_whole
from neuro.errors import InvalidInput
from neuro.resonance.heads import LongContextResonanceNet, ResonanceClassifier, ResonanceLanguageModel
from neuro.resonance.network import ResonanceConfig

Model = ResonanceClassifier | ResonanceLanguageModel | LongContextResonanceNet

_CLASSES = 10
_SHORT = 64.0
_TASKS = ("classification", "language", "long_context")

_TRAINING_BYTES = 16
"""A parameter in training: itself, its gradient and two moments, float32 each."""

_OPERATIONS_PER_SECOND = 2e10
"""Dense float32 arithmetic of one core, as a default to be replaced by a measured number."""


@dataclass(frozen=True, slots=True)
class Size:
    """The numbers of a model.

    Args:
        input_dimension: numbers in a step of the input.
        frequencies: oscillators of a layer.
        layers: how many.
        context: longest time constant in steps.
        memory: summaries that the memory holds.
    """

    input_dimension: int
    frequencies: int
    layers: int
    context: int
    memory: int


SIZES: Mapping[str, Size] = MappingProxyType(
    {
        "tiny": Size(512, 32, 4, 2048, 100),
        "small": Size(1024, 64, 8, 4096, 500),
        "base": Size(2048, 128, 12, 8192, 1000),
        "medium": Size(3072, 192, 16, 16384, 2000),
        "large": Size(4096, 256, 24, 32768, 5000),
    }
)


def size_named(name: str) -> Size:
    """The size of that name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in SIZES:
        raise InvalidInput(f"there is no size {name!r}; there are {', '.join(SIZES)}")
    return SIZES[name]


def create_resonance_model(
    size: str = "tiny",
    task: str = "classification",
    vocab_size: int | None = None,
    use_memory: bool = False,
    device: str = "cpu",
) -> Model:
    """A model of that size.

    Args:
        size: tiny, small, base, medium or large: :data:`SIZES`.
        task: classification (10 classes unless ``vocab_size`` says otherwise), language or long_context.
        vocab_size: tokens of a language model (then needed), classes or numbers of an answer.
        use_memory: with an episodic memory of the size's capacity.
        device: of torch; ``"meta"`` builds the shape without any numbers.

    Raises:
        InvalidInput: an unknown size, task or device; a language model without ``vocab_size``.
    """
    if task not in _TASKS:
        raise InvalidInput(f"there is no task {task!r}; there are {', '.join(_TASKS)}")
    shape = size_named(size)
    memory = shape.memory if use_memory else None
    config = ResonanceConfig(shape.input_dimension, shape.frequencies, shape.layers, tau=(4.0, _SHORT))
    with _device(device):
        if task == "language":
            if vocab_size is None:
                raise InvalidInput("a language model needs vocab_size: the number of its tokens")
            return ResonanceLanguageModel(config, vocab_size, memory=memory)
        outputs = _CLASSES if vocab_size is None else vocab_size
        if task == "classification":
            return ResonanceClassifier(config, outputs, memory=memory)
        long = replace(config, tau=(4.0, float(shape.context)), readout=(0.0, 0.0), readout_tau=float(shape.context))
        return LongContextResonanceNet(long, outputs, memory=memory)


def create_long_context_model(
    size: str = "tiny", outputs: int = 10, *, use_memory: bool = True, device: str = "cpu"
) -> LongContextResonanceNet:
    """A model of that size whose time constants reach over its context.

    Raises:
        InvalidInput: as :func:`create_resonance_model`.
    """
    model = create_resonance_model(size, "long_context", outputs, use_memory, device)
    if not isinstance(model, LongContextResonanceNet):
        raise TypeError(type(model))
    return model


def create_classifier(
    input_dimension: int, classes: int, *, frequencies: int = 29, layers: int = 2, **options: Any
) -> ResonanceClassifier:
    """A classifier of any shape.

    Args:
        input_dimension: numbers in a step of the input.
        classes: at least 2.
        frequencies: oscillators of a layer.
        layers: how many.
        options: more of :class:`ResonanceConfig`.

    Raises:
        InvalidInput: a number out of range.
    """
    return ResonanceClassifier(ResonanceConfig(input_dimension, frequencies, layers, **options), classes)


def parameter_count(size: str, task: str = "classification", vocab_size: int | None = None) -> int:
    """Learned numbers of a model, counted without allocating it.

    Raises:
        InvalidInput: as :func:`create_resonance_model`.
    """
    return learned_numbers(create_resonance_model(size, task, vocab_size, device="meta"))


def learned_numbers(model: nn.Module) -> int:
    """How many numbers a model learns; it may be on the meta device."""
    return sum(weights.numel() for weights in model.parameters() if weights.requires_grad)


def estimate_resources(
    memory: int, price_per_hour: float, *, steps: int = 10**9, operations_per_second: float = _OPERATIONS_PER_SECOND
) -> list[dict[str, Any]]:
    """For each size: does it fit, how long does training take, what does it cost.

    Args:
        memory: bytes that are there.
        price_per_hour: of the machine, in any currency.
        steps: of training data in all.
        operations_per_second: that the machine does; measure it with ``get_complexity_estimate(measure=True)``.

    Returns:
        One row a size: ``size``, ``parameters``, ``inference_bytes``, ``training_bytes`` (without activations),
        ``fits``, ``training_hours`` (forward and backward, three times forward), ``price``.

    Raises:
        InvalidInput: a number that is not above 0 (the price may be 0).
    """
    check_whole("memory", memory, 1, 1 << 60)
    check_whole("steps", steps, 1, 1 << 60)
    check_not_negative("price_per_hour", price_per_hour)
    check_positive("operations_per_second", operations_per_second)
    rows = []
    for name in SIZES:
        model = create_resonance_model(name, device="meta")
        parameters = learned_numbers(model)
        hours = 3 * model.get_complexity_estimate(1)["total"] * steps / operations_per_second / 3600
        rows.append(
            {
                "size": name,
                "parameters": parameters,
                "inference_bytes": 4 * parameters,
                "training_bytes": _TRAINING_BYTES * parameters,
                "fits": _TRAINING_BYTES * parameters <= memory,
                "training_hours": hours,
                "price": hours * price_per_hour,
            }
        )
    return rows


def _device(name: str) -> torch.device:
    try:
        # A device that torch knows may still not be there: only using it tells.
        return torch.empty(0, device=name).device
    except (RuntimeError, AssertionError, NotImplementedError) as refusal:
        raise InvalidInput(f"there is no device {name!r}: {str(refusal).splitlines()[0]}") from refusal
