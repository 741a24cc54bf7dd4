"""`oncordia audit verify` over HTTP against a log that lives, dies and grows."""

import asyncio
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from kit.identity import keys
from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.world import wait_until


def verify(log: AuditLog, state: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli", "audit", "verify", f"http://{log.tiles}"]
    command += ["--log-key", str(log.keys / keys.LOG_PUBLIC), "--state", str(state), *options]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, env=dict(os.environ), check=False)


def signed(log: AuditLog, at_least: int) -> int:
    with log.stub() as stub:
        return stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=at_least), timeout=60).tree_size


def verified(log: AuditLog, state: Path, producer: str, events: int) -> dict[str, Any]:
    """What a verification found, once the last event of the producer is in the log. Partitions come in any order."""
    seen: list[dict[str, Any]] = []

    def complete() -> bool:
        done = verify(log, state, "--json")
        assert done.returncode in {0, 2}, done.stderr
        seen.append(json.loads(done.stdout))
        return bool(seen[-1]["producers"].get(producer) == {"highest": events, "missing": [], "repeated": []})

    wait_until(complete)
    return seen[-1]


async def test_a_log_is_verified_over_http_while_it_grows_and_after_it_was_killed(
    log: AuditLog, tmp_path: Path
) -> None:
    producer, state = f"p-{uuid4().hex[:8]}", tmp_path / "seen.json"
    log.start()
    sending = asyncio.create_task(send(log.kafka, [query_created(producer, n) for n in range(1, 5_001)]))
    found = await asyncio.to_thread(verified, log, state, producer, 5_000)
    await sending
    log.kill()
    log.start()
    await send(log.kafka, [query_created(producer, number) for number in range(5_001, 6_001)])
    again = verified(log, state, producer, 6_000)
    assert again["verified_before"] >= found["size"]
    assert again["continues"] == [again["verified_before"]]


async def test_a_server_that_is_away_is_an_error_and_no_contradiction(log: AuditLog, tmp_path: Path) -> None:
    log.start()
    await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", 1)])
    signed(log, 1)
    log.stop()
    done = verify(log, tmp_path / "seen.json")
    assert done.returncode == 1
    assert "does not answer" in " ".join(done.stderr.split())
    assert "CONTRADICTED" not in done.stderr
