"""Who sees what of a trace."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from insights.domain.rights import Reader, visible
from insights.domain.span import trace_id_of
from kit.errors import InvalidInput
from tests.unit.insights.support import OWNER, QUERY, a_span

NOBODY = Reader(sees_all=False, actors=frozenset(), providers=frozenset())


def reader(*, actors: set[str] | None = None, providers: set[str] | None = None) -> Reader:
    return Reader(False, frozenset(actors or ()), frozenset(providers or ()))


def test_who_sees_all_sees_the_whole_trace() -> None:
    assert visible(QUERY, Reader(True, frozenset(), frozenset())) == QUERY


def test_the_owner_of_the_root_sees_the_whole_trace() -> None:
    assert visible(QUERY, reader(actors={OWNER, "last year's"})) == QUERY


def test_a_stranger_sees_nothing() -> None:
    assert visible(QUERY, NOBODY) == ()
    assert visible(QUERY, reader(actors={"another"}, providers={"providers/hospital-c"})) == ()


def test_a_steward_sees_the_own_nodes_spans_only() -> None:
    shown = visible(QUERY, reader(providers={"providers/hospital-b"}))
    assert [span.service for span in shown] == ["node/hospital-b"]


def test_a_handle_below_the_root_owns_nothing() -> None:
    spans = (a_span(1, actor=OWNER), a_span(2, 1, actor="mallory"))
    assert visible(spans, reader(actors={"mallory"})) == ()


def test_a_node_cannot_make_an_owner_by_sending_a_root() -> None:
    spans = (*QUERY, a_span(9, None, "node/hospital-a", actor="mallory"))
    assert visible(spans, reader(actors={"mallory"})) == ()


def test_a_trace_without_an_owner_belongs_to_nobody() -> None:
    assert visible((a_span(1),), reader(actors={""})) == ()


@given(st.sets(st.sampled_from(["providers/hospital-a", "providers/hospital-b", "providers/x"])), st.booleans())
def test_what_is_shown_is_always_a_part_in_the_same_order(providers: set[str], owner: bool) -> None:
    shown = visible(QUERY, reader(actors={OWNER} if owner else set(), providers=providers))
    assert [span for span in QUERY if span in shown] == list(shown)


@pytest.mark.parametrize("text", ["", "ab", "0" * 32, "g" * 32, "ab" * 17, "+" + "a" * 31, "١" * 32])
def test_what_is_no_trace_id_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="trace_id"):
        trace_id_of(text)


def test_a_trace_id_in_capitals_is_the_same_one() -> None:
    assert trace_id_of("AB" * 16) == "ab" * 16
