"""Commands around the link to the hub: enrol, run, disable, enable."""

from __future__ import annotations

import asyncio
import gc
import signal
from importlib.metadata import version
from typing import Annotated

import typer
import uvloop
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider

from kit.events.node_log import NodeActor
from kit.telemetry import log
from node.adapters.border.enrol import enrol as enrol_at_hub
from node.adapters.border.identity import IdentityFolder
from node.adapters.border.link import BorderLink
from node.adapters.border.log_sender import LogSender
from node.adapters.border.span_buffer import SpanBuffer
from node.adapters.border.task_worker import TaskWorker
from node.adapters.files.switch_file import SwitchFile
from node.adapters.health import health
from node.domain.errors import NodeError
from node.entrypoints.commands import app, open_node
from node.entrypoints.parts import Node

_log = log.logger(__name__)


@app.command()
def enrol(
    address: Annotated[str, typer.Option(help="host:port of the hub's enrolment listener")],
    ca_fingerprint: Annotated[str, typer.Option(help="SHA-256 of the hub's CA certificate, from the invitation")],
    token: Annotated[str, typer.Option(envvar="ONCORDIA_INVITATION_TOKEN", help="The invitation's token", prompt=True)],
    once: Annotated[bool, typer.Option("--once", help="Do nothing if this invitation was used here before")] = False,
) -> None:
    """Join the hub by an operator's invitation."""
    with open_node() as node:
        folder = IdentityFolder(node.settings.data_dir)
        if once and folder.used(token):
            typer.echo("enrolled already by this invitation")
            return
        identity = enrol_at_hub(folder, address, token, ca_fingerprint, node.settings.proxy)
        typer.echo(
            f"enrolled as {identity.enrolment.provider} ({identity.enrolment.country}); the certificate is valid until"
            f" {identity.expire_time:%Y-%m-%d %H:%M} UTC and is renewed by itself; next: `oncordia-node run`"
        )


@app.command()
def run() -> None:
    """Hold the link to the hub and answer its tasks, until SIGTERM or Ctrl-C."""
    with open_node() as node:
        log.configure("node", node.settings.log_level)
        uvloop.run(_run(node))


@app.command()
def disable() -> None:
    """Switch this provider off at once: nothing more is answered. A running `run` tells the hub within a second."""
    with open_node() as node:
        node.acts.switched(False)
        _switch(node).switch_off()
        typer.echo("switched off; `oncordia-node enable` switches it on again")


@app.command()
def enable() -> None:
    """Switch this provider on again."""
    with open_node() as node:
        node.acts.switched(True)
        _switch(node).switch_on()
        typer.echo("switched on")


def _switch(node: Node) -> SwitchFile:
    return SwitchFile(node.settings.data_dir)


async def _run(node: Node) -> None:
    spans = SpanBuffer()
    provider = TracerProvider()
    provider.add_span_processor(spans)
    trace.set_tracer_provider(provider)
    switch = _switch(node)

    def epoch() -> str:
        return node.snapshots.current_id() or ""

    folder = IdentityFolder(node.settings.data_dir)

    def actor(organisation: str) -> NodeActor:
        enrolment = folder.read().enrolment
        return NodeActor(enrolment.provider, organisation, enrolment.country)

    link = BorderLink(
        folder,
        switch,
        node.journal,
        spans,
        lambda finished: TaskWorker(node.journal, node.answer_count, node.describe, switch, node.clock, finished),
        epoch,
        node.ledger,
        LogSender(node.keep_log, actor),
        node.clock,
        version("oncordia"),
        node.model.version,
        node.settings.border_address,
        node.settings.proxy,
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, link.stop)
    # While it connects. A task that comes sooner waits for the index, as it would have to anyway.
    warming = asyncio.create_task(asyncio.to_thread(_warm, node))
    async with health(node.settings.health_listen, lambda: link.connected):
        await link.run()
    await warming


def _warm(node: Node) -> None:
    try:
        node.warm_up()
    except NodeError as error:
        # Each task that needs the index will say so too.
        _log.error("the index can't be opened", reason=str(error))
    # All modules and wiring stay to the end: a collection in the middle of a task shall not walk them.
    gc.freeze()
