"""All services of the hub, each a process of its own, and something in each that belongs to somebody."""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, fields
from itertools import islice
from pathlib import Path

import grpc
from google.protobuf.message import Message
from google.protobuf.message_factory import GetMessageClass

from kit.identity.ca_key import CA_CERTIFICATE
from kit.rpc.access import Rule, rules
from node.adapters.border.identity import new_key, signing_request
from oncordia.audit.v1 import messages_pb2 as audit
from oncordia.catalogue.v1 import data_set_pb2
from oncordia.catalogue.v1 import messages_pb2 as catalogue
from oncordia.federation.v1 import enrolment_service_pb2, provider_pb2
from oncordia.federation.v1 import messages_pb2 as federation
from oncordia.insights.v1 import insights_service_pb2
from oncordia.query.v1 import cohort_query_pb2
from oncordia.query.v1 import messages_pb2 as query
from oncordia.registry.v1 import messages_pb2 as registry
from oncordia.registry.v1 import model_card_pb2, model_pb2, model_version_pb2
from stack.ports import Ports
from tests.federation_topics import Federation
from tests.methods import METHODS
from tests.world import LocalIssuer, ServiceProcess, wait_until

_NAMES = ("insights", "audit_log", "federation", "catalogue", "query_broker", "model_registry")
_SERVED_BY = {
    "AuditLogService": "audit_log",
    "CatalogueService": "catalogue",
    "FederationService": "federation",
    "InsightsService": "insights",
    "ModelRegistryService": "model_registry",
    "QueryBrokerService": "query_broker",
}

CONTENT = model_version_pb2.ModelVersion(
    artefact_digest="a" * 64,
    artefact_uri="oci://images.example.org/nodule",
    model_card=model_card_pb2.ModelCard(
        intended_use="Second reader",
        training_data="1,200 scans",
        limitations="Adults alone",
        licence="Apache-2.0",
        contact_organisation="demo-university-leuven",
    ),
)
"""Of a version of a model."""


@dataclass(frozen=True)
class Owned:
    """Names of things that belong to researcher-1 of demo-university-leuven, or to demo-leuven, whose steward is
    steward-1. `invitation` is a token that was used."""

    query: str
    trace: str
    event: str
    model: str
    version: str
    provider: str
    described: str
    data_set: str
    invitation: str

    def absent(self) -> Owned:
        """Names like these of what is not there."""
        return Owned(
            query=f"cohortQueries/{uuid.uuid4().hex}",
            trace=uuid.uuid4().hex,
            event=f"events/{uuid.uuid4()}",
            model="models/nobodys",
            version="models/nobodys/versions/1.0.0",
            provider="providers/nobodys",
            described="providers/nobodys/description",
            data_set="dataSets/nobodys.own",
            invitation="unknown",
        )

    def renamed(self, words: str, to: Owned) -> str:
        """The words, with each of these names replaced by the other's."""
        names = [(getattr(self, field.name), getattr(to, field.name)) for field in fields(self)]
        for mine, others in sorted(names, key=lambda pair: -len(pair[0])):
            words = words.replace(mine, others)
        return words


@dataclass
class Hub:
    """Its processes by their names."""

    processes: dict[str, ServiceProcess]
    issuer: LocalIssuer

    def call(self, method: str, request: Message, user: str | None) -> list[Message]:
        """Calls `Service.Method` as that user, or without a token; of a stream, its first answer. Raises RpcError."""
        descriptor = METHODS[method]
        metadata = self.issuer.metadata(user) if user else ()
        with self._channel(descriptor.containing_service.name) as channel:
            kind = f"{'stream' if descriptor.client_streaming else 'unary'}_" + (
                "stream" if descriptor.server_streaming else "unary"
            )
            multicallable = getattr(channel, kind)(
                f"/{descriptor.containing_service.full_name}/{descriptor.name}",
                request_serializer=GetMessageClass(descriptor.input_type).SerializeToString,
                response_deserializer=GetMessageClass(descriptor.output_type).FromString,
            )
            sent = iter([request]) if descriptor.client_streaming else request
            answer = multicallable(sent, metadata=metadata, timeout=30)
            return list(islice(answer, 1)) if descriptor.server_streaming else [answer]

    def rule(self, method: str) -> Rule:
        descriptor = METHODS[method]
        service = descriptor.containing_service
        return rules([service])[f"/{service.full_name}/{descriptor.name}"]

    @contextlib.contextmanager
    def _channel(self, service: str) -> Iterator[grpc.Channel]:
        if service in _SERVED_BY:
            with grpc.insecure_channel(self.processes[_SERVED_BY[service]].address) as channel:
                yield channel
            return
        of_federation = self.processes["federation"]
        listener = {"EnrolmentService": "ENROLMENT", "BorderService": "BORDER"}[service]
        credentials = grpc.ssl_channel_credentials((of_federation.keys / CA_CERTIFICATE).read_bytes())
        with grpc.secure_channel(of_federation.settings[f"ONCORDIA_{listener}_LISTEN"], credentials) as channel:
            yield channel

    async def furnish(self, kafka: str) -> Owned:
        """Lets the owners make what belongs to them."""
        standing_in = Federation(kafka)
        await standing_in.start()
        try:
            await standing_in.put("ghent", epoch="e1")
        finally:
            await standing_in.stop()
        asked = self._ask(standing_in.name("ghent"))
        described = f"{standing_in.name('ghent')}/description"
        model = self._model()
        provider, invitation = self._provider()
        return Owned(
            query=asked.name,
            trace=self._kept_trace(asked.trace_id),
            event=f"events/{self._logged_event(asked.name)}",
            model=model,
            version=f"{model}/versions/1.0.0",
            provider=provider,
            described=described,
            data_set=self._data_set(standing_in.name("ghent")),
            invitation=invitation,
        )

    def _ask(self, provider: str) -> cohort_query_pb2.CohortQuery:
        question = cohort_query_pb2.CohortQuery(filter='modality = "MR"', providers=[provider])
        request = query.CreateCohortQueryRequest(cohort_query=question)
        wait_until(lambda: self._succeeds("QueryBrokerService.CreateCohortQuery", request, "researcher-1"))
        (asked,) = self.call("QueryBrokerService.CreateCohortQuery", request, "researcher-1")
        assert isinstance(asked, cohort_query_pb2.CohortQuery)
        return asked

    def _kept_trace(self, trace: str) -> str:
        request = insights_service_pb2.GetTraceRequest(trace_id=trace)
        wait_until(lambda: self._succeeds("InsightsService.GetTrace", request, "researcher-1"))
        return trace

    def _logged_event(self, resource: str) -> str:
        request = audit.SearchEntriesRequest(resource=resource, type="oncordia.events.v1.CohortQueryCreated")

        def entries() -> list[Message]:
            (page,) = self.call("AuditLogService.SearchEntries", request, "researcher-1")
            return list(page.entries)  # type: ignore[attr-defined]  # a page of entries

        wait_until(lambda: bool(entries()))
        return str(entries()[0].event_id)  # type: ignore[attr-defined]

    def _model(self) -> str:
        about = model_pb2.Model(display_name="Nodule finder", task=model_pb2.MODEL_TASK_SEGMENTATION)
        create = registry.CreateModelRequest(model_id="nodule-finder", model=about)
        self.call("ModelRegistryService.CreateModel", create, "researcher-1")
        add = registry.CreateModelVersionRequest(parent="models/nodule-finder", version="1.0.0", model_version=CONTENT)
        self.call("ModelRegistryService.CreateModelVersion", add, "researcher-1")
        return "models/nodule-finder"

    def _provider(self) -> tuple[str, str]:
        """A provider, and the token of its invitation, which was used."""
        about = provider_pb2.Provider(
            name="providers/demo-leuven", display_name="Demo (invented)", country="BE", organisation="demo-leuven"
        )
        self.call("FederationService.CreateProvider", federation.CreateProviderRequest(provider=about), "operator-1")
        invite = federation.CreateInvitationRequest(provider=about.name)
        (invitation,) = self.call("FederationService.CreateInvitation", invite, "operator-1")
        assert isinstance(invitation, federation.Invitation)
        enrol = enrolment_service_pb2.EnrolRequest(
            token=invitation.token, certificate_request=signing_request(new_key())
        )
        self.call("EnrolmentService.Enrol", enrol, None)
        return about.name, invitation.token

    def _data_set(self, provider: str) -> str:
        request = catalogue.CreateDataSetRequest(
            parent=provider,
            data_set_id="own",
            data_set=data_set_pb2.DataSet(title="Registered"),
            request_id=str(uuid.uuid4()),
        )
        wait_until(lambda: self._succeeds("CatalogueService.CreateDataSet", request, "steward-1"))
        return f"dataSets/{provider.removeprefix('providers/')}.own"

    def _succeeds(self, method: str, request: Message, user: str) -> bool:
        try:
            self.call(method, request, user)
        except grpc.RpcError:
            return False
        return True


@contextlib.contextmanager
def running_hub(
    home: Path,
    kafka: str,
    database: Callable[[str], str],
    issuer: LocalIssuer,
    prepare: Callable[[ServiceProcess], None] = lambda _process: None,
) -> Iterator[Hub]:
    """Every service as a process; all share one directory of keys, as in a deployment. `database` gives the URL for a
    service, `prepare` gets each process before any starts."""
    otlp = Ports().address("otlp")
    own = {
        "insights": {"ONCORDIA_OTLP_LISTEN": otlp},
        "audit_log": {"ONCORDIA_TILES_LISTEN": Ports().address("tiles")},
        "federation": {
            "ONCORDIA_BORDER_LISTEN": Ports().address("border"),
            "ONCORDIA_ENROLMENT_LISTEN": Ports().address("enrolment"),
        },
    }
    processes: dict[str, ServiceProcess] = {}
    for name in _NAMES:
        settings = {"ONCORDIA_OTLP_ENDPOINT": otlp, "ONCORDIA_REFUSALS_SECONDS": "2", **own.get(name, {})}
        processes[name] = ServiceProcess(name, home / name, kafka, database(name), issuer, settings)
        processes[name].settings["ONCORDIA_KEYS_DIR"] = str(processes[_NAMES[0]].keys)
        prepare(processes[name])
    with ExitStack() as stack:
        for process in processes.values():
            process.start(wait=False)
            stack.callback(process.stop)
        for process in processes.values():
            process.wait_serving()
        yield Hub(processes, issuer)
