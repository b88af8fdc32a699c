"""What every spike encoder offers: vectors into the spikes of a presentation, and back; and what its code is worth.

Signed values use two neurons each: neuron 2 j fires for a positive value j ("on"), neuron 2 j + 1 for a negative one
("off"), so one of the two is always silent. Encoders that need no such pair say so.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Protocol, Self, TypeVar

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import SpikeSource
from neuro.encoders.codes import Codes
from neuro.encoders.spike_code import SpikeCode
from neuro.encoders.stimulus import check_vectors
from neuro.errors import InvalidInput

Code = TypeVar("Code", SpikeCode, Codes)


class Encoder(Protocol[Code]):
    """Anything that turns vectors into spikes and back; its code is a SpikeCode or the sets of active units."""

    @property
    def dimensions(self) -> int:
        """Of a vector."""

    @property
    def neurons(self) -> int:
        """How many neurons carry the code."""

    @property
    def ticks(self) -> int:
        """Length of one presentation."""

    def encode(self, vectors: npt.ArrayLike, /) -> Code:
        """The code of vectors (n, dimensions) or (dimensions,)."""

    def decode(self, code: Code, /) -> FloatArray:
        """Vectors back from their code."""

    def features(self, code: Code, /) -> FloatArray:
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
    def neurons(self) -> int:
        """How many neurons carry the code: two a value, on and off, unless the encoder says otherwise."""
        return 2 * self.dimensions

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
    def decode(self, code: SpikeCode) -> FloatArray:
        """Vectors back, shape (presentations, dimensions).

        Raises:
            InvalidInput: a code of another length or number of neurons.
        """

    @abstractmethod
    def features(self, code: SpikeCode) -> FloatArray:
        """What of the code is compared, shape (presentations, features)."""

    def stimulus(self, vectors: npt.ArrayLike, name: str = "encoder") -> SpikeSource:
        """The code of vectors as a spike source: presentations of ``ticks`` ticks, one after the other.

        A neuron whose reset sets v loses what arrives in the tick in which it fires; see docs/spike_codes.md.

        Raises:
            InvalidInput: as :meth:`encode`; a name that a circuit refuses.
        """
        return self.encode(vectors).source(name)

    def report(self, vectors: npt.ArrayLike) -> CodeReport:
        """Round trip, cost and similarity, measured on vectors (n, dimensions): see :func:`measure_code`.

        Raises:
            InvalidInput: as :meth:`encode`; fewer than three vectors, or a zero one.
        """
        return measure_code(self, vectors)

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
        is_number = isinstance(self.scale, int | float | np.floating | np.integer) and not isinstance(self.scale, bool)
        if not (is_number and np.isfinite(self.scale) and self.scale > 0):
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

    def _relative(self, vectors: npt.ArrayLike) -> FloatArray:
        """Checked vectors divided by the scale: (n, dimensions), -1 to 1."""
        rows = check_vectors(vectors, self.dimensions)
        largest = np.abs(rows).max()
        if largest > self.scale:
            raise InvalidInput(
                f"vectors reach |{largest:g}|; -{self.scale:g} to {self.scale:g} is allowed: give a larger scale, "
                f"or take it from data by {type(self).__name__}.fit(vectors)"
            )
        return rows / self.scale


def check_setting(name: str, value: float, lowest: float, highest: float) -> None:
    """Raise InvalidInput unless ``value`` is a real number from ``lowest`` to ``highest``."""
    is_number = isinstance(value, int | float | np.floating | np.integer) and not isinstance(value, bool)
    if not is_number or not lowest <= value <= highest:
        raise InvalidInput(f"{name} is {value!r}; a number from {lowest:g} to {highest:g} is allowed")


def nearest(values: FloatArray) -> IntArray:
    """The nearest whole numbers, ``floor(x + 1/2)``, as everywhere in this project."""
    return np.floor(values + 0.5).astype(np.int64)


def spread_out(counts: IntArray) -> tuple[IntArray, IntArray]:
    """For ``counts[c]`` spikes in each cell c: the cell of every spike, and its place among those of the cell."""
    cells = np.repeat(np.arange(counts.size), counts)
    return cells, np.arange(cells.size) - np.repeat(np.cumsum(counts) - counts, counts)


def on_off_neurons(dimension: IntArray, value: FloatArray) -> IntArray:
    """The neuron that fires for a value: 2 j where it is positive, 2 j + 1 where it is negative."""
    neurons = 2 * dimension
    neurons += value < 0
    return neurons


def on_minus_off(values: AnyArray) -> FloatArray:
    """Per neuron (n, 2 dimensions) -> per value (n, dimensions): on minus off."""
    return np.asarray(values[:, 0::2] - values[:, 1::2], dtype=np.float64)


def unit_rows(rows: FloatArray) -> FloatArray:
    """Rows of length 1; a zero row stays zero. The largest entry goes first, so that no square overflows."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    shrunk = rows / np.where(largest > 0, largest, 1.0)
    norms = np.linalg.norm(shrunk, axis=1, keepdims=True)
    return np.asarray(shrunk / np.where(norms > 0, norms, 1.0))


@dataclass(frozen=True, slots=True)
class CodeReport:
    """What :func:`measure_code` found.

    Args:
        encoder: name of its class.
        vectors: how many were encoded.
        dimensions: of a vector.
        neurons: that carry the code.
        ticks: of one presentation.
        mean_cosine: of a vector and its round trip, averaged over the vectors.
        min_cosine: of the worst vector.
        spikes_per_value: spikes / (vectors * dimensions).
        similarity_correlation: Pearson, over all pairs of vectors, between the cosine of their codes' features and
            their own cosine.
    """

    encoder: str
    vectors: int
    dimensions: int
    neurons: int
    ticks: int
    mean_cosine: float
    min_cosine: float
    spikes_per_value: float
    similarity_correlation: float


def measure_code(encoder: Encoder[Code], vectors: npt.ArrayLike) -> CodeReport:
    """Encode, decode and compare.

    A round trip that gives the zero vector counts as cosine 0, and so does a zero feature vector in a similarity. A
    code whose similarities are all alike has correlation 0. All pairs are held at once, about 24 n^2 bytes.

    Args:
        encoder: whose code.
        vectors: shape (n, dimensions), n >= 3, none of them zero.

    Raises:
        InvalidInput: what the encoder refuses; fewer than three vectors; a zero vector; or all cosines alike.
    """
    rows = check_vectors(vectors, encoder.dimensions)
    zeros = np.flatnonzero(~np.any(rows, axis=1))
    if len(rows) < 3 or zeros.size:
        raise InvalidInput(
            f"a report of {len(rows)} vectors, {zeros.size} of them zero; at least 3, none zero, are allowed"
        )
    code = encoder.encode(rows)
    cosines = np.sum(unit_rows(encoder.decode(code)) * unit_rows(rows), axis=1)
    return CodeReport(
        encoder=type(encoder).__name__,
        vectors=len(rows),
        dimensions=encoder.dimensions,
        neurons=encoder.neurons,
        ticks=encoder.ticks,
        mean_cosine=float(np.mean(cosines)),
        min_cosine=float(np.min(cosines)),
        # A SpikeCode knows its number of spikes; a code of active units holds one each.
        spikes_per_value=(len(code) if isinstance(code, SpikeCode) else code.size) / rows.size,
        similarity_correlation=similarity_correlation(rows, encoder.features(code)),
    )


def similarity_correlation(vectors: FloatArray, features: FloatArray) -> float:
    """Pearson correlation, over all pairs i < j, of ``cos(features_i, features_j)`` with ``cos(x_i, x_j)``.

    Raises:
        InvalidInput: all cosines of the vectors are alike, so that nothing can follow them.
    """
    pairs = np.triu_indices(len(vectors), 1)
    given, kept = (_gram(rows)[pairs] for rows in (vectors, features))
    given -= given.mean()
    kept -= kept.mean()
    spread_given, spread_kept = np.linalg.norm(given), np.linalg.norm(kept)
    # Rounding alone moves equal cosines by some 1e-16 each.
    noise = 1e-13 * np.sqrt(len(given))
    if spread_given <= noise:
        raise InvalidInput("all cosines of the vectors are alike; a correlation needs vectors that differ")
    return float(given @ kept / (spread_given * spread_kept)) if spread_kept > noise else 0.0


def compare(encoders: Iterable[Encoder[SpikeCode] | Encoder[Codes]], vectors: npt.ArrayLike) -> tuple[CodeReport, ...]:
    """The reports of several encoders on the same vectors, in the order given.

    Raises:
        InvalidInput: as :func:`measure_code`.
    """
    return tuple(encoder.report(vectors) for encoder in encoders)


def comparison_table(reports: Iterable[CodeReport]) -> str:
    """Reports as a plain text table, one line each below a header."""
    lines = [
        f"{'encoder':24}{'cosine':>8}{'worst':>8}{'spikes/value':>14}{'similarity r':>14}{'ticks':>7}{'neurons':>9}"
    ]
    lines += [
        f"{row.encoder:24}{row.mean_cosine:8.4f}{row.min_cosine:8.4f}{row.spikes_per_value:14.2f}"
        f"{row.similarity_correlation:14.4f}{row.ticks:7}{row.neurons:9}"
        for row in reports
    ]
    return "\n".join(lines)


def _gram(rows: FloatArray) -> FloatArray:
    directions = unit_rows(rows)
    return np.asarray(directions @ directions.T)
