"""`oncordia audit`: read the log of everything that happened, and prove it."""

from __future__ import annotations

import typer

from cli.audit.entries import checkpoint, search, show
from cli.audit.people import erase, erasures, who
from cli.audit.prove import check, prove
from cli.audit.reconcile import reconcile
from cli.audit.story import story
from cli.audit.verify import verify
from witness.command import app as witness_app

app = typer.Typer(no_args_is_help=True, help="Read the audit log, and prove that an entry is in it.")
for _command in (search, show, story, prove, check, checkpoint, verify, reconcile, who, erase, erasures):
    app.command()(_command)
app.add_typer(witness_app, name="witness")
