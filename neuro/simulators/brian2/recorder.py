"""A Brian2 network with its parts by name, how it is run, and what its monitors saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from neuro.checks import check_ticks
from neuro.circuit.circuit import Probe
from neuro.compiler.ir import ProbeProgram, StepProgram
from neuro.errors import UnsupportedByTarget
from neuro.simulators.brian2.winners import WinnersCount
from neuro.spikes import Progress, Recording, Spikes

AFTER_ALL = 1_000_000
"""An order behind everything else in a slot."""


@contextmanager
def on_numpy() -> Iterator[None]:
    """Build and run on Brian2's numpy target; the user's preference comes back at the end.

    Brian2's default compiles a C extension for every kind of synapse, about 15 s each on a new machine.
    """
    from brian2 import prefs

    before = prefs.codegen.target
    prefs.codegen.target = "numpy"
    try:
        yield
    finally:
        prefs.codegen.target = before


@dataclass(frozen=True, slots=True, eq=False)
class Brian2Network:
    """A Brian2 network with its parts by the names of the circuit.

    Args:
        network: the ``brian2.Network``; run it with ``network.run(...)``.
        groups: population or source name -> NeuronGroup or SpikeGeneratorGroup.
        synapses: projection name -> Synapses.
        spikes: population or source name -> SpikeMonitor.
        states: (name, variable) -> StateMonitor.
        winners: population name -> its winners rule.
        clock: the clock that all parts share.
    """

    network: Any
    groups: Mapping[str, Any]
    synapses: Mapping[str, Any]
    spikes: Mapping[str, Any]
    states: Mapping[tuple[str, str], Any]
    winners: Mapping[str, WinnersCount]
    clock: Any


def run_network(network: Brian2Network, ticks: int, dt: float, progress: Progress | None) -> int:
    """Run for a number of ticks, in parts where somebody wants to see the progress; gives the ticks done.

    Raises:
        KeyboardInterrupt: Ctrl-C. Brian2 takes the first one for itself, ends its run early, and returns as if all was
            done.
    """
    from brian2 import second

    check_ticks(ticks)
    done, start = 0, float(network.network.t)
    while done < ticks:
        step = ticks - done if progress is None else min(500, ticks - done)
        run_brian2(network.network, step * dt * second)
        done += step
        if float(network.network.t) < start + (done - 0.5) * dt:
            raise KeyboardInterrupt
        if progress is not None and progress(done) is False:
            break
    return done


def run_brian2(network: Any, duration: Any) -> None:
    """Run a ``brian2.Network``; where Brian2 can't solve the equations, say so in the project's own words.

    Raises:
        UnsupportedByTarget: a linear system that oscillates; Brian2 2.9.0 has no exact form of complex eigenvalues.
    """
    from brian2 import BrianObjectException
    from brian2.stateupdaters.base import UnsupportedEquationsException

    try:
        network.run(duration, namespace={})
    except BrianObjectException as error:
        if not isinstance(error.__cause__, UnsupportedEquationsException):
            raise
        raise UnsupportedByTarget(
            f"these equations with their integration method ({error.__cause__})",
            "Brian2",
            "run the lowered program with Brian2Lowered, or choose another method",
        ) from error


def recording(network: Brian2Network, program: StepProgram, ticks: int) -> Recording:
    """What the monitors of a network saw, in the project's own form."""
    spikes = {}
    for part in program.neurons:
        monitor = network.spikes.get(part.name)
        at = np.zeros(0) if monitor is None else np.asarray(monitor.t) / program.dt
        index = np.zeros(0) if monitor is None else np.asarray(monitor.i)
        spikes[part.name] = Spikes(np.rint(at).astype(np.int64), index.astype(np.int64), part.size)
    dtype = np.int64 if program.quantised else np.float64
    probes = {}
    for probe in program.probes:
        rows = -(-ticks // probe.every)
        monitor = network.states.get((probe.of, probe.variable))
        values = np.zeros((rows, 0)) if monitor is None else np.array(monitor.variables[probe.variable].get_value())
        probes[probe.of, probe.variable] = values.astype(dtype)
    final = {}
    for owner in program.stateful:
        group = network.groups.get(owner.name, network.synapses.get(owner.name))
        for state in owner.states:
            values = state.initial if group is None else np.array(group.variables[state.name].get_value())
            final[owner.name, state.name] = values.astype(dtype)
    return Recording(program.dt, ticks, spikes, probes, final)


def state_monitors(
    probes: Sequence[Probe | ProbeProgram], groups: Mapping[str, Any], dt: float
) -> dict[tuple[str, str], Any]:
    """One StateMonitor a probe, reading after everything else."""
    from brian2 import StateMonitor, second

    return {
        (probe.of, probe.variable): StateMonitor(
            groups[probe.of],
            probe.variable,
            record=True,
            dt=probe.every * dt * second,
            when="end",
            order=AFTER_ALL,
            name=f"probe_{probe.of}_{probe.variable}*",
        )
        for probe in probes
        if probe.of in groups
    }
