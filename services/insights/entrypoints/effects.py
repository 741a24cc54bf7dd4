"""What a message of another service means for the figures."""

from __future__ import annotations

from insights.domain.figures import Counted, DataSetGone, DataSetKnown, Effect, Figure, ProviderGone, ProviderKnown
from kit.errors import InvalidInput
from kit.events import topics
from kit.events.envelope import Message
from oncordia.catalogue.v1 import data_set_pb2
from oncordia.events.v1 import query_pb2
from oncordia.federation.v1 import provider_pb2
from oncordia.query.v1 import provider_answer_pb2

PROVIDERS = topics.state("federation")
DATA_SETS = topics.state("catalogue")
QUERIES = topics.events("query")

_CREATED = query_pb2.CohortQueryCreated.DESCRIPTOR.full_name
_ANSWERED = query_pb2.CohortQueryAnswerRecorded.DESCRIPTOR.full_name


def effect_of(message: Message) -> Effect | None:
    """The effect, or None if the figures don't depend on it. Raises DecodeError, and InvalidInput naming the field."""
    if message.topic == PROVIDERS.name:
        return _provider(message)
    if message.topic == DATA_SETS.name:
        return _data_set(message)
    if message.topic == QUERIES.name:
        return _query(message)
    return None


def _provider(message: Message) -> Effect | None:
    if not message.key.startswith("providers/"):
        return None
    if message.value is None:
        return ProviderGone(message.key)
    provider = provider_pb2.Provider.FromString(message.value)
    _check_name(provider.name, message.key)
    live = provider.state == provider_pb2.PROVIDER_STATE_LIVE
    return ProviderKnown(provider.name, provider.organisation, _country("country", provider.country), live)


def _data_set(message: Message) -> Effect | None:
    if not message.key.startswith("dataSets/"):
        return None
    if message.value is None:
        return DataSetGone(message.key)
    data_set = data_set_pb2.DataSet.FromString(message.value)
    _check_name(data_set.name, message.key)
    if data_set.state != data_set_pb2.DATA_SET_STATE_ACTIVE:
        return DataSetGone(message.key)
    if data_set.subjects < 0:
        raise InvalidInput.of("subjects", f"must be at least 0; got {data_set.subjects}")
    return DataSetKnown(data_set.name, _country("country", data_set.country), data_set.subjects)


def _query(message: Message) -> Effect | None:
    if message.type == _CREATED:
        # A service may ask on nobody's behalf, and then from no country.
        if not message.country:
            return None
        return Counted(message.event_id, Figure.QUERIES_ASKED, _country("ce_country", message.country))
    if message.type == _ANSWERED:
        answer = query_pb2.CohortQueryAnswerRecorded.FromString(message.value or b"").answer
        if answer.state != provider_answer_pb2.ANSWER_STATE_ANSWERED:
            return None
        return Counted(message.event_id, Figure.ANSWERS_GIVEN, _country("answer.country", answer.country))
    return None


def _check_name(name: str, key: str) -> None:
    if name != key:
        raise InvalidInput.of("name", f"must be the message's key {key}; got {name[:100]!r}")


def _country(field: str, code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isupper() or not code.isalpha():
        raise InvalidInput.of(field, f"must be an ISO 3166-1 alpha-2 code in capitals; got {code[:20]!r}")
    return code
