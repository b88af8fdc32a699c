"""PopulationCore: one population's share of the netlist, as :mod:`rtl_export.population_build` makes it.

The module walks its neurons, one a clock, in one pass a tick. The names a reader meets in it follow a value
through the tick: ``start_v`` (after restart and input), ``next_v`` (after the update), ``new_v`` (as the threshold
sees it), ``stored_v`` (from the memory), ``settled_v`` (after the synaptic sum), ``final_v`` (after the reset) and
``last`` (the word that the tick left).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from neuro.program import WinnersRule
from rtl_export.expressions import Operand, Wire
from rtl_export.intervals import unsigned_width
from rtl_export.words import Field, Rom, Word


@dataclass(frozen=True, slots=True)
class InputRow:
    """A current input: the host's write target ``number`` fills a row memory that is read into a state each tick."""

    number: int
    state: str
    width: int


@dataclass(frozen=True, slots=True)
class Parameter:
    """A named constant of the module."""

    name: str
    width: int
    text: str


@dataclass(frozen=True, slots=True)
class StateCore:
    """A state variable and how its next values are named.

    Args:
        name, width: of the variable.
        initial: text of the start value; ``restarts`` are the bits that bring it back.
        next, final: text of the value after the update, and of the one that the tick leaves.
    """

    name: str
    width: int
    initial: str
    restarts: tuple[int, ...]
    next: str
    final: str


@dataclass(frozen=True, slots=True)
class PopulationCore:
    """Everything the population's module is printed from.

    Args:
        name, module, size: of the population.
        states: its states, in order.
        word: the state memory's word: states, then the refractory counter where there is one.
        rom: values that differ between neurons (``coef_``, ``initial_`` and ``period``); None where none do.
        parameters: values that all neurons share.
        counter_width: bits of the refractory counter; 0 without one.
        period: the refractory period's text.
        restarts: every restart bit of this population.
        inputs: its current inputs, in order.
        sums: the word of synaptic sums.
        winners: the winners rule; ``limited`` where it limits anything.
        update_fields, write_fields: fields of ``rom`` that the update and the write stage read, one and two clocks
            after the settle stage.
        margin: the signed margin left - right; ``update``, ``threshold``, ``settle`` and ``reset`` are arithmetic.
        holds: whether synapses write a state that is held while refractory.
        post_reads: variables that incoming projections read.
    """

    name: str
    module: str
    size: int
    states: tuple[StateCore, ...]
    word: Word
    rom: Rom | None
    parameters: tuple[Parameter, ...]
    counter_width: int
    period: str
    restarts: tuple[int, ...]
    inputs: tuple[InputRow, ...]
    sums: Word
    winners: WinnersRule
    update_fields: tuple[Field, ...]
    write_fields: tuple[Field, ...]
    margin: Operand
    update: tuple[Wire, ...]
    threshold: tuple[Wire, ...]
    settle: tuple[Wire, ...]
    reset: tuple[Wire, ...]
    holds: bool
    post_reads: tuple[str, ...]

    @property
    def index_width(self) -> int:
        """Bits of a neuron's index."""
        return unsigned_width(self.size - 1)

    @property
    def threshold_fields(self) -> tuple[Field, ...]:
        """Fields of the word that the threshold reads."""
        texts = " ".join([self.margin.text, *(wire.text for wire in self.threshold)])
        read = set(re.findall(r"\bnew_(\w+)", texts))
        return tuple(part for part in self.word.fields if part.name.removeprefix("state_") in read)

    @property
    def counter(self) -> Field | None:
        """The refractory counter's field of the word."""
        return self.word.fields[-1] if self.counter_width else None

    @property
    def limited(self) -> bool:
        """Whether it has a winners arbiter."""
        return self.winners.per_tick is not None or self.winners.quota is not None

    @property
    def margin_width(self) -> int:
        """Bits of the margin of a neuron that crosses (unsigned, above 0)."""
        return unsigned_width(max(self.margin.interval.high, 1))

    @property
    def used_width(self) -> int:
        """Bits of the register that counts spikes since the last restart; 0 without a quota."""
        return unsigned_width(self.winners.quota) if self.winners.quota is not None else 0

    @property
    def count_width(self) -> int:
        """Bits of a number of neurons, 0 to all, and of a limit."""
        limits = [limit for limit in (self.winners.per_tick, self.winners.quota) if limit is not None]
        return unsigned_width(max([self.size, *limits]))

    @property
    def read_word(self) -> Word:
        """What is shown of a neuron: its states, its refractory counter, the population's quota count."""
        parts = [(part.name, part.width, part.signed) for part in self.word.fields]
        return Word.of([*parts, *([("used", self.used_width, False)] if self.used_width else [])])
