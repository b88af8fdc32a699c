"""StepProgram: what one time step of a circuit does, as typed data.

A StepProgram is what a circuit is lowered to and what every target prints: numba, Brian2's lowered text,
integers and Verilog. It is a *value*: expressions are small frozen trees, numbers stand apart from structure
(``Coefficient``), so two circuits of one structure share one kernel. A quantised circuit is a StepProgram
too: its states carry a ``Format``, its coefficients are integers and its expressions hold ``RoundShift``.

The order in which the parts of a step run is the tick contract, written down in :mod:`neuro.circuit.circuit`.

A quantised program follows four more rules. (1) Every number is an integer: a state counts steps of its
``Format``, constants and coefficients are plain integers, the quantiser has already aligned the scales, so the
integers of an expression are combined as they stand. (2) Expressions hold only ``+ - *``, negation, comparison,
logic, ``Select``, ``RoundShift`` and the functions ``min``, ``max``, ``clip`` and ``abs``. (3) Storing into a
state saturates to its format. (4) Synaptic ``+=`` on neurons adds up wide and saturates once per tick, at the end
of phase 3.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import numpy as np

from neuro.arrays import AnyArray, IntArray

ACTIVE = "not_refractory"
"""Name of the built-in boolean that is true while a neuron is not refractory (Brian2's own name)."""

TICK = "t_in_timesteps"
"""Name of the built-in number of the current tick (Brian2's own name)."""

TIME = "t"
"""Name of the built-in time of the current tick in seconds."""

INDEX = "i"
"""Name of the built-in index of a neuron in its population."""

LAST_SPIKE = "lastspike"
"""Name of the state that holds the time of a neuron's last spike in seconds (Brian2's own name)."""

NEVER_FIRED = -1e4
"""Its value before the first spike, Brian2's own."""

SYNAPSE = "synapse__number"
"""Name of the built-in number of a synapse in its projection, in the order of the connections."""

HELD_TICKS = 1 << 40
"""Refractory ticks of neurons that a condition holds: more than any run has."""

FLUSH_BELOW = 1e-30
"""Decaying float states smaller than this become zero on every target (subnormals cost about 50 x)."""

FLUSH_EVERY = 64
"""Ticks after which a compiled kernel looks for such states; the others look at every tick. Nothing that such a state
is added to can tell the difference."""


# ---------------------------------------------------------------------------------------------- expressions


class Scope(Enum):
    """Whose variable a symbol of a projection's code means."""

    OWN = "own"
    PRE = "pre"
    POST = "post"


@dataclass(frozen=True, slots=True)
class Constant:
    """A literal number or truth value."""

    value: float | int | bool


@dataclass(frozen=True, slots=True)
class Symbol:
    """A state, coefficient or built-in, by name."""

    name: str
    scope: Scope = Scope.OWN


@dataclass(frozen=True, slots=True)
class Unary:
    """``-x`` or ``not x``."""

    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """Arithmetic (``+ - * / // % **``), comparison (``< <= > >= == !=``) or logic (``and or``)."""

    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call:
    """A function of the shared language (see ``neuro.compiler.expressions.FUNCTIONS``) applied to arguments."""

    function: str
    arguments: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Select:
    """``then`` where ``condition`` holds, else ``otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class RoundShift:
    """``floor(operand / 2**bits + 1/2)`` on integers, bits >= 1: an arithmetic shift that rounds to nearest."""

    operand: Expression
    bits: int


@dataclass(frozen=True, slots=True)
class Flush:
    """``operand``, or 0 where ``|operand| < FLUSH_BELOW``. Float programs only."""

    operand: Expression


Expression = Constant | Symbol | Unary | Binary | Call | Select | RoundShift | Flush


def children(expression: Expression) -> tuple[Expression, ...]:
    """The direct parts of an expression, left to right."""
    match expression:
        case Unary(_, operand) | RoundShift(operand, _) | Flush(operand):
            return (operand,)
        case Binary(_, left, right):
            return (left, right)
        case Call(_, arguments):
            return arguments
        case Select(condition, then, otherwise):
            return (condition, then, otherwise)
    return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and all its parts, depth first."""
    yield expression
    for child in children(expression):
        yield from walk(child)


def symbols(expression: Expression) -> frozenset[Symbol]:
    """Every symbol that the expression reads."""
    return frozenset(part for part in walk(expression) if isinstance(part, Symbol))


# ------------------------------------------------------------------------------------------------ statements


@dataclass(frozen=True, slots=True)
class Assignment:
    """``target = value``, or ``target += value`` where ``accumulate`` is set (synaptic sums)."""

    target: Symbol
    value: Expression
    accumulate: bool = False


@dataclass(frozen=True, slots=True)
class Threshold:
    """A neuron fires where ``left > right`` (strictly) and it is not refractory; margin = left - right."""

    left: Expression
    right: Expression


# ----------------------------------------------------------------------------------------------------- parts


@dataclass(frozen=True, slots=True)
class Format:
    """Signed fixed point: an integer of ``bits`` bits (sign included) that counts steps of ``2**exponent``.

    The value of integer q is ``q * 2**exponent`` in the variable's SI unit.
    """

    bits: int
    exponent: int

    @property
    def lowest(self) -> int:
        """The smallest integer of this format."""
        return -(1 << (self.bits - 1))

    @property
    def highest(self) -> int:
        """The largest integer of this format."""
        return (1 << (self.bits - 1)) - 1

    @property
    def step(self) -> float:
        """The value of one least significant bit."""
        return float(2.0**self.exponent)


@dataclass(frozen=True, slots=True)
class State:
    """A variable that lives from tick to tick.

    ``initial`` has shape (size,): float64 in SI units, or int64 steps where ``format`` is given.
    """

    name: str
    initial: AnyArray
    format: Format | None = None


@dataclass(frozen=True, slots=True)
class Coefficient:
    """A number of the model: shape () when all neurons share it, (size,) otherwise.

    In a quantised program the values are int64 steps of ``2**exponent``.
    """

    name: str
    values: AnyArray
    exponent: int | None = None


@dataclass(frozen=True, slots=True)
class WinnersRule:
    """At most ``per_tick`` neurons fire in a tick, at most ``max_winners`` between two restarts; None: no limit.

    The largest margins win; ties go to the lower index; a loser is neither reset nor made refractory.
    """

    per_tick: int | None = None
    max_winners: int | None = None


@dataclass(frozen=True, slots=True)
class LinkProgram:
    """The state ``variable`` becomes ``source.source_variable[index]`` right before its population's update.

    Populations are updated in the order of the program; ``index`` has shape (size,).
    """

    variable: str
    source: str
    source_variable: str
    index: IntArray


@dataclass(frozen=True, slots=True)
class PopulationProgram:
    """One population's share of a step.

    ``stages`` run first, in order, into names that live for this update only. ``update`` assignments are
    simultaneous (all read the old values); ``reset`` ones run in order on the neurons that fired. ``refractory`` is
    None or the number of ticks, shape () or (size,), each >= 1. Where ``held_while`` is given, it is read before each
    update, and a neuron for which it does not hold is refractory no longer. ``left`` is None or how many ticks each
    neuron is refractory still at the start, shape (size,). States in ``clamped`` do not change while refractory,
    whoever writes (Brian2's conditional write). ``fired`` assignments run in order on the neurons that fire, before
    any synapse sees the spike.
    """

    name: str
    size: int
    states: tuple[State, ...]
    coefficients: tuple[Coefficient, ...] = ()
    update: tuple[Assignment, ...] = ()
    threshold: Threshold | None = None
    reset: tuple[Assignment, ...] = ()
    refractory: IntArray | None = None
    clamped: frozenset[str] = frozenset()
    winners: WinnersRule = field(default_factory=WinnersRule)
    stages: tuple[Assignment, ...] = ()
    held_while: Expression | None = None
    left: IntArray | None = None
    fired: tuple[Assignment, ...] = ()
    links: tuple[LinkProgram, ...] = ()

    def state(self, name: str) -> State:
        """The state of that name."""
        return next(state for state in self.states if state.name == name)


@dataclass(frozen=True, slots=True)
class SourceProgram:
    """A population whose spikes are given: ``ticks`` ascending, ``indices`` ascending within a tick."""

    name: str
    size: int
    ticks: IntArray
    indices: IntArray


@dataclass(frozen=True, slots=True)
class ProjectionProgram:
    """Synapses from ``source`` to ``target`` in CSR form.

    Synapse s of row i lies in ``row_start[i] <= s < row_start[i + 1]``, ends at neuron ``column[s]`` and
    takes ``delay[s]`` ticks (shape () or (synapses,)). ``states`` have shape (synapses,). ``update``
    assignments run on every synapse in phase 1, all reading the old values; those of states in ``event_driven`` not at
    tick 0, and no other update reads these states. ``on_pre`` runs in order for each
    synapse whose source spiked ``delay`` ticks ago, ``on_post`` for each whose target fires now; their symbols
    carry a Scope. ``summed`` assignments come before all updates: the target neuron's variable becomes the sum of
    the value over its synapses, in the order of the synapses.
    """

    name: str
    source: str
    target: str
    row_start: IntArray
    column: IntArray
    delay: IntArray
    states: tuple[State, ...]
    coefficients: tuple[Coefficient, ...] = ()
    on_pre: tuple[Assignment, ...] = ()
    on_post: tuple[Assignment, ...] = ()
    update: tuple[Assignment, ...] = ()
    summed: tuple[Assignment, ...] = ()
    event_driven: frozenset[str] = frozenset()

    @property
    def synapses(self) -> int:
        """How many synapses there are."""
        return int(self.column.size)

    def state(self, name: str) -> State:
        """The synaptic state of that name."""
        return next(state for state in self.states if state.name == name)

    @property
    def shared(self) -> dict[str, Scope]:
        """States that are the same in all synapses of one source (Scope.PRE) or one target (Scope.POST).

        Traces are: they decay alike, start alike and are raised alike, by the spikes of one side only, and no other
        update reads them. A target may keep one value a neuron for them.
        """
        sides = {}
        for part in self.update:
            name = part.target.name
            events = ((Scope.PRE, self.on_pre), (Scope.POST, self.on_post))
            raised = [side for side, statements in events if name in _written(statements)]
            code = (part, *(item for item in (*self.on_pre, *self.on_post) if item.target == part.target))
            alone = all(_reads_only(item.value, name, self.coefficients) for item in code) and not any(
                Symbol(name) in symbols(other.value) for other in self.update if other is not part
            )
            if alone and len(raised) == 1 and not (raised[0] is Scope.PRE and self.delay.ndim):
                initial = self.state(name).initial
                if initial.strides == (0,) or bool(np.all(initial == initial[:1])):
                    sides[name] = raised[0]
        return sides


def _written(code: tuple[Assignment, ...]) -> set[str]:
    return {part.target.name for part in code if part.target.scope is Scope.OWN}


def _reads_only(value: Expression, name: str, coefficients: tuple[Coefficient, ...]) -> bool:
    allowed = {Symbol(name), *(Symbol(part.name) for part in coefficients if not part.values.ndim)}
    return symbols(value) <= allowed


@dataclass(frozen=True, slots=True)
class InputProgram:
    """Writes row ``n // every`` of ``values`` (shape (rows, size)) into a state each tick n; zero past the end."""

    population: str
    variable: str
    values: AnyArray
    every: int


@dataclass(frozen=True, slots=True)
class PastProgram:
    """Spikes of a population or source at ticks below 0, ascending by (tick, index), that may still be under way."""

    of: str
    ticks: IntArray
    indices: IntArray


@dataclass(frozen=True, slots=True)
class RestartProgram:
    """At the start of each tick in ``ticks`` (ascending): states back to ``initial``, counters cleared."""

    population: str
    ticks: IntArray
    variables: tuple[str, ...]


class Slot(Enum):
    """When in a tick an operation runs: before everything else, behind restarts and inputs, or at the end."""

    FIRST = "first"
    START = "start"
    END = "end"


@dataclass(frozen=True, slots=True)
class OperationProgram:
    """Runs ``statements`` on every neuron or synapse of a part in ticks 0, every, 2 every, ..., in its slot.

    Each statement runs on all of them before the next one starts. On a projection, the calls ``incoming(x)`` and
    ``outgoing(x)`` are the sums of x over all synapses of the same target or source.
    """

    name: str
    of: str
    every: int
    statements: tuple[Assignment, ...]
    coefficients: tuple[Coefficient, ...] = ()
    slot: Slot = Slot.END


TOTALS: Mapping[str, Scope] = MappingProxyType({"incoming": Scope.POST, "outgoing": Scope.PRE})
"""Functions of projection operations that sum over the synapses of one neuron -> the side of that neuron."""


def totals(expression: Expression) -> tuple[Call, ...]:
    """The calls of :data:`TOTALS` in an expression, each once."""
    found = (part for part in walk(expression) if isinstance(part, Call) and part.function in TOTALS)
    return tuple(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class ProbeProgram:
    """Reads a state of a population or projection at the end of ticks 0, every, 2 every, ..."""

    of: str
    variable: str
    every: int


@dataclass(frozen=True, slots=True)
class StepProgram:
    """One time step of a whole circuit, ready to be printed for a target or run."""

    dt: float
    populations: tuple[PopulationProgram, ...]
    sources: tuple[SourceProgram, ...] = ()
    projections: tuple[ProjectionProgram, ...] = ()
    inputs: tuple[InputProgram, ...] = ()
    restarts: tuple[RestartProgram, ...] = ()
    operations: tuple[OperationProgram, ...] = ()
    probes: tuple[ProbeProgram, ...] = ()
    past: tuple[PastProgram, ...] = ()

    @property
    def quantised(self) -> bool:
        """Whether the states are integers."""
        return any(state.format is not None for population in self.populations for state in population.states)

    def population(self, name: str) -> PopulationProgram:
        """The population of that name (not a source)."""
        return next(population for population in self.populations if population.name == name)

    def projection(self, name: str) -> ProjectionProgram:
        """The projection of that name."""
        return next(projection for projection in self.projections if projection.name == name)

    @property
    def neurons(self) -> tuple[PopulationProgram | SourceProgram, ...]:
        """Everything that spikes: the populations, then the sources."""
        return (*self.populations, *self.sources)

    @property
    def stateful(self) -> tuple[PopulationProgram | ProjectionProgram, ...]:
        """Everything that has states: the populations, then the projections."""
        return (*self.populations, *self.projections)

    def size_of(self, name: str) -> int:
        """How many neurons a population or source has."""
        return next(part.size for part in self.neurons if part.name == name)
