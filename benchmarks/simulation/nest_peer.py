"""The network of bench ``simulation`` in NEST: the same neurons, synapses and delays, one thread.

NEST's ``iaf_psc_exp`` takes the same exact step. It holds a neuron for t_ref whole steps after the spike's own, we
until the step before: t_ref is one step shorter here. Volts become mV, and with C = tau_m (in pF and ms) pA are mV.
"""

from __future__ import annotations

import contextlib
import io
import time
from typing import Any

import numpy as np

from benchmarks.simulation.network import DELAY_TICKS, STDP_LARGEST, STDP_STEP
from neuro import Circuit, Spikes
from neuro.errors import ToolError

_MILLI = 1e3


class NestNetwork:
    """A network built in NEST; ``run`` continues it and gives seconds and spikes.

    Raises:
        ToolError: NEST is not installed.
    """

    def __init__(self, circuit: Circuit) -> None:
        self._nest = _nest()
        nest = self._nest
        nest.ResetKernel()
        nest.verbosity = nest.VerbosityLevel.ERROR
        nest.local_num_threads = 1
        nest.resolution = circuit.dt * _MILLI
        (population,) = circuit.populations
        values = {name: float(np.asarray(value)) * _MILLI for name, value in population.model.parameters.items()}
        self._dt = circuit.dt
        self._size = population.size
        self._cells = nest.Create(
            "iaf_psc_exp",
            population.size,
            {
                "tau_m": values["tau_m"],
                "C_m": values["tau_m"],
                "tau_syn_ex": values["tau_g"],
                "tau_syn_in": values["tau_g"],
                "E_L": values["v_rest"],
                "V_reset": values["v_reset"],
                "V_th": values["v_threshold"],
                "t_ref": float(np.asarray(population.model.refractory)) * _MILLI - circuit.dt * _MILLI,
            },
        )
        self._cells.V_m = np.asarray(population.initial["v"]) * _MILLI
        (current,) = circuit.inputs
        self._cells.I_e = np.asarray(current.values)[0] * _MILLI
        for projection in circuit.projections:
            self._connect(projection)
        self._recorder = nest.Create("spike_recorder")
        nest.Connect(self._cells, self._recorder)

    def _connect(self, projection: Any) -> None:
        weight = float(projection.parameters["w"]) * _MILLI
        synapse: dict[str, Any] = {"synapse_model": "static_synapse"}
        if "a_plus" in projection.parameters:
            synapse = {
                "synapse_model": "stdp_synapse",
                "tau_plus": 20.0,
                # NEST's steps are parts of Wmax; exponents of 0 make the rule additive.
                "lambda": STDP_STEP / STDP_LARGEST,
                "alpha": 1.05,
                "mu_plus": 0.0,
                "mu_minus": 0.0,
                "Wmax": STDP_LARGEST * _MILLI,
            }
        pre = projection.connections.pre() + 1
        post = np.asarray(projection.connections.column) + 1
        synapse |= {"weight": np.full(pre.size, weight), "delay": np.full(pre.size, DELAY_TICKS * self._dt * _MILLI)}
        if "lambda" in synapse:
            synapse |= {name: np.full(pre.size, value) for name, value in synapse.items() if isinstance(value, float)}
        self._nest.Connect(pre, post, "one_to_one", synapse)

    def run(self, ticks: int) -> float:
        """Advance by a number of ticks; seconds of the simulation loop."""
        self._nest.Prepare()
        start = time.perf_counter()
        self._nest.Run(ticks * self._dt * _MILLI)
        seconds = time.perf_counter() - start
        self._nest.Cleanup()
        return seconds

    def spikes(self) -> Spikes:
        """All spikes so far; NEST dates a spike at the end of its step."""
        events = self._recorder.events
        ticks = np.rint(np.asarray(events["times"]) / (self._dt * _MILLI)).astype(np.int64) - 1
        indices = np.asarray(events["senders"]).astype(np.int64) - 1
        order = np.lexsort((indices, ticks))
        return Spikes(ticks[order], indices[order], self._size)


def _nest() -> Any:
    try:
        # NEST greets at its import.
        with contextlib.redirect_stdout(io.StringIO()):
            import nest
    except ImportError:
        raise ToolError("NEST is not installed; pip install 'spikeloom[bench]', or choose other rows") from None
    return nest
