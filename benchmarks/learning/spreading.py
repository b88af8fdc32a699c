"""Spikes that spread, beside the linear step and personalised PageRank."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Row

SPREADING_ROWS: Mapping[str, Row] = MappingProxyType({})
