"""Sparse, growing, decaying weights between nodes: what one replica of a swarm memory has learnt.

Each node has a row of edges (neighbour, tau, rho: 12 bytes), ascending by neighbour, with some room to grow; rows lie
in one arena. A row that outgrows its room moves to the arena's end, and the gaps are closed once they are a quarter.

Decay is exact and costs nothing: all weights share one lifetime, so they are kept inflated,
``w exp((t - origin) / lifetime)`` of their time t, and a reader multiplies by ``exp(-(now - origin) / lifetime)``. A
weight last touched at ``last`` reads as ``w exp(-(now - last) / lifetime)``. Every :data:`PERIOD` lifetimes the origin
moves up, all weights are rescaled, and edges that fell below exp(-PERIOD) of one co-activation are dropped.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from neuro.arrays import AnyArray, Float32Array, IntArray, NodeArray
from neuro.errors import InvalidInput
from neuro.memories.swarm.parameters import AssociationRule, RhoRule, Rows, SwarmParameters

PERIOD = 8
"""Lifetimes between two renewals of the origin; exp(8) times a weight is far inside float32."""

_SPARE = 1.3
"""The arena's size over the room of its rows, when it grows."""


class Work(NamedTuple):
    """Work space over all nodes; clean between uses."""

    net: Float32Array
    local: npt.NDArray[np.int32]

    @classmethod
    def over(cls, nodes: int) -> Work:
        """Clean work space."""
        return cls(np.zeros(nodes, dtype=np.float32), np.full(nodes, -1, dtype=np.int32))


class Edges(NamedTuple):
    """The weights without gaps: node u has places ``offsets[u]`` to ``offsets[u + 1] - 1``, as in a CSR matrix.

    Inflated: times ``exp(-(clock - origin) / lifetime)`` they are the weights of now.
    """

    offsets: IntArray
    neighbours: NodeArray
    tau: Float32Array
    rho: Float32Array


class SparseAssociation:
    """Symmetric weights W_tau and W_rho over the pairs of nodes that were active together.

    Args:
        nodes: n.
        parameters: rates, rule and lifetime.
    """

    def __init__(self, nodes: int, parameters: SwarmParameters) -> None:
        self.parameters = parameters
        self.clock = 0
        """Updates so far: the time."""
        start, length, room = np.zeros((3, nodes), dtype=np.int64)
        tau, rho = np.zeros((2, 0), dtype=np.float32)
        self.rows = Rows(start, length, room, np.zeros(0, dtype=np.uint32), tau, rho)
        self._used = 0
        self._origin = 0.0

    def __len__(self) -> int:
        """How many directed edges there are; each pair of nodes has two."""
        return int(self.rows.length.sum())

    @property
    def scale(self) -> float:
        """What turns a kept weight into the weight of now."""
        return math.exp(-(self.clock - self._origin) / self.parameters.lifetime)

    @property
    def nbytes(self) -> int:
        """Of the arena and the rows' places."""
        return sum(array.nbytes for array in self.rows)

    def learn(self, patterns: list[IntArray], work: Work) -> None:
        """One update per pattern of ascending nodes, in this order; the clock counts them."""
        from neuro.memories.swarm._kernels import learn

        how, lifetime = self._learning(), self.parameters.lifetime
        while patterns:
            origin = _origin(self.clock + 1, lifetime)
            times = np.arange(self.clock + 1, self.clock + 1 + len(patterns))
            now = [time for time in times.tolist() if _origin(time, lifetime) == origin]
            self._renew(origin)
            offsets = np.zeros(len(now) + 1, dtype=np.int64)
            np.cumsum([pattern.size for pattern in patterns[: len(now)]], out=offsets[1:])
            elements = np.concatenate(patterns[: len(now)])
            inflation = np.exp((np.array(now) - origin) / lifetime)
            done, self._used = learn(self.rows, offsets, elements, inflation, self._used, how, work.net)
            self.clock += done
            if done < len(now):
                self._make_room(patterns[done])
            patterns = patterns[done:]

    def advance(self, updates: int) -> None:
        """Let time pass."""
        self.clock += updates
        self._renew(_origin(self.clock, self.parameters.lifetime))

    def edges(self) -> Edges:
        """A copy of all weights, without gaps."""
        from neuro.memories.swarm._kernels import gather

        offsets = np.concatenate([[0], np.cumsum(self.rows.length)])
        count = int(offsets[-1])
        edges = Edges(
            offsets, np.empty(count, np.uint32), np.empty(count, np.float32), np.empty(count, dtype=np.float32)
        )
        gather(self.rows, *edges)
        return edges

    @classmethod
    def of(cls, edges: Edges, clock: int, parameters: SwarmParameters) -> SparseAssociation:
        """What has these weights at that time; the arrays are copied.

        Raises:
            InvalidInput: rows that do not ascend, an edge of a node to itself or beyond the last node, weights that
                are not finite, tau not above 0, rho below 0.
        """
        nodes = len(edges.offsets) - 1
        _check_edges(edges, nodes)
        made = cls(nodes, parameters)
        made.clock, made._origin = clock, _origin(clock, parameters.lifetime)
        length = np.diff(edges.offsets)
        made._used = int(edges.offsets[-1])
        start, neighbours = edges.offsets[:-1].copy(), edges.neighbours.copy()
        made.rows = Rows(start, length, length.copy(), neighbours, edges.tau.copy(), edges.rho.copy())
        return made

    def _learning(self) -> AssociationRule:
        how = self.parameters
        return AssociationRule(
            float(how.alpha),
            float(how.beta),
            float(how.eta),
            float(how.rho_ratio),
            float(how.intruder_share),
            how.rho_rule is RhoRule.CONTRAST,
        )

    def _renew(self, origin: float) -> None:
        if origin == self._origin:
            return
        factor = math.exp(-(origin - self._origin) / self.parameters.lifetime)
        self._origin = origin
        self._compact(factor, self.parameters.eta * math.exp(-PERIOD))

    def _compact(self, factor: float = 1.0, floor: float = 0.0) -> None:
        from neuro.memories.swarm._kernels import compact

        self._used = compact(self.rows, np.argsort(self.rows.start, kind="stable"), factor, floor)

    def _make_room(self, pattern: IntArray) -> None:
        """So much that learning this pattern fits."""
        capacity = self.rows.neighbour.size
        if 8 * (self._used - int(self.rows.room.sum())) > capacity:
            self._compact()
        widened = self.rows.length[pattern] + pattern.size
        needed = int(np.sum(widened + widened // 4 + 8))
        if self._used + needed > capacity - capacity // 8:
            size = int(_SPARE * (self._used + needed))
            # One after the other, so that only one of them is there twice. A fresh block, not a resized one: numpy asks
            # for large pages there, and edges are read at random.
            for name in ("neighbour", "tau", "rho"):
                edges: AnyArray = getattr(self.rows, name)
                longer = np.empty(size, dtype=edges.dtype)
                longer[: self._used] = edges[: self._used]
                self.rows = self.rows._replace(**{name: longer})


def _origin(clock: int, lifetime: float) -> float:
    """The last renewal at or before a time: a function of the time alone, however it was reached."""
    period = PERIOD * lifetime
    return math.floor(clock / period) * period


def _check_edges(edges: Edges, nodes: int) -> None:
    offsets, neighbours = edges.offsets, edges.neighbours
    if offsets[0] != 0 or np.any(np.diff(offsets) < 0) or offsets[-1] != len(neighbours):
        raise InvalidInput(f"state: edge_offsets do not rise from 0 to the {len(neighbours)} neighbours")
    if len(neighbours) == 0:
        return
    sources = np.repeat(np.arange(nodes), np.diff(offsets))
    ascending = (np.diff(neighbours.astype(np.int64)) > 0) | (np.diff(sources) > 0)
    if neighbours.max() >= nodes or np.any(neighbours == sources) or not np.all(ascending):
        raise InvalidInput(f"state: neighbours must ascend in each row, lie below {nodes} and not be the node itself")
    for name, weights, least in (("tau", edges.tau, 1e-38), ("rho", edges.rho, 0.0)):
        if not np.all(np.isfinite(weights)) or weights.min() < least:
            raise InvalidInput(f"state: {name} holds a weight that is not finite or below {least:g}")
