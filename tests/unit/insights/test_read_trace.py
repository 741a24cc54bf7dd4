"""Reading a trace: from the caller's roles, organisation and handles to what is shown."""

from collections.abc import Sequence
from datetime import datetime

import pytest

from insights.application.read_trace import ReadTrace
from insights.domain.span import Span, TraceId
from kit.errors import FailedPrecondition, NotFound
from kit.identity.caller import Caller, Role
from tests.unit.insights.support import OWNER, QUERY, TRACE, a_caller


class Traces:
    async def add(self, spans: Sequence[Span]) -> None: ...

    async def trace(self, trace_id: TraceId) -> tuple[Span, ...]:
        return QUERY if trace_id == TRACE else ()

    async def forget_before(self, time: datetime) -> int:
        return 0


class Directory:
    async def of_organisation(self, organisation: str) -> frozenset[str]:
        return frozenset({"providers/hospital-a"} if organisation == "hospital-a" else {"providers/x"})


class YearlyHandles:
    """Handles of 2026 can be computed; the keys of other years are destroyed."""

    def actor(self, subject: str, at: datetime) -> str:
        if at.year != 2026:
            raise FailedPrecondition("KEY_MISSING", "destroyed")
        return OWNER if subject == "the owner's subject" else f"{subject} in 2026"


async def seen_by(caller: Caller, handles: YearlyHandles | None = None) -> list[str]:
    spans = await ReadTrace(Traces(), Directory(), handles or YearlyHandles())(TRACE, caller)
    return [span.service for span in spans]


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.OPERATOR])
async def test_auditors_and_operators_see_every_trace(role: Role) -> None:
    assert len(await seen_by(a_caller(role))) == len(QUERY)


async def test_an_owner_sees_the_own_trace() -> None:
    assert len(await seen_by(a_caller(Role.RESEARCHER, actor=OWNER))) == len(QUERY)


async def test_an_owner_sees_the_trace_of_an_earlier_year_too() -> None:
    caller = a_caller(Role.RESEARCHER, actor="the handle of 2027", subject="the owner's subject")
    assert len(await seen_by(caller)) == len(QUERY)


async def test_a_destroyed_years_key_makes_nobody_an_owner() -> None:
    class Destroyed(YearlyHandles):
        def actor(self, subject: str, at: datetime) -> str:
            return super().actor(subject, at.replace(year=2020))

    with pytest.raises(NotFound):
        await seen_by(a_caller(Role.RESEARCHER, subject="the owner's subject"), Destroyed())


async def test_a_steward_sees_the_spans_of_the_own_organisations_node() -> None:
    assert await seen_by(a_caller(Role.PROVIDER_STEWARD, organisation="hospital-a")) == ["node/hospital-a"]


@pytest.mark.parametrize(
    "caller",
    [
        a_caller(Role.RESEARCHER, organisation="hospital-a"),
        a_caller(Role.SERVICE, organisation="hospital-a"),
        a_caller(Role.PROVIDER_STEWARD, organisation="elsewhere"),
        a_caller(Role.PROVIDER_STEWARD, organisation=""),
        a_caller(),
    ],
)
async def test_everybody_else_is_told_that_there_is_no_such_trace(caller: Caller) -> None:
    with pytest.raises(NotFound, match=f"there is no trace {TRACE}"):
        await seen_by(caller)
