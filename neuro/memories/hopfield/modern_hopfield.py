"""Modern Hopfield memory: continuous patterns, recalled by attention over all of them.

    similarity   s = K xi                     (COSINE: rows of K and xi of length one)
    attention    w = w(beta s)                softmax, or sparse (:mod:`neuro.memories.hopfield.attention_weights`)
    next state   xi <- K' w                   (COSINE: scaled back to length one)
    answer       V' w                         values of their own, or the cues themselves
    energy       E(xi) = -Omega*(beta K xi) / beta - Omega(1/N) / beta + xi.xi / 2 + M^2 / 2   never rises

One step with DOT, softmax and beta = 1/sqrt(d) is the attention of a transformer with one head and no projections.

Sources: Ramsauer et al., *Hopfield Networks is All You Need*, ICLR 2021; for sparse attention and its energy
(Fenchel-Young) Santos et al., *Sparse and Structured Hopfield Networks*, ICML 2024. On the sphere (COSINE) xi.xi
stays 1 and Omega* is convex, so the step to the direction of its slope lowers E there too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar, Self, TypeGuard

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BoolArray, Float32Array, FloatArray, IntArray, grown, stable_top_k
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.base import (
    NOTHING,
    SQUARED_LENGTHS,
    IndexedMemory,
    MemoryState,
    RecallResult,
    check_float32,
    check_lengths,
    check_recall,
    state_array,
)
from neuro.memories.hopfield.attention_weights import (
    Activation,
    Similarity,
    beta_for,
    check_beta,
    least_weight,
    mix,
    omega,
    potential,
    weigh,
)
from neuro.memories.hopfield.capacity import hopfield_capacity
from neuro.memories.items import Items

MOST_STEPS = 1000
"""After so many steps an iteration that still moves is given up."""

_STILL = 1e-5
"""A state that moves by less than this share of the longest pattern has converged."""

_RULE_SAMPLE = 256
"""How many patterns the rule for beta looks at: at 20,000 x 384 it takes a tenth of a second then."""

_MOVING = np.asarray(False)
"""Nobody looked whether one step alone would have stood still."""

_SORTED = 8
"""Above one wanted in so many a whole sort is faster than a search."""

_SIMILARITIES, _ACTIVATIONS = tuple(Similarity), tuple(Activation)


@dataclass(frozen=True, slots=True, eq=False)
class Retrieval:
    """What attention retrieved.

    Args:
        patterns: the attention-weighted sum of the values, (value_dimensions,) or (batch, value_dimensions).
        attention: weight of each stored item, in the order of storing, (items,) or (batch, items).
        similarities: what the attention was taken of, same shape.
        steps: how many steps were taken.
        converged: whether the state stood still at the end, () or (batch,); False if only one step was asked for.
    """

    patterns: Float32Array
    attention: Float32Array
    similarities: Float32Array
    steps: int
    converged: BoolArray

    def first(self) -> Retrieval:
        """The answer to the first cue of a batch, without the batch."""
        still = np.asarray(self.converged[0])
        return Retrieval(self.patterns[0], self.attention[0], self.similarities[0], self.steps, still)


@dataclass(frozen=True, slots=True, eq=False)
class HopfieldRecall(RecallResult):
    """A :class:`neuro.memories.RecallResult` with the retrieval behind it.

    Args:
        retrieval: retrieved patterns and attention; given also where the memory abstains.
    """

    retrieval: Retrieval = field(kw_only=True)


class ModernHopfield(IndexedMemory):
    """Dense associative memory of float32 vectors.

    Args:
        dimensions: d of a cue.
        value_dimensions: of a value; None: the values are the cues (auto-associative).
        beta: inverse temperature; None: :func:`neuro.memories.beta_for` of what is stored, anew after each change, from
            256 of the patterns.
        similarity: COSINE, or DOT, with which long patterns win.
        activation: SOFTMAX, or SPARSEMAX or ENTMAX15, which recall a pattern exactly and read few values.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.modern_hopfield"

    def __init__(
        self,
        dimensions: int,
        *,
        value_dimensions: int | None = None,
        beta: float | None = None,
        similarity: Similarity = Similarity.COSINE,
        activation: Activation = Activation.SOFTMAX,
    ) -> None:
        check_whole("dimensions", dimensions, 1, 1 << 24)
        if value_dimensions is not None:
            check_whole("value_dimensions", value_dimensions, 1, 1 << 24)
        for name, value, kind in (("similarity", similarity, Similarity), ("activation", activation, Activation)):
            if not isinstance(value, kind):
                raise InvalidInput(f"{name} is {value!r}; a member of {kind.__name__} is allowed")
        self.dimensions = int(dimensions)
        self.value_dimensions = None if value_dimensions is None else int(value_dimensions)
        self.similarity, self.activation = similarity, activation
        self._beta = None if beta is None else check_beta(beta)
        self._rule: float | None = None
        self._items = Items()
        self._keys = np.empty((0, self.dimensions), dtype=np.float32)
        self._scale = np.empty(0, dtype=np.float32)
        self._values = self._keys if value_dimensions is None else np.empty((0, value_dimensions), dtype=np.float32)

    @property
    def keys(self) -> Float32Array:
        """The stored cues, as they were given, (items, dimensions)."""
        return self._keys[: len(self)].copy()

    @property
    def values(self) -> Float32Array:
        """The stored values, (items, value_dimensions)."""
        return self._values[: len(self)].copy()

    @property
    def beta(self) -> float:
        """The inverse temperature in use.

        Raises:
            InvalidInput: the memory is empty, so that the rule has nothing to go by.
        """
        if self._beta is not None:
            return self._beta
        if self._rule is None:
            keys = self._keys[: len(self)]
            if not len(keys):
                raise InvalidInput("beta of an empty memory; store something first, or give beta")
            self._rule = beta_for(keys, self.similarity, self.activation, sample=_RULE_SAMPLE)
        return self._rule

    def store(
        self, cues: npt.ArrayLike, values: npt.ArrayLike | None = None, *, indices: npt.ArrayLike | None = None
    ) -> IntArray:
        """Store items.

        Args:
            cues: float32, (dimensions,) or (items, dimensions), none of length zero.
            values: float32, one for each cue, if the memory has ``value_dimensions``; else None.
            indices: by which recall names the items; consecutive numbers after the largest by default.

        Returns:
            The indices, (items,).

        Raises:
            InvalidInput: cues or values that do not fit; indices of another number, negative, given twice or already
                stored. The memory is unchanged then.
        """
        rows, lengths = check_lengths(cues, self.dimensions)
        given = self._checked_values(values, len(rows))
        names = self._items.names(len(rows), indices)
        self._append(names, rows, lengths, given)
        return names

    def recall(
        self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None, steps: int | None = 1
    ) -> HopfieldRecall:
        """The k stored items that fit best, best first; ties to the item stored earlier.

        A score is the similarity of the item to the state that the last attention was taken of: the cue itself, unless
        ``steps`` is above 1. It, and not the attention, tells whether anything fits: attention sums to one whatever is
        asked. Items rank by score as they rank by attention.

        Args:
            cues: float32, (dimensions,) or (batch, dimensions).
            k: at most the number of stored items.
            threshold: a score below it is answered by :data:`NOTHING`; None: never. Use it with one step: an iterated
                state comes to lie near some pattern whatever was asked.
            steps: as in :meth:`retrieve`.

        Returns:
            Indices, scores, stored values and the :class:`Retrieval` behind them.

        Raises:
            InvalidInput: an empty memory, k or steps out of range, cues that do not fit, a threshold that is NaN.
        """
        check_recall(len(self), k, threshold)
        _check_steps(steps)
        if steps == 1 and self._is_one(cues):
            found, rows, scores = self._attend_once(cues, k)
        else:
            found = self._retrieve(cues, steps)
            rows, scores = _best(found.similarities, k)
            if np.ndim(cues) == 1:
                found, rows, scores = found.first(), rows[0], scores[0]
        indices, values = self._items.indices[rows], self._values[rows]
        if threshold is not None:
            absent = scores < np.float64(threshold)
            indices = np.where(absent, NOTHING, indices)
            values[absent] = 0
        return HopfieldRecall(indices, scores, values, retrieval=found)

    def retrieve(self, cues: npt.ArrayLike, steps: int | None = 1) -> Retrieval:
        """The attention-weighted sum of the values.

        Args:
            cues: float32, (dimensions,) or (batch, dimensions).
            steps: how often attention is taken; from the second time on of the state that the last step gave. None:
                until the state stands still, at most :data:`MOST_STEPS` times.

        Raises:
            InvalidInput: an empty memory, steps below 1, cues that do not fit.
        """
        check_recall(len(self), 1, None)
        _check_steps(steps)
        if steps == 1 and self._is_one(cues):
            return self._attend_once(cues, 1)[0]
        found = self._retrieve(cues, steps)
        return found.first() if np.ndim(cues) == 1 else found

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove items, with all that is known of them.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        items = len(self)
        stays = self._items.remove(indices)
        auto = self.value_dimensions is None
        self._keys, self._scale = self._keys[:items][stays], self._scale[:items][stays]
        self._values = self._keys if auto else self._values[:items][stays]
        self._rule = None

    def energy(self, states: npt.ArrayLike) -> FloatArray:
        """E of each state, () or (batch,), in float64; a step of :meth:`retrieve` never raises it.

        Args:
            states: float32, (dimensions,) or (batch, dimensions); with COSINE only their direction counts.

        Raises:
            InvalidInput: an empty memory, states that do not fit.
        """
        check_recall(len(self), 1, None)
        rows, lengths = check_lengths(np.asarray(states), self.dimensions, "states")
        xi, keys = rows.astype(np.float64), self._keys[: len(self)].astype(np.float64)
        if self.similarity is Similarity.COSINE:
            xi /= lengths[:, None]
            keys /= np.linalg.norm(keys, axis=1, keepdims=True)
        squares = np.sum(xi * xi, axis=1) + np.max(np.sum(keys * keys, axis=1))
        even = omega(np.full(len(keys), 1.0 / len(keys)), self.activation) / self.beta
        found = squares / 2 - even - potential(xi @ keys.T, self.beta, self.activation)
        return np.asarray(found[0] if np.ndim(states) == 1 else found)

    def capacity(self, weight: float = 0.5) -> float:
        """How many random patterns of this beta and (root-mean-square) length keep the attention ``weight``.

        Stored patterns that are alike fill the memory sooner; see :func:`neuro.memories.hopfield_capacity`.

        Raises:
            InvalidInput: an empty memory, weight out of range.
        """
        check_recall(len(self), 1, None)
        keys, length = self._keys[: len(self)], 1.0
        if self.similarity is Similarity.DOT:
            length = float(np.sqrt(np.einsum("ij,ij->", keys, keys, dtype=np.float64) / len(keys)))
        return hopfield_capacity(self.dimensions, self.beta, length=length, activation=self.activation, weight=weight)

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: ``shape`` (dimensions, value_dimensions or 0, number of the similarity, of
        the activation), ``beta`` (empty for the rule), ``indices``, ``keys``, ``values``.
        """
        kinds = (_SIMILARITIES.index(self.similarity), _ACTIVATIONS.index(self.activation))
        auto = self.value_dimensions is None
        return {
            "shape": np.array([self.dimensions, self.value_dimensions or 0, *kinds], dtype=np.int64),
            "beta": np.array([] if self._beta is None else [self._beta], dtype=np.float64),
            "indices": self.indices,
            "keys": self.keys,
            "values": np.empty((len(self), 0), dtype=np.float32) if auto else self.values,
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, or holds what can't be stored.
        """
        shape = state_array(state, "shape", np.int64, (4,))
        dimensions, width, *kinds = (int(number) for number in shape)
        check_whole("value_dimensions", width, 0, 1 << 24)
        for number, allowed in zip(kinds, (_SIMILARITIES, _ACTIVATIONS), strict=True):
            if not 0 <= number < len(allowed):
                raise InvalidInput(f"state: shape names kind {number}; 0 to {len(allowed) - 1} are allowed")
        beta = state_array(state, "beta", np.float64, (None,))
        if beta.size > 1:
            raise InvalidInput(f"state: beta has {beta.size} numbers; one, or none for the rule, is allowed")
        memory = cls(
            dimensions,
            value_dimensions=width or None,
            beta=float(beta[0]) if beta.size else None,
            similarity=_SIMILARITIES[kinds[0]],
            activation=_ACTIVATIONS[kinds[1]],
        )
        indices = state_array(state, "indices", np.int64, (None,))
        keys = state_array(state, "keys", np.float32, (len(indices), dimensions))
        values = state_array(state, "values", np.float32, (len(indices), width))
        if len(indices):
            memory.store(keys, values if width else None, indices=indices)
        return memory

    def _retrieve(self, cues: npt.ArrayLike, steps: int | None) -> Retrieval:
        items, beta, cosine = len(self), self.beta, self.similarity is Similarity.COSINE
        xi, lengths = check_lengths(cues, self.dimensions)
        if cosine:
            xi = np.asarray(xi / lengths[:, None].astype(np.float32), dtype=np.float32)
        keys, scale = self._keys[:items], self._scale[:items]
        still = np.zeros(len(xi), dtype=bool)
        for step in range(1, (steps or MOST_STEPS) + 1):
            similarities = xi @ keys.T
            if cosine:
                similarities *= scale
            weights = weigh(similarities, beta, self.activation)
            if step == steps or (steps is None and (step == MOST_STEPS or still.all())):
                break
            moved = mix(weights * scale if cosine else weights, keys, self.activation)
            if cosine:
                moved = _directions(moved, xi)
            still = np.linalg.norm(moved - xi, axis=1) <= _STILL * (1.0 if cosine else 1.0 / scale.min())
            xi = moved
        patterns = mix(weights, self._values[:items], self.activation)
        return Retrieval(patterns, weights, similarities, step, still)

    def _is_one(self, cues: npt.ArrayLike) -> TypeGuard[Float32Array]:
        """Whether the cues are one cue that kernels can read as it is."""
        return (
            isinstance(cues, np.ndarray)
            and cues.dtype == np.float32
            and cues.shape == (self.dimensions,)
            and cues.flags.c_contiguous
            # Another kernel would have to be compiled for what may not be written to.
            and cues.flags.writeable
        )

    def _attend_once(self, cue: Float32Array, k: int) -> tuple[Retrieval, IntArray, Float32Array]:
        """One step for one cue: the retrieval, the k best rows and their scores."""
        from neuro.memories.hopfield._attention_kernels import attend_once

        items, width = len(self._items), self._values.shape[1]
        out = np.empty((1, items), np.float32), np.empty((1, items), np.float32), np.empty((1, width), np.float32)
        rows, scores = np.empty((1, k), np.int64), np.empty((1, k), np.float32)
        settings = (
            self.beta,
            self.similarity is Similarity.COSINE,
            self.activation is not Activation.SOFTMAX,
            self.activation is Activation.ENTMAX15,
            least_weight(items, self.activation),
        )
        arrays = self._keys[:items], self._scale[:items], self._values[:items]
        if not attend_once(cue, arrays, settings, SQUARED_LENGTHS, out, rows, scores):
            check_lengths(cue, self.dimensions)
        return Retrieval(out[2][0], out[1][0], out[0][0], 1, _MOVING), rows[0], scores[0]

    def _checked_values(self, values: npt.ArrayLike | None, items: int) -> Float32Array | None:
        if self.value_dimensions is None:
            if values is not None:
                raise InvalidInput("this memory's values are its cues; make it with value_dimensions to give others")
            return None
        if values is None:
            raise InvalidInput(f"no values; one of {self.value_dimensions} dimensions for each cue is needed")
        given = check_float32(values, self.value_dimensions, "values")
        if len(given) != items:
            raise InvalidInput(f"{len(given)} values for {items} cues; one for each is allowed")
        return given

    def _append(self, names: IntArray, rows: Float32Array, lengths: FloatArray, values: Float32Array | None) -> None:
        before = len(self)
        after = before + len(names)
        self._keys = grown(self._keys, after)
        self._scale = grown(self._scale, after)
        self._keys[before:after] = rows
        self._scale[before:after] = 1.0 / lengths
        if values is None:
            self._values = self._keys
        else:
            self._values = grown(self._values, after)
            self._values[before:after] = values
        self._items.add(names)
        self._rule = None


def _check_steps(steps: int | None) -> None:
    if steps is not None:
        check_whole("steps", steps, 1, MOST_STEPS)


def _best(similarities: Float32Array, k: int) -> tuple[IntArray, Float32Array]:
    """Rows and scores of the k best, falling; ties to the earlier row."""
    if k == 1:
        rows = similarities.argmax(axis=1)[:, None]
        return rows, np.take_along_axis(similarities, rows, axis=1)
    if _SORTED * k >= similarities.shape[1]:
        rows = stable_top_k(similarities, k)
        return rows, np.take_along_axis(similarities, rows, axis=1)
    from neuro.memories.hopfield._attention_kernels import best_items

    rows, scores = np.empty((len(similarities), k), np.int64), np.empty((len(similarities), k), np.float32)
    best_items(similarities, rows, scores)
    return rows, scores


def _directions(rows: Float32Array, otherwise: Float32Array) -> Float32Array:
    """Rows of length one; where a row is zero every direction has the same energy, and the state stays."""
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    return np.where(lengths > 0, rows / np.where(lengths > 0, lengths, 1), otherwise)
