"""What the search index holds of entries, and what is asked of it."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from audit_log.adapters.packing import pack_actor, unpack_actor
from audit_log.adapters.search_index.keys import Key, bucket_of, key_of
from audit_log.adapters.search_index.rows import RARE, Rows, bitmap, rare_places, rows_of
from audit_log.domain.chunk import BLOCK, Columns, Places
from audit_log.domain.entry import EntryIndex
from audit_log.domain.scope import Scope
from audit_log.domain.search import Search
from audit_log.domain.terms import Alternatives, Field, Term, alternatives

EVERYTHING = Scope(everything=True, actor="", organisation="")
TYPES = ("a.b.Created", "a.b.Changed", "a.c.Created")
BEGIN = datetime(2026, 5, 4, tzinfo=UTC)


def terms(search: Search, scope: Scope = EVERYTHING) -> list[Alternatives]:
    return alternatives(search, scope, TYPES)


def test_every_condition_narrows_the_search() -> None:
    asked = Search(actor="x", organisation="leuven", country="BE", outcome="refused", permit="permits/1")
    assert {term for one in terms(asked) for term in one} == {
        Term(Field.ACTOR, "x"),
        Term(Field.ORGANISATION, "leuven"),
        Term(Field.COUNTRY, "BE"),
        Term(Field.OUTCOME, "refused"),
        Term(Field.PERMIT, "permits/1"),
    }
    assert all(len(one) == 1 for one in terms(asked))


def test_a_beginning_of_a_type_stands_for_those_that_begin_so() -> None:
    assert terms(Search(type="a.b.*")) == [frozenset(Term(Field.TYPE, t) for t in TYPES[:2])]
    assert terms(Search(type="z*")) == [frozenset()]
    assert terms(Search(type="a.*")) == []


def test_a_steward_finds_what_was_done_by_or_for_and_nobody_finds_nothing() -> None:
    own = frozenset({Term(Field.ACTOR, "x"), Term(Field.ORGANISATION, "leuven")})
    assert terms(Search(), Scope(everything=False, actor="x", organisation="leuven")) == [own]
    assert terms(Search(), Scope(everything=False, actor="", organisation="")) == [frozenset()]


@given(
    st.lists(st.integers(-5000, 5000), min_size=1, max_size=3 * BLOCK), st.integers(-6000, 6000), st.integers(0, 500)
)
def test_a_chunk_passes_over_no_entry_of_the_time_asked_for(offsets: list[int], start: int, length: int) -> None:
    times = [BEGIN + timedelta(seconds=one) for one in offsets]
    since, until = BEGIN + timedelta(seconds=start), BEGIN + timedelta(seconds=start + length)
    chunk = Columns(times, {}).chunk(EntryIndex(7))
    within = {place for places in chunk.places(since, until) for place in places}
    assert within >= {place for place, time in enumerate(times) if since <= time < until}
    assert {place for places in chunk.places(None, None) for place in places} == set(range(len(times)))


def test_a_chunk_passes_over_blocks_of_another_time() -> None:
    times = [BEGIN + timedelta(seconds=one) for one in range(2 * BLOCK + 1)]
    chunk = Columns(times, {}).chunk(EntryIndex(0))
    assert list(chunk.places(times[BLOCK], times[2 * BLOCK])) == [range(BLOCK, 2 * BLOCK)]
    assert list(chunk.places(times[-1], None)) == [range(2 * BLOCK, 2 * BLOCK + 1)]


def places_in(rows: Rows, key: Key) -> set[int]:
    common = rows.common.get(key)
    return set(bitmap(common)) if common is not None else set(rare_places(rows.rare.get(bucket_of(key), b""), key))


@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["", "y", "z"]), st.text(max_size=2)), max_size=40),
    st.integers(1, RARE + 1),
)
def test_each_value_of_each_field_is_found_where_it_is(drawn: list[tuple[str, str, str]], times: int) -> None:
    entries = drawn * times
    fields = (Field.COUNTRY, Field.OUTCOME, Field.RESOURCE)
    columns = Columns([], {field: [entry[at] for entry in entries] for at, field in enumerate(fields)})
    rows = rows_of(columns.places())
    for at, field in enumerate(fields):
        for value in {entry[at] for entry in entries} - {""}:
            expected = {place for place, entry in enumerate(entries) if entry[at] == value}
            assert places_in(rows, key_of(field, value)) == expected


def test_a_rare_term_is_found_only_where_a_rest_begins() -> None:
    row = b"aaaa" * 2 + b"\0\1" + b"\0\2"
    assert list(rare_places(row, Key(int.from_bytes(b"aaaabbbb", "big")))) == [1, 2]


def test_what_no_entry_has_is_nowhere() -> None:
    rows = rows_of({Field.RESOURCE: Places({f"r{number}": number for number in range(5_000)}, {})})
    assert not rows.common
    assert not [n for n in range(5_000) if places_in(rows, key_of(Field.ACTOR, f"r{n}"))]


HANDLES = st.from_regex("[0-9a-f]{64}", fullmatch=True)


@given(HANDLES | st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"])))
def test_actors_are_packed_and_come_back(actor: str) -> None:
    assert unpack_actor(pack_actor(actor)) == actor


def test_a_handle_takes_half_of_its_digits() -> None:
    assert len(pack_actor("ab" * 32)) == 33
