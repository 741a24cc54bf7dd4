"""Requests read into the domain. Each function raises InvalidInput with everything that is wrong."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from cohort.model_file import data_model
from kit.errors import InvalidInput
from kit.fields import Fields
from model_registry.adapters.wire import stage_from_proto, task_from_proto
from model_registry.domain.card import Metric, ModelCard
from model_registry.domain.model import About, Task
from model_registry.domain.search import Search
from model_registry.domain.stage import Stage
from model_registry.domain.version import Artefact
from oncordia.registry.v1 import messages_pb2, model_card_pb2, model_pb2, model_version_pb2

_DIGEST = re.compile(r"[0-9a-f]{64}")
_SCHEMES = ("https", "oci", "s3")
_TEXT = 10_000
_MOST_REFERENCES = 50
_MOST_METRICS = 500


def read_about(given: model_pb2.Model, named: Sequence[str] | None = None) -> About:
    """What the owner says of a model. With `named`, only these fields must be right."""
    fields = Fields("model.")
    model = data_model()
    task = task_from_proto(given.task)
    if task is None:
        fields.wrong("task", "must be one of the kinds of ModelTask")
    about = About(
        display_name=fields.text("display_name", given.display_name, least=1, most=120),
        description=fields.text("description", given.description, most=5_000, lines=True),
        task=task or Task.OTHER,
        modalities=fields.codes("modalities", given.modalities, model.get("modality").codes),
        body_parts=fields.codes("body_parts", given.body_parts, model.get("body_part").codes),
        cancer_types=fields.codes("cancer_types", given.cancer_types, model.get("cancer_type").codes),
    )
    if named is not None:
        fields.violations = [v for v in fields.violations if v.field.removeprefix("model.") in named]
    fields.check()
    return about


def read_version(given: model_version_pb2.ModelVersion) -> tuple[Artefact, ModelCard]:
    """The artefact and the card of a version."""
    fields = Fields("model_version.")
    if _DIGEST.fullmatch(given.artefact_digest) is None:
        fields.wrong("artefact_digest", "must be a SHA-256 as 64 hexadecimal digits in lower case")
    uri = fields.text("artefact_uri", given.artefact_uri, least=1, most=2_000)
    if not _is_absolute(uri):
        fields.wrong("artefact_uri", f"must be an absolute URI ({', '.join(_SCHEMES)}) without a user or password")
    card = _card(fields, given.model_card)
    fields.check()
    return Artefact(given.artefact_digest, uri), card


def read_stage(given: int) -> Stage:
    """The stage to move to."""
    stage = stage_from_proto(given)
    if stage is None:
        raise InvalidInput.of("stage", "must be one of the stages of ModelStage")
    return stage


def read_search(request: messages_pb2.SearchModelsRequest) -> Search:
    """What to look for; codes take the codes below them along."""
    fields = Fields()
    model = data_model()
    tasks = [task_from_proto(task) for task in request.tasks]
    stages = [stage_from_proto(stage) for stage in request.stages]
    if None in tasks:
        fields.wrong("tasks", "must each be one of the kinds of ModelTask")
    if None in stages:
        fields.wrong("stages", "must each be one of the stages of ModelStage")
    search = Search(
        words=fields.text("query", request.query, most=500, lines=True),
        tasks=frozenset(task for task in tasks if task is not None),
        modalities=fields.with_descendants("modalities", request.modalities, model.get("modality").codes),
        body_parts=fields.with_descendants("body_parts", request.body_parts, model.get("body_part").codes),
        cancer_types=fields.with_descendants("cancer_types", request.cancer_types, model.get("cancer_type").codes),
        stages=frozenset(stage for stage in stages if stage is not None),
        organisation=fields.text("organisation", request.organisation, most=200),
    )
    fields.check()
    return search


def _card(fields: Fields, given: model_card_pb2.ModelCard) -> ModelCard:
    def words(name: str, value: str, least: int = 1) -> str:
        return fields.text(f"model_card.{name}", value, least=least, most=_TEXT, lines=True)

    if len(given.references) > _MOST_REFERENCES:
        fields.wrong("model_card.references", f"must be at most {_MOST_REFERENCES}")
    if len(given.metrics) > _MOST_METRICS:
        fields.wrong("model_card.metrics", f"must be at most {_MOST_METRICS}")
    return ModelCard(
        intended_use=words("intended_use", given.intended_use),
        training_data=words("training_data", given.training_data),
        limitations=words("limitations", given.limitations),
        licence=fields.text("model_card.licence", given.licence, least=1, most=200),
        contact_organisation=fields.text(
            "model_card.contact_organisation", given.contact_organisation, least=1, most=200
        ),
        ethical_considerations=words("ethical_considerations", given.ethical_considerations, least=0),
        metrics=tuple(_metric(fields, number, metric) for number, metric in enumerate(given.metrics[:_MOST_METRICS])),
        references=tuple(
            fields.text(f"model_card.references[{number}]", reference, least=1, most=500)
            for number, reference in enumerate(given.references[:_MOST_REFERENCES])
        ),
    )


def _metric(fields: Fields, number: int, given: model_card_pb2.Metric) -> Metric:
    place = f"model_card.metrics[{number}]"
    lower = given.lower_95 if given.HasField("lower_95") else None
    upper = given.upper_95 if given.HasField("upper_95") else None
    if not all(math.isfinite(figure) for figure in (given.value, lower, upper) if figure is not None):
        fields.wrong(place, "must have finite figures")
    if lower is not None and upper is not None and not lower <= given.value <= upper:
        fields.wrong(place, "must have its value within its confidence interval")
    return Metric(
        name=fields.text(f"{place}.name", given.name, least=1, most=100),
        value=given.value,
        data=fields.text(f"{place}.data", given.data, least=1, most=500),
        subgroup=fields.text(f"{place}.subgroup", given.subgroup, most=200),
        lower_95=lower,
        upper_95=upper,
    )


def _is_absolute(uri: str) -> bool:
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    return parts.scheme in _SCHEMES and bool(parts.netloc) and "@" not in parts.netloc
