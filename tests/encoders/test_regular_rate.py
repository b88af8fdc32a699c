"""Regular rate code: as many spikes as said, evenly spaced, as an integrator would fire them."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from neuro.encoders import RegularRateEncoder
from tests.encoders.spiking import normalised, rounded, triples


def by_hand(encoder: RegularRateEncoder, vectors: np.ndarray) -> list[tuple[int, int, int]]:
    spikes = []
    for item, vector in enumerate(vectors):
        for j, value in enumerate(vector):
            count = rounded(abs(value) / encoder.scale * encoder.peak)
            for i in range(count):
                middle = Fraction(2 * i + 1, 2 * count) * encoder.ticks
                spikes.append((item, int(middle), 2 * j + (value < 0)))
    return sorted(spikes)


@pytest.mark.parametrize(("ticks", "peak"), [(64, 32), (64, 64), (7, 7), (100, 1), (13, 5)])
def test_spikes_follow_the_definition(ticks: int, peak: int) -> None:
    vectors = normalised(6, 20)
    encoder = RegularRateEncoder.fit(vectors, ticks=ticks, peak=peak)
    assert triples(encoder.encode(vectors)) == by_hand(encoder, vectors)


def test_intervals_differ_by_a_tick_at_most() -> None:
    encoder = RegularRateEncoder(1, ticks=97, peak=97)
    for count in range(2, 98):
        intervals = np.diff(encoder.encode(np.array([count / 97])).ticks)
        assert intervals.size == count - 1
        assert intervals.max() - intervals.min() <= 1
        assert intervals.min() >= 1


def test_an_integrator_fires_as_many_spikes() -> None:
    """Accumulate peak / ticks |x| a tick from one half; fire and subtract 1 where 1 is reached."""
    encoder = RegularRateEncoder(1, ticks=50, peak=25)
    for value in np.linspace(0, 1, 201):
        charge, fired = 0.5, 0
        for _ in range(50):
            charge += 0.5 * value
            if charge >= 1 - 1e-12:
                charge, fired = charge - 1, fired + 1
        # On a half itself the two may round to either side.
        off = abs(len(encoder.encode(np.array([value]))) - fired)
        assert off == 0 or (off == 1 and abs(value * 25 % 1 - 0.5) < 1e-9)
