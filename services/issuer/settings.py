"""The issuer's settings."""

import ipaddress
from pathlib import Path
from typing import Self

from pydantic import model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from issuer.users import USERS_FILE
from kit.settings import Address


class IssuerSettings(BaseSettings):
    """Environment variables with the prefix ONCORDIA_."""

    model_config = SettingsConfigDict(env_prefix="ONCORDIA_", extra="ignore")

    listen: Address = "127.0.0.1:0"
    oidc_issuer: str
    """The URL that callers reach it by; part of everybody's identity, so it must not change."""
    oidc_audience: str = "oncordia"
    data_dir: Path
    issuer_users: Path = USERS_FILE
    issuer_token_minutes: int = 60
    issuer_allow_remote: bool = False

    @model_validator(mode="after")
    def _only_this_machine(self) -> Self:
        host = self.listen.rpartition(":")[0].strip("[]")
        if not self.issuer_allow_remote and not _is_loopback(host):
            raise ValueError(
                f"ONCORDIA_LISTEN is {self.listen}, which other machines reach. This issuer gives tokens to invented "
                "users: listen on 127.0.0.1, or for an evaluation in a closed cluster set "
                "ONCORDIA_ISSUER_ALLOW_REMOTE=true"
            )
        return self


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
