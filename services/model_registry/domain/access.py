"""Who sees and changes what."""

from __future__ import annotations

from dataclasses import dataclass

from model_registry.domain.model import Model
from model_registry.domain.version import ModelVersion


@dataclass(frozen=True, slots=True)
class Viewer:
    """`sees_all`: an operator or auditor."""

    organisation: str
    sees_all: bool

    def owns(self, model: Model) -> bool:
        """Whether the model is the viewer's organisation's."""
        return bool(self.organisation) and self.organisation == model.organisation

    def sees(self, model: Model) -> bool:
        """Others see a model once a version is published."""
        return self.sees_all or model.published or self.owns(model)

    def sees_version(self, model: Model, version: ModelVersion) -> bool:
        """Others see a version once it is published."""
        return self.sees_all or version.published or self.owns(model)
