"""Tessera's fsck, a checker of tlog-tiles logs.

It exits with 0 whatever it finds, so its words decide. Of a sound log it says that it checks and that it succeeded, and
no more. Of a damaged one it has a line of severity E, or a panic where a bundle holds too few entries, and no success.
With one worker, its default, it waits for ever once a tile is wrong, hence several.
"""

import base64
import re
import subprocess
import tempfile
from pathlib import Path

from tests.integration.foreign import go
from tests.integration.foreign.standing_log import StandingLog
from tests.integration.foreign.verifier import Refused, Verifier

_WORKERS = 8
_NOTICE = re.compile(r"^I\d{4} [0-9:.]+ +\d+ \S+\] ")
_FAILURE = re.compile(r"E\d{4} [0-9:.]+ +\d+ \S+\] fsck failed: |panic: ")
_SUCCESS = "Successfully fsck'd log"


def fsck() -> Verifier:
    go.require()
    program = go.install("github.com/transparency-dev/tessera/cmd/fsck", "v1.0.4")

    def verify(url: str, log: StandingLog) -> None:
        said = _words(program, url, str(log.key))
        if any(map(_FAILURE.match, said)) and not any(line.startswith(_SUCCESS) for line in said):
            raise Refused("\n".join(said))
        root = log.published.root
        assert said == [
            f"Fsck: checking log of size {log.size}",
            f"{_SUCCESS} with size {log.size} and root {base64.b64encode(root).decode()} ({root.hex()})",
        ]

    return verify


def _words(program: Path, url: str, key: str) -> list[str]:
    """The lines that it says, notices without their time and place."""
    with tempfile.NamedTemporaryFile("w", suffix=".pub") as file:
        file.write(key)
        file.flush()
        ran = subprocess.run(
            [program, f"--storage_url={url}", f"--public_key={file.name}", "--ui=false", f"--N={_WORKERS}"],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    return [_NOTICE.sub("", line) for line in (ran.stdout + ran.stderr).splitlines()]
