"""The command, as people use it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.integration.access.hub import Hub


class CommandLine:
    """`oncordia` of one user."""

    def __init__(self, hub: Hub, home: Path, user: str) -> None:
        self._profile = home / f"{user}.json"
        self._profile.write_text(json.dumps({name: process.address for name, process in hub.processes.items()}))
        self._token, self._file = hub.issuer.token(user), home / "token"

    def run(self, *arguments: str, typed: str = "") -> subprocess.CompletedProcess[str]:
        self._file.write_text(self._token)
        return subprocess.run(
            [sys.executable, "-m", "cli", *arguments],
            env={**os.environ, "ONCORDIA_PROFILE": str(self._profile)},
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
