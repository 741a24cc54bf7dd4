"""What the log does not go on with, and what it says then."""

import contextlib
import shutil
import urllib.request
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from uuid import UUID, uuid4

import grpc
import pytest
from aiokafka import AIOKafkaProducer

from kit.events import topics
from kit.events.kafka import apply_topics
from kit.identity import keys
from kit.identity.log_key import init_log_key
from kit.rpc.status import reason_of
from kit.settings import KafkaSettings
from oncordia.audit.v1 import messages_pb2
from stack.ports import Ports
from tests.integration.audit_log.proofs import checkpoint, published_size
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.real import FreshDatabase, OwnKafka
from tests.world import LocalIssuer, wait_until
from tlog.body import EventBody


async def grown(log: AuditLog, events: int) -> None:
    """A log that holds at least so many entries, all signed."""
    log.start()
    await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", n) for n in range(1, events + 1)])
    with log.stub() as stub:
        stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=events), timeout=60)


@pytest.mark.parametrize("name", [keys.LOG_PRIVATE, keys.LOG_PUBLIC, keys.VAULT_PRIVATE, keys.VAULT_PUBLIC])
@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"x")])
async def test_a_missing_or_wrong_key_stops_the_start_with_its_name(
    log: AuditLog, name: str, damage: Callable[[Path], object]
) -> None:
    damage(log.keys / name)
    log.start(wait=False)
    assert log.ended() == 1
    assert name in log.words()


async def test_another_log_key_stops_the_start(log: AuditLog) -> None:
    await grown(log, 3)
    log.stop()
    for name in (keys.LOG_PRIVATE, keys.LOG_PUBLIC):
        (log.keys / name).unlink()
    init_log_key(log.keys)
    log.start(wait=False)
    assert log.ended() == 1
    assert "CHECKPOINT_FOREIGN" in log.words()


async def test_a_database_that_was_rolled_back_stops_the_start(log: AuditLog, postgres: FreshDatabase) -> None:
    await grown(log, 3)
    log.stop()
    log.database_url = postgres("audit_log")
    log.start(wait=False)
    assert log.ended() == 1
    assert "LOG_CONTRADICTED" in log.words()


async def test_lost_tiles_stop_the_start(log: AuditLog) -> None:
    await grown(log, 3)
    log.stop()
    shutil.rmtree(log.files / "tile")
    log.start(wait=False)
    assert log.ended() == 1
    assert "TILE_MISSING" in log.words()


async def test_a_damaged_tile_is_never_given_as_a_proof(log: AuditLog) -> None:
    await grown(log, 600)
    tile = log.files / "tile/0/000"
    content = bytearray(tile.read_bytes())
    content[33] ^= 1
    tile.write_bytes(content)
    with log.stub() as stub, pytest.raises(grpc.RpcError) as refused:
        stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=0))
    assert reason_of(refused.value) == "LOG_DAMAGED"


@pytest.fixture
async def own_log(
    own_kafka: OwnKafka, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path
) -> AsyncIterator[AuditLog]:
    """A log that holds ten events, on a broker of its own."""
    await apply_topics(KafkaSettings(bootstrap=own_kafka.bootstrap), topics.ALL)
    log = AuditLog(tmp_path, own_kafka.bootstrap, postgres("audit_log"), issuer)
    log.settings["ONCORDIA_METRICS_LISTEN"] = Ports().address("metrics")
    with log:
        await send(log.kafka, [query_created("query_broker", n) for n in range(1, 11)])
        wait_until(lambda: published_size(log) >= 10)
        yield log


def is_halted(log: AuditLog) -> bool:
    address = log.settings["ONCORDIA_METRICS_LISTEN"]
    with urllib.request.urlopen(f"http://{address}/metrics", timeout=10) as page:
        return b"oncordia_audit_halted 1.0" in page.read()


def has(log: AuditLog, event_id: UUID, issuer: LocalIssuer) -> bool:
    with log.stub() as stub, contextlib.suppress(grpc.RpcError):
        request = messages_pb2.GetEntryRequest(name=f"events/{event_id}")
        return bool(stub.GetEntry(request, metadata=issuer.metadata("auditor-1")).leaf)
    return False


async def test_a_foreign_message_halts_the_log_and_is_named_while_reads_go_on(
    own_log: AuditLog, issuer: LocalIssuer
) -> None:
    log, before = own_log, query_created("federation", 1)
    await send(log.kafka, [before])
    wait_until(lambda: has(log, before.event_id, issuer))
    assert not is_halted(log)
    topic = topics.events("query").name
    producer = AIOKafkaProducer(bootstrap_servers=log.kafka)
    await producer.start()
    place = await producer.send_and_wait(topic, b"?", key=b"k", headers=[("colour", b"blue")], partition=0)
    await producer.stop()
    wait_until(lambda: is_halted(log))
    assert f"{topic}/0@{place.offset}" in log.words()
    assert "ce_id" in log.words()
    assert has(log, before.event_id, issuer)
    wait_until(lambda: checkpoint(log).size >= 11)
    # A new start meets the same message again.
    log.stop()
    log.start()
    wait_until(lambda: is_halted(log))
    assert has(log, before.event_id, issuer)


async def test_another_event_under_a_known_id_halts_the_log_and_the_same_one_does_not(
    own_log: AuditLog, issuer: LocalIssuer
) -> None:
    log, first, after = own_log, query_created("federation", 1), query_created("federation", 2)
    await send(log.kafka, [first])
    wait_until(lambda: has(log, first.event_id, issuer))
    await send(log.kafka, [first, first, after])
    wait_until(lambda: has(log, after.event_id, issuer))
    size = checkpoint(log).size
    await send(log.kafka, [replace(first, value=query_created("federation", 1).value)])
    wait_until(lambda: is_halted(log))
    assert str(first.event_id) in log.words()
    assert "another content" in log.words()
    wait_until(lambda: published_size(log) >= size)
    with log.stub() as stub:
        request = messages_pb2.GetEntryRequest(name=f"events/{first.event_id}")
        entry = stub.GetEntry(request, metadata=issuer.metadata("auditor-1"))
        assert EventBody.decode(entry.body).value == first.value


async def test_two_events_under_one_id_in_one_batch_halt_the_log(own_log: AuditLog, issuer: LocalIssuer) -> None:
    first = query_created("federation", 1)
    await send(own_log.kafka, [first, replace(first, value=query_created("federation", 1).value)])
    wait_until(lambda: is_halted(own_log))
    assert str(first.event_id) in own_log.words()
    # The first of them was there alone when it was taken.
    wait_until(lambda: has(own_log, first.event_id, issuer))
