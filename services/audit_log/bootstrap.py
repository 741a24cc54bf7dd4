"""The wiring of the service."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from audit_log import metrics
from audit_log.adapters.bodies import PostgresBodies
from audit_log.adapters.checkpoints import PUBLISHED, PostgresCheckpoints, PostgresCosignedCheckpoints
from audit_log.adapters.entries import PostgresEntries
from audit_log.adapters.erasures import PostgresErasures
from audit_log.adapters.faults import fault_of
from audit_log.adapters.log_files import DirectoryLogFiles
from audit_log.adapters.numbers_seen import PostgresNumbersSeen
from audit_log.adapters.policy_file import read_policy
from audit_log.adapters.search_index.finder import PostgresFinder
from audit_log.adapters.search_index.sealing import PostgresSealing
from audit_log.adapters.statements import PostgresStatements
from audit_log.adapters.subject_digest import SubjectDigest
from audit_log.adapters.tree import GROWN, PostgresLeaves, PostgresTree
from audit_log.adapters.vault import PostgresVault
from audit_log.application.append_events import AppendEvents
from audit_log.application.append_statement import AppendStatement
from audit_log.application.carry_out_erasures import CarryOutErasures
from audit_log.application.check_log import CheckLog
from audit_log.application.collect_cosignatures import CollectCosignatures
from audit_log.application.expire_bodies import ExpireBodies
from audit_log.application.faults import Fault
from audit_log.application.newest_cosigned import NewestCosigned
from audit_log.application.prove import Prove
from audit_log.application.publish import Publish
from audit_log.application.read_entries import ReadEntries
from audit_log.application.record import Record
from audit_log.application.record_key_destruction import RecordKeyDestruction
from audit_log.application.request_erasure import ListErasures, RequestErasure
from audit_log.application.resolve_actor import ResolveActor
from audit_log.application.seal import Seal
from audit_log.application.show_cosigned import ShowCosigned
from audit_log.application.wait_for_size import WaitForSize
from audit_log.application.watch_gaps import WatchGaps
from audit_log.domain.published import CheckpointFile
from audit_log.domain.retention import Retention
from audit_log.entrypoints import tiles_http
from audit_log.entrypoints.events import EventsConsumer
from audit_log.entrypoints.identities import IdentitiesConsumer, vault_box
from audit_log.entrypoints.servicer import AuditLogServicer, UseCases
from audit_log.entrypoints.witness_watch import WitnessWatch
from audit_log.entrypoints.writer import Writer, tell_expired, tell_gap
from audit_log.settings import AuditLogSettings
from kit.events import topics
from kit.events.consumer import Consumer
from kit.events.erasure import HOLDERS
from kit.identity import keys
from kit.identity.log_key import read_log_pair
from kit.rpc.server import Service
from kit.service import Runtime
from oncordia.audit.v1 import audit_log_service_pb2, audit_log_service_pb2_grpc
from tlog.policy import Policy


async def build(run: Runtime) -> None:
    """The log with its writer, its readers and its files, and the vault."""
    settings = run.settings
    assert isinstance(settings, AuditLogSettings)  # noqa: S101 - a mistake of ours, not of an operator
    retention = Retention(
        access=timedelta(days=settings.retention_access_days), other=timedelta(days=settings.retention_other_days)
    )
    key = read_log_pair(settings.keys_dir, settings.log_origin)
    box = vault_box(settings.keys_dir)
    fault = fault_of(settings.fault)
    files = DirectoryLogFiles(settings.data_dir / "log", fault)
    leaves = PostgresLeaves(run.database)
    checkpoints = PostgresCheckpoints(run.database)
    cosigned = PostgresCosignedCheckpoints(run.database)
    policy = read_policy(settings.witness_policy, key.verifier()) if settings.witness_policy else None
    await CheckLog(key.verifier(), leaves, files, checkpoints, cosigned)()
    newest_cosigned = NewestCosigned(policy, cosigned)
    prove = Prove(files, checkpoints, newest_cosigned)

    grown = asyncio.Event()
    run.listener.subscribe(GROWN, lambda _payload: grown.set())
    record, bodies, statements = Record(run.outbox), PostgresBodies(), PostgresStatements()
    digest = SubjectDigest(keys.read(settings.keys_dir, keys.VAULT_PRIVATE))
    vault, erasures, finder = PostgresVault(digest), PostgresErasures(digest, HOLDERS), PostgresFinder()
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
        publish=lambda: Publish(
            key, leaves, files, checkpoints, CheckpointFile.SIGNED if policy else CheckpointFile.SERVED, fault
        ),
        watch=lambda: WatchGaps(
            PostgresNumbersSeen(run.database), run.clock, timedelta(seconds=settings.gap_seconds), tell_gap
        ),
        seal=Seal(leaves, PostgresSealing(run.database), settings.search_chunk, fault),
        chores=(
            ExpireBodies(run.database, leaves, bodies, statements, record, retention, run.clock, tell_expired),
            CarryOutErasures(
                run.database,
                vault,
                erasures,
                bodies,
                finder,
                HOLDERS,
                retention,
                record,
                run.clock,
                metrics.ERASURES_UNCONFIRMED.set,
            ),
        ),
        chore_seconds=settings.retention_seconds,
        grown=grown,
        checkpoint_seconds=settings.checkpoint_seconds,
        collect=_collecting(run, settings, policy, prove, files, fault) if policy else None,
    )
    run.work.append(writer.run())

    run.hold_subjects(statements.forget_subject)
    run.consume("identities", [topics.IDENTITY], IdentitiesConsumer(vault, box))

    listening = tiles_http.listen(settings.tiles_listen)
    run.work.append(tiles_http.serve(listening, files.directory))

    wait, wait_cosigned = WaitForSize(checkpoints), WaitForSize(newest_cosigned, "cosigned")
    run.listener.subscribe(PUBLISHED, lambda _payload: wait.wake())
    run.listener.subscribe(PUBLISHED, lambda _payload: wait_cosigned.wake())
    servicer = AuditLogServicer(
        UseCases(
            read=ReadEntries(run.database, PostgresEntries(), bodies, finder, record),
            prove=prove,
            wait=wait,
            wait_cosigned=wait_cosigned,
            has_policy=policy is not None,
            append=AppendStatement(run.database, statements, record, run.clock),
            resolve=ResolveActor(run.database, vault, finder, record, retention, run.clock),
            request_erasure=RequestErasure(run.database, vault, erasures, run.handles, retention, record, run.clock),
            list_erasures=ListErasures(run.database, erasures),
            record_key_destruction=RecordKeyDestruction(run.database, vault, bodies, retention, record),
        )
    )
    run.services.append(
        Service(
            audit_log_service_pb2_grpc.add_AuditLogServiceServicer_to_server,
            servicer,
            audit_log_service_pb2.DESCRIPTOR.services_by_name["AuditLogService"],
        )
    )


def _collecting(
    run: Runtime, settings: AuditLogSettings, policy: Policy, prove: Prove, files: DirectoryLogFiles, fault: Fault
) -> Callable[[], CollectCosignatures]:
    # Here, because it takes a sixth of a second and most hubs have no policy.
    from audit_log.adapters.witness_http import HttpWitnesses

    witnesses, watch, wake = HttpWitnesses(), WitnessWatch(), asyncio.Event()
    run.stack.push_async_callback(witnesses.close)
    run.listener.subscribe(PUBLISHED, lambda _payload: wake.set())
    return lambda: CollectCosignatures(
        policy=policy,
        checkpoints=PostgresCheckpoints(run.database),
        cosigned=PostgresCosignedCheckpoints(run.database),
        show=ShowCosigned(files, watch, fault),
        prove=prove,
        witnesses=witnesses,
        watch=watch,
        wake=wake,
        pace=settings.witness_seconds,
        longest_wait=settings.witness_backoff_seconds,
        fault=fault,
    )
