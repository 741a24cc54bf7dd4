"""A log and its witnesses: what is published, what is not, and what is said when somebody tells two stories."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from pathlib import Path
from uuid import uuid4

import grpc
import pytest
from sqlalchemy import text

from audit_log.application.faults import FaultPoint
from kit.database.engine import Database
from kit.identity.log_key import read_log_key
from kit.rpc.status import reason_of
from oncordia.audit.v1 import messages_pb2
from stack.ports import Ports
from tests.integration.audit_log.proofs import published_size, served
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.integration.witness.world import Witness, policy_file, signed
from tests.real import FreshDatabase
from tests.world import LocalIssuer, until, wait_until
from tlog.add_checkpoint import AddCheckpoint
from tlog.hashing import EMPTY_ROOT, Row
from tlog.keys import SignerKey
from tlog.note import Note
from tlog.signing import SignedCheckpoint, verify_checkpoint
from tlog.subtrees import read_frontier
from tlog.tiles import Tile

_COUNT = text("SELECT count(*) FILTER (WHERE event_id = ANY(:ids)), count(*) FROM entries")


class Served:
    """A foreign reader of the tiles: where a partial one is gone, it takes the full one, as the specification says."""

    def __init__(self, log: AuditLog) -> None:
        self._log = log

    def read_tile(self, tile: Tile) -> Row:
        try:
            return Row(served(self._log)(tile.path))
        except urllib.error.HTTPError as error:
            if error.code != HTTPStatus.NOT_FOUND:
                raise
            return Row(served(self._log)(tile.full.path))


def use(log: AuditLog, witnesses: list[Witness], threshold: str) -> None:
    log.settings["ONCORDIA_WITNESS_POLICY"] = str(policy_file(log.home, witnesses, threshold))


async def grow(log: AuditLog, events: int = 100) -> int:
    """More events, enough to come to all partitions; gives the signed size when all that Kafka has is in it."""
    sent = [query_created(f"p-{uuid4().hex[:8]}", n) for n in range(1, events + 1)]
    await send(log.kafka, sent)
    database = Database(log.database_url)

    async def size_with_all() -> int:
        async with database.transaction() as transaction:
            found = await transaction.execute(_COUNT, {"ids": [event.event_id for event in sent]})
            ours, size = found.one()
        return int(size) if ours == events else 0

    async def all_are_in() -> bool:
        return await size_with_all() > 0

    await until(all_are_in)
    size = await size_with_all()
    await database.close()
    with log.stub() as stub:
        return stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=size), timeout=60).tree_size


def shown(log: AuditLog, witnesses: list[Witness]) -> SignedCheckpoint:
    """The published checkpoint, verified by a reader who trusts these witnesses."""
    keys = [witness.key for witness in witnesses]
    return verify_checkpoint(Note.parse(served(log)("checkpoint")), read_log_key(log.keys).verifier(), keys)


def is_served(log: AuditLog, size: int) -> bool:
    return published_size(log) >= size


def cosigners(log: AuditLog, witnesses: list[Witness]) -> set[str]:
    return {one.key.name for one in shown(log, witnesses).cosignatures}


def cosigned(log: AuditLog, at_least: int) -> Note:
    with log.stub() as stub:
        request = messages_pb2.GetCheckpointRequest(at_least_size=at_least, cosigned=True)
        return Note.parse(stub.GetCheckpoint(request, timeout=60).note.encode())


def metric(log: AuditLog, name: str) -> float:
    with urllib.request.urlopen(f"http://{log.settings['ONCORDIA_METRICS_LISTEN']}/metrics", timeout=10) as page:
        (value,) = re.findall(rf"^{re.escape(name)} (\S+)$", page.read().decode(), re.MULTILINE)
        return float(value)


def errors(log: AuditLog) -> list[str]:
    """What the log has said of its witnesses at level error."""
    lines = [json.loads(line) for line in log.words().splitlines() if line.startswith("{")]
    said = [line for line in lines if line["level"] == "error" and "witness" in line]
    return [f"{line['event']} {line['witness']} {line['reason']}" for line in said]


async def test_what_is_published_carries_the_cosignatures_and_so_does_evidence(
    log: AuditLog, witnesses: list[Witness]
) -> None:
    log.settings["ONCORDIA_METRICS_LISTEN"] = Ports().address("metrics")
    use(log, witnesses, "all")
    log.start()
    size = await grow(log, 300)
    wait_until(lambda: is_served(log, size))
    seen = shown(log, witnesses)
    assert {one.key for one in seen.cosignatures} == {witness.key for witness in witnesses}
    assert read_frontier(seen.checkpoint.size, Served(log)).root() == seen.checkpoint.root
    with log.stub() as stub:
        newest = stub.GetCheckpoint(messages_pb2.GetCheckpointRequest())
        assert newest.has_witness_policy
        assert len(Note.parse(newest.note.encode()).signatures) == 1
        proof = stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=size - 1, cosigned=True))
        plain = stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=size - 1))
    assert len(Note.parse(proof.checkpoint.encode()).signatures) == 3
    assert len(Note.parse(plain.checkpoint.encode()).signatures) == 1
    for witness in witnesses:
        assert metric(log, f'oncordia_audit_witness_entries{{witness="{witness.name}"}}') == size
        assert metric(log, f'oncordia_audit_witness_cosigned_timestamp_seconds{{witness="{witness.name}"}}') > 1.7e9
    assert metric(log, "oncordia_audit_cosigned_checkpoint_entries") == size
    assert errors(log) == []


async def test_without_a_policy_nothing_is_cosigned_and_asking_for_it_says_so(log: AuditLog) -> None:
    log.start()
    size = await grow(log)
    wait_until(lambda: is_served(log, size))
    with log.stub() as stub:
        assert not stub.GetCheckpoint(messages_pb2.GetCheckpointRequest()).has_witness_policy
        for call in (
            lambda: stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(cosigned=True)),
            lambda: stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(cosigned=True)),
        ):
            with pytest.raises(grpc.RpcError) as refused:
                call()
            assert reason_of(refused.value) == "NO_WITNESS_POLICY"


async def test_a_dead_witness_does_not_matter_where_one_of_two_is_enough(
    log: AuditLog, witnesses: list[Witness]
) -> None:
    witnesses[1].kill()
    use(log, witnesses, "any")
    log.start()
    size = await grow(log, 300)
    wait_until(lambda: is_served(log, size))
    assert cosigners(log, witnesses) == {"anna.example"}
    # When it returns, it adds its cosignature to what is published, although the log does not grow.
    witnesses[1].start()
    wait_until(lambda: cosigners(log, witnesses) == {"anna.example", "bert.example"})
    assert shown(log, witnesses).checkpoint.size == size


@pytest.mark.parametrize("away", [Witness.kill, Witness.pause], ids=["dead", "hanging"])
async def test_what_is_published_waits_for_a_witness_that_is_needed_while_the_log_goes_on_and_catches_up(
    log: AuditLog, witnesses: list[Witness], away: Callable[[Witness], None]
) -> None:
    use(log, witnesses, "all")
    log.start()
    before = await grow(log, 300)
    wait_until(lambda: is_served(log, before))
    away(witnesses[1])
    for _ in range(3):
        size = await grow(log, 200)
    seen = shown(log, witnesses)
    assert seen.checkpoint.size == before
    assert len(seen.cosignatures) == 2
    # Its own size is still proved by what is served, although its partial tiles are gone.
    assert read_frontier(before, Served(log)).root() == seen.checkpoint.root
    with log.stub() as stub:
        beyond = messages_pb2.GetInclusionProofRequest(index=before, cosigned=True)
        with pytest.raises(grpc.RpcError) as refused:
            stub.GetInclusionProof(beyond)
        assert refused.value.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(index=before)).tree_size >= size
    witnesses[1].stop()
    witnesses[1].start()
    wait_until(lambda: is_served(log, size))
    assert len(shown(log, witnesses).cosignatures) == 2


async def test_a_second_log_under_the_same_key_is_refused_and_told_as_an_error(
    log: AuditLog, witnesses: list[Witness], postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path
) -> None:
    use(log, witnesses, "all")
    log.start()
    size = await grow(log, 300)
    wait_until(lambda: is_served(log, size))
    twin = AuditLog(tmp_path / "twin", log.kafka, postgres("audit_log"), issuer)
    twin.settings |= {**log.settings, "ONCORDIA_KEYS_DIR": str(log.keys), "ONCORDIA_TILES_LISTEN": twin.tiles}
    twin.settings["ONCORDIA_METRICS_LISTEN"] = Ports().address("metrics")
    (tmp_path / "twin").mkdir(exist_ok=True)
    # The same events under other salts: other leaves, so another tree.
    twin.start()
    try:
        await grow(twin)
        wait_until(lambda: len(errors(twin)) >= 2)
        assert all("somebody may have shown it another log" in line for line in errors(twin))
        assert any(
            re.search(r"anna .*(does not continue|beyond|another tree|has signed)", line) for line in errors(twin)
        )
        assert metric(twin, 'oncordia_audit_witness_contradicts{witness="anna"}') == 1
        with pytest.raises(urllib.error.HTTPError, match="503"):
            served(twin)("checkpoint")
    finally:
        twin.stop()
    # Nobody could lead the witnesses away from the log that they know.
    more = await grow(log)
    wait_until(lambda: is_served(log, more))
    assert errors(log) == []


async def test_a_witness_that_was_shown_a_longer_log_is_told_as_an_error_and_the_log_goes_on(
    log: AuditLog, witnesses: list[Witness]
) -> None:
    forged = signed(read_log_key(log.keys), 10**6, EMPTY_ROOT)
    witnesses[0].cosigned_size(AddCheckpoint(0, (), forged))
    use(log, witnesses, "any")
    log.start()
    size = await grow(log)
    wait_until(lambda: is_served(log, size))
    assert cosigners(log, witnesses) == {"bert.example"}
    wait_until(lambda: bool(errors(log)))
    (line,) = errors(log)
    assert re.search(rf"anna it has cosigned a tree of {10**6} entries, and ours has signed \d+", line)


async def test_a_witness_that_was_shown_another_tree_of_the_same_size_is_told_as_an_error(
    log: AuditLog, witnesses: list[Witness]
) -> None:
    log.start()
    size = await grow(log)
    log.stop()
    witnesses[0].cosigned_size(AddCheckpoint(0, (), signed(read_log_key(log.keys), size, b"x" * 32)))
    use(log, witnesses, "any")
    log.start()
    wait_until(lambda: bool(errors(log)))
    assert re.search("anna it has cosigned (another tree of|a tree of)", errors(log)[0])


async def test_a_witness_that_does_not_know_the_log_is_told_with_its_answer(
    log: AuditLog, make_witness: Callable[[str, SignerKey], Witness]
) -> None:
    stranger = make_witness("cleo", SignerKey("else.example", read_log_key(log.keys).type, b"e" * 32))
    stranger.start()
    use(log, [stranger], "any")
    log.start()
    wait_until(lambda: "status 404: this witness knows no log" in log.words())
    assert await grow(log) >= 100


@pytest.mark.parametrize(
    "point", [FaultPoint.COSIGNED_COMMITTED, FaultPoint.CHECKPOINT_HALF_WRITTEN, FaultPoint.COSIGNED_WRITTEN]
)
async def test_dying_while_it_publishes_what_was_cosigned_loses_nothing(
    log: AuditLog, witnesses: list[Witness], point: FaultPoint
) -> None:
    use(log, witnesses, "all")
    log.start()
    before = await grow(log)
    wait_until(lambda: is_served(log, before))
    log.stop()
    log.start_to_fail(f"{point}:2" if point is FaultPoint.CHECKPOINT_HALF_WRITTEN else point)
    await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", n) for n in range(1, 301)])
    assert log.ended() == -9
    log.start()
    with log.stub() as stub:
        size = stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=before + 300), timeout=60).tree_size
    wait_until(lambda: is_served(log, size))
    assert len(shown(log, witnesses).cosignatures) == 2


async def test_an_idle_log_asks_nobody_again_after_a_restart(log: AuditLog, witnesses: list[Witness]) -> None:
    use(log, witnesses, "all")
    log.start()
    size = await grow(log)
    wait_until(lambda: is_served(log, size))
    before = served(log)("checkpoint")
    log.stop()
    for witness in witnesses:
        witness.kill()
    log.start()
    assert cosigned(log, size).encode() == before
    assert "no cosignature" not in log.words()


async def test_a_policy_that_comes_later_or_changes_holds_for_what_is_asked_for_from_then_on(
    log: AuditLog, witnesses: list[Witness]
) -> None:
    log.start()
    size = await grow(log)
    wait_until(lambda: is_served(log, size))
    log.stop()
    use(log, witnesses[:1], "any")
    log.start()
    wait_until(lambda: cosigners(log, witnesses) == {"anna.example"})
    log.stop()
    # Now the other one alone counts, and it is away: what the first has cosigned is not enough any more.
    witnesses[1].kill()
    use(log, witnesses[1:], "any")
    log.start()
    with log.stub() as stub, pytest.raises(grpc.RpcError) as refused:
        stub.GetInclusionProof(messages_pb2.GetInclusionProofRequest(cosigned=True))
    assert reason_of(refused.value) == "NO_CHECKPOINT"
    witnesses[1].start()
    wait_until(lambda: cosigners(log, witnesses) == {"bert.example"})
    log.stop()
    del log.settings["ONCORDIA_WITNESS_POLICY"]
    log.start()
    wait_until(lambda: published_size(log) == size)


async def test_a_rolled_back_database_stops_the_start_although_the_witnesses_were_away(
    log: AuditLog, witnesses: list[Witness], postgres: FreshDatabase
) -> None:
    for witness in witnesses:
        witness.kill()
    use(log, witnesses, "all")
    log.start()
    await grow(log)
    log.stop()
    assert not (log.files / "checkpoint").exists()
    log.database_url = postgres("audit_log")
    log.start(wait=False)
    assert log.ended() == 1
    assert "LOG_CONTRADICTED" in log.words()


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("quorum nobody\n", "line 1: no line before defines a witness or group nobody"),
        ("witness anna KEY\nquorum anna\n", "witness anna has no URL"),
        ("log LOG\nquorum none\n", "this one is not among them"),
    ],
)
async def test_a_policy_that_can_t_be_used_stops_the_start_and_says_why(
    log: AuditLog, make_witness: Callable[[str, SignerKey], Witness], text: str, words: str
) -> None:
    other = SignerKey("else.example", read_log_key(log.keys).type, b"e" * 32)
    key = make_witness("anna", other).key
    path = log.home / "policy"
    path.write_text(text.replace("KEY", str(key)).replace("LOG", str(other.verifier())))
    log.settings["ONCORDIA_WITNESS_POLICY"] = str(path)
    log.start(wait=False)
    assert log.ended() == 1
    assert words in log.words()
