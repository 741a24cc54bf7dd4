"""Options that several commands take, and what they stand for."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cli.audit.trust import Trust, trust_of
from cli.errors import UserError
from cli.profile import load
from tlog.errors import TlogError
from tlog.keys import VerifierKey

Json = Annotated[bool, typer.Option("--json", help="Print JSON for programs.")]
LogKey = Annotated[
    str,
    typer.Option("--log-key", help="The log's verifier key, or the file that holds it; else the local hub's log.pub."),
]
Witnesses = Annotated[
    list[str] | None,
    typer.Option("--witness", help="A witness's verifier key or its file; it must have cosigned. Repeatable."),
]
PolicyFile = Annotated[
    Path | None, typer.Option("--policy", help="A witness policy (c2sp.org/tlog-policy) that must be met.")
]


def log_key_of(text: str) -> VerifierKey:
    """The option --log-key, or the local hub's key. Raises UserError."""
    return read_key(text or _local_key())


def trust_of_options(witnesses: list[str] | None, policy: Path | None, log: VerifierKey) -> Trust:
    """The options --witness and --policy. Raises UserError."""
    return trust_of([read_key(one, "--witness") for one in witnesses or ()], policy, log)


def read_key(text: str, option: str = "--log-key") -> VerifierKey:
    """A verifier key from its text or from a file. Raises UserError naming the option."""
    path = Path(text)
    try:
        return VerifierKey.parse(path.read_text().strip() if path.is_file() else text)
    except TlogError as error:
        raise UserError(f"{option} is no verifier key: {error}") from None


def _local_key() -> str:
    path = load().log_key
    if path is None:
        raise UserError("give --log-key: the log's verifier key, from a source that you trust, not from the log itself")
    return str(path)
