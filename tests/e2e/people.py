"""The stack that `make up` starts, and people who use it through the `oncordia` command."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Person:
    """Somebody at a terminal, signed in."""

    profile: Path
    who: str

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "ONCORDIA_PROFILE": str(self.profile)}

    def run(self, *words: str, ok: bool = True) -> str:
        """What the command prints."""
        for command in (["login", "--as", self.who], list(words)):
            done = subprocess.run(
                [sys.executable, "-m", "cli", *command],
                env=self.environment,
                capture_output=True,
                text=True,
                timeout=120,
                check=False,
            )
        assert (done.returncode == 0) is ok, done.stdout + done.stderr
        return done.stdout if ok else done.stderr

    def json(self, *words: str) -> dict[str, Any]:
        result: dict[str, Any] = json.loads(self.run(*words, "--json"))
        return result


@contextmanager
def running_stack(home: Path) -> Iterator[Path]:
    """The profile of a hub with eight nodes, which runs while the block does."""
    with (home / "up.log").open("w+") as log:
        stack = subprocess.Popen([sys.executable, "-m", "stack", "up", "--home", str(home)], stdout=log, stderr=log)
        deadline = time.monotonic() + 400
        while "Up." not in (home / "up.log").read_text():
            assert stack.poll() is None, (home / "up.log").read_text()[-3000:]
            assert time.monotonic() < deadline, (home / "up.log").read_text()[-3000:]
        yield home / "endpoints.json"
        stack.send_signal(signal.SIGTERM)
        stack.wait(90)


def until_told(auditor: Person, query: str, words: str, times: int) -> dict[str, Any]:
    """The story, once so many of its sentences have the words."""
    deadline = time.monotonic() + 60
    while True:
        told = auditor.json("audit", "story", query)
        if sum(words in sentence for sentence in told["story"]) == times:
            return told
        assert time.monotonic() < deadline, told["story"]
