"""What resonators hear: ``python -m benchmarks.resonance.resonators_plot docs/images/NAME.png``."""

from __future__ import annotations

import math
import sys
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from neuro.analysis.plots import PALETTE
from neuro.resonance import ResonantLayer, Scan

Array = npt.NDArray[np.float64]

_PERIOD, _PULSE = 20, 0.7
_UNITS, _STEPS = 64, 2000


def doublet(gap: int, steps: int = 90) -> tuple[Array, Array]:
    """State and spikes of one resonator of period 20 under two pulses so many steps apart."""
    layer = ResonantLayer(1, omega=(2 * math.pi / _PERIOD,) * 2, tau=(30.0, 30.0), theta=1.0).double()
    drive = torch.zeros(steps, 1, 1, dtype=torch.float64)
    drive[[5, 5 + gap]] = _PULSE
    with torch.no_grad():
        run = layer(drive)
        # Re z comes from the run; Im z from runs of every length.
        y = [float(layer.listen(drive[: step + 1], None, Scan()).y) for step in range(steps)]
    return run.x[:, 0, 0].numpy() + 1j * np.array(y), run.spikes[:, 0, 0].numpy()


def chirp() -> tuple[Array, Array, Any]:
    """A tone that rises from 0 to pi radian a step, what each of 64 resonators fires to it, and their angles."""
    layer = ResonantLayer(_UNITS, omega=(0.05, 3.1), tau=(40.0, 40.0), theta=1.0).double()
    angle = torch.linspace(0.0, math.pi, _STEPS, dtype=torch.float64).cumsum(0)
    tone = torch.cos(angle)
    with torch.no_grad():
        run = layer(0.09 * tone[:, None, None].expand(-1, 1, _UNITS))
    return tone.numpy(), run.spikes[:, 0].numpy(), layer.omega.detach().numpy()


def _draw_doublets(time: Axes, plane: Axes) -> None:
    for colour, gap, name in zip(PALETTE, (_PERIOD, _PERIOD * 3 // 2), ("a period", "1.5 periods"), strict=False):
        z, spikes = doublet(gap)
        time.plot(z.real, color=colour, label=f"pulses {name} apart")
        plane.plot(z.real, z.imag, color=colour, lw=1)
        fired = np.flatnonzero(spikes)
        time.plot(fired, z.real[fired], "o", ms=5, color=colour)
        plane.plot(z.real[fired], z.imag[fired], "o", ms=5, color=colour)
    time.axhline(1.0, color="grey", ls=":", lw=1, label="threshold")
    plane.axvline(1.0, color="grey", ls=":", lw=1)
    time.set(xlabel="step", ylabel="Re z", title="The rhythm decides, not the sum")
    time.legend(fontsize=8, loc="upper right")
    plane.set(xlabel="Re z", ylabel="Im z", title="The same in the phase plane", aspect="equal")


def draw(path: Path) -> None:
    """Two pulses in and out of rhythm, over time and in the phase plane; a layer under a rising tone."""
    figure = Figure(figsize=(11, 3.6), layout="constrained")
    time, plane, raster = figure.subplots(1, 3, width_ratios=(1.2, 1, 1.4))
    _draw_doublets(time, plane)
    _, spikes, omega = chirp()
    ticks, units = np.nonzero(spikes)
    raster.plot(ticks, omega[units], ".", ms=2, color=PALETTE[0])
    raster.plot([0, _STEPS], [0, math.pi], color="grey", ls=":", lw=1, label="the tone")
    raster.set(xlabel="step", ylabel="angle of the resonator, radian a step", title="64 resonators hear a rising tone")
    raster.legend(fontsize=8, loc="upper left")
    figure.savefig(path, dpi=110)


if __name__ == "__main__":
    draw(Path(sys.argv[1]))
