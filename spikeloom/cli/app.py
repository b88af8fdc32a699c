"""The command line as a whole: its commands, and how errors end it.

Exit status: 0 done; 1 the answer is no (a verification found mismatches, a bench missed a threshold); 2 the command
could not run as given, with one line on standard error that says why; 130 stopped by Ctrl-C, 143 by SIGTERM.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import FrameType
from typing import Annotated

import typer

from neuro.errors import SpikeloomError, VerificationError
from spikeloom.cli.environment import doctor_command
from spikeloom.cli.runs import bench_command, demo_command, experiment_command
from spikeloom.cli.silicon import explore_command, export_command, verify_command
from spikeloom.cli.text_memory import (
    add_texts,
    ask,
    export_texts,
    forget,
    get_texts,
    import_texts,
    info,
    list_texts,
    memory_command,
    serve,
)

_NO, _CANNOT, _STOPPED, _TERMINATED = 1, 2, 130, 143
_COMMANDS: dict[str, Callable[..., None]] = {
    "demo": demo_command,
    "export": export_command,
    "verify": verify_command,
    "explore": explore_command,
    "bench": bench_command,
    "experiment": experiment_command,
    "serve": serve,
    "doctor": doctor_command,
}
_MEMORY_COMMANDS: dict[str, Callable[..., None]] = {
    "add": add_texts,
    "ask": ask,
    "list": list_texts,
    "get": get_texts,
    "info": info,
    "forget": forget,
    "export": export_texts,
    "import": import_texts,
}

# typer carries click inside and gives no name of its own to the base of its usage errors.
_UsageError: type[Exception] = next(kind for kind in typer.BadParameter.__mro__ if kind.__name__ == "ClickException")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command with the given arguments (default: the process's own) and return its exit status."""
    given = None if arguments is None else list(arguments)
    for argument in sys.argv[1:] if given is None else given:
        # Bytes of a name that are no text: Brian2's log, for one, can't write them down.
        if any("\ud800" <= character <= "\udfff" for character in argument):
            return _complain(f"the argument {argument!a} is no UTF-8; give another name", _CANNOT)
    try:
        with _unwinding():
            status = build_app()(args=given, prog_name="spikeloom", standalone_mode=False)
    except VerificationError as error:
        return _complain(str(error), _NO)
    except SpikeloomError as error:
        return _complain(str(error), _CANNOT)
    except MemoryError as error:
        why = f" ({error})" if str(error) else ""
        return _complain(f"there is not enough memory for this{why}; give fewer ticks, or something smaller", _CANNOT)
    except _UsageError as error:
        message = getattr(error, "format_message", error.__str__)
        return _complain(message(), _CANNOT)
    except (typer.Abort, KeyboardInterrupt):
        status = _STOPPED
    if status == _STOPPED:  # typer turns Ctrl-C into this status by itself.
        return _complain("stopped; nothing was left half-written", _STOPPED)
    return status if isinstance(status, int) else 0


@contextmanager
def _unwinding() -> Iterator[None]:
    """SIGTERM unwinds the stack as Ctrl-C does, so that half-written folders and running programs go away."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def end(number: int, frame: FrameType | None) -> None:  # noqa: ARG001 - what signal.signal asks for
        raise SystemExit(_TERMINATED)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def build_app() -> typer.Typer:
    """The typer application."""
    app = _group(_root, _COMMANDS)
    app.add_typer(_group(memory_command, _MEMORY_COMMANDS), name="memory")
    return app


def _group(alone: Callable[..., None], commands: Mapping[str, Callable[..., None]]) -> typer.Typer:
    app = typer.Typer(
        add_completion=False,
        rich_markup_mode=None,
        pretty_exceptions_enable=False,
        # Where it is left out, --help is False then and not None, which typer would load pydantic to convert: .2 s.
        context_settings={"help_option_names": ["-h", "--help"], "default_map": {"help": False}},
    )
    app.callback(invoke_without_command=True)(alone)
    for name, command in commands.items():
        app.command(name)(command)
    return app


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(f"spikeloom {version('spikeloom')}")
        raise typer.Exit


def _root(
    context: typer.Context,
    version: Annotated[  # noqa: ARG001 - its callback prints it
        bool, typer.Option("--version", help="Print the version.", callback=_print_version, is_eager=True)
    ] = False,
) -> None:
    """From embeddings to spikes, memories and proven Verilog."""
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _complain(message: str, status: int) -> int:
    """One line on standard error, however long the message was."""
    sys.stderr.write(f"spikeloom: {' '.join(message.split())}\n")
    return status
