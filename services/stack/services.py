"""The processes of Oncordia itself, as a table: what to run, where it listens, what it waits for."""

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from stack.home import Home
from stack.kafka import KAFKA
from stack.ports import Ports
from stack.postgres import POSTGRES, Postgres
from stack.process import ProcessName, ProcessSpec, ReadyCheck, Step
from stack.ready import GrpcHealth, HttpOk, LogLine, TcpConnect

ISSUER = ProcessName("issuer")
INSIGHTS = ProcessName("insights")
HUB_COUNTRY = "BE"
AUDIENCE = "oncordia"

_MAIN_LISTEN = "ONCORDIA_LISTEN"


class Readiness(Enum):
    """How a process shows that it is ready."""

    GRPC = "its gRPC health service says so"
    OIDC = "its discovery page is there"
    METRICS = "its metrics page is there"
    PORT = "its port is open"


@dataclass(frozen=True)
class HubProcess:
    """A row of the table."""

    name: ProcessName
    command: tuple[str, ...]
    """Arguments of `python -m`."""
    readiness: Readiness
    listens: Mapping[str, str] = field(default_factory=lambda: {_MAIN_LISTEN: ""})
    """Environment variable -> suffix of the port's name; the empty one is the process's own address."""
    fixed: bool = False
    """Its ports are part of something lasting (an identity, a certificate), so they never change."""
    database_role: str | None = None
    after: tuple[ProcessName, ...] = (KAFKA, POSTGRES, ISSUER)
    environment: Mapping[str, str] = field(default_factory=dict)
    nice: int = 0


def _service(name: str, fixed: bool = False, nice: int = 0, **more_listens: str) -> HubProcess:
    listens = {_MAIN_LISTEN: "", **{f"ONCORDIA_{env.upper()}_LISTEN": suffix for env, suffix in more_listens.items()}}
    return HubProcess(
        ProcessName(name), (name,), Readiness.GRPC, listens=listens, fixed=fixed, database_role=name, nice=nice
    )


# What watches gives way to what people wait for, as far as it goes.
_WATCHING = 19

HUB: tuple[HubProcess, ...] = (
    HubProcess(ISSUER, ("issuer",), Readiness.OIDC, fixed=True, after=()),
    _service("insights", nice=_WATCHING, otlp="otlp"),
    HubProcess(
        ProcessName("insights-worker"),
        ("insights", "worker"),
        Readiness.METRICS,
        listens={},
        database_role="insights",
        after=(INSIGHTS,),
        nice=_WATCHING,
    ),
    _service("catalogue"),
    _service("query_broker"),
    _service("model_registry"),
    _service("audit_log", tiles="tiles"),
    # Nodes keep the addresses of the border, and its certificate names them.
    _service("federation", fixed=True, border="border", enrolment="enrolment"),
)


@dataclass(frozen=True)
class NodeProcess:
    """A provider's node. Its directory is `nodes/<code>` of the home."""

    code: str
    country: str
    environment: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Deployment:
    """What the processes share: where things are."""

    home: Home
    ports: Ports
    kafka_bootstrap: str
    postgres: Postgres

    @property
    def issuer_url(self) -> str:
        return f"http://{self.ports.address(ISSUER, fixed=True)}"

    def hub(
        self, table: Sequence[HubProcess] = HUB, before: Mapping[ProcessName, Step] | None = None
    ) -> tuple[ProcessSpec, ...]:
        """The processes of the table. `before` names steps to run once before some of them start.

        The passwords of PostgreSQL must have been made. Raises PortInUseError.
        """
        return tuple(self._hub_process(row, (before or {}).get(row.name)) for row in table)

    def node(self, node: NodeProcess) -> ProcessSpec:
        """A provider's node, started when the border answers."""
        directory = self.home.nodes / node.code
        directory.mkdir(parents=True, exist_ok=True)
        return ProcessSpec(
            name=ProcessName(f"node-{node.code}"),
            argv=(sys.executable, "-m", "node", "run"),
            ready=LogLine("connected to the hub"),
            env={"ONCORDIA_DATA_DIR": str(directory), **node.environment},
            after=(ProcessName("federation"),),
            address=f"{node.country}, outbound only",
            directory=directory,
        )

    def endpoints(self, table: Sequence[HubProcess] = HUB) -> dict[str, str]:
        """What the command line needs: each listening service's address, the issuer's URL, its secrets."""
        found = {
            f"{row.name}{f'.{suffix}' if suffix else ''}": self._address(row, suffix)
            for row in table
            for suffix in row.listens.values()
        }
        found |= {row.name: self.issuer_url for row in table if row.name == ISSUER}
        return {
            **found,
            "kafka": self.kafka_bootstrap,
            "postgres": f"127.0.0.1:{self.postgres.port}",
            "issuer_secrets": str(self.home.data(ISSUER) / "secrets"),
            "audience": AUDIENCE,
            "keys": str(self.home.keys),
        }

    def _hub_process(self, row: HubProcess, before: Step | None) -> ProcessSpec:
        data = self.home.data(row.name)
        data.mkdir(parents=True, exist_ok=True)
        metrics = self.ports.address(f"{row.name}-metrics")
        address = self._address(row, "") if "" in row.listens.values() else metrics
        environment = {
            "ONCORDIA_KAFKA_BOOTSTRAP": self.kafka_bootstrap,
            "ONCORDIA_KAFKA_INSTANCE": row.name,
            "ONCORDIA_METRICS_LISTEN": metrics,
            "ONCORDIA_OTLP_ENDPOINT": self.ports.address(f"{INSIGHTS}-otlp"),
            "ONCORDIA_OIDC_ISSUER": self.issuer_url,
            "ONCORDIA_OIDC_AUDIENCE": AUDIENCE,
            "ONCORDIA_KEYS_DIR": str(self.home.keys),
            "ONCORDIA_COUNTRY": HUB_COUNTRY,
            "ONCORDIA_DATA_DIR": str(data),
            "ONCORDIA_MIGRATE_ON_START": "true",
            **{variable: self._address(row, suffix) for variable, suffix in row.listens.items()},
            **row.environment,
        }
        if row.database_role is not None:
            environment["ONCORDIA_DATABASE_URL"] = self.postgres.url(row.database_role)
        return ProcessSpec(
            name=row.name,
            argv=(sys.executable, "-m", *row.command),
            ready=_ready(row.readiness, address, metrics),
            env=environment,
            after=row.after,
            address=address,
            directory=data,
            before=before,
            nice=row.nice,
        )

    def _address(self, row: HubProcess, suffix: str) -> str:
        name = f"{row.name}-{suffix}" if suffix else row.name
        return self.ports.address(name, fixed=row.fixed)


def _ready(readiness: Readiness, address: str, metrics: str) -> ReadyCheck:
    match readiness:
        case Readiness.GRPC:
            return GrpcHealth(address)
        case Readiness.OIDC:
            return HttpOk(address, "/.well-known/openid-configuration")
        case Readiness.METRICS:
            return HttpOk(metrics, "/metrics")
        case Readiness.PORT:
            return TcpConnect(address)
