"""Kafka and PostgreSQL as containers, for trying things out in a cluster: `python -m stack.evaluation NAME`.

Each makes ready what it needs, then becomes the server. Not for production: one of each, without copies.
"""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import typer

from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.settings import KafkaSettings
from stack.errors import ProcessFailedError, StackError
from stack.jars import installed
from stack.kafka import Kafka, KafkaMetadata
from stack.postgres import ADMIN, DATABASE, Postgres, programs, roles_sql
from stack.process import Log, ProcessSpec, ReadyCheck, Step
from stack.ready import TcpConnect

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Kafka and PostgreSQL for trying things out.")

_EVERYWHERE = "0.0.0.0"  # noqa: S104 - who may come is the network policy's and the passwords' business
_NO_LOG = Log(Path(os.devnull))
_TRY_SECONDS = 1.0


@app.command()
def kafka(address: str, directory: Path = Path("/data"), jars: Path = Path("/opt/kafka")) -> None:
    """One broker, which clients reach at ADDRESS (host:port)."""
    port = address.rpartition(":")[2]
    broker = Kafka(directory / "kafka", address, "127.0.0.1:9093", installed(jars), listen=f"{_EVERYWHERE}:{port}")
    _become(broker.spec())


@app.command()
def postgres(passwords: Path, directory: Path = Path("/data"), port: int = 5432) -> None:
    """One server, with a role and a schema for each service. PASSWORDS: a JSON file of role -> password."""
    server = Postgres(directory / "postgres", port, passwords, listen=_EVERYWHERE, clients="all")
    _become(server.spec(), lambda: make_roles(server))


@app.command()
def prepare(postgres: str, seconds: float = 300) -> None:
    """Wait for PostgreSQL at POSTGRES (host:port) and for ONCORDIA_KAFKA_BOOTSTRAP, then make what topics lack."""
    settings = KafkaSettings()  # type: ignore[call-arg]  # the environment gives what is required
    asyncio.run(_prepare(postgres, settings, time.monotonic() + seconds))


def make_roles(server: Postgres) -> None:
    """The database, its roles and schemas, before anybody can connect. Safe to run again. Raises ProcessFailedError."""
    if f'"{DATABASE}"' not in _alone(server, ADMIN, "SELECT datname FROM pg_database"):
        _alone(server, ADMIN, f"CREATE DATABASE {DATABASE}")
    known = server.passwords()
    _alone(server, DATABASE, roles_sql({role: known[role] for role in server.roles}, DATABASE))


def _alone(server: Postgres, database: str, sql: str) -> str:
    """Runs SQL in PostgreSQL's single-user mode, a statement a line."""
    command = [str(programs() / "postgres"), "--single", "-D", str(server.data), database]
    ran = subprocess.run(command, input=f"{sql}\n", capture_output=True, text=True, check=False)
    if ran.returncode != 0 or "ERROR:" in ran.stderr:
        # What was run holds passwords and is not shown; PostgreSQL's own words may quote it after STATEMENT.
        words = [line for line in ran.stderr.splitlines() if "STATEMENT:" not in line]
        raise ProcessFailedError("Making PostgreSQL's roles failed. Its last words:\n" + "\n".join(words[-10:]))
    return ran.stdout


def _become(spec: ProcessSpec, then: Callable[[], None] = lambda: None) -> None:
    if spec.before is not None:
        asyncio.run(_step(spec.before))
    then()
    os.execv(spec.argv[0], spec.argv)  # noqa: S606 - that is its purpose


async def _step(step: Step) -> None:
    await step()


async def _prepare(postgres: str, settings: KafkaSettings, deadline: float) -> None:
    await _until("PostgreSQL", TcpConnect(postgres), deadline)
    await _until("Kafka", KafkaMetadata(settings.bootstrap), deadline)
    for name in await apply_topics(settings, ALL):
        typer.echo(f"made {name}")


async def _until(what: str, check: ReadyCheck, deadline: float) -> None:
    while not await check.is_ready(_NO_LOG):
        if time.monotonic() > deadline:
            raise StackError(f"{what} does not answer; look at its pod's log.")
        await asyncio.sleep(_TRY_SECONDS)


def main() -> None:
    try:
        app()
    except StackError as error:
        sys.exit(f"error: {error}")


if __name__ == "__main__":
    main()
