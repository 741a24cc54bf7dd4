"""`oncordia admin`: what an operator does at the hub itself, with its Kafka and its keys."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cli import dead_letters
from cli.client import Hub
from cli.errors import UserError
from cli.run import console, fail, with_hub
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity import keys
from kit.identity.deployment_keys import init_keys, secrets_of
from kit.identity.keys import actor_key_name
from kit.settings import KafkaSettings
from oncordia.audit.v1 import key_destruction_pb2

app = typer.Typer(no_args_is_help=True, help="Run a hub: its keys, its topics, its dead letters.")
keys_app = typer.Typer(no_args_is_help=True, help="The deployment's keys.")
topics_app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")
app.add_typer(keys_app, name="keys")
app.add_typer(topics_app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")

_ELSEWHERE = """It may be elsewhere still, and only you know where:
- other copies of the directory, its backups and snapshots: delete {name} there, or destroy them
- on Kubernetes the Secret ...-handles, and backups of etcd: the chart's README says how
- the disk itself: what is deleted is not overwritten, and on flash disks could not be; encrypt disks that hold keys"""


@keys_app.command()
def init(
    directory: Annotated[Path, typer.Argument(help="Where the keys go; made if it isn't there.")],
    origin: Annotated[
        str, typer.Option(help="The audit log's name; it can't be changed later.")
    ] = "oncordia.invalid/log",
    manifest: Annotated[
        str,
        typer.Option(
            metavar="NAME", help="Also print all keys as Kubernetes Secrets NAME-..., to be piped into kubectl apply."
        ),
    ] = "",
) -> None:
    """Make the keys that are missing: CA, log, vault, subject, and the actor key of this year and the next.

    Keep the directory, safely: whoever loses it loses what was signed and sealed with it.
    """
    for name in init_keys(directory, datetime.now(UTC).year, origin):
        typer.echo(f"made {directory / name}", err=bool(manifest))
    if manifest:
        typer.echo(yaml.safe_dump_all(secrets_of(directory, manifest), sort_keys=False), nl=False)


@keys_app.command()
def destroy(
    year: Annotated[int, typer.Argument(help="The calendar year whose actor key goes.")],
    directory: Annotated[Path, typer.Argument(help="Where the keys are.")],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask whether you mean it.")] = False,
) -> None:
    """Destroy the actor key of a year whose retention has ended: nobody can compute its handles again.

    The audit log is asked first whether it may be, and records it.
    """
    name = actor_key_name(year)
    if not (directory / name).exists():
        fail(f"there is no {name} in {directory}; nothing was done, and nothing recorded")
    if not yes:
        typer.confirm(f"Whoever acted in {year} can't be told from its handles any more. Go on?", abort=True, err=True)

    async def command(hub: Hub) -> None:
        request = key_destruction_pb2.RecordKeyDestructionRequest(year=year)
        recorded = await hub.audit.RecordKeyDestruction(request, metadata=hub.metadata())
        try:
            keys.destroy(directory, name)
        except OSError as error:
            raise UserError(
                f"{directory / name} can't be deleted: {error.strerror}. The log says that you destroy it: do it now"
            ) from None
        console.print(f"deleted {directory / name}; recorded as events/{recorded.event_id}", highlight=False)
        console.print(_ELSEWHERE.format(name=name), highlight=False, soft_wrap=True)

    with_hub(command)


@topics_app.command()
def apply() -> None:
    """Create the topics that are missing, at ONCORDIA_KAFKA_BOOTSTRAP."""
    for name in asyncio.run(apply_topics(KafkaSettings(), ALL)):  # type: ignore[call-arg]
        console.print(f"made {name}", highlight=False)
