"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol
from uuid import UUID

from catalogue.domain.data_set import Change, DataSet
from catalogue.domain.description import Description
from catalogue.domain.names import DataSetName, ProviderName
from catalogue.domain.provider import Provider
from catalogue.domain.search import Found, Position, Search, Summary
from kit.database.engine import Reading, Transaction
from kit.events.outbox import Acting


@dataclass(frozen=True, slots=True)
class Entry:
    """A data set with its provider, as it is shown."""

    data_set: DataSet
    provider: Provider


class Providers(Protocol):
    async def get(self, reading: Reading, name: ProviderName) -> Provider | None: ...

    async def lock(self, transaction: Transaction, name: ProviderName) -> Provider | None:
        """Holds the provider until the end of the transaction: whoever changes its data sets takes this first."""
        ...

    async def save(self, transaction: Transaction, provider: Provider) -> None: ...


class DataSets(Protocol):
    async def get(self, reading: Reading, name: DataSetName) -> Entry | None: ...

    async def of_provider(self, transaction: Transaction, provider: ProviderName) -> Sequence[DataSet]: ...

    async def save(self, transaction: Transaction, data_set: DataSet) -> DataSet:
        """Gives it the catalogue's next revision, which is in the order of commits."""
        ...

    async def by_name(self, reading: Reading, names: Sequence[DataSetName]) -> Sequence[Entry]:
        """In the order asked for; what is not there is left out."""
        ...

    async def page(
        self, reading: Reading, provider: ProviderName | None, retired: bool, after: str, most: int
    ) -> Sequence[Entry]:
        """In the order of names, beginning after `after`."""
        ...

    async def summary(self, reading: Reading) -> Summary: ...


class Descriptions(Protocol):
    async def get(self, reading: Reading, provider: ProviderName) -> Description | None: ...

    async def save(self, transaction: Transaction, description: Description) -> None: ...

    async def forget(self, transaction: Transaction, provider: ProviderName) -> None: ...

    async def due(self, transaction: Transaction, now: datetime) -> Sequence[ProviderName]: ...


class Requests(Protocol):
    """Which request ids were used, by whom and for what."""

    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, name: DataSetName, now: datetime
    ) -> DataSetName | None:
        """Remembers what it is used for; gives what it was used for before, or None."""
        ...


class Publisher(Protocol):
    async def changed(self, transaction: Transaction, change: Change, provider: Provider, acting: Acting) -> None:
        """Publishes the event and the state."""
        ...

    async def ask(self, transaction: Transaction, description: Description, deadline: datetime) -> None:
        """Asks the provider's node by a task."""
        ...

    async def taken(self, transaction: Transaction, description: Description, data_sets: int) -> None: ...


class SearchIndex(Protocol):
    async def search(self, search: Search, after: Position | None, size: int) -> Found: ...
