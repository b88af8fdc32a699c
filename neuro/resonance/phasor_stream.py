"""Associative memory of a stream: undamped resonators that hold bound pairs, however long ago they came.

    z_t = exp(i omega) z_(t-1) + exp(i omega t) sum of key * value        read at T: exp(-i omega T) z_T

Each resonator keeps turning at its own frequency. A pair is written in phase with the turning, so that at any later
time the pairs still stand in one frame: the trace of :class:`neuro.memories.vsa.HolographicMemory`, kept by
oscillation.
Sources: Plate, IEEE Trans. Neural Networks 6 (1995); Frady, Kleyko & Sommer, Neural Computation 30 (2018).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from neuro.arrays import IntArray, Phasors
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.vsa.fhrr import check_phasors, check_unit_phasors


class PhasorStream:
    """A bank of undamped resonators that is driven step by step.

    Args:
        dim: resonators.
        seed: of their frequencies, 0 to pi radian a step.

    Raises:
        InvalidInput: a number out of range.
    """

    def __init__(self, dim: int, *, seed: int = 0) -> None:
        check_whole("dim", dim, 1, 1 << 24)
        check_whole("seed", seed, 0, (1 << 63) - 1)
        self.dim, self.steps = int(dim), 0
        self.omega = np.random.default_rng(seed).uniform(0, np.pi, dim)
        self._x, self._y = np.zeros(dim, dtype=np.float32), np.zeros(dim, dtype=np.float32)

    @property
    def state_bytes(self) -> int:
        """What is carried from part to part, whatever the length of the stream."""
        return int(self._x.nbytes + self._y.nbytes + self.omega.nbytes)

    def listen(self, steps: int, at: npt.ArrayLike = (), keys: npt.ArrayLike = (), values: npt.ArrayLike = ()) -> None:
        """Go on by so many steps, with pairs at some of them.

        Args:
            steps: at least 1.
            at: whole steps from now, 0 .. steps - 1, (pairs,), one pair a step at most.
            keys, values: complex64 unit phasors, (pairs, dim).

        Raises:
            InvalidInput: no steps; steps that are no whole numbers, out of range or given twice; pairs that do not
                fit.
        """
        from neuro.resonance._kernels import accumulate

        check_whole("steps", steps, 1, 1 << 30)
        when = _checked_steps(at, steps)
        if not when.size and (np.size(keys) or np.size(values)):
            raise InvalidInput("pairs were given for no step; say in `at` when each comes")
        drive = np.zeros((2, steps, self.dim), dtype=np.float32)
        if when.size:
            left, right = (
                check_unit_phasors(side, self.dim, what) for side, what in ((keys, "keys"), (values, "values"))
            )
            if not len(left) == len(right) == when.size:
                raise InvalidInput(
                    f"{len(left)} keys and {len(right)} values were given for {when.size} steps; one each is allowed"
                )
            bound = left * right
            # The pair of step t is in z after that step: t + 1 steps have been taken then.
            turned = bound * np.exp(1j * np.outer(self.steps + when + 1, self.omega))
            drive[0, when], drive[1, when] = turned.real, turned.imag
        turn = np.exp(1j * self.omega)
        accumulate(drive[0], drive[1], turn.real.astype(np.float32), turn.imag.astype(np.float32), self._x, self._y)
        self.steps += steps

    def trace(self) -> Phasors:
        """The sum of all pairs, turned back, (dim,)."""
        return np.asarray((self._x + 1j * self._y) * np.exp(-1j * self.steps * self.omega))

    def recall(self, keys: npt.ArrayLike, codebook: npt.ArrayLike) -> IntArray:
        """The row of the codebook that each key was bound to, (keys, dim) -> (keys,).

        Raises:
            InvalidInput: keys or a codebook of another width.
        """
        read = self.trace() * np.conj(check_phasors(keys, self.dim, "keys"))
        rows = check_phasors(codebook, self.dim, "the codebook")
        return np.asarray(np.argmax(np.real(read.astype(np.complex64) @ np.conj(rows).T), axis=1))


def _checked_steps(at: npt.ArrayLike, steps: int) -> IntArray:
    given = np.asarray(at)
    whole = not given.size or np.issubdtype(given.dtype, np.integer)
    inside = whole and (not given.size or (given.min() >= 0 and given.max() < steps))
    if given.ndim != 1 or not inside or np.unique(given).size < given.size:
        raise InvalidInput(f"pairs must come at different whole steps, from 0 to {steps - 1} are allowed")
    return given.astype(np.int64)
