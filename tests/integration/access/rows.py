"""What becomes of a stranger's call, method by method. A new method without a row fails the test."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from google.protobuf.message import Message

from oncordia.audit.v1 import erasure_pb2, identity_pb2, key_destruction_pb2
from oncordia.audit.v1 import messages_pb2 as audit
from oncordia.border.v1 import border_service_pb2, node_message_pb2
from oncordia.catalogue.v1 import data_set_pb2, description_status_pb2, search_pb2
from oncordia.catalogue.v1 import messages_pb2 as catalogue
from oncordia.federation.v1 import enrolment_service_pb2
from oncordia.federation.v1 import messages_pb2 as federation
from oncordia.insights.v1 import insights_service_pb2
from oncordia.query.v1 import messages_pb2 as query
from oncordia.registry.v1 import messages_pb2 as registry
from oncordia.registry.v1 import model_pb2, model_version_pb2
from tests.integration.access.hub import CONTENT, Owned

QUERY_STRANGERS = ("researcher-2", "researcher-4", "operator-1", "service-1")
"""researcher-4 is of the owner's organisation; a query belongs to the subject alone."""
MODEL_STRANGERS = ("researcher-2", "steward-2", "service-1")
MODEL_READING_STRANGERS = (*MODEL_STRANGERS, "committee-1")
ENTRY_STRANGERS = ("researcher-2", "steward-2", "operator-1", "service-1")


class Stranger(Enum):
    """What somebody with the right role meets who is of another organisation, or another subject."""

    IS_TOLD_IT_IS_NOT_THERE = "NOT_FOUND, word for word as for what does not exist"
    IS_TOLD_NOTHING_OF_IT = "refused, word for word as for what does not exist"
    MAY_READ_BUT_NOT_CHANGE_IT = "PERMISSION_DENIED, as everybody may read it"
    DOES_NOT_SEE_IT_LISTED = "the answer leaves it out"
    IS_NO_STRANGER = "the method is about nothing that belongs to anybody, or is open to all who may call it"


@dataclass(frozen=True)
class Row:
    """`request` is made with the names of what belongs to the owner."""

    request: Callable[[Owned], Message]
    stranger: Stranger
    owner: str = ""
    strangers: tuple[str, ...] = ()


def _nobodys(message: Message) -> Row:
    return Row(lambda _owned: message, Stranger.IS_NO_STRANGER)


def _hidden(owner: str, strangers: tuple[str, ...], request: Callable[[Owned], Message]) -> Row:
    return Row(request, Stranger.IS_TOLD_IT_IS_NOT_THERE, owner, strangers)


def _shown(request: Callable[[Owned], Message]) -> Row:
    return Row(request, Stranger.MAY_READ_BUT_NOT_CHANGE_IT, "steward-1", ("steward-2",))


def _left_out(owner: str, strangers: tuple[str, ...], request: Callable[[Owned], Message]) -> Row:
    return Row(request, Stranger.DOES_NOT_SEE_IT_LISTED, owner, strangers)


def _data_set(owned: Owned) -> data_set_pb2.DataSet:
    return data_set_pb2.DataSet(name=owned.data_set, title="Another title")


ROWS: dict[str, Row] = {
    "AuditLogService.GetEntry": _hidden(
        "researcher-1", ENTRY_STRANGERS, lambda owned: audit.GetEntryRequest(name=owned.event)
    ),
    "AuditLogService.SearchEntries": _left_out(
        "researcher-1", ENTRY_STRANGERS, lambda owned: audit.SearchEntriesRequest(resource=owned.query)
    ),
    "AuditLogService.GetInclusionProof": _nobodys(audit.GetInclusionProofRequest()),
    "AuditLogService.GetConsistencyProof": _nobodys(audit.GetConsistencyProofRequest(old_size=1)),
    "AuditLogService.GetCheckpoint": _nobodys(audit.GetCheckpointRequest()),
    "AuditLogService.AppendEntry": _nobodys(audit.AppendEntryRequest()),
    "AuditLogService.RecordKeyDestruction": _nobodys(key_destruction_pb2.RecordKeyDestructionRequest()),
    "AuditLogService.RequestErasure": _nobodys(erasure_pb2.RequestErasureRequest(actor="0" * 64)),
    "AuditLogService.ListErasures": _nobodys(erasure_pb2.ListErasuresRequest()),
    "AuditLogService.ResolveActor": _nobodys(identity_pb2.ResolveActorRequest(actor="0" * 64)),
    "BorderService.Connect": _nobodys(node_message_pb2.NodeMessage()),
    "BorderService.RenewCertificate": _nobodys(border_service_pb2.RenewCertificateRequest()),
    "CatalogueService.CreateDataSet": _shown(
        lambda owned: catalogue.CreateDataSetRequest(
            # Of the very provider that the data set is of.
            parent=owned.described.removesuffix("/description"),
            data_set_id="more",
            data_set=data_set_pb2.DataSet(title="More"),
        )
    ),
    "CatalogueService.UpdateDataSet": _shown(lambda owned: catalogue.UpdateDataSetRequest(data_set=_data_set(owned))),
    "CatalogueService.RetireDataSet": _shown(lambda owned: catalogue.RetireDataSetRequest(name=owned.data_set)),
    "CatalogueService.GetDataSet": _nobodys(catalogue.GetDataSetRequest(name="dataSets/nobodys.own")),
    "CatalogueService.ListDataSets": _nobodys(catalogue.ListDataSetsRequest()),
    "CatalogueService.SearchDataSets": _nobodys(search_pb2.SearchDataSetsRequest()),
    "CatalogueService.GetSummary": _nobodys(search_pb2.GetSummaryRequest()),
    "CatalogueService.GetDescriptionStatus": _hidden(
        "steward-1",
        ("steward-2",),
        lambda owned: description_status_pb2.GetDescriptionStatusRequest(name=owned.described),
    ),
    "EnrolmentService.Enrol": Row(
        lambda owned: enrolment_service_pb2.EnrolRequest(token=owned.invitation),
        Stranger.IS_TOLD_NOTHING_OF_IT,
        strangers=("researcher-1", "node-1"),
    ),
    "FederationService.CreateProvider": _nobodys(federation.CreateProviderRequest()),
    "FederationService.GetProvider": _nobodys(federation.GetProviderRequest(name="providers/nobodys")),
    "FederationService.ListProviders": _nobodys(federation.ListProvidersRequest()),
    "FederationService.ListNodeLogs": _nobodys(federation.ListNodeLogsRequest()),
    "FederationService.CreateInvitation": _nobodys(federation.CreateInvitationRequest(provider="providers/nobodys")),
    "FederationService.DisableProvider": _shown(lambda owned: federation.DisableProviderRequest(name=owned.provider)),
    "FederationService.EnableProvider": _shown(lambda owned: federation.EnableProviderRequest(name=owned.provider)),
    "FederationService.RevokeCertificate": _nobodys(federation.RevokeCertificateRequest(provider="providers/nobodys")),
    "InsightsService.GetTrace": _hidden(
        "researcher-1",
        ("researcher-2", "researcher-4", "steward-2", "service-1"),
        lambda owned: insights_service_pb2.GetTraceRequest(trace_id=owned.trace),
    ),
    "InsightsService.ListCountryStatistics": _nobodys(insights_service_pb2.ListCountryStatisticsRequest()),
    # Names of models are taken from one space, so that a name is taken can't be hidden.
    "ModelRegistryService.CreateModel": _nobodys(registry.CreateModelRequest()),
    "ModelRegistryService.UpdateModel": _hidden(
        "researcher-1",
        MODEL_STRANGERS,
        lambda owned: registry.UpdateModelRequest(
            model=model_pb2.Model(name=owned.model, display_name="Another", task=model_pb2.MODEL_TASK_SEGMENTATION)
        ),
    ),
    "ModelRegistryService.GetModel": _hidden(
        "researcher-1", MODEL_READING_STRANGERS, lambda owned: registry.GetModelRequest(name=owned.model)
    ),
    "ModelRegistryService.SearchModels": _left_out(
        "researcher-1", MODEL_READING_STRANGERS, lambda _owned: registry.SearchModelsRequest()
    ),
    "ModelRegistryService.CreateModelVersion": _hidden(
        "researcher-1",
        MODEL_STRANGERS,
        lambda owned: registry.CreateModelVersionRequest(
            parent=owned.model,
            version="1.1.0",
            model_version=CONTENT,
        ),
    ),
    "ModelRegistryService.GetModelVersion": _hidden(
        "researcher-1", MODEL_READING_STRANGERS, lambda owned: registry.GetModelVersionRequest(name=owned.version)
    ),
    "ModelRegistryService.ListModelVersions": _hidden(
        "researcher-1", MODEL_READING_STRANGERS, lambda owned: registry.ListModelVersionsRequest(parent=owned.model)
    ),
    "ModelRegistryService.SetModelVersionStage": _hidden(
        "researcher-1",
        MODEL_STRANGERS,
        lambda owned: registry.SetModelVersionStageRequest(
            name=owned.version, stage=model_version_pb2.MODEL_STAGE_DEVELOPMENT
        ),
    ),
    "QueryBrokerService.CreateCohortQuery": _nobodys(query.CreateCohortQueryRequest()),
    "QueryBrokerService.GetCohortQuery": _hidden(
        "researcher-1", QUERY_STRANGERS, lambda owned: query.GetCohortQueryRequest(name=owned.query)
    ),
    "QueryBrokerService.ListCohortQueries": _left_out(
        "researcher-1", QUERY_STRANGERS, lambda _owned: query.ListCohortQueriesRequest()
    ),
    "QueryBrokerService.WatchCohortQuery": _hidden(
        "researcher-1", QUERY_STRANGERS, lambda owned: query.WatchCohortQueryRequest(name=owned.query)
    ),
    "QueryBrokerService.CancelCohortQuery": _hidden(
        "researcher-1", QUERY_STRANGERS, lambda owned: query.CancelCohortQueryRequest(name=owned.query)
    ),
}
