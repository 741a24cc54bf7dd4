"""`python -m issuer`: serve until told to stop."""

import sys
from datetime import timedelta

import uvicorn
from pydantic import ValidationError

from issuer.app import make_app
from issuer.client_secrets import ClientSecrets
from issuer.settings import IssuerSettings
from issuer.signing import Tokens, load_signing_key
from issuer.users import load_users
from kit.clock import SystemClock


def main() -> None:
    """Read the settings, make what is missing, and serve."""
    try:
        settings = IssuerSettings()  # type: ignore[call-arg]  # the environment gives what is required
        users = load_users(settings.issuer_users)
        client_secrets = ClientSecrets(settings.data_dir / "secrets", users)
        key = load_signing_key(settings.data_dir)
    except ValidationError as error:
        sys.exit("issuer can't start: " + "; ".join(_said(e["loc"], e["msg"]) for e in error.errors()))
    except (OSError, ValueError) as error:
        sys.exit(f"issuer can't start: {error}")
    tokens = Tokens(key, settings.oidc_issuer, settings.oidc_audience, timedelta(minutes=settings.issuer_token_minutes))
    host, _, port = settings.listen.rpartition(":")
    app = make_app(users, client_secrets, tokens, SystemClock())
    uvicorn.run(app, host=host.strip("[]"), port=int(port), access_log=False, log_level="warning")


def _said(location: tuple[int | str, ...], message: str) -> str:
    name = "_".join(str(part) for part in location).upper()
    return f"ONCORDIA_{name}: {message}" if name else message.removeprefix("Value error, ")


if __name__ == "__main__":
    main()
