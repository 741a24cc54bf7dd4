"""How a service runs: what it needs is started in order, and ended in order when it is asked to stop."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field

import uvloop

from kit.clock import Clock, SystemClock
from kit.database.engine import Database
from kit.database.migrations import migrate
from kit.database.notify import Listener
from kit.errors import OncordiaError
from kit.events.consumer import BatchHandler, Consumer, Handler, Wanted, one_by_one
from kit.events.dead_letters import DeadLetters
from kit.events.erasure import HOLDERS, Erase, EraseSubjects
from kit.events.outbox import Outbox
from kit.events.refusals import Refusals
from kit.events.relay import Relay
from kit.events.topics import ERASURE, Topic
from kit.identity import keys
from kit.identity.handles import Handles
from kit.identity.sign_in import SignIns
from kit.identity.tokens import TokenVerifier
from kit.rpc.server import RpcServer, Service, TokenAuthenticator
from kit.settings import KafkaSettings, OidcSettings, ServiceSettings
from kit.telemetry import log, metrics, tracing

_log = log.logger(__name__)

# Without the key of the calendar year every call is refused.
KEY_WARNING_DAYS = 45
KEY_LOOK_SECONDS = 6 * 3600.0


@dataclass
class Runtime:
    """What a bootstrap builds a service from. Services, consumers and background work are declared on it."""

    name: str
    settings: ServiceSettings
    kafka: KafkaSettings
    database: Database
    listener: Listener
    outbox: Outbox
    clock: Clock
    handles: Handles
    stack: AsyncExitStack
    services: list[Service] = field(default_factory=list)
    servers: list[RpcServer] = field(default_factory=list)
    consumers: list[Consumer] = field(default_factory=list)
    work: list[Coroutine[None, None, None]] = field(default_factory=list)

    def consume(self, purpose: str, topics: list[Topic], handler: Handler, wanted: Wanted | None = None) -> None:
        """Each message whose key is wanted; what can't be taken goes to the dead letters."""
        self.consume_together(purpose, topics, one_by_one(handler), wanted)

    def consume_together(
        self, purpose: str, topics: list[Topic], handler: BatchHandler, wanted: Wanted | None = None
    ) -> None:
        """As `consume`, for who can do better with all that came of a partition at once."""
        name = f"{self.name}.{purpose}"
        letters = DeadLetters(self.name)
        self.consumers.append(Consumer(name, topics, handler, self.database, self.kafka, letters, wanted=wanted))

    def hold_subjects(self, erase: Erase) -> None:
        """For each service of HOLDERS: how it erases what it holds of a person who is to be forgotten."""
        assert self.name in HOLDERS, self.name  # noqa: S101 - else nobody would wait for it
        self.consume("erasures", [ERASURE], EraseSubjects(self.outbox, erase))


Build = Callable[[Runtime], Awaitable[None]]


def main(name: str, settings_type: type[ServiceSettings], build: Build) -> None:
    """The entry of `python -m NAME`: serves, or with the argument `migrate` brings the schema up to date and ends."""
    try:
        settings = settings_type()  # type: ignore[call-arg]  # the environment gives what is required
        log.configure(name, settings.log_level)
        if sys.argv[1:] == ["migrate"]:
            uvloop.run(_migrate(name, settings))
        elif sys.argv[1:]:
            sys.exit(f"usage: python -m {name} [migrate]")
        else:
            uvloop.run(_serve(name, settings, build))
    except OncordiaError as error:
        sys.exit(f"{name} can't start: {error.message} ({error.reason})")
    except (OSError, ValueError) as error:
        sys.exit(f"{name} can't start: {error}")


async def _migrate(name: str, settings: ServiceSettings) -> None:
    # However long they take.
    database = Database(settings.database_url.get_secret_value(), 1, statement_seconds=None)
    try:
        await migrate(database, name)
    except (OSError, TimeoutError) as error:
        raise OSError(f"the database at {database.address} can't be reached ({error}); is PostgreSQL up?") from error
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def runtime(name: str, settings: ServiceSettings) -> AsyncIterator[Runtime]:
    """Everything but the service itself."""
    async with AsyncExitStack() as stack:
        endpoints = [e for e in (settings.otlp_endpoint, settings.otlp_backend) if e]
        provider = tracing.configure(name, settings.country, endpoints)
        stack.push_async_callback(asyncio.to_thread, tracing.shut_down, provider)
        if settings.migrate_on_start:
            await _migrate(name, settings)
        database = Database(settings.database_url.get_secret_value(), settings.database_pool)
        stack.push_async_callback(database.close)
        clock = SystemClock()
        handles = Handles(settings.keys_dir)
        handles.need(clock.now())
        yield Runtime(
            name=name,
            settings=settings,
            kafka=KafkaSettings(),  # type: ignore[call-arg]
            database=database,
            listener=Listener(database),
            outbox=Outbox(name, clock),
            clock=clock,
            handles=handles,
            stack=stack,
        )


async def _remind_of_keys(handles: Handles, clock: Clock) -> None:
    while True:
        left = handles.days_left(clock.now())
        metrics.KEY_DAYS_LEFT.set(left)
        if left < KEY_WARNING_DAYS:
            _log.warning("next year's key is missing, make it with `oncordia admin keys init`", days_left=left)
        await asyncio.sleep(KEY_LOOK_SECONDS)


async def _serve(name: str, settings: ServiceSettings, build: Build) -> None:
    stopping = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stopping.set)
    async with runtime(name, settings) as run:
        await build(run)
        oidc = OidcSettings()  # type: ignore[call-arg]
        sign_ins = SignIns(name, run.database, run.outbox, keys.read(settings.keys_dir, keys.VAULT_PUBLIC), run.clock)
        authenticator = TokenAuthenticator(TokenVerifier(oidc, run.handles, run.clock), sign_ins)
        run.servers.insert(0, RpcServer(settings.listen, run.services, authenticator))
        relay = Relay(name, run.database, run.kafka, run.listener)
        refusals = Refusals(name, run.database, run.outbox, settings.refusals_seconds)
        jobs: list[Coroutine[None, None, None]] = [relay.run(), run.listener.run(), refusals.run(), *run.work]
        jobs += [consumer.run() for consumer in run.consumers]
        jobs.append(_remind_of_keys(run.handles, run.clock))
        tasks = [asyncio.create_task(job) for job in jobs]
        for server in run.servers:
            server.tell_refusals(refusals)
            await server.start()
        if settings.metrics_listen:
            metrics.serve(settings.metrics_listen)
        # All modules and wiring stay to the end: a collection in the middle of a call shall not walk them.
        gc.freeze()
        for server in run.servers:
            await server.say_serving()
        _log.info("serving", address=settings.listen)
        stop = asyncio.create_task(stopping.wait())
        ended, _ = await asyncio.wait([stop, *tasks], return_when=asyncio.FIRST_COMPLETED)
        _log.info("stopping")
        await asyncio.gather(*(server.drain(settings.drain_seconds) for server in run.servers))
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(refusals.tell_counts(), settings.drain_seconds)
        for task in (stop, *tasks):
            task.cancel()
        await asyncio.wait([stop, *tasks], timeout=settings.drain_seconds)
        for task in ended - {stop}:
            # A job of a service never ends by itself, but for trouble: the process ends with its error.
            task.result()
