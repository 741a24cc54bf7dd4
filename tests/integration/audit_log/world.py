"""What an audit log needs around it, all real: keys, an issuer of tokens, the process itself, and events to log."""

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID, uuid4

import grpc
from aiokafka import AIOKafkaProducer
from google.protobuf.message import Message as Payload

from kit.events import envelope, topics
from oncordia.audit.v1 import audit_log_service_pb2_grpc
from oncordia.events.v1 import query_pb2
from stack.ports import Ports
from tests.world import LocalIssuer, ServiceProcess


class AuditLog(ServiceProcess):
    """One audit log: its database, its directory, and at most one process."""

    def __init__(self, home: Path, kafka: str, database_url: str, issuer: LocalIssuer) -> None:
        self.tiles = Ports().address("tiles")
        super().__init__("audit_log", home, kafka, database_url, issuer, {"ONCORDIA_TILES_LISTEN": self.tiles})

    @property
    def files(self) -> Path:
        return self.home / "data" / "log"

    def bytes_of_files(self) -> int:
        """What the tiles, bundles and the checkpoint take."""
        return sum(path.stat().st_size for path in self.files.rglob("*") if path.is_file())

    def start_to_fail(self, fault: str) -> None:
        """Starts the process, which is to die at a fault point."""
        self.settings["ONCORDIA_FAULT"] = fault
        self.start(wait=False)
        del self.settings["ONCORDIA_FAULT"]

    @contextlib.contextmanager
    def stub(self) -> Iterator[audit_log_service_pb2_grpc.AuditLogServiceStub]:
        with grpc.insecure_channel(self.address) as channel:
            yield audit_log_service_pb2_grpc.AuditLogServiceStub(channel)


@dataclass(frozen=True)
class Numbered:
    """An event as a producer of a service would send it."""

    event_id: UUID
    topic: str
    key: str
    headers: list[tuple[str, bytes]]
    value: bytes


def query_created(producer: str, number: int, **acting: str) -> Numbered:
    """A cohort query was asked."""
    name = f"cohortQueries/{uuid4()}"
    payload = query_pb2.CohortQueryCreated(
        query=name, canonical_filter='modality = "MR" AND sex = "F"', providers=[f"providers/p{i}" for i in range(8)]
    )
    return numbered(producer, number, "query", name, payload, **acting)


def numbered(producer: str, number: int, family: str, key: str, payload: Payload, **acting: str) -> Numbered:
    event_id = uuid4()
    headers = envelope.headers(
        event_id=event_id,
        type_=payload.DESCRIPTOR.full_name,
        producer=producer,
        key=key,
        time=datetime.now(UTC),
        traceparent=f"00-{uuid4().hex}-{uuid4().hex[:16]}-01",
        acting=acting,
    )
    encoded = [(name, content.encode()) for name, content in headers]
    encoded.append(("ce_producerseq", str(number).encode()))
    return Numbered(event_id, topics.events(family).name, key, encoded, payload.SerializeToString())


async def send(kafka: str, events: Sequence[Numbered]) -> None:
    """Sends events to their topics and waits for the broker."""
    producer = AIOKafkaProducer(bootstrap_servers=kafka, linger_ms=20, max_batch_size=256 * 1024)
    await producer.start()
    try:
        for event in events:
            await producer.send(event.topic, value=event.value, key=event.key.encode(), headers=event.headers)
        await producer.flush()
    finally:
        await producer.stop()
