"""PopulationCore: one population's share of the core, as :mod:`rtl_export.core.population_build` makes it.

The module walks its neurons, one per cycle, in one pass per tick, through a pipeline of arithmetic. The names a reader
meets in it follow a value through the tick: ``stored_v`` (from the memory), ``settled_v`` (after the synaptic sum),
``final_v`` (after resets and operations: what the tick left), ``start_v`` (after restart and input) and ``next_v``
(after the update).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from neuro.compiler.ir import WinnersRule
from rtl_export.core.datapath import Datapath
from rtl_export.core.intervals import unsigned_width
from rtl_export.core.words import Contents, Word

MOST_SORTED = 8
"""Winners of a tick for which a place each is kept; each takes a register and a comparator as wide as the margin."""


@dataclass(frozen=True, slots=True)
class InputRow:
    """A current input: the host fills a row memory that is read into a state each tick."""

    number: int
    state: str
    width: int


@dataclass(frozen=True, slots=True)
class StateCore:
    """A state variable: its name, its width and the restart bits that bring its start value back."""

    name: str
    width: int
    restarts: tuple[int, ...]


@dataclass(frozen=True, slots=True, eq=False)
class PopulationCore:
    """Everything the population's module is printed from.

    Args:
        name, module: of the population and of its Verilog module.
        size: neurons in one core; ``cores`` of these make the population.
        states: its states, in order.
        word: the state memory's word: states, then the refractory counter where there is one.
        parameters: the word of values that differ between neurons; without fields where none do.
        values: those values, for all neurons of the population.
        counter_width: bits of the refractory counter; 0 without one.
        restarts: every restart bit of this population.
        operations: number of each operation on it, in order.
        inputs: its current inputs, in order.
        sums: the word of synaptic sums.
        winners: the winners rule; ``limited`` where it limits anything.
        datapath: the arithmetic of a tick.
        margin_width: bits of the margin of a neuron that crosses (unsigned, above 0).
        read_ports: states and parameters that synapses read.
        settled: states that operations on synapses read.
        cores: how many cores share the population.
    """

    name: str
    module: str
    size: int
    states: tuple[StateCore, ...]
    word: Word
    parameters: Word
    values: Mapping[str, npt.NDArray[np.int64]]
    counter_width: int
    restarts: tuple[int, ...]
    operations: tuple[int, ...]
    inputs: tuple[InputRow, ...]
    sums: Word
    winners: WinnersRule
    datapath: Datapath
    margin_width: int
    read_ports: tuple[str, ...]
    settled: tuple[str, ...]
    cores: int = 1

    def contents(self, core: int) -> Contents:
        """What the host loads into the parameter memory of a core."""
        first, last = core * self.size, (core + 1) * self.size
        return Contents(self.parameters, {name: values[first:last] for name, values in self.values.items()})

    @property
    def index_width(self) -> int:
        """Bits of a neuron's index."""
        return unsigned_width(self.size - 1)

    @property
    def limited(self) -> bool:
        """Whether it has a winners arbiter."""
        return self.winners.per_tick is not None or self.winners.max_winners is not None

    @property
    def places(self) -> int:
        """No tick has more winners."""
        limits = (self.size, self.winners.per_tick, self.winners.max_winners)
        return min(limit for limit in limits if limit is not None)

    @property
    def few(self) -> bool:
        """Whether candidates are sorted as they come, else a walk per bit of the margin finds the last winner's."""
        return 0 < self.places <= MOST_SORTED

    @property
    def used_width(self) -> int:
        """Bits of the register that counts spikes since the last restart; 0 without a quota."""
        return unsigned_width(self.winners.max_winners) if self.winners.max_winners is not None else 0

    @property
    def count_width(self) -> int:
        """Bits of a number of neurons, 0 to all, and of a limit."""
        limits = [limit for limit in (self.winners.per_tick, self.winners.max_winners) if limit is not None]
        return unsigned_width(max([self.size, *limits]))

    @property
    def read_word(self) -> Word:
        """What is shown of a neuron: its states, its refractory counter, the population's quota count."""
        parts = [(part.name, part.width, part.signed) for part in self.word.fields]
        return Word.of([*parts, *([("used", self.used_width, False)] if self.used_width else [])])

    @property
    def read_latency(self) -> int:
        """Clocks from asking for a neuron's word to its coming."""
        return 1 + self.datapath.latency

    @property
    def most_clocks(self) -> int:
        """No pass takes more clocks: every neuron crosses, and winners leave or the arbiter walks all for every bit."""
        walks = self.places + 2 if self.few else (self.margin_width + 2) * (self.size + 3)
        arbiter = walks if self.limited else 0
        return self.size + self.datapath.latency + 6 + arbiter

    def restarted(self, bit: int) -> tuple[str, ...]:
        """Names of the states that a restart bit brings back."""
        return tuple(state.name for state in self.states if bit in state.restarts)
