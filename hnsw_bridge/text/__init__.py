"""Text memory: texts in, answers out, in one folder."""

from __future__ import annotations

from hnsw_bridge.text.answers import Answer, LinkUsed, Recollection, Why
from hnsw_bridge.text.embedders import EMBEDDERS, Embed, MiniLMEmbedder, WordLlamaEmbedder, find_embedder
from hnsw_bridge.text.files import MOST_CHARACTERS, Passage, passages, read_texts
from hnsw_bridge.text.folder import LONGEST_TEXT, forget_records, is_memory, made_with
from hnsw_bridge.text.info import MemoryInfo
from hnsw_bridge.text.links import Mentions, bare_title, linked, mention_layer, phrases, text_layers
from hnsw_bridge.text.memory import MOST_RECORDS, TextMemory
from hnsw_bridge.text.records import NewRecord
from hnsw_bridge.text.retrieval import TEXT_SPREADING, Candidates, RecallSettings, TextGraph, links_used, recall

__all__ = [
    "Answer",
    "Candidates",
    "EMBEDDERS",
    "Embed",
    "LONGEST_TEXT",
    "LinkUsed",
    "MOST_CHARACTERS",
    "MOST_RECORDS",
    "MemoryInfo",
    "Mentions",
    "MiniLMEmbedder",
    "NewRecord",
    "Passage",
    "RecallSettings",
    "Recollection",
    "TEXT_SPREADING",
    "TextGraph",
    "TextMemory",
    "Why",
    "WordLlamaEmbedder",
    "bare_title",
    "find_embedder",
    "forget_records",
    "is_memory",
    "linked",
    "links_used",
    "made_with",
    "mention_layer",
    "passages",
    "phrases",
    "read_texts",
    "recall",
    "text_layers",
]
