"""Data sets as the API's messages."""

from __future__ import annotations

from catalogue.application.ports import Entry
from catalogue.domain.data_set import DataSet, Origin, State
from catalogue.domain.description import Description, Progress
from catalogue.domain.names import description_of
from catalogue.domain.provider import Provider
from kit.wire.timestamp import timestamp
from oncordia.catalogue.v1 import data_set_pb2, description_status_pb2


def entry_to_proto(entry: Entry) -> data_set_pb2.DataSet:
    """A data set as it is shown."""
    return data_set_to_proto(entry.data_set, entry.provider)


def data_set_to_proto(data_set: DataSet, provider: Provider) -> data_set_pb2.DataSet:
    """A data set with its provider."""
    content = data_set.content
    return data_set_pb2.DataSet(
        name=data_set.name,
        provider=data_set.provider,
        publisher=provider.display_name,
        country=provider.country,
        title=content.title,
        description=content.description,
        persistent_id=content.persistent_id,
        cancer_types=content.cancer_types,
        modalities=content.modalities,
        body_parts=content.body_parts,
        licence=content.licence,
        subjects=content.subjects,
        studies=content.studies,
        series=content.series,
        totals_rounded_to=content.totals_rounded_to,
        epoch=data_set.epoch,
        state=_state(data_set.state),
        origin=_origin(data_set.origin),
        create_time=timestamp(data_set.create_time),
        update_time=timestamp(data_set.update_time),
        etag=data_set.etag,
    )


def description_to_proto(description: Description) -> description_status_pb2.DescriptionStatus:
    """Where a description stands."""
    waits = description.progress is Progress.WAITING and description.due is not None
    return description_status_pb2.DescriptionStatus(
        name=description_of(description.provider),
        epoch=description.epoch,
        state=_progress(description.progress),
        attempts=description.attempts,
        next_attempt_time=timestamp(description.due) if waits and description.due else None,
        problems=description.problems,
    )


def _state(state: State) -> data_set_pb2.DataSetState.ValueType:
    match state:
        case State.ACTIVE:
            return data_set_pb2.DATA_SET_STATE_ACTIVE
        case State.NOT_DESCRIBED | State.WITHDRAWN | State.PROVIDER_GONE:
            return data_set_pb2.DATA_SET_STATE_RETIRED


def _origin(origin: Origin) -> data_set_pb2.DataSetOrigin.ValueType:
    match origin:
        case Origin.NODE:
            return data_set_pb2.DATA_SET_ORIGIN_NODE
        case Origin.STEWARD:
            return data_set_pb2.DATA_SET_ORIGIN_STEWARD


def _progress(progress: Progress) -> description_status_pb2.DescriptionState.ValueType:
    match progress:
        case Progress.REQUESTED:
            return description_status_pb2.DESCRIPTION_STATE_REQUESTED
        case Progress.TAKEN:
            return description_status_pb2.DESCRIPTION_STATE_TAKEN
        case Progress.WAITING:
            return description_status_pb2.DESCRIPTION_STATE_WAITING
