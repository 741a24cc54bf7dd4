"""What a supervised process is: a plain description, nothing running yet."""

import os
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NewType, Protocol

_TETHER = Path(__file__).with_name("tether.py")

ProcessName = NewType("ProcessName", str)


@dataclass(frozen=True)
class Log:
    """A process's log file, and where its present run begins in it."""

    path: Path
    begin: int = 0
    """In bytes."""

    def text(self) -> str:
        """What the present run has written so far."""
        try:
            with self.path.open("rb") as file:
                file.seek(self.begin)
                return file.read().decode(errors="replace")
        except FileNotFoundError:
            return ""

    def last_lines(self, count: int) -> str:
        """The last lines of the present run."""
        return "\n".join(self.text().rstrip().splitlines()[-count:])


class ReadyCheck(Protocol):
    """Answers whether a process that runs is ready for the ones that need it."""

    async def is_ready(self, log: Log) -> bool:
        """Ask once. Never raises for a process that isn't up yet."""
        ...


Step = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class ProcessSpec:
    """One process of the stack."""

    name: ProcessName
    argv: tuple[str, ...]
    ready: ReadyCheck
    env: Mapping[str, str] = field(default_factory=dict)
    """Added to the environment of the stack itself."""
    after: tuple[ProcessName, ...] = ()
    """Started only when these are ready; ended before them."""
    address: str = ""
    """Shown to people, and written to endpoints.json."""
    account: str | None = None
    """Run as this account; only root can ask for it."""
    nice: int = 0
    """How far it gives way to the other processes, from 0 to 19."""
    directory: Path | None = None
    before: Step | None = None
    """Run once before the first start (format a disk, make a directory)."""
    once_ready: Step | None = None
    """Run once when it is ready first, before others are started (make roles, make topics)."""
    ready_within_seconds: float = 60
    stop_signal: signal.Signals = signal.SIGTERM
    orphan_signal: signal.Signals = signal.SIGKILL
    """Sent by the kernel when the supervisor itself dies."""
    grace_seconds: float = 10
    """Between the stop signal and SIGKILL."""


def tethered(
    argv: tuple[str, ...], orphan_signal: signal.Signals, account: str | None, nice: int = 0
) -> tuple[str, ...]:
    """The command line that starts `argv` bound to this process: when it dies, they get `orphan_signal`."""
    return (
        *(sys.executable, "-I", "-S", str(_TETHER)),
        *(str(os.getpid()), str(int(orphan_signal)), account or "-", str(nice), "--"),
        *argv,
    )
