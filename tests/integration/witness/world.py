"""Witnesses as processes, policies that name them, and what is said to them without a log in between."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from http.client import HTTPConnection
from pathlib import Path

from stack.ports import Ports
from tests.world import wait_until
from tlog.add_checkpoint import AddCheckpoint, parse_signatures
from tlog.checkpoint import Checkpoint
from tlog.cosignature import cosignature_time
from tlog.keys import SignerKey, VerifierKey
from tlog.note import Note
from tlog.signing import sign

DYING = Path(__file__).with_name("dying.py")


@dataclass
class Witness:
    """A witness with a directory of its own and at most one process."""

    name: str
    directory: Path
    logs: Sequence[VerifierKey]
    process: subprocess.Popen[bytes] | None = None
    address: str = field(default_factory=lambda: Ports().address("witness"))

    def __post_init__(self) -> None:
        made = self.command("init", "--name", f"{self.name}.example", "--dir", str(self.directory))
        assert made.returncode == 0, made.stderr
        self.key = VerifierKey.parse(made.stdout.strip())

    @property
    def line(self) -> str:
        """Its line of a policy."""
        return f"witness {self.name} {self.key} http://{self.address}/\n"

    @property
    def log_file(self) -> Path:
        return self.directory.with_suffix(".log")

    def words(self) -> str:
        return self.log_file.read_text()

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "witness", *words], capture_output=True, text=True, timeout=60, check=False
        )

    def start(self, *, dying: str = "", wait: bool = True) -> None:
        """`dying`: the moment at which it kills itself, of dying.py."""
        program = [str(DYING), dying] if dying else ["-m", "witness"]
        keys = [word for key in self.logs for word in ("--log-key", str(key))]
        words = ["run", "--dir", str(self.directory), "--listen", self.address, *keys]
        with self.log_file.open("ab") as log:
            self.process = subprocess.Popen([sys.executable, *program, *words], stderr=log, env=os.environ)
        if wait:
            wait_until(self._listens)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def pause(self) -> None:
        """It takes connections, and answers nothing."""
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def ended(self) -> int:
        assert self.process is not None
        return self.process.wait(60)

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGCONT)
            self.process.terminate()
            self.process.wait(30)

    def _listens(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.words()[-2000:]
        host, _, port = self.address.rpartition(":")
        with contextlib.suppress(OSError), socket.create_connection((host, int(port)), timeout=1):
            return True
        return False

    def post(self, body: bytes) -> tuple[int, str, bytes]:
        """Status, content type and body of the answer."""
        with contextlib.closing(HTTPConnection(self.address, timeout=30)) as connection:
            connection.request("POST", "/add-checkpoint", body)
            answer = connection.getresponse()
            return answer.status, answer.headers["content-type"], answer.read()

    def cosigned_size(self, asked: AddCheckpoint) -> int:
        """Asks for a cosignature, checks it, and gives the size that is cosigned."""
        status, _, body = self.post(asked.encode())
        assert status == 200, body
        (signature,) = parse_signatures(body)
        assert cosignature_time(asked.checkpoint.text, signature.value, self.key) > 1_700_000_000
        return Checkpoint.parse(asked.checkpoint.text).size


def signed(key: SignerKey, size: int, root: bytes) -> Note:
    """What a log with this key signs."""
    return sign(Checkpoint(key.name, size, root).text, key)  # type: ignore[arg-type]  # any 32 bytes


def policy_file(directory: Path, witnesses: Sequence[Witness], threshold: str) -> Path:
    """A policy that needs so many of the witnesses: any, all or a number."""
    path = directory / "policy"
    names = " ".join(one.name for one in witnesses)
    lines = "".join(one.line for one in witnesses)
    path.write_text(f"{lines}group witnesses {threshold} {names}\nquorum witnesses\n")
    return path
