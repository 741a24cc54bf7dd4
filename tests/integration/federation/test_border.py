"""Who may hold a stream, and when it ends."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

from federation.adapters.authority import CertificateAuthority
from federation.domain.provider import ProviderId
from kit.identity.ca_key import init_ca
from node.adapters.border.identity import IdentityFolder, certificate_pem, key_pem, new_key, signing_request
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import messages_pb2, provider_pb2
from tests.integration.federation.world import LIVE, STALE, Hub, NodeProcess, replica
from tests.world import LocalIssuer, until, wait_until

OFF_BY_HUB = provider_pb2.PROVIDER_STATE_DISABLED_BY_HUB
OFF_BY_PROVIDER = provider_pb2.PROVIDER_STATE_DISABLED_BY_PROVIDER


async def says(node: NodeProcess, text: str) -> None:
    """Waits until the node's log has the text."""

    async def said() -> bool:
        return text in node.log.read_text()

    await until(said)


async def test_an_invitation_works_once_and_only_at_the_right_hub(hub: Hub, tmp_path: Path) -> None:
    invitation = await hub.invitation(await hub.provider())
    folder = tmp_path / "new"
    folder.mkdir()
    node = NodeProcess(folder)
    wrong = messages_pb2.Invitation()
    wrong.CopyFrom(invitation)
    wrong.ca_fingerprint = "0" * 64
    refused = node.enrol(wrong)
    assert refused.returncode == 1
    assert "another fingerprint" in refused.stderr
    assert "Nothing was sent" in " ".join(refused.stderr.split())
    done = node.enrol(invitation)
    assert done.returncode == 0, done.stderr
    assert (folder / "node.key").stat().st_mode & 0o777 == 0o600
    again = node.enrol(invitation)
    assert again.returncode == 1
    assert "unknown, used or expired" in again.stderr
    # What starts a node by itself asks for this invitation each time.
    unasked = node.enrol(invitation, "--once")
    assert unasked.returncode == 0, unasked.stderr
    assert "enrolled already by this invitation" in unasked.stdout


async def test_a_node_that_has_not_enrolled_says_what_to_do(tmp_path: Path) -> None:
    done = NodeProcess(tmp_path).command("run")
    assert done.returncode == 1
    assert "oncordia-node enrol" in done.stderr


async def test_a_disabled_provider_is_disconnected_and_refused_at_once(hub: Hub) -> None:
    provider, _ = await hub.live_node()
    await hub.stub.DisableProvider(
        messages_pb2.DisableProviderRequest(name=provider, reason="test"), metadata=hub.operator
    )
    await hub.becomes(provider, OFF_BY_HUB)
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.result.refusal.reason == "PROVIDER_DISABLED"
    await hub.stub.EnableProvider(messages_pb2.EnableProviderRequest(name=provider), metadata=hub.operator)
    await hub.becomes(provider, LIVE)


async def test_a_provider_switches_itself_off_and_on_while_its_node_runs(hub: Hub) -> None:
    provider, node = await hub.live_node()
    assert node.command("disable").returncode == 0
    await hub.becomes(provider, OFF_BY_PROVIDER)
    assert node.command("enable").returncode == 0
    await hub.becomes(provider, LIVE)
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.state == tasks_pb2.TASK_STATE_DONE


async def test_a_revoked_certificate_ends_the_stream_and_a_new_invitation_mends_it(hub: Hub) -> None:
    provider, node = await hub.live_node()
    await hub.stub.RevokeCertificate(
        messages_pb2.RevokeCertificateRequest(provider=provider, reason="lost"), metadata=hub.operator
    )
    await hub.becomes(provider, STALE)
    await says(node, "waiting for a new enrolment")
    assert node.enrol(await hub.invitation(provider)).returncode == 0
    await hub.becomes(provider, LIVE)


async def test_of_two_nodes_with_one_identity_the_newer_wins_and_the_older_stops(hub: Hub, tmp_path: Path) -> None:
    provider, older = await hub.live_node()
    # A node at work makes and deletes journals of its databases: copied while it stands still.
    assert older.stop() == 0
    copy = tmp_path / "copy"
    shutil.copytree(older.folder, copy)
    older.start()
    await hub.becomes(provider, LIVE)
    newer = NodeProcess(copy)
    hub.nodes.append(newer)
    newer.start()
    await says(older, "another node with this identity")
    assert (await hub.get(provider)).state == LIVE
    assert older.process is not None
    assert older.process.poll() is None
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.state == tasks_pb2.TASK_STATE_DONE


async def test_a_node_whose_directory_was_put_back_from_a_copy_refuses_until_its_provider_decides(
    hub: Hub, tmp_path: Path
) -> None:
    provider, node = await hub.live_node()
    assert node.stop() == 0
    shutil.copytree(node.folder, tmp_path / "copy")
    node.start()
    assert (await hub.asking.ended(await hub.asking.count(provider))).result.HasField("count")
    assert node.stop() == 0
    shutil.rmtree(node.folder)
    shutil.copytree(tmp_path / "copy", node.folder)
    node.start()
    refused = await hub.asking.ended(await hub.asking.count(provider))
    assert refused.result.refusal.reason == "LEDGER_UNAVAILABLE"
    assert "older copy: it holds 0 charges and the node has made 1" in node.command("status").stdout
    assert node.command("ledger", "accept", "--yes").returncode == 0
    assert (await hub.asking.ended(await hub.asking.count(provider))).result.HasField("count")
    for _ in range(2):
        # The hub takes the new ledger for the old one.
        assert node.stop() == 0
        node.start()
        assert (await hub.asking.ended(await hub.asking.count(provider))).result.HasField("count")


async def test_a_certificate_of_another_hub_does_not_get_in(hub: Hub, tmp_path: Path) -> None:
    provider = await hub.provider()
    node = await hub.node(provider)
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    init_ca(foreign)
    key = new_key()
    authority = CertificateAuthority(foreign, timedelta(days=1))
    issued = authority.issue(ProviderId(provider.removeprefix("providers/")), signing_request(key), datetime.now(UTC))
    IdentityFolder(node.folder).renew(key_pem(key), certificate_pem(issued.der))
    node.start()
    await says(node, "not connected, trying again")
    assert (await hub.get(provider)).state == provider_pb2.PROVIDER_STATE_NEVER_CONNECTED


async def test_a_node_whose_certificate_has_expired_says_so_and_a_new_invitation_mends_it(hub: Hub) -> None:
    hub.process.stop()
    hub.process.settings["ONCORDIA_CERTIFICATE_DAYS"] = "0.00002"  # less than two seconds
    hub.process.start()
    provider = await hub.provider()
    node = await hub.node(provider)
    identity = IdentityFolder(node.folder).read()
    wait_until(lambda: identity.expire_time < datetime.now(UTC))
    node.start()
    await says(node, "the certificate has expired; ask the hub's operator for a new invitation")
    assert (await hub.get(provider)).state == provider_pb2.PROVIDER_STATE_NEVER_CONNECTED
    hub.process.stop()
    del hub.process.settings["ONCORDIA_CERTIFICATE_DAYS"]
    hub.process.start()
    assert node.enrol(await hub.invitation(provider)).returncode == 0
    await hub.becomes(provider, LIVE)


async def test_a_task_past_its_deadline_is_reported_as_timed_out(hub: Hub) -> None:
    provider = await hub.provider()
    report = await hub.asking.ended(await hub.asking.count(provider, wait=0.5))
    assert report.state == tasks_pb2.TASK_STATE_TIMED_OUT


async def test_a_cancelled_task_is_reported_once_and_never_answered(hub: Hub) -> None:
    provider = await hub.provider()
    task = await hub.asking.count(provider)
    await hub.asking.cancel(provider)
    report = await hub.asking.ended(task)
    assert report.state == tasks_pb2.TASK_STATE_CANCELLED


async def test_a_message_that_makes_no_sense_stops_nothing(hub: Hub) -> None:
    provider, _ = await hub.live_node()
    await hub.asking.request(tasks_pb2.TasksRequested().task, [provider])
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.state == tasks_pb2.TASK_STATE_DONE


async def test_a_certificate_is_renewed_before_it_ends_without_a_gap(hub: Hub) -> None:
    hub.process.stop()
    hub.process.settings["ONCORDIA_CERTIFICATE_DAYS"] = "0.00012"  # about ten seconds
    hub.process.start()
    provider, _ = await hub.live_node()
    first = (await hub.get(provider)).certificate_serial
    since = (await hub.get(provider)).state_time

    async def renewed() -> bool:
        return (await hub.get(provider)).certificate_serial != first

    await until(renewed)
    report = await hub.asking.ended(await hub.asking.count(provider))
    assert report.state == tasks_pb2.TASK_STATE_DONE
    now = await hub.get(provider)
    assert (now.state, now.state_time) == (LIVE, since)


async def test_any_of_two_replicas_holds_the_stream_and_either_takes_the_task(
    hub: Hub, hub_kafka: str, issuer: LocalIssuer, tmp_path: Path
) -> None:
    provider = await hub.provider()
    second = replica(tmp_path / "second", hub_kafka, hub.process.database_url, issuer, hub.process)
    with second:
        # Its node is told of the second replica; each replica has some of the topic's partitions.
        node = await hub.node(provider, ONCORDIA_BORDER_ADDRESS=second.settings["ONCORDIA_BORDER_LISTEN"])
        node.start()
        await hub.becomes(provider, LIVE)
        for _ in range(4):
            hub.asking.resource = hub.asking.resource[:-4] + f"{_:04}"
            report = await hub.asking.ended(await hub.asking.count(provider))
            assert report.state == tasks_pb2.TASK_STATE_DONE
        node.kill()
        node.settings["ONCORDIA_BORDER_ADDRESS"] = hub.process.settings["ONCORDIA_BORDER_LISTEN"]
        node.start()
        await hub.becomes(provider, LIVE)
        report = await hub.asking.ended(await hub.asking.count(provider))
        assert report.state == tasks_pb2.TASK_STATE_DONE
