"""A Brian2 network with its parts by name, how it is run, and what its monitors saw."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from neuro.checks import check_ticks
from neuro.compiler.ir import StepProgram
from neuro.errors import UnsupportedByTarget
from neuro.simulators.brian2.winners import WinnersCount
from neuro.spikes import Progress, Recording, Spikes

if TYPE_CHECKING:
    import brian2

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

    network: brian2.Network
    groups: Mapping[str, brian2.Group]
    synapses: Mapping[str, brian2.Synapses]
    spikes: Mapping[str, brian2.SpikeMonitor]
    states: Mapping[tuple[str, str], brian2.StateMonitor]
    winners: Mapping[str, WinnersCount]
    clock: brian2.Clock


def assemble(
    program: StepProgram,
    groups: Mapping[str, brian2.Group],
    synapses: Mapping[str, brian2.Synapses],
    operations: Sequence[brian2.BrianObject],
    winners: Mapping[str, WinnersCount],
    clock: brian2.Clock,
) -> Brian2Network:
    """The network of these parts, with monitors for the spikes and for the program's probes.

    A probe reads after everything else.
    """
    from brian2 import Network, SpikeMonitor, StateMonitor, second

    firing = {name: group for name, group in groups.items() if "spike" in group.events}
    monitors = {name: SpikeMonitor(group, name=f"spikes_{name}*") for name, group in firing.items()}
    probed = {**groups, **synapses}
    states = {
        (probe.of, probe.variable): StateMonitor(
            probed[probe.of],
            probe.variable,
            record=True,
            dt=probe.every * program.dt * second,
            when="end",
            order=AFTER_ALL,
            name=f"probe_{probe.of}_{probe.variable}*",
        )
        for probe in program.probes
        if probe.of in probed
    }
    parts = [*groups.values(), *synapses.values(), *operations, *monitors.values(), *states.values()]
    return Brian2Network(Network(parts), groups, synapses, monitors, states, winners, clock)


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


def run_brian2(network: brian2.Network, duration: brian2.Quantity) -> None:
    """Run a ``brian2.Network``; where Brian2 can't solve the equations, say so in the project's own words.

    Raises:
        UnsupportedByTarget: a linear system that oscillates, for Brian2 2.9.0 has no exact form of complex eigenvalues;
            or a name that its solver takes for a function.
    """
    from brian2 import BrianObjectException
    from brian2.stateupdaters.base import UnsupportedEquationsException
    from sympy import SympifyError

    try:
        network.run(duration, namespace={})
    except BrianObjectException as error:
        if isinstance(error.__cause__, SympifyError):
            raise UnsupportedByTarget(
                f"exact integration of a variable that is called like a function of sympy ({error.__cause__.expr!r})",
                "Brian2",
                "rename it, run the lowered program with Brian2Lowered, or choose another method",
            ) from error
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
            # What the compiler keeps for itself, such as a name of a block, has no variable in the native text.
            if group is not None and state.name not in group.variables:
                continue
            values = state.initial
            if group is not None:
                # A linked variable is the other group's: seen through the group it has one value a neuron.
                linked = group.variables.indices[state.name] not in ("_idx", "0")
                seen = (
                    group.state(state.name, use_units=False)[:] if linked else group.variables[state.name].get_value()
                )
                values = np.array(seen)
            final[owner.name, state.name] = values.astype(dtype)
    return Recording(program.dt, ticks, spikes, probes, final)
