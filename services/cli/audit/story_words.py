"""What became of a cohort query, in sentences, out of proved entries and the trace."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from google.protobuf.message import Message as Payload

from kit.events.envelope import Message, parse_body
from kit.events.payload import payload_of
from oncordia.events.v1 import access_pb2, node_pb2, query_pb2
from oncordia.insights.v1.trace_pb2 import Trace
from oncordia.query.v1 import provider_answer_pb2
from oncordia.type.v1 import count_pb2, predicate_pb2
from tlog.body import EventBody

_UNITS = {
    count_pb2.COUNT_UNIT_SUBJECTS: "subjects",
    count_pb2.COUNT_UNIT_STUDIES: "studies",
    count_pb2.COUNT_UNIT_SERIES: "series",
}

_UNSUPPORTED = predicate_pb2.PREDICATE_HANDLING_UNSUPPORTED

_ENDS = {
    query_pb2.CohortQueryCompleted.DESCRIPTOR.full_name,
    query_pb2.CohortQueryCancelled.DESCRIPTOR.full_name,
}


def story_words(bodies: Sequence[EventBody], trace: Trace | None) -> list[str]:
    """One sentence for each event, in the order of their times, then what the trace tells.

    Raises MalformedMessage for a body whose headers make no event.
    """
    events = sorted((parse_body(body) for body in bodies), key=lambda event: event.time)
    answers: Counter[str] = Counter()
    sentences = [f"{event.time:%Y-%m-%d %H:%M:%S.%f}"[:-3] + f" UTC  {_sentence(event, answers)}" for event in events]
    if answers:
        sentences.append("In all: " + ", ".join(f"{count} {state}" for state, count in answers.most_common()) + ".")
    if not any(event.type in _ENDS for event in events):
        sentences.append("It has not ended, or its end is not in the log yet.")
    return sentences + (list(_traced(trace)) if trace is not None else [])


def _sentence(event: Message, answers: Counter[str]) -> str:
    payload = payload_of(event.type, event.value)
    match payload:
        case query_pb2.CohortQueryCreated():
            why = f" for {event.purpose}" if event.purpose else ""
            until = f"{payload.deadline.ToDatetime():%H:%M:%S} UTC"
            return (
                f"{_who(event)} asked {len(payload.providers)} providers{why}: {payload.canonical_filter} — "
                f"and would wait until {until}."
            )
        case query_pb2.CohortQueryAnswerRecorded():
            answer = payload.answer
            state = _state(answer)
            answers[state] += 1
            return f"{answer.display_name}, {answer.country or 'country unknown'}, {state}{_what(answer)}."
        case node_pb2.CohortQueryEvaluated():
            return f"{_who(event)} {_evaluated(payload)}."
        case query_pb2.CohortQueryCancelled():
            return f"{_who(event)} cancelled the query."
        case query_pb2.CohortQueryCompleted():
            return "Every provider's answer was final."
        case access_pb2.SignedIn():
            return (
                f"{_who(event)} signed in at {payload.service} as {', '.join(payload.roles).lower() or 'nobody known'}."
            )
        case access_pb2.CallRefused():
            return f"{_who(event)} was refused {payload.calls} calls of {payload.method} ({payload.reason})."
        case _:
            return _other(event, payload)


def _who(event: Message) -> str:
    if not event.actor:
        return "The hub"
    if event.actor.startswith("providers/"):
        return f"The node of {event.actor} ({event.country})"
    where = f" of {event.organisation} ({event.country})" if event.organisation else ""
    return f"A person or program{where} with the handle {event.actor[:8]}…"


def _evaluated(act: node_pb2.CohortQueryEvaluated) -> str:
    """What a node says that it did."""
    if act.reason:
        return f"gave no count ({act.reason})"
    counts = ", ".join(map(_count, act.counts))
    drawn = "gave once more the counts that it had drawn before" if act.stored else "counted, and released"
    return f"{drawn} ({counts}), of its data {act.epoch}, to {act.asking_organisation} ({act.asking_country})"


def _state(answer: provider_answer_pb2.ProviderAnswer) -> str:
    match answer.state:
        case provider_answer_pb2.ANSWER_STATE_ANSWERED:
            return "answered" if answer.counts else "answered without a count"
        case provider_answer_pb2.ANSWER_STATE_TIMED_OUT:
            return "did not answer in time"
        case provider_answer_pb2.ANSWER_STATE_CANCELLED:
            return "was cancelled"
        case other:
            return provider_answer_pb2.AnswerState.Name(other).removeprefix("ANSWER_STATE_").lower()


def _what(answer: provider_answer_pb2.ProviderAnswer) -> str:
    """Why, or with which counts."""
    if answer.counts:
        counts = ", ".join(map(_count, answer.counts))
        stored = ", as it had answered the same question before" if answer.stored else ""
        return f" with protected counts ({counts}){stored}"
    unsupported = sorted({p.variable for p in answer.predicates if p.handling == _UNSUPPORTED})
    if unsupported:
        return f": it does not support {', '.join(unsupported)}"
    message = f": {answer.message}" if answer.message else ""
    return message + (f" ({answer.reason})" if answer.reason else "")


def _count(count: count_pb2.ProtectedCount) -> str:
    unit = _UNITS.get(count.unit, "of an unknown unit")
    if count.suppressed:
        return f"{unit}: fewer than {count.protection.minimum_count}"
    return f"{unit}: {count.value:,} ±{count.protection.error_95:,}"


def _other(event: Message, payload: Payload | None) -> str:
    name = event.type.rpartition(".")[2]
    return f"{_who(event)}: {name}" + ("." if payload is not None else ", which this program does not know.")


def _traced(trace: Trace) -> Iterator[str]:
    if not trace.spans:
        return
    countries = sorted({span.country for span in trace.spans if span.country})
    failed = [span for span in trace.spans if span.error]
    took = max(s.end_time_unix_nano for s in trace.spans) - min(s.start_time_unix_nano for s in trace.spans)
    services = len({span.service for span in trace.spans})
    yield (
        f"The trace {trace.trace_id} has {len(trace.spans)} steps of {services} services in "
        f"{', '.join(countries) or 'no named country'}; it took {took / 1e6:,.0f} ms, "
        + (f"and {len(failed)} steps failed." if failed else "and no step failed.")
    )
