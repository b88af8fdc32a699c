"""Labels: the numbers by which a user knows the items of an index."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray
from neuro.checks import whole_numbers
from neuro.errors import InvalidInput


def checked_labels(labels: npt.ArrayLike | None, count: int) -> IntArray:
    """One label for each of ``count`` items, read-only; 0, 1, ... where none are given.

    Raises:
        InvalidInput: not ``count`` whole numbers >= 0, or a label occurs twice.
    """
    given = np.arange(count) if labels is None else np.asarray(labels)
    if given.shape != (count,):
        raise InvalidInput(f"labels have shape {given.shape}; one label for each of the {count} items is allowed")
    frozen = whole_numbers(given if labels is None else labels, "labels", 0)
    values, counts = np.unique(given, return_counts=True)
    if values.size < count:
        raise InvalidInput(f"label {values[counts > 1][0]} is given to {counts.max()} items; each item needs its own")
    frozen.setflags(write=False)
    return frozen


def find_labels(known: IntArray, wanted: npt.ArrayLike) -> IntArray:
    """Position of each wanted label among the known ones, same shape.

    Raises:
        InvalidInput: a label is no whole number or is not known.
    """
    given = whole_numbers(wanted, "labels")
    order = np.argsort(known, kind="stable")
    place = np.minimum(np.searchsorted(known, given, sorter=order), known.size - 1)
    found = order[place]
    unknown = known[found] != given
    if np.any(unknown):
        raise InvalidInput(f"label {given[unknown].ravel()[0]} is not in the index, which holds {known.size} items")
    return np.asarray(found, dtype=np.int64)
