"""The layer: three methods that agree, exact gradients, streams, and what it refuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from neuro import Circuit, CurrentInput, Population, simulate
from neuro.errors import InvalidInput
from neuro.models import RESONATOR
from neuro.models.resonator import resonator_currents

torch = pytest.importorskip("torch", reason="install the extra 'train'")

from neuro.resonance import Fft, ResonantLayer, ResonatorStep, Scan  # noqa: E402
from neuro.resonance.methods import ResonantState  # noqa: E402

UNITS, BATCH = 8, 3


def layer(**options: Any) -> Any:
    torch.manual_seed(0)
    return ResonantLayer(UNITS, tau=(4.0, 200.0), **options).double()


def drive(steps: int, seed: int = 1) -> Any:
    return torch.randn((steps, BATCH, UNITS), dtype=torch.float64, generator=torch.Generator().manual_seed(seed)) * 0.3


@pytest.mark.parametrize("method", [Scan(), Fft(), Fft(chunk=37), Fft(chunk=1)], ids=repr)
def test_the_methods_agree_with_single_steps(method: Any) -> None:
    resonators, x = layer(), drive(700)
    start = ResonantState(drive(1)[0], drive(1, 2)[0])
    with torch.no_grad():
        given, expected = resonators(x, start, method), resonators(x, start, ResonatorStep())
    torch.testing.assert_close(given.x, expected.x, atol=1e-12, rtol=0)
    torch.testing.assert_close(given.state.y, expected.state.y, atol=1e-12, rtol=0)
    assert torch.equal(given.spikes, expected.spikes)
    assert 0.01 < float(given.spikes.mean()) < 0.5


@pytest.mark.parametrize("steps", [1, 255, 600])
def test_the_gradients_of_the_scan_are_those_of_autograd(steps: int) -> None:
    found = []
    for method in (Scan(), ResonatorStep()):
        resonators, x = layer(), drive(steps).requires_grad_()
        start = ResonantState(drive(1)[0].requires_grad_(), drive(1, 2)[0].requires_grad_())
        run = resonators(x, start, method)
        weights = drive(steps, 3)
        loss = (run.spikes * weights).sum() + (run.x * weights**2).sum() + (run.state.x * run.state.y).sum()
        loss.backward()
        found.append([x.grad, start.x.grad, start.y.grad, *(value.grad for value in resonators.parameters())])
    for given, expected in zip(*found, strict=True):
        torch.testing.assert_close(given, expected, rtol=1e-9, atol=1e-9)


def test_only_the_spikes_or_only_the_last_state_may_be_used() -> None:
    for pick in (lambda run: run.spikes.sum(), lambda run: run.state.y.sum()):
        found = []
        for method in (Scan(), ResonatorStep()):
            resonators = layer()
            pick(resonators(drive(50), None, method)).backward()
            found.append(resonators.shift.grad)
        torch.testing.assert_close(*found, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("method", [Scan(), Fft(chunk=37)], ids=repr)
def test_listening_gives_the_last_state_and_its_gradients(method: Any) -> None:
    found = []
    for way in (
        lambda one, x, start: one.listen(x, start, method),
        lambda one, x, start: one(x, start, ResonatorStep()).state,
    ):
        resonators, x = layer(), drive(300).requires_grad_()
        start = ResonantState(drive(1)[0].requires_grad_(), drive(1, 2)[0].requires_grad_())
        state = way(resonators, x, start)
        (state.x.exp() * state.y).sum().backward()
        learned = (resonators.shift.grad, resonators.log_rate.grad)
        found.append([state.x, state.y, x.grad, start.x.grad, start.y.grad, *learned])
    for given, expected in zip(*found, strict=True):
        torch.testing.assert_close(given, expected, rtol=1e-9, atol=1e-12)


def test_a_stream_in_parts_is_the_whole() -> None:
    resonators, x = layer(), drive(500)
    with torch.no_grad():
        whole, state, spikes = resonators(x), None, []
        for part in x.split([1, 99, 256, 144]):
            run = resonators(part, state)
            state = run.state
            spikes.append(run.spikes)
    assert torch.equal(torch.cat(spikes), whole.spikes)
    assert torch.equal(state.x, whole.state.x)
    assert torch.equal(state.y, whole.state.y)


def test_a_layer_fires_as_its_circuit_does() -> None:
    resonators, x, dt = layer(), drive(300), 1e-3
    with torch.no_grad():
        spikes = resonators(x[:, :1]).spikes[:, 0].numpy()
    numbers = resonators.oscillation()
    b, omega = (value.detach().numpy() / dt for value in (numbers.decay, numbers.omega))
    currents = resonator_currents(x[:, 0].numpy(), b, omega, dt)
    circuit = Circuit(
        dt,
        [Population("a", UNITS, RESONATOR, {"b": b, "omega": omega, "theta": resonators.theta.detach().numpy()})],
        stimuli=[CurrentInput("a", name, values) for name, values in zip("IJ", currents, strict=True)],
    )
    ticks, neurons = np.nonzero(spikes)
    fired = simulate(circuit, 300).spikes["a"]
    np.testing.assert_array_equal(fired.ticks, ticks)
    np.testing.assert_array_equal(fired.indices, neurons)


def test_the_gain_evens_out_the_variances() -> None:
    torch.manual_seed(0)
    resonators = ResonantLayer(16, tau=(4.0, 100.0), omega=(0.3, 2.8))
    with torch.no_grad():
        x, y = resonators(torch.randn(400, 500, 16) * resonators.gain()).state
    np.testing.assert_allclose((x**2 + y**2).mean(0).numpy(), 1.0, rtol=0.2)


def test_a_leaky_layer_has_no_frequency_to_learn() -> None:
    resonators = layer(oscillates=False)
    assert not resonators.shift.requires_grad
    assert float(resonators.omega.detach().abs().max()) == 0


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: layer()(drive(0)), "at least one step"),
        (lambda: layer()(drive(5)[..., :3]), r"shape \(5, 3, 3\); \(steps, batch, 8\) is allowed"),
        (lambda: layer()(drive(5).float()), "dtype torch.float32; this layer computes in torch.float64"),
        (lambda: layer()(drive(5), layer().start(2)), r"the state has shape \(2, 8\)"),
        (lambda: layer()(drive(5).to("meta")), "the drive is on meta; Scan runs on the CPU"),
        (lambda: Fft(0), "chunk is 0"),
        (lambda: ResonantLayer(0), "units is 0"),
        (lambda: ResonantLayer(3, tau=(0.0, 4.0)), "0 < shortest <= longest"),
        (lambda: ResonantLayer(3, width=0.0), "a width above 0"),
    ],
)
def test_bad_input_is_named(call: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        call()
