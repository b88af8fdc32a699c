"""Learned codes beside exemplars, random projections, k-means and FlyHash."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.form import Row

CODES_ROWS: Mapping[str, Row] = MappingProxyType({})
