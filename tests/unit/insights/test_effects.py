"""What the messages of other services mean for the figures."""

from datetime import UTC, datetime
from uuid import UUID

import pytest
from google.protobuf.message import DecodeError
from google.protobuf.message import Message as Payload

from insights.domain.figures import Counted, DataSetGone, DataSetKnown, Figure, ProviderGone, ProviderKnown
from insights.entrypoints.effects import effect_of
from kit.errors import InvalidInput
from kit.events import envelope, topics
from kit.events.envelope import Message
from kit.events.topics import Topic
from oncordia.catalogue.v1.data_set_pb2 import DATA_SET_STATE_ACTIVE, DATA_SET_STATE_RETIRED, DataSet
from oncordia.events.v1.query_pb2 import CohortQueryAnswerRecorded, CohortQueryCompleted, CohortQueryCreated
from oncordia.federation.v1 import provider_pb2
from oncordia.federation.v1.provider_pb2 import Provider, ProviderState
from oncordia.query.v1 import provider_answer_pb2
from oncordia.query.v1.provider_answer_pb2 import AnswerState, ProviderAnswer

EVENT = UUID(int=7)
PROVIDERS, DATA_SETS, QUERIES = topics.state("federation"), topics.state("catalogue"), topics.events("query")


def message(topic: Topic, key: str, payload: Payload | bytes | None, country: str = "") -> Message:
    headers = envelope.headers(
        event_id=EVENT,
        type_=payload.DESCRIPTOR.full_name if isinstance(payload, Payload) else "tombstone",
        producer="other",
        key=key,
        time=datetime(2026, 1, 1, tzinfo=UTC),
        traceparent="",
        acting={"country": country},
    )
    raw = [(name, content.encode()) for name, content in headers]
    value = payload.SerializeToString() if isinstance(payload, Payload) else payload
    return envelope.parse(topic.name, 0, 0, key.encode(), raw, value)


def answer(state: AnswerState.ValueType, country: str = "PT") -> Message:
    given = ProviderAnswer(provider="providers/a", country=country, state=state)
    return message(QUERIES, "cohortQueries/1", CohortQueryAnswerRecorded(answer=given), "BE")


@pytest.mark.parametrize("state", [s for s in ProviderState.values() if s])
def test_only_a_connected_provider_is_live(state: ProviderState.ValueType) -> None:
    provider = Provider(name="providers/a", organisation="a", country="PT", state=state)
    effect = effect_of(message(PROVIDERS, "providers/a", provider))
    assert effect == ProviderKnown("providers/a", "a", "PT", live=state == provider_pb2.PROVIDER_STATE_LIVE)


def test_a_tombstone_removes() -> None:
    assert effect_of(message(PROVIDERS, "providers/a", None)) == ProviderGone("providers/a")
    assert effect_of(message(DATA_SETS, "dataSets/a.1", None)) == DataSetGone("dataSets/a.1")


def test_a_data_set_counts_where_its_data_are_while_it_is_offered() -> None:
    data_set = DataSet(name="dataSets/a.1", country="PT", subjects=120, state=DATA_SET_STATE_ACTIVE)
    assert effect_of(message(DATA_SETS, data_set.name, data_set)) == DataSetKnown("dataSets/a.1", "PT", 120)
    data_set.state = DATA_SET_STATE_RETIRED
    assert effect_of(message(DATA_SETS, data_set.name, data_set)) == DataSetGone("dataSets/a.1")


def test_a_question_counts_for_the_asking_organisations_country() -> None:
    created = CohortQueryCreated(query="cohortQueries/1")
    effect = effect_of(message(QUERIES, "cohortQueries/1", created, "BE"))
    assert effect == Counted(EVENT, Figure.QUERIES_ASKED, "BE")


def test_a_question_from_no_country_counts_for_none() -> None:
    assert effect_of(message(QUERIES, "cohortQueries/1", CohortQueryCreated(query="cohortQueries/1"))) is None


def test_an_answer_counts_for_the_providers_country() -> None:
    assert effect_of(answer(provider_answer_pb2.ANSWER_STATE_ANSWERED)) == Counted(EVENT, Figure.ANSWERS_GIVEN, "PT")


@pytest.mark.parametrize("state", [s for s in AnswerState.values() if s != provider_answer_pb2.ANSWER_STATE_ANSWERED])
def test_what_is_no_answer_with_counts_is_not_counted(state: AnswerState.ValueType) -> None:
    assert effect_of(answer(state)) is None


def test_other_events_and_other_resources_change_nothing() -> None:
    assert effect_of(message(QUERIES, "cohortQueries/1", CohortQueryCompleted())) is None
    assert effect_of(message(PROVIDERS, "somethingElse/1", b"whatever")) is None
    assert effect_of(message(topics.events("audit"), "x", b"whatever")) is None


@pytest.mark.parametrize(
    ("topic", "key", "payload", "field"),
    [
        (PROVIDERS, "providers/a", Provider(name="providers/b", country="PT"), "name"),
        (PROVIDERS, "providers/a", Provider(name="providers/a", country="Portugal"), "country"),
        (PROVIDERS, "providers/a", Provider(name="providers/a", country="pt"), "country"),
        (DATA_SETS, "dataSets/a.1", DataSet(name="dataSets/a.1", state=DATA_SET_STATE_ACTIVE), "country"),
        (
            DATA_SETS,
            "dataSets/a.1",
            DataSet(name="dataSets/a.1", country="PT", subjects=-1, state=DATA_SET_STATE_ACTIVE),
            "subjects",
        ),
    ],
)
def test_what_cannot_be_taken_is_refused_by_its_field(topic: Topic, key: str, payload: Payload, field: str) -> None:
    with pytest.raises(InvalidInput, match=f"^{field}: "):
        effect_of(message(topic, key, payload))


def test_what_is_no_protobuf_is_refused() -> None:
    with pytest.raises(DecodeError):
        effect_of(message(PROVIDERS, "providers/a", b"\xff\xff\xff"))
