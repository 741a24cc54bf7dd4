"""What became of a query, told from its entries."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from uuid import uuid4

from google.protobuf.message import Message as Payload

from cli.audit.story_words import story_words as story
from kit.events.envelope import headers
from oncordia.events.v1 import access_pb2, query_pb2
from oncordia.insights.v1.trace_pb2 import Span, Trace
from oncordia.query.v1 import provider_answer_pb2 as answers
from oncordia.type.v1 import count_pb2, predicate_pb2
from tlog.body import EventBody, Header

QUERY = "cohortQueries/q"
BEGAN = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
ASKER = {"actor": "ab" * 32, "organisation": "demo-ghent", "country": "BE", "purpose": "sarcoma"}


def logged(payload: Payload, seconds: float, acting: dict[str, str] | None = None) -> EventBody:
    told = headers(
        event_id=uuid4(),
        type_=payload.DESCRIPTOR.full_name,
        producer="query_broker",
        key=QUERY,
        time=BEGAN + timedelta(seconds=seconds),
        traceparent="",
        acting=acting or {},
    )
    kept = tuple(Header(name, value.encode()) for name, value in told)
    return EventBody("oncordia.query.events.v1", QUERY.encode(), kept, payload.SerializeToString())


def answered(seconds: float, **fields: object) -> EventBody:
    answer = answers.ProviderAnswer(display_name="Demo Lyon", country="FR", **fields)  # type: ignore[arg-type]  # any field
    return logged(query_pb2.CohortQueryAnswerRecorded(query=QUERY, answer=answer), seconds)


def line(bodies: Sequence[EventBody], number: int) -> str:
    return story(bodies, None)[number]


def test_a_story_is_in_the_order_of_time_and_names_who_asked_what_and_why() -> None:
    created = query_pb2.CohortQueryCreated(query=QUERY, canonical_filter='sex = "F"', providers=["providers/a"] * 2)
    bodies = [logged(query_pb2.CohortQueryCompleted(query=QUERY), 2), logged(created, 0, ASKER)]
    first, last = story(bodies, None)
    assert first.startswith(
        "2026-03-04 05:06:07.000 UTC  A person or program of demo-ghent (BE) with the handle abababab…"
    )
    assert 'asked 2 providers for sarcoma: sex = "F"' in first
    assert last == "2026-03-04 05:06:09.000 UTC  Every provider's answer was final."


def test_each_answer_says_what_the_provider_gave_or_why_not() -> None:
    protection = count_pb2.Protection(error_95=12, minimum_count=5)
    counts = [
        count_pb2.ProtectedCount(unit=count_pb2.COUNT_UNIT_SUBJECTS, value=1_230, protection=protection),
        count_pb2.ProtectedCount(unit=count_pb2.COUNT_UNIT_SERIES, suppressed=True, protection=protection),
    ]
    unsupported = predicate_pb2.PredicateReport(
        variable="age_at_study", handling=predicate_pb2.PREDICATE_HANDLING_UNSUPPORTED
    )
    bodies = [
        answered(1, state=answers.ANSWER_STATE_ANSWERED, counts=counts, stored=True),
        answered(2, state=answers.ANSWER_STATE_ANSWERED, predicates=[unsupported]),
        answered(3, state=answers.ANSWER_STATE_REFUSED, reason="BUDGET_SPENT", message="the budget is spent"),
        answered(4, state=answers.ANSWER_STATE_TIMED_OUT),
    ]
    told = story(bodies, None)
    assert told[0].endswith(
        "Demo Lyon, FR, answered with protected counts (subjects: 1,230 ±12, series: fewer than 5), "
        "as it had answered the same question before."
    )
    assert told[1].endswith("Demo Lyon, FR, answered without a count: it does not support age_at_study.")
    assert told[2].endswith("Demo Lyon, FR, refused: the budget is spent (BUDGET_SPENT).")
    assert told[3].endswith("Demo Lyon, FR, did not answer in time.")
    assert told[4] == "In all: 1 answered, 1 answered without a count, 1 refused, 1 did not answer in time."


def test_a_query_that_goes_on_is_told_as_such() -> None:
    ended = logged(query_pb2.CohortQueryCancelled(query=QUERY), 1, ASKER)
    asked = logged(query_pb2.CohortQueryCreated(query=QUERY), 0, ASKER)
    assert story([asked], None)[-1] == "It has not ended, or its end is not in the log yet."
    assert story([asked, ended], None)[-1].endswith("cancelled the query.")


def test_refused_calls_and_unknown_events_are_told_too() -> None:
    refused = access_pb2.CallRefused(method="/oncordia.query.v1.QueryBrokerService/X", reason="ROLE_MISSING", calls=3)
    assert "was refused 3 calls of /oncordia.query.v1.QueryBrokerService/X (ROLE_MISSING)" in line(
        [logged(refused, 0)], 0
    )
    other = logged(refused, 0)
    unknown = tuple(Header(h.name, b"later.v2.Thing") if h.name == "ce_type" else h for h in other.headers)
    assert line([EventBody(other.topic, other.key, unknown, b"x")], 0).endswith(
        "The hub: Thing, which this program does not know."
    )


def test_the_trace_tells_countries_and_what_failed() -> None:
    spans = [
        Span(span_id="a", service="query_broker", country="AT", start_time_unix_nano=0, end_time_unix_nano=150_000_000),
        Span(span_id="b", service="node", country="FR", start_time_unix_nano=1, end_time_unix_nano=2, error=True),
    ]
    _, told = story([], Trace(trace_id="t", spans=spans))
    assert told == "The trace t has 2 steps of 2 services in AT, FR; it took 150 ms, and 1 steps failed."
