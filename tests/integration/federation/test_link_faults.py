"""What happens to the link and its tasks when one side is stopped, killed or cut off, or stands behind a proxy."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1.federation_service_pb2_grpc import FederationServiceStub
from tests.integration.federation.proxy import proxying
from tests.integration.federation.world import LIVE, STALE, Hub, replica
from tests.world import LocalIssuer, until, wait_until


async def test_a_node_behind_a_connect_proxy_enrols_and_answers_through_it(hub: Hub) -> None:
    with proxying() as proxy:
        provider = await hub.provider()
        node = await hub.node(provider, ONCORDIA_PROXY=proxy.url)
        node.start()
        await hub.becomes(provider, LIVE)
        report = await hub.asking.ended(await hub.asking.count(provider))
        assert report.state == tasks_pb2.TASK_STATE_DONE
        settings = hub.process.settings
        assert set(proxy.tunnels) == {settings["ONCORDIA_ENROLMENT_LISTEN"], settings["ONCORDIA_BORDER_LISTEN"]}
        node.kill()


async def test_a_hub_that_is_stopped_sends_its_nodes_away_and_they_come_back(hub: Hub) -> None:
    provider, node = await hub.live_node()
    assert hub.process.stop() == 0
    wait_until(lambda: '"DRAINING"' in node.log.read_text())
    asked = await hub.asking.count(provider)
    hub.process.start()
    report = await hub.asking.ended(asked)
    assert report.state == tasks_pb2.TASK_STATE_DONE
    await hub.becomes(provider, LIVE)


async def test_the_session_of_a_killed_replica_runs_out_and_the_other_says_so(
    hub: Hub, hub_kafka: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    provider, node = await hub.live_node()
    second = replica(tmp_path / "second", hub_kafka, hub.process.database_url, issuer, hub.process)
    with second:
        hub.process.kill()
        async with second.channel() as channel:
            left = Hub(second, FederationServiceStub(channel), issuer, tmp_path, hub.asking)
            await left.becomes(provider, STALE, seconds=60)
            # Its node finds another way in, and what was asked meanwhile is answered there.
            asked = await hub.asking.count(provider)
            node.kill()
            node.settings["ONCORDIA_BORDER_ADDRESS"] = second.settings["ONCORDIA_BORDER_LISTEN"]
            node.start()
            await left.becomes(provider, LIVE)
            assert (await hub.asking.ended(asked, 60)).state == tasks_pb2.TASK_STATE_DONE


async def test_a_cancel_while_the_node_counts_leaves_a_true_ledger_and_no_answer(hub: Hub) -> None:
    provider, node = await hub.live_node()
    ledger = node.folder / "ledger.sqlite"

    def charges() -> int:
        with closing(sqlite3.connect(f"file:{ledger}?mode=ro", uri=True)) as reading:
            (count,) = reading.execute("SELECT count(*) FROM charges").fetchone()
            return int(count)

    journal = node.folder / "journal.sqlite"

    def begun(task: str) -> bool:
        with closing(sqlite3.connect(f"file:{journal}?mode=ro", uri=True)) as reading:
            return bool(reading.execute("SELECT 1 FROM tasks WHERE task_id = ?", (task,)).fetchone())

    # The count waits for the ledger, in the middle of its work.
    with closing(sqlite3.connect(ledger, isolation_level=None)) as holding:
        holding.execute("BEGIN IMMEDIATE")
        task = await hub.asking.count(provider)
        wait_until(lambda: begun(task))
        await hub.asking.cancel(provider)
        cancelled = await hub.asking.ended(task)
        assert cancelled.state == tasks_pb2.TASK_STATE_CANCELLED
        assert charges() == 0
        holding.execute("ROLLBACK")
    wait_until(lambda: charges() == 1)
    again = await hub.asking.ended(await hub.asking.count(provider))
    assert again.result.count.stored
    assert charges() == 1
    ended = [r.state for r in hub.asking.of(task) if r.state != tasks_pb2.TASK_STATE_DELIVERED]
    assert ended == [tasks_pb2.TASK_STATE_CANCELLED]


async def test_a_task_that_came_in_the_middle_of_a_restart_is_answered_by_the_next_process(hub: Hub) -> None:
    provider, node = await hub.live_node()
    with closing(sqlite3.connect(node.folder / "ledger.sqlite", isolation_level=None)) as holding:
        holding.execute("BEGIN IMMEDIATE")
        task = await hub.asking.count(provider)

        async def delivered() -> bool:
            return any(r.state == tasks_pb2.TASK_STATE_DELIVERED for r in hub.asking.of(task))

        await until(delivered)
        node.kill()
    node.start()
    report = await hub.asking.ended(task)
    assert report.state == tasks_pb2.TASK_STATE_DONE
    assert not report.result.count.stored
