"""A data set and what may become of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum

from catalogue.domain.names import DataSetName, ProviderName, provider_of
from kit.errors import FailedPrecondition


class Origin(Enum):
    """Who describes it."""

    NODE = "node"
    STEWARD = "steward"


class State(Enum):
    """Whether it is offered, and if not, why. What a person withdrew stays so, whatever a node says.

    What went with its provider comes back when the provider does and its node describes it.
    """

    ACTIVE = "active"
    NOT_DESCRIBED = "not_described"
    WITHDRAWN = "withdrawn"
    PROVIDER_GONE = "provider_gone"


@dataclass(frozen=True, slots=True)
class Content:
    """What its description says. Texts are data, never markup. Codes are in the order of the alphabet."""

    title: str
    description: str = ""
    persistent_id: str = ""
    cancer_types: tuple[str, ...] = ()
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    licence: str = ""
    subjects: int = 0
    studies: int = 0
    series: int = 0
    totals_rounded_to: int = 1


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(Content))
"""What an update may name."""


@dataclass(frozen=True, slots=True)
class DataSet:
    """`revision` grows with every change in the catalogue; 0 until stored."""

    name: DataSetName
    content: Content
    origin: Origin
    state: State
    epoch: str
    create_time: datetime
    update_time: datetime
    revision: int = 0

    @property
    def provider(self) -> ProviderName:
        return provider_of(self.name)

    @property
    def etag(self) -> str:
        return f'"{self.revision}"'


class ChangeKind(Enum):
    CREATED = "created"
    UPDATED = "updated"
    RETIRED = "retired"


@dataclass(frozen=True, slots=True)
class Change:
    """What happened to a data set. `changed` names fields, for UPDATED only."""

    kind: ChangeKind
    data_set: DataSet
    changed: tuple[str, ...] = ()


def created(name: DataSetName, content: Content, origin: Origin, epoch: str, now: datetime) -> Change:
    """It comes into the catalogue."""
    return Change(ChangeKind.CREATED, DataSet(name, content, origin, State.ACTIVE, epoch, now, now))


def described(data_set: DataSet, content: Content, epoch: str, now: datetime) -> Change | None:
    """Its node describes it (again): the node's word replaces a steward's. None if that changes nothing."""
    state = State.WITHDRAWN if data_set.state is State.WITHDRAWN else State.ACTIVE
    after = replace(data_set, content=content, origin=Origin.NODE, state=state, epoch=epoch)
    return _updated(data_set, after, now)


def updated(data_set: DataSet, content: Content, named: Sequence[str], etag: str, now: datetime) -> Change | None:
    """A steward changes the named fields. Raises FailedPrecondition; None if nothing changes."""
    _check_etag(data_set, etag)
    if data_set.origin is Origin.NODE:
        raise FailedPrecondition(
            "DESCRIBED_BY_NODE", f"{data_set.name} is described by its provider's node; change the description there"
        )
    if data_set.state is not State.ACTIVE:
        raise FailedPrecondition("DATA_SET_RETIRED", f"{data_set.name} is retired and can't be changed")
    merged = replace(data_set.content, **{field: getattr(content, field) for field in named})
    return _updated(data_set, replace(data_set, content=merged), now)


def withdrawn(data_set: DataSet, etag: str, now: datetime) -> Change | None:
    """A person retires it. Raises FailedPrecondition; None if one already has."""
    _check_etag(data_set, etag)
    return _retired(data_set, State.WITHDRAWN, now)


def not_described(data_set: DataSet, now: datetime) -> Change | None:
    """Its node no longer has it. None if it isn't offered anyway."""
    return _retired(data_set, State.NOT_DESCRIBED, now) if data_set.state is State.ACTIVE else None


def went_with_provider(data_set: DataSet, now: datetime) -> Change | None:
    """Its provider takes no part any more. None if it isn't offered anyway."""
    return _retired(data_set, State.PROVIDER_GONE, now) if data_set.state is State.ACTIVE else None


def _retired(data_set: DataSet, state: State, now: datetime) -> Change | None:
    if data_set.state is state:
        return None
    return Change(ChangeKind.RETIRED, replace(data_set, state=state, update_time=now))


def _updated(before: DataSet, after: DataSet, now: datetime) -> Change | None:
    changed = [field for field in FIELDS if getattr(before.content, field) != getattr(after.content, field)]
    changed += [field for field in ("origin", "state", "epoch") if getattr(before, field) != getattr(after, field)]
    if not changed:
        return None
    return Change(ChangeKind.UPDATED, replace(after, update_time=now), tuple(changed))


def _check_etag(data_set: DataSet, etag: str) -> None:
    if etag and etag != data_set.etag:
        raise FailedPrecondition(
            "ETAG_MISMATCH", f"{data_set.name} has changed since it was read; read it again and repeat the change"
        )


def provider_changed(data_set: DataSet, changed: tuple[str, ...], now: datetime) -> Change:
    """Its provider has another name or country, which its description shows."""
    return Change(ChangeKind.UPDATED, replace(data_set, update_time=now), changed)
