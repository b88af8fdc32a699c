"""The race: a LIF population in which the first k neurons to fire win.

Every neuron starts at rest and gets a constant current ``I = bias + level * step`` (in volts: times the
membrane resistance). With forward Euler and a leak of L ticks its potential after n ticks is

    v(n) = I (1 - (1 - 1/L)^n),

so a higher level is ahead at every tick. It crosses the threshold earlier, or in the same tick with a
larger margin, where the winners rule lets it go first; equal levels have equal margins, and the lower index
goes first. The first k to fire are therefore the k highest levels, ties to the lower index, exactly, on
every simulator:

* floats: levels differ by at least ``step / L`` in v from the first tick on, far above any rounding error;
* integers: v counts steps of ``step / L`` or finer. Two levels then differ by one such step after the first
  tick; a rounded leak keeps apart what differs by one, since (1 - 1/L) 1 + 1 >= 1.

The bias lies a quarter of the threshold above rheobase, so that every neuron would fire in the end, those
at level 0 too; how long the slowest takes gives the number of ticks.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, IntArray
from neuro.checks import check_whole, is_whole, whole_numbers
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Restart, Winners
from neuro.errors import InvalidInput
from neuro.models.base import Method
from neuro.models.lif import LIF_DELTA

_THRESHOLD = 2.0**-6
"""Volts above rest: 15.6 mV, a power of two, so that all currents lie on a dyadic grid in volts."""

_BIAS = 1.25
"""Bias in thresholds: a quarter above rheobase."""

_TOLERANCE = 0.01
"""What integers may lose of the threshold: coefficients of log2(L) + 8 bits."""


@dataclass(frozen=True, slots=True)
class Race:
    """The constants of a race.

    Args:
        level_bits: levels run from 0 to ``2**level_bits - 1``; 4 to 16.
        leak_ticks: L, the membrane time constant in ticks, 2 to 64. A power of two makes the leak a shift
            in silicon.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: a value outside these ranges.
    """

    level_bits: int = 8
    leak_ticks: int = 8
    dt: float = 1e-3

    def __post_init__(self) -> None:
        for name, lowest, highest in (("level_bits", 4, 16), ("leak_ticks", 2, 64)):
            check_whole(name, getattr(self, name), lowest, highest)
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InvalidInput(f"dt is {self.dt!r}; a time above 0 s is allowed")

    @property
    def step(self) -> float:
        """Volts from one level to the next."""
        return float(_THRESHOLD * 2.0**-self.level_bits)

    @property
    def ticks(self) -> int:
        """How many ticks after its start a presentation's last winner has fired, at the latest.

        The smallest n with ``bias (1 - (1 - 1/L)^n) >= threshold (1 + tolerance) + step / 2``; the last
        term is how far a leak that rounds to nearest can stall below the true potential when v resolves
        ``step / L``.
        """
        needed = (_THRESHOLD * (1.0 + _TOLERANCE) + self.step / 2) / (_BIAS * _THRESHOLD)
        return math.ceil(math.log(1.0 - needed) / math.log(1.0 - 1.0 / self.leak_ticks))

    @property
    def potential_step(self) -> float:
        """The coarsest step of v, in volts, with which integers keep neighbouring levels apart."""
        return self.step / self.leak_ticks

    def currents(self, levels: npt.NDArray[np.integer]) -> FloatArray:
        """``bias + level * step`` in volts, the shape of ``levels``."""
        return np.asarray(_BIAS * _THRESHOLD + levels * self.step, dtype=np.float64)

    def first_ticks(self, levels: npt.NDArray[np.integer]) -> IntArray:
        """In which tick of a presentation a neuron of each level would fire first, the shape of ``levels``.

        Raises:
            InvalidInput: a level out of range.
        """
        drive = self.currents(np.arange(1 << self.level_bits))
        v, tick = np.zeros(drive.size), np.full(drive.size, self.ticks, dtype=np.int64)
        for now in range(self.ticks):
            v += (drive - v) / self.leak_ticks
            tick[(v > _THRESHOLD) & (tick == self.ticks)] = now
        return np.asarray(tick[whole_numbers(levels, "levels", 0, drive.size - 1)])

    def circuit(
        self,
        levels: npt.NDArray[np.integer],
        winners: int,
        *,
        presentation_ticks: int | None = None,
        name: str = "encoder",
        seed: int = 0,
    ) -> Circuit:
        """A population that runs one race per row of ``levels`` (presentations, units).

        Args:
            levels: whole numbers from 0 to ``2**level_bits - 1``.
            winners: k, how many may fire in a presentation.
            presentation_ticks: length of a presentation, at least (and by default) :attr:`ticks`.
            name: of the population.
            seed: of the circuit.

        Raises:
            InvalidInput: wrong shape or dtype, a level out of range, a presentation too short for the last
                winner.
        """
        given = np.asarray(levels)
        if given.ndim != 2 or given.size == 0 or not np.issubdtype(given.dtype, np.integer):
            raise InvalidInput(
                f"levels have shape {given.shape}, dtype {given.dtype}; integers of shape "
                "(presentations, units) are allowed"
            )
        if given.min() < 0 or given.max() >= 1 << self.level_bits:
            raise InvalidInput(
                f"levels run from {given.min()} to {given.max()}; 0 to {(1 << self.level_bits) - 1} are allowed"
            )
        length = self.ticks if presentation_ticks is None else presentation_ticks
        if not is_whole(length, self.ticks):
            raise InvalidInput(
                f"presentation_ticks is {length}; the last winner needs {self.ticks}, give at least that"
            )
        # A winner stays refractory to the end of its presentation: nobody wins twice.
        model = replace(LIF_DELTA, method=Method.EULER, refractory=length * self.dt)
        population = Population(
            name,
            given.shape[1],
            model,
            parameters={"tau_m": self.leak_ticks * self.dt, "v_rest": 0.0, "v_reset": 0.0, "v_threshold": _THRESHOLD},
            initial={"v": 0.0},
            winners=Winners(max_winners=winners),
        )
        return Circuit(
            self.dt,
            populations=[population],
            stimuli=[CurrentInput(name, "I", self.currents(given), every=length)],
            restarts=[Restart(name, np.arange(given.shape[0]) * length, variables=("v",))],
            seed=seed,
        )
