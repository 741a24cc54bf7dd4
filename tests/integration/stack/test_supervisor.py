import asyncio
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import psutil
import pytest

from stack.errors import ProcessFailedError
from stack.memory import pss_bytes
from stack.ports import LOOPBACK, Ports
from stack.process import ProcessName, ProcessSpec
from stack.ready import HttpOk, LogLine, TcpConnect
from stack.supervisor import ProcessState, Supervisor

SERVE = (
    "import http.server as h, sys; "
    "h.HTTPServer(('127.0.0.1', int(sys.argv[1])), h.SimpleHTTPRequestHandler).serve_forever()"
)


def python(name: str, code: str, *arguments: str, ready: str = "ready", after: str = "", **more: float) -> ProcessSpec:
    return ProcessSpec(
        name=ProcessName(name),
        argv=(sys.executable, "-u", "-c", code, *arguments),
        ready=LogLine(ready),
        after=(ProcessName(after),) if after else (),
        ready_within_seconds=more.get("ready_within", 20),
        grace_seconds=more.get("grace", 10),
    )


SLEEP = "import time; print('ready'); time.sleep(1000)"


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(30):
        while not condition():  # noqa: ASYNC110 - the condition is of the operating system, which wakes nobody
            await asyncio.sleep(0.02)


async def test_a_process_is_started_only_when_the_ones_it_needs_are_ready(tmp_path: Path) -> None:
    order: list[str] = []

    async def first_is_ready() -> None:
        order.append("first is ready")

    async def second_begins() -> None:
        order.append("second begins")

    supervisor = Supervisor(
        [
            replace(python("second", SLEEP, after="first"), before=second_begins),
            replace(python("first", SLEEP), once_ready=first_is_ready),
        ],
        tmp_path,
    )
    await supervisor.start()
    await supervisor.stop()
    assert order == ["first is ready", "second begins"]


async def test_a_killed_process_is_started_again_and_says_so(tmp_path: Path) -> None:
    supervisor = Supervisor([python("one", SLEEP)], tmp_path)
    await supervisor.start()
    try:
        one = supervisor.processes[ProcessName("one")]
        before = one.pid
        assert before is not None
        os.kill(before, signal.SIGKILL)
        await until(lambda: one.restarts == 1 and one.state is ProcessState.READY)
        assert one.pid != before
    finally:
        await supervisor.stop()


async def test_ending_goes_in_reverse_order_and_leaves_nothing(tmp_path: Path) -> None:
    ends: list[str] = []
    supervisor = Supervisor(
        [python("first", SLEEP), python("second", SLEEP, after="first"), python("third", SLEEP, after="second")],
        tmp_path,
        lambda processes: ends.extend(
            name for name, p in processes.items() if p.state is ProcessState.STOPPED and name not in ends
        ),
    )
    await supervisor.start()
    pids = [p.pid for p in supervisor.processes.values() if p.pid is not None]
    assert all(pss_bytes(pid) > 0 for pid in pids)
    await supervisor.stop()
    assert ends == ["third", "second", "first"]
    assert len(pids) == 3
    assert not any(psutil.pid_exists(pid) for pid in pids)


async def test_a_process_that_only_watches_gives_way(tmp_path: Path) -> None:
    supervisor = Supervisor([python("works", SLEEP), replace(python("watches", SLEEP), nice=19)], tmp_path)
    await supervisor.start()
    works, watches = (psutil.Process(process.pid).nice() for process in supervisor.processes.values())
    await supervisor.stop()
    assert (works, watches) == (psutil.Process().nice(), 19)


async def test_a_process_that_does_not_end_when_asked_is_killed_with_its_children(tmp_path: Path) -> None:
    stubborn = (
        "import signal, subprocess, sys, time\n"
        "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n"
        "child = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(1000)'])\n"
        "print('child', child.pid, flush=True)\nprint('ready', flush=True)\ntime.sleep(1000)\n"
    )
    supervisor = Supervisor([python("stubborn", stubborn, grace=0.2)], tmp_path)
    await supervisor.start()
    text = supervisor.processes[ProcessName("stubborn")].log.text()
    child = int(text.split()[1])
    await supervisor.stop()
    await until(lambda: not psutil.pid_exists(child) or psutil.Process(child).status() == psutil.STATUS_ZOMBIE)


async def test_a_process_that_dies_at_start_is_named_with_its_last_words_and_the_others_end(tmp_path: Path) -> None:
    supervisor = Supervisor([python("good", SLEEP), python("bad", "raise SystemExit('no disk left')")], tmp_path)
    with pytest.raises(ProcessFailedError, match=r"(?s)bad ended while starting \(exit code 1\).*no disk left"):
        await supervisor.start()
    assert all(p.pid is None for p in supervisor.processes.values())


async def test_a_process_that_never_becomes_ready_is_named(tmp_path: Path) -> None:
    supervisor = Supervisor([python("slow", SLEEP, ready="never", ready_within=0.3)], tmp_path)
    with pytest.raises(ProcessFailedError, match="slow was not ready within"):
        await supervisor.start()


async def test_a_program_that_is_not_there_is_named(tmp_path: Path) -> None:
    spec = ProcessSpec(ProcessName("gone"), ("/nowhere/program",), LogLine("ready"))
    with pytest.raises(ProcessFailedError, match=r"(?s)gone ended while starting.*No such file"):
        await Supervisor([spec], tmp_path).start()


async def test_readiness_by_port_and_by_page(tmp_path: Path) -> None:
    port = Ports().port("web")
    for ready in (TcpConnect(f"{LOOPBACK}:{port}"), HttpOk(f"{LOOPBACK}:{port}")):
        supervisor = Supervisor(
            [ProcessSpec(ProcessName("web"), (sys.executable, "-c", SERVE, str(port)), ready, directory=tmp_path)],
            tmp_path,
        )
        await supervisor.start()
        await supervisor.stop()
        with pytest.raises(OSError), socket.create_connection((LOOPBACK, port)):
            pass


def test_nothing_outlives_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    program = f"""
import asyncio, sys
from pathlib import Path
from stack.process import ProcessName, ProcessSpec
from stack.ready import LogLine
from stack.supervisor import Supervisor
async def main():
    argv = (sys.executable, "-u", "-c", {SLEEP!r})
    specs = [ProcessSpec(ProcessName(name), argv, LogLine("ready")) for name in ("a", "b")]
    supervisor = Supervisor(specs, Path({str(tmp_path)!r}))
    await supervisor.start()
    print(*(p.pid for p in supervisor.processes.values()), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, text=True) as supervisor:
        assert supervisor.stdout is not None
        pids = [int(word) for word in supervisor.stdout.readline().split()]
        assert len(pids) == 2
        supervisor.kill()
    asyncio.run(until(lambda: not any(_alive(pid) for pid in pids)))


def _alive(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
