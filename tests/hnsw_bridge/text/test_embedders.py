"""The embedders that ship in packages: unit vectors, meaning, and what is said when a package is missing."""

from __future__ import annotations

import logging

import numpy as np
import pytest

from hnsw_bridge import EMBEDDERS, find_embedder
from neuro.errors import InvalidInput, ToolError

TEXTS = ["The cat sleeps on the warm sofa.", "A kitten naps on the couch.", "Interest rates rose by half a point.", "x"]


@pytest.mark.parametrize("name", EMBEDDERS)
def test_meaning_is_near(name: str) -> None:
    logging_before = (logging.getLogger().level, logging.getLogger().handlers[:])
    embed = find_embedder(name)
    rows = embed(TEXTS)
    assert rows.dtype == np.float32
    assert rows.shape == (4, embed.dimension)
    assert embed.name.startswith(f"{name}-")
    assert np.allclose(np.linalg.norm(rows, axis=1), 1.0, atol=1e-5)
    assert rows[0] @ rows[1] > 0.3 + rows[0] @ rows[2]
    # int8 layers scale by the batch that they see, so a text by itself differs in the third digit.
    assert float(embed(TEXTS[2:3])[0] @ rows[2]) > 0.995
    assert (logging.getLogger().level, logging.getLogger().handlers) == logging_before


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnsw_bridge.text.embedders.find_spec", lambda _: None)
    with pytest.raises(ToolError, match=r"wordllama is not installed; .* 'spikeloom\[text\]'"):
        find_embedder("wordllama")
    with pytest.raises(ToolError, match=r"onnxruntime is not installed; .* 'spikeloom\[minilm\]'"):
        find_embedder("minilm")
    with pytest.raises(InvalidInput, match="no embedder 'gpt'; there are minilm, wordllama"):
        find_embedder("gpt")
