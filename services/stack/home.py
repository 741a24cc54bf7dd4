"""The one directory that holds all data of a stack, and the lock that keeps a second stack out of it."""

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stack.errors import AlreadyRunningError, StackError


@dataclass(frozen=True)
class Home:
    """Names of what lies in the directory."""

    directory: Path

    @property
    def logs(self) -> Path:
        return self.directory / "logs"

    @property
    def kafka(self) -> Path:
        return self.directory / "kafka"

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def keys(self) -> Path:
        return self.directory / "keys"

    @property
    def nodes(self) -> Path:
        return self.directory / "nodes"

    @property
    def ports(self) -> Path:
        return self.directory / "ports.json"

    @property
    def passwords(self) -> Path:
        return self.directory / "secrets" / "postgres.json"

    @property
    def endpoints(self) -> Path:
        """What the command line reads: service -> address."""
        return self.directory / "endpoints.json"

    @property
    def status(self) -> Path:
        """What `status` reads: process -> state, pid, restarts."""
        return self.directory / "status.json"

    def data(self, name: str) -> Path:
        """The directory of one process's own data."""
        return self.directory / "data" / name

    @contextmanager
    def hold(self) -> Iterator[None]:
        """Hold the directory until the block ends, or this process does, however it ends.

        Raises AlreadyRunningError naming the holder, and StackError when the directory can't be written.
        """
        try:
            self.directory.mkdir(parents=True, exist_ok=True)
            descriptor = os.open(self._lock, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise StackError(
                f"The directory {self.directory} can't be used: {error}. Choose one with --home."
            ) from None
        with os.fdopen(descriptor, "r+") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise AlreadyRunningError(
                    f"A stack already runs in {self.directory}, as pid {file.read().strip() or 'unknown'}. End it with "
                    f"`make down` (or Ctrl-C where it runs), or start another one with `--home` and a new directory."
                ) from None
            file.truncate(0)
            file.write(f"{os.getpid()}\n")
            file.flush()
            try:
                yield
            finally:
                self.status.unlink(missing_ok=True)
                file.truncate(0)

    def empty(self) -> None:
        """Delete all that an earlier stack left. The home must be held."""
        for entry in self.directory.iterdir():
            if entry == self._lock:
                continue
            if entry.is_dir() and not entry.is_symlink():
                shutil.rmtree(entry)
            else:
                entry.unlink()

    def holder(self) -> int | None:
        """The pid of the stack that holds the directory, or None."""
        try:
            file = self._lock.open("r+")
        except FileNotFoundError:
            return None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                text = file.read().strip()
                return int(text) if text else None
        return None

    @property
    def _lock(self) -> Path:
        return self.directory / "lock"


def write_json(path: Path, content: Mapping[str, object]) -> None:
    """Write a file that readers see whole or not at all."""
    unfinished = path.with_suffix(".part")
    unfinished.write_text(json.dumps(content, indent=2) + "\n")
    unfinished.replace(path)
