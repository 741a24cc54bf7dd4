"""How far a version has come, and what may follow what."""

from __future__ import annotations

from enum import Enum


class Stage(Enum):
    DEVELOPMENT = "development"
    VALIDATION = "validation"
    PILOT = "pilot"
    IN_SERVICE = "in_service"
    ARCHIVED = "archived"


def following(stage: Stage) -> frozenset[Stage]:
    """The stages that may come next. Nothing goes back to development: others may already rely on it."""
    match stage:
        case Stage.DEVELOPMENT:
            return frozenset({Stage.VALIDATION, Stage.ARCHIVED})
        case Stage.VALIDATION:
            return frozenset({Stage.PILOT, Stage.ARCHIVED})
        case Stage.PILOT:
            return frozenset({Stage.IN_SERVICE, Stage.VALIDATION, Stage.ARCHIVED})
        case Stage.IN_SERVICE:
            return frozenset({Stage.PILOT, Stage.ARCHIVED})
        case Stage.ARCHIVED:
            return frozenset()
