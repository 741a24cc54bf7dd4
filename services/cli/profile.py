"""Where the hub is, and who the person is to it: a profile file, and a token beside it."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from cli.errors import UserError

_HERE = Path(".run/endpoints.json")


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "oncordia"


@dataclass(frozen=True, slots=True)
class Profile:
    """`services`: host:port by service name. `issuer`: the URL of the OIDC issuer. `clients`: for the local issuer,
    the directory of its client secrets."""

    path: Path
    services: dict[str, str]
    issuer: str
    clients: Path | None

    @property
    def token_file(self) -> Path:
        return self.path.with_name("token")

    def address(self, service: str) -> str:
        """host:port of a service. Raises UserError."""
        try:
            return self.services[service]
        except KeyError:
            raise UserError(f"{self.path} names no address of {service}") from None

    def token(self) -> str:
        """The token of the last login, or an empty string."""
        try:
            return self.token_file.read_text().strip()
        except FileNotFoundError:
            return ""

    def keep_token(self, token: str) -> None:
        """Stores it, readable by its owner alone."""
        descriptor = os.open(self.token_file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(token)


def load(path: Path | None = None) -> Profile:
    """The profile at `path`, at $ONCORDIA_PROFILE, of the stack started here, or of the person. Raises UserError."""
    named = path or (Path(os.environ["ONCORDIA_PROFILE"]) if "ONCORDIA_PROFILE" in os.environ else None)
    candidates = [named] if named else [_HERE, _config() / "endpoints.json"]
    for candidate in candidates:
        if candidate.is_file():
            return _read(candidate)
    where = " nor ".join(str(candidate) for candidate in candidates)
    raise UserError(f"there is no {where}; `make up` starts a hub here, or set ONCORDIA_PROFILE to a profile file")


def _read(path: Path) -> Profile:
    try:
        content = json.loads(path.read_text())
        clients = content.get("clients")
        return Profile(path, dict(content["services"]), content["issuer"], Path(clients) if clients else None)
    except (ValueError, KeyError, TypeError) as error:
        raise UserError(f"{path} is not a profile: {error}") from None
