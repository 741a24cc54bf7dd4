"""`oncordia audit verify`: the whole log."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from cli.audit.findings import print_findings
from cli.audit.memory import state_file
from cli.audit.options import Json, LogKey, PolicyFile, Witnesses, log_key_of, trust_of_options
from cli.audit.whole_log import Asked, verify_log
from cli.audit.whole_log_words import json_of, words_of
from cli.errors import UserError
from cli.profile import load
from cli.run import fail, print_object
from tlog.errors import TlogError


def verify(
    log: Annotated[
        str, typer.Argument(help="A directory or URL with the log's checkpoint and tiles; else the local hub's.")
    ] = "",
    log_key: LogKey = "",
    witness: Witnesses = None,
    policy: PolicyFile = None,
    checkpoint: Annotated[
        list[Path] | None, typer.Option(help="A checkpoint that you or somebody else was shown before; repeatable.")
    ] = None,
    state: Annotated[
        Path | None, typer.Option(help="Where to remember what was verified; by default a file of yours for each log.")
    ] = None,
    afresh: Annotated[
        bool, typer.Option("--afresh", help="Begin at the first entry, not where the last run ended.")
    ] = False,
    json: Json = False,
) -> None:
    """Verify the whole log from its files alone, and say what is proved and what is not.

    Interrupt it at will: the next run goes on. Ends with 1 if anything contradicts, with 2 if events are missing or
    there twice, or if a witness who must have cosigned has not.
    """
    try:
        key = log_key_of(log_key)
        asked = Asked(
            where=log or local_tiles(),
            log=key,
            trust=trust_of_options(witness, policy, key),
            seen=tuple(checkpoint or ()),
            state=state or state_file(key),
            afresh=afresh,
        )
        found = verify_log(asked, Console(stderr=True))
    except UserError as error:
        fail(str(error))
    except TlogError as error:
        fail(f"CONTRADICTED: {error}")
    except KeyboardInterrupt:
        sys.exit(130)
    words = words_of(found, asked)
    if json:
        print_object(json_of(found, words))
    else:
        marked = (("PROVED", words.proved), ("WRONG", words.wrong), ("NOT PROVED", words.not_proved))
        print_findings((mark, sentence) for mark, sentences in marked for sentence in sentences)
    if words.wrong:
        sys.exit(2)


def local_tiles() -> str:
    """Where the local hub's log is. Raises UserError."""
    tiles = load().tiles
    if tiles is None:
        raise UserError("name the log: a directory or a URL with its checkpoint and tiles")
    return tiles
