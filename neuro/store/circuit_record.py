"""Circuit records: the JSON form of a circuit. Arrays stand in a table beside it and are named here.

Brian2 quantities become SI numbers and the exponents of their base units. Unknown keys are refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

from neuro.circuit import Circuit, CurrentInput, Operation, Population, Probe, Projection, Restart, SpikeSource, Winners
from neuro.connections import Connections
from neuro.errors import InvalidInput
from neuro.exchange import quantity_dimension, quantity_from_si
from neuro.models.base import Method, NeuronModel, SynapseModel

Array = npt.NDArray[Any]
Arrays = Mapping[str, Array]

_Seven = tuple[float, float, float, float, float, float, float]


class _Record(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class ValueRecord(_Record):
    """A number, an array by its name or (start values only) a parameter's name; maybe with a dimension."""

    number: float | int | None = None
    array: str | None = None
    parameter: str | None = None
    dimension: _Seven | None = None


Values = dict[str, ValueRecord]


class NeuronRecord(_Record):
    """A NeuronModel."""

    equations: str
    threshold: str | None
    reset: str
    every_tick: str = ""
    refractory: ValueRecord | None
    method: Method
    parameters: Values
    initial: Values


class PopulationRecord(_Record):
    """A Population."""

    name: str
    size: int
    model: NeuronRecord
    parameters: Values
    initial: Values
    k: int | None
    quota: int | None


class SynapseRecord(_Record):
    """A SynapseModel."""

    equations: str
    on_pre: str
    on_post: str = ""
    parameters: Values


class ProjectionRecord(_Record):
    """A Projection with its Connections."""

    name: str
    source: str
    target: str
    model: SynapseRecord
    row_start: str
    column: str
    targets: int
    parameters: Values
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


# ---------------------------------------------------------------------------------------------------- writing


class _Writer:
    """Turns parts into records and collects their arrays, named in the order in which they come."""

    def __init__(self) -> None:
        self.arrays: dict[str, Array] = {}

    def array(self, values: Any) -> str:
        name = f"a{len(self.arrays)}"
        self.arrays[name] = np.ascontiguousarray(values)
        return name

    def value(self, value: Any) -> ValueRecord:
        if isinstance(value, str):
            return ValueRecord(parameter=value)
        plain, dimension = np.asarray(value), quantity_dimension(value)
        if plain.shape == ():
            return ValueRecord(number=plain.item(), dimension=dimension)
        return ValueRecord(array=self.array(plain), dimension=dimension)

    def values(self, values: Mapping[str, Any]) -> Values:
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
            quota=_whole(part.winners.quota),
        )

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
            ),
            row_start=self.array(part.connections.row_start),
            column=self.array(part.connections.column),
            targets=int(part.connections.targets),
            parameters=self.values(part.parameters),
            delay=self.value(part.delay),
        )

    def stimulus(self, part: SpikeSource | CurrentInput) -> SpikesRecord | CurrentRecord:
        if isinstance(part, SpikeSource):
            ticks, indices = self.array(part.ticks), self.array(part.indices)
            return SpikesRecord(name=part.name, size=int(part.size), ticks=ticks, indices=indices)
        return CurrentRecord(
            population=part.population,
            variable=part.variable,
            values=self.value(part.values),
            every=int(part.every),
        )

    def restart(self, part: Restart) -> RestartRecord:
        variables = None if part.variables is None else tuple(part.variables)
        return RestartRecord(population=part.population, ticks=self.array(part.ticks), variables=variables)


def _whole(value: int | None) -> int | None:
    return None if value is None else int(value)


def to_record(circuit: Circuit) -> tuple[CircuitRecord, dict[str, Array]]:
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
            OperationRecord(name=part.name, of=part.of, code=part.code, every=int(part.every))
            for part in circuit.operations
        ),
        probes=tuple(ProbeRecord(of=part.of, variable=part.variable, every=int(part.every)) for part in circuit.probes),
    )
    return record, writer.arrays


# ---------------------------------------------------------------------------------------------------- reading


class _Reader:
    """Turns records back into parts; a circuit's own checks run as its parts are made."""

    def __init__(self, arrays: Arrays) -> None:
        self.arrays = arrays
        self.used: set[str] = set()

    def array(self, name: str) -> Array:
        if name not in self.arrays:
            raise InvalidInput(f"the array {name!r} is missing")
        self.used.add(name)
        return self.arrays[name]

    def value(self, record: ValueRecord) -> Any:
        given = [part for part in (record.number, record.array, record.parameter) if part is not None]
        if len(given) != 1 or (record.parameter is not None and record.dimension is not None):
            raise InvalidInput("a value holds not exactly one of number, array and parameter")
        if record.parameter is not None:
            return record.parameter
        plain = record.number if record.array is None else self.array(record.array)
        return plain if record.dimension is None else quantity_from_si(plain, record.dimension)

    def values(self, records: Values) -> dict[str, Any]:
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
        return Population(record.name, record.size, model, parameters, initial, winners)

    def projection(self, record: ProjectionRecord) -> Projection:
        synapse = record.model
        return Projection(
            record.name,
            record.source,
            record.target,
            SynapseModel(synapse.equations, synapse.on_pre, synapse.on_post, self.values(synapse.parameters)),
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
        operations=[Operation(**part.model_dump()) for part in record.operations],
        probes=[Probe(part.of, part.variable, part.every) for part in record.probes],
        seed=record.seed,
    )
    spare = sorted(set(arrays) - reader.used)
    if spare:
        raise InvalidInput(f"the arrays {spare} belong to nothing")
    return circuit
