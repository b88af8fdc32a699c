"""NIR: a network written by snnTorch fires the same spikes here; what can't be read is refused by name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.interop import from_nir
from neuro.motifs import layer_spikes, lif_layers, presentation_ticks
from neuro.simulators import simulate

nir = pytest.importorskip("nir", reason="install the extra 'exchange'")
STEPS = 12


def lif(size: int = 1, **other: Any) -> Any:
    values = {"tau": 8e-4, "r": 8.0, "v_leak": 0.0, "v_threshold": 1.0, "v_reset": 0.0, **other}
    return nir.LIF(**{name: np.full(size, value) for name, value in values.items()})


def test_snntorch_and_the_circuit_fire_the_same_spikes(tmp_path: Path) -> None:
    torch = pytest.importorskip("torch", reason="install the extra 'train'")
    snntorch = pytest.importorskip("snntorch", reason="install requirements-train.txt")
    from snntorch.export_nir import export_to_nir

    torch.manual_seed(0)
    leaky = {"reset_mechanism": "zero", "reset_delay": False}
    first, second = torch.nn.Linear(10, 16), torch.nn.Linear(16, 5, bias=False)
    # One beta and threshold a neuron: nir's own type check does not take snnTorch's shared ones.
    fires = [
        snntorch.Leaky(torch.full((size,), beta), torch.ones(size), **leaky) for size, beta in ((16, 0.9), (5, 0.8))
    ]
    with torch.no_grad():
        first.weight *= 4
        second.weight *= 3
    net = torch.nn.Sequential(first, fires[0], second, fires[1])
    for neuron in fires:
        neuron.init_hidden = True
    with pytest.warns(DeprecationWarning, match="nirtorch"):  # snnTorch calls nirtorch by an old name
        graph = export_to_nir(net, torch.zeros(1, 10), ignore_dims=[0])
    nir.write(tmp_path / "net.nir", graph)

    shown = np.random.default_rng(1).random((6, STEPS, 10)) < 0.3
    for neuron in fires:
        neuron.init_hidden = False
    mem = [neuron.reset_mem() for neuron in fires]
    expected: list[list[np.ndarray]] = [[], []]
    for step in range(STEPS):
        spikes = torch.tensor(shown[:, step].astype(np.float32))
        for place, (linear, neuron) in enumerate(zip((first, second), fires, strict=True)):
            spikes, mem[place] = neuron(linear(spikes), mem[place])
            expected[place].append(spikes.detach().numpy() > 0)
    layers = from_nir(tmp_path / "net.nir")
    run = simulate(lif_layers(layers, shown), 6 * presentation_ticks(layers, STEPS))
    for number, fired in enumerate(expected, start=1):
        assert 0.02 < np.mean(fired) < 0.9
        np.testing.assert_array_equal(layer_spikes(run, layers, STEPS, number), np.stack(fired, axis=1))


def test_parameters_become_steps() -> None:
    weight, bias = np.ones((2, 3)), np.array([0.5, -0.5])
    graph = nir.NIRGraph.from_list(nir.Affine(weight, bias), lif(2, r=4.0, v_leak=0.25, v_threshold=2.0))
    (layer,) = from_nir(graph)
    np.testing.assert_allclose(layer.weights, weight / 2)
    np.testing.assert_allclose(layer.bias, bias / 2)
    assert (layer.decay, layer.rest, layer.threshold, layer.reset) == (0.875, 0.25, 2.0, 0.0)


@pytest.mark.parametrize(
    ("nodes", "error", "message"),
    [
        ([nir.Linear(np.ones((2, 3))), nir.LI(*np.ones((3, 2)))], UnsupportedByTarget, "of type LI; use Linear"),
        ([nir.Linear(np.ones((2, 3))), nir.Linear(np.ones((2, 2))), lif(2)], InvalidInput, "follows another"),
        ([lif(3)], InvalidInput, "needs a Linear or Affine"),
        ([nir.Linear(np.ones((2, 3)))], InvalidInput, "must end in a LIF"),
        ([nir.Linear(np.ones((2, 3))), lif(2, tau=1e-5)], InvalidInput, "tau 1e-05 s; 0.0001 s"),
    ],
)
def test_what_is_no_chain_of_layers_is_refused(nodes: list[Any], error: type[Exception], message: str) -> None:
    with pytest.raises(error, match=message):
        from_nir(nir.NIRGraph.from_list(*nodes))


def test_recurrence_foreign_files_and_mixed_parameters_are_refused(tmp_path: Path) -> None:
    nodes = {
        "input": nir.Input({"input": np.array([2])}),
        "w": nir.Linear(np.ones((2, 2))),
        "lif": lif(2),
        "output": nir.Output({"output": np.array([2])}),
    }
    edges = [("input", "w"), ("w", "lif"), ("lif", "w"), ("lif", "output")]
    with pytest.raises(UnsupportedByTarget, match="'lif' feeding"):
        from_nir(nir.NIRGraph(nodes, edges))
    mixed = {**nodes, "lif": lif(2, tau=np.array([8e-4, 9e-4]))}
    with pytest.raises(InvalidInput, match="tau differs between neurons"):
        from_nir(nir.NIRGraph(mixed, [edges[0], edges[1], edges[3]]))
    (tmp_path / "x.nir").write_bytes(b"no hdf5")
    with pytest.raises(InvalidInput, match="is no NIR file"):
        from_nir(tmp_path / "x.nir")
    with pytest.raises(InvalidInput, match="there is no file"):
        from_nir(tmp_path / "y.nir")
    with pytest.raises(InvalidInput, match="graph is a dict"):
        from_nir({})


def chain(*nodes: Any, edges: list[tuple[str, str]] | None = None) -> Any:
    """Nodes n0, n1 ... one after the other; nir's own check of shapes is left out, as files leave it out."""
    named = {f"n{place}": node for place, node in enumerate(nodes)}
    steps = [(f"n{place}", f"n{place + 1}") for place in range(len(nodes) - 1)]
    return nir.NIRGraph(named, steps if edges is None else edges, type_check=False)


INPUT, OUTPUT = nir.Input({"input": np.array([3])}), nir.Output({"output": np.array([2])})
WEIGHTS = nir.Linear(np.ones((2, 3)))


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (lambda: chain(INPUT, WEIGHTS, lif(4), OUTPUT), "'n2' has 4 neurons, but 2 rows of weights"),
        (
            lambda: chain(INPUT, WEIGHTS, lif(2), WEIGHTS, lif(2), OUTPUT),
            r"'n3' has weights of shape \(2, 3\); 2 neurons",
        ),
        (lambda: chain(INPUT, WEIGHTS, lif(2), edges=[("n0", "n1"), ("n1", "x")]), "an edge from 'n1' to 'x'"),
    ],
)
def test_nodes_that_do_not_fit_are_refused(graph: Any, message: str) -> None:
    with pytest.raises(InvalidInput, match=message):
        from_nir(graph())


def test_the_time_step_may_be_a_quantity() -> None:
    from brian2 import Hz, ms

    graph = chain(INPUT, WEIGHTS, lif(2), OUTPUT)
    assert from_nir(graph, 0.1 * ms)[0].decay == from_nir(graph, 1e-4)[0].decay
    for wrong in (3 * Hz, "0.1 ms", None, True, [1e-4], float("nan"), 0.0):
        with pytest.raises(InvalidInput, match="a time above 0 s is allowed"):
            from_nir(graph, wrong)


def test_a_damaged_file_is_named(tmp_path: Path) -> None:
    """HDF5 and nir raise seven kinds of errors for one flipped bit."""
    nir.write(tmp_path / "whole.nir", chain(INPUT, WEIGHTS, lif(2), OUTPUT))
    whole, random, refused = (tmp_path / "whole.nir").read_bytes(), np.random.default_rng(0), 0
    for _ in range(60):
        damaged = bytearray(whole)
        for place in random.integers(len(damaged), size=4):
            damaged[place] ^= 1 << random.integers(8)
        (tmp_path / "damaged.nir").write_bytes(damaged)
        try:
            from_nir(tmp_path / "damaged.nir")
        except (InvalidInput, UnsupportedByTarget):
            refused += 1
    assert refused > 5
