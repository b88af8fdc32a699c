"""The sizes that models come in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from neuro.errors import InvalidInput


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
