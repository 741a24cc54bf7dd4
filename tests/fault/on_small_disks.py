"""What happens when a disk is full. Run by test_full_disk.py, inside small disks; see there."""

from __future__ import annotations

import asyncio
import os
import random
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from oncordia.audit.v1 import messages_pb2 as audit
from oncordia.query.v1 import cohort_query_pb2
from tests.fault.asking import ask, asked_for, ended, new_question
from tests.fault.nothing_lost import assert_nothing_lost
from tests.fault.whole_stack import PROVIDERS, WholeStack, whole_stack
from tests.world import until

HOME = Path(os.environ.get("ONCORDIA_SMALL_DISKS", ""))
NODE = PROVIDERS[0].code


@pytest.fixture(scope="session")
def stack() -> Iterator[WholeStack]:
    """One node: three would show nothing more."""
    with whole_stack(HOME, PROVIDERS[:1]) as up:
        yield up


@asynccontextmanager
async def full(folder: Path) -> AsyncIterator[None]:
    """No byte more goes onto the folder's disk in the block."""
    assert os.path.ismount(folder)  # noqa: ASYNC240 - looks at a mount of this test
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12, 1):
            try:
                while True:
                    file.write(b"\0" * size)
            except OSError:
                continue
    try:
        yield
    finally:
        filler.unlink()


async def says(stack: WholeStack, process: str, *words: str) -> None:
    """Waits until the process's log has them all in one line."""

    async def said() -> bool:
        return any(all(word in line for word in words) for line in stack.log(process).splitlines())

    await until(said, 60)


async def answered(stack: WholeStack) -> cohort_query_pb2.CohortQuery:
    """A question asked and followed to its end."""
    async with stack.signed_in("researcher") as researcher:
        query = await ask(researcher, asked_for(new_question(random.Random(1))))
        return await ended(researcher, query.name)


async def test_a_full_disk_of_a_node_is_named_and_its_answer_comes_when_there_is_room(stack: WholeStack) -> None:
    before = stack.runs()
    folder = stack.home.nodes / NODE
    async with full(folder):
        asking = asyncio.create_task(answered(stack))
        await says(stack, f"node-{NODE}", "free space", str(folder))
    await assert_nothing_lost(stack, [await asking])
    assert stack.runs() == before


async def test_a_full_disk_of_the_audit_log_is_named_and_the_log_grows_on_when_there_is_room(stack: WholeStack) -> None:
    before = stack.runs()
    folder = stack.home.data("audit_log")
    async with full(folder):
        query = await answered(stack)
        await says(stack, "audit_log", "free space", str(folder))
        async with stack.signed_in("auditor") as auditor:
            request = audit.SearchEntriesRequest(resource=query.name)
            assert (await auditor.audit.SearchEntries(request, metadata=auditor.metadata())).entries
    await assert_nothing_lost(stack, [query])
    async with stack.database() as database:

        async def published() -> bool:
            sizes = "SELECT (SELECT size FROM audit_log.checkpoint) = (SELECT count(*) FROM audit_log.entries)"
            return bool(await database.fetchval(sizes))

        await until(published, 60)
    assert stack.runs() == before


@pytest.mark.parametrize("process", ["postgres", "kafka"])
async def test_a_full_disk_of_a_server_is_named_in_its_log_and_what_was_asked_is_answered(
    stack: WholeStack, process: str
) -> None:
    before = stack.runs()
    async with full(stack.home.directory / process):
        asking = [asyncio.create_task(answered(stack)) for _ in range(3)]
        await says(stack, process, "No space left on device")
    await assert_nothing_lost(stack, await asyncio.gather(*asking))
    after = stack.runs()
    # The server itself may end and come back; nobody else does.
    assert {name for name in after if after[name] != before[name]} <= {process}
