"""Sparse codes: sets of k active units out of n, written as ascending unit indices.

They are checked, compared, damaged and read from spikes here; who makes them is an encoder's business.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole, holds_whole
from neuro.errors import InvalidInput
from neuro.spikes import Recording

Codes = npt.NDArray[np.int64]


def check_codes(codes: npt.ArrayLike, units: int, what: str = "codes") -> Codes:
    """Codes as int64 (batch, k), ascending in each row; one code (k,) becomes a batch of one.

    Raises:
        InvalidInput: not integers, not one or two dimensions, empty, a unit outside 0..units - 1 or twice
            in a code.
    """
    given = np.asarray(codes)
    if not np.issubdtype(given.dtype, np.integer) or not holds_whole(codes):
        raise InvalidInput(
            f"{what}: dtype is {given.dtype}; a code is its active units as integers "
            "(np.flatnonzero of a binary vector)"
        )
    if given.ndim not in (1, 2) or given.size == 0:
        raise InvalidInput(f"{what}: shape is {given.shape}; (k,) or (batch, k) with at least one unit is allowed")
    rows = np.atleast_2d(given).astype(np.int64, order="C")
    # Most codes come from an encoder and ascend already: one look instead of a sort.
    ascend = bool((rows[:, 1:] > rows[:, :-1]).all())
    if not ascend:
        rows.sort(axis=1)
    if rows[:, 0].min() < 0 or rows[:, -1].max() >= units:
        raise InvalidInput(
            f"{what}: units {rows[:, 0].min()} to {rows[:, -1].max()} are active; 0 to {units - 1} are allowed"
        )
    if not ascend:
        twice = np.flatnonzero(np.any(rows[:, 1:] == rows[:, :-1], axis=1))
        if twice.size:
            raise InvalidInput(f"{what}: code {twice[0]} names a unit twice; each active unit stands once")
    return rows


def top_units(levels: npt.NDArray[np.int32], active: int) -> Codes:
    """The ``active`` units of highest level, ties to the lower index: the winners rule, as arithmetic.

    Args:
        levels: whole numbers >= 0, int32, shape (units,) or (batch, units).
        active: k, 1 to units.

    Returns:
        Ascending units, (k,) or (batch, k).

    Raises:
        InvalidInput: another dtype or shape, a negative level, k out of range.
    """
    from neuro.encoders._kernels import top_units_batch

    given = np.asarray(levels)
    if given.dtype != np.int32 or given.ndim not in (1, 2) or given.size == 0 or given.min() < 0:
        raise InvalidInput(
            f"levels have shape {given.shape}, dtype {given.dtype}; int32 >= 0 of shape (units,) "
            "or (batch, units) is allowed"
        )
    check_whole("active", active, 1, given.shape[-1])
    rows = np.atleast_2d(given)
    winners = np.empty((len(rows), active), dtype=np.int64)
    top_units_batch(rows, int(rows.max()), winners)
    return winners[0] if given.ndim == 1 else winners


def overlap(left: npt.ArrayLike, right: npt.ArrayLike, units: int) -> Codes:
    """How many active units two sets of codes share: ``|a_i and b_j|``, shape (left, right)."""
    first, second = check_codes(left, units, "left codes"), check_codes(right, units, "right codes")
    return np.asarray(np.rint(binary(first, units) @ binary(second, units).T), dtype=np.int64)


def binary(codes: Codes, units: int) -> npt.NDArray[np.float32]:
    """Checked codes (batch, k) as 0 and 1 of each unit, shape (batch, units)."""
    dense = np.zeros((codes.shape[0], units), dtype=np.float32)
    np.put_along_axis(dense, codes, 1.0, axis=1)
    return dense


def replace_units(codes: npt.ArrayLike, units: int, fraction: float, seed: int) -> Codes:
    """Damaged copies: ``round(fraction k)`` active units of each code replaced at random by inactive ones.

    Args:
        codes: shape (k,) or (batch, k).
        units: n, how many units there are.
        fraction: 0 (nothing) to 1 (every active unit).
        seed: of the choice.

    Returns:
        Shape of ``codes``, ascending.

    Raises:
        InvalidInput: as :func:`check_codes`; fraction outside 0..1; too few inactive units to choose from.
    """
    intact = check_codes(codes, units)
    if not 0.0 <= fraction <= 1.0:
        raise InvalidInput(f"fraction is {fraction}; 0 to 1 is allowed")
    active = intact.shape[1]
    wrong = round(fraction * active)
    if wrong > units - active:
        raise InvalidInput(f"{wrong} units can't be replaced: only {units - active} of {units} are inactive")
    random = np.random.default_rng(seed)
    damaged = intact.copy()
    for code in damaged:
        inactive = np.setdiff1d(np.arange(units), code, assume_unique=True)
        code[random.choice(active, wrong, replace=False)] = random.choice(inactive, wrong, replace=False)
    return np.sort(damaged, axis=1).reshape(np.shape(codes))


def code_cosine_correlation(embeddings: npt.ArrayLike, codes: npt.ArrayLike, units: int) -> float:
    """How well the overlap of codes follows the cosine of embeddings, -1 to 1.

    The mean over all items i of the Pearson correlation, over all j other than i, between ``cos(x_i, x_j)``
    and ``|c_i and c_j| / k``. Centre the embeddings first where the encoder centres them: it is the centred
    cosine that the code keeps.

    Args:
        embeddings: shape (items, dimensions), finite, items >= 3.
        codes: shape (items, k).
        units: n, how many units a code chooses from.

    Raises:
        InvalidInput: shapes do not fit, NaN, fewer than 3 items, a zero embedding, or nothing varies.
    """
    vectors = np.asarray(embeddings, dtype=np.float64)
    rows = check_codes(codes, units)
    if vectors.ndim != 2 or len(vectors) != len(rows) or len(rows) < 3:
        raise InvalidInput(
            f"embeddings of shape {vectors.shape} with {len(rows)} codes; one code each of at "
            "least 3 embeddings is allowed"
        )
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    if not np.all(np.isfinite(norms)) or np.any(norms == 0):
        raise InvalidInput("embeddings hold NaN, infinity or a zero vector; their cosine is not defined")
    directions = vectors / norms
    others = ~np.eye(len(rows), dtype=bool)
    cosines = (directions @ directions.T)[others].reshape(len(rows), -1)
    shared = overlap(rows, rows, units)[others].reshape(len(rows), -1).astype(np.float64)
    cosines -= cosines.mean(axis=1, keepdims=True)
    shared -= shared.mean(axis=1, keepdims=True)
    scale = np.linalg.norm(cosines, axis=1) * np.linalg.norm(shared, axis=1)
    varies = scale > 0
    if not np.any(varies):
        raise InvalidInput("all cosines or all overlaps are alike; a correlation needs items that differ")
    return float(np.mean(np.sum(cosines * shared, axis=1)[varies] / scale[varies]))


def codes_from_spikes(recording: Recording, presentation_ticks: int, population: str = "encoder") -> Codes:
    """The winners of each presentation of a run, shape (presentations, k), ascending units.

    Args:
        recording: of a circuit that shows one item every ``presentation_ticks``.
        presentation_ticks: length of a presentation.
        population: whose spikes are the code.

    Raises:
        InvalidInput: no such population, the run does not hold whole presentations, or presentations differ
            in their number of winners (one was too short, or a unit fired twice).
    """
    if population not in recording.spikes:
        raise InvalidInput(f"no spikes of {population!r}; the recording has {sorted(recording.spikes)}")
    check_whole("presentation_ticks", presentation_ticks, 1, 1 << 40)
    if recording.ticks % presentation_ticks or recording.ticks == 0:
        raise InvalidInput(
            f"{recording.ticks} ticks are not whole presentations of {presentation_ticks}; run a multiple"
        )
    spikes = recording.spikes[population]
    presentation = spikes.ticks // presentation_ticks
    counts = np.bincount(presentation, minlength=recording.ticks // presentation_ticks)
    if counts.min() != counts.max() or counts.min() == 0:
        raise InvalidInput(
            f"presentations have {counts.min()} to {counts.max()} spikes of {population!r}; give "
            "each the same number "
            "of winners by a longer presentation and Winners(max_winners=k)"
        )
    order = np.lexsort((spikes.indices, presentation))
    return check_codes(spikes.indices[order].reshape(counts.size, -1), spikes.size)
