"""Where training starts: each unit's best linear weights for pairs that are Gaussian, inside the unit's own mask.

Let C be the covariance of all vectors and B that between cues and items, both restricted to the entries that a unit
reads. With ``C = L L'`` and ``L^-1 B L^-T = V diag(rho) V'`` the log-likelihood ratio of "a pair" against "two
strangers" is, up to the squares of each side, ``sum_j rho_j / (1 - rho_j^2) u_j v_j`` in the coordinates
``u = V' L^-1 x``: directions that pairs share count, those of the nuisance do not. A unit with signs s gets

    w = L^-T V diag( sqrt(rho_j / (1 - rho_j^2)) ) V' s,

which keeps the units as different as their signs. Without a nuisance and with white vectors that is w = s times a
number: the identity.

Sources: Ioffe, *Probabilistic linear discriminant analysis* (2006); Hotelling, *Relations between two sets of variates*
(1936), for rho.
"""

from __future__ import annotations

import numpy as np

from neuro.arrays import FloatArray
from neuro.training.straight_through import MaskedProjection, scaled

_MOST = 0.9999
"""Correlation beyond which a direction counts no more: it would otherwise silence all others."""


def discriminant_weights(
    mask: MaskedProjection, signs: FloatArray, cues: FloatArray, items: FloatArray, ridge: float = 0.01
) -> FloatArray:
    """Weights (units, nonzeros) with mean square 1.

    Args:
        mask: which entries each unit reads.
        signs: of the identity, shape (units, nonzeros).
        cues: centred, shape (n, dimensions).
        items: centred, shape (n, dimensions).
        ridge: added to every variance, as a share of the mean variance: keeps few pairs from being believed.
    """
    total = (cues.T @ cues + items.T @ items) / (2 * len(cues))
    between = cues.T @ items / len(cues)
    between = (between + between.T) / 2
    mean_variance = float(np.trace(total)) / len(total)
    if mean_variance <= 0:
        return scaled(signs)
    total += ridge * mean_variance * np.eye(len(total))
    rows, columns = mask.inputs[:, :, None], mask.inputs[:, None, :]
    inverse = np.linalg.inv(np.linalg.cholesky(total[rows, columns]))
    rho, V = np.linalg.eigh(inverse @ between[rows, columns] @ inverse.transpose(0, 2, 1))
    rho = np.clip(rho, 0.0, _MOST)
    gain = np.sqrt(rho / (1.0 - rho**2))
    along = gain * np.einsum("ut,utj->uj", signs, V)
    weights = np.einsum("uj,utj,uts->us", along, V, inverse, optimize=True)
    # Where no unit reads anything that pairs share there is nothing to start from.
    return scaled(weights) if np.any(weights) else scaled(signs)
