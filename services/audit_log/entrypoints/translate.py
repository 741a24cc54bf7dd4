"""Between the API's messages and the domain."""

from __future__ import annotations

from datetime import UTC, datetime

from google.protobuf.timestamp_pb2 import Timestamp

from audit_log.application.request_erasure import TokenHolder
from audit_log.domain.entry import Entry
from audit_log.domain.erasure import Erasure, ErasureState, erasure_name
from audit_log.domain.identity import Identity
from audit_log.domain.search import Search
from kit.errors import InvalidInput
from kit.events.outcome import Outcome
from kit.events.payload import payload_json
from oncordia.audit.v1 import entry_pb2, erasure_pb2, identity_pb2, messages_pb2
from tlog.body import EventBody
from tlog.evidence import Opening


def entry_message(entry: Entry, opening: Opening | None = None, ended: datetime | None = None) -> entry_pb2.Entry:
    """The entry; with what opens it, also the body and its payload in words; or when those were deleted."""
    about = entry.attributes
    message = entry_pb2.Entry(
        name=entry.name,
        index=entry.index,
        event_id=str(about.event_id),
        type=about.type,
        producer=about.producer,
        producer_number=about.number,
        actor=about.actor,
        organisation=about.organisation,
        country=about.country,
        purpose=about.purpose,
        permit=about.permit,
        resource=about.resource,
        trace_id=about.trace_id,
        outcome=about.outcome,
        leaf=entry.leaf,
    )
    message.time.FromDatetime(about.time)
    if ended is not None:
        message.body_end_time.FromDatetime(ended)
    if opening is not None:
        message.body = opening.body
        message.salt = opening.salt
        words = payload_json(about.type, EventBody.decode(opening.body).value)
        if words is not None:
            message.payload_json = words
    return message


def search_of(request: messages_pb2.SearchEntriesRequest) -> Search:
    """The conditions. Raises InvalidInput."""
    return Search(
        actor=request.actor,
        organisation=request.organisation,
        country=request.country,
        type=request.type,
        resource=request.resource,
        outcome=_outcome(request.outcome),
        permit=request.permit,
        trace_id=request.trace_id,
        start=_time("start_time", request.start_time) if request.HasField("start_time") else None,
        end=_time("end_time", request.end_time) if request.HasField("end_time") else None,
    )


def identity_message(actor: str, identity: Identity, until: datetime | None) -> identity_pb2.Identity:
    """Who is behind the handle; with the restriction of one who asked to be forgotten."""
    message = identity_pb2.Identity(
        actor=actor,
        year=identity.actors[actor],
        issuer=identity.issuer,
        token_subject=identity.token_subject,
        display_name=identity.display_name,
        organisation=identity.organisation,
        erasure="" if identity.erasure is None else erasure_name(identity.erasure),
    )
    if until is not None:
        message.restricted_until.FromDatetime(until)
    return message


def person_of(request: erasure_pb2.RequestErasureRequest) -> TokenHolder | str:
    """Whom to forget. Raises InvalidInput."""
    match request.WhichOneof("person"):
        case "actor":
            return request.actor
        case "token_holder":
            return TokenHolder(request.token_holder.issuer, request.token_holder.token_subject)
        case None:
            raise InvalidInput.of("person", "is missing: give an actor handle, or the issuer and subject of a token")


_STATES = {
    ErasureState.RESTRICTED: erasure_pb2.Erasure.STATE_RESTRICTED,
    ErasureState.ERASING: erasure_pb2.Erasure.STATE_ERASING,
    ErasureState.ERASED: erasure_pb2.Erasure.STATE_ERASED,
}


def erasure_message(erasure: Erasure) -> erasure_pb2.Erasure:
    message = erasure_pb2.Erasure(
        name=erasure.name,
        state=_STATES[erasure.state],
        confirmed=sorted(erasure.confirmed),
        awaited=sorted(erasure.awaited),
    )
    message.request_time.FromDatetime(erasure.request_time)
    if erasure.restricted_until is not None:
        message.restricted_until.FromDatetime(erasure.restricted_until)
    if erasure.erase_time is not None:
        message.erase_time.FromDatetime(erasure.erase_time)
    return message


def _outcome(text: str) -> str:
    # A word that no event has would find nothing, and look like good news.
    if text and text not in set(Outcome):
        raise InvalidInput.of("outcome", f"must be one of {', '.join(Outcome)}")
    return text


def _time(field: str, timestamp: Timestamp) -> datetime:
    try:
        return timestamp.ToDatetime(UTC)
    except (ValueError, OverflowError):
        raise InvalidInput.of(field, "must be a time between the years 1 and 9999") from None
