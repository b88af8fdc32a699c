"""The state of a swarm memory as arrays.

``shape`` (nodes, replica), ``parameters`` (15,); ``replicas`` (replica, clock), (replicas, 2), ascending; ``items``
(index, replica, sequence), (items, 3), ascending by replica and sequence; ``item_offsets``, ``elements``; for each
replica a row of ``edge_offsets``, (replicas, nodes + 1), into ``neighbours``, ``tau``, ``rho``, one replica after
the other. Weights are as :class:`neuro.memories.swarm.association.Edges` says.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from neuro.arrays import AnyArray, IntArray
from neuro.checks import check_whole
from neuro.errors import InvalidInput
from neuro.memories.base import MemoryState, state_array
from neuro.memories.items import LARGEST_INDEX
from neuro.memories.swarm.association import Edges, SparseAssociation
from neuro.memories.swarm.parameters import SwarmParameters
from neuro.memories.swarm.patterns import Patterns

AssociationParts = dict[int, SparseAssociation]


def write(
    nodes: int, replica: int, parameters: SwarmParameters, parts: Mapping[int, SparseAssociation], patterns: Patterns
) -> dict[str, AnyArray]:
    """The arrays."""
    ordered = sorted(parts.items())
    edges = [part.edges() for _, part in ordered]
    return {
        "shape": np.array([nodes, replica], dtype=np.int64),
        "parameters": parameters.array(),
        "replicas": np.array([(name, part.clock) for name, part in ordered], dtype=np.int64).reshape(-1, 2),
        "items": patterns.items.copy(),
        "item_offsets": patterns.offsets.copy(),
        "elements": patterns.elements.copy(),
        "edge_offsets": np.array([found.offsets for found in edges], dtype=np.int64).reshape(-1, nodes + 1),
        "neighbours": np.concatenate([np.empty(0, np.uint32), *(found.neighbours for found in edges)]),
        "tau": np.concatenate([np.empty(0, np.float32), *(found.tau for found in edges)]),
        "rho": np.concatenate([np.empty(0, np.float32), *(found.rho for found in edges)]),
    }


def read(state: MemoryState) -> tuple[int, int, SwarmParameters, AssociationParts, Patterns]:
    """Nodes, replica, parameters, weights by replica and patterns.

    Raises:
        InvalidInput: an array is missing, has another dtype or shape, or contradicts another.
    """
    nodes, replica = (int(value) for value in state_array(state, "shape", np.int64, (2,)))
    check_whole("nodes", nodes, 1, 1 << 31)
    check_whole("replica", replica, -1, (1 << 62) - 1)
    parameters = SwarmParameters.from_array(
        state_array(state, "parameters", np.float64, (len(SwarmParameters().array()),))
    )
    replicas = state_array(state, "replicas", np.int64, (None, 2))
    if np.any(replicas < 0) or np.any(np.diff(replicas[:, 0]) <= 0):
        raise InvalidInput("state: replicas must ascend and have clocks >= 0")
    clocks = dict(replicas.tolist())
    return nodes, replica, parameters, _parts(state, nodes, clocks, parameters), _patterns(state, nodes, clocks)


def check_same_history(replica: int, left: SparseAssociation, right: SparseAssociation) -> None:
    """Raise InvalidInput if two memories at one update of a replica have different weights."""
    if left.clock != right.clock or left is right:
        return
    mine, its = left.edges(), right.edges()
    if not all(np.array_equal(getattr(mine, name), getattr(its, name)) for name in Edges._fields):
        raise InvalidInput(
            f"two memories to merge both call themselves replica {replica} and learnt apart; "
            "give each its own: SwarmMemory(nodes, replica=...)"
        )


def _parts(state: MemoryState, nodes: int, clocks: Mapping[int, int], parameters: SwarmParameters) -> AssociationParts:
    offsets = state_array(state, "edge_offsets", np.int64, (len(clocks), nodes + 1))
    neighbours = state_array(state, "neighbours", np.uint32, (None,))
    weights = [state_array(state, name, np.float32, (len(neighbours),)) for name in ("tau", "rho")]
    ends = np.cumsum(offsets[:, -1])
    if np.any(offsets < 0) or (ends[-1] if len(ends) else 0) != len(neighbours):
        raise InvalidInput(f"state: edge_offsets do not end at the {len(neighbours)} neighbours")
    parts: AssociationParts = {}
    for row, (name, clock) in enumerate(clocks.items()):
        here = slice(int(ends[row] - offsets[row, -1]), int(ends[row]))
        edges = Edges(offsets[row], neighbours[here], weights[0][here], weights[1][here])
        parts[name] = SparseAssociation.of(edges, clock, parameters)
    return parts


def _patterns(state: MemoryState, nodes: int, clocks: Mapping[int, int]) -> Patterns:
    items: IntArray = state_array(state, "items", np.int64, (None, 3))
    offsets: IntArray = state_array(state, "item_offsets", np.int64, (len(items) + 1,))
    elements = state_array(state, "elements", np.uint32, (None,))
    if offsets[0] != 0 or np.any(np.diff(offsets) < 1) or offsets[-1] != len(elements):
        raise InvalidInput(f"state: item_offsets do not rise from 0 to the {len(elements)} elements")
    owners = np.repeat(np.arange(len(items)), np.diff(offsets))
    ascending = (np.diff(elements.astype(np.int64)) > 0) | (np.diff(owners) > 0)
    if len(elements) and (elements.max() >= nodes or not np.all(ascending)):
        raise InvalidInput(f"state: elements must ascend in each pattern and lie below {nodes}")
    rising = (np.diff(items[:, 1]) > 0) | ((np.diff(items[:, 1]) == 0) & (np.diff(items[:, 2]) > 0))
    clock = np.array([clocks.get(name, 0) for name in items[:, 1].tolist()], dtype=np.int64)
    named = (items[:, 0] >= 0) & (items[:, 0] <= LARGEST_INDEX)
    if not np.all(rising) or not np.all(named & (items[:, 2] >= 1) & (items[:, 2] <= clock)):
        raise InvalidInput("state: items must ascend by replica and sequence, and be known to the replicas' clocks")
    return Patterns(items.copy(), offsets.copy(), elements.copy())
