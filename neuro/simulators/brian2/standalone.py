"""Brian2Standalone: the circuit's own text as one C++ program, built once and run as often as wanted.

Brian2's device ``cpp_standalone`` writes the program; a second run with other numbers starts the same binary. The
compiler keeps to IEEE arithmetic (no fast math, no fused multiply-add), so that results stay Brian2's own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from neuro.arrays import Value
from neuro.checks import check_ticks
from neuro.circuit.circuit import Circuit
from neuro.compiler.equations import quantity
from neuro.compiler.integrate_nonlinear import is_noise
from neuro.compiler.ir import TOTALS, StepProgram
from neuro.compiler.lower_circuit import lower
from neuro.errors import InvalidInput, ToolError, UnsupportedByTarget
from neuro.simulators.brian2.recorder import Brian2Network, recording, run_brian2
from neuro.simulators.brian2.reference import get_names, native_network
from neuro.simulators.brian2.winners import cpp_winners
from neuro.spikes import Progress, Recording

if TYPE_CHECKING:
    import brian2
    from brian2.core.variables import VariableView
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice

_COMPILER_FLAGS = ("-w", "-O2", "-std=c++11", "-ffp-contract=off")
_DEVICE = "spikeloom_standalone"


@dataclass(frozen=True, slots=True)
class Brian2Standalone:
    """Brian2's C++ standalone mode: about 20 s to build, then fast and without Python.

    Args:
        brian2_flags: compile with Brian2's own flags (fast math) in place of strict ones; then only spikes of circuits
            that forgive a last bit are equal.
        directory: where the C++ project is written and kept; None: a temporary folder, gone with the build.

    Raises:
        UnsupportedByTarget: the circuit has restarts, for which standalone programs have no word.
        ToolError: the C++ compiler or the program failed.
    """

    directory: Path | str | None = None
    brian2_flags: bool = False

    def run(self, circuit: Circuit, ticks: int, progress: Progress | None = None) -> Recording:
        """Build the program and run it once; ``progress`` is called at the end only."""
        result = self.build(circuit, ticks).run()
        if progress is not None:
            progress(ticks)
        return result

    def build(self, circuit: Circuit, ticks: int) -> StandaloneBuild:
        """Write and compile the program for a number of ticks, without running it."""
        from brian2 import second

        check_ticks(ticks)
        if circuit.restarts:
            raise UnsupportedByTarget(
                f"the restart of population {circuit.restarts[0].population!r}",
                "Brian2 standalone",
                "use Brian2Reference, or one circuit a presentation",
            )
        _check_supported(circuit)
        program = lower(circuit)
        folder = TemporaryDirectory(prefix="spikeloom_standalone_") if self.directory is None else None
        path = Path(folder.name if folder is not None else str(self.directory)).absolute()
        with _standalone_device(strict=not self.brian2_flags) as device:
            network = native_network(circuit, cpp_winners)
            run_brian2(network.network, ticks * circuit.dt * second)
            _guarded(
                lambda: device.build(directory=str(path), compile=True, run=False, with_output=False, direct_call=False)
            )
        return StandaloneBuild(path, program, ticks, network, device, folder)


@dataclass(frozen=True, slots=True, eq=False)
class StandaloneBuild:
    """A compiled circuit.

    Args:
        directory: the C++ project.
        program: the lowered circuit, which says how results are read.
        ticks: for how many ticks it runs.
        network, device: Brian2's objects.
        folder: keeps a temporary folder alive.
    """

    directory: Path
    program: StepProgram
    ticks: int
    network: Brian2Network
    device: CPPStandaloneDevice
    folder: TemporaryDirectory[str] | None = field(default=None, repr=False)

    def run(self, parameters: Mapping[tuple[str, str], Value] | None = None) -> Recording:
        """Run the program from its start.

        Args:
            parameters: (population or projection, variable) -> value for this run: a number in SI units, an array
                with one value a neuron or synapse, or a Brian2 quantity. Parameters that the equations declare and
                initial values of states can be given; all others keep the values of the circuit.

        Raises:
            InvalidInput: no such variable, or a parameter that the equations do not declare and which is thus
                compiled in.
            ToolError: the program failed.
        """
        arguments = {self._view(*key): self._value(key, value) for key, value in (parameters or {}).items()}
        _guarded(lambda: self.device.run(str(self.directory), "results", with_output=False, run_args=arguments))
        return recording(self.network, self.program, self.ticks)

    def _view(self, name: str, variable: str) -> VariableView:
        group = self.network.groups.get(name, self.network.synapses.get(name))
        if group is None:
            known = [*self.network.groups, *self.network.synapses]
            raise InvalidInput(f"no population or projection {name!r} was built; there are {known}")
        declared = group.user_equations if name in self.network.groups else group.equations
        names = sorted(set(declared.diff_eq_names) | set(declared.parameter_names))
        if variable not in names:
            raise InvalidInput(
                f"{name!r} has no variable {variable!r} that a build can change; it has {', '.join(names)}. "
                "A parameter that the equations do not declare is compiled in: declare it with (constant)"
            )
        return getattr(group, variable)

    def _value(self, key: tuple[str, str], value: Value) -> brian2.Quantity:
        from brian2.units.fundamentalunits import Quantity

        view = self._view(*key)
        given = quantity(value, view.dim, f"parameter {key[1]!r} of {key[0]!r}").values
        if given.shape not in ((), (len(view),)):
            raise InvalidInput(f"{key[0]}.{key[1]} has shape {given.shape}; () or ({len(view)},) is allowed")
        return Quantity(given, dim=view.dim)


def _check_supported(circuit: Circuit) -> None:
    """Refuse what a standalone program would drop without a word, or has no C++ for."""
    for operation in circuit.operations:
        if set(get_names(operation.code)) & set(TOTALS):
            raise UnsupportedByTarget(
                f"a sum over synapses in operation {operation.name!r}", "Brian2 standalone", "use Brian2Reference"
            )
    for part in circuit.populations:
        model = part.model
        names = get_names(" ".join((model.equations, model.threshold or "", model.reset, model.every_tick)))
        drawn = sorted(name for name in names if is_noise(name) or name.startswith("random_"))
        if drawn:
            raise UnsupportedByTarget(
                f"the random number {drawn[0]!r} in population {part.name!r}",
                "Brian2 standalone",
                "use Brian2Reference",
            )


def _guarded(step: Callable[[], None]) -> None:
    """Run a step of Brian2's device; what fails there is an outside program."""
    try:
        step()
    except (RuntimeError, OSError) as error:
        raise ToolError(f"Brian2's C++ program failed: {' '.join(str(error).split())[:300]}") from error


@contextmanager
def _standalone_device(*, strict: bool) -> Iterator[CPPStandaloneDevice]:
    """A standalone device of its own, active inside; the user's device and preferences come back at the end."""
    from brian2 import prefs
    from brian2.devices.cpp_standalone.device import CPPStandaloneDevice
    from brian2.devices.device import all_devices, reset_device, set_device

    names = ("codegen.cpp.extra_compile_args_gcc", "devices.cpp_standalone.extra_make_args_unix")
    before = {name: prefs[name] for name in names}
    device = CPPStandaloneDevice()
    all_devices[_DEVICE] = device
    set_device(_DEVICE, build_on_run=False)
    try:
        if strict:
            prefs[names[0]] = list(_COMPILER_FLAGS)
        prefs[names[1]] = ["-j2"]
        yield device
    finally:
        for name, value in before.items():
            prefs[name] = value
        reset_device()
        del all_devices[_DEVICE]
