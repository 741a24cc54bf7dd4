"""The wiring of a witness that serves."""

from __future__ import annotations

import socket
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import uvicorn

from tlog.keys import VerifierKey
from witness.adapters.key_file import read_key
from witness.adapters.state_file import StateFile
from witness.application.cosign import Cosign
from witness.entrypoints.http import accuse, witness_app


def serve(directory: Path, listening: socket.socket, logs: Mapping[str, Sequence[VerifierKey]]) -> None:
    """Serves until it is asked to stop. Raises DirectoryUnusable."""
    key = read_key(directory)
    state = StateFile.open(directory, key.verifier())
    app = witness_app(Cosign(key, logs, state, lambda: int(time.time()), accuse), state)
    config = uvicorn.Config(app, log_config=None, access_log=False, lifespan="off")
    uvicorn.Server(config).run(sockets=[listening])
    state.close()
