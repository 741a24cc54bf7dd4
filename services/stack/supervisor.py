"""Starts the processes of a stack in the order of their needs, keeps them up, and ends them all."""

import asyncio
import os
import signal
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from stack.errors import ProcessFailedError, StackError
from stack.process import Log, ProcessName, ProcessSpec, tethered

_POLL_SECONDS = 0.05
_FIRST_PAUSE_SECONDS = 0.25
_LONGEST_PAUSE_SECONDS = 15.0
_SETTLED_SECONDS = 30.0
"""A process that lived this long starts over with the shortest pause."""
_LAST_LINES = 15


class ProcessState(Enum):
    """Where a process is in its life."""

    WAITING = "waiting"
    STARTING = "starting"
    READY = "ready"
    RESTARTING = "restarting"
    STOPPING = "stopping"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass
class Supervised:
    """A process and what is known of it now."""

    spec: ProcessSpec
    log: Log
    state: ProcessState = ProcessState.WAITING
    pid: int | None = None
    restarts: int = 0
    ready_after_seconds: float | None = None
    problem: str = ""
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    _process: asyncio.subprocess.Process | None = None


Watcher = Callable[[Mapping[ProcessName, Supervised]], None]


class Supervisor:
    """Runs a set of processes. `start` returns when all are ready; `stop` when all are gone.

    Must be used from one event loop, in a thread that lives as long as the processes: the kernel ends them when
    that thread ends.
    """

    def __init__(self, specs: Iterable[ProcessSpec], logs: Path, changed: Watcher | None = None) -> None:
        """`logs` is the directory of the log files. `changed` is called at every change of a state."""
        logs.mkdir(parents=True, exist_ok=True)
        self.processes: dict[ProcessName, Supervised] = {
            spec.name: Supervised(spec, Log(logs / f"{spec.name}.log")) for spec in specs
        }
        self._changed = changed or (lambda _: None)
        self._keepers: dict[ProcessName, asyncio.Task[None]] = {}
        self._stopping = False
        self._logs = logs
        self._check_needs()

    def add(self, specs: Iterable[ProcessSpec]) -> None:
        """Takes more processes in; `start` starts them."""
        self.processes |= {spec.name: Supervised(spec, Log(self._logs / f"{spec.name}.log")) for spec in specs}
        self._check_needs()

    def _check_needs(self) -> None:
        for process in self.processes.values():
            unknown = [name for name in process.spec.after if name not in self.processes]
            if unknown:
                raise StackError(f"{process.spec.name} is to start after {unknown[0]}, which is not in the stack.")

    async def start(self) -> None:
        """Start everything. Raises ProcessFailedError as soon as one can't start, after ending the others."""
        for name, process in self.processes.items():
            if name not in self._keepers:
                self._keepers[name] = asyncio.create_task(self._keep(process), name=f"keep {name}")
        everything = asyncio.create_task(self._all_ready())
        try:
            await asyncio.wait({everything, *self._keepers.values()}, return_when=asyncio.FIRST_COMPLETED)
            for keeper in self._keepers.values():
                if keeper.done() and not self._stopping:
                    keeper.result()
        except BaseException:
            await self.stop()
            raise
        finally:
            everything.cancel()

    async def stop(self) -> None:
        """End everything, each process before the ones it needs. Never raises for a process that is gone."""
        self._stopping = True
        while True:
            left = [p for p in self.processes.values() if p.state is not ProcessState.STOPPED]
            if not left:
                return
            needed = {name for p in left for name in p.spec.after}
            await asyncio.gather(*(self._end(p) for p in left if p.spec.name not in needed))

    async def restart(self, name: ProcessName) -> None:
        """Kill one process; it is started again like any that died."""
        process = self.processes[name]
        if process.pid is not None:
            process.ready.clear()
            os.kill(process.pid, signal.SIGKILL)
        await process.ready.wait()

    async def pause(self, name: ProcessName) -> None:
        """End one process and leave it down until `resume`; the others stay."""
        await self._end(self.processes[name])

    async def resume(self, name: ProcessName) -> None:
        """Start a process that was paused. Raises ProcessFailedError."""
        process = self.processes[name]
        keeper = self._keepers[name] = asyncio.create_task(self._keep(process), name=f"keep {name}")
        ready = asyncio.create_task(self._all_ready())
        await asyncio.wait({ready, keeper}, return_when=asyncio.FIRST_COMPLETED)
        ready.cancel()
        if keeper.done():
            keeper.result()

    async def _all_ready(self) -> None:
        for process in self.processes.values():
            await process.ready.wait()

    async def _keep(self, process: Supervised) -> None:
        """Start a process, and start it again whenever it ends."""
        for needed in process.spec.after:
            await self.processes[needed].ready.wait()
        if process.spec.before is not None:
            self._set(process, ProcessState.STARTING)
            await process.spec.before()
        pause = _FIRST_PAUSE_SECONDS
        first = True
        while True:
            began = time.monotonic()
            try:
                child = await self._spawn(process)
            except OSError as error:
                process.problem = f"could not be started: {error}"
                if first:
                    raise self._failed(process, process.problem) from error
                await asyncio.sleep(pause)  # no descriptors or no memory just now; it may pass
                pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)
                continue
            ending = asyncio.create_task(child.wait())
            try:
                ready = await self._until_ready(process, ending, first=first)
                if ready:
                    first = False
                await ending
            finally:
                ending.cancel()
            process.ready.clear()
            process.pid = None
            process.problem = _how_it_ended(child.returncode)
            if first:
                raise self._failed(process, f"ended while starting ({process.problem})")
            if time.monotonic() - began > _SETTLED_SECONDS:
                pause = _FIRST_PAUSE_SECONDS
            process.restarts += 1
            self._set(process, ProcessState.RESTARTING)
            await asyncio.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    async def _spawn(self, process: Supervised) -> asyncio.subprocess.Process:
        spec = process.spec
        self._set(process, ProcessState.STARTING if process.restarts == 0 else ProcessState.RESTARTING)
        with process.log.path.open("ab") as log:
            process.log = Log(process.log.path, log.tell())
            process._process = await asyncio.create_subprocess_exec(
                *tethered(spec.argv, spec.orphan_signal, spec.account, spec.nice),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**os.environ, **spec.env},
                cwd=spec.directory,
                start_new_session=True,
            )
        process.pid = process._process.pid
        return process._process

    async def _until_ready(self, process: Supervised, ending: "asyncio.Task[int]", *, first: bool) -> bool:
        """Wait until it is ready. False when it ended before."""
        began = time.monotonic()
        while not await process.spec.ready.is_ready(process.log):
            if ending.done():
                return False
            if first and time.monotonic() - began > process.spec.ready_within_seconds:
                seconds = f"{process.spec.ready_within_seconds:.0f} s"
                raise self._failed(process, f"was not ready within {seconds}")
            await asyncio.wait([ending], timeout=_POLL_SECONDS)
        if first and process.spec.once_ready is not None:
            await process.spec.once_ready()
        process.ready_after_seconds = time.monotonic() - began
        process.problem = ""
        self._set(process, ProcessState.READY)
        process.ready.set()
        return True

    async def _end(self, process: Supervised) -> None:
        keeper = self._keepers.pop(process.spec.name, None)
        if keeper is not None:
            keeper.cancel()
            await asyncio.gather(keeper, return_exceptions=True)
        child = process._process
        if child is not None and child.returncode is None:
            self._set(process, ProcessState.STOPPING)
            _signal(child, process.spec.stop_signal)
            try:
                async with asyncio.timeout(process.spec.grace_seconds):
                    await child.wait()
            except TimeoutError:
                _signal(child, signal.SIGKILL)
                await child.wait()
        if child is not None:
            _kill_group(child.pid)
        process.pid = None
        process.ready.clear()
        self._set(process, ProcessState.STOPPED)

    def _failed(self, process: Supervised, what: str) -> ProcessFailedError:
        self._set(process, ProcessState.FAILED)
        name = process.spec.name
        lines = process.log.last_lines(_LAST_LINES) or "(it wrote nothing)"
        return ProcessFailedError(f"{name} {what}. The end of its log, {process.log.path}:\n{lines}")

    def _set(self, process: Supervised, state: ProcessState) -> None:
        process.state = state
        self._changed(self.processes)


def _signal(child: asyncio.subprocess.Process, number: signal.Signals) -> None:
    try:
        child.send_signal(number)
    except ProcessLookupError:
        return


def _kill_group(pid: int) -> None:
    """End what the process itself started and left behind; it led a session, and so a group, of its own."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _how_it_ended(code: int | None) -> str:
    if code is None:
        return "still running"
    if code < 0:
        return f"killed by {signal.Signals(-code).name}"
    return f"exit code {code}"
