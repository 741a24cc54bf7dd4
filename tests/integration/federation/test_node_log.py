"""What nodes did: each act once in the node's own log and in the hub's, with the same leaf, whatever is killed."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from kit.identity import keys
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import messages_pb2
from tests.integration.audit_log.world import AuditLog
from tests.integration.federation.world import LIVE, Hub, NodeProcess
from tests.real import FreshDatabase
from tests.world import LocalIssuer, until

Found = dict[str, object]


@pytest.fixture
def audit(hub_kafka: str, postgres: FreshDatabase, issuer: LocalIssuer, tmp_path: Path) -> Iterator[AuditLog]:
    with AuditLog(tmp_path / "audit", hub_kafka, postgres("audit_log"), issuer) as log:
        assert isinstance(log, AuditLog)
        yield log


def logs(node: NodeProcess) -> list[Path]:
    """The directories of the node's logs, the oldest first."""
    return sorted((p for p in (node.folder / "log").glob("*") if p.is_dir()), key=lambda p: p.stat().st_ctime_ns)


def acts(node: NodeProcess) -> list[Found]:
    shown = node.command("log", "show", "--json", "--last=10000")
    assert shown.returncode == 0, shown.stderr
    return [json.loads(line) for line in shown.stdout.splitlines()]


def reconcile(node_log: Path, audit: AuditLog, code: int = 0) -> Found:
    """`oncordia audit reconcile`."""
    done = subprocess.run(
        [
            *(sys.executable, "-m", "cli", "audit", "reconcile", str(node_log), "--json"),
            f"--log={audit.files}",
            f"--log-key={audit.keys / keys.LOG_PUBLIC}",
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == code, done.stderr + done.stdout
    found: Found
    (found,) = json.loads(done.stdout)["node_logs"]
    return found


async def reconciled(node_log: Path, audit: AuditLog) -> Found:
    """Once the hub has all that the node has."""
    found: Found = {}

    async def is_all_there() -> bool:
        nonlocal found
        if not (node_log / "checkpoint").exists() or not (audit.files / "checkpoint").exists():
            return False
        found = reconcile(node_log, audit)
        return found["waiting"] == 0

    await until(is_all_there, 60)
    return found


async def test_what_a_node_does_is_in_its_own_log_and_in_the_hubs_with_the_same_leaf(hub: Hub, audit: AuditLog) -> None:
    provider, node = await hub.live_node()
    await hub.asking.ended(await hub.asking.count(provider))
    await hub.asking.ended(await hub.asking.count(provider))
    assert node.command("withdraw", "p1").returncode == 0
    assert node.command("disable").returncode == 0
    assert node.command("enable").returncode == 0
    await hub.becomes(provider, LIVE)

    async def all_done() -> bool:
        return all(act["number"] for act in acts(node)) and len(acts(node)) == 7

    await until(all_done)
    (log,) = logs(node)
    found = await reconciled(log, audit)
    assert found["both"] == 7
    assert (found["missing"], found["unknown"], found["differing"], found["doubled"]) == ([], [], [], [])
    told = [(act["type"], act["outcome"]) for act in acts(node)]
    assert told[0] == ("NodeLogBegun", "done")
    assert sorted(told[1:]) == [
        ("CohortQueryEvaluated", "done"),
        ("CohortQueryEvaluated", "done"),
        ("DataIngested", "done"),
        ("NodeSwitched", "done"),
        ("NodeSwitched", "done"),
        ("WithdrawalsTaken", "done"),
    ]
    known = (await hub.stub.ListNodeLogs(request_of(provider), metadata=hub.operator)).node_logs
    assert [(one.name, one.taken_entries) for one in known] == [(f"{provider}/logs/{log.name}", 7)]
    counted = [act["payload"] for act in acts(node) if act["type"] == "CohortQueryEvaluated"]
    assert isinstance(counted[0], dict)
    assert len(counted[0]["counts"]) == 3
    assert {act["resource"] for act in acts(node)} == {provider, hub.asking.resource}


async def test_what_a_node_refuses_is_told_with_the_reason(hub: Hub, audit: AuditLog) -> None:
    provider = await hub.provider()
    node = await hub.node(provider, data=False)
    node.start()
    await hub.becomes(provider, LIVE)
    await hub.asking.ended(await hub.asking.count(provider))

    async def told() -> bool:
        return len(logs(node)) == 1 and len(acts(node)) == 2

    await until(told)
    assert (acts(node)[1]["outcome"], acts(node)[1]["resource"]) == ("refused", hub.asking.resource)
    payload = acts(node)[1]["payload"]
    assert isinstance(payload, dict)
    assert payload["reason"] == "NO_DATA_INDEXED"
    assert (await reconciled(logs(node)[0], audit))["both"] == 2


async def test_acts_come_once_through_kills_of_node_and_hub(hub: Hub, audit: AuditLog) -> None:
    drawn = random.Random(20261125)
    provider, node = await hub.live_node()
    tasks = []
    for turn in range(6):
        tasks += [await hub.asking.count(provider, filter_=f"age_at_study > {turn * 4 + n}") for n in range(4)]
        victim = drawn.choice(["node", "hub", "both"])
        await until_some_ended(hub, tasks[-4:], drawn.randrange(1, 5))
        if victim in {"node", "both"}:
            node.kill()
        if victim in {"hub", "both"}:
            hub.process.kill()
            hub.process.start()
        if victim in {"node", "both"}:
            node.start()
    for task in tasks:
        assert (await hub.asking.ended(task, 60)).state == tasks_pb2.TASK_STATE_DONE

    async def all_sealed() -> bool:
        return all(act["number"] for act in acts(node))

    await until(all_sealed)
    (log,) = logs(node)
    found = await reconciled(log, audit)
    told = acts(node)
    assert found["both"] == len(told)
    payloads = [act["payload"] for act in told if act["type"] == "CohortQueryEvaluated"]
    assert {payload["task_id"] for payload in payloads if isinstance(payload, dict)} == set(tasks)
    assert len(payloads) == len(tasks)


def request_of(provider: str) -> messages_pb2.ListNodeLogsRequest:
    return messages_pb2.ListNodeLogsRequest(parent=provider)


async def until_some_ended(hub: Hub, tasks: list[str], count: int) -> None:
    async def some() -> bool:
        ended = [t for t in tasks if any(r.state == tasks_pb2.TASK_STATE_DONE for r in hub.asking.of(t))]
        return len(ended) >= count

    await until(some, 60)


async def test_a_node_put_back_from_a_copy_begins_a_new_log_and_the_old_one_is_shown_to_lack_entries(
    hub: Hub, audit: AuditLog, tmp_path: Path
) -> None:
    provider, node = await hub.live_node()
    await hub.asking.ended(await hub.asking.count(provider))
    assert node.stop() == 0
    shutil.copytree(node.folder, tmp_path / "copy")
    node.start()
    await hub.becomes(provider, LIVE)
    await hub.asking.ended(await hub.asking.count(provider, filter_='sex = "M"'))
    assert node.stop() == 0
    (old,) = logs(node)
    assert (await reconciled(old, audit))["both"] == 4
    shutil.rmtree(node.folder)
    shutil.copytree(tmp_path / "copy", node.folder)
    node.start()

    async def begun_anew() -> bool:
        return len(logs(node)) == 2

    await until(begun_anew)
    new = next(path for path in logs(node) if path.name != old.name)
    assert (await reconciled(new, audit))["other_logs"] == {old.name: 4}
    lacking = reconcile(old, audit, code=2)
    assert lacking["both"] == 3
    assert isinstance(lacking["unknown"], list)
    assert len(lacking["unknown"]) == 1
    begun = acts(node)[0]
    assert begun["payload"] == {"verifier_key": key_of(new), "replaces": old.name, "replaced_entries": "3"}


def key_of(log: Path) -> str:
    return (log.parent / f"{log.name}.pub").read_text().strip()
