"""The theta-gamma buffer: lists in order, as phases, as one vector and in spikes."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from neuro import simulate
from neuro.errors import InvalidInput
from neuro.memories.vsa import FHRR, ThetaGammaBuffer, orders, theta_gamma_circuit, theta_gamma_ticks
from neuro.simulators import Brian2Reference

HALF: Any = 1.5


def filled(*items: int) -> ThetaGammaBuffer:
    buffer = ThetaGammaBuffer(8)
    for item in items:
        buffer.push(item)
    return buffer


def test_items_leave_in_the_order_in_which_they_came() -> None:
    buffer = filled(6, 2, 7)
    assert [buffer.pop(), buffer.pop(), len(buffer)] == [6, 2, 1]


def test_a_list_comes_back_from_its_spikes_and_from_its_vector() -> None:
    buffer, codebook = filled(6, 2, 7, 0, 4), FHRR(1024).random(8, seed=0)
    times = buffer.spike_times(3)
    assert np.all(times[0] < 1 / buffer.theta)
    other = ThetaGammaBuffer(8)
    other.from_spike_times(times.ravel()[::-1], np.tile(buffer.order, 3)[::-1])
    assert other.order == buffer.order
    other.decode(buffer.encode(codebook), codebook, 5)
    assert other.order == buffer.order


@pytest.mark.long
def test_spikes_repeat_the_list_in_every_theta_cycle_and_brian2_agrees() -> None:
    buffer, cycles = filled(6, 2, 7, 0, 4), 6
    circuit, ticks = theta_gamma_circuit(buffer, cycles), theta_gamma_ticks(buffer, cycles)
    recording = simulate(circuit, ticks)
    assert orders(recording, buffer, cycles) == [buffer.order] * cycles
    assert recording.mismatches(Brian2Reference().run(circuit, ticks)) == 0


def test_without_the_ramp_nothing_is_kept() -> None:
    buffer = filled(6, 2, 7)
    circuit = theta_gamma_circuit(buffer, 4)
    cells = replace(circuit.populations[0], parameters={"ramp": 0.0})
    recording = simulate(replace(circuit, populations=[cells]), theta_gamma_ticks(buffer, 4))
    assert orders(recording, buffer, 4) == [buffer.order, (), (), ()]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: ThetaGammaBuffer(8, theta=50.0), "0 < theta <= gamma"),
        (lambda: filled(0, 1, 2, 3, 4, 5), "the list is full: 5 gamma cycles"),
        (lambda: filled(1, 1), "item 1 is in the list already, at place 0"),
        (lambda: filled(8), "item is 8; a whole number from 0 to 7"),
        (lambda: filled().pop(), "the list is empty"),
        (lambda: filled().encode(FHRR(64).random(8, seed=0)), "an empty list has no vector"),
        (lambda: filled(1).encode(FHRR(64).random(7, seed=0)), "7 rows; one for each of 8 items"),
        (lambda: filled().from_spike_times([0.0], [1, 2]), "two vectors of one length"),
        (lambda: filled().from_spike_times([0.0, np.nan], [1, 2]), "times hold NaN"),
        (lambda: filled().from_spike_times([0.0, 0.01], [1, True]), "items have dtype bool"),
        (lambda: theta_gamma_ticks(filled(1), HALF), "cycles is 1.5"),
        (lambda: theta_gamma_circuit(filled(), 3), "circuit of an empty list"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
