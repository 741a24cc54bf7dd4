"""The wiring of the service. The worker's is in worker.py."""

from __future__ import annotations

import asyncio

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from insights.adapters.directory import PostgresProviderDirectory
from insights.adapters.housekeeping import keep_house
from insights.adapters.span_store import PostgresSpanStore
from insights.adapters.statistics import PostgresStatistics
from insights.application.forget_spans import ForgetSpans
from insights.application.read_trace import ReadTrace
from insights.entrypoints.otlp_listener import OtlpListener
from insights.entrypoints.servicer import InsightsServicer
from insights.settings import InsightsSettings
from kit.rpc.server import Service
from kit.service import Runtime
from kit.telemetry import tracing
from kit.telemetry.log import logger
from oncordia.insights.v1 import insights_service_pb2, insights_service_pb2_grpc

_log = logger(__name__)


async def build(run: Runtime) -> None:
    """The trace store with its listener, the figures, and the deletion of old spans."""
    settings = run.settings
    assert isinstance(settings, InsightsSettings)  # noqa: S101 - a mistake of ours, not of an operator
    store = PostgresSpanStore(run.database)
    listener = OtlpListener(settings.otlp_listen, store)
    port = await listener.start()
    _log.info("taking spans", address=settings.otlp_listen, port=port)

    async def end_listening() -> None:
        # This process exports to itself: once it has stopped listening, its last spans could only time out.
        provider = trace.get_tracer_provider()
        if isinstance(provider, TracerProvider):
            await asyncio.to_thread(tracing.shut_down, provider)
        await listener.stop(settings.drain_seconds)

    run.stack.push_async_callback(end_listening)
    servicer = InsightsServicer(
        ReadTrace(store, PostgresProviderDirectory(run.database), run.handles), PostgresStatistics(run.database)
    )
    run.services.append(
        Service(
            insights_service_pb2_grpc.add_InsightsServiceServicer_to_server,
            servicer,
            insights_service_pb2.DESCRIPTOR.services_by_name["InsightsService"],
        )
    )
    run.work.append(keep_house(run.database, ForgetSpans(store, run.clock, settings.spans_kept_days)))
