"""Brunel's network of sparse excitation and inhibition, and its four regimes.

    tau dv/dt = -v + R I(t),     a spike arriving after the delay moves v by J (excitatory) or -g J (inhibitory)

Every neuron gets C_E = 0.1 N_E excitatory and C_I = C_E / 4 inhibitory synapses at random, and C_E outside ones whose
spikes come at nu_ext each. nu_ext is given relative to nu_thr = theta / (J C_E tau), which alone would hold the mean
potential at the threshold. In the stationary state a neuron of the network keeps itself going at the rate nu:

    mu    = C_E J tau (nu_ext + nu (1 - g / 4)),      sigma^2 = C_E J^2 tau (nu_ext + nu (1 + g^2 / 4))
    1 / nu = t_ref + tau sqrt(pi) int_{y_r}^{y_th} exp(u^2) (1 + erf u) du,      y = (v - mu) / sigma
    CV^2   = 2 pi (nu tau)^2 int_{y_r}^{y_th} exp(x^2) int_{-inf}^{x} exp(y^2) (1 + erf y)^2 dy dx

for white noise: with the paper's parameters it gives the paper's 55.8, 38.0 and 6.5 Hz.

The regimes are told apart by two questions that the paper asks. Does the activity of the population stay level
(asynchronous) or swing (synchronous)? The modulation answers,

    m = (var(n) - mean(n)) / mean(n)^2      of the spikes n of all neurons in bins of 0.5 ms,

which is 0 for independent Poisson neurons of any number and 1/2 for a rate that swings like a full sine, the border.
Do neurons fire like clocks (regular) or like dice (irregular)? The CV of the intervals answers: nearer to 0, or nearer
to that of the theory for white noise. Finite networks lie below the theory, for their inputs are no white noise.

Source: Brunel, Dynamics of sparsely connected networks of excitatory and inhibitory spiking neurons, J. Comput.
Neurosci. 8 (2000) 183, model A.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from neuro.analysis.statistics import Spectrum, interval_cv, population_counts, population_rate, population_spectrum
from neuro.circuit.circuit import Circuit, Population, Projection
from neuro.circuit.connections import Connections
from neuro.errors import InvalidInput
from neuro.experiments.experiment import Experiment, Published, Result, Row, at_least, at_most
from neuro.models import LIF_DELTA
from neuro.models.base import NeuronModel
from neuro.models.static import static_synapse
from neuro.progress import Stages
from neuro.simulators import simulate
from neuro.spikes import Recording, Spikes

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_WORD = 2.0**32
_MOST_A_TICK = 24
"""Outside spikes that a neuron can get in one tick; with the mean of 4 of the strongest drive, 1 in 10^11 ticks has
more."""
_MOST_MEAN = 5.0
_MOST_RATE = 499.0
"""Hz; t_ref = 2 ms lets no neuron fire faster than 500 Hz."""
_LINES = 4001

_PAPER = "Brunel, J. Comput. Neurosci. 8 (2000)"
_FIGURE = "Brunel (2000), figure 8"
_BIN = 5e-4
_FULL_SINE = 0.5
_MOST_REGULAR, _LEAST_IRREGULAR = 0.1, 0.5
_FAST = 100.0
_OFF = 20.0

_SHOWN = 50
_COARSE, _FINE = 1e-3, 2e-4
_SHORT = 0.05
_CYCLES, _LONGEST = 12, 0.4
"""Neurons in a raster; seconds of a bin, in plots of more and of less than the short time; cycles and seconds shown."""


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


def stationary_rate(network: BrunelNetwork) -> float:
    """The self-consistent rate nu in Hz; the asynchronous state has it, whether it is stable or not."""
    from scipy.optimize import brentq

    return float(brentq(lambda rate: rate - _response(network, rate), 1e-6, _MOST_RATE))


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


@dataclass(frozen=True, slots=True)
class Regime:
    """One point of the paper's phase diagram and what the paper finds there.

    Args:
        name: short, for rows.
        inhibition, drive: g and nu_ext / nu_thr.
        synchronous, irregular: what it is.
        settle, observe: seconds left out, and seconds measured.
        rate, frequency: Hz in the paper's simulation; None where it gives none.
    """

    name: str
    inhibition: float
    drive: float
    synchronous: bool
    irregular: bool
    settle: float
    observe: float
    rate: float | None = None
    frequency: float | None = None

    @property
    def segment(self) -> float:
        """Length of a segment of the spectrum in seconds: half of the time observed."""
        return self.observe / 2


REGIMES = (
    Regime("sr", 3.0, 2.0, True, False, settle=0.1, observe=0.1),
    Regime("si-fast", 6.0, 4.0, True, True, settle=0.2, observe=0.4, rate=60.7, frequency=180.0),
    Regime("ai", 5.0, 2.0, False, True, settle=0.2, observe=1.0, rate=37.7),
    Regime("si-slow", 4.5, 0.9, True, True, settle=0.2, observe=2.0, rate=5.5, frequency=22.0),
)
"""A to D of the paper's figure 8."""


@dataclass(frozen=True, slots=True, eq=False)
class Observed:
    """What a run in one regime showed.

    Args:
        rate: mean of all neurons in Hz.
        cv: mean over the neurons with three spikes or more.
        modulation: m, see above.
        spectrum: of the population rate.
        frequency: its highest peak in Hz.
    """

    regime: Regime
    network: BrunelNetwork
    recording: Recording
    rate: float
    cv: float
    modulation: float
    spectrum: Spectrum
    frequency: float


def observe(
    regime: Regime, network: BrunelNetwork, connections: tuple[Connections, Connections], seed: int, stages: Stages
) -> Observed:
    """Run the network in one regime and measure it once it has settled."""
    start, stop = (round(time / network.dt) for time in (regime.settle, regime.settle + regime.observe))
    circuit = brunel_circuit(network, connections, seed)
    with stages.stage(f"Simulate {regime.name}", stop) as advance:
        recording = simulate(circuit, stop, progress=advance)
    spikes, dt = recording.spikes["neurons"], network.dt
    counts = population_counts(spikes, dt, _BIN, stop=stop, start=start)
    mean = counts.mean()
    spectrum = population_spectrum(spikes, dt, bin_width=_BIN, segment=regime.segment, stop=stop, start=start)
    cvs = interval_cv(spikes.between(start, stop))
    return Observed(
        regime,
        network,
        recording,
        rate=population_rate(spikes, dt, stop=stop, start=start),
        cv=float(np.mean(cvs[~np.isnan(cvs)])) if not np.isnan(cvs).all() else float("nan"),
        modulation=float((counts.var() - mean) / mean**2) if mean > 0 else float("nan"),
        spectrum=spectrum,
        frequency=spectrum.peak(5.0, 1 / (2 * _BIN)).frequency,
    )


def judge(seen: Observed) -> list[Row]:
    """The rows of one regime."""
    regime, name = seen.regime, seen.regime.name
    border = at_least(_FULL_SINE) if regime.synchronous else at_most(_FULL_SINE)
    rows = [
        Row(
            f"{name}-rate",
            seen.rate,
            "Hz",
            None if regime.irregular else at_least(_FAST),
            None if regime.rate is None else Published(regime.rate, _FIGURE),
        ),
        Row(f"{name}-modulation", seen.modulation, "", border, note="1/2 is a full sine, 0 independent neurons"),
        Row(f"{name}-cv", seen.cv, "", None if regime.irregular else at_most(_MOST_REGULAR)),
    ]
    if regime.irregular:
        theory = stationary_cv(seen.network)
        share = f"of the CV {theory:.2f} of the theory for white noise"
        rows.append(Row(f"{name}-irregularity", seen.cv / theory, "", at_least(_LEAST_IRREGULAR), note=share))
    if regime.rate is not None:
        rows.append(_off(f"{name}-rate", seen.rate, regime.rate))
    if regime.synchronous:
        published = None if regime.frequency is None else Published(regime.frequency, _FIGURE)
        rows.append(Row(f"{name}-frequency", seen.frequency, "Hz", published=published))
    if regime.frequency is not None:
        rows.append(_off(f"{name}-frequency", seen.frequency, regime.frequency))
    if regime.synchronous and regime.irregular:
        rows.append(
            Row(f"{name}-cycles-a-spike", seen.frequency / seen.rate, "", at_least(2.0), note="neurons skip cycles")
        )
    return rows


def _off(name: str, value: float, published: float) -> Row:
    return Row(f"{name}-off", 100 * abs(value / published - 1), "% of the paper's", at_most(_OFF))


def run_brunel(
    seed: int,
    stages: Stages,
    *,
    regimes: Sequence[Regime] = REGIMES,
    excitatory: int = 10_000,
    coupling: float = 1.0,
) -> Result:
    """Run the regimes on one set of connections.

    Args:
        seed: of connections, drive and start.
        stages: what to report to.
        regimes: which.
        excitatory: N_E; the published figures are those of 10,000.
        coupling: scales the synapses inside the network.
    """
    with stages.stage("Draw the connections"):
        connections = draw_connections(excitatory, seed)
    networks = [BrunelNetwork(regime.inhibition, regime.drive, excitatory, coupling) for regime in regimes]
    seen = [
        observe(regime, network, connections, seed, stages) for regime, network in zip(regimes, networks, strict=True)
    ]
    rows = [row for observed in seen for row in judge(observed)]
    return Result(rows, (seed,), {"regimes": lambda: plot_regimes(seen), "spectra": lambda: plot_spectra(seen)})


def plot_regimes(seen: Sequence[Observed]) -> Axes:
    """As the paper's figure 8: one column a regime, 50 neurons above, the rate of all below."""
    from neuro.analysis.plots import PALETTE, figure_of, new_axes, plot_spikes

    figure = figure_of(new_axes(3.4 * len(seen), 4.6))
    figure.clear()
    grid = figure.subplots(2, len(seen), squeeze=False, sharex="col", height_ratios=(2, 1))
    for observed, (above, below) in zip(seen, grid.T, strict=True):
        start, stop = _window(observed)
        plot_spikes(_some(observed.recording), start=start, stop=stop, axes=above, s=5)
        above.set_yticks([])
        above.set_xlabel("")
        above.set_title(
            f"{observed.regime.name}: g = {observed.regime.inhibition:g}, drive {observed.regime.drive:g}\n"
            f"{observed.rate:.3g} Hz, CV {observed.cv:.2f}, m = {observed.modulation:.2g}",
            fontsize=10,
        )
        dt, spikes = observed.network.dt, observed.recording.spikes["neurons"]
        width = _FINE if stop - start < round(_SHORT / dt) else _COARSE
        rate = population_counts(spikes, dt, width, stop=stop, start=start) / (width * spikes.size)
        at = (start * dt + np.arange(len(rate)) * width) * 1e3
        below.fill_between(at, rate, step="post", color=PALETTE[0], linewidth=0)
        below.set_ylim(bottom=0)
        below.set_xlabel("time (ms)")
    grid[0, 0].set_ylabel(f"{_SHOWN} neurons")
    grid[1, 0].set_ylabel("rate (Hz)")
    return figure.axes[0]


def plot_spectra(seen: Sequence[Observed]) -> Axes:
    """The spectrum of the population rate of each regime."""
    from neuro.analysis.plots import figure_of, new_axes, plot_spectrum

    figure = figure_of(new_axes(3.4 * len(seen), 3.2))
    figure.clear()
    row = figure.subplots(1, len(seen), squeeze=False)[0]
    for observed, axes in zip(seen, row, strict=True):
        highest = float(np.clip(5 * observed.frequency, 100.0, 1000.0))
        band = (0.8 * observed.frequency, 1.2 * observed.frequency) if observed.regime.synchronous else None
        plot_spectrum(observed.spectrum, band=band, highest=highest, axes=axes)
        axes.set_title(observed.regime.name, fontsize=10)
    return figure.axes[0]


def _window(observed: Observed) -> tuple[int, int]:
    """The ticks to show: some cycles at the end of the run."""
    length = _CYCLES / observed.frequency if observed.regime.synchronous else _LONGEST / 2
    shown = round(min(length, _LONGEST, observed.regime.observe) / _COARSE) * round(_COARSE / observed.network.dt)
    return observed.recording.ticks - shown, observed.recording.ticks


def _some(recording: Recording) -> Recording:
    spikes = recording.spikes["neurons"]
    kept = spikes.indices < _SHOWN
    return Recording(
        recording.dt, recording.ticks, {"neurons": Spikes(spikes.ticks[kept], spikes.indices[kept], _SHOWN)}
    )


BRUNEL = Experiment(
    "brunel",
    "Four regimes of a sparse random network, told apart by synchrony and irregularity",
    _PAPER,
    run_brunel,
)
"""12,500 neurons at the four points of the paper's figure 8."""
