"""`oncordia admin`: what an operator does at the hub itself, with its Kafka and its keys."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
import yaml

from cli import dead_letters
from cli.run import console
from kit.events.kafka import apply_topics
from kit.events.topics import ALL
from kit.identity.deployment_keys import init_keys, secrets_of
from kit.settings import KafkaSettings

app = typer.Typer(no_args_is_help=True, help="Run a hub: its keys, its topics, its dead letters.")
keys_app = typer.Typer(no_args_is_help=True, help="The deployment's keys.")
topics_app = typer.Typer(no_args_is_help=True, help="The Kafka topics.")
app.add_typer(keys_app, name="keys")
app.add_typer(topics_app, name="topics")
app.add_typer(dead_letters.app, name="dead-letters")


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


@topics_app.command()
def apply() -> None:
    """Create the topics that are missing, at ONCORDIA_KAFKA_BOOTSTRAP."""
    for name in asyncio.run(apply_topics(KafkaSettings(), ALL)):  # type: ignore[call-arg]
        console.print(f"made {name}", highlight=False)
