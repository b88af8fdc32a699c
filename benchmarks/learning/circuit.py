"""The composed circuit, each stage switched off in turn."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Row

CIRCUIT_ROWS: Mapping[str, Row] = MappingProxyType({})
