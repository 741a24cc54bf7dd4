"""Reading the catalogue. All but the state of descriptions is public."""

from __future__ import annotations

from collections.abc import Sequence

from catalogue.application.ports import DataSets, Descriptions, Entry, Providers, SearchIndex
from catalogue.application.steward import may_manage
from catalogue.domain.description import Description
from catalogue.domain.names import DataSetName, ProviderName, description_of
from catalogue.domain.search import Found, Position, Search, Summary
from kit.database.engine import Database
from kit.errors import NotFound
from kit.identity.caller import Caller, Role


class Read:
    def __init__(
        self,
        database: Database,
        providers: Providers,
        data_sets: DataSets,
        descriptions: Descriptions,
        index: SearchIndex,
    ) -> None:
        self._database = database
        self._providers = providers
        self._data_sets = data_sets
        self._descriptions = descriptions
        self._index = index

    async def one(self, name: DataSetName) -> Entry:
        """Raises NotFound."""
        async with self._database.reading() as reading:
            entry = await self._data_sets.get(reading, name)
        if entry is None:
            raise NotFound(name)
        return entry

    async def page(self, provider: ProviderName | None, retired: bool, after: str, most: int) -> Sequence[Entry]:
        """In the order of names, beginning after `after`."""
        async with self._database.reading() as reading:
            return await self._data_sets.page(reading, provider, retired, after, most)

    async def search(self, search: Search, after: Position | None, size: int) -> tuple[Found, Sequence[Entry]]:
        """A page of hits and their data sets. The index may lag, what it points to is current."""
        found = await self._index.search(search, after, size)
        async with self._database.reading() as reading:
            return found, await self._data_sets.by_name(reading, [hit.name for hit in found.hits])

    async def summary(self) -> Summary:
        async with self._database.reading() as reading:
            return await self._data_sets.summary(reading)

    async def description(self, caller: Caller, name: ProviderName) -> Description:
        """Raises NotFound, also for whom it is no business of."""
        async with self._database.reading() as reading:
            provider = await self._providers.get(reading, name)
            description = await self._descriptions.get(reading, name)
        allowed = provider is not None and (caller.has(Role.AUDITOR) or may_manage(caller, provider))
        if description is None or not allowed:
            raise NotFound(description_of(name))
        return description
