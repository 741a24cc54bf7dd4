"""A person who was forgotten has left no trace in the files of a whole hub."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
import grpc

from kit.events.erasure import HOLDERS
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity.handles import Handles
from kit.settings import KafkaSettings
from oncordia.audit.v1 import identity_pb2
from oncordia.insights.v1 import insights_service_pb2
from tests.integration.access.command import CommandLine
from tests.integration.access.hub import Hub, running_hub
from tests.integration.audit_log.days import YEAR, Days, days_of
from tests.integration.erasure.disks import Disks, disks
from tests.integration.erasure.planted import PlantingIssuer, lives
from tests.integration.erasure.traces import traces
from tests.world import ServiceProcess, issuing, until


async def answers(
    hub: Hub, method: str, request: insights_service_pb2.GetTraceRequest | identity_pb2.ResolveActorRequest
) -> None:
    """Waits until an auditor gets an answer."""

    async def does() -> bool:
        with contextlib.suppress(grpc.RpcError):
            return bool(hub.call(method, request, "auditor-1"))
        return False

    await until(does, 120)


async def an_hour_passes(hub: Hub) -> None:
    """For the outboxes, which go by the database's clock; returns when they have purged what they sent."""
    for process in hub.processes.values():
        client = await asyncpg.connect(process.database_url)
        await client.execute("UPDATE outbox SET create_time = create_time - interval '2 hours'")

        async def is_empty(client: asyncpg.Connection = client) -> bool:
            old = "SELECT count(*) FROM outbox WHERE create_time < now() - interval '1 hour'"
            return bool(await client.fetchval(old) == 0)

        await until(is_empty, 120)
        await client.close()


def erasures(operator: CommandLine) -> list[dict[str, object]]:
    done = operator.run("audit", "erasures", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, object]] = json.loads(done.stdout)["erasures"]
    return found


async def test_a_person_who_was_forgotten_has_left_no_trace(tmp_path: Path) -> None:
    home, outside = tmp_path / "hub", tmp_path / "outside"
    outside.mkdir()
    with issuing(outside / "issuer") as local, disks(home) as servers:
        issuer = PlantingIssuer(local.url, local.tokens)
        claims = issuer.claims
        await apply_topics(KafkaSettings(bootstrap=servers.kafka.bootstrap), ALL)
        days: list[Days] = []

        def prepare(process: ServiceProcess) -> None:
            if process.name == "audit_log":
                days.append(days_of(process, outside / "days"))

        with running_hub(home, servers.kafka.bootstrap, servers.postgres.url, issuer, prepare) as hub:
            keys = hub.processes["audit_log"].keys
            handles = Handles(keys)
            subject = handles.subject(issuer.url, claims["sub"])
            actor = handles.actor(subject, datetime.now(UTC))
            person = {**claims, "subject": subject}
            trace = await lives(hub, servers.kafka.bootstrap)
            await answers(hub, "InsightsService.GetTrace", insights_service_pb2.GetTraceRequest(trace_id=trace))
            await answers(hub, "AuditLogService.ResolveActor", identity_pb2.ResolveActorRequest(actor=actor))
            await servers.keep_samples()
            before = traces(home, person)
            # The search finds them where they are, and what a hub has no use for it has never written.
            assert before.keys() == {"sub", "name", "subject"}
            for label in ("sub", "name"):
                assert {file.split("/")[0] for file in before[label]} == {"postgres"}
            assert {file.split("/")[0] for file in before["subject"]} == {"postgres", "kafka"}
            await forget(hub, days[0], outside, issuer)
            await an_hour_passes(hub)
        await servers.sweep()
        await servers.expire_kafka()
        await nothing_is_left(servers, home, person)


async def forget(hub: Hub, days: Days, outside: Path, issuer: PlantingIssuer) -> None:
    """Has the person forgotten, as an operator does it, and the key of the year destroyed."""
    operator, auditor = (CommandLine(hub, outside, user) for user in ("operator-1", "auditor-1"))
    year, keys = datetime.now(UTC).year, str(hub.processes["audit_log"].keys)
    over = datetime(year + 1, 1, 1, tzinfo=UTC) + timedelta(days=YEAR)
    handles = Handles(Path(keys))
    actor = handles.actor(handles.subject(issuer.url, issuer.claims["sub"]), datetime.now(UTC))
    asked = operator.run("audit", "erase", "--issuer", issuer.url, "--yes", typed=issuer.claims["sub"] + "\n")
    assert asked.returncode == 0, asked.stderr
    assert f"restricted until {over:%Y-%m-%d}" in asked.stdout
    told = auditor.run("audit", "who", actor)
    assert issuer.claims["name"] in told.stdout
    assert "RESTRICTED until" in told.stdout
    early = operator.run("admin", "keys", "destroy", str(year), keys, "--yes")
    assert early.returncode == 1
    assert f"until {over:%Y-%m-%d}" in early.stderr
    for passing in (1, (over - days.now).days + 1, 2):
        await days.pass_by(passing)

    async def is_done() -> bool:
        return erasures(operator)[0]["state"] == "STATE_ERASED"

    await until(is_done, 120)
    assert set(erasures(operator)[0]["confirmed"]) == set(HOLDERS)  # type: ignore[call-overload]  # a list of names
    destroyed = operator.run("admin", "keys", "destroy", str(year), keys, "--yes")
    assert destroyed.returncode == 0, destroyed.stderr
    assert "etcd" in destroyed.stdout
    assert not (Path(keys) / f"actor-{year}.key").exists()
    ended = auditor.run("audit", "who", actor)
    assert ended.returncode == 1
    assert "nobody knows it any more" in ended.stderr
    found = auditor.run("audit", "search", "--resource", f"actorKeys/{year}", "--json")
    assert {e["type"].rpartition(".")[2] for e in json.loads(found.stdout)["entries"]} >= {"ActorYearEnded"}


async def nothing_is_left(servers: Disks, home: Path, person: dict[str, str]) -> None:
    """Kafka deletes when it looks; PostgreSQL has nothing since it swept."""

    async def kafka_has_nothing() -> bool:
        return not traces(servers.kafka_files, person)

    with contextlib.suppress(TimeoutError):
        await until(kafka_has_nothing, 90)
    assert traces(home, person) == {}
