"""The `oncordia` command."""

from __future__ import annotations

from typing import Annotated

import typer

from cli import admin, audit, model, profile, provider, query, trace
from cli.catalogue import app as catalogue_app
from cli.errors import UserError
from cli.login import describe, local_token
from cli.run import console, fail

app = typer.Typer(
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    help="Oncordia: federated cancer imaging. Data stay at home; questions travel.",
)
app.add_typer(query.app, name="query")
app.add_typer(catalogue_app, name="catalogue")
app.add_typer(model.app, name="model")
app.add_typer(trace.app, name="trace")
app.add_typer(audit.app, name="audit")
app.add_typer(provider.app, name="provider")
app.add_typer(admin.app, name="admin")


@app.command()
def login(
    who: Annotated[
        str,
        typer.Option(
            "--as",
            help="With the local issuer: a role (researcher, steward, committee, "
            "operator, auditor) or one of its users.",
        ),
    ] = "",
    token: Annotated[
        str,
        typer.Option(
            envvar="ONCORDIA_TOKEN",
            help="A token of the hub's identity provider; better not as an argument, which others see.",
        ),
    ] = "",
) -> None:
    """Sign in; the token is kept for the commands that follow."""
    try:
        loaded = profile.load()
        if bool(who) == bool(token):
            raise UserError("give either --as, or a token in ONCORDIA_TOKEN or --token")
        token = token or local_token(loaded, who)
        sentence = describe(token)
        loaded.keep_token(token)
    except UserError as error:
        fail(str(error))
    console.print(f"signed in: {sentence}", highlight=False, markup=False)


def main() -> None:
    """The entry point of the `oncordia` command."""
    app()


if __name__ == "__main__":
    main()
