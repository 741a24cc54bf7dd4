"""Whoever is refused is found in the audit log."""

from __future__ import annotations

import json
from pathlib import Path

import grpc
import pytest

from kit.events.topics import SERVICES
from oncordia.federation.v1 import messages_pb2 as federation
from oncordia.query.v1 import messages_pb2 as query
from tests.integration.access.command import CommandLine
from tests.integration.access.hub import Hub, Owned
from tests.world import wait_until

CREATE_PROVIDER = "/oncordia.federation.v1.FederationService/CreateProvider"


def entries(auditor: CommandLine, *conditions: str) -> list[dict[str, str]]:
    done = auditor.run("audit", "search", "--json", *conditions)
    assert done.returncode == 0, done.stderr
    found: list[dict[str, str]] = json.loads(done.stdout).get("entries", [])
    return found


def payload(auditor: CommandLine, entry: dict[str, str]) -> dict[str, str]:
    done = auditor.run("audit", "show", f"events/{entry['event_id']}")
    assert done.returncode == 0, done.stderr
    content: dict[str, str] = json.loads(json.loads(done.stdout)["payload_json"])
    return content


def test_a_refused_command_is_found_in_the_audit_log(hub: Hub, tmp_path: Path) -> None:
    researcher, auditor = CommandLine(hub, tmp_path, "researcher-3"), CommandLine(hub, tmp_path, "auditor-1")
    refused = researcher.run("provider", "create", "demo-mine", "--name", "Mine (invented)", "--country", "PT")
    assert refused.returncode == 1
    assert "ROLE_MISSING" in refused.stderr
    conditions = ("--type", "oncordia.events.v1.CallRefused")

    def mine() -> list[dict[str, str]]:
        return [e for e in entries(auditor, *conditions) if e.get("organisation") == "demo-start-up-porto"]

    wait_until(lambda: bool(mine()), 180)
    (entry,) = mine()
    assert (entry["producer"], entry["country"]) == ("federation", "PT")
    assert entry["resource"] == f"actors/{entry['actor']}"
    assert payload(auditor, entry) == {"method": CREATE_PROVIDER, "reason": "ROLE_MISSING", "calls": "1"}


def test_a_refusal_by_owner_is_found_in_the_audit_log(hub: Hub, owned: Owned, tmp_path: Path) -> None:
    auditor = CommandLine(hub, tmp_path, "auditor-1")
    with pytest.raises(grpc.RpcError):
        hub.call("FederationService.EnableProvider", federation.EnableProviderRequest(name=owned.provider), "steward-2")

    def reasons() -> set[str]:
        found = entries(auditor, "--type", "oncordia.events.v1.CallRefused")
        return {payload(auditor, e)["reason"] for e in found if e.get("organisation") == "demo-lyon"}

    wait_until(lambda: "NOT_YOUR_PROVIDER" in reasons(), 180)


def test_calls_of_nobody_known_are_counted_by_every_service_that_was_called(hub: Hub, tmp_path: Path) -> None:
    auditor = CommandLine(hub, tmp_path, "auditor-1")
    for _ in range(3):
        with pytest.raises(grpc.RpcError):
            hub.call("QueryBrokerService.ListCohortQueries", query.ListCohortQueriesRequest(), None)

    def counted() -> bool:
        found = entries(
            auditor, "--type", "oncordia.events.v1.UnknownCallsRefused", "--resource", "services/query_broker"
        )
        counts = [payload(auditor, entry) for entry in found]
        assert all(count["service"] == "query_broker" and count["reason"] == "NO_TOKEN" for count in counts)
        return sum(int(count["calls"]) for count in counts) >= 3

    wait_until(counted, 180)


def test_every_service_of_the_hub_has_a_topic_for_its_refusals(hub: Hub) -> None:
    assert hub.processes.keys() <= set(SERVICES)
