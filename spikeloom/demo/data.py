"""What the demo starts from: its settings, and embeddings with names: scikit-learn's digits, or a file of one's own."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from neuro.arrays import Float32Array, IntArray
from neuro.errors import InvalidInput
from neuro.storage import read_json

_Fraction = Annotated[float, Field(ge=0.0, le=1.0)]
_Count = Annotated[int, Field(ge=1)]
_FEWEST = 50


class DemoSettings(BaseModel):
    """All that the demo can be told.

    Args:
        seed: of everything random: the split, the training, the noise, the index.
        stored_fraction: of the embeddings that is learned and stored; the others are held out.
        items: how many embeddings to use; None: all.
        units: of the encoder.
        active: k, units in a code.
        synapses: weights that a unit keeps.
        passes: how often training shows all embeddings.
        winners: K, memories that fire in a query; recall is counted at K.
        noise: fractions of a cue's active units that are replaced before recall.
        silicon_queries: held-out embeddings shown to the Verilog.
        learning_units: of the core that learns.
        learning_presentations: embeddings shown to it.
        icarus_ticks: ticks that Icarus checks where it is installed; CXXRTL checks all.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    seed: Annotated[int, Field(ge=0, lt=2**31 - 1)] = 0
    stored_fraction: Annotated[float, Field(gt=0.0, lt=1.0)] = 0.8
    items: Annotated[int, Field(ge=_FEWEST)] | None = None
    units: _Count = 256
    active: _Count = 64
    synapses: _Count = 32
    passes: _Count = 3
    winners: _Count = 10
    noise: Annotated[tuple[_Fraction, ...], Field(min_length=1)] = (0.0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    silicon_queries: _Count = 6
    learning_units: _Count = 16
    learning_presentations: _Count = 24
    icarus_ticks: _Count = 4

    @model_validator(mode="after")
    def _check(self) -> DemoSettings:
        if self.active > self.units:
            raise ValueError(f"active is {self.active}; 1 to {self.units} is allowed, the number of units")
        return self


def read_settings(path: Path | None, seed: int | None = None) -> DemoSettings:
    """The settings of a JSON file (None: the defaults), with another seed where one is given.

    Raises:
        InvalidInput: the file can't be read, an option is unknown or its value is not allowed.
    """
    given = {} if path is None else read_json(path)
    where = "the settings" if path is None else str(path)
    if not isinstance(given, dict):
        raise InvalidInput(f"{where} holds a {type(given).__name__}; an object of options is allowed")
    if "noise" in given and isinstance(given["noise"], list):
        given["noise"] = tuple(given["noise"])  # JSON has no tuples.
    try:
        return DemoSettings(**given | ({} if seed is None else {"seed": seed}))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        option = ".".join(str(part) for part in first["loc"]) or "settings"
        if first["type"] == "extra_forbidden":
            known = ", ".join(sorted(DemoSettings.model_fields))
            raise InvalidInput(f"{where} has the unknown option {option!r}; known are {known}") from None
        message = first["msg"].removeprefix("Value error, ")
        raise InvalidInput(f"{where}: {option} is {str(first['input'])[:60]}: {message}") from None


@dataclass(frozen=True, slots=True, eq=False)
class Examples:
    """Embeddings and what they are.

    Args:
        embeddings: shape (items, dimensions).
        labels: an integer >= 0 for each, shape (items,).
        image: rows and columns of the images that they are; None: they are none.
    """

    embeddings: Float32Array
    labels: IntArray
    image: tuple[int, int] | None = None

    def __len__(self) -> int:
        return int(self.labels.size)

    def part(self, rows: IntArray) -> Examples:
        """Some of them."""
        return Examples(self.embeddings[rows], self.labels[rows], self.image)


def read_examples(path: Path | None) -> Examples:
    """The examples of a file, or scikit-learn's 1,797 handwritten digits for None.

    Args:
        path: an .npz with ``embeddings``, floats (items, dimensions), and ``labels``, integers >= 0 (items,).

    Raises:
        InvalidInput: the file can't be read, an array is missing, or has another shape or dtype.
    """
    if path is None:
        from sklearn.datasets import load_digits

        bunch = load_digits()
        return Examples((bunch.data / 16.0).astype(np.float32), bunch.target.astype(np.int64), (8, 8))
    try:
        with np.load(path, allow_pickle=False) as arrays:
            given = {name: arrays[name] for name in ("embeddings", "labels") if name in arrays}
    except (OSError, ValueError, EOFError) as error:
        raise InvalidInput(f"{path} can't be read ({error}); give an .npz of numpy.savez") from None
    missing = [name for name in ("embeddings", "labels") if name not in given]
    if missing:
        raise InvalidInput(f"{path} has no array {missing[0]!r}; it needs embeddings (items, d) and labels (items,)")
    embeddings, labels = given["embeddings"], given["labels"]
    if embeddings.ndim != 2 or not np.issubdtype(embeddings.dtype, np.floating) or not np.isfinite(embeddings).all():
        raise InvalidInput(
            f"embeddings of {path} have shape {embeddings.shape}, dtype {embeddings.dtype}; finite floats of shape "
            "(items, dimensions) are allowed"
        )
    if labels.shape != embeddings.shape[:1] or not np.issubdtype(labels.dtype, np.integer) or labels.min() < 0:
        raise InvalidInput(
            f"labels of {path} have shape {labels.shape}, dtype {labels.dtype}; one integer >= 0 for each of "
            f"{len(embeddings)} embeddings is allowed"
        )
    if len(labels) < _FEWEST:
        raise InvalidInput(f"{path} holds {len(labels)} embeddings; give at least {_FEWEST}")
    return Examples(embeddings.astype(np.float32), labels.astype(np.int64))


def split_examples(examples: Examples, settings: DemoSettings) -> tuple[Examples, Examples]:
    """Those to learn and store, and the held-out ones, drawn by the seed."""
    order = np.random.default_rng(settings.seed).permutation(len(examples))[: settings.items]
    stored = int(settings.stored_fraction * len(order))
    return examples.part(order[:stored]), examples.part(order[stored:])
