"""How well a spike code keeps vectors, and what it costs: one measurement, the same for every encoder."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from neuro.encoders.vectors import check_vectors
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from neuro.encoders.base import Encoder

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class CodeReport:
    """What :func:`measure` found.

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


def measure(encoder: Encoder, vectors: npt.ArrayLike) -> CodeReport:
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
    cosines = np.sum(_directions(encoder.decode(code)) * _directions(rows), axis=1)
    return CodeReport(
        encoder=type(encoder).__name__,
        vectors=len(rows),
        dimensions=encoder.dimensions,
        neurons=encoder.neurons,
        ticks=encoder.ticks,
        mean_cosine=float(np.mean(cosines)),
        min_cosine=float(np.min(cosines)),
        spikes_per_value=_spike_count(code) / rows.size,
        similarity_correlation=similarity_correlation(rows, encoder.features(code)),
    )


def similarity_correlation(vectors: Floats, features: Floats) -> float:
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


def compare(encoders: Iterable[Encoder], vectors: npt.ArrayLike) -> tuple[CodeReport, ...]:
    """The reports of several encoders on the same vectors, in the order given.

    Raises:
        InvalidInput: as :func:`measure`.
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


def _spike_count(code: Any) -> int:
    """Spikes of a code: a SpikeCode knows its own, a code of active units holds one each."""
    return int(code.size) if isinstance(code, np.ndarray) else len(code)


def _directions(rows: Floats) -> Floats:
    """Rows of length 1; a zero row stays zero. The largest entry goes first, so that no square overflows."""
    largest = np.abs(rows).max(axis=1, keepdims=True)
    shrunk = rows / np.where(largest > 0, largest, 1.0)
    norms = np.linalg.norm(shrunk, axis=1, keepdims=True)
    return np.asarray(shrunk / np.where(norms > 0, norms, 1.0))


def _gram(rows: Floats) -> Floats:
    directions = _directions(rows)
    return np.asarray(directions @ directions.T)
