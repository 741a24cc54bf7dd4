"""Models and versions as the API's messages. Enums have the domain's names behind their prefixes."""

from __future__ import annotations

from dataclasses import asdict

from kit.wire.timestamp import timestamp
from model_registry.domain.card import ModelCard
from model_registry.domain.model import Model, Task
from model_registry.domain.stage import Stage
from model_registry.domain.version import ModelVersion
from oncordia.registry.v1 import model_card_pb2, model_pb2, model_version_pb2


def model_to_proto(model: Model) -> model_pb2.Model:
    about = model.about
    return model_pb2.Model(
        name=model.name,
        organisation=model.organisation,
        display_name=about.display_name,
        description=about.description,
        task=model_pb2.ModelTask.Value(f"MODEL_TASK_{about.task.name}"),
        modalities=about.modalities,
        body_parts=about.body_parts,
        cancer_types=about.cancer_types,
        create_time=timestamp(model.create_time),
        update_time=timestamp(model.update_time),
        etag=model.etag,
        published=model.published,
    )


def version_to_proto(version: ModelVersion) -> model_version_pb2.ModelVersion:
    return model_version_pb2.ModelVersion(
        name=version.name,
        artefact_digest=version.artefact.digest,
        artefact_uri=version.artefact.uri,
        model_card=_card(version.card),
        stage=stage_to_proto(version.stage),
        create_time=timestamp(version.create_time),
        stage_time=timestamp(version.stage_time),
        publish_time=None if version.publish_time is None else timestamp(version.publish_time),
        etag=version.etag,
    )


def stage_to_proto(stage: Stage) -> model_version_pb2.ModelStage.ValueType:
    return model_version_pb2.ModelStage.Value(f"MODEL_STAGE_{stage.name}")


def stage_from_proto(given: int) -> Stage | None:
    """None for the unspecified and for what this version does not know."""
    known = {int(stage_to_proto(stage)): stage for stage in Stage}
    return known.get(given)


def task_from_proto(given: int) -> Task | None:
    """None for the unspecified and for what this version does not know."""
    known = {int(model_pb2.ModelTask.Value(f"MODEL_TASK_{task.name}")): task for task in Task}
    return known.get(given)


def _card(card: ModelCard) -> model_card_pb2.ModelCard:
    return model_card_pb2.ModelCard(
        intended_use=card.intended_use,
        training_data=card.training_data,
        metrics=[model_card_pb2.Metric(**asdict(metric)) for metric in card.metrics],
        limitations=card.limitations,
        ethical_considerations=card.ethical_considerations,
        licence=card.licence,
        contact_organisation=card.contact_organisation,
        references=card.references,
    )
