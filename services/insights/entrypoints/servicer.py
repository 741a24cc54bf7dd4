"""InsightsService: translate, call a use case, translate back."""

from __future__ import annotations

from typing import Any

import grpc

from insights.application.ports import Statistics
from insights.application.read_trace import ReadTrace
from insights.domain.figures import CountryFigures
from insights.domain.span import Span
from kit.identity.caller import current_caller
from oncordia.insights.v1 import country_statistics_pb2, insights_service_pb2, insights_service_pb2_grpc, trace_pb2

ServicerContext = grpc.aio.ServicerContext[Any, Any]


class InsightsServicer(insights_service_pb2_grpc.InsightsServiceServicer):
    """The service of oncordia.insights.v1."""

    def __init__(self, read_trace: ReadTrace, statistics: Statistics) -> None:
        self._read_trace = read_trace
        self._statistics = statistics

    async def GetTrace(
        self, request: insights_service_pb2.GetTraceRequest, context: ServicerContext
    ) -> trace_pb2.Trace:
        spans = await self._read_trace(request.trace_id, current_caller())
        return trace_pb2.Trace(trace_id=spans[0].trace_id, spans=[_span(span) for span in spans])

    async def ListCountryStatistics(
        self, request: insights_service_pb2.ListCountryStatisticsRequest, context: ServicerContext
    ) -> insights_service_pb2.ListCountryStatisticsResponse:
        figures = await self._statistics.by_country()
        return insights_service_pb2.ListCountryStatisticsResponse(countries=[_country(one) for one in figures])


def _span(span: Span) -> trace_pb2.Span:
    return trace_pb2.Span(
        span_id=span.span_id,
        parent_span_id=span.parent_span_id or "",
        name=span.name,
        kind=span.kind.value,
        service=span.service,
        country=span.country,
        start_time_unix_nano=span.start_nano,
        end_time_unix_nano=span.end_nano,
        error=span.error,
        attributes=dict(span.attributes),
        links=span.links,
    )


def _country(figures: CountryFigures) -> country_statistics_pb2.CountryStatistics:
    return country_statistics_pb2.CountryStatistics(
        country=figures.country,
        providers=figures.providers,
        live_providers=figures.live_providers,
        data_sets=figures.data_sets,
        subjects=figures.subjects,
        queries_asked=figures.queries_asked,
        answers_given=figures.answers_given,
    )
