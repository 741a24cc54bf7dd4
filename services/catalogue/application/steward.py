"""Stewards register, change and retire data sets of their own organisation's providers; operators those of any."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from catalogue.application.ports import DataSets, Entry, Providers, Publisher, Requests
from catalogue.domain.data_set import Change, Content, DataSet, Origin, created, updated, withdrawn
from catalogue.domain.names import DataSetName, ProviderName, name_of, provider_of
from catalogue.domain.provider import Provider
from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.errors import AlreadyExists, NotFound, PermissionDenied
from kit.events.outbox import Acting
from kit.identity.caller import Caller, Role


class Steward:
    """Each use case is one transaction."""

    def __init__(
        self,
        database: Database,
        providers: Providers,
        data_sets: DataSets,
        requests: Requests,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._database = database
        self._providers = providers
        self._data_sets = data_sets
        self._requests = requests
        self._publisher = publisher
        self._clock = clock

    async def create(
        self, caller: Caller, parent: ProviderName, data_set_id: str, content: Content, request_id: UUID | None
    ) -> Entry:
        """Registers a data set. Raises NotFound, PermissionDenied, AlreadyExists."""
        name = name_of(parent, data_set_id)
        async with self._database.transaction() as transaction:
            provider = await self._own(transaction, caller, parent, parent)
            before = await self._data_sets.get(transaction, name)
            if request_id is not None:
                now = self._clock.now()
                used_for = await self._requests.claim(transaction, caller.subject, request_id, name, now)
                if used_for is not None and (used_for != name or before is None):
                    raise AlreadyExists(f"the request_id, used for {used_for},")
                if used_for is not None and before is not None:
                    return before
            if before is not None:
                raise AlreadyExists(name)
            change = created(name, content, Origin.STEWARD, "", self._clock.now())
            return await self._publish(transaction, caller, change, provider)

    async def update(
        self, caller: Caller, name: DataSetName, content: Content, fields: Sequence[str], etag: str
    ) -> Entry:
        """Changes the named fields. Raises NotFound, PermissionDenied, FailedPrecondition."""
        async with self._database.transaction() as transaction:
            provider, before = await self._own_data_set(transaction, caller, name)
            change = updated(before, content, fields, etag, self._clock.now())
            return await self._publish(transaction, caller, change, provider) if change else Entry(before, provider)

    async def retire(self, caller: Caller, name: DataSetName, etag: str) -> Entry:
        """Takes it out of the offer. Raises NotFound, PermissionDenied, FailedPrecondition."""
        async with self._database.transaction() as transaction:
            provider, before = await self._own_data_set(transaction, caller, name)
            change = withdrawn(before, etag, self._clock.now())
            return await self._publish(transaction, caller, change, provider) if change else Entry(before, provider)

    async def _own_data_set(
        self, transaction: Transaction, caller: Caller, name: DataSetName
    ) -> tuple[Provider, DataSet]:
        provider = await self._own(transaction, caller, provider_of(name), name)
        entry = await self._data_sets.get(transaction, name)
        if entry is None:
            raise NotFound(name)
        return provider, entry.data_set

    async def _own(self, transaction: Transaction, caller: Caller, name: ProviderName, missing: str) -> Provider:
        provider = await self._providers.lock(transaction, name)
        if provider is None or provider.gone:
            raise NotFound(missing)
        if not may_manage(caller, provider):
            # Data sets are public, so nothing is given away by saying that it is there.
            raise PermissionDenied("NOT_OWNER", f"{name} belongs to another organisation")
        return provider

    async def _publish(self, transaction: Transaction, caller: Caller, change: Change, provider: Provider) -> Entry:
        stored = await self._data_sets.save(transaction, change.data_set)
        await self._publisher.changed(transaction, replace(change, data_set=stored), provider, Acting.by(caller))
        return Entry(stored, provider)


def may_manage(caller: Caller, provider: Provider) -> bool:
    """Whether the caller looks after the provider: an operator, or a steward of its organisation."""
    if caller.has(Role.OPERATOR):
        return True
    return (
        caller.has(Role.PROVIDER_STEWARD)
        and bool(caller.organisation)
        and (caller.organisation == provider.organisation)
    )
