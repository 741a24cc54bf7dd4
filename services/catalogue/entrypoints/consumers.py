"""What the catalogue takes from Kafka: the state of providers, and reports of the tasks it gave to their nodes."""

from __future__ import annotations

from uuid import UUID

from catalogue.application.describe import Describe
from catalogue.domain.names import ProviderName, provider_name
from catalogue.domain.provider import Provider
from catalogue.entrypoints.content import read_answer
from kit.database.engine import Transaction
from kit.errors import InvalidInput
from kit.events.envelope import Message
from oncordia.border.v1 import task_result_pb2
from oncordia.events.v1 import tasks_pb2
from oncordia.federation.v1 import provider_pb2


class ProviderStates:
    """The newest state of each provider; a tombstone says that it takes no part any more."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        if message.value is None:
            await self._describe.provider_gone(transaction, provider_name(message.key, "key"))
            return
        given = provider_pb2.Provider.FromString(message.value)
        provider = Provider(
            name=provider_name(given.name, "name"),
            display_name=given.display_name,
            country=given.country,
            organisation=given.organisation,
            epoch=given.epoch,
        )
        await self._describe.provider_seen(transaction, provider)


class TaskReports:
    """Reports of descriptions, by keys that `is_description`."""

    def __init__(self, describe: Describe) -> None:
        self._describe = describe

    async def __call__(self, transaction: Transaction, message: Message) -> None:
        provider = provider_name(message.key.removesuffix("/description"), "key")
        report = tasks_pb2.TaskReported.FromString(message.value or b"")
        if report.provider != provider:
            raise InvalidInput.of("provider", "is not the one that the asking resource names")
        match report.state:
            case tasks_pb2.TASK_STATE_DONE:
                await self._ended(transaction, provider, report.result)
            case tasks_pb2.TASK_STATE_TIMED_OUT:
                await self._failed(transaction, provider, report.result, "TIMED_OUT: the node did not answer in time")
            case tasks_pb2.TASK_STATE_CANCELLED:
                await self._failed(transaction, provider, report.result, "CANCELLED: the task was cancelled")
            case _:
                return

    async def _ended(
        self, transaction: Transaction, provider: ProviderName, result: task_result_pb2.TaskResult
    ) -> None:
        match result.WhichOneof("outcome"):
            case "describe":
                answer = read_answer(provider, result.describe.data_sets)
                await self._describe.answered(
                    transaction,
                    provider,
                    _task_id(result),
                    result.describe.epoch,
                    answer.data_sets,
                    answer.unreadable,
                    tuple(answer.problems),
                )
            case "refusal":
                await self._failed(transaction, provider, result, _problem(result.refusal))
            case "failure":
                await self._failed(transaction, provider, result, _problem(result.failure))
            case "cancelled":
                await self._failed(transaction, provider, result, "CANCELLED: the task was cancelled")
            case _:
                await self._failed(transaction, provider, result, "UNEXPECTED: the answer is not a description")

    async def _failed(
        self, transaction: Transaction, provider: ProviderName, result: task_result_pb2.TaskResult, problem: str
    ) -> None:
        await self._describe.failed(transaction, provider, _task_id(result), problem)


def _problem(outcome: task_result_pb2.Refusal | task_result_pb2.Failure) -> str:
    text = "".join(c for c in f"{outcome.reason}: {outcome.message}" if c.isprintable())
    return text[:500]


def _task_id(result: task_result_pb2.TaskResult) -> UUID:
    try:
        return UUID(result.task_id)
    except ValueError:
        raise InvalidInput.of("result.task_id", "must be a UUID") from None
