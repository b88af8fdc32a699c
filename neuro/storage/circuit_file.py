"""Circuit files hold a circuit as one ``.npz`` file without any code, checked byte by byte when it is read.

Members: ``circuit.json``, the records below, in which Brian2 quantities are SI numbers with the exponents of their base
units and arrays are named; ``a0.npy``, ``a1.npy``, ..., these arrays; ``manifest.json``, the SHA-256 of each of them.
Members are stored uncompressed: no file unfolds into more than its own size. Unknown keys are refused. Equal circuits
give equal bytes.
"""

from __future__ import annotations

import hashlib
import io
import json
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, cast

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from neuro.arrays import AnyArray, Value
from neuro.circuit.circuit import (
    Circuit,
    CurrentInput,
    Link,
    Operation,
    PastSpikes,
    Population,
    Probe,
    Projection,
    Restart,
    SpikeSource,
    Winners,
)
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.interop import quantity_dimension, quantity_from_si
from neuro.models.base import Method, NeuronModel, SynapseModel
from neuro.storage.files import canonical_json, npy_bytes, write_bytes

Arrays = Mapping[str, AnyArray]

_Seven = tuple[float, float, float, float, float, float, float]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ValueRecord(_Record):
    """A number, an array by its name or a text (a parameter's name, a refractory condition); maybe with a dimension."""

    number: float | int | None = None
    array: str | None = None
    parameter: str | None = None
    dimension: _Seven | None = None


ValueRecords = dict[str, ValueRecord]


class NeuronRecord(_Record):
    """A NeuronModel."""

    equations: str
    threshold: str | None
    reset: str
    every_tick: str = ""
    refractory: ValueRecord | None
    method: Method
    parameters: ValueRecords
    initial: ValueRecords


class LinkRecord(_Record):
    """A Link."""

    population: str
    variable: str
    index: str | None


class PopulationRecord(_Record):
    """A Population."""

    name: str
    size: int
    model: NeuronRecord
    parameters: ValueRecords
    initial: ValueRecords
    k: int | None
    quota: int | None
    refractory_left: ValueRecord | None = None
    links: dict[str, LinkRecord] | None = None


class SynapseRecord(_Record):
    """A SynapseModel."""

    equations: str
    on_pre: str
    on_post: str = ""
    parameters: ValueRecords
    method: Method | None = None


class ProjectionRecord(_Record):
    """A Projection with its Connections."""

    name: str
    source: str
    target: str
    model: SynapseRecord
    row_start: str
    column: str
    targets: int
    parameters: ValueRecords
    delay: ValueRecord


class SpikesRecord(_Record):
    """A SpikeSource."""

    kind: Literal["spikes"] = "spikes"
    name: str
    size: int
    ticks: str
    indices: str


class CurrentRecord(_Record):
    """A CurrentInput."""

    kind: Literal["current"] = "current"
    population: str
    variable: str
    values: ValueRecord
    every: int


class RestartRecord(_Record):
    """A Restart."""

    population: str
    ticks: str
    variables: tuple[str, ...] | None


class OperationRecord(_Record):
    """An Operation."""

    name: str
    of: str
    code: str
    every: int
    at_start: bool | None = None


class PastRecord(_Record):
    """PastSpikes."""

    of: str
    ticks: str
    indices: str


class ProbeRecord(_Record):
    """A Probe."""

    of: str
    variable: str
    every: int


class CircuitRecord(_Record):
    """A Circuit."""

    format: Literal["spikeloom circuit"] = "spikeloom circuit"
    version: Literal[1] = 1
    dt: float
    seed: int
    populations: tuple[PopulationRecord, ...]
    projections: tuple[ProjectionRecord, ...]
    stimuli: tuple[Annotated[SpikesRecord | CurrentRecord, Field(discriminator="kind")], ...]
    restarts: tuple[RestartRecord, ...]
    operations: tuple[OperationRecord, ...]
    probes: tuple[ProbeRecord, ...]
    past: tuple[PastRecord, ...] | None = None


# ---------------------------------------------------------------------------------------------------- writing


class _Writer:
    """Turns parts into records and collects their arrays, named in the order in which they come."""

    def __init__(self) -> None:
        self.arrays: dict[str, AnyArray] = {}

    def array(self, values: npt.ArrayLike) -> str:
        name = f"a{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(values)
        return name

    def value(self, value: Value | str) -> ValueRecord:
        if isinstance(value, str):
            return ValueRecord(parameter=value)
        plain, dimension = np.asarray(value), quantity_dimension(value)
        if plain.shape == ():
            return ValueRecord(number=plain.item(), dimension=dimension)
        return ValueRecord(array=self.array(plain), dimension=dimension)

    def values(self, values: Mapping[str, Value | str]) -> ValueRecords:
        return {name: self.value(value) for name, value in values.items()}

    def population(self, part: Population) -> PopulationRecord:
        model = part.model
        neuron = NeuronRecord(
            equations=model.equations,
            threshold=model.threshold,
            reset=model.reset,
            every_tick=model.every_tick,
            refractory=None if model.refractory is None else self.value(model.refractory),
            method=model.method,
            parameters=self.values(model.parameters),
            initial=self.values(model.initial),
        )
        return PopulationRecord(
            name=part.name,
            size=int(part.size),
            model=neuron,
            parameters=self.values(part.parameters),
            initial=self.values(part.initial),
            k=_whole(part.winners.k),
            quota=_whole(part.winners.max_winners),
            refractory_left=self.value(part.refractory_left) if np.any(np.asarray(part.refractory_left)) else None,
            links={name: self.link(link) for name, link in part.links.items()} or None,
        )

    def link(self, part: Link) -> LinkRecord:
        index = None if part.index is None else self.array(part.index)
        return LinkRecord(population=part.population, variable=part.variable, index=index)

    def projection(self, part: Projection) -> ProjectionRecord:
        model = part.model
        return ProjectionRecord(
            name=part.name,
            source=part.source,
            target=part.target,
            model=SynapseRecord(
                equations=model.equations,
                on_pre=model.on_pre,
                on_post=model.on_post,
                parameters=self.values(model.parameters),
                method=None if model.method is Method.EXACT else model.method,
            ),
            row_start=self.array(part.connections.row_start),
            column=self.array(np.asarray(part.connections.column, np.int64)),
            targets=int(part.connections.targets),
            parameters=self.values(part.parameters),
            delay=self.value(part.delay),
        )

    def stimulus(self, part: SpikeSource | CurrentInput) -> SpikesRecord | CurrentRecord:
        if isinstance(part, SpikeSource):
            ticks, indices = self.array(part.ticks), self.array(part.indices)
            return SpikesRecord(name=part.name, size=int(part.size), ticks=ticks, indices=indices)
        return CurrentRecord(
            population=part.population, variable=part.variable, values=self.value(part.values), every=int(part.every)
        )

    def restart(self, part: Restart) -> RestartRecord:
        variables = None if part.variables is None else tuple(part.variables)
        return RestartRecord(population=part.population, ticks=self.array(part.ticks), variables=variables)


def _whole(value: int | None) -> int | None:
    return None if value is None else int(value)


def to_record(circuit: Circuit) -> tuple[CircuitRecord, dict[str, AnyArray]]:
    """The record of a circuit and its arrays by name."""
    writer = _Writer()
    record = CircuitRecord(
        dt=float(circuit.dt),
        seed=int(circuit.seed),
        populations=tuple(writer.population(part) for part in circuit.populations),
        projections=tuple(writer.projection(part) for part in circuit.projections),
        stimuli=tuple(writer.stimulus(part) for part in circuit.stimuli),
        restarts=tuple(writer.restart(part) for part in circuit.restarts),
        operations=tuple(
            OperationRecord(
                name=part.name, of=part.of, code=part.code, every=int(part.every), at_start=bool(part.at_start) or None
            )
            for part in circuit.operations
        ),
        probes=tuple(ProbeRecord(of=part.of, variable=part.variable, every=int(part.every)) for part in circuit.probes),
        past=tuple(
            PastRecord(of=part.of, ticks=writer.array(part.ticks), indices=writer.array(part.indices))
            for part in circuit.past
        )
        or None,
    )
    return record, writer.arrays


# ---------------------------------------------------------------------------------------------------- reading


class _Reader:
    """Turns records back into parts; a circuit's own checks run as its parts are made."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.used: set[str] = set()

    def array(self, name: str) -> AnyArray:
        if name not in self.arrays:
            raise InvalidInput(f"the array {name!r} is missing")
        self.used.add(name)
        return self.arrays[name]

    def value(self, record: ValueRecord) -> Any:
        match record:
            case ValueRecord(number=None, array=None, parameter=str(name), dimension=None):
                return name
            case ValueRecord(number=float() | int() as number, array=None, parameter=None):
                plain: Value = number
            case ValueRecord(number=None, array=str(name), parameter=None):
                plain = self.array(name)
            case _:
                raise InvalidInput("a value holds not exactly one of number, array and parameter")
        return plain if record.dimension is None else quantity_from_si(plain, record.dimension)

    def values(self, records: ValueRecords) -> dict[str, Value]:
        return {name: self.value(record) for name, record in records.items()}

    def population(self, record: PopulationRecord) -> Population:
        neuron = record.model
        model = NeuronModel(
            equations=neuron.equations,
            threshold=neuron.threshold,
            reset=neuron.reset,
            every_tick=neuron.every_tick,
            refractory=None if neuron.refractory is None else self.value(neuron.refractory),
            method=neuron.method,
            parameters=self.values(neuron.parameters),
            initial=self.values(neuron.initial),
        )
        winners = Winners(record.k, record.quota)
        parameters, initial = self.values(record.parameters), self.values(record.initial)
        left = 0.0 if record.refractory_left is None else self.value(record.refractory_left)
        links = {name: self.link(link) for name, link in (record.links or {}).items()}
        return Population(record.name, record.size, model, parameters, initial, winners, left, links)

    def link(self, record: LinkRecord) -> Link:
        index = None if record.index is None else self.array(record.index)
        return Link(record.population, record.variable, index)

    def projection(self, record: ProjectionRecord) -> Projection:
        synapse = record.model
        return Projection(
            record.name,
            record.source,
            record.target,
            SynapseModel(
                synapse.equations,
                synapse.on_pre,
                synapse.on_post,
                self.values(synapse.parameters),
                synapse.method or Method.EXACT,
            ),
            Connections(self.array(record.row_start), self.array(record.column), record.targets),
            self.values(record.parameters),
            self.value(record.delay),
        )

    def stimulus(self, record: SpikesRecord | CurrentRecord) -> SpikeSource | CurrentInput:
        if isinstance(record, SpikesRecord):
            return SpikeSource(record.name, record.size, self.array(record.ticks), self.array(record.indices))
        return CurrentInput(record.population, record.variable, self.value(record.values), record.every)

    def restart(self, record: RestartRecord) -> Restart:
        return Restart(record.population, self.array(record.ticks), record.variables)


def from_record(record: CircuitRecord, arrays: Arrays) -> Circuit:
    """The circuit of a record.

    Raises:
        InvalidInput: an array is missing or not used, or the parts contradict each other.
    """
    reader = _Reader(arrays)
    circuit = Circuit(
        record.dt,
        populations=[reader.population(part) for part in record.populations],
        projections=[reader.projection(part) for part in record.projections],
        stimuli=[reader.stimulus(part) for part in record.stimuli],
        restarts=[reader.restart(part) for part in record.restarts],
        operations=[
            Operation(part.name, part.of, part.code, part.every, bool(part.at_start)) for part in record.operations
        ],
        probes=[Probe(part.of, part.variable, part.every) for part in record.probes],
        seed=record.seed,
        past=[PastSpikes(p.of, reader.array(p.ticks), reader.array(p.indices)) for p in record.past or ()],
    )
    spare = sorted(set(arrays) - reader.used)
    if spare:
        raise InvalidInput(f"the arrays {spare} belong to nothing")
    return circuit


_DESCRIPTION, _DIGESTS = "circuit.json", "manifest.json"
_LONGEST_HEADER = 10_000


_LATER = ("refractory_left", "links", "method", "at_start", "past")
"""Keys that version 0.1.0 did not know: what does not need them is written as it was then."""


def _without_later(record: Any) -> Any:
    if isinstance(record, dict):
        return {key: _without_later(value) for key, value in record.items() if value is not None or key not in _LATER}
    return [_without_later(value) for value in record] if isinstance(record, list) else record


def save_circuit(circuit: Circuit, path: str | os.PathLike[str]) -> None:
    """Write a circuit to one file, in one step; an existing file is replaced.

    Args:
        circuit: what to write; Brian2 quantities keep their dimensions.
        path: the file, usually ``*.npz``.

    Raises:
        InvalidInput: the folder is missing or can't be written.
    """
    record, arrays = to_record(circuit)
    members = {_DESCRIPTION: canonical_json(_without_later(record.model_dump(mode="json"))).encode()}
    members |= {f"{name}.npy": npy_bytes(values) for name, values in arrays.items()}
    members[_DIGESTS] = canonical_json({name: _digest(content) for name, content in members.items()}).encode()
    whole = io.BytesIO()
    with zipfile.ZipFile(whole, "w", zipfile.ZIP_STORED) as archive:
        for name, content in members.items():
            # A ZipInfo carries a fixed date, so equal circuits give equal bytes.
            archive.writestr(zipfile.ZipInfo(name), content)
    write_bytes(Path(path), whole.getvalue())


def load_circuit(path: str | os.PathLike[str]) -> Circuit:
    """Read a circuit that :func:`save_circuit` wrote. Nothing in the file is run or unpickled.

    Raises:
        InvalidInput: the file is missing, damaged, no circuit file, or its circuit contradicts itself.
    """
    members = _members(Path(path))
    try:
        record = CircuitRecord.model_validate_json(members.pop(_DESCRIPTION))
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the whole"
        raise InvalidInput(f"{path} does not describe a circuit: {place}: {first['msg']}") from None
    arrays = {name.removesuffix(".npy"): _array(content, name, path) for name, content in members.items()}
    try:
        return from_record(record, arrays)
    except InvalidInput as error:
        raise type(error)(f"{path} does not describe a circuit: {error}") from None


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _members(path: Path) -> dict[str, bytes]:
    """The checked members of a file, without the manifest."""
    try:
        with zipfile.ZipFile(path) as archive:
            listed = [member for member in archive.infolist() if member.compress_type == zipfile.ZIP_STORED]
            packed = len(archive.infolist()) - len(listed)
            names = [member.filename for member in listed]
            contents = {member.filename: archive.read(member) for member in listed}
    except OSError as error:
        raise InvalidInput(f"the circuit file {path} can't be read ({error.strerror or error})") from None
    except (zipfile.BadZipFile, ValueError, RuntimeError, EOFError, NotImplementedError) as error:
        raise InvalidInput(f"{path} is damaged or no circuit file ({str(error)[:120]})") from None
    if packed or len(set(names)) != len(names) or not {_DESCRIPTION, _DIGESTS} <= set(names):
        raise InvalidInput(f"{path} is no circuit file: write one with neuro.storage.save_circuit")
    _check_digests(contents, path)
    return contents


def _check_digests(contents: dict[str, bytes], path: Path) -> None:
    """Take the manifest out of the contents and hold them against it."""
    try:
        expected = json.loads(contents.pop(_DIGESTS))
    except (ValueError, RecursionError):
        expected = None
    actual = {name: _digest(content) for name, content in contents.items()}
    if not isinstance(expected, dict) or expected.keys() != actual.keys():
        raise InvalidInput(f"{path} is damaged: its {_DIGESTS} does not list what it holds")
    for name, digest in actual.items():
        if expected[name] != digest:
            raise InvalidInput(f"{path} is damaged: {name} is not what was saved")


def _array(content: bytes, name: str, path: str | os.PathLike[str]) -> AnyArray:
    """An array of a ``.npy`` member, made only after its header fits the bytes that are there."""
    buffer, form = io.BytesIO(content), cast("Any", np.lib.format)
    try:
        if form.read_magic(buffer) != (1, 0):
            raise ValueError("its version is not 1.0")
        shape, fortran, dtype = form.read_array_header_1_0(buffer, max_header_size=_LONGEST_HEADER)
    except (ValueError, SyntaxError, TypeError) as error:
        raise InvalidInput(f"{path} holds the array {name} in an unknown form ({str(error)[:80]})") from None
    data, count = content[buffer.tell() :], math.prod(shape)
    if fortran or dtype.kind not in "biuf" or min(shape, default=0) < 0 or count * dtype.itemsize != len(data):
        raise InvalidInput(f"{path} holds the array {name}, {dtype} {shape}, in {len(data)} bytes")
    return np.frombuffer(data, dtype=dtype).reshape(shape)
