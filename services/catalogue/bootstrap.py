"""The wiring of the catalogue."""

from __future__ import annotations

import asyncio
from uuid import uuid4

from catalogue.adapters.index_files import IndexFiles
from catalogue.adapters.kafka import OutboxPublisher
from catalogue.adapters.postgres import (
    CHANGED,
    PostgresDataSets,
    PostgresDescriptions,
    PostgresProviders,
    PostgresRequests,
)
from catalogue.adapters.search_index import TantivyIndex
from catalogue.application.describe import Describe
from catalogue.application.read import Read
from catalogue.application.steward import Steward
from catalogue.domain.names import is_description
from catalogue.entrypoints.consumers import ProviderStates, TaskReports
from catalogue.entrypoints.servicer import CatalogueServicer
from catalogue.settings import Settings
from kit.database.engine import Database, is_passing
from kit.events import topics
from kit.rpc.server import Service
from kit.service import Runtime
from kit.telemetry.log import logger
from oncordia.catalogue.v1 import catalogue_service_pb2, catalogue_service_pb2_grpc

_log = logger(__name__)


async def build(run: Runtime) -> None:
    """Declares the catalogue's service, consumers and background work, and brings its search index up to date."""
    providers, data_sets, descriptions = PostgresProviders(), PostgresDataSets(), PostgresDescriptions()
    requests = PostgresRequests()
    publisher = OutboxPublisher(run.outbox, run.settings.country)
    index = TantivyIndex(IndexFiles(run.settings.data_dir / "search"), run.database, data_sets)
    await index.catch_up()
    describe = Describe(providers, data_sets, descriptions, publisher, run.clock, uuid4)
    servicer = CatalogueServicer(
        Steward(run.database, providers, data_sets, requests, publisher, run.clock),
        Read(run.database, providers, data_sets, descriptions, index),
    )
    run.services.append(
        Service(
            catalogue_service_pb2_grpc.add_CatalogueServiceServicer_to_server,
            servicer,
            catalogue_service_pb2.DESCRIPTOR.services_by_name["CatalogueService"],
        )
    )
    run.consume("providers", [topics.state("federation")], ProviderStates(describe))
    run.consume("descriptions", [topics.RESULTS], TaskReports(describe), is_description)
    run.hold_subjects(requests.forget)
    run.listener.subscribe(CHANGED, index.wake)
    run.work.append(index.keep_up())
    poll = run.settings.description_poll_seconds if isinstance(run.settings, Settings) else 5.0
    run.work.append(_ask_again(describe, run.database, poll))


async def _ask_again(describe: Describe, database: Database, seconds: float) -> None:
    while True:
        try:
            await describe.ask_again(database)
        except Exception as error:
            if not is_passing(error):
                raise
            _log.warning("asking again waits", error=type(error).__name__)
        await asyncio.sleep(seconds)
