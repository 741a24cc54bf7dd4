"""Reading the registry. What a caller may not see is not there."""

from __future__ import annotations

from collections.abc import Sequence

from kit.database.engine import Database
from kit.errors import NotFound
from kit.identity.caller import Caller
from model_registry.application.ports import Models, Versions
from model_registry.application.viewing import viewer
from model_registry.domain.model import Model
from model_registry.domain.names import ModelName, VersionName, model_of
from model_registry.domain.search import Search
from model_registry.domain.version import ModelVersion


class Read:
    def __init__(self, database: Database, models: Models, versions: Versions) -> None:
        self._database = database
        self._models = models
        self._versions = versions

    async def model(self, caller: Caller, name: ModelName) -> Model:
        """Raises NotFound."""
        async with self._database.reading() as reading:
            model = await self._models.get(reading, name)
        if model is None or not viewer(caller).sees(model):
            raise NotFound(name)
        return model

    async def search(self, caller: Caller, search: Search, after: str, most: int) -> Sequence[Model]:
        """In the order of names, beginning after `after`."""
        async with self._database.reading() as reading:
            return await self._models.search(reading, viewer(caller), search, after, most)

    async def version(self, caller: Caller, name: VersionName) -> ModelVersion:
        """Raises NotFound."""
        async with self._database.reading() as reading:
            model = await self._models.get(reading, model_of(name))
            version = await self._versions.get(reading, name)
        if model is None or version is None or not viewer(caller).sees_version(model, version):
            raise NotFound(name)
        return version

    async def versions(
        self, caller: Caller, name: ModelName, before: int | None, most: int
    ) -> Sequence[tuple[int, ModelVersion]]:
        """The last registered first. Raises NotFound."""
        model = await self.model(caller, name)
        seeing = viewer(caller)
        async with self._database.reading() as reading:
            return await self._versions.page(reading, name, seeing.sees_all or seeing.owns(model), before, most)
