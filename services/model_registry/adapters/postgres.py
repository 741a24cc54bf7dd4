"""The registry's ports on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Row, and_, delete, exists, func, literal_column, or_, select
from sqlalchemy.dialects.postgresql import insert

from kit.database.engine import Reading, Transaction
from model_registry.adapters import tables
from model_registry.domain.access import Viewer
from model_registry.domain.card import Metric, ModelCard
from model_registry.domain.model import About, Model, Task
from model_registry.domain.names import ModelName, VersionName
from model_registry.domain.search import Search
from model_registry.domain.stage import Stage
from model_registry.domain.version import Artefact, ModelVersion

_models = tables.models.c
_versions = tables.model_versions.c


class PostgresModels:
    async def get(self, reading: Reading, name: ModelName) -> Model | None:
        row = (await reading.execute(select(tables.models).where(_models.name == name))).one_or_none()
        return None if row is None else _model(row)

    async def lock(self, transaction: Transaction, name: ModelName) -> Model | None:
        statement = select(tables.models).where(_models.name == name).with_for_update()
        row = (await transaction.execute(statement)).one_or_none()
        return None if row is None else _model(row)

    async def add(self, transaction: Transaction, model: Model) -> bool:
        statement = insert(tables.models).values(**_model_values(model)).on_conflict_do_nothing()
        return (await transaction.execute(statement.returning(_models.name))).one_or_none() is not None

    async def save(self, transaction: Transaction, model: Model) -> None:
        await transaction.execute(
            tables.models.update().where(_models.name == model.name).values(**_model_values(model))
        )

    async def search(self, reading: Reading, viewer: Viewer, search: Search, after: str, most: int) -> Sequence[Model]:
        conditions: list[ColumnElement[bool]] = [_models.name > after, *_matches(viewer, search)]
        statement = select(tables.models).where(and_(*conditions)).order_by(_models.name).limit(most)
        return [_model(row) for row in await reading.execute(statement)]


class PostgresVersions:
    async def get(self, reading: Reading, name: VersionName) -> ModelVersion | None:
        row = (await reading.execute(select(tables.model_versions).where(_versions.name == name))).one_or_none()
        return None if row is None else _version(row)

    async def save(self, transaction: Transaction, version: ModelVersion) -> None:
        values = _version_values(version)
        statement = insert(tables.model_versions).values(**values)
        # Only what may ever change.
        changing = {name: values[name] for name in ("stage", "stage_time", "publish_time", "revision")}
        await transaction.execute(statement.on_conflict_do_update(index_elements=["name"], set_=changing))

    async def page(
        self, reading: Reading, model: ModelName, unpublished: bool, before: int | None, most: int
    ) -> Sequence[tuple[int, ModelVersion]]:
        statement = select(tables.model_versions).where(_versions.model == model)
        if not unpublished:
            statement = statement.where(_versions.publish_time.is_not(None))
        if before is not None:
            statement = statement.where(_versions.number < before)
        found = await reading.execute(statement.order_by(_versions.number.desc()).limit(most))
        return [(row.number, _version(row)) for row in found]


class PostgresRequests:
    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, name: str, now: datetime
    ) -> str | None:
        statement = insert(tables.requests).values(subject=subject, request_id=request_id, name=name, create_time=now)
        new = await transaction.execute(statement.on_conflict_do_nothing().returning(tables.requests.c.name))
        if new.one_or_none() is not None:
            return None
        columns = tables.requests.c
        found = await transaction.execute(
            select(columns.name).where(columns.subject == subject, columns.request_id == request_id)
        )
        used_for: str = found.scalar_one()
        return used_for

    async def forget(self, transaction: Transaction, subject: str) -> int:
        """Forgets the requests of a subject. How many there were."""
        return (await transaction.execute(delete(tables.requests).where(tables.requests.c.subject == subject))).rowcount


def _matches(viewer: Viewer, search: Search) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = []
    if not viewer.sees_all:
        conditions.append(or_(_models.published, _models.organisation == (viewer.organisation or None)))
    if search.words:
        words: ColumnElement[Any] = literal_column("words")
        conditions.append(words.bool_op("@@")(_plain_words(search.words)))
    if search.tasks:
        conditions.append(_models.task.in_(sorted(task.value for task in search.tasks)))
    for column, codes in (
        (_models.modalities, search.modalities),
        (_models.body_parts, search.body_parts),
        (_models.cancer_types, search.cancer_types),
    ):
        if codes:
            conditions.append(column.overlap(sorted(codes)))
    if search.stages:
        at_stage = [
            _versions.model == _models.name,
            _versions.stage.in_(sorted(stage.value for stage in search.stages)),
        ]
        if not viewer.sees_all:
            at_stage.append(
                or_(_versions.publish_time.is_not(None), _models.organisation == (viewer.organisation or None))
            )
        conditions.append(exists().where(and_(*at_stage)))
    if search.organisation:
        conditions.append(_models.organisation == search.organisation)
    return conditions


def _plain_words(words: str) -> ColumnElement[Any]:
    # plainto_tsquery takes any text: nothing in it is syntax.
    return func.plainto_tsquery(literal_column("'english'::regconfig"), words)


def _model(row: Row[Any]) -> Model:
    return Model(
        name=ModelName(row.name),
        organisation=row.organisation,
        about=About(
            display_name=row.display_name,
            description=row.description,
            task=Task(row.task),
            modalities=tuple(row.modalities),
            body_parts=tuple(row.body_parts),
            cancer_types=tuple(row.cancer_types),
        ),
        published=row.published,
        create_time=row.create_time,
        update_time=row.update_time,
        revision=row.revision,
    )


def _model_values(model: Model) -> dict[str, object]:
    about = model.about
    return {
        "name": model.name,
        "organisation": model.organisation,
        "display_name": about.display_name,
        "description": about.description,
        "task": about.task.value,
        "modalities": list(about.modalities),
        "body_parts": list(about.body_parts),
        "cancer_types": list(about.cancer_types),
        "published": model.published,
        "create_time": model.create_time,
        "update_time": model.update_time,
        "revision": model.revision,
    }


def _version(row: Row[Any]) -> ModelVersion:
    card: dict[str, Any] = dict(row.card)
    metrics = tuple(Metric(**metric) for metric in card.pop("metrics"))
    references = tuple(card.pop("references"))
    return ModelVersion(
        name=VersionName(row.name),
        artefact=Artefact(row.artefact_digest, row.artefact_uri),
        card=ModelCard(**card, metrics=metrics, references=references),
        stage=Stage(row.stage),
        create_time=row.create_time,
        stage_time=row.stage_time,
        publish_time=row.publish_time,
        revision=row.revision,
    )


def _version_values(version: ModelVersion) -> dict[str, object]:
    return {
        "name": version.name,
        "model": version.model,
        "artefact_digest": version.artefact.digest,
        "artefact_uri": version.artefact.uri,
        "card": asdict(version.card),
        "stage": version.stage.value,
        "create_time": version.create_time,
        "stage_time": version.stage_time,
        "publish_time": version.publish_time,
        "revision": version.revision,
    }
