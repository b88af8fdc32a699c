"""What a terminal shows: tables on standard output, progress bars on standard error."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager

from neuro.progress import Advance, QuietStages

_WIDTH = 120
"""Characters a line where the output is no terminal."""


def print_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table; columns whose name ends with a space are set right. Brackets in texts are only brackets."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console()
    if not console.is_terminal:
        console = Console(width=_WIDTH)
    table = Table(title=Text(title, style="bold"), title_justify="left", box=box.SIMPLE_HEAD)
    for column in columns:
        table.add_column(column.strip(), justify="right" if column.endswith(" ") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)


class ShownStages(QuietStages):
    """Measures the stages and shows a bar for each on standard error.

    Args:
        passing: the bars vanish at the end, and are not shown at all where nobody watches (no terminal).
    """

    def __init__(self, *, passing: bool = False) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

        super().__init__()
        console = Console(stderr=True)
        self._progress = Progress(
            SpinnerColumn(finished_text="[green]✓[/]"),
            TextColumn("{task.description:<34}"),
            BarColumn(bar_width=32),
            TextColumn("{task.percentage:>3.0f} %"),
            TimeElapsedColumn(),
            console=console,
            transient=passing,
            disable=passing and not console.is_terminal,
        )

    def __enter__(self) -> ShownStages:
        return self

    def __exit__(self, *error: object) -> None:
        if self._progress.live.is_started:
            self._progress.stop()

    @contextmanager
    def stage(self, title: str, total: int | None = None) -> Iterator[Advance]:
        """Measure one stage behind a bar of its own."""
        self._progress.start()  # Only now: what is refused before the first stage shows one line and no bars.
        task = self._progress.add_task(title, total=total)
        with super().stage(title, total):
            yield lambda done: self._progress.update(task, completed=done)
        self._progress.update(task, total=total or 1, completed=total or 1)
