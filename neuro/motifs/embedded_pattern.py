"""Poisson afferents in which one spike pattern comes back again and again, at random times.

Every afferent fires at the same mean rate all the time. In each presentation the first ``involved`` afferents repeat
one fixed stretch of spikes, drawn once, at random and of the same mean rate: nothing but the timing betrays it.
Source: Masquelier, Guyonneau & Thorpe, PLoS ONE 3 (2008) e1377.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from neuro.checks import check_whole, to_ticks
from neuro.circuit import SpikeSource
from neuro.errors import InvalidInput

_DT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class EmbeddedPattern:
    """Spike trains with a pattern in them.

    Args:
        source: the spike source ``afferents``, ticks of 1 ms.
        onsets: first tick of each presentation, ascending, int64.
        length: of the pattern, ticks.
        ticks: of the whole stimulus.
    """

    source: SpikeSource
    onsets: npt.NDArray[np.int64]
    length: int
    ticks: int


def embedded_pattern(
    duration: Any,
    *,
    afferents: int = 400,
    involved: int = 300,
    rate: float = 30.0,
    length: Any = 50e-3,
    share: float = 0.4,
    seed: int = 0,
) -> EmbeddedPattern:
    """Draw the trains, the pattern and its presentations.

    Args:
        duration: seconds, whole ticks of 1 ms.
        afferents: how many.
        involved: how many of them take part in the pattern; 0 for none, which leaves plain Poisson trains.
        rate: hertz, of every afferent, inside of the pattern and outside.
        length: seconds, of the pattern.
        share: of the time that presentations take. Two of them never follow each other directly.
        seed: of everything.

    Raises:
        InvalidInput: more involved than there are, a rate above 1 kHz, a share above 1/2.
    """
    check_whole("involved", involved, 0, afferents)
    if not (0 <= rate * _DT <= 1 and 0 < share <= 0.5):
        raise InvalidInput(f"rate is {rate!r}, share {share!r}; 0 to 1000 Hz and above 0 to 1/2 are allowed")
    ticks, span = (int(to_ticks(time, _DT, "a duration")) for time in (duration, length))
    rng = np.random.default_rng(seed)
    fired = rng.random((ticks, afferents)) < rate * _DT
    pattern = np.zeros((span, involved), dtype=bool)
    # As many spikes as are expected, so that the pattern itself is neither denser nor sparser than the noise.
    pattern.flat[rng.choice(pattern.size, round(pattern.size * rate * _DT), replace=False)] = True
    onsets = _onsets(rng, ticks // span, share) * span
    for onset in onsets:
        fired[onset : onset + span, :involved] = pattern
    at, index = np.nonzero(fired)
    return EmbeddedPattern(SpikeSource("afferents", afferents, at, index), onsets, span, ticks)


def _onsets(rng: np.random.Generator, slots: int, share: float) -> npt.NDArray[np.int64]:
    """Slots with a presentation: a random set, no two of them neighbours, each such set as likely as any other."""
    count = int(slots * share)
    return np.sort(rng.choice(slots - count + 1, count, replace=False)) + np.arange(count)
