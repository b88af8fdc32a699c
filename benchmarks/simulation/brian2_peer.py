"""The network of bench ``simulation`` as a Brian2 user writes it: C++ standalone, shared constants, default flags."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from benchmarks.simulation.network import DELAY_TICKS, STDP_LARGEST, STDP_STEP
from neuro import Circuit, Spikes

_NEURONS = """
dv/dt = (v_rest - v + g + drive) / tau_m : volt (unless refractory)
dg/dt = -g / tau_g : volt
"""
_STDP = """
w : volt
dpre_trace/dt = -pre_trace / tau_stdp : volt (event-driven)
dpost_trace/dt = -post_trace / tau_stdp : volt (event-driven)
"""
_ON_PRE = "g_post += w; pre_trace += a_plus; w = clip(w - post_trace, 0*volt, w_max)"
_ON_POST = "post_trace += a_minus; w = clip(w + pre_trace, 0*volt, w_max)"


class Brian2Program:
    """The network as a compiled C++ program; ``run`` starts it anew."""

    def __init__(self, circuit: Circuit, ticks: int) -> None:
        from brian2 import Network, NeuronGroup, SpikeMonitor, defaultclock, second, volt
        from brian2.devices.device import get_device, reset_device, set_device

        (population,), (current,) = circuit.populations, circuit.inputs
        numbers = population.model.parameters
        self._folder = TemporaryDirectory(prefix="spikeloom_standalone_")
        self._size = population.size
        set_device("cpp_standalone", build_on_run=False)
        try:
            self._device = get_device()
            self._device.reinit()
            self._device.activate(build_on_run=False)
            defaultclock.dt = circuit.dt * second
            namespace = {name: float(np.asarray(numbers[name])) * volt for name in ("v_rest", "v_reset", "v_threshold")}
            namespace |= {name: float(np.asarray(numbers[name])) * second for name in ("tau_m", "tau_g")}
            namespace["drive"] = float(np.asarray(current.values)[0, 0]) * volt
            cells = NeuronGroup(
                population.size,
                _NEURONS,
                threshold="v > v_threshold",
                reset="v = v_reset",
                refractory=float(np.asarray(population.model.refractory)) * second,
                method="exact",
                namespace=namespace,
            )
            cells.v = np.asarray(population.initial["v"]) * volt
            synapses = [_synapses(cells, projection, circuit.dt) for projection in circuit.projections]
            self._monitor = SpikeMonitor(cells)
            Network([cells, *synapses, self._monitor]).run(ticks * circuit.dt * second)
            self._device.build(directory=self._folder.name, compile=True, run=False, with_output=False)
        finally:
            reset_device()
        self._dt = circuit.dt

    def run(self) -> float:
        """Run from the start; seconds of the simulation loop, as the program measures them."""
        self._device.run(str(Path(self._folder.name)), "results", with_output=False, run_args=[])
        return float(self._device._last_run_time)

    def spikes(self) -> Spikes:
        """The spikes of the last run."""
        ticks = np.rint(np.asarray(self._monitor.t) / self._dt).astype(np.int64)
        return Spikes(ticks, np.asarray(self._monitor.i).astype(np.int64), self._size)


def _synapses(cells: Any, projection: Any, dt: float) -> Any:
    from brian2 import Synapses, second, volt

    if "a_plus" in projection.parameters:
        namespace = {
            "a_plus": STDP_STEP * volt,
            "a_minus": 1.05 * STDP_STEP * volt,
            "w_max": STDP_LARGEST * volt,
            "tau_stdp": 0.02 * second,
        }
        group = Synapses(cells, cells, _STDP, on_pre=_ON_PRE, on_post=_ON_POST, namespace=namespace)
    else:
        group = Synapses(cells, cells, "w : volt", on_pre="g_post += w")
    group.connect(i=projection.connections.pre(), j=np.asarray(projection.connections.column))
    group.w = float(projection.parameters["w"]) * volt
    group.pre.delay = DELAY_TICKS * dt * second
    return group
