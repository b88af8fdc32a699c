"""Brunel's network: sparse random excitation and inhibition, delta synapses and a Poisson drive.

    tau dv/dt = -v + R I(t),     a spike arriving after the delay moves v by J (excitatory) or -g J (inhibitory)

Every neuron gets C_E = 0.1 N_E excitatory and C_I = C_E / 4 inhibitory synapses at random, and C_E outside ones whose
spikes come at nu_ext each. nu_ext is given relative to nu_thr = theta / (J C_E tau), which alone would hold the mean
potential at the threshold.
Source: Brunel, J. Comput. Neurosci. 8 (2000), model A.

Brunel's stationary state: the rate and irregularity at which a neuron of the network keeps itself going.

    mu    = C_E J tau (nu_ext + nu (1 - g / 4)),      sigma^2 = C_E J^2 tau (nu_ext + nu (1 + g^2 / 4))
    1 / nu = t_ref + tau sqrt(pi) int_{y_r}^{y_th} exp(u^2) (1 + erf u) du,      y = (v - mu) / sigma
    CV^2   = 2 pi (nu tau)^2 int_{y_r}^{y_th} exp(x^2) int_{-inf}^{x} exp(y^2) (1 + erf y)^2 dy dx

Source: Brunel, J. Comput. Neurosci. 8 (2000), its stationary state with C_I = C_E / 4, for white noise: with the
paper's parameters it gives the paper's 55.8, 38.0 and 6.5 Hz.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from neuro.circuit.circuit import Circuit, Population, Projection
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.models import LIF_DELTA
from neuro.models.base import NeuronModel
from neuro.models.static import static_synapse

_WORD = 2.0**32
_MOST_A_TICK = 24
"""Outside spikes that a neuron can get in one tick; with the mean of 4 of the strongest drive, 1 in 10^11 ticks has
more."""
_MOST_MEAN = 5.0


@dataclass(frozen=True, slots=True)
class BrunelNetwork:
    """The parameters of one network; the defaults are the paper's.

    Args:
        inhibition: g, the strength of an inhibitory synapse relative to an excitatory one.
        drive: nu_ext / nu_thr.
        excitatory: N_E; N_I is a quarter of it. J grows as 1 / C_E, so that a smaller network keeps its mean input.
        coupling: scales every synapse inside the network; 0 takes the network apart.
        delay, tau, refractory, dt: in seconds.
        threshold, reset: in volts above rest.
    """

    inhibition: float
    drive: float
    excitatory: int = 10_000
    coupling: float = 1.0
    delay: float = 1.5e-3
    tau: float = 20e-3
    refractory: float = 2e-3
    threshold: float = 20e-3
    reset: float = 10e-3
    dt: float = 1e-4

    def __post_init__(self) -> None:
        if self.excitatory < 40 or self.excitatory % 40:
            raise InvalidInput(f"excitatory is {self.excitatory}; a multiple of 40 is allowed, such as 10,000")
        if not 0 <= self.outside_spikes <= _MOST_MEAN:
            raise InvalidInput(
                f"a drive of {self.drive} gives {self.outside_spikes:.3g} outside spikes a tick; 0 to {_MOST_MEAN:g} "
                "are allowed: take a smaller dt"
            )

    @property
    def size(self) -> int:
        """N = N_E + N_I."""
        return self.excitatory + self.excitatory // 4

    @property
    def excitatory_inputs(self) -> int:
        """C_E."""
        return self.excitatory // 10

    @property
    def jump(self) -> float:
        """J in volts: 0.1 mV at C_E = 1,000."""
        return 0.1 / self.excitatory_inputs

    @property
    def external_rate(self) -> float:
        """nu_ext in Hz, of each outside synapse."""
        return self.drive * self.threshold / (self.jump * self.excitatory_inputs * self.tau)

    @property
    def outside_spikes(self) -> float:
        """The mean number of outside spikes that a neuron gets in a tick."""
        return self.external_rate * self.excitatory_inputs * self.dt


def brunel_circuit(network: BrunelNetwork, connections: tuple[Connections, Connections], seed: int) -> Circuit:
    """The network as a circuit: population ``neurons``, excitatory ones first.

    The outside spikes of a neuron in a tick are one Poisson number, drawn inside the circuit.

    Args:
        network: its parameters.
        connections: of the excitatory and of the inhibitory neurons (:func:`draw_connections`).
        seed: of the drive and of the potentials at the start, uniform from rest to threshold.
    """
    start = np.random.default_rng(seed).uniform(0.0, network.threshold, network.size)
    neurons = Population("neurons", network.size, _model(network), _parameters(network), {"v": start})
    synapse = static_synapse("v")
    strength = network.coupling * network.jump
    projections = [
        Projection(name, "neurons", "neurons", synapse, part, {"w": weight}, network.delay)
        for name, part, weight in zip(
            ("excitation", "inhibition"), connections, (strength, -network.inhibition * strength), strict=True
        )
    ]
    return Circuit(network.dt, [neurons], projections, seed=seed)


def draw_connections(excitatory: int, seed: int) -> tuple[Connections, Connections]:
    """C_E of the excitatory and C_E / 4 of the inhibitory neurons onto each neuron, each at most once."""
    rng = np.random.default_rng(seed)
    inhibitory = excitatory // 4
    size = excitatory + inhibitory
    return (
        _fixed_indegree(rng, 0, excitatory, size, excitatory // 10),
        _fixed_indegree(rng, excitatory, inhibitory, size, inhibitory // 10),
    )


def _fixed_indegree(rng: np.random.Generator, first: int, count: int, size: int, degree: int) -> Connections:
    from scipy.sparse import csr_array

    pre = np.stack([rng.choice(count, degree, replace=False, shuffle=False) for _ in range(size)]) + first
    starts = np.arange(size + 1) * degree
    by_source = csr_array((np.ones(pre.size, np.int8), pre.ravel(), starts), shape=(size, size)).tocsc()
    return Connections(by_source.indptr, by_source.indices, size)


def _model(network: BrunelNetwork) -> NeuronModel:
    """A LIF neuron whose ``I`` holds, for one tick, the step of v that the outside spikes make."""
    steps = range(_MOST_A_TICK)
    declared = "\n".join(f"chance_{k} : 1 (constant)" for k in steps)
    count = " + ".join(f"int(word >= chance_{k})" for k in steps)
    return replace(
        LIF_DELTA,
        equations=f"{LIF_DELTA.equations}\nkick : volt (constant)\nword : 1\n{declared}",
        refractory=network.refractory,
        every_tick=f"word = random_bits(seed, t_in_timesteps, i)\nI = kick * ({count})",
    )


def _parameters(network: BrunelNetwork) -> dict[str, float]:
    from scipy.stats import poisson

    # The count exceeds k where a uniform word reaches the share of the words that P(count <= k) takes.
    shares = np.round(poisson.cdf(np.arange(_MOST_A_TICK), network.outside_spikes) * _WORD)
    return {
        "tau_m": network.tau,
        "v_rest": 0.0,
        "v_reset": network.reset,
        "v_threshold": network.threshold,
        # One exact step turns I into I (1 - exp(-dt / tau)); the step of v is to be J.
        "kick": network.jump / -np.expm1(-network.dt / network.tau),
        **{f"chance_{k}": float(share) for k, share in enumerate(shares)},
    }


_MOST = 499.0
"""Hz; t_ref = 2 ms lets no neuron fire faster than 500 Hz."""
_LINES = 4001


def stationary_rate(network: BrunelNetwork) -> float:
    """The self-consistent rate nu in Hz; the asynchronous state has it, whether it is stable or not."""
    from scipy.optimize import brentq

    return float(brentq(lambda rate: rate - _response(network, rate), 1e-6, _MOST))


def stationary_cv(network: BrunelNetwork) -> float:
    """The coefficient of variation of the intervals at the self-consistent rate."""
    from scipy.special import erfcx

    rate = stationary_rate(network)
    low, high = _bounds(network, rate)
    x = np.linspace(low, high, _LINES)
    # From so far below that nothing is left out; exp(y^2) (1 + erf y)^2 = exp(-y^2) erfcx(-y)^2.
    y = np.linspace(min(low, 0.0) - 6.0, high, 4 * _LINES)
    inner = np.exp(-(y**2)) * erfcx(-y) ** 2
    summed = np.concatenate([[0.0], np.cumsum((inner[1:] + inner[:-1]) / 2 * np.diff(y))])
    outer = np.exp(x**2) * np.interp(x, y, summed)
    area = float(((outer[1:] + outer[:-1]) / 2 * np.diff(x)).sum())
    return float(np.sqrt(2 * np.pi * (rate * network.tau) ** 2 * area))


def _response(network: BrunelNetwork, rate: float) -> float:
    """The rate of a neuron whose neighbours fire at a rate."""
    from scipy.integrate import quad
    from scipy.special import erfcx

    low, high = _bounds(network, rate)
    # exp(u^2) (1 + erf u) = erfcx(-u), which does not overflow below the threshold.
    area = quad(lambda u: float(erfcx(-u)), low, high)[0]
    return 1.0 / float(network.refractory + network.tau * np.sqrt(np.pi) * area)


def _bounds(network: BrunelNetwork, rate: float) -> tuple[float, float]:
    """Reset and threshold in units of sigma, from the mean potential."""
    g, inputs, external = network.inhibition, network.excitatory_inputs, network.external_rate
    drive = inputs * network.jump * network.tau
    inside = network.coupling * rate
    mean = drive * (external + inside * (1 - g / 4))
    spread = np.sqrt(drive * network.jump * (external + network.coupling * inside * (1 + g**2 / 4)))
    return float((network.reset - mean) / spread), float((network.threshold - mean) / spread)
