"""A model: what it is for, and whose it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from enum import Enum

from kit.errors import FailedPrecondition
from model_registry.domain.names import ModelName


class Task(Enum):
    """The kind of problem that it solves."""

    CLASSIFICATION = "classification"
    SEGMENTATION = "segmentation"
    DETECTION = "detection"
    PROGNOSIS = "prognosis"
    REGRESSION = "regression"
    REGISTRATION = "registration"
    RECONSTRUCTION = "reconstruction"
    REPORTING = "reporting"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class About:
    """What its owner says of it. Texts are data, never markup. Codes are in the order of the alphabet."""

    display_name: str
    description: str
    task: Task
    modalities: tuple[str, ...] = ()
    body_parts: tuple[str, ...] = ()
    cancer_types: tuple[str, ...] = ()


FIELDS: tuple[str, ...] = tuple(field.name for field in fields(About))
"""What an update may name."""


@dataclass(frozen=True, slots=True)
class Model:
    """`published`: a version has left development, so other organisations see it."""

    name: ModelName
    organisation: str
    about: About
    published: bool
    create_time: datetime
    update_time: datetime
    revision: int = 1

    @property
    def etag(self) -> str:
        return f'"{self.revision}"'


def updated(model: Model, about: About, named: Sequence[str], etag: str, now: datetime) -> tuple[Model, list[str]]:
    """The model with the named fields changed, and which of them differ. Raises FailedPrecondition."""
    if etag and etag != model.etag:
        raise mismatch(model.name)
    merged = replace(model.about, **{field: getattr(about, field) for field in named})
    changed = [field for field in FIELDS if getattr(merged, field) != getattr(model.about, field)]
    if not changed:
        return model, []
    return replace(model, about=merged, update_time=now, revision=model.revision + 1), changed


def published(model: Model, now: datetime) -> Model:
    """Others see it from now on."""
    return replace(model, published=True, update_time=now, revision=model.revision + 1)


def mismatch(name: str) -> FailedPrecondition:
    """The error for a change that is based on an older state."""
    return FailedPrecondition(
        "ETAG_MISMATCH", f"{name} has changed since it was read; read it again and repeat the change"
    )
