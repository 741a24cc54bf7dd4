"""Each process that listens names the address that another program has, and ends."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.real import FreshDatabase
from tests.world import LocalIssuer, ServiceProcess

LISTENERS = (
    ("query_broker", "LISTEN"),
    ("query_broker", "METRICS_LISTEN"),
    ("catalogue", "LISTEN"),
    ("model_registry", "LISTEN"),
    ("audit_log", "LISTEN"),
    ("audit_log", "TILES_LISTEN"),
    ("insights", "LISTEN"),
    ("insights", "OTLP_LISTEN"),
    ("federation", "LISTEN"),
    ("federation", "BORDER_LISTEN"),
    ("federation", "ENROLMENT_LISTEN"),
)
FREE = "127.0.0.1:0"


@pytest.fixture
def taken() -> Iterator[str]:
    """The address of another program."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        host, port = server.getsockname()
        yield f"{host}:{port}"


def test_every_service_names_the_address_that_is_in_use(
    hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path, taken: str
) -> None:
    with ExitStack() as stack:
        started = {}
        for service, listener in LISTENERS:
            settings = {
                f"ONCORDIA_{name}": FREE
                for name in ("TILES_LISTEN", "OTLP_LISTEN", "BORDER_LISTEN", "ENROLMENT_LISTEN")
            }
            settings[f"ONCORDIA_{listener}"] = taken
            home = tmp_path / f"{service}-{listener}"
            process = ServiceProcess(service, home, hub_kafka, postgres(service), issuer, settings)
            process.start(wait=False)
            stack.callback(process.kill)
            started[service, listener] = process
        for which, process in started.items():
            assert process.ended() != 0, which
            assert f"can't listen on {taken}" in process.words(), (which, process.words()[-1500:])


def test_the_issuer_names_the_address_that_is_in_use(tmp_path: Path, taken: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "issuer"],
        env={
            **os.environ,
            "ONCORDIA_LISTEN": taken,
            "ONCORDIA_OIDC_ISSUER": f"http://{taken}",
            "ONCORDIA_DATA_DIR": str(tmp_path),
        },
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode != 0
    # In uvicorn's own words.
    assert "address already in use" in done.stderr
    assert taken.rpartition(":")[2] in done.stderr
