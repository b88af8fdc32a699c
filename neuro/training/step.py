"""One step: the loss of a batch and its gradient with respect to the weights of the taps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.training.loss import PairLoss
from neuro.training.masked import MaskedProjection
from neuro.training.spectral import SpectralRegularization
from neuro.training.straight_through import HardCodes, hard_codes

Floats = npt.NDArray[np.float64]
Rows = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Batch:
    """What a step looks at.

    Args:
        cues: shape (n, dimensions), centred.
        items: shape (m, dimensions), centred: the cues' own and mined negatives, each once.
        own: the row of each cue's item.
    """

    cues: Floats
    items: Floats
    own: Rows


@dataclass(frozen=True, slots=True, eq=False)
class CodeLayer:
    """The projection and its winners, as training sees them."""

    mask: MaskedProjection
    active: int
    window: float

    def codes(self, centred: Floats, weights: Floats) -> HardCodes:
        """The codes of centred vectors."""
        return hard_codes(self.mask.drive(centred, weights), self.active, self.window)

    def contrast(self, batch: Batch, weights: Floats, loss: PairLoss) -> tuple[float, Floats]:
        """A contrastive loss on hard codes, and its straight-through gradient."""
        vectors = np.concatenate([batch.cues, batch.items])
        codes = self.codes(vectors, weights)
        z = codes.z.astype(np.float32)
        found = loss(z[: len(batch.cues)], z[len(batch.cues) :], batch.own)
        upstream = np.concatenate([found.anchors, found.items])
        return found.value, self.mask.gradient(vectors, codes.gradient(upstream))

    def smoothness(
        self, centred: Floats, L: Any, weights: Floats, spectral: SpectralRegularization
    ) -> tuple[float, Floats]:
        """The spectral term on hard codes, and its straight-through gradient."""
        codes = self.codes(centred, weights)
        value, upstream = spectral(codes.z, L)
        return value, self.mask.gradient(centred, codes.gradient(upstream))


@dataclass(frozen=True, slots=True, eq=False)
class SampledLinks:
    """Links of a graph over the items that are trained on, for an unbiased sample in each step.

    Args:
        left, right: the rows at both ends of each link, once.
    """

    left: Rows
    right: Rows

    def sample(self, count: int, nodes: int, random: np.random.Generator) -> tuple[Rows, Any]:
        """Rows that ``count`` drawn links touch, and their Laplacian.

        It is scaled so that the expected ``tr(Z' L Z) / rows`` is that of the whole graph over ``nodes`` rows.
        """
        from scipy import sparse

        drawn = random.integers(0, self.left.size, count)
        rows, ends = np.unique(np.concatenate([self.left[drawn], self.right[drawn]]), return_inverse=True)
        first, second = ends[:count], ends[count:]
        both = (np.concatenate([first, second]), np.concatenate([second, first]))
        A = sparse.coo_array((np.ones(2 * count), both), shape=(rows.size, rows.size)).tocsr()
        scale = self.left.size / count * rows.size / nodes
        return rows, sparse.csr_array(sparse.diags_array(A.sum(axis=1)) - A) * scale


def links_among(L: Any, rows: Rows) -> SampledLinks:
    """The links of a Laplacian whose two ends are both among ``rows``, numbered by their place in it."""
    from scipy import sparse

    inside = sparse.triu(sparse.csr_array(L)[rows][:, rows], k=1).tocoo()
    linked = inside.data != 0
    return SampledLinks(inside.row[linked].astype(np.int64), inside.col[linked].astype(np.int64))
