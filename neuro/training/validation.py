"""Validation: which cues find their own item by their codes, and whether that is better than before."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from neuro.encoders import KWTAEncoder
from neuro.encoders.codes import Codes
from neuro.errors import InvalidInput

Hits = npt.NDArray[np.bool_]

_CHUNK = 512
_ERRORS = 2.0
"""A difference counts from two standard errors on."""


def recall_hits(encoder: KWTAEncoder, cues: npt.ArrayLike, items: npt.ArrayLike) -> Hits:
    """Whether cue i's code shares more active units with item i's than with any other item's, shape (cues,).

    Recall@1 is the mean. Ties go to the item that stands first.

    Raises:
        InvalidInput: as the encoder; more cues than items.
    """
    asked, stored = np.atleast_2d(encoder.encode(cues)), np.atleast_2d(encoder.encode(items))
    if len(asked) > len(stored):
        raise InvalidInput(f"{len(asked)} cues and {len(stored)} items; give item i for each cue i")
    held = _features(stored, encoder.units)
    best = np.empty(len(asked), dtype=np.int64)
    for start in range(0, len(asked), _CHUNK):
        part = slice(start, start + _CHUNK)
        best[part] = (_features(asked[part], encoder.units) @ held.T).argmax(axis=1)
    return np.asarray(best == np.arange(len(asked)))


def is_better(hits: Hits, before: Hits) -> bool:
    """Whether the same cues are found more often than before, by more than two standard errors.

    With b cues found only now and c only before: ``b - c > 2 sqrt(b + c)``, the sign test. Source: McNemar (1947).
    """
    won, lost = int(np.sum(hits & ~before)), int(np.sum(before & ~hits))
    return won - lost > _ERRORS * math.sqrt(won + lost)


def _features(codes: Codes, units: int) -> npt.NDArray[np.float32]:
    dense = np.zeros((len(codes), units), dtype=np.float32)
    np.put_along_axis(dense, codes, np.float32(1.0), axis=1)
    return dense
