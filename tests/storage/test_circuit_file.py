"""Circuit files give back what was saved, and refuse everything else in one line."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from brian2 import ms, mV
from hypothesis import given, settings
from hypothesis import strategies as st

from neuro import Circuit, Connections, Population, Projection, Restart, Winners, simulate
from neuro.errors import CircuitError, InvalidInput
from neuro.models import LIF_DELTA, static_synapse
from neuro.storage import load_circuit, save_circuit
from tests.storage.examples import everything, rewritten


def bytes_of(circuit: Circuit, folder: Path) -> bytes:
    save_circuit(circuit, folder / "again.npz")
    return (folder / "again.npz").read_bytes()


def test_a_circuit_comes_back_whole(tmp_path: Path) -> None:
    circuit = everything()
    save_circuit(circuit, tmp_path / "c.npz")
    back = load_circuit(tmp_path / "c.npz")
    assert bytes_of(back, tmp_path) == (tmp_path / "c.npz").read_bytes()
    first, second = simulate(circuit, 40), simulate(back, 40)
    assert first.spike_count > 0
    assert first.mismatches(second) == 0
    assert first.largest_difference(second) == 0.0


def test_brian2_quantities_keep_their_dimension(tmp_path: Path) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    back = load_circuit(tmp_path / "c.npz")
    assert back.populations[0].parameters["tau_m"] == 20 * ms
    assert back.projections[0].parameters["w"].dim == (1 * mV).dim
    assert back.populations[1].parameters["tau_m"] == 0.01


def test_the_file_is_an_npz_without_objects(tmp_path: Path) -> None:
    save_circuit(everything(), tmp_path / "c.npz")
    with np.load(tmp_path / "c.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "if" for name in file if name.startswith("a"))


finite = st.floats(-1e6, 1e6, allow_subnormal=False)


@st.composite
def circuits(draw: st.DrawFn) -> Circuit:
    sizes = draw(st.lists(st.integers(0, 4), min_size=1, max_size=3))
    populations = []
    for number, size in enumerate(sizes):
        shared = draw(st.booleans())
        value: Any = draw(finite) if shared else np.array(draw(st.lists(finite, min_size=size, max_size=size)))
        limit = draw(st.integers(1, size)) if size and draw(st.booleans()) else None
        populations.append(
            Population(f"p{number}", size, LIF_DELTA, {"v_rest": value}, winners=Winners(max_winners=limit))
        )
    source = draw(st.integers(0, len(sizes) - 1))
    mask = draw(st.lists(st.booleans(), min_size=sizes[source] * sizes[0], max_size=sizes[source] * sizes[0]))
    connections = Connections.from_dense(np.array(mask, dtype=bool).reshape(sizes[source], sizes[0]))
    weights = np.array(draw(st.lists(finite, min_size=connections.synapses, max_size=connections.synapses)))
    projection = Projection(
        "w", f"p{source}", "p0", static_synapse("v"), connections, {"w": weights}, draw(st.integers(0, 9))
    )
    restarts = [Restart("p0", draw(st.lists(st.integers(0, 1000), max_size=4)))]
    return Circuit(1.0, populations, [projection], restarts=restarts, seed=draw(st.integers(0, 2**62)))


@settings(max_examples=40)
@given(circuit=circuits())
def test_any_circuit_comes_back_whole(tmp_path_factory: pytest.TempPathFactory, circuit: Circuit) -> None:
    folder = tmp_path_factory.mktemp("circuits")
    save_circuit(circuit, folder / "c.npz")
    assert bytes_of(load_circuit(folder / "c.npz"), folder) == (folder / "c.npz").read_bytes()


# --------------------------------------------------------------------------------------------- damaged files


def loaded(path: Path) -> tuple[str, Circuit | None]:
    try:
        return "", load_circuit(path)
    except InvalidInput as error:
        return str(error), None


def test_every_damaged_byte_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "c.npz"
    save_circuit(everything(), path)
    whole = path.read_bytes()
    random = np.random.default_rng(0)
    for place in random.integers(0, len(whole), 300).tolist():
        damaged = bytearray(whole)
        damaged[place] ^= 1 << int(random.integers(8))
        path.write_bytes(bytes(damaged))
        message, back = loaded(path)
        assert "\n" not in message
        # A byte that no reader looks at, such as a date of the zip, may change unnoticed.
        assert back is None or bytes_of(back, tmp_path) == whole


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_cut_file_is_noticed(tmp_path: Path, share: float) -> None:
    path = tmp_path / "c.npz"
    save_circuit(everything(), path)
    whole = path.read_bytes()
    path.write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(InvalidInput, match="damaged or no circuit file"):
        load_circuit(path)


def edit(key: str, value: Any) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        members["circuit.json"] = json.dumps(json.loads(members["circuit.json"]) | {key: value}).encode()

    return change


def array(values: np.ndarray) -> Callable[[dict[str, bytes]], None]:
    def change(members: dict[str, bytes]) -> None:
        buffer = io.BytesIO()
        np.save(buffer, values, allow_pickle=False)
        members["a0.npy"] = buffer.getvalue()

    return change


def objects(members: dict[str, bytes]) -> None:
    """An array of Python objects, whose header says so: reading it would mean running what it says."""
    members["a0.npy"] = members["a0.npy"].replace(b"'<f8'", b"'|O' ")


def huge(members: dict[str, bytes]) -> None:
    members["a0.npy"] = members["a0.npy"].replace(b"(3,)", b"(9999999999,)")


FOREIGN = [
    (edit("colour", 1), "colour: Extra inputs are not permitted"),
    (edit("version", 2), "version: Input should be 1"),
    (edit("seed", "x"), "seed: Input should be a valid integer"),
    (edit("dt", -1.0), "does not describe a circuit: dt is -1"),
    (edit("populations", []), "does not describe a circuit"),
    (objects, "holds the array a0"),
    (array(np.zeros((3, 2))), "does not describe a circuit"),
    (lambda members: members.pop("a0.npy"), "the array 'a0' is missing"),
    (lambda members: members.update({"a99.npy": members["a0.npy"]}), "belong to nothing"),
    (lambda members: members.update({"a0.npy": b"text"}), "in an unknown form"),
    (lambda members: members.update({"circuit.json": b"{"}), "does not describe a circuit"),
    (huge, "holds the array a0"),
]


@pytest.mark.parametrize(("change", "message"), FOREIGN)
def test_a_foreign_file_is_refused(tmp_path: Path, change: Callable[[dict[str, bytes]], None], message: str) -> None:
    with pytest.raises(InvalidInput, match=message) as caught:
        load_circuit(rewritten(tmp_path / "c.npz", change))
    assert "\n" not in str(caught.value)


def test_digests_must_fit(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match=r"damaged: circuit\.json is not what was saved"):
        load_circuit(rewritten(tmp_path / "c.npz", edit("seed", 8), digests=False))


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="can't be read"):
        load_circuit(tmp_path / "missing.npz")
    with pytest.raises(InvalidInput, match="can't be read"):
        load_circuit(tmp_path)
    np.savez_compressed(tmp_path / "x.npz", x=np.zeros(9))
    with pytest.raises(InvalidInput, match="is no circuit file: write one with"):
        load_circuit(tmp_path / "x.npz")
    np.savez(tmp_path / "y.npz", x=np.zeros(9))
    with pytest.raises(InvalidInput, match="write one with"):
        load_circuit(tmp_path / "y.npz")
    (tmp_path / "t.npz").write_text("hello")
    with pytest.raises(InvalidInput, match="damaged or no circuit file"):
        load_circuit(tmp_path / "t.npz")


def test_an_unwritable_place_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InvalidInput, match="can't be written"):
        save_circuit(everything(), tmp_path / "nowhere" / "c.npz")


def test_names_stay_identifiers(tmp_path: Path) -> None:
    def rename(members: dict[str, bytes]) -> None:
        members["circuit.json"] = members["circuit.json"].replace(b'"name": "cap"', b'"name": "no name"')

    with pytest.raises(CircuitError, match="no name"):
        load_circuit(rewritten(tmp_path / "c.npz", rename))
