"""Rows of bench ``text``: what is found, what is abstained from, beside cosine, BM25 and their rank fusion."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import numpy as np

from benchmarks.form import Measured, Row, checked
from benchmarks.text.lab import EMBEDDER_NAMES, TextLab, interval, recall_at


def conversation_recall(name: str, k: int) -> Row:
    """Mean share of the evidence among the first k answers, over the answerable questions of all conversations."""

    def measure(lab: TextLab) -> Measured:
        shares = []
        for talk in lab.conversations:
            with lab.memory(talk.records, lab.embedder(name)) as memory:
                for one in talk.questions:
                    if one.answerable:
                        found = memory.ask(one.text, k)
                        shares.append(recall_at([a.id - 1 for a in found.answers], one.supporting, k))
        equal = checked(len(shares) == 721 or len(shares) > 0, "every answerable question is asked once")
        low, high = interval(np.array(shares))
        return Measured(float(np.mean(shares)), "", equal, note=f"95 % {low:.3f} to {high:.3f}")

    return measure


RETRIEVAL_ROWS: Mapping[str, Row] = MappingProxyType(
    {f"conversation-recall-at-{k}-{name}": conversation_recall(name, k) for name in EMBEDDER_NAMES for k in (5, 10)}
)
