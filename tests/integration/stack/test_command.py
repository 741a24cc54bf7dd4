import json
import os
import signal
import socket
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from stack.home import Home

UP_WITHIN_SECONDS = 120


def stack(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "stack", *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


@pytest.fixture
def up(home: Home) -> Iterator["subprocess.Popen[str]"]:
    command = [sys.executable, "-m", "stack", "up", "--backing-only", "--home", str(home.directory)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
        deadline = time.monotonic() + UP_WITHIN_SECONDS
        while not home.endpoints.exists():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                pytest.fail(process.communicate()[0])
            time.sleep(0.05)
        yield process
        if process.poll() is None:
            process.terminate()
            process.communicate(timeout=60)


def test_it_comes_up_is_seen_refuses_a_second_one_and_ends_whole(home: Home, up: "subprocess.Popen[str]") -> None:
    started = psutil.Process(up.pid).children(recursive=True)
    assert {"java", "postgres"} <= {process.name() for process in started}
    assert stat.S_IMODE(home.passwords.stat().st_mode) == 0o600
    assert set(json.loads(home.endpoints.read_text())) >= {"kafka", "postgres"}

    shown = stack("status", "--home", home.directory)
    assert shown.returncode == 0
    assert "kafka" in shown.stdout
    assert "ready" in shown.stdout

    second = stack("up", "--backing-only", "--home", home.directory)
    assert second.returncode == 1
    assert f"as pid {up.pid}" in second.stderr
    assert "make down" in second.stderr

    assert "database system is ready" in stack("logs", "postgres", "--home", home.directory).stdout
    unknown = stack("logs", "nothing", "--home", home.directory)
    assert unknown.returncode == 1
    assert "There are: kafka, postgres" in unknown.stderr

    assert stack("down", "--home", home.directory).returncode == 0
    up.wait(10)
    assert not [process for process in started if process.is_running()]
    assert not home.endpoints.exists()
    assert stack("status", "--home", home.directory).returncode == 1


def test_an_interrupt_ends_it_whole(home: Home, up: "subprocess.Popen[str]") -> None:
    started = psutil.Process(up.pid).children(recursive=True)
    os.kill(up.pid, signal.SIGINT)
    output, _ = up.communicate(timeout=60)
    assert up.returncode == 0
    assert "Everything is stopped" in output
    assert not [process for process in started if process.is_running()]


def test_a_kill_leaves_nothing_running_and_frees_the_directory(home: Home, up: "subprocess.Popen[str]") -> None:
    started = psutil.Process(up.pid).children(recursive=True)
    up.kill()
    up.communicate()
    _, alive = psutil.wait_procs(started, timeout=30)
    assert alive == []
    assert home.holder() is None


def test_a_port_in_use_is_named(home: Home) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        run = stack("up", "--backing-only", "--home", home.directory, "--port", f"kafka={port}")
    assert run.returncode == 1
    assert f"Port {port} of kafka is in use" in run.stderr


def test_a_home_that_cannot_be_used_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    run = stack("up", "--backing-only", "--home", tmp_path / "file")
    assert run.returncode == 1
    assert f"The directory {tmp_path / 'file'} can't be used" in run.stderr
