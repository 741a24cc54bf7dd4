"""All settings of a node, from the environment (ONCORDIA_...)."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from kit.settings import Address


class NodeSettings(BaseSettings):
    """`border_address` replaces the one that the hub named at enrolment; `proxy`: http://host:port of a CONNECT proxy.

    `data_dir` holds all that the node keeps: snapshots, ledger, withdrawals, journal. The files default to
    names in it. `health_listen`: host:port for probes, off by default. Memory is in MB: DuckDB's limits while building
    a snapshot and while counting."""

    model_config = SettingsConfigDict(env_prefix="ONCORDIA_", extra="ignore")

    data_dir: Path
    policy_file: Path | None = None
    mapping_file: Path | None = None
    data_sets_file: Path | None = None
    source_dir: Path | None = None
    ingest_memory_mb: int = 200
    query_memory_mb: int = 96
    duckdb_threads: int = 2
    border_address: str | None = None
    proxy: str | None = None
    health_listen: Address | None = None
    log_level: str = "info"

    @property
    def policy_path(self) -> Path:
        return self.policy_file or self.data_dir / "policy.yaml"

    @property
    def mapping_path(self) -> Path:
        return self.mapping_file or self.data_dir / "mapping.yaml"

    @property
    def data_sets_path(self) -> Path:
        return self.data_sets_file or self.data_dir / "data_sets.yaml"

    @property
    def source_path(self) -> Path:
        return self.source_dir or self.data_dir / "source"
