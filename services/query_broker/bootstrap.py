"""The wiring of the query broker."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from cohort.model_file import data_model
from kit.database.engine import is_passing
from kit.events import topics
from kit.rpc.server import Service
from kit.service import Runtime
from kit.telemetry.log import logger
from oncordia.query.v1 import query_broker_service_pb2, query_broker_service_pb2_grpc
from query_broker.adapters.kafka import OutboxPublisher
from query_broker.adapters.postgres import CHANGED, PostgresProviders, PostgresQueries
from query_broker.application.ask import AskQuery
from query_broker.application.cancel import CancelQuery
from query_broker.application.progress import Progress
from query_broker.application.read import ReadQueries
from query_broker.application.record import RecordReports, TimeOutQueries
from query_broker.entrypoints.consumers import ProviderStates, TaskReports, is_ours
from query_broker.entrypoints.servicer import QueryBrokerServicer
from query_broker.entrypoints.watch import Watchers

_log = logger(__name__)
SWEEP_SECONDS = 1.0


async def build(run: Runtime) -> None:
    """Declares the broker's service, consumers and background work."""
    watchers = Watchers()
    queries, providers, publisher = PostgresQueries(watchers.tell), PostgresProviders(), OutboxPublisher(run.outbox)
    progress = Progress(queries, publisher)
    servicer = QueryBrokerServicer(
        data_model(),
        AskQuery(run.database, queries, providers, publisher, run.clock, uuid4),
        ReadQueries(run.database, queries),
        CancelQuery(run.database, queries, publisher, run.clock),
        watchers,
    )
    run.services.append(
        Service(
            query_broker_service_pb2_grpc.add_QueryBrokerServiceServicer_to_server,
            servicer,
            query_broker_service_pb2.DESCRIPTOR.services_by_name["QueryBrokerService"],
        )
    )
    run.listener.subscribe(CHANGED, watchers.wake)
    reports = TaskReports(RecordReports(queries, progress, run.clock))
    run.consume_together("results", [topics.RESULTS], reports, is_ours)
    run.consume("providers", [topics.state("federation")], ProviderStates(providers))
    run.hold_subjects(queries.detach)
    run.work.append(_sweep(TimeOutQueries(run.database, queries, progress, run.clock)))


async def _sweep(time_out: TimeOutQueries) -> None:
    while True:
        try:
            await time_out()
        except Exception as error:
            if not is_passing(error):
                raise
            _log.warning("deadline sweep waits", error=type(error).__name__)
        await asyncio.sleep(SWEEP_SECONDS)
