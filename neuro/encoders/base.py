"""What every spike encoder offers: vectors into the spikes of a presentation, and back.

Signed values use two neurons each: neuron 2 j fires for a positive value j ("on"), neuron 2 j + 1 for a negative one
("off"), so one of the two is always silent. Encoders that need no such pair say so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, Protocol, Self

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole
from neuro.circuit import SpikeSource
from neuro.encoders.code_report import CodeReport, measure
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.vectors import check_vectors
from neuro.errors import InvalidInput
from neuro.spikes import IntArray

Floats = npt.NDArray[np.float64]


class Encoder(Protocol):
    """Anything that turns vectors into spikes and back; what it calls a code is its own business."""

    @property
    def dimensions(self) -> int:
        """Of a vector."""

    @property
    def neurons(self) -> int:
        """How many neurons carry the code."""

    @property
    def ticks(self) -> int:
        """Length of one presentation."""

    def encode(self, vectors: npt.ArrayLike, /) -> Any:
        """The code of vectors (n, dimensions) or (dimensions,)."""

    def decode(self, code: Any, /) -> Floats:
        """Vectors back from their code."""

    def features(self, code: Any, /) -> Floats:
        """What of the code is compared, shape (n, features): the cosine of two rows is the code similarity."""

    def stimulus(self, vectors: npt.ArrayLike, /, name: str = "encoder") -> SpikeSource:
        """The code as a spike source: presentations of ``ticks`` ticks, one after the other."""

    def report(self, vectors: npt.ArrayLike, /) -> CodeReport:
        """How well the code keeps vectors, and what it costs."""


@dataclass(frozen=True, slots=True, eq=False)
class SpikeEncoder(ABC):
    """Base of the encoders whose code is a :class:`neuro.encoders.SpikeCode`.

    Args:
        dimensions: of a vector, >= 1.

    Raises:
        InvalidInput: dimensions is not a whole number in its range.
    """

    dimensions: int

    @property
    @abstractmethod
    def neurons(self) -> int:
        """How many neurons carry the code."""

    @property
    @abstractmethod
    def ticks(self) -> int:
        """Length of one presentation."""

    @abstractmethod
    def encode(self, vectors: npt.ArrayLike) -> SpikeCode:
        """One presentation for each vector; (dimensions,) is a batch of one.

        Raises:
            InvalidInput: not float32 or float64, NaN or infinity, another dimension, empty, or beyond the range.
        """

    @abstractmethod
    def decode(self, code: SpikeCode) -> Floats:
        """Vectors back, shape (presentations, dimensions).

        Raises:
            InvalidInput: a code of another length or number of neurons.
        """

    @abstractmethod
    def features(self, code: SpikeCode) -> Floats:
        """What of the code is compared, shape (presentations, features)."""

    def stimulus(self, vectors: npt.ArrayLike, name: str = "encoder") -> SpikeSource:
        """The code of vectors as a spike source: presentations of ``ticks`` ticks, one after the other.

        A neuron whose reset sets v loses what arrives in the tick in which it fires; see docs/spike_codes.md.

        Raises:
            InvalidInput: as :meth:`encode`; a name that a circuit refuses.
        """
        return self.encode(vectors).source(name)

    def report(self, vectors: npt.ArrayLike) -> CodeReport:
        """Round trip, cost and similarity, measured on vectors (n, dimensions): see :func:`measure`.

        Raises:
            InvalidInput: as :meth:`encode`; fewer than three vectors, or a zero one.
        """
        return measure(self, vectors)

    def _check_code(self, code: SpikeCode) -> None:
        if not isinstance(code, SpikeCode):
            raise InvalidInput(f"a code is a SpikeCode, not {type(code).__name__}; see SpikeCode.from_spikes")
        if (code.size, code.length) != (self.neurons, self.ticks):
            raise InvalidInput(
                f"the code has {code.size} neurons and {code.length} ticks a presentation; "
                f"this encoder's have {self.neurons} and {self.ticks}"
            )


@dataclass(frozen=True, slots=True, eq=False)
class ScaledEncoder(SpikeEncoder):
    """Base of the encoders that need to know the range of a value, ``-scale`` to ``scale``.

    Args:
        dimensions: of a vector, >= 1.
        scale: the largest |value|. 1 holds every L2-normalised vector; :meth:`fit` finds a tighter one, which
            uses the code's resolution better.

    Raises:
        InvalidInput: scale is not a finite number above 0.
    """

    scale: float = 1.0

    def __post_init__(self) -> None:
        check_whole("dimensions", self.dimensions, 1, 1 << 24)
        if isinstance(self.scale, bool) or not isinstance(self.scale, int | float | np.floating | np.integer):
            raise InvalidInput(f"scale is {self.scale!r}; a number above 0 is allowed")
        if not (np.isfinite(self.scale) and self.scale > 0):
            raise InvalidInput(f"scale is {self.scale!r}; a finite number above 0 is allowed")

    @classmethod
    def fit(cls, vectors: npt.ArrayLike, *, headroom: float = 1.0, **options: Any) -> Self:
        """An encoder whose dimensions and range are those of ``vectors``: scale = headroom * max |value|.

        Args:
            vectors: shape (n, dimensions), the data to encode later, or a sample of it.
            headroom: 1 or more; above 1 where later vectors may be larger than these.
            options: any other argument of the class.

        Raises:
            InvalidInput: as the class; vectors that are empty, not floats or not finite; headroom below 1.
        """
        if not (np.isfinite(headroom) and headroom >= 1):
            raise InvalidInput(f"headroom is {headroom!r}; a finite number >= 1 is allowed")
        rows = check_vectors(vectors)
        return cls(rows.shape[1], scale=float(np.abs(rows).max()) * headroom or 1.0, **options)

    def _relative(self, vectors: npt.ArrayLike) -> Floats:
        """Checked vectors divided by the scale: (n, dimensions), -1 to 1."""
        rows = check_vectors(vectors, self.dimensions)
        largest = np.abs(rows).max()
        if largest > self.scale:
            raise InvalidInput(
                f"vectors reach |{largest:g}|; -{self.scale:g} to {self.scale:g} is allowed: give a larger scale, "
                f"or take it from data by {type(self).__name__}.fit(vectors)"
            )
        return rows / self.scale


def check_setting(name: str, value: Any, lowest: float, highest: float) -> None:
    """Raise InvalidInput unless ``value`` is a real number from ``lowest`` to ``highest``."""
    is_number = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest:
        raise InvalidInput(f"{name} is {value!r}; a number from {lowest:g} to {highest:g} is allowed")


def nearest(values: Floats) -> IntArray:
    """The nearest whole numbers, ``floor(x + 1/2)``, as everywhere in this project."""
    return np.floor(values + 0.5).astype(np.int64)


def spread_out(counts: IntArray) -> tuple[IntArray, IntArray]:
    """For ``counts[c]`` spikes in each cell c: the cell of every spike, and its place among those of the cell."""
    cells = np.repeat(np.arange(counts.size), counts)
    return cells, np.arange(cells.size) - np.repeat(np.cumsum(counts) - counts, counts)


def on_off_neurons(dimension: IntArray, value: Floats) -> IntArray:
    """The neuron that fires for a value: 2 j where it is positive, 2 j + 1 where it is negative."""
    neurons = 2 * dimension
    neurons += value < 0
    return neurons


def on_minus_off(values: npt.NDArray[Any]) -> Floats:
    """Per neuron (n, 2 dimensions) -> per value (n, dimensions): on minus off."""
    return np.asarray(values[:, 0::2] - values[:, 1::2], dtype=np.float64)
