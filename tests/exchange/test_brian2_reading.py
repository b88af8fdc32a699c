"""What from_brian2 draws, carries on, notes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from brian2 import (
    Cylinder,
    Hz,
    Network,
    NetworkOperation,
    NeuronGroup,
    PoissonGroup,
    PoissonInput,
    PopulationRateMonitor,
    SpatialNeuron,
    SpikeGeneratorGroup,
    SpikeMonitor,
    StateMonitor,
    Synapses,
    TimedArray,
    amp,
    check_units,
    cm,
    ms,
    mV,
    ohm,
    um,
)

from neuro import Probe, simulate
from neuro.errors import EquationError, InvalidInput, UnsupportedByTarget
from neuro.exchange import from_brian2, read_brian2
from neuro.simulators.brian2_reference import on_numpy
from tests.exchange.brian2_scripts.plasticity import song_abbott_stdp
from tests.exchange.brian2_scripts.single_neurons import adaptive_threshold
from tests.exchange.test_brian2_scripts import assert_equal_spikes

LEAKY = "dv/dt = -v/(10*ms) : 1"


def leaky(size: int = 2, equations: str = LEAKY, **given: Any) -> NeuronGroup:
    return NeuronGroup(size, equations, threshold="v > 1", reset="v = 0", method="exact", **given)


# -------------------------------------------------------------------------------------- drawn beforehand


def test_a_poisson_group_has_its_rate_and_the_seed_decides() -> None:
    source, cells = PoissonGroup(200, rates=50 * Hz, name="noise"), leaky()
    given = {"duration": 1.0, "seed": 3}
    circuit = from_brian2([source, cells], **given)
    count = len(circuit.sources[0].ticks)
    # 200 neurons x 10000 ticks, probability 0.005: mean 10000, standard deviation 100.
    assert abs(count - 10000) < 400
    again = from_brian2([source, cells], **given)
    assert np.array_equal(circuit.sources[0].ticks, again.sources[0].ticks)
    other = from_brian2([source, cells], duration=1.0, seed=4)
    assert not np.array_equal(circuit.sources[0].ticks, other.sources[0].ticks)


def test_a_poisson_group_whose_rate_changes() -> None:
    steps = TimedArray([0, 100, 0] * Hz, dt=200 * ms)
    source = PoissonGroup(100, rates="steps(t)*(1 + i/(N - 1.0))", name="noise")
    circuit = from_brian2([source, leaky()], namespace={"steps": steps}, duration=600 * ms, seed=5)
    ticks, indices = np.asarray(circuit.sources[0].ticks), np.asarray(circuit.sources[0].indices)
    assert ticks.min() >= 2000
    assert ticks.max() < 4000
    # Mean 100 x 0.2 s x 150 Hz = 3000, and neuron 99 fires twice as often as neuron 0.
    assert abs(len(ticks) - 3000) < 4 * np.sqrt(3000)
    assert np.sum(indices >= 50) > np.sum(indices < 50)


def test_a_poisson_input_adds_its_mean() -> None:
    cells = NeuronGroup(50, "x : 1\ny : 1", name="cells")
    part = PoissonInput(cells[10:], "x", N=100, rate=20 * Hz, weight=0.5)
    circuit = from_brian2([cells, part], duration=1.0, seed=6)
    final = simulate(circuit, 10000).final["cells", "x"]
    assert not np.any(final[:10])
    # 100 x 20 Hz x 1 s = 2000 spikes of 0.5, standard deviation 0.5 sqrt(2000) = 22.4 a neuron, 3.5 the mean of 40.
    assert abs(final[10:].mean() - 1000) < 14
    assert 10 < final[10:].std() < 40


@pytest.mark.parametrize(
    ("given", "message"), [({"seed": 1}, "without a duration"), ({"duration": 1.0}, "without a seed")]
)
def test_drawing_needs_a_duration_and_a_seed(given: dict[str, Any], message: str) -> None:
    source, cells = PoissonGroup(2, rates=50 * Hz), leaky()
    with pytest.raises(UnsupportedByTarget, match=message):
        from_brian2([source, cells], **given)


# ------------------------------------------------------------------------------------------- going on


@pytest.mark.parametrize("build", [song_abbott_stdp, adaptive_threshold])
def test_a_network_that_has_run_goes_on(build: Callable[[], Any]) -> None:
    with on_numpy():
        script = build()
        script.network.run(70.3 * ms, namespace=dict(script.namespace))
        circuit = from_brian2(script.network, namespace=script.namespace)
        assert assert_equal_spikes(script, circuit, 600) > 3


@pytest.mark.parametrize("last", [7, 33])
def test_traces_of_synapses_go_on_from_where_they_are(last: int) -> None:
    """Event-driven ones from each synapse's last spike, clock-driven ones from the last tick."""
    ticks = np.array([0, 3, 5, last, last + 10, last + 14, last + 14])
    source = SpikeGeneratorGroup(2, [0, 1, 0, 1, 0, 0, 1], ticks * 0.1 * ms)
    cells = NeuronGroup(2, "v : 1", threshold="v > 0.9", reset="v = 0")
    synapses = Synapses(
        source,
        cells,
        "dx/dt = -x/(5*ms) : 1 (event-driven)\ndy/dt = -y/(5*ms) : 1 (clock-driven)",
        on_pre="v_post += x + y; x += 0.3; y += 0.1",
        on_post="x *= 0.9",
        method="exact",
    )
    seen = StateMonitor(cells, "v", record=True, when="end")
    with on_numpy():
        synapses.connect()
        synapses.x, synapses.y = "1 + 0.2*i + 0.1*j", 0.7
        network = Network(source, cells, synapses, seen)
        network.run((last + 2) * 0.1 * ms)
        before = simulate(from_brian2(network), 20)
        network.run(2 * ms)
    values = before.probes[cells.name, "v"]
    assert len(before.spikes[cells.name]) >= 2
    assert np.abs(values - seen.v.T[-20:]).max() < 1e-12


def test_spikes_under_way_are_not_forgotten() -> None:
    source, cells = SpikeGeneratorGroup(1, [0], [1] * ms), leaky()
    late = Synapses(source, cells, on_pre="v += 0.5", delay=5 * ms, name="late")
    with on_numpy():
        late.connect()
        network = Network(source, cells, late)
        network.run(3 * ms)
        with pytest.raises(UnsupportedByTarget, match="spikes under way in 'late_pre'"):
            from_brian2(network)
        network.run(4 * ms)
        assert from_brian2(network).populations[0].initial["v"] == pytest.approx(0.5 * np.exp(-0.09))


def test_the_last_row_of_a_timed_array_lasts() -> None:
    stimulus = TimedArray([0.0, 3.0], dt=10 * ms)
    cells = leaky(1, "dv/dt = (stimulus(t) - v)/(10*ms) : 1", namespace={"stimulus": stimulus}, name="cells")
    with pytest.raises(UnsupportedByTarget, match="whose last row lasts for ever"):
        from_brian2([cells])
    spikes = simulate(from_brian2([cells], duration=100 * ms), 1000).spikes["cells"].ticks
    # From v = 0 towards 3 with 10 ms, the threshold 1 is passed after 10 ms ln(3/2) = 4.05 ms, again and again.
    assert spikes[:3].tolist() == [140, 181, 222]
    assert len(spikes) == 21


# ------------------------------------------------------------------------------------- notes and probes


def test_monitors_become_probes_or_notes() -> None:
    cells = leaky(3, LEAKY + "\ncurrent = 2*v : 1", name="cells")
    monitors = [
        SpikeMonitor(cells, name="spikes"),
        PopulationRateMonitor(cells, name="rate"),
        StateMonitor(cells, ["v", "current"], record=[0], dt=1 * ms, name="trace"),
    ]
    found = read_brian2([cells, *monitors])
    assert list(found.circuit.probes) == [Probe("cells", "v", 10)]
    assert len(found.ignored) == 4
    assert any("'current': only states are probed" in line for line in found.ignored)


def test_names_come_from_the_group_s_namespace_first_and_then_from_the_given_one() -> None:
    cells = leaky(1, "dv/dt = (drive - v)/tau : 1", namespace={"tau": 20 * ms}, name="cells")
    with pytest.raises(EquationError, match="reads 'drive', which is not in the group's namespace"):
        from_brian2([cells])
    population = from_brian2([cells], namespace={"drive": 2.0, "tau": 5 * ms}).population("cells")
    assert float(population.parameters["tau"]) == pytest.approx(20e-3)
    assert float(population.parameters["drive"]) == 2.0


def test_the_network_is_left_as_it_is() -> None:
    with on_numpy():
        script = adaptive_threshold()
        group = next(item for item in script.network.objects if isinstance(item, NeuronGroup))
        states = {name: np.array(getattr(group, name)) for name in ("v", "vt")}
        objects = set(script.network.objects)
        from_brian2(script.network, namespace=script.namespace)
        assert set(script.network.objects) == objects
        assert all(np.array_equal(np.array(getattr(group, name)), values) for name, values in states.items())


# -------------------------------------------------------------------------------------------- refusals


@check_units(x=1, result=1)
def own_function(x: Any) -> Any:
    return x


def network_operation() -> list[Any]:
    return [leaky(), NetworkOperation(lambda: None, name="hello")]


def compartments() -> list[Any]:
    shape = Cylinder(length=10 * um, diameter=1 * um, n=3)
    eqs = "Im = -v*siemens/meter**2 : amp/meter**2"
    return [SpatialNeuron(shape, eqs, Cm=1e-6 * amp * ms / mV / cm**2, Ri=100 * ohm * cm, name="cable")]


def custom_event() -> list[Any]:
    return [NeuronGroup(2, LEAKY, threshold="v > 1", reset="v = 0", events={"up": "v > 0.5"}, method="exact")]


def own_code() -> list[Any]:
    return [leaky(1, "dv/dt = own_function(v)/ms - v/ms : 1", namespace={"own_function": own_function})]


def two_clocks() -> list[Any]:
    return [leaky(name="quick"), leaky(dt=1 * ms, name="slow")]


def delayed_on_post() -> list[Any]:
    cells = leaky()
    synapses = Synapses(cells, cells, "w : 1", on_post="w += 0.1", delay={"post": 1 * ms})
    synapses.connect()
    return [cells, synapses]


def shared_by_pathways() -> list[Any]:
    cells = leaky()
    code = {"one": "w += 0.1", "two": "v += w"}
    synapses = Synapses(cells, cells, "w : 1", on_pre=code, delay={"two": 1 * ms})
    synapses.connect()
    return [cells, synapses]


def operation_of_synapses() -> list[Any]:
    cells = leaky()
    synapses = Synapses(cells, cells, "w : 1", on_pre="v += w")
    synapses.connect()
    synapses.run_regularly("w *= 0.9")
    return [cells, synapses]


def random_threshold() -> list[Any]:
    return [NeuronGroup(2, "rate : Hz", threshold="rand() < rate*dt", name="cells")]


def missing_target() -> list[Any]:
    cells, away = leaky(name="cells"), leaky(name="away")
    synapses = Synapses(cells, away, on_pre="v += 0.1")
    synapses.connect()
    return [cells, synapses]


def time_since_update() -> list[Any]:
    cells = leaky()
    synapses = Synapses(cells, cells, "last : second", on_pre="v += (t - last)/second; last = t")
    synapses.connect()
    return [cells, synapses]


REFUSED = [
    (network_operation, "NetworkOperation 'hello'; write it with run_regularly"),
    (compartments, "SpatialNeuron 'cable'; use point neurons"),
    (custom_event, "the custom event 'up'"),
    (own_code, "the function 'own_function' of your own"),
    (two_clocks, "two clocks"),
    (delayed_on_post, "a delay of on_post"),
    (shared_by_pathways, "that share 'w'"),
    (operation_of_synapses, "run_regularly of Synapses"),
    (random_threshold, "unction '?rand"),
    (missing_target, "at 'away', which is not in the network"),
    (time_since_update, "'t' in the code of Synapses"),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=lambda item: getattr(item, "__name__", ""))
def test_what_a_circuit_can_t_hold_is_refused_by_name(build: Callable[[], list[Any]], message: str) -> None:
    with on_numpy(), pytest.raises((UnsupportedByTarget, EquationError), match=message):
        from_brian2(build())


@pytest.mark.parametrize("given", [[], 3, ["cells"], [SpikeGeneratorGroup(1, [0], [1] * ms)]])
def test_what_is_no_network_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput):
        from_brian2(given)
