"""SPLADE on numpy: a text as a few weighted words of BERT's vocabulary, learned ones among them.

    h = BERT(text), 2 layers of 128;  z_tj = LN(gelu(W h_t + b)) . E_j + b_j;  w_j = log(1 + max(0, max_t z_tj))

E are the word embeddings, t runs over the tokens and j over the 30,522 words; about 160 of them are active in a
passage. Source: Formal, Piwowarski & Clinchant, *SPLADE*, SIGIR 2021; the weights are splade-tiny's.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from neuro.arrays import Float32Array, IntArray

_LAYERS, _HEADS, _EPSILON = 2, 2, 1e-12
_WORDS = "bert.embeddings.word_embeddings.weight"


@dataclass(frozen=True, slots=True, eq=False)
class SpladeWeights:
    """The weights of BERT's masked language model, by their names in the file."""

    arrays: Mapping[str, Float32Array]

    @property
    def vocabulary(self) -> int:
        """How many words there are."""
        return len(self.arrays[_WORDS])

    def activations(self, ids: Sequence[int]) -> Float32Array:
        """The weight of every word, shape (vocabulary,), 0 or more, for the ids of a text's tokens."""
        place = np.asarray(ids, dtype=np.int64)
        states = self._normed(
            self.arrays[_WORDS][place]
            + self.arrays["bert.embeddings.position_embeddings.weight"][: place.size]
            + self.arrays["bert.embeddings.token_type_embeddings.weight"][0],
            "bert.embeddings",
        )
        for layer in range(_LAYERS):
            states = self._layer(states, f"bert.encoder.layer.{layer}")
        states = self._normed(
            _gelu(self._linear(states, "cls.predictions.transform.dense")), "cls.predictions.transform"
        )
        scores = (states @ self.arrays[_WORDS].T).max(axis=0) + self.arrays["cls.predictions.bias"]
        return np.asarray(np.log1p(np.maximum(scores, 0)), dtype=np.float32)

    def _layer(self, states: Float32Array, name: str) -> Float32Array:
        tokens, width = states.shape
        queries, keys, values = (
            self._linear(states, f"{name}.attention.self.{part}").reshape(tokens, _HEADS, -1).transpose(1, 0, 2)
            for part in ("query", "key", "value")
        )
        scores = queries @ keys.transpose(0, 2, 1) / math.sqrt(width // _HEADS)
        share = np.exp(scores - scores.max(axis=-1, keepdims=True))
        mixed = (share / share.sum(axis=-1, keepdims=True) @ values).transpose(1, 0, 2).reshape(tokens, width)
        attended = self._normed(
            self._linear(mixed, f"{name}.attention.output.dense") + states, f"{name}.attention.output"
        )
        hidden = _gelu(self._linear(attended, f"{name}.intermediate.dense"))
        return self._normed(self._linear(hidden, f"{name}.output.dense") + attended, f"{name}.output")

    def _linear(self, states: Float32Array, name: str) -> Float32Array:
        return np.asarray(states @ self.arrays[f"{name}.weight"].T + self.arrays[f"{name}.bias"], dtype=np.float32)

    def _normed(self, states: Float32Array, name: str) -> Float32Array:
        centred = states - states.mean(axis=-1, keepdims=True)
        spread = np.sqrt(np.square(centred).mean(axis=-1, keepdims=True) + _EPSILON)
        scale, shift = (self.arrays[f"{name}.LayerNorm.{part}"] for part in ("gamma", "beta"))
        return np.asarray(centred / spread * scale + shift, dtype=np.float32)


def sketch(vocabulary: int, dimension: int, seed: int) -> tuple[IntArray, Float32Array]:
    """A place below ``dimension`` and a sign for every word, from the seed alone.

    A sparse w becomes x_p = sum of sign_j w_j over the words j with place p, so the expectation of x . x' over seeds
    is w . w' and its standard deviation at most sqrt(2 / dimension) |w| |w'| (Weinberger et al., *Feature hashing for
    large scale multitask learning*, ICML 2009).
    """
    drawn = np.random.default_rng(seed)
    return drawn.integers(0, dimension, vocabulary), drawn.choice(np.array([-1, 1], dtype=np.float32), vocabulary)


def _gelu(states: Float32Array) -> Float32Array:
    from scipy.special import erf

    return np.asarray(0.5 * states * (1 + erf(states / math.sqrt(2))), dtype=np.float32)
