"""`oncordia audit verify` over HTTP against a log that lives, dies and grows."""

import json
import os
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

from kit.identity import keys
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.world import AuditLog, query_created, send


def verify(log: AuditLog, state: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "audit", "verify", f"http://{log.tiles}"]
    command += ["--log-key", str(log.keys / keys.LOG_PUBLIC), "--state", str(state), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def signed(log: AuditLog, at_least: int) -> int:
    with log.stub() as stub:
        return stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=at_least), timeout=60).tree_size


async def test_a_log_is_verified_over_http_while_it_grows_and_after_it_was_killed(
    log: AuditLog, tmp_path: Path
) -> None:
    producer, state = f"p-{uuid4().hex[:8]}", tmp_path / "seen.json"
    log.start()
    await send(log.kafka, [query_created(producer, number) for number in range(1, 5_001)])
    first = signed(log, 5_000)
    done = verify(log, state, "--json")
    assert done.returncode in {0, 2}, done.stderr
    found = json.loads(done.stdout)
    assert found["size"] >= first
    assert found["producers"][producer] == {"highest": 5_000, "missing": [], "repeated": []}
    log.kill()
    log.start()
    await send(log.kafka, [query_created(producer, number) for number in range(5_001, 6_001)])
    signed(log, found["size"] + 1_000)
    again = json.loads(verify(log, state, "--json").stdout)
    assert (again["verified_before"], again["continues"]) == (found["size"], [found["size"]])
    assert again["producers"][producer] == {"highest": 6_000, "missing": [], "repeated": []}


async def test_a_server_that_is_away_is_an_error_and_no_contradiction(log: AuditLog, tmp_path: Path) -> None:
    log.start()
    await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", 1)])
    signed(log, 1)
    log.stop()
    done = verify(log, tmp_path / "seen.json")
    assert done.returncode == 1
    assert "does not answer" in " ".join(done.stderr.split())
    assert "CONTRADICTED" not in done.stderr
