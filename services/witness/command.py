"""The command of a witness: `oncordia audit witness`, or `python -m witness` where only the witness is installed."""

from __future__ import annotations

import logging
import socket
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from tlog.checkpoint import Checkpoint
from tlog.errors import FormatError, TlogError
from tlog.keys import KeyType, VerifierKey
from tlog.signing import verify
from witness.adapters.errors import DirectoryUnusable
from witness.adapters.key_file import has_key, new_key, read_key, write_key
from witness.adapters.state_file import StateFile

app = typer.Typer(
    no_args_is_help=True,
    help="Run a witness: it cosigns what a log has signed, if it continues what it has seen of the log. A witness is "
    "worth something to those who trust whoever runs it, so run it elsewhere and by somebody else than the log.",
)

Directory = Annotated[Path, typer.Option("--dir", help="Where the witness keeps its key and what it has cosigned.")]


@app.command()
def init(
    name: Annotated[
        str, typer.Option(help="The witness's name, a URL without its scheme, such as witness.example.org/w1.")
    ],
    directory: Directory,
) -> None:
    """Make a new witness: its key, and an empty state. Prints the verifier key, for the policies of logs.

    Keep the directory, safely, and never restore an older copy of it: what it has cosigned since would be forgotten.
    """
    try:
        key = new_key(name)
        directory.mkdir(parents=True, exist_ok=True)
        if has_key(directory):
            _fail(f"{directory} has a key already, which is never overwritten; `status` shows it")
        # The key last: beside a key, a missing state is always one that was lost.
        StateFile.make(directory, key.verifier())
        write_key(directory, key)
    except FormatError as error:
        _fail(f"--name: {error}")
    except DirectoryUnusable as error:
        _fail(str(error))
    except OSError as error:
        _fail(f"{directory}: {error.strerror}")
    typer.echo(key.verifier())


@app.command()
def run(
    log_key: Annotated[
        list[str],
        typer.Option(help="The verifier key of a log to witness, or the file that holds it; give it for each log."),
    ],
    directory: Directory,
    listen: Annotated[str, typer.Option(help="host:port to serve on, in plain HTTP.")] = "127.0.0.1:8600",
) -> None:
    """Serve: logs post their checkpoints to /add-checkpoint, monitors read /ORIGIN-HASH/checkpoint.

    Ends with an error where the key or the state is missing or damaged; it never begins a state anew.
    """
    try:
        from witness.bootstrap import serve
    except ModuleNotFoundError as error:
        _fail(f"{error.name} is not installed; install oncordia[witness]")
    logging.basicConfig(level=logging.INFO, stream=sys.stderr, format="%(asctime)s %(levelname)s %(message)s")
    logs: dict[str, list[VerifierKey]] = {}
    for text in log_key:
        key = _log_key(text)
        logs.setdefault(key.name, []).append(key)
    try:
        with _listening(listen) as listening:
            serve(directory, listening, logs)
    except DirectoryUnusable as error:
        _fail(str(error))


@app.command()
def status(directory: Directory) -> None:
    """Print the verifier key, and the newest checkpoint that was cosigned of each log."""
    try:
        key = read_key(directory).verifier()
        notes = StateFile.open(directory, key).all()
    except DirectoryUnusable as error:
        _fail(str(error))
    typer.echo(key)
    for note in notes:
        checkpoint = Checkpoint.parse(note.text)
        (own,) = verify(note, [key])
        when = datetime.fromtimestamp(own.time or 0, UTC).isoformat(" ")
        typer.echo(f"{checkpoint.origin}: {checkpoint.size} entries, cosigned at {when}")


def _log_key(text: str) -> VerifierKey:
    path = Path(text)
    try:
        key = VerifierKey.parse((path.read_text("utf-8") if path.is_file() else text).strip())
    except (OSError, ValueError, TlogError) as error:
        _fail(f"--log-key {text} is no verifier key, nor a file that holds one: {error}")
    if key.type is not KeyType.ED25519:
        _fail(f"--log-key {key.name} is the key of a witness, not of a log")
    return key


def _listening(address: str) -> socket.socket:
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65535:
        _fail(f"--listen must be host:port, not {address}")
    try:
        return socket.create_server((host.strip("[]"), int(port)), backlog=512)
    except OSError as error:
        _fail(f"can't listen on {address}: {error.strerror or error}")


def _fail(message: str) -> NoReturn:
    typer.echo(f"error: {message}", err=True)
    raise typer.Exit(1)
