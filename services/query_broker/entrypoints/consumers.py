"""What the broker takes from Kafka: reports of its tasks, and the state of providers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

from kit.database.engine import Transaction
from kit.errors import InvalidInput
from kit.events.consumer import consumer_span
from kit.events.envelope import Message
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2
from query_broker.adapters.wire import report_from_proto
from query_broker.application.ports import Providers
from query_broker.application.record import RecordReports, TaskReport
from query_broker.domain.provider import Provider, ProviderState

_OURS = "cohortQueries/"


def is_ours(key: str) -> bool:
    """Whether a report of this key is about a task that the broker asked for."""
    return key.startswith(_OURS)


class TaskReports:
    """Reports of tasks that nodes did, by keys that `is_ours`. Those of one query that came together are recorded
    together."""

    def __init__(self, record: RecordReports) -> None:
        self._record = record

    async def __call__(self, transaction: Transaction, messages: Sequence[Message]) -> None:
        """Raises DecodeError or InvalidInput for a message that is no report."""
        by_query: dict[str, list[Message]] = defaultdict(list)
        for message in messages:
            by_query[message.key.removeprefix(_OURS)].append(message)
        for query_id, reported in by_query.items():
            with ExitStack() as spans:
                for message in reported:
                    spans.enter_context(consumer_span(message))
                await self._record(transaction, query_id, [_task_report(message) for message in reported])


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


def _task_report(message: Message) -> TaskReport:
    reported = tasks_pb2.TaskReported.FromString(message.value or b"")
    return TaskReport(reported.provider, reported.result.task_id, report_from_proto(reported))
