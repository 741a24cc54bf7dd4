"""What the registry publishes. Events go to the audit log; states, which others read, only once published."""

from __future__ import annotations

from collections.abc import Sequence

from kit.database.engine import Transaction
from kit.events import topics
from kit.events.outbox import Acting, Outbox
from model_registry.adapters.wire import model_to_proto, stage_to_proto, version_to_proto
from model_registry.domain.model import Model
from model_registry.domain.stage import Stage
from model_registry.domain.version import ModelVersion
from oncordia.events.v1 import registry_pb2

_EVENTS = topics.events("registry")
_STATE = topics.state("registry")


class OutboxPublisher:
    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox

    async def model_created(self, transaction: Transaction, model: Model, acting: Acting) -> None:
        payload = registry_pb2.ModelCreated(model=model_to_proto(model))
        await self._outbox.add_event(transaction, _EVENTS, model.name, payload, acting)

    async def model_updated(
        self, transaction: Transaction, model: Model, changed: Sequence[str], acting: Acting
    ) -> None:
        shown = model_to_proto(model)
        payload = registry_pb2.ModelUpdated(model=shown, changed=changed)
        await self._outbox.add_event(transaction, _EVENTS, model.name, payload, acting)
        if model.published:
            await self._outbox.add(transaction, _STATE, model.name, shown, acting)

    async def version_created(
        self, transaction: Transaction, model: Model, version: ModelVersion, acting: Acting
    ) -> None:
        payload = registry_pb2.ModelVersionCreated(model_version=version_to_proto(version))
        await self._outbox.add_event(transaction, _EVENTS, version.name, payload, acting)

    async def stage_changed(
        self, transaction: Transaction, model: Model, version: ModelVersion, previous: Stage, acting: Acting
    ) -> None:
        payload = registry_pb2.ModelVersionStageChanged(
            model_version=version.name,
            artefact_digest=version.artefact.digest,
            previous=stage_to_proto(previous),
            stage=stage_to_proto(version.stage),
        )
        await self._outbox.add_event(transaction, _EVENTS, version.name, payload, acting)
        if version.published:
            await self._outbox.add(transaction, _STATE, version.name, version_to_proto(version), acting)
