"""Organisations register models and versions, and move versions from stage to stage."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from kit.clock import Clock
from kit.database.engine import Database, Transaction
from kit.errors import AlreadyExists, NotFound, PermissionDenied
from kit.events.outbox import Acting
from kit.identity.caller import Caller, Role
from model_registry.application.ports import Models, Publisher, Requests, Versions
from model_registry.application.viewing import viewer
from model_registry.domain.card import ModelCard
from model_registry.domain.model import About, Model, published, updated
from model_registry.domain.names import ModelName, VersionName, model_of
from model_registry.domain.stage import Stage
from model_registry.domain.version import Artefact, ModelVersion, moved, registered


class Change:
    """Each use case is one transaction."""

    def __init__(
        self,
        database: Database,
        models: Models,
        versions: Versions,
        requests: Requests,
        publisher: Publisher,
        clock: Clock,
    ) -> None:
        self._database = database
        self._models = models
        self._versions = versions
        self._requests = requests
        self._publisher = publisher
        self._clock = clock

    async def create_model(self, caller: Caller, name: ModelName, about: About, request_id: UUID | None) -> Model:
        """Raises AlreadyExists; PermissionDenied for a caller without an organisation."""
        if not caller.organisation:
            raise PermissionDenied("NO_ORGANISATION", "a model belongs to an organisation, and the token names none")
        async with self._database.transaction() as transaction:
            now = self._clock.now()
            if await self._repeated(transaction, caller, request_id, name):
                before = await self._models.get(transaction, name)
                if before is not None and viewer(caller).owns(before):
                    return before
            model = Model(name, caller.organisation, about, published=False, create_time=now, update_time=now)
            if not await self._models.add(transaction, model):
                raise AlreadyExists(name)
            await self._publisher.model_created(transaction, model, Acting.by(caller))
            return model

    async def update_model(
        self, caller: Caller, name: ModelName, about: About, fields: Sequence[str], etag: str
    ) -> Model:
        """Raises NotFound, PermissionDenied, FailedPrecondition."""
        async with self._database.transaction() as transaction:
            before = await self._own(transaction, caller, name)
            model, changed = updated(before, about, fields, etag, self._clock.now())
            if changed:
                await self._models.save(transaction, model)
                await self._publisher.model_updated(transaction, model, changed, Acting.by(caller))
            return model

    async def create_version(
        self, caller: Caller, name: VersionName, artefact: Artefact, card: ModelCard, request_id: UUID | None
    ) -> ModelVersion:
        """The version if it is there with the same content. Raises AlreadyExists, NotFound, PermissionDenied."""
        async with self._database.transaction() as transaction:
            model = await self._own(transaction, caller, model_of(name))
            await self._repeated(transaction, caller, request_id, name)
            before = await self._versions.get(transaction, name)
            if before is not None:
                if (before.artefact, before.card) != (artefact, card):
                    raise AlreadyExists(f"{name} with another digest, URI or card")
                return before
            version = registered(name, artefact, card, self._clock.now())
            await self._versions.save(transaction, version)
            await self._publisher.version_created(transaction, model, version, Acting.by(caller))
            return version

    async def set_stage(self, caller: Caller, name: VersionName, stage: Stage, etag: str) -> ModelVersion:
        """Raises NotFound, PermissionDenied, FailedPrecondition."""
        async with self._database.transaction() as transaction:
            archiving = stage is Stage.ARCHIVED and caller.has(Role.OPERATOR)
            model = await self._own(transaction, caller, model_of(name), name, also=archiving)
            before = await self._versions.get(transaction, name)
            if before is None:
                raise NotFound(name)
            version = moved(before, stage, etag, self._clock.now())
            if version is before:
                return version
            acting = Acting.by(caller)
            await self._versions.save(transaction, version)
            if version.published and not model.published:
                model = published(model, self._clock.now())
                await self._models.save(transaction, model)
                await self._publisher.model_updated(transaction, model, ["published"], acting)
            await self._publisher.stage_changed(transaction, model, version, before.stage, acting)
            return version

    async def _own(
        self, transaction: Transaction, caller: Caller, name: ModelName, missing: str = "", *, also: bool = False
    ) -> Model:
        model = await self._models.lock(transaction, name)
        if model is None or not viewer(caller).sees(model):
            raise NotFound(missing or name)
        if not also and not viewer(caller).owns(model):
            raise PermissionDenied("NOT_OWNER", f"{name} belongs to another organisation")
        return model

    async def _repeated(self, transaction: Transaction, caller: Caller, request_id: UUID | None, name: str) -> bool:
        if request_id is None:
            return False
        used_for = await self._requests.claim(transaction, caller.subject, request_id, name, self._clock.now())
        if used_for is not None and used_for != name:
            raise AlreadyExists(f"the request_id, used for {used_for},")
        return used_for is not None
