"""Encoders: vectors into spike codes, and back."""

from neuro.encoders.base import Encoder, ScaledEncoder, SpikeEncoder, compare, comparison_table
from neuro.encoders.burst import BurstEncoder
from neuro.encoders.codes import (
    check_codes,
    code_cosine_correlation,
    codes_from_spikes,
    overlap,
    replace_units,
    top_units,
)
from neuro.encoders.delta import DeltaEncoder
from neuro.encoders.gaussian_fields import GaussianFieldsEncoder
from neuro.encoders.input_normalisation import InputNormalisation
from neuro.encoders.kwta import KWTAEncoder
from neuro.encoders.latency import LatencyEncoder
from neuro.encoders.learned import LearnedEncoder, ReadBy
from neuro.encoders.on_off_channels import OnOffChannels
from neuro.encoders.phase import PhaseEncoder
from neuro.encoders.poisson_rate import PoissonEncoder
from neuro.encoders.rank_order import RankOrderEncoder
from neuro.encoders.regular_rate import RegularRateEncoder
from neuro.encoders.spike_code import SpikeCode

__all__ = [
    "BurstEncoder",
    "DeltaEncoder",
    "Encoder",
    "GaussianFieldsEncoder",
    "InputNormalisation",
    "KWTAEncoder",
    "LatencyEncoder",
    "LearnedEncoder",
    "OnOffChannels",
    "PhaseEncoder",
    "PoissonEncoder",
    "RankOrderEncoder",
    "ReadBy",
    "RegularRateEncoder",
    "ScaledEncoder",
    "SpikeCode",
    "SpikeEncoder",
    "check_codes",
    "code_cosine_correlation",
    "codes_from_spikes",
    "compare",
    "comparison_table",
    "overlap",
    "replace_units",
    "top_units",
]
