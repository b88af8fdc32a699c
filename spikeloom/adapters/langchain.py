"""A text memory behind LangChain's interfaces: vector store, retriever, embeddings.

    SpikeloomEmbeddings(name)             the embedders that ship with Spikeloom, as LangChain's Embeddings
    SpikeloomVectorStore(memory)          a memory as a VectorStore: every search answers
    SpikeloomRetriever(memory=memory)     a memory as a Retriever: it gives nothing where the memory abstains
    memory_embedder(embeddings, name)     LangChain's Embeddings, for a memory

A document's id is the key of its record; a record that was kept without one is found, but has no id here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
from langchain_core.callbacks import CallbackManagerForRetrieverRun
from langchain_core.documents import Document
from langchain_core.embeddings import Embeddings
from langchain_core.retrievers import BaseRetriever
from langchain_core.vectorstores import VectorStore

from hnsw_bridge import Answer, TextMemory, find_embedder
from hnsw_bridge.text.embedders import embed_questions
from hnsw_bridge.text.records import NewRecord, Record
from neuro.arrays import Float32Array, FloatArray, FloatingArray, JSONValue
from neuro.errors import InvalidInput

DocumentFilter = Mapping[str, JSONValue] | Callable[[Document], bool]
"""Metadata that a document must have, or a function of the document."""

_ANY_COSINE = -1.0
_OF_NAMESPACE = "\x1f"
"""Between a namespace and an id, in the key of a record whose id another namespace has already."""


class SpikeloomEmbeddings(Embeddings):
    """An embedder that ships with Spikeloom, behind LangChain's interface.

    Args:
        name: as :func:`hnsw_bridge.find_embedder` knows it.

    Raises:
        InvalidInput: no such name.
        ToolError: its package is not installed; it names the extra.
    """

    def __init__(self, name: str = "wordllama") -> None:
        self._embed = find_embedder(name)

    def embed_documents(self, texts: list[str]) -> list[list[float]]:
        """Unit vectors of texts."""
        return [row.tolist() for row in self._embed(texts)] if texts else []

    def embed_query(self, text: str) -> list[float]:
        """The unit vector of a question."""
        (row,) = np.asarray(embed_questions(self._embed, [text]), dtype=np.float64)
        return list(map(float, row))


@dataclass(frozen=True, slots=True)
class _MemoryEmbedder:
    """LangChain's Embeddings as a memory calls an embedder."""

    embeddings: Embeddings
    name: str

    def __call__(self, texts: Sequence[str]) -> Float32Array:
        return np.array(self.embeddings.embed_documents(list(texts)), dtype=np.float32)

    def query(self, texts: Sequence[str]) -> Float32Array:
        return np.array([self.embeddings.embed_query(text) for text in texts], dtype=np.float32)


def memory_embedder(embeddings: Embeddings, name: str | None = None) -> _MemoryEmbedder:
    """LangChain's Embeddings as the embedder of a :class:`hnsw_bridge.TextMemory`.

    Args:
        embeddings: what embeds.
        name: of its model; a memory keeps it and is only opened with the same. None: the name of its class.
    """
    return _MemoryEmbedder(embeddings, type(embeddings).__qualname__ if name is None else name)


class SpikeloomVectorStore(VectorStore):
    """A text memory as LangChain's vector store.

    A search ranks as the memory does (cosine, words, links between texts) and never abstains; its scores are cosines.

    Args:
        memory: an open one; whoever opened it closes it.
        namespace: of what is added and found here; other namespaces stay out of sight.
        embeddings: what the memory embeds with, for those who ask the store for it.
    """

    def __init__(self, memory: TextMemory, namespace: str = "default", embeddings: Embeddings | None = None) -> None:
        self._memory, self._namespace, self._embeddings = memory, namespace, embeddings

    @property
    def memory(self) -> TextMemory:
        """The memory behind it."""
        return self._memory

    def add_texts(
        self,
        texts: Iterable[str],
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: Sequence[str | None] | None = None,
        **kwargs: Any,
    ) -> list[str]:
        """Keep texts; gives their ids. A known id replaces its document.

        Raises:
            InvalidInput: metadatas or ids of another length, metadata that JSON can't say; nothing is kept then.
        """
        _refuse_options(kwargs)
        given = list(texts)
        described = [{}] * len(given) if metadatas is None else metadatas
        chosen = [own or str(uuid4()) for own in (ids or [None] * len(given))]
        if not len(given) == len(described) == len(chosen):
            raise InvalidInput(
                f"there are {len(given)} texts, {len(described)} metadatas and {len(chosen)} ids; give one of each a "
                "text"
            )
        keys = self._keys(chosen)
        self._memory.upsert(
            [
                NewRecord(text, self._namespace, metadata, key=keys[own])
                for text, metadata, own in zip(given, described, chosen, strict=True)
            ]
        )
        return chosen

    def delete(self, ids: Sequence[str] | None = None, **kwargs: Any) -> bool:
        """Delete documents, for good; unknown ids are passed over. None: all of the namespace."""
        _refuse_options(kwargs)
        if ids is not None:
            self._memory.forget([record.id for record in self._found(ids)])
        elif self._namespace in self._memory.namespaces():
            self._memory.forget(namespace=self._namespace)
        return True

    def get_by_ids(self, ids: Sequence[str], /) -> list[Document]:
        """Documents by id; unknown ids are passed over."""
        return [_document(record) for record in self._found(ids)]

    def similarity_search(
        self,
        query: str,
        k: int = 4,
        filter: DocumentFilter | None = None,  # noqa: A002 - LangChain's name
        **kwargs: Any,
    ) -> list[Document]:
        """The k best documents, best first."""
        return [document for document, _ in self.similarity_search_with_score(query, k, filter, **kwargs)]

    def similarity_search_with_score(
        self,
        query: str,
        k: int = 4,
        filter: DocumentFilter | None = None,  # noqa: A002 - LangChain's name
        **kwargs: Any,
    ) -> list[tuple[Document, float]]:
        """The k best documents, best first, each with its cosine."""
        _refuse_options(kwargs)
        return [(_document(answer), answer.why.cosine) for answer in self._asked(query, k, filter)]

    def max_marginal_relevance_search(
        self,
        query: str,
        k: int = 4,
        fetch_k: int = 20,
        lambda_mult: float = 0.5,
        filter: DocumentFilter | None = None,  # noqa: A002 - LangChain's name
        **kwargs: Any,
    ) -> list[Document]:
        """Of the ``fetch_k`` best documents k that also differ; ``lambda_mult`` 1 minds only the question."""
        _refuse_options(kwargs)
        answers = self._asked(query, max(k, fetch_k), filter)
        rows = self._memory.vectors([answer.id for answer in answers])
        near = rows @ rows.T
        chosen = _diverse(np.array([answer.why.cosine for answer in answers]), near, k, lambda_mult)
        return [_document(answers[place]) for place in chosen]

    @property
    def embeddings(self) -> Embeddings | None:
        """What embeds the memory's texts, where it was told."""
        return self._embeddings

    @classmethod
    def from_texts(
        cls,
        texts: list[str],
        embedding: Embeddings,
        metadatas: list[dict[str, Any]] | None = None,
        *,
        ids: list[str] | None = None,
        folder: str | Path | None = None,
        namespace: str = "default",
        **kwargs: Any,
    ) -> SpikeloomVectorStore:
        """A store with texts in it, over the memory in a folder, which is opened.

        Raises:
            InvalidInput: no folder, or what :class:`hnsw_bridge.TextMemory` and :meth:`add_texts` refuse.
        """
        _refuse_options(kwargs)
        if folder is None:
            raise InvalidInput("folder is None; say where the memory is kept: folder='notes'")
        store = cls(TextMemory(folder, memory_embedder(embedding)), namespace, embedding)
        store.add_texts(texts, metadatas, ids=ids)
        return store

    def _select_relevance_score_fn(self) -> Callable[[float], float]:
        return lambda cosine: min(1.0, max(0.0, cosine))

    def _asked(self, query: str, k: int, wanted: DocumentFilter | None) -> Sequence[Answer]:
        if self._namespace not in self._memory.namespaces():
            return ()
        return self._memory.ask(
            query, k, namespace=self._namespace, where=_where(wanted), min_score=_ANY_COSINE
        ).answers

    def _keys(self, ids: Sequence[str]) -> dict[str, str]:
        """The key of each id: the id itself where nobody else has it, else with the namespace in front."""
        mine = {own: f"{self._namespace}{_OF_NAMESPACE}{own}" for own in ids}
        known = self._memory.find([*mine, *mine.values()])
        homes = {record.key: record.namespace for record in self._memory.get(list(known.values()))}
        return {
            own: long if long in known or homes.get(own, self._namespace) != self._namespace else own
            for own, long in mine.items()
        }

    def _found(self, ids: Sequence[str]) -> list[Record]:
        known = self._memory.find(list(keys := self._keys(ids).values()))
        found = self._memory.get([known[key] for key in keys if key in known])
        return [record for record in found if record.namespace == self._namespace]


class SpikeloomRetriever(BaseRetriever):
    """A text memory as LangChain's retriever: what a question brings up, nothing where the memory abstains.

    Args:
        memory: an open one; whoever opened it closes it.
        k: at most so many documents; ``invoke(question, k=3)`` overrides.
        namespace: look in this one only; None: in all.
        where: metadata that a document must have.
        min_score: cosine below which the memory abstains; None: the memory's own.
    """

    memory: TextMemory
    k: int = 5
    namespace: str | None = None
    where: dict[str, Any] | None = None
    min_score: float | None = None

    def _get_relevant_documents(
        self,
        query: str,
        *,
        run_manager: CallbackManagerForRetrieverRun,  # noqa: ARG002 - LangChain asks for it
        k: int | None = None,
    ) -> list[Document]:
        found = self.memory.ask(
            query,
            self.k if k is None else k,
            namespace=self.namespace,
            where=self.where,
            min_score=self.min_score,
        )
        return [_document(answer) for answer in found.answers]


def _document(record: Record | Answer) -> Document:
    own = record.key and record.key.removeprefix(f"{record.namespace}{_OF_NAMESPACE}")
    return Document(record.text, id=own, metadata=dict(record.metadata))


def _where(wanted: DocumentFilter | None) -> Mapping[str, JSONValue] | Callable[[Record], bool] | None:
    if not callable(wanted):
        return wanted
    return lambda record: bool(wanted(_document(record)))


def _diverse(relevance: FloatArray, near: FloatingArray, k: int, share: float) -> list[int]:
    """Places by maximal marginal relevance: share x relevance - (1 - share) x the largest cosine to one chosen before.

    Source: Carbonell & Goldstein, SIGIR 1998.
    """
    chosen: list[int] = []
    redundant = np.zeros(len(relevance))
    while len(chosen) < min(k, len(relevance)):
        worth = share * relevance - (1 - share) * redundant
        worth[chosen] = -np.inf
        chosen.append(int(np.argmax(worth)))
        redundant = near[:, chosen].max(axis=1)
    return chosen


def _refuse_options(options: Mapping[str, object]) -> None:
    if options:
        raise InvalidInput(f"{', '.join(options)} can't be given here; see {SpikeloomVectorStore.__name__}'s methods")
