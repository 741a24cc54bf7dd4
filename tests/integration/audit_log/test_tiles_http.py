"""The log's files as anybody's reader gets them (c2sp.org/tlog-tiles)."""

import urllib.error
import urllib.request
from http.client import HTTPMessage
from uuid import uuid4

import pytest

from oncordia.audit.v1 import messages_pb2
from tests.integration.audit_log.proofs import checkpoint
from tests.integration.audit_log.world import AuditLog, query_created, send
from tests.world import wait_until
from tlog.tiles import TILE_WIDTH, Bundle, Tile, bundle_at, edge_tiles, tile_at


async def grown(log: AuditLog, events: int) -> int:
    """A started log of at least so many entries, its last tile not full; the size of its published checkpoint."""
    log.start()
    size = 0
    while size % TILE_WIDTH == 0:
        await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", number) for number in range(1, events + 1)])
        with log.stub() as stub:
            stub.GetCheckpoint(messages_pb2.GetCheckpointRequest(at_least_size=size + events), timeout=60)
        size = checkpoint(log).size
    return size


def edge(size: int) -> tuple[Tile | Bundle, ...]:
    """The last tile of the lowest level and the last bundle."""
    index = size // TILE_WIDTH
    return tile_at(0, index, size), bundle_at(index, size)


def head(log: AuditLog, path: str) -> HTTPMessage:
    with urllib.request.urlopen(f"http://{log.tiles}/{path}", timeout=10) as answer:
        assert answer.read()
        return answer.headers  # type: ignore[no-any-return]  # urllib's answer is untyped


def status(log: AuditLog, path: str) -> int:
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(f"http://{log.tiles}/{path}", timeout=10)
    code: int = refused.value.code
    refused.value.close()
    return code


async def test_the_checkpoint_is_asked_for_anew_and_files_are_kept_for_ever(log: AuditLog) -> None:
    await grown(log, 300)
    note = head(log, "checkpoint")
    assert (note["content-type"], note["cache-control"]) == ("text/plain; charset=utf-8", "no-cache")
    for path in ("tile/0/000", "tile/entries/000"):
        file = head(log, path)
        assert file["content-type"] == "application/octet-stream"
        assert file["cache-control"] == "public, max-age=31536000, immutable"


async def test_partial_files_of_the_checkpoints_own_size_are_there(log: AuditLog) -> None:
    size = await grown(log, 300)
    for place in (*edge_tiles(size), *edge(size)):
        assert head(log, place.path)


async def test_partial_files_give_way_to_the_full_one(log: AuditLog) -> None:
    size = await grown(log, 100)
    await send(log.kafka, [query_created(f"p-{uuid4().hex[:8]}", number) for number in range(1, TILE_WIDTH + 1)])
    for place in edge(size):
        partial = log.files / place.path
        wait_until(lambda path=partial: not path.exists())  # type: ignore[misc]  # a lambda's default
        assert head(log, place.path.rpartition(".p/")[0])


async def test_what_the_log_does_not_have_is_not_found_and_says_so(log: AuditLog) -> None:
    await grown(log, 3)
    for path in (
        "tile/0/999",
        "tile/0/0",
        "tile/0/000.p/256",
        "tile/0/../../x",
        "tile/64/000",
        "tile/entries/x1/000",
        "",
    ):
        assert status(log, path) == 404


async def test_before_the_first_checkpoint_the_reader_is_told_to_come_again(log: AuditLog) -> None:
    log.settings["ONCORDIA_KAFKA_BOOTSTRAP"] = "127.0.0.1:1"
    log.start(wait=False)
    wait_until(lambda: _answers(log))
    assert status(log, "checkpoint") == 503


def _answers(log: AuditLog) -> bool:
    try:
        urllib.request.urlopen(f"http://{log.tiles}/", timeout=1).close()
    except urllib.error.HTTPError as error:
        error.close()
        return True
    except OSError:
        return False
    return True
