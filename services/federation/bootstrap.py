"""Builds federation from its parts. The only place that knows all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import grpc

from federation.adapters.announcer import OutboxAnnouncer
from federation.adapters.authority import CertificateAuthority
from federation.adapters.ledger_table import LedgerTable
from federation.adapters.node_log_table import NodeLogTable
from federation.adapters.provider_tables import CertificateTable, InvitationTable, ProviderTable
from federation.adapters.session_table import SessionTable
from federation.adapters.span_export import NodeSpanExport
from federation.adapters.task_table import TaskTable
from federation.application import wake
from federation.application.border import Streams
from federation.application.enrolment import Enrolment
from federation.application.journal import Journal
from federation.application.node_events import TakeNodeEvents
from federation.application.node_logs import ListNodeLogs
from federation.application.registry import Registry
from federation.application.results import ResultTaker
from federation.application.sessions import SessionKeeper
from federation.entrypoints.border_servicer import BorderServer, BorderServicer, Rules
from federation.entrypoints.certificates import CertificateAuthenticator
from federation.entrypoints.enrolment_servicer import Anybody, EnrolmentServicer
from federation.entrypoints.federation_servicer import FederationServicer
from federation.entrypoints.task_requests import TaskRequests
from federation.settings import FederationSettings
from kit.database.engine import is_passing
from kit.events import topics
from kit.rpc.server import RpcServer, Service
from kit.service import Runtime
from kit.telemetry.log import logger
from oncordia.border.v1 import border_service_pb2, border_service_pb2_grpc, hub_message_pb2
from oncordia.federation.v1 import (
    enrolment_service_pb2,
    enrolment_service_pb2_grpc,
    federation_service_pb2,
    federation_service_pb2_grpc,
)

_log = logger(__name__)

DEADLINE_LOOK_SECONDS = 0.5
FORGET_SECONDS = 3600.0


async def build(run: Runtime) -> None:
    """Declares three listeners, the consumer of task requests, and the work around the streams."""
    settings = run.settings
    assert isinstance(settings, FederationSettings)  # noqa: S101 - __main__ says so
    authority = CertificateAuthority(settings.keys_dir, settings.certificate_life)
    providers, invitations, certificates = ProviderTable(), InvitationTable(), CertificateTable()
    tasks, announcer = TaskTable(), OutboxAnnouncer(run.outbox)

    registry = Registry(
        run.database, run.clock, providers, invitations, certificates, tasks, announcer, settings.invitation_life
    )
    enrolment = Enrolment(run.database, run.clock, providers, invitations, certificates, announcer, authority)
    journal = Journal(run.database, run.clock, tasks, announcer)
    sessions, logs = SessionTable(), NodeLogTable()
    keeper = SessionKeeper(
        run.database,
        run.clock,
        uuid4(),
        settings.lease,
        providers,
        certificates,
        sessions,
        LedgerTable(),
        logs,
        tasks,
        announcer,
    )
    streams = Streams(keeper, journal)
    taker = ResultTaker(journal, streams)
    node_events = TakeNodeEvents(run.database, run.clock, providers, sessions, logs, announcer)
    spans = NodeSpanExport(journal, [e for e in (settings.otlp_endpoint, settings.otlp_backend) if e])

    run.services.append(
        Service(
            federation_service_pb2_grpc.add_FederationServiceServicer_to_server,
            FederationServicer(
                registry,
                ListNodeLogs(run.database, logs),
                authority,
                settings.enrolment_address or settings.enrolment_listen,
            ),
            federation_service_pb2.DESCRIPTOR.services_by_name["FederationService"],
        )
    )
    run.servers.append(_enrolment_server(run, settings, authority, enrolment))
    rules = Rules(
        settings.heartbeat_seconds,
        hub_message_pb2.StricterPolicy(
            minimum_count=settings.hub_minimum_count,
            rounding=settings.hub_rounding,
            max_epsilon=settings.hub_max_epsilon,
        ),
    )
    servicer = BorderServicer(keeper, streams, taker, node_events, enrolment, spans, run.clock, rules)
    authenticator = CertificateAuthenticator(run.database, run.clock, providers, certificates)
    run.servers.append(_border_server(run, settings, authority, authenticator, streams, servicer))

    run.consume("tasks", [topics.TASKS], TaskRequests(journal, streams))
    run.listener.subscribe(wake.TASKS, streams.tasks_came)
    run.listener.subscribe(wake.PROVIDERS, streams.providers_changed)
    run.work += [
        streams.deliver(),
        streams.end_in_doubt(),
        streams.keep_leases(),
        streams.acknowledge(),
        streams.report_deliveries(),
        taker.run(),
        node_events.run(),
        spans.run(),
        _every(DEADLINE_LOOK_SECONDS, journal.time_out),
        _every(FORGET_SECONDS, journal.forget),
    ]


def _enrolment_server(
    run: Runtime, settings: FederationSettings, authority: CertificateAuthority, enrolment: Enrolment
) -> RpcServer:
    key, chain = authority.server_identity(settings.host_names, run.clock.now())
    service = Service(
        enrolment_service_pb2_grpc.add_EnrolmentServiceServicer_to_server,
        EnrolmentServicer(enrolment, authority, settings.border_address or settings.border_listen),
        enrolment_service_pb2.DESCRIPTOR.services_by_name["EnrolmentService"],
    )
    credentials = grpc.ssl_server_credentials([(key, chain)])
    return RpcServer(settings.enrolment_listen, [service], Anybody(), credentials=credentials)


def _border_server(
    run: Runtime,
    settings: FederationSettings,
    authority: CertificateAuthority,
    authenticator: CertificateAuthenticator,
    streams: Streams,
    servicer: BorderServicer,
) -> BorderServer:
    key, chain = authority.server_identity(settings.host_names, run.clock.now())
    service = Service(
        border_service_pb2_grpc.add_BorderServiceServicer_to_server,
        servicer,
        border_service_pb2.DESCRIPTOR.services_by_name["BorderService"],
    )
    credentials = grpc.ssl_server_credentials(
        [(key, chain)], root_certificates=authority.certificate_pem, require_client_auth=True
    )
    return BorderServer(settings.border_listen, [service], authenticator, credentials, streams, servicer)


async def _every(seconds: float, work: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await work()
        except Exception as error:
            if is_passing(error):
                _log.warning("the database is away", error=type(error).__name__)
            else:
                _log.error("background work failed, trying again", exc_info=error)
        await asyncio.sleep(seconds)
