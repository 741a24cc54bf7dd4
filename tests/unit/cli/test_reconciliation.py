"""Two logs of the same acts: every difference has its name."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import UUID

import pytest

from cli.audit.reconciliation import Differing, Reconciliation
from kit.events.node_log import event_id_of
from tlog.errors import FormatError
from tlog.record import Salt, record_of

LOG = "providers/lisboa/logs/" + "0" * 32
TIME = datetime(2026, 11, 25, tzinfo=UTC)


def leaf(number: int, body: bytes = b"body", producer: str = LOG, event: UUID | None = None) -> bytes:
    event_id = event or event_id_of(producer, number)
    return record_of(event_id, producer, number, TIME, Salt(bytes(32)), body).encode()


def compared(node: list[bytes], hub: list[bytes]) -> Reconciliation:
    reconciliation = Reconciliation(LOG)
    reconciliation.at_node(node)
    reconciliation.at_hub(hub)
    return reconciliation


def test_logs_that_tell_the_same_differ_in_nothing_whatever_else_the_hubs_has() -> None:
    node = [leaf(number) for number in range(1, 6)]
    others = [leaf(number, producer="query_broker") for number in range(1, 6)]
    found = compared(node, [entry for pair in zip(others, reversed(node), strict=True) for entry in pair]).differences()
    assert found.none
    assert (found.both, found.waiting, found.other_logs) == (5, 0, {})


def test_what_the_hub_does_not_have_yet_is_waiting_and_what_it_passed_over_is_missing() -> None:
    found = compared([leaf(number) for number in range(1, 8)], [leaf(1), leaf(2), leaf(4)]).differences()
    assert not found.none
    assert (found.both, found.missing, found.waiting) == (3, (3,), 3)


def test_what_the_hub_made_up_is_unknown() -> None:
    found = compared([leaf(1)], [leaf(1), leaf(2)]).differences()
    assert found.unknown == (event_id_of(LOG, 2),)


def test_another_content_shows_by_its_commitment_and_another_number_by_its_number() -> None:
    hub = [leaf(1, b"changed"), leaf(3, event=event_id_of(LOG, 2))]
    found = compared([leaf(1), leaf(2)], hub).differences()
    assert set(found.differing) == {
        Differing(event_id_of(LOG, 1), ("commitment",)),
        Differing(event_id_of(LOG, 2), ("producer_number",)),
    }
    assert found.both == 0


@pytest.mark.parametrize("entry", [leaf(1), leaf(9), leaf(2, b"changed")])
def test_an_event_that_a_log_has_twice_is_doubled(entry: bytes) -> None:
    found = compared([leaf(1), leaf(2)], [leaf(2, b"changed"), entry, leaf(1), entry]).differences()
    assert len(found.doubled) == 1
    assert compared([leaf(1), leaf(1)], []).differences().doubled == (event_id_of(LOG, 1),)


def test_another_log_of_the_same_provider_is_told_apart_and_that_of_another_provider_is_nothing_here() -> None:
    other = "providers/lisboa/logs/" + "1" * 32
    elsewhere = "providers/lisboa-2/logs/" + "0" * 32
    found = compared([leaf(1)], [leaf(1), leaf(1, producer=other), leaf(1, producer=elsewhere)]).differences()
    assert found.none
    assert found.other_logs == {"1" * 32: 1}


def test_a_nodes_log_with_entries_of_somebody_else_is_none() -> None:
    with pytest.raises(FormatError, match="not of providers/lisboa"):
        Reconciliation(LOG).at_node([leaf(1, producer="query_broker")])
