"""Walking a log under a progress bar."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from tlog.walk import Walk


def with_progress(walk: Walk, what: str, size: int, console: Console, start: int = 0) -> Iterator[list[bytes]]:
    """The entries of a walk to `size`, from `start` on, as it gives them. `what` it is doing is said before the bar."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TextColumn("entries"), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        bar = progress.add_task("", total=size, completed=start)
        for first, entries in walk:
            progress.update(bar, completed=first + len(entries))
            yield entries
