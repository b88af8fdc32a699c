"""Swarm memory: patterns of elements that pull each other in, over sparse, decaying weights.

Storing a pattern t raises ``W_tau += eta (t t' - diag t)`` and ``W_rho`` by its rule
(:class:`neuro.memories.RhoRule`); all weights decay as ``exp(-age / lifetime)``, age in updates. A cue becomes the
state and moves by swarm steps,

    s <- clip(s + alpha W_tau s - beta W_rho s + gamma W_tau t, 0, 1),        teacher t: the cue,

over its own elements and the ``breadth`` others that the first step wakes most; the rest stays at 0. An item is a
stored pattern. Both weights are symmetric.

Each replica learns into weights of its own; a merged memory keeps, replica by replica, the weights that know more
updates, and its steps add them up. So merging is a join: commutative, associative, idempotent.

Sources: Hopfield, *Neural networks and physical systems...*, PNAS 79 (1982), for the energy; Shapiro et al.,
*Conflict-free replicated data types*, SSS 2011, for the merge.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, BoolArray, Float32Array, FloatArray, IntArray, stable_top_k
from neuro.checks import check_whole, holds_whole
from neuro.encoders.codes import check_codes
from neuro.errors import InvalidInput
from neuro.memories.base import (
    NOTHING,
    IndexedMemory,
    MemoryState,
    RecallResult,
    check_float32,
    check_recall,
    recall_result,
)
from neuro.memories.items import LARGEST_INDEX, Items
from neuro.memories.swarm import state as swarm_state
from neuro.memories.swarm.association import SparseAssociation, Work
from neuro.memories.swarm.dynamics import Settled, drive, energy, settle
from neuro.memories.swarm.parameters import SwarmParameters
from neuro.memories.swarm.patterns import Patterns, join

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

_SEVERAL = -1
"""The replica of a merged memory: none of its own, so that it can't store."""


@dataclass(frozen=True, slots=True, eq=False)
class SwarmCompletion:
    """Where cues settled.

    Args:
        elements: the most active ones, falling, (size,) or (batch, size); :data:`NOTHING` where fewer are active.
        activities: their states, 0 to 1, same shape.
        steps: taken until nothing moved by more than the tolerance, (batch,).
        energies: ``-1/2 s'(W_tau - W_rho)s`` before the first and after each step, (batch, steps + 1); the last one
            is repeated.
        potentials: ``-1/2 s'(alpha W_tau - beta W_rho)s - gamma s' W_tau t``, likewise: what the steps descend.
    """

    elements: IntArray
    activities: FloatArray
    steps: IntArray
    energies: FloatArray
    potentials: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class Gate:
    """Whether cues A pass for the stored patterns B that they recall, each (batch,).

    Args:
        accepted: overlap and excess both lie within the gate.
        indices: of B.
        overlap: ``|A and B| / |B|``.
        excess: ``|A minus B| / |B|``.
    """

    accepted: BoolArray
    indices: IntArray
    overlap: FloatArray
    excess: FloatArray


class SwarmMemory(IndexedMemory):
    """Auto-associative memory of sets of elements. A merged one has its items by replica, then in the order of storing.

    Args:
        nodes: n, elements there are.
        parameters: constants; by default ``SwarmParameters()``.
        replica: who learns here. Memories that are to be merged need one each.

    Raises:
        InvalidInput: a value outside its range.
    """

    kind: ClassVar[str] = "memory.swarm"

    def __init__(self, nodes: int, *, parameters: SwarmParameters | None = None, replica: int = 0) -> None:
        check_whole("nodes", nodes, 1, 1 << 31)
        check_whole("replica", replica, 0, (1 << 62) - 1)
        self.nodes = int(nodes)
        self.parameters = SwarmParameters() if parameters is None else parameters
        self.replica = int(replica)
        self._parts: dict[int, SparseAssociation] = {}
        self._patterns, self._hidden = Patterns.none(), Patterns.none()
        self._items = Items()
        self._pending: list[IntArray] = []
        self._work = Work.over(self.nodes)
        # Work space as long as all nodes is shared, and the first read writes what waits: one reader at a time.
        self._reading = threading.RLock()

    @property
    def clock(self) -> int:
        """The updates that this replica made: its time."""
        part = self._parts.get(self.replica)
        return len(self._pending) + (part.clock if part else 0)

    @property
    def edges(self) -> int:
        """How many directed edges there are, over all replicas; a pair of elements has two."""
        return sum(len(part) for part in self._learnt().values())

    @property
    def nbytes(self) -> int:
        """Bytes of the weights of all replicas."""
        return sum(part.nbytes for part in self._learnt().values())

    def pattern(self, index: int) -> IntArray:
        """The elements of a stored pattern, ascending.

        Raises:
            InvalidInput: an index that is not stored.
        """
        check_whole("index", index, 0, LARGEST_INDEX)
        return self._patterns.pattern(int(self._items.rows(index)[0]))

    def store(self, cues: npt.ArrayLike, *, indices: npt.ArrayLike | None = None) -> IntArray:
        """Store patterns, one update each.

        Updates are written once ``epoch`` of them wait, or when somebody reads; that changes no weight.

        Args:
            cues: elements of each, (k,) or (items, k); calls may differ in k.
            indices: a whole number >= 0 for each, (items,); consecutive numbers after the largest by default.

        Returns:
            The indices, (items,).

        Raises:
            InvalidInput: cues that are no codes of ``nodes``; indices of another number, negative, given twice or
                already stored; a merged memory (see :meth:`as_replica`). The memory is unchanged then.
        """
        codes = check_codes(cues, self.nodes, "cues")
        names = self._items.names(len(codes), indices)
        self._check_own()
        sequences = self.clock + 1 + np.arange(len(codes))
        items = np.stack([names, np.full_like(names, self.replica), sequences], axis=1)
        self._update(list(codes))
        behind = len(self) and self._patterns.items[-1, 1] > self.replica
        self._patterns.append(items, codes)
        self._items.add(names)
        if behind:
            self._patterns = self._patterns.in_order()
            self._items = Items(self._patterns.items[:, 0])
        return names

    def recall(self, cues: npt.ArrayLike, k: int = 1, *, threshold: float | None = None) -> RecallResult:
        """The k stored patterns that fit best the cue and what it wakes, ties to the one stored earlier.

        Args:
            cues: elements, (active,) or (batch, active).
            k: how many, at most the number of stored patterns.
            threshold: a score below it is answered by :data:`NOTHING`; None: never.

        Returns:
            Indices and scores, each (k,) or (batch, k). A score is the cosine, 0 to 1, of the pattern and the
            cue to which ``woken_share`` of the settled state is added: where frequent elements wake each other, a
            state alone forgets its cue.

        Raises:
            InvalidInput: cues that are no codes of ``nodes``, an empty memory, k out of range, a threshold of NaN.
        """
        from neuro.memories.swarm._kernels import fits

        check_recall(len(self), k, threshold)
        codes = check_codes(cues, self.nodes, "cues")
        patterns = self._patterns
        found, scores = np.empty((len(codes), k), np.int64), np.empty((len(codes), k))
        state, fit = np.zeros(self.nodes), np.empty(len(self))
        for row, cue in enumerate(codes):
            settled = self._settle(cue)
            state[settled.chosen] = self.parameters.woken_share * settled.state
            state[cue] = 1.0
            state[settled.chosen] /= np.linalg.norm(state[settled.chosen])
            fits(patterns.offsets, patterns.elements, state, fit)
            state[settled.chosen] = 0.0
            best = _largest(fit, k)
            found[row], scores[row] = self._items.indices[best], fit[best]
        return recall_result(found, scores, threshold=threshold, single=np.ndim(cues) == 1)

    def complete(self, cues: npt.ArrayLike, size: int) -> SwarmCompletion:
        """The ``size`` elements that are most active once each cue has settled, ties to the lower.

        Raises:
            InvalidInput: cues that are no codes of ``nodes``, size out of range.
        """
        codes = check_codes(cues, self.nodes, "cues")
        check_whole("size", size, 1, self.nodes)
        settled = [self._settle(cue) for cue in codes]
        return _completion(settled, size, self.parameters.steps, single=np.ndim(cues) == 1)

    def step(self, states: npt.ArrayLike, teachers: npt.ArrayLike | None = None) -> Float32Array:
        """One swarm step over all nodes: ``clip(s + alpha W_tau s - beta W_rho s + gamma W_tau t, 0, 1)``.

        Args:
            states: s, float32 from 0 to 1, (nodes,) or (batch, nodes).
            teachers: t as elements, (active,) or (batch, active); None: no teacher.

        Returns:
            Shape of ``states``.

        Raises:
            InvalidInput: states of another dtype, shape or range; teachers that are no codes or of another number.
        """
        given = self._check_states(states)
        clamped = None if teachers is None else check_codes(teachers, self.nodes, "teachers")
        if clamped is not None and len(clamped) != len(given):
            raise InvalidInput(f"{len(clamped)} teachers for {len(given)} states; one for each is allowed")
        how, parts = self.parameters, self._now()
        moved = np.empty_like(given)
        for row, state in enumerate(given):
            sources = [(np.flatnonzero(state), state[state != 0].astype(np.float64), how.alpha, how.beta)]
            if clamped is not None:
                sources.append((clamped[row], np.ones(clamped.shape[1]), how.gamma, 0.0))
            with self._reading, drive(parts, sources, self._work) as net:
                np.clip(state + net, 0.0, 1.0, out=moved[row])
        return moved[0] if np.ndim(states) == 1 else moved

    def energy(self, states: npt.ArrayLike) -> FloatArray:
        """``E = -1/2 s'(W_tau - W_rho)s`` of each state, () or (batch,).

        Raises:
            InvalidInput: states of another dtype, shape or range.
        """
        given, parts = self._check_states(states), self._now()
        with self._reading:
            energies = np.array([energy(parts, state, self._work) for state in given])
        return energies[0] if np.ndim(states) == 1 else energies

    def association(self, left: npt.ArrayLike, right: npt.ArrayLike) -> FloatArray:
        """``W_tau[u, v] / eta`` of each pair: how often both were active together, each time by its decay.

        Raises:
            InvalidInput: no integers, nodes out of range, two shapes.
        """
        from neuro.memories.swarm._kernels import edges_between

        u, v = np.asarray(left), np.asarray(right)
        for name, values, given in (("left", left, u), ("right", right, v)):
            whole = np.issubdtype(given.dtype, np.integer) and holds_whole(values)
            if not whole or given.shape != u.shape or np.any((given < 0) | (given >= self.nodes)):
                raise InvalidInput(
                    f"{name} has dtype {given.dtype}, shape {given.shape}; integers from 0 to {self.nodes - 1}, "
                    "both of one shape, are allowed"
                )
        total = np.zeros(u.size)
        for part, scale in self._now():
            found = np.zeros(u.size)
            edges_between(part.rows, u.ravel().astype(np.int64), v.ravel().astype(np.int64), found)
            total += found * scale / self.parameters.eta
        return total.reshape(u.shape)

    def weights(self) -> tuple[csr_matrix, csr_matrix]:
        """W_tau and W_rho of now, (nodes, nodes) each."""
        from scipy.sparse import csr_matrix

        total = [csr_matrix((self.nodes, self.nodes)), csr_matrix((self.nodes, self.nodes))]
        for part, scale in self._now():
            edges = part.edges()
            for place, values in enumerate((edges.tau, edges.rho)):
                data = values.astype(np.float64) * scale
                total[place] = total[place] + csr_matrix(
                    (data, edges.neighbours.astype(np.int64), edges.offsets), shape=(self.nodes, self.nodes)
                )
        return total[0], total[1]

    def gate(self, cues: npt.ArrayLike) -> Gate:
        """Whether each cue A passes for the stored pattern B that it recalls.

        Raises:
            InvalidInput: as :meth:`recall`.
        """
        codes = check_codes(cues, self.nodes, "cues")
        indices = self.recall(codes).indices[:, 0]
        known = [self.pattern(index) for index in indices.tolist()]
        shared = np.array([np.isin(cue, b).sum() for cue, b in zip(codes, known, strict=True)], dtype=np.float64)
        sizes = np.array([b.size for b in known], dtype=np.float64)
        overlap, excess = shared / sizes, (codes.shape[1] - shared) / sizes
        how = self.parameters
        return Gate((overlap >= how.gate_overlap) & (excess < how.gate_excess), indices, overlap, excess)

    def reinforce(self, cues: npt.ArrayLike) -> Gate:
        """Gate each cue; learn again, one update each, the patterns of those that pass. No item is added.

        Raises:
            InvalidInput: as :meth:`recall`; a merged memory. The memory is unchanged then.
        """
        self._check_own()
        gate = self.gate(cues)
        self._update([self.pattern(index) for index in gate.indices[gate.accepted].tolist()])
        return gate

    def advance(self, updates: int) -> None:
        """Let time pass, in updates of this replica: all that it learnt decays.

        Raises:
            InvalidInput: no whole number from 1, a merged memory.
        """
        check_whole("updates", updates, 1, 1 << 50)
        self._check_own()
        self._learnt()
        self._own().advance(int(updates))

    def forget(self, indices: npt.ArrayLike) -> None:
        """Remove patterns: recall names them no more. Their weights stay and fade with their lifetime.

        Raises:
            InvalidInput: an index that is not stored or given twice; nothing is removed then.
        """
        names = np.atleast_1d(np.asarray(indices))
        stays = self._items.remove(indices)
        self._patterns = self._patterns.take(np.flatnonzero(stays))
        self._hidden = self._hidden.take(np.flatnonzero(~np.isin(self._hidden.items[:, 0], names)))

    def merge(self, other: Self) -> Self:
        """The join of both: of each replica the weights that know more updates; patterns as an observed-remove set.

        Of two patterns with one index the one of the lower replica is named. The merged memory can't store, since
        two memories would then learn under one name; :meth:`as_replica` gives it one.

        Raises:
            InvalidInput: memories of different nodes or parameters; two that learnt apart under one replica.
        """
        if (self.nodes, self.parameters) != (other.nodes, other.parameters):
            raise InvalidInput(
                f"memories of {self.nodes} and {other.nodes} nodes, {self.parameters} and {other.parameters} can't "
                "be merged; make them alike"
            )
        mine, its = self._learnt(), other._learnt()
        clocks = [{name: part.clock for name, part in parts.items()} for parts in (mine, its)]
        patterns = join(self._all(), clocks[0], other._all(), clocks[1])
        newer = {
            name: (mine if clocks[0].get(name, 0) >= clocks[1].get(name, 0) else its)[name]
            for name in sorted(mine.keys() | its.keys())
        }
        for name in mine.keys() & its.keys():
            swarm_state.check_same_history(name, mine[name], its[name])
        return self._made(self.replica if self.replica == other.replica else _SEVERAL, _copies(newer), patterns)

    def as_replica(self, replica: int) -> Self:
        """A copy that learns as that replica; nobody else may use its number from then on.

        Raises:
            InvalidInput: no whole number >= 0.
        """
        check_whole("replica", replica, 0, (1 << 62) - 1)
        return self._made(int(replica), _copies(self._learnt()), self._all())

    def state(self) -> dict[str, AnyArray]:
        """All that the memory is, as arrays; see :mod:`neuro.memories.swarm.state`."""
        return swarm_state.write(self.nodes, self.replica, self.parameters, self._learnt(), self._all())

    @classmethod
    def from_state(cls, state: MemoryState) -> Self:
        """The memory that :meth:`state` described.

        Raises:
            InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
        """
        nodes, replica, parameters, parts, patterns = swarm_state.read(state)
        return cls(nodes, parameters=parameters)._made(replica, parts, patterns)

    def _made(self, replica: int, parts: dict[int, SparseAssociation], patterns: Patterns) -> Self:
        made = type(self)(self.nodes, parameters=self.parameters)
        made.replica, made._parts = replica, parts
        made._patterns, made._hidden = patterns.first_of_each_index()
        made._items = Items(made._patterns.items[:, 0])
        return made

    def _all(self) -> Patterns:
        return self._patterns.and_also(self._hidden).in_order()

    def _own(self) -> SparseAssociation:
        return self._parts.setdefault(self.replica, SparseAssociation(self.nodes, self.parameters))

    def _check_own(self) -> None:
        if self.replica == _SEVERAL:
            raise InvalidInput("a merged memory learns nothing; continue it under a number of its own: as_replica(7)")

    def _check_states(self, states: npt.ArrayLike) -> Float32Array:
        given = check_float32(states, self.nodes, "states")
        if given.min() < 0 or given.max() > 1:
            raise InvalidInput(f"states lie from {given.min()} to {given.max()}; 0 to 1 is allowed")
        return given

    def _update(self, patterns: list[IntArray]) -> None:
        self._pending += patterns
        if len(self._pending) >= self.parameters.epoch:
            self._learnt()

    def _learnt(self) -> dict[int, SparseAssociation]:
        """The weights of each replica, with all that waits written."""
        with self._reading:
            if self._pending:
                self._own().learn(self._pending, self._work)
                self._pending = []
        return self._parts

    def _settle(self, cue: IntArray) -> Settled:
        with self._reading:
            return settle(self._now(), cue, self.parameters, self._work)

    def _now(self) -> list[tuple[SparseAssociation, float]]:
        """The weights of each replica and what scales them to now, in the order of the replicas."""
        return [(part, part.scale) for _, part in sorted(self._learnt().items())]


def _completion(settled: Sequence[Settled], size: int, steps: int, *, single: bool) -> SwarmCompletion:
    """The ``size`` most active elements of each settled state, ties to the lower."""
    elements, activities = np.full((len(settled), size), NOTHING), np.zeros((len(settled), size))
    for row, found in enumerate(settled):
        order = np.lexsort((found.chosen, -found.state))[:size]
        order = order[found.state[order] > 0]
        elements[row, : len(order)], activities[row, : len(order)] = found.chosen[order], found.state[order]
    return SwarmCompletion(
        elements[0] if single else elements,
        activities[0] if single else activities,
        np.array([found.steps for found in settled]),
        np.array([_padded(found.energies, steps + 1) for found in settled]),
        np.array([_padded(found.potentials, steps + 1) for found in settled]),
    )


def _largest(scores: FloatArray, k: int) -> IntArray:
    """Places of the k largest, falling; ties to the earlier."""
    least = np.partition(scores, len(scores) - k)[len(scores) - k]
    able = np.flatnonzero(scores >= least)
    return np.asarray(able[stable_top_k(scores[able], k)])


def _padded(values: Sequence[float], size: int) -> FloatArray:
    return np.pad(values, (0, size - len(values)), "edge")


def _copies(parts: Mapping[int, SparseAssociation]) -> dict[int, SparseAssociation]:
    return {name: SparseAssociation.of(part.edges(), part.clock, part.parameters) for name, part in parts.items()}
