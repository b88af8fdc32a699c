"""Bench ``text``: the text memory as its users meet it; each group of rows is a module of its own."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.form import Bench
from benchmarks.text.lab import SEEDS, TextLab
from benchmarks.text.paraphrases import PARAPHRASE_ROWS
from benchmarks.text.reach import REACH_ROWS
from benchmarks.text.retrieval import RETRIEVAL_ROWS
from benchmarks.text.store import STORE_ROWS

TEXT = Bench(
    "text", TextLab, MappingProxyType({**RETRIEVAL_ROWS, **PARAPHRASE_ROWS, **STORE_ROWS, **REACH_ROWS}), SEEDS
)
