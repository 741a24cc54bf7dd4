"""`oncordia admin dead-letters`: messages that a service could not take, and having them taken once it can."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Annotated, TypeVar

import typer
from aiokafka.errors import KafkaError
from rich.markup import escape
from rich.table import Table

from cli.errors import UserError
from cli.run import console, fail
from kit.errors import OncordiaError
from kit.events.replay import LetterBox
from kit.events.topics import SERVICES
from kit.settings import KafkaSettings

app = typer.Typer(
    no_args_is_help=True,
    help="Messages that a service could not take, at ONCORDIA_KAFKA_BOOTSTRAP. They may hold personal data.",
)

Service = Annotated[str, typer.Argument(help=f"One of {', '.join(SERVICES)}.")]
Result = TypeVar("Result")


@app.command("list")
def list_(service: Service) -> None:
    """List a service's dead letters, oldest first."""
    table = Table("number", "consumer", "stood at", "key", "reason", box=None, pad_edge=False)
    for number, letter in _run(_box(service).letters()).items():
        row = (letter.consumer, letter.place, (letter.key or b"").decode(errors="replace"), letter.reason)
        table.add_row(str(number), *(escape(text) for text in row))
    console.print(table)


@app.command()
def show(service: Service, number: Annotated[int, typer.Argument(help="As `list` shows it.")]) -> None:
    """Show one dead letter: its headers, and its payload in hexadecimal."""
    letters = _run(_box(service).letters())
    if number not in letters:
        fail(f"there is no dead letter {number} of {service}")
    letter = letters[number]
    lines = {"consumer": letter.consumer, "stood at": letter.place, "reason": letter.reason}
    lines |= {name: content.decode(errors="replace") for name, content in letter.headers}
    lines["payload"] = letter.value.hex() if letter.value is not None else "(a tombstone)"
    for name, text in lines.items():
        console.print(f"{name}: {text}", highlight=False, markup=False, soft_wrap=True)


@app.command()
def replay(
    service: Service,
    numbers: Annotated[list[int] | None, typer.Argument(help="As `list` shows them.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="All that are listed.")] = False,
) -> None:
    """Have the consumers that put the letters aside take them once more: after the fault is mended.

    A letter that was taken takes no effect again; one that still can't be taken becomes a new dead letter.
    """
    if bool(numbers) == everything:
        fail("give either numbers or --all")
    box = _box(service)
    chosen = list(_run(box.letters())) if everything else list(numbers or ())
    for letter in _run(box.replay(chosen)):
        console.print(f"replayed {letter.place} to {letter.consumer}", highlight=False, markup=False)


def _box(service: str) -> LetterBox:
    if service not in SERVICES:
        fail(f"there is no service {service}; there are {', '.join(SERVICES)}")
    return LetterBox(KafkaSettings(), service)  # type: ignore[call-arg]  # the environment gives what is required


def _run(work: Coroutine[None, None, Result]) -> Result:
    try:
        return asyncio.run(work)
    except (UserError, OncordiaError) as error:
        fail(str(error))
    except KafkaError as error:
        fail(f"Kafka does not answer ({type(error).__name__}); is ONCORDIA_KAFKA_BOOTSTRAP right?")
