"""One stack from start to end: backing services, Oncordia's processes, and what is written down about them."""

import asyncio
import signal
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace

from stack.cache import cache_directory
from stack.home import Home, write_json
from stack.jars import KAFKA_LOCK, Jars, Progress, fetch
from stack.kafka import Kafka
from stack.ports import Ports
from stack.postgres import Postgres
from stack.process import ProcessName, ProcessSpec, Step
from stack.services import HUB, Deployment
from stack.supervisor import Supervised, Supervisor
from stack.table import as_json

Changed = Callable[[Mapping[ProcessName, Supervised]], None]


@dataclass(frozen=True)
class RunningStack:
    """A stack whose processes are all ready."""

    deployment: Deployment
    supervisor: Supervisor


@dataclass(frozen=True)
class Plan:
    """What a stack is to run: Kafka and PostgreSQL, and the processes made by `processes`."""

    home: Home
    ports: Ports
    processes: Callable[[Deployment], tuple[ProcessSpec, ...]]
    once_kafka_is_ready: Callable[[str], Step] | None = None
    """Given the bootstrap address: what to do before others are started (make topics)."""


def fetch_kafka(progress: Progress | None = None) -> Jars:
    """Kafka's jars, downloaded if need be. Raises DownloadFailedError."""
    return fetch(KAFKA_LOCK, cache_directory(), progress)


@asynccontextmanager
async def running(plan: Plan, jars: Jars, changed: Changed = lambda _: None) -> AsyncIterator[RunningStack]:
    """Start all, and end all when the block ends. The home must be held.

    Raises ProcessFailedError, PortInUseError. endpoints.json is there while the stack is.
    """
    home, ports = plan.home, plan.ports
    kafka = Kafka(home.kafka, ports.address("kafka"), ports.address("kafka-controller"), jars)
    postgres = Postgres(home.postgres, ports.port("postgres"), home.passwords)
    postgres.make_passwords()
    deployment = Deployment(home, ports, kafka.bootstrap, postgres)
    make_topics = plan.once_kafka_is_ready(kafka.bootstrap) if plan.once_kafka_is_ready else None
    specs = (replace(kafka.spec(), once_ready=make_topics), postgres.spec(), *plan.processes(deployment))

    def note(processes: Mapping[ProcessName, Supervised]) -> None:
        write_json(home.status, as_json(processes))
        changed(processes)

    supervisor = Supervisor(specs, home.logs, note)
    try:
        await supervisor.start()
        write_json(home.endpoints, {**deployment.endpoints([row for row in HUB if row.name in supervisor.processes])})
        yield RunningStack(deployment, supervisor)
    finally:
        home.endpoints.unlink(missing_ok=True)
        await supervisor.stop()


def stop_when_told(task: "asyncio.Task[None]") -> None:
    """Cancel a task at SIGINT or SIGTERM, so that it ends its processes in order."""
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, task.cancel)
