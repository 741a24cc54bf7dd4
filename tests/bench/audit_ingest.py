"""How fast the audit log takes a backlog of real events: from Kafka to entries, tiles and a signed checkpoint.

Kafka, PostgreSQL and the service run as processes of their own on this machine, as everywhere. The service is started
and stopped by SIGSTOP while the backlog comes together; the clock begins with SIGCONT, and ends when the last entry is
in a signed checkpoint and in the search index.
"""

import asyncio
import os
import signal
import time
from pathlib import Path

from audit_log.settings import AuditLogSettings
from oncordia.audit.v1 import messages_pb2
from tests.bench import peers
from tests.bench.figure import Figure, Row
from tests.bench.lone_log import lone_log
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.world import wait_until

# So many chunks that are sealed whole: the index is part of what is measured.
EVENTS = 4 * AuditLogSettings.model_fields["search_chunk"].default
PEER_EVENTS = 20_000
_SEALED = "SELECT coalesce(sum(size), 0) FROM chunks"
_PRODUCERS = ("query_broker", "federation", "catalogue", "access")


async def _fill(kafka: str, events: int) -> int:
    """Sends the backlog and returns the bytes of its payloads and headers."""
    size = 0
    for start in range(0, events, 10_000):
        batch = [
            query_created(
                _PRODUCERS[i % 4],
                i // 4 + 1,
                actor=f"{i % 500:064x}",
                organisation=f"organisation-{i % 50}",
                country="BE",
            )
            for i in range(start, min(start + 10_000, events))
        ]
        size += sum(len(e.value) + sum(len(n) + len(v) for n, v in e.headers) for e in batch)
        await send(kafka, batch)
    return size


def measure(events: int = EVENTS) -> Figure:
    """One run."""
    with lone_log() as lone:
        log = lone.log
        log.start()
        assert log.process is not None
        log.process.send_signal(signal.SIGSTOP)
        payload = asyncio.run(_fill(log.kafka, events))
        cpu = _cpu_seconds(log)
        log.process.send_signal(signal.SIGCONT)
        began = time.perf_counter()
        with log.stub() as stub:
            stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=events), timeout=60)
        signed = time.perf_counter()
        wait_until(lambda: lone.scalar(_SEALED) == events)
        sealed = time.perf_counter()
        cpu = _cpu_seconds(log) - cpu
        disk = lone.bytes_on_disk()
    took = sealed - began
    of_event, of_entry = payload / events, disk / events
    library, server = peers.library(events, 256), peers.server(PEER_EVENTS)
    return Figure(
        "audit_ingest",
        f"Audit log, a backlog of {events:,} events",
        "From SIGCONT of a service that was stopped while the backlog came together, to the checkpoint with all of it "
        f"and its search index. Tessera {peers.VERSION} with its POSIX driver keeps tiles alone.",
        (
            Row("entries a second", events / took, "1/s", at_least=20_000),
            Row("Tessera, in one process", library, "1/s"),
            Row("Tessera, through its HTTP server", server, "1/s"),
            Row("ours to Tessera's server", events / took / server, "times", at_least=4),
            Row("ours to Tessera in one process", events / took / library, "times", at_least=1),
            Row("to the checkpoint", signed - began, "s"),
            Row("to the search index", took, "s"),
            Row("CPU time of the service", cpu, "s"),
            Row("an event's payload and headers", of_event, "bytes"),
            Row("disk an entry", of_entry, "bytes", at_most=1.5 * of_event + 600),
        ),
    )


def _cpu_seconds(log: AuditLog) -> float:
    assert log.process is not None
    fields = Path(f"/proc/{log.process.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
