"""A cohort query and its life."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from cohort.expression import Expression
from kit.errors import FieldViolation, InvalidInput
from query_broker.domain.answer import ProviderAnswer

DEFAULT_WAIT = timedelta(seconds=60)
LONGEST_WAIT = timedelta(hours=24)
PURPOSE_LENGTH = 200


class QueryState(Enum):
    RUNNING = "RUNNING"
    COMPLETE = "COMPLETE"
    CANCELLED = "CANCELLED"


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked, checked and in canonical form."""

    filter: str
    expression: Expression
    canonical_filter: str
    warnings: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CohortQuery:
    """`owner` is the subject handle of who asked; it stays in tables. Empty once that person was erased."""

    id: str
    owner: str
    organisation: str
    country: str
    question: Question
    purpose: str
    state: QueryState
    create_time: datetime
    deadline: datetime
    end_time: datetime | None
    trace_id: str
    answers: tuple[ProviderAnswer, ...] = ()

    @property
    def name(self) -> str:
        return f"cohortQueries/{self.id}"

    def settled(self, now: datetime) -> CohortQuery:
        """The query, complete if it was running and every answer is final."""
        if self.state is QueryState.RUNNING and all(answer.state.is_final for answer in self.answers):
            return replace(self, state=QueryState.COMPLETE, end_time=now)
        return self


def checked_deadline(asked: datetime | None, now: datetime) -> datetime:
    """The time until which answers are waited for. Raises InvalidInput naming the field."""
    deadline = asked or now + DEFAULT_WAIT
    if not now < deadline <= now + LONGEST_WAIT:
        raise InvalidInput(
            [FieldViolation("cohort_query.deadline", "must lie in the future, at most 24 hours from now")]
        )
    return deadline


def checked_purpose(purpose: str) -> str:
    """Raises InvalidInput naming the field, if it is too long or not printable."""
    if len(purpose) > PURPOSE_LENGTH or not purpose.isprintable():
        raise InvalidInput(
            [FieldViolation("cohort_query.purpose", f"takes at most {PURPOSE_LENGTH} printable characters")]
        )
    return purpose
