"""The gRPC face of the query broker: translates, calls a use case, translates back."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import UTC

import grpc
from opentelemetry import trace

from cohort.variables import DataModel
from kit.errors import InvalidInput
from kit.identity.caller import current_caller
from kit.pagination import decode_token, encode_token, page_size
from kit.telemetry.tracing import current_trace_id
from oncordia.query.v1 import cohort_query_pb2, messages_pb2, query_broker_service_pb2_grpc
from query_broker.adapters.wire import query_to_proto
from query_broker.application.ask import Ask, AskQuery
from query_broker.application.cancel import CancelQuery
from query_broker.application.read import ReadQueries, require_readable
from query_broker.domain.query import QueryState
from query_broker.entrypoints.question import question
from query_broker.entrypoints.watch import Watchers

# A wake-up may be missed, so a watcher also looks by itself.
LOOK_SECONDS = 5.0
_NAME = re.compile(r"cohortQueries/([0-9a-f]{32})")

Context = grpc.aio.ServicerContext[object, object]


class QueryBrokerServicer(query_broker_service_pb2_grpc.QueryBrokerServiceServicer):
    def __init__(
        self, model: DataModel, ask: AskQuery, read: ReadQueries, cancel: CancelQuery, watchers: Watchers
    ) -> None:
        self._model = model
        self._ask = ask
        self._read = read
        self._cancel = cancel
        self._watchers = watchers

    async def CreateCohortQuery(
        self, request: messages_pb2.CreateCohortQueryRequest, context: Context
    ) -> cohort_query_pb2.CohortQuery:
        asked = request.cohort_query
        ask = Ask(
            question=question(asked, self._model),
            purpose=asked.purpose,
            providers=tuple(asked.providers),
            deadline=asked.deadline.ToDatetime(tzinfo=UTC) if asked.HasField("deadline") else None,
            request_id=request.request_id,
        )
        query = await self._ask(current_caller(), ask, current_trace_id())
        trace.get_current_span().set_attribute("oncordia.resource", query.name)
        return query_to_proto(query)

    async def GetCohortQuery(
        self, request: messages_pb2.GetCohortQueryRequest, context: Context
    ) -> cohort_query_pb2.CohortQuery:
        return query_to_proto(await self._read.one(current_caller(), _id(request.name)))

    async def ListCohortQueries(
        self, request: messages_pb2.ListCohortQueriesRequest, context: Context
    ) -> messages_pb2.ListCohortQueriesResponse:
        size = page_size(request.page_size, default=50, most=200)
        token = decode_token(request.page_token, (str, str))
        after = None if token is None else (str(token[0]), str(token[1]))
        found = await self._read.page(current_caller(), after, size + 1)
        more = len(found) > size
        page = found[:size]
        return messages_pb2.ListCohortQueriesResponse(
            cohort_queries=[query_to_proto(query, with_answers=False) for query in page],
            next_page_token=encode_token(page[-1].create_time.isoformat(), page[-1].id) if more else "",
        )

    async def WatchCohortQuery(
        self, request: messages_pb2.WatchCohortQueryRequest, context: Context
    ) -> AsyncIterator[cohort_query_pb2.CohortQuery]:
        caller, query_id = current_caller(), _id(request.name)
        with self._watchers.watching(query_id) as watch:
            query, shown = watch.known, None
            if query is not None:
                require_readable(query, caller)
            while True:
                if query is None:
                    watch.reading()
                    query = await self._read.one(caller, query_id)
                    watch.was_read()
                if query != shown:
                    yield query_to_proto(query)
                    shown = query
                if query.state is not QueryState.RUNNING:
                    return
                query = await watch.next(LOOK_SECONDS)

    async def CancelCohortQuery(
        self, request: messages_pb2.CancelCohortQueryRequest, context: Context
    ) -> cohort_query_pb2.CohortQuery:
        return query_to_proto(await self._cancel(current_caller(), _id(request.name)))


def _id(name: str) -> str:
    match = _NAME.fullmatch(name)
    if match is None:
        raise InvalidInput.of("name", "must be cohortQueries/ and 32 hexadecimal digits")
    return match.group(1)
