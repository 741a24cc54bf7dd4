"""Names of models and versions."""

from __future__ import annotations

import re
from typing import NewType

from kit.errors import InvalidInput

ModelName = NewType("ModelName", str)
"""`models/{id}`."""
VersionName = NewType("VersionName", str)
"""`models/{id}/versions/{version}`."""

_MODEL_ID = r"[a-z][a-z0-9-]{2,62}"
_NUMBER = r"(?:0|[1-9][0-9]*)"
_PART = rf"(?:{_NUMBER}|[0-9]*[A-Za-z-][0-9A-Za-z-]*)"
# semver.org 2.0.0, items 2 and 9. Build metadata (item 10) is left out: it does not tell versions apart.
_VERSION = rf"{_NUMBER}\.{_NUMBER}\.{_NUMBER}(?:-{_PART}(?:\.{_PART})*)?"
_LONGEST_VERSION = 100


def model_name(text: str, field: str) -> ModelName:
    """Raises InvalidInput naming the field."""
    if re.fullmatch(rf"models/{_MODEL_ID}", text) is None:
        raise InvalidInput.of(field, "must be models/ and 3 to 63 of a-z, 0-9 and hyphen, beginning with a letter")
    return ModelName(text)


def new_model_name(model_id: str) -> ModelName:
    """Raises InvalidInput naming model_id."""
    if re.fullmatch(_MODEL_ID, model_id) is None:
        raise InvalidInput.of("model_id", "must be 3 to 63 of a-z, 0-9 and hyphen, beginning with a letter")
    return ModelName(f"models/{model_id}")


def is_version(text: str) -> bool:
    """Whether it is a semantic version without build metadata."""
    return len(text) <= _LONGEST_VERSION and re.fullmatch(_VERSION, text) is not None


def new_version_name(model: ModelName, version: str) -> VersionName:
    """Raises InvalidInput naming version."""
    if not is_version(version):
        raise InvalidInput.of(
            "version", "must be a semantic version such as 1.2.0 or 1.2.0-rc.1, without build metadata"
        )
    return VersionName(f"{model}/versions/{version}")


def version_name(text: str, field: str) -> VersionName:
    """Raises InvalidInput naming the field."""
    model, separator, version = text.partition("/versions/")
    if not separator or re.fullmatch(rf"models/{_MODEL_ID}", model) is None or not is_version(version):
        raise InvalidInput.of(field, "must be models/, the model's id, /versions/ and a semantic version")
    return VersionName(text)


def model_of(name: VersionName) -> ModelName:
    """The model of a version."""
    return ModelName(name.partition("/versions/")[0])
