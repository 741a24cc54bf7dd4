"""What may be asked, said and seen."""

from datetime import UTC, datetime
from uuid import UUID, uuid4

import pytest

from audit_log.adapters.faults import fault_of
from audit_log.domain.entry import Attributes, EntryIndex, Event
from audit_log.domain.entry_name import parse_entry_name
from audit_log.domain.published import Published, check_not_rolled_back
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from audit_log.domain.statement import Statement
from audit_log.entrypoints.translate import search_of
from kit.errors import FailedPrecondition, InvalidInput
from oncordia.audit.v1 import messages_pb2
from tlog.hashing import EMPTY_ROOT, Hash
from tlog.record import LeafRecord, Salt, verify_commitment
from tlog.tree import Frontier

SALT = Salt(b"s" * 32)
TIME = datetime(2026, 5, 4, 3, 2, 1, 123456, tzinfo=UTC)


def attributes(actor: str = "", organisation: str = "") -> Attributes:
    return Attributes(uuid4(), "t", "p", 7, TIME, actor, organisation, "BE", "", "", "r", "", "done")


def test_a_leaf_commits_to_the_body_and_names_nobody() -> None:
    event = Event(attributes(actor="a" * 64, organisation="somebody"), b"body")
    leaf = event.leaf(SALT)
    record = LeafRecord.decode(leaf)
    verify_commitment(record, SALT, b"body")
    assert (record.producer_number, record.time_us % 1_000_000) == (7, 123456)
    assert b"somebody" not in leaf
    assert b"aaaa" not in leaf


def test_an_empty_handle_or_organisation_gives_no_right() -> None:
    assert not Scope(everything=False, actor="", organisation="").allows(attributes())


def test_a_steward_sees_the_organisation_and_a_stranger_does_not() -> None:
    entry = attributes(actor="x", organisation="leuven")
    assert Scope(everything=False, actor="y", organisation="leuven").allows(entry)
    assert not Scope(everything=False, actor="y", organisation="lyon").allows(entry)
    assert Scope(everything=False, actor="x", organisation="").allows(entry)


@pytest.mark.parametrize("name", ["", "entries/", "entries/-1", "entries/01", "entries/9" + "9" * 20, "events/x"])
def test_a_malformed_name_is_refused_by_its_field(name: str) -> None:
    with pytest.raises(InvalidInput, match="name"):
        parse_entry_name(name)


def test_both_names_of_an_entry_are_read() -> None:
    id_ = "0b0e4b0c-6f3c-4c1e-9a63-6dd0e1bd9c10"
    assert parse_entry_name("entries/12") == EntryIndex(12)
    assert parse_entry_name(f"events/{id_}") == UUID(id_)


def test_a_star_stands_at_the_end_only() -> None:
    assert Search(type="oncordia.*").type_prefix == "oncordia."
    with pytest.raises(InvalidInput, match="type"):
        Search(type="a*b")


def test_an_outcome_that_no_event_has_is_refused_by_its_field() -> None:
    assert search_of(messages_pb2.SearchEntriesRequest(outcome="failed")).outcome == "failed"
    with pytest.raises(InvalidInput, match="outcome"):
        search_of(messages_pb2.SearchEntriesRequest(outcome="refuse"))


def test_a_statement_names_each_field_that_is_wrong() -> None:
    with pytest.raises(InvalidInput) as refused:
        Statement("lower", "", "x" * 2001)
    assert [v.field for v in refused.value.violations] == ["kind", "resource", "statement"]


def test_a_database_older_than_the_published_checkpoint_is_refused() -> None:
    file = Published(5, EMPTY_ROOT, b"")
    with pytest.raises(FailedPrecondition, match="holds 0"):
        check_not_rolled_back(file, None, Frontier())


def test_two_signed_trees_of_one_size_are_refused() -> None:
    one, other = Published(0, EMPTY_ROOT, b""), Published(0, Hash(b"x" * 32), b"")
    with pytest.raises(FailedPrecondition, match="two different trees"):
        check_not_rolled_back(one, other, Frontier())


def test_an_unknown_fault_point_is_refused() -> None:
    with pytest.raises(InvalidInput, match="ONCORDIA_FAULT"):
        fault_of("nowhere")
