"""The catalogue's ports on PostgreSQL."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, fields, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Result, RowMapping, Select, delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from catalogue.adapters import tables
from catalogue.application.ports import Entry
from catalogue.domain.data_set import Content, DataSet, Origin, State
from catalogue.domain.description import Description, Progress
from catalogue.domain.names import DataSetName, ProviderName
from catalogue.domain.provider import Provider
from catalogue.domain.search import Summary
from kit.database.engine import Reading, Transaction
from kit.database.notify import notify

# Wakes who keeps a search index.
CHANGED = "catalogue_changed"

_data_sets = tables.data_sets.c
_providers = tables.providers.c


class PostgresProviders:
    async def get(self, reading: Reading, name: ProviderName) -> Provider | None:
        return _provider(await reading.execute(select(tables.providers).where(_providers.name == name)))

    async def lock(self, transaction: Transaction, name: ProviderName) -> Provider | None:
        statement = select(tables.providers).where(_providers.name == name).with_for_update()
        return _provider(await transaction.execute(statement))

    async def save(self, transaction: Transaction, provider: Provider) -> None:
        values = asdict(provider)
        statement = insert(tables.providers).values(**values)
        await transaction.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))


class PostgresDataSets:
    async def get(self, reading: Reading, name: DataSetName) -> Entry | None:
        entries = await self.by_name(reading, [name])
        return entries[0] if entries else None

    async def of_provider(self, transaction: Transaction, provider: ProviderName) -> Sequence[DataSet]:
        found = await transaction.execute(
            select(tables.data_sets).where(_data_sets.provider == provider).order_by(_data_sets.name)
        )
        return [_data_set(row) for row in found.mappings()]

    async def save(self, transaction: Transaction, data_set: DataSet) -> DataSet:
        revision = await transaction.execute(
            update(tables.revisions).values(last=tables.revisions.c.last + 1).returning(tables.revisions.c.last)
        )
        stored = replace(data_set, revision=revision.scalar_one())
        values = _values(stored)
        statement = insert(tables.data_sets).values(**values)
        await transaction.execute(statement.on_conflict_do_update(index_elements=["name"], set_=values))
        await notify(transaction, CHANGED)
        return stored

    async def by_name(self, reading: Reading, names: Sequence[DataSetName]) -> Sequence[Entry]:
        found = await reading.execute(_entries().where(_data_sets.name.in_(names)))
        by_name = {row["name"]: _entry(row) for row in found.mappings()}
        return [by_name[name] for name in names if name in by_name]

    async def page(
        self, reading: Reading, provider: ProviderName | None, retired: bool, after: str, most: int
    ) -> Sequence[Entry]:
        statement = _entries().where(_data_sets.name > after).order_by(_data_sets.name).limit(most)
        if provider is not None:
            statement = statement.where(_data_sets.provider == provider)
        if not retired:
            statement = statement.where(_data_sets.state == State.ACTIVE.value)
        return [_entry(row) for row in (await reading.execute(statement)).mappings()]

    async def summary(self, reading: Reading) -> Summary:
        def total(column: str) -> object:
            # PostgreSQL sums bigints as numeric; the sums of this API are 64 bits wide.
            return func.coalesce(func.sum(_data_sets[column]), 0)

        found = await reading.execute(
            select(
                func.count().label("data_sets"),
                total("subjects").label("subjects"),  # type: ignore[attr-defined]  # a column element
                total("studies").label("studies"),  # type: ignore[attr-defined]
                total("series").label("series"),  # type: ignore[attr-defined]
                func.count(_data_sets.provider.distinct()).label("providers"),
                func.count(_providers.country.distinct()).label("countries"),
            )
            .join_from(tables.data_sets, tables.providers, _data_sets.provider == _providers.name)
            .where(_data_sets.state == State.ACTIVE.value)
        )
        row = found.mappings().one()
        return Summary(**{name: int(value) for name, value in row.items()})

    async def catalogue(self, transaction: Transaction) -> tuple[UUID, int]:
        """Which catalogue this is, and its last revision."""
        row = (await transaction.execute(select(tables.revisions.c.catalogue, tables.revisions.c.last))).one()
        return row.catalogue, row.last

    async def changed_since(self, transaction: Transaction, revision: int, most: int) -> Sequence[Entry]:
        """Data sets changed after a revision, in the order of their revisions."""
        statement = _entries().where(_data_sets.revision > revision).order_by(_data_sets.revision).limit(most)
        return [_entry(row) for row in (await transaction.execute(statement)).mappings()]


class PostgresDescriptions:
    async def get(self, reading: Reading, provider: ProviderName) -> Description | None:
        found = await reading.execute(select(tables.descriptions).where(tables.descriptions.c.provider == provider))
        row = found.mappings().one_or_none()
        if row is None:
            return None
        values = dict(row)
        return Description(
            **{**values, "progress": Progress(values["progress"]), "problems": tuple(values["problems"])}
        )

    async def save(self, transaction: Transaction, description: Description) -> None:
        values = {
            **asdict(description),
            "progress": description.progress.value,
            "problems": list(description.problems),
        }
        statement = insert(tables.descriptions).values(**values)
        await transaction.execute(statement.on_conflict_do_update(index_elements=["provider"], set_=values))

    async def forget(self, transaction: Transaction, provider: ProviderName) -> None:
        await transaction.execute(delete(tables.descriptions).where(tables.descriptions.c.provider == provider))

    async def due(self, transaction: Transaction, now: datetime) -> Sequence[ProviderName]:
        columns = tables.descriptions.c
        found = await transaction.execute(select(columns.provider).where(columns.due <= now).order_by(columns.due))
        return [ProviderName(name) for name in found.scalars()]


class PostgresRequests:
    async def claim(
        self, transaction: Transaction, subject: str, request_id: UUID, name: DataSetName, now: datetime
    ) -> DataSetName | None:
        values = {"subject": subject, "request_id": request_id, "data_set": name, "create_time": now}
        columns = tables.requests.c
        # Of two calls at once with one id, the second waits here for the first.
        new = await transaction.execute(
            insert(tables.requests).values(**values).on_conflict_do_nothing().returning(columns.data_set)
        )
        if new.one_or_none() is not None:
            return None
        found = await transaction.execute(
            select(columns.data_set).where(columns.subject == subject, columns.request_id == request_id)
        )
        return DataSetName(found.scalar_one())

    async def forget(self, transaction: Transaction, subject: str) -> int:
        """Forgets the requests of a subject. How many there were."""
        return (await transaction.execute(delete(tables.requests).where(tables.requests.c.subject == subject))).rowcount


def _provider(found: Result[Any]) -> Provider | None:
    row = found.mappings().one_or_none()
    return None if row is None else Provider(**row)


def _entries() -> Select[tuple[object, ...]]:
    shown = [column.label(f"provider_{column.name}") for column in tables.providers.columns]
    return select(tables.data_sets, *shown).join(tables.providers, _data_sets.provider == _providers.name)


def _entry(row: RowMapping) -> Entry:
    return Entry(_data_set(row), Provider(**{c.name: row[f"provider_{c.name}"] for c in tables.providers.columns}))


def _data_set(row: RowMapping) -> DataSet:
    columns = {field.name: row[field.name] for field in fields(Content)}
    content: Any = {name: tuple(v) if isinstance(v, list) else v for name, v in columns.items()}
    return DataSet(
        name=DataSetName(row["name"]),
        content=Content(**content),
        origin=Origin(row["origin"]),
        state=State(row["state"]),
        epoch=row["epoch"],
        create_time=row["create_time"],
        update_time=row["update_time"],
        revision=row["revision"],
    )


def _values(data_set: DataSet) -> dict[str, object]:
    content = {k: list(v) if isinstance(v, tuple) else v for k, v in asdict(data_set.content).items()}
    return {
        **content,
        "name": data_set.name,
        "provider": data_set.provider,
        "origin": data_set.origin.value,
        "state": data_set.state.value,
        "epoch": data_set.epoch,
        "create_time": data_set.create_time,
        "update_time": data_set.update_time,
        "revision": data_set.revision,
    }
