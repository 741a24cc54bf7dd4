"""What the use cases need of the world."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol
from uuid import UUID

from kit.database.engine import Reading, Transaction
from kit.events.outbox import Acting
from model_registry.domain.access import Viewer
from model_registry.domain.model import Model
from model_registry.domain.names import ModelName, VersionName
from model_registry.domain.search import Search
from model_registry.domain.stage import Stage
from model_registry.domain.version import ModelVersion


class Models(Protocol):
    async def get(self, reading: Reading, name: ModelName) -> Model | None: ...

    async def lock(self, transaction: Transaction, name: ModelName) -> Model | None:
        """Holds the model until the end of the transaction: whoever changes it or its versions takes this first."""
        ...

    async def add(self, transaction: Transaction, model: Model) -> bool:
        """False if the name is taken."""
        ...

    async def save(self, transaction: Transaction, model: Model) -> None: ...

    async def search(self, reading: Reading, viewer: Viewer, search: Search, after: str, most: int) -> Sequence[Model]:
        """What the viewer sees, in the order of names, beginning after `after`."""
        ...


class Versions(Protocol):
    async def get(self, reading: Reading, name: VersionName) -> ModelVersion | None: ...

    async def save(self, transaction: Transaction, version: ModelVersion) -> None: ...

    async def page(
        self, reading: Reading, model: ModelName, unpublished: bool, before: int | None, most: int
    ) -> Sequence[tuple[int, ModelVersion]]:
        """With their numbers in the order of registration, the last first, beginning before `before`."""
        ...


class Requests(Protocol):
    """Which request ids were used, by whom and for what."""

    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, name: str, now: datetime
    ) -> str | None:
        """Remembers what it is used for; gives what it was used for before, or None."""
        ...


class Publisher(Protocol):
    async def model_created(self, transaction: Transaction, model: Model, acting: Acting) -> None: ...

    async def model_updated(
        self, transaction: Transaction, model: Model, changed: Sequence[str], acting: Acting
    ) -> None: ...

    async def version_created(
        self, transaction: Transaction, model: Model, version: ModelVersion, acting: Acting
    ) -> None: ...

    async def stage_changed(
        self, transaction: Transaction, model: Model, version: ModelVersion, previous: Stage, acting: Acting
    ) -> None: ...
