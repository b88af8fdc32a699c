"""Character models of the WordNet glosses: resonators, an interpolated n-gram, transformers, in equal CPU time."""

from __future__ import annotations

import json
import math
import time
from collections import Counter
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.data import data_folder
from neuro.resonance import ResonanceConfig, ResonanceLanguageModel, ResonanceTrainer

ORDER = 5
SECONDS = 240.0
_STEPS, _BATCH = 128, 16
_HELD_OUT = 100_000
_RARE = 20
WIDTHS = (16, 32, 64)
"""Of the transformers."""


@dataclass(frozen=True)
class Result:
    """A model of the held-out text."""

    bits: float
    parameters: int
    cpu_seconds: float


@dataclass(frozen=True)
class Text:
    """The glosses as numbers: what to learn from, what to judge by."""

    learned: np.ndarray[Any, np.dtype[np.int64]]
    held_out: np.ndarray[Any, np.dtype[np.int64]]
    vocabulary: int


@cache
def text() -> Text:
    """All glosses in a random order, a line each; rare characters are one token; the last 100,000 are held out."""
    glosses = json.loads((data_folder() / "text" / "wordnet_nouns.json").read_text(encoding="utf-8"))["gloss"]
    order = np.random.default_rng(0).permutation(len(glosses))
    whole = "\n".join(glosses[place] for place in order)
    common = [letter for letter, count in Counter(whole).most_common() if count >= _RARE]
    names = {letter: number for number, letter in enumerate(sorted(common), start=1)}
    codes = np.array([names.get(letter, 0) for letter in whole], dtype=np.int64)
    return Text(codes[:-_HELD_OUT], codes[-_HELD_OUT:], len(names) + 1)


def _drawn(learned: Tensor, seed: int) -> Any:
    generator = torch.Generator().manual_seed(seed)

    def draw() -> tuple[Tensor, Tensor]:
        starts = torch.randint(len(learned) - _STEPS - 1, (_BATCH,), generator=generator)
        parts = torch.stack([learned[start : start + _STEPS + 1] for start in starts.tolist()], dim=1)
        return parts[:-1], parts[1:]

    return draw


@cache
def resonance_result(stages: Any) -> Result:
    """The resonators' language model, judged on the held-out text as one stream."""
    whole = text()
    torch.manual_seed(0)
    config = ResonanceConfig(48, 128, 2, tau=(1.0, 32.0), readout_tau=16.0, width=1 / 3)
    model = ResonanceLanguageModel(config, whole.vocabulary)
    trainer = ResonanceTrainer(model, learning_rate=0.008, label_smoothing=0.0, rate=0.2, average=0.99)
    with stages.stage("Language model of resonators", 1000) as advance:
        report = trainer.fit(
            _drawn(torch.from_numpy(whole.learned), 0),
            cpu_seconds=SECONDS,
            progress=lambda used: advance(int(1000 * min(used, 1))),
        )
    held_out = torch.from_numpy(whole.held_out)[:, None]
    carried, nats = None, 0.0
    with torch.no_grad():
        for start in range(0, len(held_out) - 1, 4096):
            asked = held_out[start + 1 : start + 4097]
            logits, _, carried = model.read(held_out[start : start + len(asked)], carried)
            nats += float(functional.cross_entropy(logits[:, 0], asked[:, 0], reduction="sum"))
    count = sum(value.numel() for value in model.parameters() if value.requires_grad)
    return Result(nats / (len(held_out) - 1) / math.log(2), count, report.cpu_seconds)


@cache
def ngram_result(stages: Any) -> Result:
    """A 5-gram model, Witten-Bell interpolation, of as many n-grams as the resonators have parameters."""
    whole, most = text(), resonance_result(stages).parameters
    start = time.process_time()
    letters = whole.learned.tolist()
    counts = [
        Counter(zip(*(letters[place:] for place in range(length)), strict=False)) for length in range(1, ORDER + 1)
    ]
    # The most frequent n-grams of any length; a kept count is one parameter.
    ranked = sorted(((count, gram) for table in counts for gram, count in table.items()), reverse=True)[:most]
    kept = {gram: count for count, gram in ranked}
    followers: dict[tuple[int, ...], list[int]] = {}
    for gram, count in kept.items():
        entry = followers.setdefault(gram[:-1], [0, 0])
        entry[0] += count
        entry[1] += 1
    bits = _ngram_bits(whole.held_out.tolist(), kept, followers, whole.vocabulary)
    return Result(bits, len(kept), time.process_time() - start)


def _ngram_bits(
    letters: list[int], kept: dict[tuple[int, ...], int], followers: dict[tuple[int, ...], list[int]], vocabulary: int
) -> float:
    total = 0.0
    for place in range(ORDER, len(letters)):
        chance = 1 / vocabulary
        for length in range(ORDER):
            history = tuple(letters[place - length : place])
            if history not in followers:
                break
            seen, kinds = followers[history]
            # Witten & Bell (1991): as much is left for the unseen as kinds have been seen.
            chance = (kept.get((*history, letters[place]), 0) + kinds * chance) / (seen + kinds)
        total -= math.log2(chance)
    return total / (len(letters) - ORDER)


def transformer(vocabulary: int, width: int) -> Any:
    """A causal transformer of two layers with learned positions, of the usual form."""
    layer = nn.TransformerEncoderLayer(width, 4, 4 * width, dropout=0.0, activation="gelu", norm_first=True)
    parts = {
        "tokens": nn.Embedding(vocabulary, width),
        "places": nn.Embedding(_STEPS, width),
        "layers": nn.TransformerEncoder(layer, 2, nn.LayerNorm(width), enable_nested_tensor=False),
        "head": nn.Linear(width, vocabulary),
    }
    nn.init.normal_(parts["places"].weight, std=0.02)
    return nn.ModuleDict(parts)


def _logits(model: Any, tokens: Tensor) -> Tensor:
    """Of a transformer, (steps, batch, vocabulary)."""
    steps = len(tokens)
    mask = nn.Transformer.generate_square_subsequent_mask(steps)
    told = model["tokens"](tokens) + model["places"].weight[:steps, None]
    found: Tensor = model["head"](model["layers"](told, mask=mask, is_causal=True))
    return found


@cache
def transformer_results(stages: Any) -> tuple[Result, ...]:
    """One transformer for each of :data:`WIDTHS`, each in the resonators' CPU time."""
    return tuple(_transformer(width, stages) for width in WIDTHS)


def _transformer(width: int, stages: Any) -> Result:
    whole = text()
    torch.manual_seed(0)
    model, draw = transformer(whole.vocabulary, width), _drawn(torch.from_numpy(whole.learned), 0)
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.004, weight_decay=1e-3)
    start = time.process_time()
    with stages.stage(f"Transformer of width {width}", 1000) as advance:
        while (used := (time.process_time() - start) / SECONDS) < 1:
            advance(int(1000 * used))
            for group in optimizer.param_groups:
                group["lr"] = 0.004 * min(1.0, used / 0.05 + 0.01) * 0.5 * (1 + math.cos(math.pi * used))
            x, wanted = draw()
            loss = functional.cross_entropy(_logits(model, x).flatten(0, 1), wanted.flatten())
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(model.parameters(), 1.0)
            optimizer.step()
    seconds = time.process_time() - start
    count = sum(value.numel() for value in model.parameters())
    return Result(_windowed_bits(model, whole), count, seconds)


def _windowed_bits(model: Any, whole: Text) -> float:
    """Each character is asked for with at least half a window before it."""
    letters = torch.from_numpy(whole.held_out)
    half = _STEPS // 2
    starts = torch.arange(0, len(letters) - _STEPS - 1, half)
    nats, asked = 0.0, 0
    with torch.no_grad():
        for part in starts.split(64):
            rows = torch.stack([letters[start : start + _STEPS + 1] for start in part.tolist()], dim=1)
            logits = _logits(model, rows[:-1])[half:]
            wanted = rows[1:][half:]
            nats += float(functional.cross_entropy(logits.flatten(0, 1), wanted.flatten(), reduction="sum"))
            asked += wanted.numel()
    return nats / asked / math.log(2)


def parameters_at(bits: float, runs: tuple[Result, ...]) -> tuple[float, str]:
    """Parameters at which the runs reach these bits, by the line through log parameters; and how sure that is."""
    sizes = np.log([run.parameters for run in runs])
    reached = np.array([run.bits for run in runs])
    better = [run for run in runs if run.bits <= bits]
    if len(better) == len(runs):
        smallest = min(runs, key=lambda run: run.parameters)
        return float(smallest.parameters), "even the smallest transformer tried is better: at most so many"
    if not better:
        largest = max(runs, key=lambda run: run.parameters)
        return float(largest.parameters), "no transformer tried is as good: at least so many"
    order = np.argsort(-reached)
    return float(np.exp(np.interp(-bits, -reached[order], sizes[order]))), "interpolated between those tried"
