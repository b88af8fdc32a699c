"""Bench ``text``: the text memory as its users meet it; each group of rows is a module of its own."""

from __future__ import annotations

from types import MappingProxyType

from benchmarks.form import Bench
from benchmarks.text.index import INDEX_ROWS
from benchmarks.text.lab import SEEDS, TextLab
from benchmarks.text.paraphrases import PARAPHRASE_ROWS
from benchmarks.text.reach import REACH_ROWS
from benchmarks.text.retrieval import RETRIEVAL_ROWS
from benchmarks.text.store import STORE_ROWS

_ROWS = MappingProxyType({**RETRIEVAL_ROWS, **PARAPHRASE_ROWS, **STORE_ROWS, **REACH_ROWS, **INDEX_ROWS})
TEXT = Bench("text", TextLab, _ROWS, SEEDS)
