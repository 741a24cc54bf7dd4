"""What a node's description changes."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from catalogue.domain.data_set import (
    Change,
    ChangeKind,
    Content,
    DataSet,
    Origin,
    State,
    created,
    updated,
    withdrawn,
)
from catalogue.domain.names import DataSetName, ProviderName, name_of
from catalogue.domain.reconcile import reconcile
from kit.errors import FailedPrecondition

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LATER = NOW + timedelta(days=1)
PROVIDER = ProviderName("providers/ghent")
IDS = st.sets(st.sampled_from("abcdef"))


def name(id_: str) -> DataSetName:
    return name_of(PROVIDER, id_)


def stored(id_: str, origin: Origin = Origin.NODE, title: str = "T") -> DataSet:
    return created(name(id_), Content(title), origin, "e1", NOW).data_set


def after(known: list[DataSet], changes: list[Change]) -> dict[DataSetName, DataSet]:
    return {d.name: d for d in known} | {c.data_set.name: c.data_set for c in changes}


@given(IDS, IDS, IDS, IDS)
def test_afterwards_the_node_s_active_data_sets_are_those_that_it_described(
    by_node: set[str], by_steward: set[str], described: set[str], unreadable: set[str]
) -> None:
    known = [stored(i) for i in by_node - by_steward] + [stored(i, Origin.STEWARD) for i in by_steward]
    answer = {name(i): Content("T") for i in described - unreadable}
    bad = {name(i) for i in unreadable}
    changes = reconcile(known, answer, bad, "e2", LATER)
    active = {d.name for d in after(known, changes).values() if d.state is State.ACTIVE}
    kept = {d.name for d in known if d.name in bad or d.origin is Origin.STEWARD}
    assert active == set(answer) | kept
    assert len({c.data_set.name for c in changes}) == len(changes)


@given(IDS)
def test_the_same_description_again_changes_nothing(described: set[str]) -> None:
    answer = {name(i): Content("T") for i in described}
    first = reconcile([], answer, set(), "e1", NOW)
    assert {c.kind for c in first} <= {ChangeKind.CREATED}
    assert reconcile([c.data_set for c in first], answer, set(), "e1", LATER) == []


def test_a_withdrawn_data_set_stays_withdrawn_when_it_is_described_again() -> None:
    change = withdrawn(stored("a"), "", NOW)
    assert change is not None
    (again,) = reconcile([change.data_set], {name("a"): Content("new")}, set(), "e2", LATER)
    assert (again.data_set.state, again.data_set.content.title) == (State.WITHDRAWN, "new")


def test_a_data_set_that_comes_back_is_offered_again() -> None:
    (gone,) = reconcile([stored("a")], {}, set(), "e2", NOW)
    assert gone.kind is ChangeKind.RETIRED
    (back,) = reconcile([gone.data_set], {name("a"): Content("T")}, set(), "e3", LATER)
    assert (back.data_set.state, back.changed) == (State.ACTIVE, ("state", "epoch"))


def test_a_description_by_the_node_takes_over_a_registered_data_set() -> None:
    (taken,) = reconcile([stored("a", Origin.STEWARD)], {name("a"): Content("T")}, set(), "e2", LATER)
    assert taken.data_set.origin is Origin.NODE
    with pytest.raises(FailedPrecondition, match="described by its provider's node"):
        updated(taken.data_set, Content("X"), ["title"], "", LATER)


def test_an_update_changes_the_named_fields_only() -> None:
    change = updated(stored("a", Origin.STEWARD), Content("X", subjects=5), ["subjects"], "", LATER)
    assert change is not None
    assert change.changed == ("subjects",)
    assert change.data_set.content == Content("T", subjects=5)
    assert updated(change.data_set, Content("T"), ["title"], "", LATER) is None
