"""A hub's federation and providers' nodes, each a process of its own, and the topics on the other side."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from aiokafka import AIOKafkaConsumer, AIOKafkaProducer

from cohort.parser import parse
from kit.events import envelope, topics
from kit.wire.expression import encode_expression
from oncordia.border.v1 import task_pb2
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import messages_pb2, provider_pb2
from stack.ports import Ports
from tests.integration.node.ingesting import open_provider
from tests.integration.node.provider import Provider
from tests.world import LocalIssuer, ServiceProcess, until

if TYPE_CHECKING:
    # The generated module has it for type checkers only.
    from oncordia.federation.v1.federation_service_pb2_grpc import FederationServiceAsyncStub

LIVE = provider_pb2.PROVIDER_STATE_LIVE
STALE = provider_pb2.PROVIDER_STATE_STALE
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def replica(
    home: Path, kafka: str, database: str, issuer: LocalIssuer, like: ServiceProcess | None = None, **settings: str
) -> ServiceProcess:
    """A federation process, or a further replica of one, with the same keys and listeners of its own."""
    own = {
        "ONCORDIA_BORDER_LISTEN": Ports().address("border"),
        "ONCORDIA_ENROLMENT_LISTEN": Ports().address("enrolment"),
        "ONCORDIA_HEARTBEAT_SECONDS": "1",
        "ONCORDIA_LEASE_SECONDS": "10",
        **settings,
    }
    if like is not None:
        own["ONCORDIA_KEYS_DIR"] = str(like.keys)
    return ServiceProcess("federation", home, kafka, database, issuer, own)


@dataclass
class NodeProcess:
    """`oncordia-node` with a folder of its own."""

    folder: Path
    settings: dict[str, str] = field(default_factory=dict)
    process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        return self.folder / "node.log"

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Runs a command to its end."""
        return subprocess.run(
            [sys.executable, "-m", "node", *arguments],
            env=self._environment(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def enrol(self, invitation: messages_pb2.Invitation, *options: str) -> subprocess.CompletedProcess[str]:
        return self.command(
            "enrol",
            *options,
            f"--address={invitation.enrolment_address}",
            f"--ca-fingerprint={invitation.ca_fingerprint}",
            f"--token={invitation.token}",
        )

    def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "node", "run"], env=self._environment(), stderr=log, stdout=log
            )

    def kill(self) -> None:
        """SIGKILL."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        assert self.process is not None
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(30)

    def _environment(self) -> dict[str, str]:
        return {**os.environ, "ONCORDIA_DATA_DIR": str(self.folder), **self.settings}


class Asking:
    """Speaks on the topics as services do that ask for work at nodes."""

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self.resource = f"cohortQueries/{uuid.uuid4()}"
        self.reports: list[tasks_pb2.TaskReported] = []

    async def start(self) -> None:
        self._producer = AIOKafkaProducer(bootstrap_servers=self._kafka)
        await self._producer.start()
        self._results = AIOKafkaConsumer(
            topics.RESULTS.name,
            bootstrap_servers=self._kafka,
            isolation_level="read_committed",
            auto_offset_reset="earliest",
        )
        await self._results.start()
        self._reading = asyncio.create_task(self._read())

    async def stop(self) -> None:
        self._reading.cancel()
        await self._results.stop()
        await self._producer.stop()

    async def count(self, *providers: str, filter_: str = 'sex = "F"', wait: float = 60) -> str:
        """Asks the providers to count; the task id (of the first)."""
        task = self._task(wait)
        task.count.expression.CopyFrom(encode_expression(parse(filter_)))
        return await self.request(task, providers)

    async def cancel(self, *providers: str) -> str:
        task = self._task(60)
        task.cancel.SetInParent()
        return await self.request(task, providers)

    async def request(self, task: task_pb2.Task, providers: Sequence[str]) -> str:
        ids = [str(uuid.uuid4()) for _ in providers]
        assignments = [tasks_pb2.Assignment(provider=name, task_id=i) for name, i in zip(providers, ids, strict=True)]
        payload = tasks_pb2.TasksRequested(task=task, assignments=assignments)
        headers = envelope.headers(
            event_id=uuid.uuid4(),
            type_=payload.DESCRIPTOR.full_name,
            producer="query_broker",
            key=self.resource,
            time=datetime.now(UTC),
            traceparent=TRACE,
            acting={},
        )
        raw = [(name, content.encode()) for name, content in headers]
        await self._producer.send_and_wait(
            topics.TASKS.name, payload.SerializeToString(), key=self.resource.encode(), headers=raw
        )
        return ids[0]

    def of(self, task_id: str) -> list[tasks_pb2.TaskReported]:
        return [report for report in self.reports if report.result.task_id == task_id]

    async def ended(self, task_id: str, seconds: float = 30) -> tasks_pb2.TaskReported:
        """Waits for the report that the task has ended."""
        open_states = (tasks_pb2.TASK_STATE_PENDING, tasks_pb2.TASK_STATE_DELIVERED)

        async def is_ended() -> bool:
            return any(report.state not in open_states for report in self.of(task_id))

        await until(is_ended, seconds)
        return next(report for report in self.of(task_id) if report.state not in open_states)

    def _task(self, wait: float) -> task_pb2.Task:
        task = task_pb2.Task(
            asking_resource=self.resource, asking_organisation="organisation-a", asking_country="BE", purpose="test"
        )
        task.deadline.FromDatetime(datetime.now(UTC) + timedelta(seconds=wait))
        return task

    async def _read(self) -> None:
        async for record in self._results:
            report = tasks_pb2.TaskReported.FromString(record.value)
            if report.asking_resource == self.resource:
                self.reports.append(report)


@dataclass
class Hub:
    """A federation process as an operator uses it, and the nodes of a test."""

    process: ServiceProcess
    stub: FederationServiceAsyncStub
    issuer: LocalIssuer
    home: Path
    asking: Asking
    nodes: list[NodeProcess] = field(default_factory=list)

    async def provider(self, name: str | None = None) -> str:
        """Registers a provider."""
        request = messages_pb2.CreateProviderRequest(
            provider=provider_pb2.Provider(
                name=name or f"providers/p-{uuid.uuid4().hex[:10]}",
                display_name="A provider",
                country="PT",
                organisation="an organisation",
            )
        )
        created = await self.stub.CreateProvider(request, metadata=self.operator)
        return created.name

    async def invitation(self, provider: str) -> messages_pb2.Invitation:
        request = messages_pb2.CreateInvitationRequest(provider=provider)
        return await self.stub.CreateInvitation(request, metadata=self.operator)

    async def node(self, provider: str, *, data: bool = True, **settings: str) -> NodeProcess:
        """A node with data, enrolled for the provider, not yet running."""
        folder = self.home / f"node-{len(self.nodes)}"
        if data:
            open_provider(Provider.create(folder))
        else:
            folder.mkdir()
        node = NodeProcess(folder, settings)
        self.nodes.append(node)
        done = node.enrol(await self.invitation(provider))
        assert done.returncode == 0, done.stderr
        return node

    async def live_node(self) -> tuple[str, NodeProcess]:
        """A new provider whose node is connected."""
        provider = await self.provider()
        node = await self.node(provider)
        node.start()
        await self.becomes(provider, LIVE)
        return provider, node

    async def get(self, provider: str) -> provider_pb2.Provider:
        return await self.stub.GetProvider(messages_pb2.GetProviderRequest(name=provider), metadata=self.operator)

    async def becomes(self, provider: str, state: provider_pb2.ProviderState.ValueType, seconds: float = 30) -> None:
        """Waits until the provider has that state."""

        async def is_there() -> bool:
            return (await self.get(provider)).state == state

        await until(is_there, seconds)

    @property
    def operator(self) -> tuple[tuple[str, str], ...]:
        return self.issuer.metadata("operator-1")
