"""LangChain's own suites judge the adapter; the rest is what they do not ask."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("langchain_tests", reason="install the extra 'dev'")

from langchain_core.documents import Document
from langchain_core.embeddings import DeterministicFakeEmbedding, Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore
from langchain_tests.integration_tests import (
    EmbeddingsIntegrationTests,
    RetrieversIntegrationTests,
    VectorStoreIntegrationTests,
)

from hnsw_bridge import TextMemory
from neuro.errors import InvalidInput
from spikeloom.adapters.langchain import (
    SpikeloomEmbeddings,
    SpikeloomRetriever,
    SpikeloomVectorStore,
    memory_embedder,
)
from tests.hnsw_bridge.texts import PEOPLE, HashedNgrams

QUESTION = "Who bakes rye bread?"
pytestmark = pytest.mark.anyio


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


class TestVectorStore(VectorStoreIntegrationTests):
    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:
        with TextMemory(tmp_path / "memory", memory_embedder(self.get_embeddings())) as memory:
            yield SpikeloomVectorStore(memory)


class TestVectorStoreOfOneNamespace(VectorStoreIntegrationTests):
    """Beside records of others, which stay out of sight."""

    @pytest.fixture
    def vectorstore(self, tmp_path: Path) -> Iterator[VectorStore]:
        with TextMemory(tmp_path / "memory", memory_embedder(self.get_embeddings())) as memory:
            memory.add(["foo", "bar"])
            yield SpikeloomVectorStore(memory, "mine")


class TestRetriever(RetrieversIntegrationTests):
    @pytest.fixture(autouse=True)
    def people(self, tmp_path: Path) -> Iterator[None]:
        with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
            memory.add(PEOPLE)
            self.memory = memory
            yield

    @property
    def retriever_constructor(self) -> type[BaseRetriever]:
        return SpikeloomRetriever

    @property
    def retriever_constructor_params(self) -> dict[str, Any]:
        return {"memory": self.memory, "min_score": 0.0}

    @property
    def retriever_query_example(self) -> str:
        return QUESTION


class TestEmbeddings(EmbeddingsIntegrationTests):
    @property
    def embeddings_class(self) -> type[Embeddings]:
        return SpikeloomEmbeddings

    @property
    def embedding_model_params(self) -> dict[str, Any]:
        return {"name": "wordllama"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SpikeloomVectorStore]:
    with TextMemory(tmp_path / "memory", HashedNgrams()) as memory:
        memory.add(["a record without a key about bread"])
        store = SpikeloomVectorStore(memory)
        store.add_texts(["rye bread", "rye bread again", "glass"], [{"n": 1}, {"n": 2}, {"n": 3}], ids=["1", "2", "3"])
        yield store


def test_filters_scores_and_variety(store: SpikeloomVectorStore) -> None:
    found = store.similarity_search_with_score("rye bread", k=4)
    assert [document.id for document, _ in found][:1] == ["1"]
    assert found[0][1] == pytest.approx(1.0, abs=1e-5), "a score is a cosine"
    assert {document.id for document, _ in found} == {"1", "2", "3", None}
    assert [document.id for document in store.similarity_search("rye", filter={"n": 2})] == ["2"]
    assert [document.id for document in store.similarity_search("rye", filter=lambda one: one.id == "3")] == ["3"]
    assert all(0 <= score <= 1 for _, score in store.similarity_search_with_relevance_scores("glass"))
    near = store.max_marginal_relevance_search("rye bread", k=2, lambda_mult=1.0)
    apart = store.max_marginal_relevance_search("rye bread", k=2, lambda_mult=0.0)
    assert near[0].id == apart[0].id == "1"
    assert near[1].id == "2" != apart[1].id
    assert store.max_marginal_relevance_search("rye", filter={"n": 9}) == []


def test_namespaces_have_ids_of_their_own(store: SpikeloomVectorStore) -> None:
    other = SpikeloomVectorStore(store.memory, "other")
    assert other.add_texts(["beta bread", "new"], ids=["1", "9"]) == ["1", "9"]
    assert other.add_texts(["beta bread, again"], ids=["1"]) == ["1"]
    assert [(document.id, document.page_content) for document in store.get_by_ids(["1", "9"])] == [("1", "rye bread")]
    found = {document.id: document.page_content for document in other.get_by_ids(["9", "1", "3"])}
    assert found == {"1": "beta bread, again", "9": "new"}
    assert other.similarity_search("beta bread, again", k=1)[0].id == "1"
    other.delete(["1", "2"])
    assert [document.id for document in store.get_by_ids(["1", "2"])] == ["1", "2"]
    assert other.get_by_ids(["1"]) == []


def test_what_does_not_fit_is_refused_and_changes_nothing(store: SpikeloomVectorStore) -> None:
    with pytest.raises(InvalidInput, match="2 texts, 1 metadatas and 2 ids"):
        store.add_texts(["a", "b"], [{}])
    with pytest.raises(InvalidInput, match="JSON"):
        store.add_documents([Document("a", metadata={"x": {1, 2}})])
    with pytest.raises(InvalidInput, match="colour can't be given here"):
        store.similarity_search("a", colour="red")
    with pytest.raises(InvalidInput, match="folder='notes'"):
        SpikeloomVectorStore.from_texts(["a"], DeterministicFakeEmbedding(size=6))
    assert len(store.memory) == 4
    assert store.delete()
    assert len(store.memory) == 0


def test_a_store_is_made_from_texts(tmp_path: Path) -> None:
    embeddings = DeterministicFakeEmbedding(size=6)
    store = SpikeloomVectorStore.from_texts(["foo", "bar"], embeddings, ids=["1", "2"], folder=tmp_path / "memory")
    assert store.embeddings is embeddings
    assert [document.id for document in store.as_retriever(search_kwargs={"k": 1}).invoke("bar")] == ["2"]
    store.memory.close()


def test_a_retriever_gives_nothing_where_the_memory_abstains(store: SpikeloomVectorStore) -> None:
    assert SpikeloomRetriever(memory=store.memory, min_score=0.99).invoke("zebras") == []
    assert len(SpikeloomRetriever(memory=store.memory, k=2, where={"n": 3}, min_score=-1.0).invoke("rye")) == 1
