"""Runs a command's coroutine, and tells failures in words."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import NoReturn

import grpc
from google.protobuf.json_format import MessageToJson
from google.protobuf.message import Message
from rich.console import Console
from rich.markup import escape

from cli import profile as profiles
from cli.client import Hub, hub
from cli.errors import UserError, explain

# Tables need room; a file or a pipe has no width of its own.
PLAIN_WIDTH = 160

console = Console(width=None if sys.stdout.isatty() else PLAIN_WIDTH)


def with_hub(command: Callable[[Hub], Awaitable[None]]) -> None:
    """Gives the command the hub of the profile; exits with 1 and a clear message if it fails."""

    async def call() -> None:
        async with hub(profiles.load()) as connected:
            await command(connected)

    try:
        asyncio.run(call())
    except UserError as error:
        fail(str(error))
    except grpc.aio.AioRpcError as error:
        fail(explain(error))
    except KeyboardInterrupt:
        sys.exit(130)


def fail(message: str) -> NoReturn:
    """Says what is wrong and exits with 1."""
    Console(stderr=True).print(f"[red]error:[/red] {escape(message)}", highlight=False)
    sys.exit(1)


def print_json(message: Message) -> None:
    """The resource as the API has it, for programs."""
    sys.stdout.write(MessageToJson(message, preserving_proto_field_name=True, ensure_ascii=False) + "\n")


def print_object(content: Mapping[str, object] | Sequence[Mapping[str, object]]) -> None:
    """A command's own findings, for programs."""
    sys.stdout.write(json.dumps(content, indent=2, ensure_ascii=False) + "\n")
