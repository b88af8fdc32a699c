"""Burst code: count and interval tell the value, the start does not."""

from __future__ import annotations

import numpy as np
import pytest

from neuro.encoders import BurstEncoder, SpikeCode
from tests.encoders.spiking import normalised, rounded, triples


def bursts(encoder: BurstEncoder) -> list[list[int]]:
    """All bursts from weakest to strongest, level 0 first."""
    found: list[list[int]] = [[], [0]]
    for count in range(2, encoder.longest_burst + 1):
        intervals = range(encoder.slowest, encoder.fastest - 1, -1)
        found += [[i * interval for i in range(count)] for interval in intervals]
    return found


@pytest.mark.parametrize("form", [(5, 2, 9), (2, 1, 1), (3, 4, 4), (10, 1, 3)])
def test_spikes_follow_the_definition(form: tuple[int, int, int]) -> None:
    vectors = normalised(6, 20)
    encoder = BurstEncoder.fit(vectors, longest_burst=form[0], fastest=form[1], slowest=form[2])
    table = bursts(encoder)
    assert encoder.levels == len(table) - 1
    assert encoder.ticks == max(max(burst, default=0) for burst in table) + 1
    expected = []
    for item, vector in enumerate(vectors):
        for j, value in enumerate(vector):
            burst = table[rounded(abs(value) / encoder.scale * encoder.levels)]
            expected += [(item, tick, 2 * j + (value < 0)) for tick in burst]
    assert triples(encoder.encode(vectors)) == sorted(expected)


def test_every_burst_is_told_from_every_other() -> None:
    encoder = BurstEncoder(1)
    values = np.arange(encoder.levels + 1)[:, None] / encoder.levels
    code = encoder.encode(values)
    assert [code.presentation(item).ticks.tolist() for item in range(len(values))] == bursts(encoder)
    np.testing.assert_allclose(encoder.decode(code), values, atol=1e-15)


def test_the_start_of_a_burst_does_not_matter() -> None:
    encoder = BurstEncoder(1, longest_burst=4, fastest=2, slowest=9)
    code = encoder.encode(np.array([0.6]))
    assert code.ticks.max() < encoder.ticks - 3
    later = SpikeCode(code.items, code.ticks + 3, code.indices, 1, encoder.ticks, 2)
    assert encoder.decode(later) == encoder.decode(code)


def test_impossible_bursts_count_as_the_nearest() -> None:
    encoder = BurstEncoder(1, longest_burst=3, fastest=2, slowest=4)  # 7 levels in 9 ticks
    crowd = SpikeCode([0] * 9, np.arange(9), [0] * 9, 1, 9, 2)
    assert encoder.decode(crowd).tolist() == [[pytest.approx(5 / 7)]]  # three spikes, 4 ticks apart
    tight = SpikeCode([0] * 2, [0, 1], [1] * 2, 1, 9, 2)
    assert encoder.decode(tight).tolist() == [[pytest.approx(-4 / 7)]]  # two spikes, no closer than 2 ticks
