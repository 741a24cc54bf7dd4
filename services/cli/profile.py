"""Where the hub is, and who the person is to it: a profile file, and a token beside it."""

from __future__ import annotations

import ipaddress
import json
import os
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from cli.errors import UserError

_HERE = Path(".run/endpoints.json")


def _config() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME", Path.home() / ".config")) / "oncordia"


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where a gRPC service listens: host:port, and whether over TLS."""

    address: str
    secure: bool


@dataclass(frozen=True, slots=True)
class Profile:
    """The file's content: the address of each service by its name, or of all of them as `hub`: https://host[:port], or
    where tokens may travel in the clear http://host:port, or host:port of this machine; `ca`: a file with the
    certificates to trust instead of the system's; `issuer` as a URL; of a local issuer also the directory of its client
    secrets, and of a local hub the directory of its keys."""

    path: Path
    entries: dict[str, str]

    @property
    def issuer(self) -> str:
        """The URL of the OIDC issuer. Raises UserError."""
        return self._entry("issuer")

    @property
    def client_secrets(self) -> Path | None:
        """Where a local issuer keeps the secrets of its invented users."""
        return Path(self.entries["issuer_secrets"]) if "issuer_secrets" in self.entries else None

    @property
    def log_key(self) -> Path | None:
        """Where a local hub keeps the public key of its audit log."""
        return Path(self.entries["keys"]) / "log.pub" if "keys" in self.entries else None

    @property
    def tiles(self) -> str | None:
        """The URL of the audit log's files, if the profile names it."""
        address = self.entries.get("audit_log.tiles")
        return address if address is None or "://" in address else f"http://{address}"

    @property
    def token_file(self) -> Path:
        return self.path.with_name("token")

    @property
    def trusted(self) -> bytes | None:
        """The certificates of `ca`, in PEM; None for the system's. Raises UserError."""
        if "ca" not in self.entries:
            return None
        try:
            return Path(self.entries["ca"]).read_bytes()
        except OSError as error:
            raise UserError(f"{self.path} names a ca that can't be read: {error}") from None

    def endpoint(self, service: str) -> Endpoint:
        """Where a service is. Raises UserError."""
        text = self.entries["hub"] if service not in self.entries and "hub" in self.entries else self._entry(service)
        parts = urlsplit(text if "://" in text else f"//{text}")
        if parts.scheme == "https":
            return Endpoint(parts.netloc if parts.port else f"{parts.netloc}:443", secure=True)
        if parts.scheme == "http" or _is_this_machine(parts.hostname or ""):
            return Endpoint(parts.netloc, secure=False)
        raise UserError(
            f"{self.path}: {service} at {text} is another machine, to which your token would travel in the clear; "
            f"write https://{text}, or http://{text} if the way there is protected otherwise"
        )

    def _entry(self, name: str) -> str:
        try:
            return self.entries[name]
        except KeyError:
            raise UserError(f"{self.path} names no address of {name}") from None

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
        entries = json.loads(path.read_text())
    except ValueError as error:
        raise UserError(f"{path} is not a profile: {error}") from None
    if not isinstance(entries, dict) or not all(isinstance(value, str) for value in entries.values()):
        raise UserError(f"{path} is not a profile: it should be a JSON object of texts")
    return Profile(path, entries)


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
