"""What the rows of bench ``memory`` share: real memories by seed, and the exact cosine they are held against."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from benchmarks.data import data_folder
from neuro.encoders import KWTAEncoder
from neuro.errors import InvalidInput
from neuro.progress import Stages

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]

SEEDS = (0, 1, 2)
"""Of the pools that are reported. Settings were chosen on pools of seeds from 100 on."""

ITEMS, CUES = 20_000, 2_000
BLURRED = 0.6
"""Cosine of a blurred cue with its original."""

UNITS, ACTIVE, NONZEROS = 16_384, 256, 16
"""The code of a real memory."""


@dataclass(frozen=True, slots=True, eq=False)
class Nouns:
    """Noun synsets.

    Args:
        gloss, entry: unit embeddings of the gloss alone and of "lemma: gloss", (nouns, 384).
        hypernym: the first hypernym of each, as a row; -1 for none.
    """

    gloss: Floats
    entry: Floats
    hypernym: Ints


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Real memories, and cues for some of them.

    Args:
        seed: of the choice.
        rows: of the nouns that are stored, (items,).
        stored: their entry embeddings, (items, dimensions).
        asked: which of the stored items are asked for, (cues,).
        cues: ``exact``, ``gloss`` and ``blurred`` (the entry with noise, at cosine :data:`BLURRED`), each (cues,
            dimensions).
        unanswerable: glosses of nouns that are not stored, (cues, dimensions).
    """

    seed: int
    rows: Ints
    stored: Floats
    asked: Ints
    cues: dict[str, Floats]
    unanswerable: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Coded:
    """A pool as codes: the encoder, and the codes of the stored items."""

    pool: Pool
    encoder: KWTAEncoder
    codes: Ints


class MemoryLab:
    """The data of the rows, each part read or made once and only if a row asks for it."""

    def __init__(self, stages: Stages) -> None:
        self.stages = stages
        self._pools: dict[tuple[int, int, int], Pool] = {}
        self._coded: dict[int, Coded] = {}

    @cached_property
    def nouns(self) -> Nouns:
        """All nouns."""
        return load_nouns(data_folder() / "text")

    def pool(self, seed: int, items: int = ITEMS, cues: int = CUES) -> Pool:
        """The pool of a seed."""
        key = (seed, items, cues)
        if key not in self._pools:
            self._pools[key] = draw_pool(self.nouns, *key)
        return self._pools[key]

    def coded(self, seed: int) -> Coded:
        """The whole pool of a seed as codes."""
        if seed not in self._coded:
            pool = self.pool(seed)
            encoder = KWTAEncoder.centred_on(pool.stored, units=UNITS, active=ACTIVE, nonzeros=NONZEROS, seed=seed)
            with self.stages.stage(f"Encode pool {seed}"):
                self._coded[seed] = Coded(pool, encoder, encoder.encode(pool.stored))
        return self._coded[seed]


def load_nouns(folder: Path) -> Nouns:
    """The nouns of ``wordnet_nouns.npz`` and ``.json``.

    Raises:
        InvalidInput: a file is missing or damaged.
    """
    try:
        with np.load(folder / "wordnet_nouns.npz", allow_pickle=False) as arrays:
            gloss, entry = (_unit(arrays[name]) for name in ("gloss", "entry"))
        records = json.loads((folder / "wordnet_nouns.json").read_text(encoding="utf-8"))
        first = [links[0] if links else -1 for links in records["hypernyms"]]
    except (OSError, ValueError, KeyError) as error:
        raise InvalidInput(f"{folder}: the nouns can't be read ({error}); set SPIKELOOM_DATA to its parent") from None
    return Nouns(gloss, entry, np.array(first, dtype=np.int64))


def draw_pool(nouns: Nouns, seed: int, items: int, cues: int) -> Pool:
    """``items`` nouns to store, ``cues`` of them to ask for and as many others that nobody stored."""
    random = np.random.default_rng(seed)
    order = random.permutation(len(nouns.entry))
    rows, others = order[:items], order[items : items + cues]
    asked = random.permutation(items)[:cues]
    stored = nouns.entry[rows]
    kinds = {
        "exact": stored[asked],
        "gloss": nouns.gloss[rows[asked]],
        "blurred": blurred(stored[asked], BLURRED, random),
    }
    return Pool(seed, rows, stored, asked, kinds, nouns.gloss[others])


def blurred(vectors: Floats, cosine: float, random: np.random.Generator) -> Floats:
    """Unit vectors at the given cosine with unit vectors, in random directions."""
    noise = random.standard_normal(vectors.shape)
    noise -= np.sum(noise * vectors, axis=1, keepdims=True) * vectors
    noise /= np.linalg.norm(noise, axis=1, keepdims=True)
    return np.asarray(cosine * vectors + np.sqrt(1 - cosine**2) * noise, dtype=np.float32)


def nearest(cues: Floats, stored: Floats) -> tuple[Ints, Floats]:
    """The stored vector with the largest cosine of each cue, and that cosine; all are unit vectors."""
    cosines = cues @ stored.T
    best = cosines.argmax(axis=1)
    return best, np.take_along_axis(cosines, best[:, None], axis=1)[:, 0]


def auroc(answerable: npt.NDArray[np.floating], unanswerable: npt.NDArray[np.floating]) -> float:
    """The chance that an answerable cue scores higher than an unanswerable one; ties count half."""
    from sklearn.metrics import roc_auc_score

    truth = np.concatenate([np.ones(len(answerable)), np.zeros(len(unanswerable))])
    return float(roc_auc_score(truth, np.concatenate([answerable, unanswerable])))


def _unit(vectors: npt.NDArray[np.float16]) -> Floats:
    wide = vectors.astype(np.float64)
    return np.asarray(wide / np.linalg.norm(wide, axis=1, keepdims=True), dtype=np.float32)
