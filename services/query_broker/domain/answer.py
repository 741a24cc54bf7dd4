"""One provider's answer to one query: its states, and which may follow which."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import Enum

from query_broker.domain.provider import Provider, ProviderState


class AnswerState(Enum):
    PENDING = "PENDING"
    DELIVERED = "DELIVERED"
    ANSWERED = "ANSWERED"
    REFUSED = "REFUSED"
    TIMED_OUT = "TIMED_OUT"
    FAILED = "FAILED"
    CANCELLED = "CANCELLED"

    @property
    def is_final(self) -> bool:
        """Nothing follows a final state: a late answer changes nothing."""
        return self not in (AnswerState.PENDING, AnswerState.DELIVERED)


class CountUnit(Enum):
    SUBJECTS = "SUBJECTS"
    STUDIES = "STUDIES"
    SERIES = "SERIES"


class Handling(Enum):
    """What a node did with a predicate."""

    APPLIED = "APPLIED"
    APPROXIMATED = "APPROXIMATED"
    UNSUPPORTED = "UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class ProtectedCount:
    """A count after disclosure control at the node; `value` is None where it is suppressed."""

    unit: CountUnit
    value: int | None
    epsilon: float
    sensitivity: int
    noise_scale: float
    minimum_count: int
    rounding: int
    error_95: int


@dataclass(frozen=True, slots=True)
class PredicateReport:
    """How a node dealt with one predicate; `mapped_percent` is of the whole data set, never of the cohort."""

    predicate: str
    variable: str
    handling: Handling
    mapped_percent: int
    reason: str


@dataclass(frozen=True, slots=True)
class Report:
    """What a task's report says of an answer."""

    state: AnswerState
    reason: str = ""
    message: str = ""
    counts: tuple[ProtectedCount, ...] = ()
    predicates: tuple[PredicateReport, ...] = ()
    epoch: str = ""
    stored: bool = False


@dataclass(frozen=True, slots=True)
class ProviderAnswer:
    provider: str
    display_name: str
    country: str
    task_id: str
    update_time: datetime
    report: Report = field(default=Report(AnswerState.PENDING))

    @property
    def state(self) -> AnswerState:
        return self.report.state

    @property
    def may_be_added(self) -> bool:
        """A count enters a total only if every predicate was evaluated: a dropped criterion makes it too high."""
        handled = all(p.handling is not Handling.UNSUPPORTED for p in self.report.predicates)
        return self.state is AnswerState.ANSWERED and handled and bool(self.report.counts)

    def follow(self, report: Report, at: datetime) -> ProviderAnswer | None:
        """The answer after a report; None if the report changes nothing, as it repeats or comes too late."""
        if self.state.is_final or report.state is AnswerState.PENDING or report.state is self.state:
            return None
        return replace(self, report=report, update_time=at)


def first_answer(provider: Provider, task_id: str, at: datetime) -> ProviderAnswer:
    """The answer at the moment of asking. A provider that can't be asked is final at once, with the reason."""
    match provider.state:
        case ProviderState.DISABLED_BY_PROVIDER:
            report = Report(AnswerState.REFUSED, "DISABLED_BY_PROVIDER", "the provider has switched itself off")
        case ProviderState.DISABLED_BY_HUB:
            report = Report(AnswerState.REFUSED, "DISABLED_BY_HUB", "the hub's operator has switched the provider off")
        case ProviderState.NEVER_CONNECTED:
            report = Report(AnswerState.FAILED, "NEVER_CONNECTED", "the provider's node has never connected")
        case ProviderState.LIVE | ProviderState.STALE | ProviderState.DRAINING:
            report = Report(AnswerState.PENDING)
    return ProviderAnswer(provider.name, provider.display_name, provider.country, task_id, at, report)
