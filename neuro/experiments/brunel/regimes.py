"""Four regimes of one network, told apart by two questions that the paper asks.

Does the activity of the population stay level (asynchronous) or swing (synchronous)? The modulation answers,

    m = (var(n) - mean(n)) / mean(n)^2      of the spikes n of all neurons in bins of 0.5 ms,

which is 0 for independent Poisson neurons of any number and 1/2 for a rate that swings like a full sine, the border.
Do neurons fire like clocks (regular) or like dice (irregular)? The CV of the intervals answers: nearer to 0, or nearer
to that of the theory for white noise. Finite networks lie below the theory, for their inputs are no white noise.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from neuro.analysis.statistics import Spectrum, interval_cv, population_counts, population_rate, population_spectrum
from neuro.circuit.connections import Connections
from neuro.experiments.brunel.network import BrunelNetwork, brunel_circuit, stationary_cv
from neuro.experiments.experiment import Published, Row, at_least, at_most
from neuro.progress import Stages
from neuro.simulators import simulate
from neuro.spikes import Recording

SOURCE = "Brunel (2000), figure 8"
_BIN = 5e-4
_FULL_SINE = 0.5
_MOST_REGULAR, _LEAST_IRREGULAR = 0.1, 0.5
_FAST = 100.0
_OFF = 20.0


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
            None if regime.rate is None else Published(regime.rate, SOURCE),
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
        published = None if regime.frequency is None else Published(regime.frequency, SOURCE)
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
