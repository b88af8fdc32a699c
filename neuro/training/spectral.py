"""Spectral regularisation: codes that vary little along the links of a graph.

Source: Belkin & Niyogi, *Laplacian eigenmaps for dimensionality reduction and data representation* (2003).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, FloatingArray
from neuro.checks import check_not_negative, check_rows
from neuro.errors import InvalidInput

if TYPE_CHECKING:
    from scipy.sparse import csr_array


def laplacian(row_start: npt.ArrayLike, column: npt.ArrayLike) -> csr_array:
    """The graph Laplacian L = D - A of links in CSR form, (nodes, nodes).

    A link counts in both directions, once; one from a node to itself not at all. Links of an HNSW graph come from
    ``hnsw_bridge.read_graph(index).links``.

    Args:
        row_start: shape (nodes + 1,), where the links of each node begin.
        column: shape (links,), the node at the end of each link.

    Raises:
        InvalidInput: no CSR form: wrong shapes, dtype or order, a node that is not there.

    >>> laplacian([0, 1, 2, 2], [1, 2]).toarray()
    array([[ 1., -1.,  0.],
           [-1.,  2., -1.],
           [ 0., -1.,  1.]])
    """
    from scipy import sparse

    starts, ends = np.asarray(row_start), np.asarray(column)
    whole = all(np.issubdtype(array.dtype, np.integer) or array.size == 0 for array in (starts, ends))
    if starts.ndim != 1 or ends.ndim != 1 or starts.size < 2 or not whole:
        raise InvalidInput(
            f"links of shapes {starts.shape} and {ends.shape}, dtypes {starts.dtype} and {ends.dtype}; "
            "row_start (nodes + 1,) and column (links,) of whole numbers are allowed"
        )
    nodes = starts.size - 1
    if starts[0] != 0 or starts[-1] != ends.size or np.any(np.diff(starts) < 0):
        raise InvalidInput(f"row_start must rise from 0 to the number of links, {ends.size}")
    if ends.size and not 0 <= ends.min() <= ends.max() < nodes:
        raise InvalidInput(f"links end at nodes {ends.min()} to {ends.max()}; 0 to {nodes - 1} are allowed")
    source = np.repeat(np.arange(nodes), np.diff(starts))
    other = source != ends
    links = sparse.coo_array((np.ones(int(other.sum())), (source[other], ends[other])), shape=(nodes, nodes)).tocsr()
    links.data[:] = 1.0
    both = links.maximum(links.T)
    return sparse.csr_array(sparse.diags_array(both.sum(axis=1)) - both)


@dataclass(frozen=True, slots=True)
class SpectralRegularization:
    """``weight tr(Z' L Z) / n = weight / n * (sum over links of |z_i - z_j|^2)`` and its gradient
    ``2 weight L Z / n``.

    Args:
        weight: >= 0.

    Raises:
        InvalidInput: a weight below 0.
    """

    weight: float = 0.01

    def __post_init__(self) -> None:
        check_not_negative("weight", self.weight)

    def __call__(self, Z: npt.ArrayLike, L: csr_array | FloatArray) -> tuple[float, FloatingArray]:
        """Value and gradient for codes or embeddings Z (n, dimensions), one row a node.

        Args:
            Z: floats.
            L: the Laplacian, (n, n), sparse or dense, symmetric: see :func:`laplacian`.

        Raises:
            InvalidInput: shapes that do not fit, NaN.
        """
        rows = check_rows(Z, "Z")
        if L.shape != (len(rows), len(rows)):
            raise InvalidInput(f"the Laplacian is {L.shape}; for {len(rows)} rows {(len(rows), len(rows))} is needed")
        smoothed = np.asarray(L @ rows)
        if not np.all(np.isfinite(smoothed)):
            raise InvalidInput("the Laplacian holds NaN or infinity; only finite numbers are allowed")
        scale = self.weight / len(rows)
        return scale * float(np.sum(rows * smoothed)), (2.0 * scale * smoothed).astype(rows.dtype)
