"""Seeds that cover different words of the question, instead of the best few that all say the same.

Greedy, as in maximal marginal relevance: once a seed is chosen, the words that it holds are tired for the others,

    chosen_r = argmax_j  score_j - tire sum_{t in covered} term_tj / max_j sum_t term_tj

Source: Carbonell & Goldstein, *The use of MMR, diversity-based reranking*, SIGIR (1998), with words for similarity.
"""

from __future__ import annotations

import numpy as np

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput


def covering_seeds(scores: FloatArray, term_scores: FloatArray, count: int, tire: float = 0.5) -> IntArray:
    """Places of at most ``count`` candidates, in the order of their choice; ties go to the lower place.

    Args:
        scores: shape (candidates,), how well each answers the question as a whole.
        term_scores: shape (terms, candidates), how well each answers one word of the question alone; above 0 where it
            holds the word.
        count: how many seeds.
        tire: how much a covered word counts against the others that hold it, in units of ``scores``; 0: the best.

    Raises:
        InvalidInput: shapes that don't fit, a count below 1, a tire below 0 or not finite.
    """
    check_whole("the number of seeds", count, 1, 1 << 31)
    if scores.ndim != 1 or term_scores.ndim != 2 or term_scores.shape[1] != scores.size:
        raise InvalidInput(
            f"scores have shape {scores.shape}, term_scores {term_scores.shape}; (candidates,) and (terms, candidates)"
        )
    if not (np.isfinite(tire) and tire >= 0):
        raise InvalidInput(f"tire is {tire!r}; a finite number from 0 up is allowed")
    shares = term_scores / max(float(term_scores.sum(axis=0).max(initial=0.0)), 1e-300)
    left, chosen = scores.astype(np.float64), list[int]()
    covered = np.zeros(len(term_scores), dtype=np.bool_)
    for _ in range(min(count, scores.size)):
        left[chosen] = -np.inf
        chosen.append(int(np.argmax(left - tire * shares[covered].sum(axis=0))))
        covered |= term_scores[:, chosen[-1]] > 0
    return np.array(chosen, dtype=np.int64)
