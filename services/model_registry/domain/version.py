"""A version of a model: nothing of it ever changes but its stage."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from kit.errors import FailedPrecondition
from model_registry.domain.card import ModelCard
from model_registry.domain.model import mismatch
from model_registry.domain.names import ModelName, VersionName, model_of
from model_registry.domain.stage import Stage, following


@dataclass(frozen=True, slots=True)
class Artefact:
    """What is run: where it is, and the SHA-256 in hexadecimal by which everybody knows that it is the same."""

    digest: str
    uri: str


@dataclass(frozen=True, slots=True)
class ModelVersion:
    name: VersionName
    artefact: Artefact
    card: ModelCard
    stage: Stage
    create_time: datetime
    stage_time: datetime
    publish_time: datetime | None = None
    revision: int = 1

    @property
    def model(self) -> ModelName:
        return model_of(self.name)

    @property
    def published(self) -> bool:
        """Whether other organisations see it: also after it is archived, if they ever did."""
        return self.publish_time is not None

    @property
    def etag(self) -> str:
        return f'"{self.revision}"'


def registered(name: VersionName, artefact: Artefact, card: ModelCard, now: datetime) -> ModelVersion:
    """A new version, in development."""
    return ModelVersion(name, artefact, card, Stage.DEVELOPMENT, now, now)


def moved(version: ModelVersion, stage: Stage, etag: str, now: datetime) -> ModelVersion:
    """The version at another stage; the same version if it is there already. Raises FailedPrecondition."""
    if etag and etag != version.etag:
        raise mismatch(version.name)
    if stage is version.stage:
        return version
    if stage not in following(version.stage):
        allowed = ", ".join(sorted(s.name for s in following(version.stage))) or "nothing"
        raise FailedPrecondition(
            "STAGE_TRANSITION", f"{version.name} is at {version.stage.name}; what may follow is {allowed}"
        )
    leaves_development = version.publish_time is None and stage is not Stage.ARCHIVED
    return replace(
        version,
        stage=stage,
        stage_time=now,
        publish_time=now if leaves_development else version.publish_time,
        revision=version.revision + 1,
    )
