"""The gRPC service: translates, calls a use case, translates back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, TypeAlias

import grpc

from audit_log.application.append_statement import AppendStatement
from audit_log.application.prove import Prove
from audit_log.application.read_entries import ReadEntries
from audit_log.application.record_key_destruction import RecordKeyDestruction
from audit_log.application.request_erasure import ListErasures, RequestErasure
from audit_log.application.resolve_actor import ResolveActor
from audit_log.application.wait_for_size import WaitForSize
from audit_log.domain.entry import EntryIndex
from audit_log.domain.statement import Statement, parse_request_id
from audit_log.entrypoints.translate import entry_message, erasure_message, identity_message, person_of, search_of
from kit.identity.caller import current_caller
from kit.pagination import decode_token, encode_token, page_size
from oncordia.audit.v1 import (
    audit_log_service_pb2_grpc,
    entry_pb2,
    erasure_pb2,
    identity_pb2,
    key_destruction_pb2,
    messages_pb2,
    proof_pb2,
)

_DEFAULT_PAGE = 50
_MOST = 1_000

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"


@dataclass(frozen=True, slots=True)
class UseCases:
    """What the service can do."""

    read: ReadEntries
    prove: Prove
    wait: WaitForSize
    wait_cosigned: WaitForSize
    has_policy: bool
    append: AppendStatement
    resolve: ResolveActor
    request_erasure: RequestErasure
    list_erasures: ListErasures
    record_key_destruction: RecordKeyDestruction


class AuditLogServicer(audit_log_service_pb2_grpc.AuditLogServiceServicer):
    """oncordia.audit.v1.AuditLogService."""

    def __init__(self, use_cases: UseCases) -> None:
        self._do = use_cases

    async def GetEntry(self, request: messages_pb2.GetEntryRequest, context: Context) -> entry_pb2.Entry:
        return entry_message(*await self._do.read.get(current_caller(), request.name))

    async def SearchEntries(
        self, request: messages_pb2.SearchEntriesRequest, context: Context
    ) -> messages_pb2.SearchEntriesResponse:
        size = page_size(request.page_size, default=_DEFAULT_PAGE, most=_MOST)
        after = decode_token(request.page_token, (int,))
        before = None if after is None else EntryIndex(int(after[0]))
        # One more than the page, to know whether another follows.
        found = await self._do.read.search(current_caller(), search_of(request), before, size + 1)
        page = found[:size]
        return messages_pb2.SearchEntriesResponse(
            entries=[entry_message(entry) for entry in page],
            next_page_token=encode_token(page[-1].index) if len(found) > size else "",
        )

    async def GetInclusionProof(
        self, request: messages_pb2.GetInclusionProofRequest, context: Context
    ) -> proof_pb2.InclusionProof:
        size, hashes, note = await self._do.prove.inclusion(request.index, request.tree_size, cosigned=request.cosigned)
        return proof_pb2.InclusionProof(index=request.index, tree_size=size, hashes=hashes, checkpoint=note.decode())

    async def GetConsistencyProof(
        self, request: messages_pb2.GetConsistencyProofRequest, context: Context
    ) -> proof_pb2.ConsistencyProof:
        size, hashes = await self._do.prove.consistency(request.old_size, request.new_size)
        return proof_pb2.ConsistencyProof(old_size=request.old_size, new_size=size, hashes=hashes)

    async def GetCheckpoint(self, request: messages_pb2.GetCheckpointRequest, context: Context) -> proof_pb2.Checkpoint:
        wait = self._do.wait_cosigned if request.cosigned else self._do.wait
        published = await wait(request.at_least_size)
        return proof_pb2.Checkpoint(
            note=published.note.decode(), tree_size=published.size, has_witness_policy=self._do.has_policy
        )

    async def AppendEntry(
        self, request: messages_pb2.AppendEntryRequest, context: Context
    ) -> messages_pb2.AppendEntryResponse:
        statement = Statement(request.kind, request.resource, request.statement)
        event_id = await self._do.append(current_caller(), parse_request_id(request.request_id), statement)
        return messages_pb2.AppendEntryResponse(event_id=str(event_id))

    async def ResolveActor(self, request: identity_pb2.ResolveActorRequest, context: Context) -> identity_pb2.Identity:
        identity, until = await self._do.resolve(current_caller(), request.actor)
        return identity_message(request.actor, identity, until)

    async def RequestErasure(self, request: erasure_pb2.RequestErasureRequest, context: Context) -> erasure_pb2.Erasure:
        return erasure_message(await self._do.request_erasure(current_caller(), person_of(request)))

    async def ListErasures(
        self, request: erasure_pb2.ListErasuresRequest, context: Context
    ) -> erasure_pb2.ListErasuresResponse:
        size = page_size(request.page_size, default=_DEFAULT_PAGE, most=_MOST)
        after = decode_token(request.page_token, (int,))
        found = await self._do.list_erasures(None if after is None else int(after[0]), size + 1)
        page = found[:size]
        return erasure_pb2.ListErasuresResponse(
            erasures=[erasure_message(erasure) for _, erasure in page],
            next_page_token=encode_token(page[-1][0]) if len(found) > size else "",
        )

    async def RecordKeyDestruction(
        self, request: key_destruction_pb2.RecordKeyDestructionRequest, context: Context
    ) -> key_destruction_pb2.RecordKeyDestructionResponse:
        event_id = await self._do.record_key_destruction(current_caller(), request.year)
        return key_destruction_pb2.RecordKeyDestructionResponse(event_id=str(event_id))
