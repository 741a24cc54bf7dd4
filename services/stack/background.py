"""Processes that run while other code does something else: what the tests start Kafka and PostgreSQL with."""

import asyncio
import threading
from collections.abc import Coroutine, Iterable
from pathlib import Path
from typing import TypeVar

from stack.process import ProcessName, ProcessSpec
from stack.supervisor import Supervisor

T = TypeVar("T")


class Background:
    """A supervisor in a thread with an event loop of its own. A context manager: ready inside, all gone after."""

    def __init__(self, specs: Iterable[ProcessSpec], logs: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="supervisor", daemon=True)
        self.supervisor = Supervisor(specs, logs)

    def __enter__(self) -> "Background":
        self._thread.start()
        try:
            self._wait(self.supervisor.start())
        except BaseException:
            self._end_loop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._wait(self.supervisor.stop())
        self._end_loop()

    def kill(self, name: ProcessName) -> None:
        """SIGKILL one process; returns when it is up again."""
        self._wait(self.supervisor.restart(name))

    def pause(self, name: ProcessName) -> None:
        """End one process and leave it down until `resume`."""
        self._wait(self.supervisor.pause(name))

    def resume(self, name: ProcessName) -> None:
        """Start a paused process; returns when it is ready."""
        self._wait(self.supervisor.resume(name))

    def _wait(self, work: Coroutine[None, None, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    def _end_loop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
