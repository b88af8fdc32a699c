"""The compiled simulator: its cache, its errors, chunks, and progress."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from neuro.circuit.circuit import Circuit, CurrentInput, Population, Probe
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput, NumericalError
from neuro.models import LIF_DELTA, Method, NeuronModel
from neuro.simulators import simulate
from neuro.simulators.compiled import simulator as compiled
from neuro.simulators.compiled.simulator import run_program

DRIVE = np.full((1, 2), 25e-3)


def _circuit(ticks: int = 3000) -> Circuit:
    drive = CurrentInput("a", "I", DRIVE, every=ticks)
    return Circuit(1e-4, [Population("a", 2, LIF_DELTA)], stimuli=[drive], probes=[Probe("a", "v", every=7)])


def test_interval_between_spikes_is_the_closed_form() -> None:
    """T = t_ref + tau ln(I / (I - I_rheobase)), to the tick (Gerstner et al. 2014, eq. 1.21)."""
    ticks = simulate(_circuit(), 3000).spikes["a"].ticks
    interval = np.diff(ticks[::2])
    closed = 20e-3 * np.log(25e-3 / (25e-3 - 20e-3)) / 1e-4
    # Held through n + 1 .. n + 19, the membrane starts from reset at tick n + 19.
    assert np.all(interval == 19 + int(np.ceil(closed)))


def test_chunks_do_not_show(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = simulate(_circuit(), 3000)
    monkeypatch.setattr(compiled, "chunk_ticks", lambda _: 11)
    seen: list[int] = []
    parts = simulate(_circuit(), 3000, progress=seen.append)
    assert parts.mismatches(whole) == 0
    assert parts.largest_difference(whole) == 0
    assert seen == [*range(11, 3000, 11), 3000]


def test_probes_read_at_the_end_of_every_nth_tick() -> None:
    recording = simulate(_circuit(), 30)
    assert recording.probes["a", "v"].shape == (5, 2)
    assert recording.probes["a", "v"][0, 0] > -70e-3


def test_nan_names_neuron_and_state() -> None:
    model = NeuronModel("dv/dt = v**2/ms : 1", method=Method.EULER)
    circuit = Circuit(1e-3, [Population("a", 2, model, initial={"v": np.array([0.0, 1.0])})])
    with pytest.raises(NumericalError, match=r"a\.v of neuron 1 is (inf|nan) at tick"):
        simulate(circuit, 100)


def test_bad_tick_counts_are_refused() -> None:
    for ticks in (-1, 1.5, True, 10**20):
        with pytest.raises(InvalidInput, match=r"ticks is .* allowed"):
            run_program(lower(_circuit()), ticks)  # type: ignore[arg-type]


def test_an_unwritable_cache_folder_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("")
    monkeypatch.setenv("SPIKELOOM_CACHE", str(blocked))
    model = NeuronModel("dv/dt = -v/(3*ms) : 1\nfresh_name : 1")
    with pytest.raises(InvalidInput, match=r"can't be written .*; set SPIKELOOM_CACHE"):
        simulate(Circuit(1e-3, [Population("a", 1, model)]), 1)
