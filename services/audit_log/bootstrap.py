"""The wiring of the service."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from audit_log.adapters.checkpoints import PUBLISHED, PostgresCheckpoints
from audit_log.adapters.entries import PostgresEntries
from audit_log.adapters.faults import fault_of
from audit_log.adapters.log_files import DirectoryLogFiles
from audit_log.adapters.numbers_seen import PostgresNumbersSeen
from audit_log.adapters.search_index.finder import PostgresFinder
from audit_log.adapters.search_index.sealing import PostgresSealing
from audit_log.adapters.statements import PostgresStatements
from audit_log.adapters.tree import GROWN, PostgresLeaves, PostgresTree
from audit_log.adapters.vault import PostgresVault
from audit_log.application.append_events import AppendEvents
from audit_log.application.append_statement import AppendStatement
from audit_log.application.check_log import CheckLog
from audit_log.application.prove import Prove
from audit_log.application.publish import Publish
from audit_log.application.read_entries import ReadEntries
from audit_log.application.record import Record
from audit_log.application.resolve_actor import ResolveActor
from audit_log.application.seal import Seal
from audit_log.application.wait_for_size import WaitForSize
from audit_log.application.watch_gaps import WatchGaps
from audit_log.entrypoints import tiles_http
from audit_log.entrypoints.events import EventsConsumer
from audit_log.entrypoints.identities import IdentitiesConsumer, vault_box
from audit_log.entrypoints.servicer import AuditLogServicer, UseCases
from audit_log.entrypoints.writer import Writer, tell_gap
from audit_log.settings import AuditLogSettings
from kit.events import topics
from kit.events.consumer import Consumer
from kit.identity.log_key import read_log_pair
from kit.rpc.server import Service
from kit.service import Runtime
from oncordia.audit.v1 import audit_log_service_pb2, audit_log_service_pb2_grpc


async def build(run: Runtime) -> None:
    """The log with its writer, its readers and its files, and the vault."""
    settings = run.settings
    assert isinstance(settings, AuditLogSettings)  # noqa: S101 - a mistake of ours, not of an operator
    key = read_log_pair(settings.keys_dir, settings.log_origin)
    box = vault_box(settings.keys_dir)
    fault = fault_of(settings.fault)
    files = DirectoryLogFiles(settings.data_dir / "log", fault)
    leaves = PostgresLeaves(run.database)
    checkpoints = PostgresCheckpoints(run.database)
    await CheckLog(key.verifier(), leaves, files, checkpoints)()

    grown = asyncio.Event()
    run.listener.subscribe(GROWN, lambda _payload: grown.set())
    append = EventsConsumer(AppendEvents(PostgresTree(), fault))
    writer = Writer(
        database=run.database,
        consumer=lambda: Consumer(
            "audit_log.events",
            topics.all_events(),
            append,
            run.database,
            run.kafka,
            None,
            batch=settings.ingest_batch,
            alone=True,
        ),
        publish=lambda: Publish(key, leaves, files, checkpoints, fault),
        watch=lambda: WatchGaps(
            PostgresNumbersSeen(run.database), run.clock, timedelta(seconds=settings.gap_seconds), tell_gap
        ),
        seal=Seal(leaves, PostgresSealing(run.database), settings.search_chunk, fault),
        grown=grown,
        checkpoint_seconds=settings.checkpoint_seconds,
    )
    run.work.append(writer.run())

    vault = PostgresVault()
    run.consume("identities", [topics.IDENTITY], IdentitiesConsumer(vault, box))

    listening = tiles_http.listen(settings.tiles_listen)
    run.work.append(tiles_http.serve(listening, files.directory))

    record = Record(run.outbox)
    prove = Prove(files, checkpoints)
    wait = WaitForSize(checkpoints)
    run.listener.subscribe(PUBLISHED, lambda _payload: wait.wake())
    servicer = AuditLogServicer(
        UseCases(
            read=ReadEntries(run.database, PostgresEntries(), PostgresFinder(), record),
            prove=prove,
            wait=wait,
            append=AppendStatement(run.database, PostgresStatements(), record),
            resolve=ResolveActor(run.database, vault, record),
        )
    )
    run.services.append(
        Service(
            audit_log_service_pb2_grpc.add_AuditLogServiceServicer_to_server,
            servicer,
            audit_log_service_pb2.DESCRIPTOR.services_by_name["AuditLogService"],
        )
    )
