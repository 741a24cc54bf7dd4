"""Settings that all services share. Each is an environment variable with the prefix ONCORDIA_."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, PositiveFloat, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


def _address(text: str) -> str:
    host, separator, port = text.rpartition(":")
    if not separator or not host or not port.isdecimal() or int(port) > 65535:
        raise ValueError(f"expected host:port, got {text!r}")
    return text


Address = Annotated[str, AfterValidator(_address)]


class KafkaSettings(BaseSettings):
    """Where Kafka is and how to be let in."""

    model_config = SettingsConfigDict(env_prefix="ONCORDIA_KAFKA_", extra="ignore")

    bootstrap: str
    security_protocol: str = "PLAINTEXT"
    ca_file: Path | None = None
    sasl_mechanism: str = "SCRAM-SHA-512"
    sasl_username: str | None = None
    sasl_password: SecretStr | None = None
    replication_factor: int = 1
    instance: str | None = None
    """A name that this process keeps over its restarts and shares with no other replica. With it, a consumer that was
    killed has its partitions back at once; without, Kafka deals them out again when its session times out (10 s)."""


class OidcSettings(BaseSettings):
    """Whose tokens are believed, and which claims say what."""

    model_config = SettingsConfigDict(env_prefix="ONCORDIA_OIDC_", extra="ignore")

    issuer: str
    audience: str = "oncordia"
    roles_claim: str = "roles"
    organisation_claim: str = "organisation"
    country_claim: str = "country"
    name_claim: str = "name"


class ServiceSettings(BaseSettings):
    """What every service of the hub needs. A service adds its own fields in its settings.py.

    `refusals_seconds`: how long repeated refusals are counted before they are told as one event.
    """

    model_config = SettingsConfigDict(env_prefix="ONCORDIA_", extra="ignore")

    listen: Address = "127.0.0.1:0"
    metrics_listen: Address | None = None
    database_url: SecretStr
    database_pool: int = 10
    otlp_endpoint: str | None = None
    otlp_backend: str | None = None
    keys_dir: Path
    data_dir: Path = Path(".")
    country: str = "BE"
    migrate_on_start: bool = False
    log_level: str = "info"
    drain_seconds: float = 10.0
    refusals_seconds: PositiveFloat = 60.0
