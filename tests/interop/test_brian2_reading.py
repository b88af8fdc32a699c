"""What from_brian2 draws, carries on, notes and refuses."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace
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
    prefs,
    um,
)

from neuro import Probe, simulate
from neuro.errors import EquationError, InvalidInput, UnsupportedByTarget
from neuro.interop import from_brian2, read_brian2
from neuro.simulators.brian2.recorder import on_numpy
from tests.interop.brian2_scripts.plasticity import song_abbott_stdp
from tests.interop.brian2_scripts.single_neurons import adaptive_threshold
from tests.interop.test_brian2_scripts import assert_equal_spikes

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
        (past,) = from_brian2(network).past
        assert (past.of, np.asarray(past.ticks).tolist()) == (source.name, [-20])
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


def missing_target() -> list[Any]:
    cells, away = leaky(name="cells"), leaky(name="away")
    synapses = Synapses(cells, away, on_pre="v += 0.1")
    synapses.connect()
    return [cells, synapses]


REFUSED = [
    (network_operation, "NetworkOperation 'hello'; write it with run_regularly, or .* simulation.step"),
    (compartments, "SpatialNeuron 'cable'; use point neurons"),
    (custom_event, "the custom event 'up'"),
    (own_code, "the function 'own_function' of your own"),
    (two_clocks, "two clocks"),
    (delayed_on_post, "a delay of on_post"),
    (shared_by_pathways, "that share 'w'"),
    (missing_target, "at 'away', which is not in the network"),
]


@pytest.mark.parametrize(("build", "message"), REFUSED, ids=lambda item: getattr(item, "__name__", ""))
def test_what_a_circuit_can_t_hold_is_refused_by_name(build: Callable[[], list[Any]], message: str) -> None:
    with on_numpy(), pytest.raises((UnsupportedByTarget, EquationError), match=message):
        from_brian2(build())


# ------------------------------------------------------------------------------------ nothing in silence


def everything() -> SimpleNamespace:
    """Objects of every kind, as Brian2 makes them; each of ``CHANGES`` would be lost if nobody looked."""
    source = SpikeGeneratorGroup(1, [0], [1] * ms, name="source")
    noise = PoissonGroup(2, rates=0 * Hz, name="noise")
    cells = leaky(2, f"{LEAKY}\nx : 1\ndz/dt = (x - z)/(10*ms) : 1", refractory=1 * ms, name="cells")
    plastic = Synapses(
        source, cells, "dw/dt = -w/ms : 1 (event-driven)", on_pre="v += w", on_post="w *= 0.9", name="plastic"
    )
    total = Synapses(cells, cells, "x_post = v_pre : 1 (summed)", name="total")
    rest = Synapses(cells, cells, "ds/dt = -s/ms : 1 (clock-driven)", on_pre="s += 1", method="exact", name="rest")
    for synapses in (plastic, total, rest):
        synapses.connect()
    part = PoissonInput(cells, "v", N=1, rate=1 * Hz, weight=0.1)
    spikes, trace = SpikeMonitor(cells, name="spikes"), StateMonitor(noise, "rates", record=True, name="trace")
    names = ("source", "noise", "cells", "plastic", "total", "rest", "part", "spikes", "trace")
    objects = (source, noise, cells, plastic, total, rest, part, spikes, trace)
    return SimpleNamespace(**dict(zip(names, objects, strict=True)))


def switched_off(part: Any) -> None:
    part.active = False


def moved(part: Any, when: str = "end", order: int | None = None) -> None:
    part.when = when if order is None else part.when
    part.order = part.order if order is None else order


def inside(group: Any, part: Any) -> None:
    group.contained_objects.append(part)


def read_everything(change: Callable[[Any], Any]) -> Any:
    with on_numpy():
        parts = everything()
        change(parts)
        return read_brian2(list(vars(parts).values()), duration=0.01, seed=1)


CHANGES: list[tuple[Callable[[Any], Any], str]] = [
    (lambda n: n.source.run_regularly("k = 1"), "run_regularly of SpikeGeneratorGroup 'source'"),
    (lambda n: n.spikes.run_regularly("k = 1"), "run_regularly of SpikeMonitor 'spikes'"),
    (lambda n: n.plastic.pre.run_regularly("w = 1"), "run_regularly of SynapticPathway 'plastic_pre'"),
    (lambda n: inside(n.cells, NetworkOperation(lambda: None, name="op")), "NetworkOperation 'op' inside 'cells'"),
    (lambda n: inside(n.plastic, NetworkOperation(lambda: None, name="op")), "NetworkOperation 'op' inside 'plastic'"),
    (lambda n: inside(n.cells, leaky(name="hidden")), "NeuronGroup 'hidden' inside 'cells'"),
    (lambda n: inside(n.noise, n.cells.run_regularly("v = 0")), "run_regularly of PoissonGroup 'noise'"),
    (lambda n: switched_off(n.cells.state_updater), "'cells_stateupdater', which is not active"),
    (lambda n: switched_off(n.cells.thresholder["spike"]), "'cells_spike_thresholder', which is not active"),
    (lambda n: switched_off(n.cells.resetter["spike"]), "'cells_spike_resetter', which is not active"),
    (lambda n: switched_off(n.noise.thresholder["spike"]), "'noise_spike_thresholder', which is not active"),
    (lambda n: switched_off(n.plastic.post), "'plastic_post', which is not active"),
    (lambda n: switched_off(n.rest.state_updater), "'rest_stateupdater', which is not active"),
    (lambda n: switched_off(n.total.summed_updaters["x_post"]), "'total_summed_variable_x_post', which is not active"),
    (lambda n: switched_off(n.part), "'poissoninput.*', which is not active"),
    (lambda n: n.cells.contained_objects.remove(n.cells.state_updater), "or no longer in 'cells'"),
    (lambda n: n.plastic.contained_objects.remove(n.plastic.pre), "or no longer in 'plastic'"),
    (lambda n: moved(n.cells.resetter["spike"]), "'cells_spike_resetter' in the slot 'end'; leave it in the slot 'res"),
    (lambda n: moved(n.noise.thresholder["spike"]), "'noise_spike_thresholder' in the slot 'end'"),
    (lambda n: moved(n.rest.state_updater), "'rest_stateupdater' in the slot 'end'"),
    (lambda n: moved(n.total.summed_updaters["x_post"]), "'total_summed_variable_x_post' in the slot 'end'"),
    (lambda n: moved(n.plastic.pre), "'plastic_pre' in the slot 'end'"),
    (lambda n: moved(n.total.summed_updaters["x_post"], order=0), r"'x_post' \(summed\) of .* after a state update"),
    (lambda n: moved(n.cells.state_updater, order=-5), r"'x_post' \(summed\) of .* after a state update"),
    (lambda n: moved(n.plastic.post, order=-5), "the order of the pathways plastic_post, plastic_pre"),
    (lambda n: moved(n.rest.pre, order=5), "the order of the pathways plastic_pre, .*, plastic_post, rest_pre"),
    (lambda n: moved(n.part, order=5), "the order of the pathways plastic_pre, .*, plastic_post, poissoninput"),
    (lambda n: n.noise.events.update(spike="i < 1"), "PoissonGroup 'noise' with events"),
    (lambda n: setattr(n.cells, "lastspike", -0.5 * ms), "a lastspike of NeuronGroup 'cells' that its"),
    (lambda n: setattr(n.plastic, "lastupdate", -3 * ms), "lastupdate of Synapses 'plastic' outside the run"),
]


def test_objects_as_brian2_makes_them_load() -> None:
    ignored = read_everything(lambda _: None).ignored
    assert [line.split(":")[0] for line in ignored] == ["SpikeMonitor 'spikes'", "StateMonitor 'trace', 'rates'"]


@pytest.mark.parametrize(("change", "message"), CHANGES, ids=lambda item: item[:45] if isinstance(item, str) else "")
def test_what_a_circuit_would_do_otherwise_is_refused(change: Callable[[Any], Any], message: str) -> None:
    with pytest.raises(UnsupportedByTarget, match=message):
        read_everything(change)


@pytest.mark.parametrize("group", ["cells", "noise", "source", "plastic"])
def test_what_never_runs_is_noted(group: str) -> None:
    ignored = read_everything(lambda n: switched_off(getattr(n, group).run_regularly("k = 1", name="idle"))).ignored
    assert f"'idle' in '{group}' is not active" in ignored
    assert "StateMonitor 'trace' is not active" in read_everything(lambda n: switched_off(n.trace)).ignored


def variable_outside() -> list[Any]:
    cells = leaky(2, "dv/dt = (k - v)/(10*ms) : 1", namespace={"k": 0.1})
    cells.variables.add_array("k", size=2, values=[1.5, 2.5])
    return [cells]


def summed_onto_a_part() -> list[Any]:
    cells = NeuronGroup(4, "x : 1", name="cells")
    cells.x = 3
    synapses = Synapses(cells, cells[:2], "x_post = i : 1 (summed)", name="half")
    synapses.connect()
    return [cells, synapses]


def float32_synapses() -> list[Any]:
    cells = leaky()
    synapses = Synapses(cells, cells, "w : 1", on_pre="v += w", dtype=np.float32, name="short")
    synapses.connect()
    return [cells, synapses]


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (variable_outside, "'k', which 'neurongroup.*' has outside its equations"),
        (summed_onto_a_part, "'x_post' .* of Synapses 'half' onto a part of a group"),
        (float32_synapses, "the float32 variable 'w' of Synapses 'short'"),
    ],
)
def test_what_would_read_other_values_is_refused(build: Callable[[], list[Any]], message: str) -> None:
    with on_numpy(), pytest.raises(UnsupportedByTarget, match=message):
        from_brian2(build())


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("core.network.default_schedule", ["start", "groups", "thresholds", "synapses", "end"], "the schedule"),
        ("legacy.refractory_timing", True, "legacy.refractory_timing"),
    ],
)
def test_preferences_that_change_what_happens_are_refused(name: str, value: Any, message: str) -> None:
    before, cells = prefs[name], leaky(refractory=1 * ms)
    prefs[name] = value
    try:
        for given in ([cells], Network(cells)):
            with pytest.raises(UnsupportedByTarget, match=message):
                from_brian2(given)
    finally:
        prefs[name] = before


@pytest.mark.parametrize("names", [("a", "z"), ("z", "a")])
def test_every_on_post_runs_in_brian2_s_order(names: tuple[str, str]) -> None:
    with on_numpy():
        cells = NeuronGroup(1, "v : 1\nu : 1", threshold="v > 1", reset="v -= 2", name="cells")
        cells.v = 2.5
        one = Synapses(cells, cells, on_pre="v += 0.5", on_post="v += 1", name=names[0])
        other = Synapses(cells, cells, on_post="u += v", name=names[1])
        for synapses in (one, other):
            synapses.connect()
        network = Network(cells, one, other)
        final = simulate(from_brian2(network), 4).final["cells", "u"]
        network.run(0.4 * ms)
    # 2.5 at first, 3 after on_pre and 4 after the other on_post; 2 in the next tick, and so on.
    assert final.tolist() == np.asarray(cells.u).tolist()


def test_rates_may_read_the_number_of_the_tick() -> None:
    source = PoissonGroup(2, rates="int(t_in_timesteps % 2 == 0)/dt", name="noise")
    circuit = from_brian2([source, leaky()], duration=0.4 * ms, seed=1)
    assert np.asarray(circuit.sources[0].ticks).tolist() == [0, 0, 2, 2]


@pytest.mark.parametrize("given", [[], 3, ["cells"], [SpikeGeneratorGroup(1, [0], [1] * ms)]])
def test_what_is_no_network_is_refused(given: Any) -> None:
    with pytest.raises(InvalidInput):
        from_brian2(given)
