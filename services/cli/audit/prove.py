"""Proving an entry, and checking evidence that somebody kept."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from cli.audit.entries import full_name
from cli.audit.evidence import fetch_and_verify, proof_sentence, retention_words
from cli.audit.options import Json, LogKey, PolicyFile, Witnesses, log_key_of, trust_of_options
from cli.audit.told import told_by
from cli.audit.trust import Trust, unchecked
from cli.client import Hub
from cli.errors import UserError
from cli.run import console, fail, print_object, with_hub
from tlog.errors import FormatError, TlogError
from tlog.evidence import Evidence, Proven, verify_evidence
from tlog.keys import VerifierKey


def prove(
    name: Annotated[str, typer.Argument(help="The entry's number, or events/ and an event id.")],
    log_key: LogKey = "",
    out: Annotated[
        Path | None, typer.Option(help="Write the evidence to this file, to be checked years later.")
    ] = None,
    witness: Witnesses = None,
    policy: PolicyFile = None,
) -> None:
    """Fetch an entry's inclusion proof and check it here against the signed checkpoint.

    Where the hub has witnesses, against the newest that they cosigned, so that the evidence carries their cosignatures.
    """

    async def command(hub: Hub) -> None:
        key = log_key_of(log_key)
        trust = trust_of_options(witness, policy, key)
        evidence, proven = await fetch_and_verify(hub, full_name(name), key, trust)
        console.print(proof_sentence(proven), highlight=False)
        if proven.body is None and (words := await retention_words(hub, full_name(name))):
            console.print(words, highlight=False)
        if names := unchecked(evidence.checkpoint, proven.checkpoint):
            console.print(
                f"cosigned also by {', '.join(names)}, not checked: give --witness or --policy", highlight=False
            )
        if out is not None:
            out.write_bytes(evidence.encode())
            console.print(f"evidence written to {out}", highlight=False)

    with_hub(command)


def check(
    files: Annotated[list[Path], typer.Argument(help="Evidence, as `oncordia audit prove --out` wrote it.")],
    log_key: LogKey = "",
    witness: Witnesses = None,
    policy: PolicyFile = None,
    json: Json = False,
) -> None:
    """Verify evidence that somebody kept. Needs no hub and no network, only the keys."""
    try:
        key = log_key_of(log_key)
        trust = trust_of_options(witness, policy, key)
        proven = [_checked(file, key, trust) for file in files]
    except UserError as error:
        fail(str(error))
    if json:
        print_object([told_by(one) for one in proven])
        return
    for one in proven:
        console.print(proof_sentence(one), highlight=False)
        for name, value in told_by(one).items():
            console.print(f"  {name:16}{escape(value)}", highlight=False, soft_wrap=True)


def _checked(file: Path, key: VerifierKey, trust: Trust) -> Proven:
    try:
        proven = verify_evidence(Evidence.decode(file.read_bytes()), key, trust.keys)
        trust.require(proven.checkpoint)
        return proven
    except UserError as error:
        raise UserError(f"{file}: {error}") from None
    except OSError as error:
        raise UserError(f"{file} can't be read: {error.strerror}") from None
    except FormatError as error:
        raise UserError(f"{file} is no evidence, or damaged: {error}") from None
    except TlogError as error:
        raise UserError(f"{file} proves NOTHING: {error}") from None
