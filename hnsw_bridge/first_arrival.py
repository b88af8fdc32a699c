"""Spreading by first arrival: how soon a wave of spikes reaches a node says how strongly it is linked to the seeds.

Each link delays by its strength, each node fires once, at the first spike that reaches it, and passes the wave on:

    delay_ij = max(1, round(-resolution log min(1, w_ij g_ij)))  ticks
    T_j = min over nodes i that fired of T_i + delay_ij ,   a_j = exp(-T_j / resolution)

Times add where strengths multiply, so a_j is the largest product of strengths along any path from a seed: a shortest
path, found by a race. A seed with share s_i fires at tick round(-resolution log s_i) by the latency of a constant
current. The whole population stops once so many relays have fired beyond the seeds; what is on its way then still
arrives and counts, and so does the first echo at a node that fired, which will not fire again.

:func:`first_arrival_circuit` is the same as leaky integrate-and-fire neurons: ``nodes`` race, ``arrivals`` (one for
each node, without the stop) keep the time of the first spike. :meth:`FirstArrival.spread` is that circuit event by
event, reading the links of nodes that fire and of no others.

Sources: Thorpe, Delorme & Van Rullen, *Spike-based strategies for rapid processing*, Neural Networks 14 (2001);
    Ponulak & Hopfield, *Rapid, parallel path planning by propagating wavefronts of spiking neural activity*, Frontiers
    in Computational Neuroscience 7 (2013).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from hnsw_bridge.dynamics import LinkGate, NodeLinks, Reached, entered, strengths
from hnsw_bridge.neuron import NEVER, SpreadingParts, neuron_parameters, spreading_neuron
from hnsw_bridge.spreading import LINKS, NODES, THRESHOLD, Seeds
from neuro.arrays import BoolArray, FloatArray, IntArray
from neuro.checks import check_whole
from neuro.circuit.circuit import Circuit, CurrentInput, Population, Projection, Restart, Winners
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models.static import static_synapse
from neuro.spikes import QuerySpikes

ARRIVALS = "arrivals"
"""Name of the population whose spikes are the first arrivals."""

_DECAY = 0.5
"""Share of v that is left after a tick; what one tick leaves unfired does not matter, so any would do."""

_ONE_SPIKE = 4.0
"""Thresholds that a spike adds: twice the threshold are left when it is compared, so that one spike suffices."""

_LAST_START = 32
"""Starts beyond it would lie closer to the threshold than sums of floats are exact."""

_LATE = 1 << 40


@dataclass(frozen=True, slots=True)
class FirstArrival:
    """Spreading by first arrival.

    Args:
        relays: nodes beyond the seeds that fire before the global stop, 0 to 10,000.
        resolution: ticks by which a strength of 1/e delays, 1 to 1,000.
        window: ticks of a query, 2 to 10,000: paths that are weaker than exp(-window / resolution) carry nothing.
        dt: length of a tick in seconds.

    Raises:
        InvalidInput: a value outside its range.
    """

    relays: int = 4
    resolution: int = 16
    window: int = 96
    dt: float = 1e-3

    def __post_init__(self) -> None:
        check_whole("relays", self.relays, 0, 10_000)
        check_whole("resolution", self.resolution, 1, 1000)
        check_whole("window", self.window, 2, 10_000)
        if not (math.isfinite(self.dt) and self.dt > 0):
            raise InvalidInput(f"dt is {self.dt!r}; a time above 0 s is allowed")

    @property
    def ticks(self) -> int:
        """From one query of a circuit to the next: the window, and as long again in silence for what is on its way."""
        return 2 * int(self.window)

    def delays(self, strength: FloatArray) -> IntArray:
        """Ticks from a spike to the spike that it causes, at least 1, for links of strengths above 0."""
        return np.maximum(self._latency(strength), 1)

    def starts(self, share: FloatArray) -> IntArray:
        """The tick at which each seed fires by its current alone."""
        return self._latency(share)

    def currents(self, share: FloatArray) -> FloatArray:
        """Constant currents in volts with which seeds fire at :meth:`starts`.

        I = threshold / (1 - decay^(start + 1/2)): v crosses the threshold half a tick before.
        """
        return np.asarray(THRESHOLD / (1.0 - _DECAY ** (self.starts(share) + 0.5)))

    def spread(
        self,
        links: NodeLinks,
        seeds: IntArray,
        share: FloatArray,
        gate: LinkGate | None = None,
        allowed: BoolArray | None = None,
    ) -> Reached:
        """What reaches the nodes; see :meth:`hnsw_bridge.dynamics.SpreadingDynamics.spread`.

        The activation is exp(-T / resolution) of the first arrival T from another node.
        """
        may, driven = entered(links, seeds, share, allowed)
        self._check_starts(share)
        starts = zip(self.starts(driven).tolist(), self.currents(driven).tolist(), strict=True)
        own = dict(zip(may.tolist(), starts, strict=True))
        ends, when = np.zeros((2, 0), dtype=np.int64)
        fired: dict[int, int] = {}
        left, now = min(seeds.size + int(self.relays), links.nodes), -1
        while left and (now := _next(ends, when, own, fired, now)) < self.window:
            margins = _margins(ends[when == now], own, fired, now)
            winners = sorted(margins, key=lambda node: (*(-part for part in margins[node]), node))[:left]
            left -= len(winners)
            for node in sorted(winners):
                fired[node] = now
                further, strength = strengths(links, node, gate, allowed)
                delay = self.delays(strength)
                near = now + delay < self.window
                ends = np.concatenate([ends, further[near]])
                when = np.concatenate([when, now + delay[near]])
        order = np.lexsort((when, ends))
        nodes, first = np.unique(ends[order], return_index=True)
        activation = np.exp(-when[order][first] / self.resolution)
        ticks, who = (np.array([*part], dtype=np.int64) for part in (fired.values(), fired))
        return Reached(nodes, activation, QuerySpikes(ticks, who, np.union1d(nodes, seeds).size))

    def _latency(self, strength: FloatArray) -> IntArray:
        ticks = np.floor(-self.resolution * np.log(np.minimum(strength, 1.0)) + 0.5)
        return np.asarray(ticks, dtype=np.int64)

    def _check_starts(self, share: FloatArray) -> None:
        latest, last = int(self.starts(share).max(initial=0)), min(self.window, _LAST_START)
        if latest >= last:
            raise InvalidInput(
                f"a seed of share {float(np.min(share)):.3g} would fire at tick {latest}; a start before tick {last} "
                "is allowed: raise the share or lower the resolution"
            )


def first_arrival_circuit(
    links: NodeLinks,
    seeds: Seeds,
    settings: FirstArrival | None = None,
    gate: LinkGate | None = None,
    allowed: BoolArray | None = None,
) -> Circuit:
    """The circuit of one query, ``settings.window`` ticks long, or of several, one every ``settings.ticks`` ticks.

    Population ``nodes``, neuron i is node i, races along projection ``links``; population ``arrivals`` gets the same
    spikes along ``reads`` and fires at each node's first arrival. A gate changes delays, so it belongs to one question.
    Between queries both are silent by a phase of the tick, which integers refuse; a single query needs none.

    Args:
        links: an edge layer, or several summed.
        seeds: of the queries.
        settings: how the wave travels.
        gate: of the question.
        allowed: shape (nodes,): nodes that may fire and be reached; None: all.

    Raises:
        InvalidInput: seeds that don't fit, or a gate with more than one query.
    """
    chosen = FirstArrival() if settings is None else settings
    if gate is not None and len(seeds.nodes) != 1:
        raise InvalidInput(
            f"a gate belongs to one question; {len(seeds.nodes)} queries were given: one circuit for each"
        )
    for nodes, share in zip(seeds.nodes, seeds.share, strict=True):
        entered(links, nodes, share)
        chosen._check_starts(share)
    size, ticks = links.nodes, chosen.ticks
    rows = [strengths(links, node, gate) for node in range(size)]
    source = np.repeat(np.arange(size), [ends.size for ends, _ in rows])
    column = np.concatenate([ends for ends, _ in rows])
    delay = chosen.delays(np.concatenate([strength for _, strength in rows]))
    near = delay < chosen.window
    connections = Connections.from_pairs(source[near], column[near], size, size)
    currents = np.zeros((len(seeds.nodes), size))
    np.put_along_axis(currents, seeds.nodes, chosen.currents(seeds.share), axis=1)
    quota = min(seeds.nodes.shape[1] + int(chosen.relays), size)
    restarts, silent = np.arange(max(len(seeds.nodes), 1)) * ticks, chosen.window if len(seeds.nodes) > 1 else 0
    return Circuit(
        dt=chosen.dt,
        populations=[
            _population(NODES, size, chosen, silent, allowed, Winners(max_winners=quota)),
            _population(ARRIVALS, size, chosen, silent, allowed, Winners()),
        ],
        projections=[
            Projection(
                name,
                NODES,
                target,
                static_synapse("v", "volt"),
                connections,
                {"w": _ONE_SPIKE * THRESHOLD},
                # A circuit's delay of d ticks acts d + 1 ticks after the spike.
                delay=(delay[near] - 1) * chosen.dt,
            )
            for name, target in ((LINKS, NODES), ("reads", ARRIVALS))
        ],
        stimuli=[CurrentInput(NODES, "I", currents, every=ticks)],
        restarts=[Restart(name, restarts) for name in (NODES, ARRIVALS)],
    )


def one_delay_each(circuit: Circuit) -> Circuit:
    """The circuit with one projection for each delay, as Verilog wants: ``links`` becomes ``links_0``, ``links_1``, ...

    What arrives in a tick is added in another order then, which sums of equal weights, such as those of
    :func:`first_arrival_circuit`, do not tell.
    """
    projections: list[Projection] = []
    for part in circuit.projections:
        wires = part.connections
        delays = np.broadcast_to(np.asarray(part.delay, dtype=np.float64), wires.synapses)
        for place, delay in enumerate(np.unique(delays).tolist()):
            own = delays == delay
            projections.append(
                replace(
                    part,
                    name=f"{part.name}_{place}",
                    connections=Connections.from_pairs(
                        wires.pre()[own], np.asarray(wires.column)[own], wires.sources, wires.targets
                    ),
                    parameters={
                        name: value if np.ndim(value) == 0 else np.asarray(value)[own]
                        for name, value in part.parameters.items()
                    },
                    delay=delay,
                )
            )
    return replace(circuit, projections=projections)


def _population(
    name: str, size: int, settings: FirstArrival, silent: int, allowed: BoolArray | None, winners: Winners
) -> Population:
    """Neurons that fire once a query, but for those that may not and for ``silent`` ticks at its end."""
    return Population(
        name,
        size,
        spreading_neuron(SpreadingParts(), 0, silent, settings.ticks * settings.dt),
        parameters={
            "tau_m": -settings.dt / math.log(_DECAY),
            "v_rest": 0.0,
            "v_reset": 0.0,
            "v_threshold": THRESHOLD if allowed is None or allowed.all() else np.where(allowed, THRESHOLD, NEVER),
            **neuron_parameters(SpreadingParts(), 0, silent, THRESHOLD, settings.ticks, settings.dt),
        },
        winners=winners,
    )


def _next(ends: IntArray, when: IntArray, own: dict[int, tuple[int, float]], fired: dict[int, int], now: int) -> int:
    """The next tick at which a node that has not fired is reached or starts by itself."""
    later = when > now
    fresh = later & ~np.isin(ends, list(fired)) if fired else later
    starts = [start for node, (start, _) in own.items() if start > now and node not in fired]
    return int(min(when[fresh].min(initial=_LATE), *starts, _LATE))


def _margins(
    reached: IntArray, own: dict[int, tuple[int, float]], fired: dict[int, int], now: int
) -> dict[int, tuple[int, float]]:
    """Nodes above threshold at a tick, with what orders their margins: spikes that came, then current."""
    nodes, count = np.unique(reached, return_counts=True)
    margins = {
        node: (times, 0.0) for node, times in zip(nodes.tolist(), count.tolist(), strict=True) if node not in fired
    }
    for node, (start, current) in own.items():
        if node not in fired and (node in margins or start <= now):
            margins[node] = margins.get(node, (0, 0.0))[0], current * (1.0 - _DECAY ** (now + 1))
    return margins
