"""`python -m insights worker`: the only wiring of the Faust worker, which keeps the figures live.

A process of its own: Faust brings a thread, a runtime and signal habits that the service is better off without.
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from contextlib import AsyncExitStack

import faust
import uvloop

from insights.adapters.projection import PostgresProjection
from insights.entrypoints.effects import effect_of
from insights.entrypoints.stream import make_app
from insights.entrypoints.take_event import TakeEvent
from insights.settings import InsightsSettings
from kit.database.engine import Database
from kit.database.migrations import migrate
from kit.errors import OncordiaError
from kit.events.dead_letters import DeadLetters
from kit.settings import KafkaSettings
from kit.telemetry import log, metrics, tracing

_log = log.logger(__name__)


def work() -> None:
    """Runs until SIGTERM or SIGINT. Ends with an error if Faust itself fails; what is unfinished is read again."""
    try:
        settings = InsightsSettings()  # type: ignore[call-arg]  # the environment gives what is required
        kafka = KafkaSettings()  # type: ignore[call-arg]
        log.configure("insights_worker", settings.log_level)
        if settings.log_level != "debug":
            for noisy in ("faust", "mode", "insights.adapters.faust_kafka"):
                logging.getLogger(noisy).setLevel("WARNING")
        uvloop.run(_work(settings, kafka))
    except OncordiaError as error:
        sys.exit(f"the insights worker can't start: {error.message} ({error.reason})")
    except (OSError, ValueError) as error:
        sys.exit(f"the insights worker can't start: {error}")


async def _work(settings: InsightsSettings, kafka: KafkaSettings) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with AsyncExitStack() as stack:
        endpoints = [e for e in (settings.otlp_endpoint, settings.otlp_backend) if e]
        provider = tracing.configure("insights", settings.country, endpoints)
        stack.push_async_callback(asyncio.to_thread, tracing.shut_down, provider)
        database = Database(settings.database_url.get_secret_value(), settings.database_pool)
        stack.push_async_callback(database.close)
        if settings.migrate_on_start:
            await migrate(database, "insights")
        take = TakeEvent(database, effect_of, PostgresProjection(), DeadLetters("insights"))
        app = make_app(kafka, settings.data_dir, take)
        if settings.metrics_listen:
            metrics.serve(settings.metrics_listen)
        await _run(app, stopping, settings.drain_seconds)


async def _run(app: faust.App, stopping: asyncio.Event, drain_seconds: float) -> None:
    await app.start()
    _log.info("working")
    asked = asyncio.create_task(stopping.wait())
    ended = asyncio.create_task(app.wait_until_stopped())
    await asyncio.wait([asked, ended], return_when=asyncio.FIRST_COMPLETED)
    failed = app.crash_reason
    _log.info("stopping", failed=type(failed).__name__ if failed else None)
    asked.cancel()
    await asyncio.wait([asyncio.create_task(app.stop()), ended], timeout=drain_seconds)
    if failed:
        raise failed
