"""Tessera v1.0.4 with its POSIX driver, measured beside ours in the same run: as a library, and behind its server."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from pathlib import Path

import urllib3

from stack.ports import Ports
from tests.integration.foreign import go
from tests.world import wait_until

VERSION = "v1.0.4"
LEAF_BYTES = 110
"""About what a leaf record of ours has."""

_SERVER = "github.com/transparency-dev/tessera/cmd/conformance/posix"


def library(entries: int, batch: int) -> float:
    """Entries a second in one process, durable and in a signed checkpoint, at most so many integrated together."""
    with tempfile.TemporaryDirectory() as directory:
        return _per_second(f"-directory={directory}", f"-entries={entries}", f"-batch={batch}")


def server(entries: int) -> float:
    """Entries a second through its HTTP server, each answered with its place."""
    address = Ports().address("tessera")
    key = subprocess.run([_program(), "-key"], check=True, capture_output=True, text=True).stdout.strip()
    with tempfile.TemporaryDirectory() as directory:
        process = subprocess.Popen(
            [go.install(_SERVER, VERSION), f"--storage_dir={directory}", f"--listen={address}"],
            env={**os.environ, "LOG_PRIVATE_KEY": key},
            stderr=subprocess.DEVNULL,
        )
        try:
            wait_until(lambda: _listens(address))
            return _per_second(f"-url=http://{address}", f"-entries={entries}")
        finally:
            process.terminate()
            process.wait()


def _per_second(*arguments: str) -> float:
    command = [str(_program()), f"-size={LEAF_BYTES}", *arguments]
    ran = subprocess.run(command, check=True, capture_output=True, text=True)
    found = json.loads(ran.stdout)
    return float(found["entries"] / found["seconds"])


def _program() -> Path:
    return go.build(Path(__file__).parent / "tessera")


def _listens(address: str) -> bool:
    try:
        return urllib3.request("GET", f"http://{address}/checkpoint", retries=False).status == 200
    except urllib3.exceptions.HTTPError:
        return False
