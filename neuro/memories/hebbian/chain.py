"""Chains: from a cue to the next cue, hop by hop, through synapses alone.

    cue code --W (cue -> pointer of the link)--> pointer code --V (pointer -> next cue)--> next cue code --W--> ...

A link says that one cue leads to another. It has a random pointer code of its own, not that of its target: all cues
that lead to a popular target would else drive the same few pointer units, which would then answer to every cue.
W is a :class:`neuro.memories.HebbianMemory`; V holds 1-bit clipped weights too, ``V_ji <- V_ji or p_j c'_i``.

Without clean-up, the p most active pointer units go on as they are, errors and all. With clean-up they are replaced by
the pointer code of the link that fits them best: errors of one hop do not reach the next.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, IntArray
from neuro.checks import check_whole
from neuro.encoders.codes import Codes, check_codes, top_units
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.hebbian.bit_matrix import BitMatrix
from neuro.memories.hebbian.hebbian import HebbianMemory


@dataclass(frozen=True, slots=True, eq=False)
class Chain:
    """What was met on the way.

    Args:
        links: index of the link that each hop took, (hops,) or (batch, hops).
        scores: how well it fitted, same shape: synapses between the hop's cue and the link's pointer.
        codes: the cue code at the end of each hop, (hops, active) or (batch, hops, active).
    """

    links: IntArray
    scores: IntArray
    codes: Codes


class ChainMemory:
    """Links from cue code to cue code, in two matrices of 1-bit weights.

    Args:
        units: n, units of a cue code.
        active: k, active units of every cue code.
        pointer_units: m. The weights take ``n m / 4`` bytes.
        pointer_active: p. Storing a link sets at most 2 k p bits.
        seed: of the pointer codes.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.chain"

    def __init__(
        self, units: int, active: int, *, pointer_units: int = 4096, pointer_active: int = 16, seed: int = 0
    ) -> None:
        self._forward = HebbianMemory(units, pointer_units=pointer_units, pointer_active=pointer_active, seed=seed)
        check_whole("active", active, 1, units)
        self.active = int(active)
        self._back = BitMatrix(self._forward.pointer_units, self._forward.units)

    def __len__(self) -> int:
        return len(self._forward)

    @property
    def links(self) -> HebbianMemory:
        """The memory that names the link of a cue; must not be written to."""
        return self._forward

    @property
    def bytes(self) -> int:
        """What all synapses take."""
        return self._forward.synapses.bytes + self._back.bytes

    def store(self, cues: npt.ArrayLike, targets: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Store links ``cues[i] -> targets[i]``.

        Args:
            cues: codes (active,) or (links, active).
            targets: the codes they lead to, same shape.
            indices: a whole number >= 0 for each link; consecutive numbers after the largest by default.

        Returns:
            The indices, shape (links,).

        Raises:
            InvalidInput: no codes of ``active`` among the units, shapes that differ, indices as
                :meth:`neuro.memories.HebbianMemory.store` refuses them. The memory is unchanged then.
        """
        sources, ends = self._codes(cues, "cues"), self._codes(targets, "targets")
        if sources.shape != ends.shape:
            raise InvalidInput(f"{len(sources)} cues and {len(ends)} targets; each link has one of both")
        names = self._forward.store(sources, indices=indices)
        self._back.imprint(self._forward.pointers(names), ends)
        return names

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove links: no hop takes them any more. Their synapses stay, since other links may share them.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        self._forward.forget(indices)

    def follow(self, cues: npt.ArrayLike, hops: int, *, clean_up: bool = True) -> Chain:
        """Go ``hops`` links on from each cue.

        Args:
            cues: codes (active,) or (batch, active).
            hops: at least 1.
            clean_up: replace the pointer units of each hop by the code of the link that fits best. Without it
                ``links`` still tells which link that would be, but nothing is made of it.

        Raises:
            InvalidInput: no codes of ``active`` among the units, an empty memory, hops below 1.
        """
        check_whole("hops", hops, 1, 1_000_000)
        now = self._codes(cues, "cues")
        links, scores, codes = [], [], []
        for _ in range(hops):
            answer = self._forward.recall(now)
            if clean_up:
                pointers = self._forward.pointers(answer.indices[:, 0])
            else:
                pointers = top_units(self._forward.activity(now), self._forward.pointer_active)
            now = top_units(self._back.sums(pointers), self.active)
            links.append(answer.indices[:, 0])
            scores.append(answer.scores[:, 0])
            codes.append(now)
        chain = Chain(np.stack(links, 1), np.stack(scores, 1), np.stack(codes, 1))
        return Chain(chain.links[0], chain.scores[0], chain.codes[0]) if np.ndim(cues) == 1 else chain

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays: those of the links' memory, ``active``, ``back``."""
        return self._forward.state() | {
            "active": np.array([self.active], dtype=np.int64),
            "back": self._back.words.copy(),
        }

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing or has another dtype or shape, or contradicts another.
        """
        forward = HebbianMemory.from_state(state)
        active = int(state_array(state, "active", np.int64, (1,))[0])
        back = state_array(state, "back", np.uint64, (forward.pointer_units, -(-forward.units // 64)))
        memory = cls(
            forward.units,
            active,
            pointer_units=forward.pointer_units,
            pointer_active=forward.pointer_active,
            seed=forward.seed,
        )
        memory._forward, memory._back = forward, BitMatrix.from_words(back, forward.units)
        return memory

    def _codes(self, codes: npt.ArrayLike, what: str) -> Codes:
        rows = check_codes(codes, self._forward.units, what)
        if rows.shape[1] != self.active:
            raise InvalidInput(f"{what} have {rows.shape[1]} active units; this memory takes {self.active}")
        return rows
