"""Reading one trace, as far as the caller may."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from insights.application.ports import ActorHandles, ProviderDirectory, SpanStore
from insights.domain.rights import Reader, visible
from insights.domain.span import Span, trace_id_of
from kit.errors import FailedPrecondition, NotFound
from kit.identity.caller import Caller, Role


class ReadTrace:
    """An auditor and an operator see every trace; an owner the own; a steward the spans of the own node."""

    def __init__(self, store: SpanStore, directory: ProviderDirectory, handles: ActorHandles) -> None:
        self._store = store
        self._directory = directory
        self._handles = handles

    async def __call__(self, trace_id: str, caller: Caller) -> tuple[Span, ...]:
        """The visible spans in the order of their start. Raises InvalidInput, and NotFound if there are none."""
        wanted = trace_id_of(trace_id)
        spans = await self._store.trace(wanted)
        shown = visible(spans, await self._reader(caller, spans))
        if not shown:
            raise NotFound(f"trace {wanted}")
        return shown

    async def _reader(self, caller: Caller, spans: Sequence[Span]) -> Reader:
        steward = caller.has(Role.PROVIDER_STEWARD) and caller.organisation
        return Reader(
            sees_all=caller.has(Role.AUDITOR, Role.OPERATOR),
            actors=self._actors(caller, spans),
            providers=await self._directory.of_organisation(caller.organisation) if steward else frozenset(),
        )

    def _actors(self, caller: Caller, spans: Sequence[Span]) -> frozenset[str]:
        """The handle changes with the year, so a trace of December has another than the caller's of January."""
        actors = {caller.actor} if caller.actor else set()
        for year in {_time(span) for span in spans if span.owner}:
            try:
                actors.add(self._handles.actor(caller.subject, year))
            except FailedPrecondition:
                continue
        return frozenset(actors)


def _time(span: Span) -> datetime:
    return datetime.fromtimestamp(span.start_nano // 1_000_000_000, UTC)
