"""Starts a service whose clock is ahead by the days that a file says, so that a test can let years pass meanwhile.

log.launcher = ("tests.time_machine", str(days_file))      # python -m tests.time_machine FILE SERVICE
days_file.write_text("400")                                # any time before or after the start
"""

from __future__ import annotations

import runpy
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from kit import service


class ClockAhead:
    """The machine's clock, and the days of the file."""

    def __init__(self, file: Path) -> None:
        self._file = file

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=int(self._file.read_text() or 0))


if __name__ == "__main__":
    _, days_file, name = sys.argv
    # In place of the constructor that the kit calls; everything else is given the clock.
    setattr(service, "SystemClock", lambda: ClockAhead(Path(days_file)))  # noqa: B010 - a class is not assignable
    sys.argv = [name]
    runpy.run_module(name, run_name="__main__")
