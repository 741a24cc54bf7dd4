"""What an audit log needs around it, all real: keys, an issuer of tokens, the process itself, and events to log."""

import contextlib
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import uvicorn
from aiokafka import AIOKafkaProducer
from google.protobuf.message import Message as Payload
from grpc_health.v1 import health_pb2, health_pb2_grpc

from issuer.app import make_app
from issuer.client_secrets import ClientSecrets
from issuer.signing import Tokens, load_signing_key
from issuer.users import load_users
from kit.clock import SystemClock
from kit.events import envelope, topics
from kit.identity import keys
from kit.identity.log_key import init_log_key
from kit.rpc.client import bearer
from oncordia.audit.v1 import audit_log_service_pb2_grpc
from oncordia.events.v1 import query_pb2
from stack.ports import Ports

Metadata = tuple[tuple[str, str], ...]


def make_keys(directory: Path) -> None:
    """All keys of a deployment that the audit log reads."""
    directory.mkdir(parents=True, exist_ok=True)
    keys.write_new(directory, keys.SUBJECT, keys.random_key())
    keys.write_new(directory, keys.actor_key_name(datetime.now(UTC).year), keys.random_key())
    keys.init_vault_key(directory)
    init_log_key(directory)


@dataclass(frozen=True)
class LocalIssuer:
    """The issuer of the embedded stack, served from a thread."""

    url: str
    tokens: Tokens

    def token(self, user: str) -> str:
        found = load_users().find(user)
        assert found is not None
        return self.tokens.sign(found, datetime.now(UTC))

    def metadata(self, user: str) -> Metadata:
        """The metadata of a call by that user."""
        return bearer(self.token(user))


@contextlib.contextmanager
def issuing(directory: Path) -> Iterator[LocalIssuer]:
    address = Ports().address("issuer")
    url = f"http://{address}"
    users = load_users()
    tokens = Tokens(load_signing_key(directory), url, "oncordia", timedelta(hours=1))
    app = make_app(users, ClientSecrets(directory / "secrets", users), tokens, SystemClock())
    host, _, port = address.rpartition(":")
    server = uvicorn.Server(uvicorn.Config(app, host=host, port=int(port), log_level="warning", lifespan="off"))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    try:
        wait_until(lambda: server.started)
        yield LocalIssuer(url, tokens)
    finally:
        server.should_exit = True
        thread.join()


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    """Waits for a condition, with a deadline."""
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, f"not within {seconds} s"
        time.sleep(0.02)


@dataclass
class AuditLog:
    """One audit log: its database, its directory, and at most one process."""

    home: Path
    kafka: str
    database_url: str
    issuer: str
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        ports = Ports()
        self.address = ports.address("audit_log")
        self.tiles = ports.address("tiles")
        make_keys(self.home / "keys")

    @property
    def files(self) -> Path:
        return self.home / "data" / "log"

    @property
    def keys(self) -> Path:
        return self.home / "keys"

    def words(self) -> str:
        """What the processes have logged."""
        return (self.home / "log").read_text()

    def start(self, fault: str | None = None, *, wait: bool = True) -> None:
        """Starts the process, and waits until it serves."""
        environment = {
            **os.environ,
            "ONCORDIA_LISTEN": self.address,
            "ONCORDIA_TILES_LISTEN": self.tiles,
            "ONCORDIA_DATABASE_URL": self.database_url,
            "ONCORDIA_KAFKA_BOOTSTRAP": self.kafka,
            "ONCORDIA_KEYS_DIR": str(self.keys),
            "ONCORDIA_DATA_DIR": str(self.home / "data"),
            "ONCORDIA_OIDC_ISSUER": self.issuer,
            "ONCORDIA_MIGRATE_ON_START": "true",
            "PYTHONPATH": os.pathsep.join(sys.path),
            **self.settings,
        }
        if fault is not None:
            environment["ONCORDIA_FAULT"] = fault
        with (self.home / "log").open("ab") as log:
            self.process = subprocess.Popen([sys.executable, "-m", "audit_log"], env=environment, stderr=log)
        if wait:
            wait_until(self._serves)

    def kill(self) -> None:
        """SIGKILL."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        """SIGTERM; returns the exit code."""
        if self.process is None:
            return 0
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def ended(self) -> int:
        """Waits for the process to end by itself; returns the exit code."""
        assert self.process is not None
        return self.process.wait(60)

    def _serves(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.words()[-2000:]
        with grpc.insecure_channel(self.address) as channel, contextlib.suppress(grpc.RpcError):
            answer = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(), timeout=1)
            return bool(answer.status == health_pb2.HealthCheckResponse.SERVING)
        return False

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
