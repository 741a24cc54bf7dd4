"""Nodes describe their data sets: the catalogue asks at each new epoch, takes the answer, and asks again on failure."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from catalogue.application.ports import DataSets, Descriptions, Providers, Publisher
from catalogue.domain.data_set import Change, Content, provider_changed, went_with_provider
from catalogue.domain.description import Description, Progress, deadline, failed, requested, taken, wanted
from catalogue.domain.names import DataSetName, ProviderName
from catalogue.domain.provider import Provider
from catalogue.domain.reconcile import reconcile
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.events.outbox import NOBODY


class Describe:
    """The use cases around descriptions. Those given a transaction are part of a consumer's."""

    def __init__(
        self,
        providers: Providers,
        data_sets: DataSets,
        descriptions: Descriptions,
        publisher: Publisher,
        clock: Clock,
        new_id: Callable[[], UUID],
    ) -> None:
        self._providers = providers
        self._data_sets = data_sets
        self._descriptions = descriptions
        self._publisher = publisher
        self._clock = clock
        self._new_id = new_id

    async def provider_seen(self, transaction: Transaction, provider: Provider) -> None:
        """Remembers a provider's newest state, and asks its node if its epoch is new."""
        before = await self._providers.lock(transaction, provider.name)
        await self._providers.save(transaction, provider)
        if before is not None:
            await self._show_anew(transaction, before, provider)
        known = await self._descriptions.get(transaction, provider.name)
        if wanted(known, provider.epoch):
            await self._ask(transaction, provider.name, known, provider.epoch)

    async def provider_gone(self, transaction: Transaction, name: ProviderName) -> None:
        """Retires all that it offers. They are kept: whatever cites them still leads somewhere."""
        before = await self._providers.lock(transaction, name)
        if before is None or before.gone:
            return
        after = replace(before, gone=True)
        await self._providers.save(transaction, after)
        # Should it come back, its node is asked, whatever its epoch.
        await self._descriptions.forget(transaction, name)
        for data_set in await self._data_sets.of_provider(transaction, name):
            change = went_with_provider(data_set, self._clock.now())
            if change is not None:
                await self._publish(transaction, change, after)

    async def answered(
        self,
        transaction: Transaction,
        provider_name: ProviderName,
        task_id: UUID,
        epoch: str,
        answer: Mapping[DataSetName, Content],
        unreadable: Collection[DataSetName],
        problems: tuple[str, ...],
    ) -> None:
        """Takes an answer into the catalogue; one to a task that was given up is ignored."""
        provider, description = await self._current(transaction, provider_name, task_id)
        if provider is None or description is None:
            return
        known = await self._data_sets.of_provider(transaction, provider.name)
        for change in reconcile(known, answer, unreadable, epoch, self._clock.now()):
            await self._publish(transaction, change, provider)
        done = taken(description, epoch, problems)
        await self._descriptions.save(transaction, done)
        await self._publisher.taken(transaction, done, len(answer))

    async def failed(self, transaction: Transaction, provider_name: ProviderName, task_id: UUID, problem: str) -> None:
        """The node could not or would not answer, or not in time: it is asked again later."""
        _, description = await self._current(transaction, provider_name, task_id)
        if description is not None:
            await self._descriptions.save(transaction, failed(description, problem, self._clock.now()))

    async def ask_again(self, database: Database) -> int:
        """Asks every provider whose wait is over, each in a transaction of its own. Returns how many it asked."""
        async with database.transaction() as transaction:
            due = await self._descriptions.due(transaction, self._clock.now())
        asked = 0
        for name in due:
            async with database.transaction() as transaction:
                provider = await self._providers.lock(transaction, name)
                known = await self._descriptions.get(transaction, name)
                # Another replica may have asked between the look and the lock.
                if provider is not None and known is not None and _is_due(known, self._clock.now()):
                    await self._ask(transaction, name, known, known.epoch)
                    asked += 1
        return asked

    async def _current(
        self, transaction: Transaction, name: ProviderName, task_id: UUID
    ) -> tuple[Provider | None, Description | None]:
        provider = await self._providers.lock(transaction, name)
        known = await self._descriptions.get(transaction, name)
        if known is None or known.task_id != task_id or known.progress is not Progress.REQUESTED:
            return provider, None
        return provider, known

    async def _ask(self, transaction: Transaction, name: ProviderName, known: Description | None, epoch: str) -> None:
        now = self._clock.now()
        description = requested(name, known, epoch, self._new_id(), now)
        await self._descriptions.save(transaction, description)
        await self._publisher.ask(transaction, description, deadline(now))

    async def _show_anew(self, transaction: Transaction, before: Provider, after: Provider) -> None:
        shown = {"publisher": before.display_name != after.display_name, "country": before.country != after.country}
        changed = tuple(field for field, differs in shown.items() if differs)
        if changed:
            for data_set in await self._data_sets.of_provider(transaction, after.name):
                await self._publish(transaction, provider_changed(data_set, changed, self._clock.now()), after)

    async def _publish(self, transaction: Transaction, change: Change, provider: Provider) -> None:
        stored = await self._data_sets.save(transaction, change.data_set)
        await self._publisher.changed(transaction, replace(change, data_set=stored), provider, NOBODY)


def _is_due(description: Description, now: datetime) -> bool:
    return description.due is not None and description.due <= now
