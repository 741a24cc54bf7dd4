"""What the broker takes from Kafka: reports of its tasks, and the state of providers."""

from __future__ import annotations

from kit.database.engine import Transaction
from kit.errors import InvalidInput
from kit.events.envelope import Message
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2
from query_broker.adapters.wire import report_from_proto
from query_broker.application.ports import Providers
from query_broker.application.record import RecordReport
from query_broker.domain.provider import Provider, ProviderState

_OURS = "cohortQueries/"


class TaskReports:
    """Reports of tasks that nodes did; those asked by other services are not ours."""

    def __init__(self, record: RecordReport) -> None:
        self._record = record

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        if not message.key.startswith(_OURS) or message.value is None:
            return
        reported = tasks_pb2.TaskReported.FromString(message.value)
        query_id = reported.asking_resource.removeprefix(_OURS)
        report = report_from_proto(reported)
        await self._record(transaction, query_id, reported.provider, reported.result.task_id, report)


class ProviderStates:
    """The newest state of each provider; a tombstone removes it."""

    def __init__(self, providers: Providers) -> None:
        self._providers = providers

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        if message.value is None:
            await self._providers.remove(transaction, message.key)
            return
        provider = provider_pb2.Provider.FromString(message.value)
        state = provider_pb2.ProviderState.Name(provider.state).removeprefix("PROVIDER_STATE_")
        if state not in ProviderState.__members__:
            raise InvalidInput.of("state", f"{provider.state} is no state of a provider")
        await self._providers.put(
            transaction, Provider(provider.name, provider.display_name, provider.country, ProviderState(state))
        )
