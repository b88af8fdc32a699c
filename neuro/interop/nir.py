"""NIR in: networks that were trained elsewhere, from the neuromorphic intermediate representation.

    Input -> Linear | Affine -> LIF -> Linear | Affine -> LIF -> ... -> Output

NIR describes neurons in continuous time; who exported the network says by its time step dt how they were stepped:
``v <- v + dt / tau (v_leak - v + R I)``. snnTorch's is 1e-4 s.

Source: Pedersen et al., *Neuromorphic intermediate representation*, Nature Communications 15 (2024).
"""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from neuro.arrays import FloatArray, Value
from neuro.checks import is_real
from neuro.errors import InvalidInput, UnsupportedByTarget
from neuro.interop.quantity import quantity_dimension
from neuro.motifs.layers import LIFLayer

if TYPE_CHECKING:
    from nir import NIRGraph, NIRNode

SNNTORCH_DT = 1e-4
"""The time step that snnTorch writes its neurons for."""

_ROUNDING = 1e-6
"""tau may miss dt by the rounding of single precision."""

_TIME = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0)

_PARAMETERS = ("tau", "r", "v_leak", "v_threshold", "v_reset")

_UNREADABLE = (OSError, KeyError, ValueError, TypeError, AttributeError, RuntimeError, AssertionError)
"""What HDF5 and nir raise, unchecked, for files that are damaged or somebody else's."""


def from_nir(graph: NIRGraph | str | Path, dt: Value = SNNTORCH_DT) -> tuple[LIFLayer, ...]:
    """The layers of a NIR graph, for :func:`neuro.motifs.lif_layers`.

    Args:
        graph: a ``nir.NIRGraph``, or the path of a file that ``nir.write`` wrote.
        dt: the time step of whoever trained the network: seconds, or a Brian2 quantity.

    Raises:
        InvalidInput: no graph, no chain from input to output, nodes of sizes that do not fit, parameters that differ
            between neurons or are out of range.
        UnsupportedByTarget: a node other than Input, Linear, Affine, LIF, Flatten and Output, by name.
    """
    seconds = _seconds(dt)
    layers: list[LIFLayer] = []
    weights: FloatArray | None = None
    bias: FloatArray | None = None
    for name, node in _chain(_graph(graph)):
        kind = type(node).__name__
        if kind in ("Linear", "Affine"):
            if weights is not None:
                raise InvalidInput(f"NIR node {name!r}: a linear node follows another; multiply them into one")
            weights = np.asarray(node.weight, dtype=np.float64)
            if layers and weights.shape[1:] != (layers[-1].neurons,):
                raise InvalidInput(
                    f"NIR node {name!r} has weights of shape {weights.shape}; {layers[-1].neurons} neurons come before"
                )
            bias = np.asarray(node.bias, dtype=np.float64) if kind == "Affine" else None
        elif kind == "LIF":
            if weights is None:
                raise InvalidInput(f"NIR node {name!r}: a LIF node needs a Linear or Affine node before it")
            layers.append(_layer(name, node, weights, bias, seconds))
            weights = bias = None
        elif kind not in ("Input", "Output", "Flatten"):
            raise UnsupportedByTarget(
                f"node {name!r} of type {kind}", "the NIR import", "use Linear, Affine and LIF nodes in a chain"
            )
    if weights is not None or not layers:
        raise InvalidInput("the NIR graph must end in a LIF node; its spikes are what a circuit gives")
    return tuple(layers)


def _seconds(dt: Value) -> float:
    given = np.asarray(dt)
    is_time = quantity_dimension(dt) in (None, _TIME) and given.ndim == 0 and is_real(given)
    if not (is_time and math.isfinite(given) and given > 0):
        raise InvalidInput(f"dt is {dt!r}; a time above 0 s is allowed")
    return float(given)


def _graph(graph: NIRGraph | str | Path) -> NIRGraph:
    import nir

    if isinstance(graph, str | Path):
        if not Path(graph).is_file():
            raise InvalidInput(f"there is no file {graph}; give one that nir.write wrote")
        try:
            graph = nir.read(graph)
        except _UNREADABLE as error:
            why = str(error) or type(error).__name__
            raise InvalidInput(f"{graph} is no NIR file, or damaged ({why}); give one that nir.write wrote") from None
    if not isinstance(graph, nir.NIRGraph):
        raise InvalidInput(f"graph is a {type(graph).__name__}; a nir.NIRGraph or the path of its file is allowed")
    return graph


def _chain(graph: NIRGraph) -> list[tuple[str, NIRNode]]:
    """The nodes from the input to the output."""
    starts = [name for name, node in graph.nodes.items() if type(node).__name__ == "Input"]
    if len(starts) != 1:
        raise InvalidInput(f"the NIR graph has {len(starts)} inputs; one is allowed")
    after: dict[str, list[str]] = {name: [] for name in graph.nodes}
    for left, right in sorted(set(graph.edges)):
        if left not in after or right not in after:
            raise InvalidInput(
                f"the NIR graph has an edge from {left!r} to {right!r}, but its nodes are {sorted(after)}"
            )
        after[left].append(right)
    chain, name = [starts[0]], starts[0]
    while after[name]:
        if len(after[name]) > 1:
            raise UnsupportedByTarget(
                f"node {name!r} feeding {after[name]}", "the NIR import", "give a chain without branches or recurrence"
            )
        name = after[name][0]
        if name in chain:
            raise UnsupportedByTarget(
                f"the cycle at node {name!r}", "the NIR import", "give a chain without recurrence"
            )
        chain.append(name)
    lost = sorted(set(graph.nodes) - set(chain))
    if lost:
        raise InvalidInput(f"the NIR nodes {lost} are not on the way from the input to the output; leave them out")
    return [(name, graph.nodes[name]) for name in chain]


def _layer(name: str, node: NIRNode, weights: FloatArray, bias: FloatArray | None, dt: float) -> LIFLayer:
    sizes = {np.size(getattr(node, what)) for what in _PARAMETERS} - {1, len(weights)}
    if sizes:
        raise InvalidInput(f"NIR node {name!r} has {max(sizes)} neurons, but {len(weights)} rows of weights before it")
    tau, r, v_leak, v_threshold, v_reset = (_shared(name, what, getattr(node, what)) for what in _PARAMETERS)
    if tau <= 0 or dt > tau * (1 + _ROUNDING):
        raise InvalidInput(f"NIR node {name!r} has tau {tau:g} s; {dt:g} s (dt) or more is allowed")
    # In the precision of the file, as whoever wrote tau and r made them: so their rounding cancels.
    share = np.minimum(tau.dtype.type(dt) / tau, tau.dtype.type(1))
    gain, decay = float(share * r), float(1 - share)
    scaled = None if bias is None else gain * bias
    return LIFLayer(gain * weights, decay, float(v_threshold), float(v_reset), float(v_leak), scaled)


def _shared(name: str, what: str, values: npt.ArrayLike) -> np.floating:
    """The one value of a parameter, in its own floating-point precision."""
    given = np.asarray(values)
    found = np.unique(given if np.issubdtype(given.dtype, np.floating) else given.astype(np.float64))
    if found.size != 1 or not np.isfinite(found[0]):
        raise InvalidInput(f"NIR node {name!r}: {what} differs between neurons or is not finite; one value is allowed")
    value: np.floating = found[0]
    return value
