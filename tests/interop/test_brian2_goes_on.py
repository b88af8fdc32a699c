"""Read, run, changed, read again: a network is read as it stands, and goes on as Brian2's own does."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest
from brian2 import (
    Hz,
    Network,
    NeuronGroup,
    PoissonGroup,
    SpikeGeneratorGroup,
    SpikeMonitor,
    Synapses,
    TimedArray,
    ms,
    second,
    seed,
)

from neuro import simulate
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.interop import from_brian2
from neuro.simulators.brian2.recorder import on_numpy
from tests.oracle import interpret

DT = 1e-4


def own_states(group: Any) -> Mapping[str, np.ndarray]:
    """Name -> values of what a group declares itself, without what Brian2 brings up to date only when it is asked."""
    equations = getattr(group, "user_equations", None) or getattr(group, "equations", {})
    return {name: np.asarray(group.variables[name].get_value(), dtype=float) for name in equations}


def assert_goes_on(network: Network, ticks: int, **given: Any) -> int:
    """What the circuit gives from here is what Brian2 gives: every spike, and every state of neurons and synapses."""
    circuit = from_brian2(network, duration=ticks * DT, **given)
    found = interpret(lower(circuit), ticks)
    start = round(float(network.t) / DT)
    named = [item for item in network.sorted_objects if item.name in found.spikes]
    groups = [item for item in named if "spike" in item.events]
    monitors = {item.name: SpikeMonitor(item) for item in groups}
    network.add(*monitors.values())
    network.run(ticks * DT * second, namespace=dict(given.get("namespace", {})))
    for name, monitor in monitors.items():
        at = np.rint(np.asarray(monitor.t) / DT).astype(int) - start
        expected = sorted(zip(at.tolist(), np.asarray(monitor.i).tolist(), strict=True))
        spikes = found.spikes[name]
        assert sorted(zip(spikes.ticks.tolist(), spikes.indices.tolist(), strict=True)) == expected, name
    for item in network.objects:
        order = np.argsort(np.asarray(item.i), kind="stable") if isinstance(item, Synapses) else slice(None)
        for variable, values in own_states(item).items():
            if (item.name, variable) in found.final:
                np.testing.assert_allclose(found.final[item.name, variable], values[order], rtol=1e-9, atol=1e-12)
    network.remove(*monitors.values())
    return found.spike_count


def refractory() -> list[Any]:
    timed = NeuronGroup(
        3,
        "dv/dt = (1.5 - v)/(5*ms) : 1 (unless refractory)\nu : 1",
        threshold="v > 1 and t - lastspike > 3*ms",
        reset="old = 2*v; v = 0; u = u + old*(t - lastspike + 1*ms)/ms",
        refractory="2*ms + 0.1*u*ms",
        method="euler",
        name="timed",
    )
    held = NeuronGroup(
        2,
        "dv/dt = (1.3 - v)/(4*ms) : 1\nfired : integer\nagain : boolean",
        threshold="v >= 1",
        reset="v -= 0.5; fired += 1; again = not again",
        refractory="v > 0.8",
        method="euler",
        name="held",
    )
    timed.v = [0.1, 0.5, 0.9]
    held.v = [0.2, 0.7]
    return [timed, held]


def under_way() -> list[Any]:
    source = SpikeGeneratorGroup(3, [0, 1, 2, 0, 1], np.array([3.5, 3.9, 4.0, 7.7, 11.0]) * ms, name="source")
    cells = NeuronGroup(
        3,
        "dv/dt = -v/(5*ms) : 1 (unless refractory)",
        threshold="v > 1",
        reset="v = 0",
        refractory=1 * ms,
        name="cells",
    )
    fast = Synapses(
        source,
        cells,
        "w : 1\ndx/dt = -x/(3*ms) : 1 (event-driven)\ndy/dt = -y/tau : 1 (event-driven)\ntau : second",
        on_pre="x += 1; v += w*x",
        on_post="y += 1; w = clip(w + 0.1*x - 0.05*y, 0, 2)",
        name="fast",
    )
    fast.connect()
    fast.w = "0.4 + 0.1*i + 0.05*j"
    fast.tau = "2*ms + i*ms + 0.5*j*ms"
    fast.delay = "0.1*ms + i*0.7*ms + j*0.2*ms"
    back = Synapses(cells, cells, on_pre="v += 0.3", delay=1.5 * ms, name="back")
    back.connect(condition="i != j")
    return [source, cells, fast, back]


def clocked() -> list[Any]:
    stimulus = TimedArray(np.linspace(0, 3, 60).reshape(20, 3), dt=1 * ms)
    cells = NeuronGroup(
        3,
        "dv/dt = (stimulus(t - shift, i) + drive - v)/(4*ms) : 1\nshift : second (constant)\ndrive : 1",
        threshold="v > 1",
        reset="v = 0",
        method="euler",
        namespace={"stimulus": stimulus},
        name="cells",
    )
    cells.shift = [0, 1, 2] * ms
    cells.run_regularly("drive += 0.1*int(t > 2*ms)", dt=0.7 * ms, name="ramp")
    cells[1:].run_regularly("step = 0.3*(i + 1); v += step", dt=1 * ms, when="end", name="kick")
    part = cells[:2]
    part.run_regularly("drive = drive*0.9 + 0.01*i", dt=0.3 * ms, name="fade")
    rings = NeuronGroup(2, "dx/dt = (sin(2*pi*t/(3*ms)) - x**3)/ms : 1", method="rk4", name="rings")
    return [cells, part, rings]


def synaptic() -> list[Any]:
    cells = NeuronGroup(
        3,
        "dv/dt = (1.4 - v + total)/(5*ms) : 1\ntotal : 1",
        threshold="v > 1",
        reset="v = 0",
        method="euler",
        name="cells",
    )
    cells.v = [0.1, 0.4, 0.8]
    synapses = Synapses(
        cells,
        cells,
        """
        ds/dt = -s/tau + 0.5*q*(1 - s)/ms : 1 (clock-driven)
        dq/dt = -q/(2*ms) : 1 (clock-driven)
        tau : second
        w : 1
        since : second
        total_post = w*s : 1 (summed)
        """,
        on_pre="q += 0.5; since = t",
        method="euler",
        name="synapses",
    )
    synapses.connect(condition="i != j")
    synapses.tau = "5*ms + i*ms"
    synapses.w = "0.1*(1 + j)"
    synapses.run_regularly("w = clip(w + 0.01*s, 0, 1)", dt=0.5 * ms, name="grow")
    return [cells, synapses]


def generators() -> list[Any]:
    before = SpikeGeneratorGroup(2, [0, 1, 0], [1, 2, 6] * ms, name="before")
    after = SpikeGeneratorGroup(1, [0, 0], [1.5, 6.2] * ms, name="after")
    cells = NeuronGroup(1, "dv/dt = -v/ms : 1", name="cells")
    pair = Synapses(
        before,
        after,
        "w : 1\ndx/dt = -x/(3*ms) : 1 (event-driven)\ndy/dt = -y/(4*ms) : 1 (event-driven)",
        on_pre="x += 1; w -= 0.1*y",
        on_post="y += 1; w += 0.1*x",
        name="pair",
    )
    pair.connect()
    return [before, after, cells, pair]


EACH = (refractory, under_way, clocked, generators, synaptic)


@pytest.mark.parametrize("build", EACH, ids=lambda build: build.__name__)
def test_a_network_is_read_as_it_stands(build: Callable[[], list[Any]]) -> None:
    with on_numpy():
        network = Network(build())
        spikes = assert_goes_on(network, 43)
        changed = next(
            (item for item in network.sorted_objects if item.name in ("timed", "cells") and hasattr(item, "v")), None
        )
        if changed is not None:
            changed.v = "v + 0.05"
        # 43 ticks end inside of refractory times, delays and periods of run_regularly.
        spikes += assert_goes_on(network, 25)
        spikes += assert_goes_on(network, 60)
    assert spikes > 0


def test_delays_changed_under_way_are_refused() -> None:
    with on_numpy():
        parts = under_way()
        network = Network(parts)
        network.run(4.3 * ms)
        parts[2].delay = "0.3*ms"
        with pytest.raises(UnsupportedByTarget, match="spikes under way in 'fast_pre' with other delays"):
            from_brian2(network)


def test_rates_that_code_changes_are_carried_over() -> None:
    """Case S2: 100 sources at 500 Hz for 100 ms fire about 5,000 times."""
    with on_numpy():
        noise = PoissonGroup(100, rates=0 * Hz, name="noise")
        noise.run_regularly("rates = 500*Hz", dt=1 * ms)
        cells = NeuronGroup(1, "v : 1", name="cells")
        circuit = from_brian2(Network(noise, cells), seed=3)
    assert len(simulate(circuit, 1000).spikes["noise"]) == pytest.approx(5000, rel=0.06)


def test_the_start_of_the_first_tick_comes_once() -> None:
    """Case S8."""
    with on_numpy():
        group = NeuronGroup(1, "x : 1", name="group")
        group.run_regularly("x += 1", dt=0.1 * ms)
        circuit = from_brian2(Network(group))
    assert interpret(lower(circuit), 10).final["group", "x"].tolist() == [10.0]


def test_random_numbers_in_code_have_brian2_s_distribution() -> None:
    """Mean and variance of what resets and synapses draw, within 5 standard errors of Brian2's own."""
    with on_numpy():
        seed(1)
        source = NeuronGroup(200, "rate : Hz", threshold="rand() < rate*dt", name="source")
        source.rate = 400 * Hz
        cells = NeuronGroup(200, "x : 1\nn : 1", name="cells")
        synapses = Synapses(source, cells, on_pre="x += randn(); n += poisson(2)", name="synapses")
        synapses.connect(j="i")
        network = Network(source, cells, synapses)
        found = simulate(from_brian2(network, seed=5), 1000)
        network.run(100 * ms)
    spikes = len(found.spikes["source"])
    assert spikes == pytest.approx(8000, abs=5 * 8000**0.5)
    for values in (found.final["cells", "x"], np.asarray(cells.x)):
        assert abs(values.sum()) < 5 * spikes**0.5
        assert np.var(values) == pytest.approx(40, rel=0.5)
    for values in (found.final["cells", "n"], np.asarray(cells.n)):
        assert values.sum() == pytest.approx(16000, rel=0.06)


def test_objects_of_a_network_that_has_run_need_the_network() -> None:
    with on_numpy():
        parts = refractory()
        Network(parts).run(1 * ms)
        with pytest.raises(InvalidInput, match="ran in a Network; give the Network itself"):
            from_brian2(parts)


def test_the_magic_network_is_named() -> None:
    """Case S9."""
    from brian2 import magic_network

    with pytest.raises(InvalidInput, match=r"give collect\(\)"):
        from_brian2(magic_network)
