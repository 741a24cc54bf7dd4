"""Events, public states and task reports, into the outbox."""

from __future__ import annotations

from collections.abc import Sequence

from opentelemetry import trace

from federation.application.messages import provider_message
from federation.application.ports import Outcome
from federation.application.registry import DISABLED
from federation.domain.certificate import Serial
from federation.domain.node_log import LogId
from federation.domain.provider import Provider, resource_name
from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import Acting, Outbox, Prepared
from kit.events.outcome import Outcome as EventOutcome
from kit.telemetry.tracing import remote_context, trace_id_of
from oncordia.border.v1.task_result_pb2 import Refusal, TaskResult
from oncordia.events.v1 import federation_pb2
from oncordia.events.v1.tasks_pb2 import TaskReported, TaskState

_tracer = trace.get_tracer("federation.border")
_EVENTS = topics.events("federation")
_STATE = topics.state("federation")
_REFUSALS = {DISABLED: "the provider is switched off, or there is none of this name; nothing was asked of a node"}


class OutboxAnnouncer:
    """The port Announcer."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def created(self, transaction: Transaction, provider: Provider, acting: Acting) -> None:
        event = federation_pb2.ProviderCreated(provider=provider.name, country=provider.country)
        await self._outbox.add_event(transaction, _EVENTS, provider.name, event, acting)
        await self._tell_state(transaction, provider, acting)

    async def invited(self, transaction: Transaction, provider: Provider, acting: Acting) -> None:
        event = federation_pb2.InvitationCreated(provider=provider.name)
        await self._outbox.add_event(transaction, _EVENTS, provider.name, event, acting)

    async def issued(
        self, transaction: Transaction, provider: Provider, serial: Serial, renewal: bool, acting: Acting
    ) -> None:
        event = federation_pb2.CertificateIssued(provider=provider.name, serial=serial, renewal=renewal)
        await self._outbox.add_event(transaction, _EVENTS, provider.name, event, acting)

    async def revoked(
        self, transaction: Transaction, provider: Provider, serial: Serial, reason: str, acting: Acting
    ) -> None:
        event = federation_pb2.CertificateRevoked(provider=provider.name, serial=serial, reason=reason)
        await self._outbox.add_event(transaction, _EVENTS, provider.name, event, acting)

    async def changed(
        self, transaction: Transaction, before: Provider, after: Provider, reason: str, acting: Acting
    ) -> None:
        if after.state is not before.state:
            event = federation_pb2.ProviderStateChanged(provider=after.name, state=after.state.value, reason=reason)
            await self._outbox.add_event(transaction, _EVENTS, after.name, event, acting)
        if provider_message(after) != provider_message(before):
            await self._tell_state(transaction, after, acting)

    async def reported(self, transaction: Transaction, outcomes: Sequence[Outcome]) -> None:
        await self._outbox.add_all(transaction, [self._report(outcome) for outcome in outcomes])

    async def node_acted(self, transaction: Transaction, events: Sequence[Prepared]) -> None:
        await self._outbox.add_all(transaction, events)

    async def node_event_refused(
        self, transaction: Transaction, provider: Provider, log: LogId, number: int, reason: str
    ) -> None:
        event = federation_pb2.NodeEventRefused(provider=provider.name, log=log, number=number, reason=reason)
        acting = Acting(provider.name, provider.organisation, provider.country)
        await self._outbox.add_event(transaction, _EVENTS, provider.name, event, acting, outcome=EventOutcome.REFUSED)

    def _report(self, outcome: Outcome) -> Prepared:
        task = outcome.task
        report = TaskReported(
            provider=resource_name(task.provider),
            asking_resource=task.asking_resource,
            state=TaskState.Value(f"TASK_STATE_{task.state.value}"),
            result=_result(outcome),
        )
        with _tracer.start_as_current_span(
            "border receive" if outcome.result else "border report",
            context=remote_context(_within(task.traceparent, outcome.traceparent)),
            kind=trace.SpanKind.CONSUMER if outcome.result else trace.SpanKind.INTERNAL,
            attributes={"oncordia.provider": resource_name(task.provider), "oncordia.task.id": str(task.id)},
        ):
            acting = Acting(actor=resource_name(task.provider))
            return self._outbox.prepared(topics.RESULTS, task.asking_resource, report, acting)

    async def _tell_state(self, transaction: Transaction, provider: Provider, acting: Acting) -> None:
        await self._outbox.add(transaction, _STATE, provider.name, provider_message(provider), acting)


def _result(outcome: Outcome) -> TaskResult:
    result = TaskResult.FromString(outcome.result)
    result.task_id = str(outcome.task.id)
    if outcome.refusal:
        result.refusal.CopyFrom(Refusal(reason=outcome.refusal, message=_REFUSALS[outcome.refusal]))
    return result


def _within(asking: str, node: str) -> str:
    """The node's span, if it lies in the trace of its task; a node can't put anything into other traces."""
    return node if trace_id_of(node) and trace_id_of(node) == trace_id_of(asking) else asking
