"""Encoders: embeddings into sparse spike codes, and back."""

from neuro.encoders.codes import (
    check_codes,
    code_cosine_correlation,
    codes_from_spikes,
    overlap,
    replace_units,
    top_units,
)
from neuro.encoders.kwta import KWTAEncoder
from neuro.encoders.race import Race

__all__ = [
    "KWTAEncoder",
    "Race",
    "check_codes",
    "code_cosine_correlation",
    "codes_from_spikes",
    "overlap",
    "replace_units",
    "top_units",
]
