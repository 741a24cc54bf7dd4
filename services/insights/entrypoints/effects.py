"""What a message of another service means for the figures."""

from __future__ import annotations

from insights.domain.figures import Counted, Effect, Figure, ProviderGone, ProviderKnown
from kit.errors import InvalidInput
from kit.events import topics
from kit.events.envelope import Message
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
    if message.topic == QUERIES.name:
        return _query(message)
    return None


def _provider(message: Message) -> Effect | None:
    if not message.key.startswith("providers/"):
        return None
    if message.value is None:
        return ProviderGone(message.key)
    provider = provider_pb2.Provider.FromString(message.value)
    if provider.name != message.key:
        raise InvalidInput.of("name", f"must be the message's key {message.key}; got {provider.name!r}")
    live = provider.state == provider_pb2.PROVIDER_STATE_LIVE
    return ProviderKnown(provider.name, provider.organisation, _country("country", provider.country), live)


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


def _country(field: str, code: str) -> str:
    if len(code) != 2 or not code.isascii() or not code.isupper() or not code.isalpha():
        raise InvalidInput.of(field, f"must be an ISO 3166-1 alpha-2 code in capitals; got {code[:20]!r}")
    return code
